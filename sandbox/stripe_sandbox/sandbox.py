"""The sandbox itself: an account in memory, and the way of a request through it. No I/O happens here."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any

from stripe_sandbox import form, parameters, publishable, snapshots, test_clocks, versions
from stripe_sandbox.agenda import Agenda, Job
from stripe_sandbox.billing import methods, payments, setups
from stripe_sandbox.billing.banks import BankDebits
from stripe_sandbox.billing.dunning import Dunning
from stripe_sandbox.billing.metering import Meters
from stripe_sandbox.clock import Clock
from stripe_sandbox.errors import StripeError, StripeSandboxError, missing
from stripe_sandbox.events.recorder import Cause, Recorder
from stripe_sandbox.events.reminders import Reminders
from stripe_sandbox.events.webhooks import Webhooks
from stripe_sandbox.expanding import expand
from stripe_sandbox.faults import Faults, RateLimits
from stripe_sandbox.form import Raw
from stripe_sandbox.http import Json, Request, Response
from stripe_sandbox.idempotency import Attempt, IdempotencyKeys, Remembered
from stripe_sandbox.ids import Ids
from stripe_sandbox.keys import Keys, masked
from stripe_sandbox.rehearsal import rehearsal
from stripe_sandbox.requestlog import RequestLog
from stripe_sandbox.resource import Call, Route
from stripe_sandbox.resources import RESOURCES
from stripe_sandbox.resources.account import new_account
from stripe_sandbox.routing import Router
from stripe_sandbox.store import Store

API_VERSION = "2026-05-27.dahlia"
"""The version whose shapes all answers have, whatever version a client asks for."""

_log = logging.getLogger(__name__)
_BY_ITSELF = Cause()
_EXPAND = {"expand": parameters.ListOf(parameters.Text(clearable=False))}


class Sandbox:
    """A Stripe account in memory.

    `handle` answers HTTP requests as data; `call` is the same API for code in this process. All objects are
    in `store`, time is `clock`. Identifiers depend on `seed` alone. `base_url` is where the hosted pages are.
    What happens is told by `events` and sent by `webhooks`. `dunning` and `reminders` are settings, to be replaced.
    `connected` are the accounts that `connect` made, each with data of its own, named by `Stripe-Account`.
    `faults` and `limits` are trouble to order, for those who come over HTTP; `requests` is what they asked lately.
    `search_delay` is for how many seconds of the clock what is new is not to be found by search.
    """

    api_version = API_VERSION

    def __init__(
        self,
        *,
        seed: int | str = 1,
        now: int | None = None,
        base_url: str = "http://127.0.0.1:12111",
        platform: Sandbox | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.seed = seed
        self.platform = platform
        self.resources = {resource.kind: resource for resource in RESOURCES}
        self.ids = Ids(seed)
        self.clock: Clock = Clock(now) if platform is None else platform.clock
        if platform is None:
            self.clock.on_move(self.settle)
        self.agenda = Agenda()
        self.store = Store({resource.kind: resource.indexed for resource in RESOURCES})
        self.account = new_account(self.ids.new("acct"), self.clock.now)
        self.lock: RLock = RLock() if platform is None else platform.lock
        self.dunning = Dunning()
        self.meters = Meters()
        self.bank_debits = BankDebits()
        self.on_draft: Callable[[Json], None] | None = None
        self.reminders = Reminders()
        self.events = Recorder(self)
        self.webhooks = Webhooks(self)
        self.connected: dict[str, Sandbox] = {}
        self.requests = RequestLog()
        self.faults = Faults()
        self.limits = RateLimits()
        self.saved: dict[str, snapshots.Snapshot] = {}
        self.search_delay = 0
        self._keys: Keys = Keys() if platform is None else platform._keys
        self._idempotency = IdempotencyKeys()
        self._router = Router(RESOURCES)
        self._settling = False
        self.on_change: Callable[[], None] | None = None

    def restrict(self, key: str, permissions: Iterable[str]) -> None:
        """Make a restricted key: it may do only this, such as `invoice_read` or `customer_write`."""
        self._keys.restrict(key, permissions)

    def keys(self) -> dict[str, list[str]]:
        """The restricted keys, with what each may do."""
        return self._keys.restricted()

    def connect(self, name: str = "Connected account", *, id: str | None = None) -> Sandbox:
        """A new account connected to this one: same keys and clock, data of its own, reached by `Stripe-Account`.

        Its events go to the endpoints of this account that listen to connected accounts.
        """
        with self.lock:
            account = Sandbox(seed=f"{self.seed}/{len(self.connected) + 1}", base_url=self.base_url, platform=self)
            account.account["id"] = id or account.account["id"]
            account.account["business_profile"]["name"] = name
            account.account["settings"]["dashboard"]["display_name"] = name
            account.events.account = account.account["id"]
            account.events.listen(lambda event: self.webhooks.send(account.store["event", event["id"]]))
            self.connected[account.account["id"]] = account
            self._write_down()
            return account

    def snapshot(self) -> snapshots.Snapshot:
        """The whole present state, to come back to with `restore`. Good within this process only."""
        return snapshots.take(self)

    def restore(self, snapshot: snapshots.Snapshot) -> None:
        """Go back to a state that `snapshot` took."""
        snapshots.put_back(self, snapshot)

    def reset(self, *, seed: int = 1, now: int | None = None, fill: Callable[[Sandbox], object] | None = None) -> None:
        """Begin anew, as a sandbox with this seed and time (UTC seconds) would; `fill` puts something into it."""
        snapshots.reset(self, seed=seed, now=now, fill=fill)

    @contextmanager
    def in_progress(self, request: Request) -> Iterator[None]:
        """Within the block this request is under way: another with its idempotency key is answered 409."""
        account, key = self._account_of(request), request.header("idempotency-key")
        with account._idempotency.claim(request.header("authorization"), key, request):
            yield

    def authenticate(self, intent: str, *, agreed: bool = True) -> None:
        """Answer the bank's question (3-D Secure) in the customer's place, as Stripe's page for it would.

        `agreed` false is a customer who refuses. Raises StripeSandboxError where the payment then fails.
        """
        with self.lock:
            try:
                kind = "setup_intent" if intent.startswith("seti_") else "payment_intent"
                found = self.store.get(kind, intent)
                if found is None:
                    raise missing(kind, intent, param="intent")
                clock = test_clocks.clock_of(self.store, found)
                with test_clocks.time_of(self, clock), self.change():
                    answer = setups.authenticate if kind == "setup_intent" else payments.authenticate
                    answer(self, self.store[kind, intent], agreed=agreed)
            except StripeError as error:
                raise StripeSandboxError(error.status, error.body(self.ids.new("req"))) from error

    def call(
        self, method: str, path: str, params: Mapping[str, Any] | None = None, *, key: str = "sk_test_sandbox"
    ) -> Json:
        """Call the API from this process: `call("POST", "/v1/customers", {"email": "a@b.c"})`.

        Raises StripeSandboxError where HTTP would answer an error.
        """
        raw = form.plain(dict(params or {}))
        assert isinstance(raw, dict)
        request = Request(method, path, headers={"Authorization": f"Bearer {key}"})
        with self.lock:
            self.settle()
            try:
                prepared = self._prepare(self._keys.authenticate(request), request, raw)
                return _copied(self._run(prepared, Cause(self.ids.new("req"))))
            except StripeError as error:
                raise StripeSandboxError(error.status, error.body(self.ids.new("req"))) from error

    def handle(self, request: Request) -> Response:
        """Answer an HTTP request under `/v1`. Never raises: what goes wrong here becomes a 500."""
        response = self._account_of(request)._handle(request)
        self.requests.note(self.clock.now, request, response)
        return response

    def _account_of(self, request: Request) -> Sandbox:
        asked = request.header("stripe-account") or request.header("stripe-context")
        return self if asked is None else self.connected.get(asked, self)

    def _handle(self, request: Request) -> Response:
        with self.lock:
            request_id = self.ids.new("req")
            headers = {
                "Content-Type": "application/json",
                "Request-Id": request_id,
                "Stripe-Version": request.header("stripe-version") or API_VERSION,
            }
            try:
                self.settle()
                return self._respond(request, request_id, headers)
            except StripeError as error:
                return _response(error.status, headers, error.body(request_id))
            except Exception:
                _log.exception("%s %s failed in the sandbox", request.method, request.path)
                failure = StripeError("stripe_sandbox failed: see its log.", status=500, type="api_error")
                return _response(500, headers, failure.body(request_id))

    def settle(self) -> None:
        """Do everything that is due by now, each thing at its own time."""
        if self._settling:
            return
        with self.lock:
            self._settling = True
            try:
                while (job := self.agenda.next_due(self.clock.now)) is not None:
                    with self.clock.at(job.due):
                        self.run_job(job)
                test_clocks.advance_all(self)
            finally:
                self._settling = False
            for account in self.connected.values():
                account.settle()
            self._write_down()
            self.webhooks.wake()

    def run_job(self, job: Job) -> None:
        """Do what the agenda says, as one change."""
        kind, _, name = job.name.rpartition(".")
        with self.change():
            self.resources[kind].jobs[name](self, job.id)

    @contextmanager
    def change(self, cause: Cause = _BY_ITSELF) -> Iterator[None]:
        """Whatever changes objects does so within such a block: then it is done whole or not at all, and told.

        What is refused leaves nothing behind. A block within another is a part of it.
        """
        if self.store.journal is not None:
            yield
            return
        mark = self.agenda.mark()
        try:
            with self.store.all_or_nothing(_leaves_nothing) as journal:
                try:
                    yield
                except StripeError as error:
                    if not _leaves_nothing(error):
                        self.events.note_all(journal)
                    raise
                self.events.note_all(journal)
        except BaseException as error:
            if _leaves_nothing(error):
                self.agenda.forget_since(mark)
                self.events.forget()
            else:
                self.events.publish(cause)
                self._write_down()
            raise
        self.events.publish(cause)
        self._write_down()

    def _write_down(self) -> None:
        """Tell who keeps the sandbox in a file that it may have changed."""
        if self.on_change is not None and not self._settling:
            self.on_change()

    def note(self, item: Json) -> None:
        """Let the events tell what an object is by now, before more happens to it in the same change."""
        self.events.note(item)

    def tell(self, event: str, item: Json) -> None:
        """Something happened to an object, by Stripe's name for it: it is told, and whoever must act on it does."""
        with self.change():
            self.events.note(item)
            self.events.tell(event, item)
            for resource in RESOURCES:
                if event in resource.reactions:
                    resource.reactions[event](self, item)

    def shown(self, item: Json) -> Json:
        """A stored object as Stripe answers it: without private notes, with its embedded lists."""
        if item.get("deleted"):
            return item
        show = self.resources[item["object"]].show
        return show(self, item) if show is not None else without_notes(item)

    def shown_by_id(self, id: str, kinds: tuple[str, ...]) -> Json | str:
        """The object of one of these kinds with this id, as Stripe answers it; the id if there is none."""
        found = next((item for kind in kinds if (item := self.store.get(kind, id)) is not None), None)
        return id if found is None else self.shown(found)

    def exists(self, kind: str, id: str) -> bool:
        """Whether an object of a kind is there and not deleted; Stripe's test cards always are."""
        found = self.store.get(kind, id)
        if found is None:
            return kind == "payment_method" and methods.is_ready_made(id)
        return not found.get("deleted")

    def _respond(self, request: Request, request_id: str, headers: dict[str, str]) -> Response:
        api_key = self._keys.authenticate(request)
        self._check_account(request, api_key)
        versions.check(request.header("stripe-version"))
        raw = form.decode(request.query) | form.body(request.path, request.body)
        key = request.header("idempotency-key") if request.method == "POST" else None
        attempt = Attempt(request.path, raw)
        if key is not None:
            headers["Idempotency-Key"] = key
            self._idempotency.check_free(request.header("authorization"), key, request)
            first = self._idempotency.recall(api_key, key, attempt, self.clock.now)
            if first is not None:
                return _replayed(first, headers)
        prepared = self._prepare(api_key, request, raw)
        try:
            status, body = 200, self._run(prepared, Cause(request_id, key))
        except StripeError as error:
            status, body = error.status, error.body(request_id)
        if key is not None:
            until = self._idempotency.expiry(self.clock.now)
            answer = Remembered(attempt, until, status, _copied(body), request_id)
            self._idempotency.remember(api_key, key, answer)
        return _response(status, headers, body)

    def _check_account(self, request: Request, api_key: str) -> None:
        account = request.header("stripe-account") or request.header("stripe-context")
        if account is not None and account != self.account["id"]:
            raise StripeError(
                f"The provided key '{masked(api_key)}' does not have access to account '{account}' (or that "
                "account does not exist). Application access may have been revoked.",
                status=403,
                code="account_invalid",
            )

    def _prepare(self, api_key: str, request: Request, raw: dict[str, Raw]) -> _Prepared:
        """Find the route, check the key's permission and read the parameters: nothing has happened yet."""
        resource, route, ids = self._router.match(request.method, request.path)
        access = "read" if route.method == "GET" else "write"
        self._keys.allow(api_key, route.permission or f"{resource.permission}_{access}", self.account["id"])
        published = publishable.is_publishable(api_key)
        if published:
            publishable.check(route, raw)
        fields = route.params if route.method == "DELETE" else {**route.params, **_EXPAND}
        params = parameters.read(fields, raw, self.exists)
        paths = params.pop("expand", [])
        version = request.header("stripe-version") or ""
        return _Prepared(route, Call(self, ids, params, request.path, version), paths, published)

    def _run(self, prepared: _Prepared, cause: Cause) -> Json:
        """Do what was asked for and make the answer of it."""
        if prepared.route.rehearsed:
            with self._time_of(prepared.call), rehearsal(self):
                return _copied(self._answer(prepared, prepared.route.run(prepared.call)))
        if not prepared.published:
            return self._answer(prepared, self._done(prepared, cause))
        try:
            return publishable.shown(self._answer(prepared, self._done(prepared, cause)))
        except StripeError as error:
            raise publishable.told(error) from None

    def _answer(self, prepared: _Prepared, answer: Json) -> Json:
        if "object" not in answer:  # a list of API v2, whose items its route has shown
            return answer
        if answer["object"] in ("list", "search_result"):
            answer = {**answer, "data": [self.shown(item) for item in answer["data"]]}
        else:
            answer = self.shown(answer)
        return without_notes(expand(self, answer, prepared.expand))

    def _done(self, prepared: _Prepared, cause: Cause) -> Json:
        if prepared.route.method == "GET":
            return prepared.route.run(prepared.call)
        with self._time_of(prepared.call), self.change(cause):
            return prepared.route.run(prepared.call)

    def _time_of(self, call: Call) -> AbstractContextManager[None]:
        """What is done to a customer on a test clock is done in that clock's time."""
        return test_clocks.time_of(self, test_clocks.named_by(self.store, call.path, call.params))


def _leaves_nothing(error: BaseException) -> bool:
    return not (isinstance(error, StripeError) and error.happened)


def without_notes(item: Json) -> Json:
    """A stored object without the sandbox's private notes."""
    return {name: value for name, value in item.items() if not name.startswith("_")}


@dataclass(frozen=True, slots=True)
class _Prepared:
    route: Route
    call: Call
    expand: Sequence[str]
    published: bool


def _copied(body: Json) -> Json:
    """A deep copy, and what a client would have read off the wire."""
    copy: Json = json.loads(json.dumps(body))
    return copy


def _response(status: int, headers: Mapping[str, str], body: Json) -> Response:
    return Response(status, headers, json.dumps(body, separators=(",", ":")).encode())


def _replayed(first: Remembered, headers: dict[str, str]) -> Response:
    again = {**headers, "Idempotent-Replayed": "true", "Original-Request": first.request_id}
    return _response(first.status, again, first.body)

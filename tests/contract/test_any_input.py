"""No input makes the portal fail: whatever stands in path, query, form, headers or cookies, no answer is a 500."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from invoice_portal import Email
from invoice_portal.routes import ROUTES
from invoice_portal.sessions import FORM_COOKIE, LANGUAGE_COOKIE, SESSION_COOKIE, Arrival, Session, seal_session
from invoice_portal.signing import Signer
from support.accounts import Account
from support.portals import KEY, Mounted
from support.wire import exchange, status_of

ANNA = Email("anna@example.com")
PARAMETERS = (
    *("status", "from", "to", "after", "before", "customer", "subscription", "lang", "note", "v"),
    *("email", "customer_id", "hash", "identity", "subscription_id", "form_token", "csrfmiddlewaretoken"),
)
HEADERS = (
    *(
        "Accept-Language",
        "Accept",
        "Accept-Encoding",
        "Content-Type",
        "Content-Encoding",
        "Cookie",
        "Referer",
        "Origin",
    ),
    *("User-Agent", "Range", "If-None-Match", "Expect", "Authorization", "Sec-Fetch-Dest", "X-CSRFToken"),
    *("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-HTTP-Method-Override"),
    *("X-User-Email", "X-User-Customer"),
)
COOKIES = (SESSION_COOKIE, FORM_COOKIE, LANGUAGE_COOKIE, "csrftoken", "sessionid", "session", "host_session", "")
METHODS = ("GET", "POST", "HEAD")
FEW = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

NASTY = (
    *(
        "",
        " ",
        "0",
        "-1",
        "null",
        "[]",
        "{}",
        "'",
        '"',
        "%",
        "%s",
        "%(x)s",
        "{0}",
        "{{7*7}}",
        "${7}",
        "<b>",
        "../..",
        "..\\",
    ),
    *("\x00", "\r\nX-Injected: yes", "\x7f", "\x1b[0m", "é", "ß", "İ", "😀", "\u202e", "\ufeff", "\ud7ff", "𝟙", "٣"),
    *(
        "2026-02-29",
        "9999-12-31",
        "0001-01-01",
        "٢٠٢٦-٠١-٠١",
        "1e400",
        "9" * 400,
        "a" * 3000,
        "Infinity",
        "NaN",
        "true",
    ),
    *(
        "in_1",
        "sub_1",
        "cus_1",
        "a@b",
        "@",
        "en@x",
        "de.x",
        ";",
        "=",
        "&",
        "a=b&c=d",
        ".",
        "..",
        "a.b.c",
        "eyJrIjoiZSJ9.x",
    ),
)
nasty = st.sampled_from(NASTY)
texts = st.one_of(nasty, st.text(max_size=40), st.binary(max_size=20).map(lambda raw: raw.decode("latin-1")))
pairs = st.lists(st.tuples(st.one_of(st.sampled_from(PARAMETERS), texts), texts), max_size=5)
raw_values = st.one_of(
    texts.map(lambda text: text.encode("utf-8", "replace")), st.binary(max_size=60), st.sampled_from([b"x" * 6000])
).map(lambda raw: raw.replace(b"\r", b" ").replace(b"\n", b" "))


@dataclass(frozen=True)
class World:
    """A portal with something in it, and real ids to mix into what is sent."""

    portal: Mounted
    ids: dict[str, str]
    session: str

    def send(
        self,
        method: str,
        target: bytes,
        headers: list[tuple[str, bytes]] | None = None,
        body: bytes = b"",
    ) -> None:
        """Send a request as Anna; fails where the portal does."""
        named = [(name.encode(), value) for name, value in headers or []]
        names = {name.lower() for name, _ in named}
        if b"x-user-email" not in names and b"x-user-customer" not in names:
            named.append((b"X-User-Email", ANNA.address.encode()))
        answer = exchange(self.portal.runtime.origin, method.encode(), target, named, body)
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert status_of(answer) < 500, answer[:600]
        assert b"\r\nx-injected:" not in head


@pytest.fixture
def world(portal: Mounted, account: Account) -> World:
    customer = account.customer(ANNA.address)
    invoice = account.open(customer)
    note = account.post("credit_notes", invoice=invoice, amount=100)["id"]
    session = seal_session(Signer([KEY]), Session(Arrival(ANNA), account.sandbox.clock.now + 3600))
    return World(portal, {"invoice": invoice, "credit_note": note, "name": "portal.css", "customer": customer}, session)


def path_of(data: st.DataObject, ids: dict[str, str]) -> bytes:
    """A route's path, its ids now and then something else."""
    route = data.draw(st.sampled_from(ROUTES))
    path = "/billing" + route.path
    for name, id in ids.items():
        value = data.draw(st.one_of(st.just(id), st.just(id), texts))
        path = path.replace("{" + name + "}", quote_from_bytes(value.encode("utf-8", "surrogatepass"), safe=""))
    return path.encode()


@FEW
@given(st.data())
def test_no_query(world: World, data: st.DataObject) -> None:
    path = path_of(data, world.ids)
    query = urlencode(data.draw(pairs), errors="surrogatepass").encode()
    world.send(data.draw(st.sampled_from(METHODS)), path + b"?" + query)


@FEW
@given(
    target=st.one_of(
        st.binary(max_size=60).map(lambda raw: quote_from_bytes(raw, safe="/?&=%;:@+.,").encode()),
        st.text("./%\\:;?#&=~+aA0", max_size=40).map(str.encode),
        st.binary(min_size=1, max_size=30),
    ),
    method=st.sampled_from(METHODS),
)
@example(target=b"%", method="GET")
@example(target=b"invoices/%ff%fe", method="GET")
@example(target=b"invoices/%0d%0aX-Injected:%20yes?lang=de", method="GET")
@example(target=b"invoices/%C3%BC?lang=de", method="GET")
@example(target=b"?lang=de@%0d%0aX-Injected:%20yes", method="GET")
@example(target=b"//evil.example/", method="GET")
def test_no_path(world: World, target: bytes, method: str) -> None:
    target = bytes(byte for byte in target if byte not in b" \r\n\t\x0b\x0c")
    world.send(method, b"/billing/" + target)


@FEW
@given(st.data())
def test_no_form(world: World, data: st.DataObject) -> None:
    path = path_of(data, world.ids)
    content_type, body = data.draw(
        st.one_of(
            pairs.map(lambda form: ("application/x-www-form-urlencoded", urlencode(form, errors="replace").encode())),
            st.binary(max_size=200).map(lambda raw: ("application/x-www-form-urlencoded", raw)),
            st.binary(max_size=200).map(
                lambda raw: ("multipart/form-data; boundary=x", b"--x\r\n" + raw + b"\r\n--x--")
            ),
            st.tuples(texts, st.binary(max_size=100)),
            st.sampled_from(
                [
                    ("multipart/form-data", b"--x"),
                    ("application/x-www-form-urlencoded", b"a=b&" * 2000),
                    ("application/x-www-form-urlencoded", b"a" * 200_000),
                    ("application/x-www-form-urlencoded", b"email=%ff%fe&hash=%ff&identity=%80"),
                    ("application/x-www-form-urlencoded; charset=utf-16", b"\xff\xfea\x00"),
                    ("application/x-www-form-urlencoded; charset=nonsense", b"a=b"),
                    ("application/json", b"{"),
                ]
            ),
        )
    )
    kind = content_type.encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"")
    world.send("POST", path, [("Content-Type", kind)], body)


@FEW
@given(st.data())
def test_no_header(world: World, data: st.DataObject) -> None:
    names = st.sampled_from(HEADERS)
    headers = data.draw(st.lists(st.tuples(names, raw_values), max_size=4))
    world.send(data.draw(st.sampled_from(METHODS)), path_of(data, world.ids), headers)


@FEW
@given(st.data())
def test_no_cookie(world: World, data: st.DataObject) -> None:
    values = st.one_of(raw_values, st.just(world.session.encode()))
    cookies = data.draw(st.lists(st.tuples(st.sampled_from(COOKIES), values), max_size=5))
    separator = data.draw(st.sampled_from([b"; ", b";", b",", b" "]))
    line = separator.join(name.encode() + b"=" + value for name, value in cookies)
    signed_in = data.draw(st.sampled_from([("X-User-Email", ANNA.address.encode()), ("X-User-Email", b"")]))
    world.send(data.draw(st.sampled_from(METHODS)), path_of(data, world.ids), [("Cookie", line), signed_in])


@FEW
@given(claims=st.dictionaries(st.sampled_from("kisxc"), st.one_of(texts, st.integers(), st.none())))
def test_no_claim_that_is_signed(world: World, claims: dict[str, object]) -> None:
    """Even what a key of ours has signed is read with care: other versions of the portal may have signed it."""
    signer = Signer([KEY])
    seals: list[Callable[[], str]] = [
        lambda: "/enter?identity=" + signer.seal("arrival", claims),
        lambda: "/?after=" + signer.seal("cursor", {"c": world.ids["customer"], **claims}),
        lambda: "/?before=" + signer.seal("cursor", claims),
    ]
    for seal in seals:
        world.send("GET", b"/billing" + seal().encode())
    cookie = f"{SESSION_COOKIE}={signer.seal('session', claims)}".encode()
    world.send("GET", b"/billing/", [("Cookie", cookie), ("X-User-Email", b"")])

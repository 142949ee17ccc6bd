"""Test clocks: https://docs.stripe.com/api/test_clocks."""

from __future__ import annotations

from stripe_sandbox.billing.periods import DAY, next_boundary
from stripe_sandbox.billing.subscribing import ENDED, items_of
from stripe_sandbox.errors import StripeError, invalid
from stripe_sandbox.http import Json
from stripe_sandbox.parameters import Fields, Integer, Text
from stripe_sandbox.resource import LISTING, Call, Resource, Route
from stripe_sandbox.resources import customers
from stripe_sandbox.test_clocks import KIND, time_of

CREATE: Fields = {"frozen_time": Integer(0, required=True), "name": Text(max=300, clearable=False)}
ADVANCE: Fields = {"frozen_time": Integer(0, required=True)}
_KEPT = 30 * DAY


def _create(call: Call) -> Json:
    return call.store.add(
        {
            "id": call.sandbox.ids.new("clock"),
            "object": KIND,
            "created": call.now,
            "deletes_after": call.now + _KEPT,
            "frozen_time": call.params["frozen_time"],
            "livemode": False,
            "name": call.params.get("name"),
            "status": "ready",
            "status_details": {},
        }
    )


def _advance(call: Call) -> Json:
    """The clock is `advancing` when this has answered, and `ready` when it is next looked at."""
    clock, target = _present(call), call.params["frozen_time"]
    if clock["status"] != "ready":
        raise StripeError("The test clock is advancing: wait until its status is `ready`.", param="frozen_time")
    if target <= clock["frozen_time"]:
        raise invalid("`frozen_time` must be after the test clock's present `frozen_time`.", "frozen_time")
    limit = _limit(call, clock)
    if target > limit:
        raise invalid(
            "Cannot advance a test clock by more than two intervals of the shortest subscription on it, or two years "
            f"without any. The latest `frozen_time` that can be set is {limit}.",
            "frozen_time",
        )
    clock.update(status="advancing", status_details={"advancing": {"target_frozen_time": target}})
    return clock


def _limit(call: Call, clock: Json) -> int:
    """How far a clock can go at once."""
    frozen = clock["frozen_time"]
    limit = next_boundary(frozen, "year", 2, frozen)
    for subscription in call.store.all("subscription", test_clock=clock["id"]):
        if subscription["status"] not in ENDED:
            price = call.store["price", items_of(call.sandbox, subscription)[0]["_price"]]
            recurring = price["recurring"]
            two = next_boundary(frozen, recurring["interval"], 2 * recurring["interval_count"], frozen)
            limit = min(limit, two)
    return limit


def _delete(call: Call) -> Json:
    """Its customers go with it, and what goes with them."""
    clock = _present(call)
    with time_of(call.sandbox, clock["id"]):
        for customer in call.store.all("customer", test_clock=clock["id"]):
            customers.delete(Call(call.sandbox, {"customer": customer["id"]}, {}, call.url))
    return call.store.bury(clock)


def _present(call: Call) -> Json:
    clock = call.named(KIND, "test_clock")
    if clock.get("deleted"):
        raise StripeError(
            f"No such test_helpers.test_clock: '{clock['id']}'",
            status=404,
            code="resource_missing",
            param="test_clock",
        )
    return clock


_ALL = "/v1/test_helpers/test_clocks"
RESOURCE = Resource(
    kind=KIND,
    permission="test_clock",
    missing_param="test_clock",
    routes=(
        Route("GET", _ALL, lambda call: call.page(KIND), LISTING),
        Route("POST", _ALL, _create, CREATE),
        Route("GET", _ALL + "/{test_clock}", _present),
        Route("DELETE", _ALL + "/{test_clock}", _delete),
        Route("POST", _ALL + "/{test_clock}/advance", _advance, ADVANCE),
    ),
)

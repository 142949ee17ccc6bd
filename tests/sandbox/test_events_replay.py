"""Events tell the whole story: whoever keeps the last of each object has what the sandbox has."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.api import NOW, Api, Json, objects
from sandbox.openapi import OpenApi
from sandbox.sdk_types import class_of, object_problems
from sandbox.world import everything
from stripe_sandbox import Sandbox
from stripe_sandbox.events import naming
from stripe_sandbox.events.types import TYPES
from stripe_sandbox.seed import demo

SILENT = {
    "invoice_payment": None,
    "invoiceitem": {"discounts", "invoice", "metadata", "tax_rates"},
    "payment_intent": {"amount"},
    "payment_method": None,
}
"""Changes of which Stripe has no event: there is no `invoiceitem.updated` nor `payment_intent.updated`. None stands for
objects that Stripe does not tell of at all: payments of invoices before they are paid, cards that belong to nobody."""
OWN_STORY = {"discount", "price", "tax_rate"}
"""Objects that stand within others, and whose own events tell what becomes of them."""


class Story:
    """What the events of a sandbox tell, from its beginning."""

    def __init__(self, tell: Callable[[Sandbox], object]) -> None:
        self.sandbox = Sandbox(seed=1, now=NOW)
        self.events: list[Json] = []
        self.sandbox.events.listen(self.events.append)
        tell(self.sandbox)

    def told(self) -> dict[tuple[str, str], Json]:
        """The last that was told of each object that is still there."""
        found: dict[tuple[str, str], Json] = {}
        for event in self.events:
            item = event["data"]["object"]
            if "id" not in item:  # an invoice that is yet to come
                continue
            key = (item["object"], item["id"])
            if event["type"].endswith(".deleted") and event["type"] != "customer.subscription.deleted":
                found.pop(key, None)
            else:
                found[key] = item
        return found

    def there(self) -> dict[tuple[str, str], Json]:
        """All objects that Stripe has events of."""
        kinds = [kind for kind in self.sandbox.resources if naming.is_told(kind)]
        return {(kind, item["id"]): self.sandbox.shown(item) for kind in kinds for item in self.sandbox.store.all(kind)}


@pytest.fixture(scope="module")
def seeded() -> Story:
    return Story(demo)


@pytest.fixture(scope="module")
def busy() -> Story:
    return Story(lambda sandbox: everything(Api(sandbox)))


@pytest.fixture(params=["seeded", "busy"])
def story(request: pytest.FixtureRequest) -> Story:
    found: Story = request.getfixturevalue(request.param)
    return found


def plain(value: Any, *, within: bool = False) -> Any:
    """An object in which those that have a story of their own are but their ids."""
    if isinstance(value, dict):
        if within and value.get("object") in OWN_STORY:
            return value["id"]
        return {name: plain(item, within=True) for name, item in value.items()}
    return [plain(item, within=True) for item in value] if isinstance(value, list) else value


def test_the_events_tell_the_whole_story(story: Story) -> None:
    told, there = story.told(), story.there()
    differences: dict[str, set[str]] = defaultdict(set)
    for key, item in there.items():
        if key not in told:
            assert SILENT.get(key[0], "told") is None, key
            continue
        before, after = plain(told[key]), plain(item)
        differences[key[0]] |= {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    unexplained = {
        kind: names - (SILENT.get(kind) or set())
        for kind, names in differences.items()
        if names - (SILENT.get(kind) or set())
    }
    assert unexplained == {}
    assert {key for key in told.keys() - there.keys() if key[0] not in OWN_STORY} == set()


def test_the_replay_can_fail(seeded: Story) -> None:
    kept = seeded.events[:]
    seeded.events[:] = [event for event in kept if event["type"] not in ("invoice.updated", "invoice.paid")]
    try:
        with pytest.raises(AssertionError):
            test_the_events_tell_the_whole_story(seeded)
    finally:
        seeded.events[:] = kept


def test_every_update_says_what_it_was_before(story: Story) -> None:
    """From the object before and what it is now, `previous_attributes` follows, and nothing is told twice."""
    last: dict[tuple[str, str], Json] = {}
    for event in story.events:
        item = event["data"]["object"]
        key = (item["object"], item.get("id", ""))
        if event["type"].endswith(".updated"):
            old = event["data"]["previous_attributes"]
            assert old, event["type"]
            for name, value in old.items():
                before = last[key].get(name) if key in last else None
                if isinstance(value, dict) and isinstance(before, dict):
                    assert all(before.get(inner) == each for inner, each in value.items()), (event["type"], name)
                elif key in last and key[0] not in SILENT:
                    assert before == value, (event["type"], name)
        else:
            assert event["type"] in ("charge.refunded", "payment_method.detached") or (
                "previous_attributes" not in event["data"]
            )
        last[key] = item


def test_every_event_is_one_of_stripes(story: Story) -> None:
    assert {event["type"] for event in story.events} - TYPES == set()
    assert len({event["id"] for event in story.events}) == len(story.events)


def test_every_event_passes_the_schema(openapi: OpenApi, busy: Story, capsys: pytest.CaptureFixture[str]) -> None:
    problems = set()
    for event in busy.events:
        item = event["data"]["object"]
        problems |= {f"{event['type']}: {problem}" for problem in openapi.object_problems("event", event)}
        whole = item if "id" in item else {**item, "id": "upcoming"}
        problems |= {f"{event['type']}: {problem}" for problem in openapi.object_problems(item["object"], whole)}
    assert sorted(problems) == []
    checked = Counter(event["type"] for event in busy.events)
    with capsys.disabled():
        print(f"\n{sum(checked.values())} events of {len(checked)} types pass Stripe's OpenAPI schemas")
    assert len(checked) >= 45


def test_every_event_agrees_with_the_sdk(busy: Story) -> None:
    problems = set()
    for event in busy.events:
        for item in objects(event):
            problems |= set(object_problems(item, class_of(item["object"]), item["object"]))
    assert sorted(problems) == []

"""Held to the annotations of the installed `stripe` package, whichever version that is."""

from __future__ import annotations

from collections import Counter

import pytest
import stripe

from sandbox.api import Api, objects
from sandbox.sdk_types import annotations, class_of, object_problems


def test_every_key_is_annotated_and_every_value_of_its_type(world: Api, capsys: pytest.CaptureFixture[str]) -> None:
    found: set[str] = set()
    checked: Counter[str] = Counter()
    for answer in world.answers:
        for item in objects(answer.body):
            if item["object"] == "v2.core.event":  # each of its types has a class of its own
                continue
            checked[item["object"]] += 1
            found |= set(object_problems(item, class_of(item["object"]), item["object"]))
    assert not found, "\n".join(sorted(found))
    with capsys.disabled():
        print(f"\n{sum(checked.values())} objects of {len(checked)} kinds agree with stripe {stripe.VERSION}")
    assert len(checked) >= 22


def test_the_check_can_fail(world: Api) -> None:
    invoice = next(answer.body for answer in world.answers if answer.path == "/v1/invoices/{invoice}/send")
    line = invoice["lines"]["data"][0]
    broken = {
        "surprise": {**invoice, "surprise": 1},
        "amount_due": {**invoice, "amount_due": "12"},
        "automatic_tax": {**invoice, "automatic_tax": {"enabled": "yes"}},
        "pricing": {**invoice, "lines": {**invoice["lines"], "data": [{**line, "pricing": {"colour": 1}}]}},
        "due_date": {**invoice, "due_date": []},
    }
    for name, body in broken.items():
        assert any(name in problem for problem in object_problems(body, stripe.Invoice, "invoice")), name


def test_every_class_is_one_with_annotations() -> None:
    assert "amount_due" in annotations(stripe.Invoice)
    assert "id" in annotations(class_of("credit_note_line_item"))

"""Programs are stepped by hand here: what they await, in which order, and what comes back."""

from dataclasses import FrozenInstanceError

import pytest

from invoice_portal.effects import Failed, Ok, StripeCall, Together, needed, together
from invoice_portal.errors import NotFound, StripeUnavailable


def call(path: str) -> StripeCall[str]:
    return StripeCall("get", path, str)


def test_awaiting_an_effect_hands_out_the_effect_itself_and_gives_what_is_sent_in():
    wanted = call("/v1/invoices")

    async def program() -> str:
        return "got " + await wanted

    running = program()
    assert running.send(None) is wanted
    with pytest.raises(StopIteration) as done:
        running.send("it")
    assert done.value.value == "got it"


def test_an_error_thrown_in_arrives_at_the_await():
    async def program() -> str:
        try:
            return await call("/v1/invoices")
        except NotFound as error:
            return f"kept {error.detail}"

    running = program()
    running.send(None)
    with pytest.raises(StopIteration) as done:
        running.throw(NotFound("the page"))
    assert done.value.value == "kept the page"


def test_together_is_one_effect_that_keeps_the_order_of_its_calls():
    first, second, third = call("/v1/a"), call("/v1/b"), call("/v1/c")
    effect = together(first, second, third)
    assert isinstance(effect, Together)
    assert effect.calls == (first, second, third)

    async def program() -> list[object]:
        return list(await effect)

    running = program()
    assert running.send(None) is effect


def test_needed_gives_the_value_or_raises_the_very_error():
    error = StripeUnavailable("down", "req_1")
    assert needed(Ok(3)) == 3
    with pytest.raises(StripeUnavailable) as raised:
        needed(Failed(error))
    assert raised.value is error


def test_effects_are_frozen_so_that_a_driver_cannot_change_what_was_asked():
    effect = call("/v1/invoices")
    with pytest.raises(FrozenInstanceError):
        effect.path = "/v1/customers"  # type: ignore[misc]


def test_a_program_that_is_closed_early_still_runs_its_finally():
    ended = []

    async def program() -> None:
        try:
            await call("/v1/invoices")
        finally:
            ended.append(True)

    running = program()
    running.send(None)
    running.close()
    assert ended == [True]

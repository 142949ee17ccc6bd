"""Both drivers against a server on loopback, with the real ``stripe`` package between."""

import asyncio
import gc
import threading
import time
import warnings
from contextvars import ContextVar
from typing import Any

import pytest

from invoice_portal.drivers.blocking import BlockingDriver
from invoice_portal.drivers.nonblocking import NonBlockingDriver
from invoice_portal.effects import Failed, Ok, StripeCall, Together, each, together
from invoice_portal.errors import NotFound, StripeUnavailable
from invoice_portal.settings import PortalSettings
from invoice_portal.stripe_api import STRIPE_VERSION
from invoice_portal.stripe_api.invoices import list_invoices

from .conftest import Run
from .helpers.server import Asked, Said, Scripted, error, scripted
from .helpers.visiting import make_settings


def path_of(asked: Asked) -> Said:
    return Said({"path": asked.path})


def call(name: str) -> StripeCall[str]:
    return StripeCall("get", f"/v1/{name}", lambda data: data["path"])


async def one(name: str = "things") -> str:
    return await call(name)


def settings_for(script: Scripted, **changes: Any) -> PortalSettings:
    return make_settings(stripe_api_base=script.url, **changes)


# What goes over the wire


def test_a_call_carries_key_version_and_account_and_gives_what_its_parser_reads(run: Run):
    with scripted(path_of) as script:
        given = run(settings_for(script, stripe_account="acct_1"), one("invoices/in_1"))
    assert given == "/v1/invoices/in_1"
    [asked] = script.asked
    assert asked.method == "GET"
    assert asked.headers["authorization"] == "Bearer sk_test_x"
    assert asked.headers["stripe-version"] == STRIPE_VERSION
    assert asked.headers["stripe-account"] == "acct_1"


def test_without_a_connected_account_no_account_is_named(run: Run):
    with scripted(path_of) as script:
        run(settings_for(script), one())
    assert "stripe-account" not in script.asked[0].headers


def test_a_slash_at_the_end_of_the_address_does_no_harm(run: Run):
    with scripted(path_of) as script:
        assert run(make_settings(stripe_api_base=script.url + "/"), one()) == "/v1/things"


def test_nested_parameters_and_lists_are_sent_as_stripe_reads_them(run: Run):
    effect = StripeCall("get", "/v1/invoices", lambda data: data, {"created": {"gte": 5}, "expand": ["data.a"]})

    async def program() -> Any:
        return await effect

    with scripted(path_of) as script:
        run(settings_for(script), program())
    assert script.asked[0].query == {"created[gte]": "5", "expand[0]": "data.a"}


def test_the_real_list_call_names_customer_status_and_cursor(run: Run):
    empty = Said({"object": "list", "data": [], "has_more": False})

    async def program() -> Any:
        return await list_invoices("cus_1", limit=20, status="open", due_before=9, after="in_9")

    with scripted(lambda asked: empty) as script:
        assert run(settings_for(script), program()).items == ()
    assert script.asked[0].query == {
        "customer": "cus_1",
        "limit": "20",
        "status": "open",
        "due_date[lt]": "9",
        "starting_after": "in_9",
    }


# Programs and their ends


def test_a_program_that_awaits_nothing_just_gives_its_result(run: Run):
    async def program() -> int:
        return 7

    assert run(make_settings(), program()) == 7


def test_what_a_program_raises_passes_through(run: Run):
    async def program() -> None:
        raise NotFound("nothing")

    with pytest.raises(NotFound, match="nothing"):
        run(make_settings(), program())


def test_a_program_may_catch_a_call_that_failed_and_go_on(run: Run):
    async def program() -> str:
        try:
            return await call("missing")
        except NotFound:
            return await call("there")

    def answer(asked: Asked) -> Said:
        return error(404, code="resource_missing") if asked.path == "/v1/missing" else path_of(asked)

    with scripted(answer) as script:
        assert run(settings_for(script), program()) == "/v1/there"


def test_finally_runs_when_a_call_fails(run: Run):
    ended = []

    async def program() -> None:
        try:
            await call("missing")
        finally:
            ended.append(True)

    with scripted(lambda asked: error(404)) as script, pytest.raises(NotFound):
        run(settings_for(script), program())
    assert ended == [True]


def test_a_parser_that_breaks_is_thrown_into_the_program_too(run: Run):
    ended = []

    async def program() -> None:
        try:
            await StripeCall("get", "/v1/things", lambda data: data["no such field"])
        finally:
            ended.append(True)

    with scripted(path_of) as script, pytest.raises(KeyError):
        run(settings_for(script), program())
    assert ended == [True]


class Foreign:
    """An awaitable that is none of ours."""

    def __await__(self) -> Any:
        yield "something of another library's"


@pytest.mark.parametrize("foreign", [Foreign, lambda: asyncio.sleep(0), lambda: asyncio.sleep(0.001)])
def test_a_foreign_awaitable_is_refused_and_finally_still_runs(run: Run, foreign: Any):
    ended = []

    async def program() -> None:
        try:
            await foreign()
        finally:
            ended.append(True)

    with pytest.raises((AssertionError, RuntimeError)):
        run(make_settings(), program())
    assert ended == [True]


def test_cancelling_a_request_reaches_the_programs_finally(quiet_stripe: None):
    ended: list[str] = []
    arrived, release = threading.Event(), threading.Event()

    def answer(asked: Asked) -> Said:
        arrived.set()
        release.wait(5)
        return path_of(asked)

    async def program() -> str:
        try:
            return await call("slow")
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        finally:
            ended.append("finally")

    async def main(settings: PortalSettings) -> None:
        driver = NonBlockingDriver(settings)
        task = asyncio.create_task(driver.run(program()))
        await asyncio.to_thread(arrived.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        release.set()
        await driver.close()

    with scripted(answer) as script:
        asyncio.run(main(settings_for(script)))
    assert ended == ["cancelled", "finally"]


def test_cancelling_calls_made_together_reaches_the_programs_finally(quiet_stripe: None):
    ended: list[str] = []
    arrived, release = threading.Semaphore(0), threading.Event()

    def answer(asked: Asked) -> Said:
        arrived.release()
        release.wait(5)
        return path_of(asked)

    async def program() -> None:
        try:
            await together(call("a"), call("b"))
        finally:
            ended.append("finally")

    async def main(settings: PortalSettings) -> None:
        driver = NonBlockingDriver(settings)
        task = asyncio.create_task(driver.run(program()))
        for _ in range(2):
            await asyncio.to_thread(arrived.acquire, True, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert asyncio.all_tasks() == {asyncio.current_task()}, "a call goes on by itself"
        release.set()
        await driver.close()

    with scripted(answer) as script:
        asyncio.run(main(settings_for(script)))
    assert ended == ["finally"]


# Together


def test_outcomes_come_in_the_order_of_the_calls_and_fail_alone(run: Run):
    async def program() -> Any:
        return await together(call("a"), call("missing"), call("down"), call("b"))

    def answer(asked: Asked) -> Said:
        if asked.path == "/v1/missing":
            return error(404)
        return error(500) if asked.path == "/v1/down" else path_of(asked)

    with scripted(answer) as script:
        first, second, third, fourth = run(settings_for(script), program())
    assert first == Ok("/v1/a")
    assert isinstance(second, Failed)
    assert isinstance(second.error, NotFound)
    assert isinstance(third, Failed)
    assert isinstance(third.error, StripeUnavailable)
    assert fourth == Ok("/v1/b")


@pytest.mark.parametrize("count", [0, 1, 12])
def test_any_number_of_calls_can_be_made_together(run: Run, count: int):
    names = [f"thing{number}" for number in range(count)]

    async def program() -> Any:
        return await Together(tuple(call(name) for name in names))

    with scripted(path_of) as script:
        assert run(settings_for(script), program()) == tuple(Ok(f"/v1/{name}") for name in names)


def test_calls_made_together_are_in_flight_at_the_same_time(run: Run):
    """Each answer waits until all three calls have arrived: one after another they would never be answered."""
    meeting = threading.Barrier(3)

    def answer(asked: Asked) -> Said:
        meeting.wait(3)
        return path_of(asked)

    async def program() -> Any:
        return await together(call("a"), call("b"), call("c"))

    with scripted(answer) as script:
        outcomes = run(settings_for(script, stripe_timeout=5), program())
    assert outcomes == (Ok("/v1/a"), Ok("/v1/b"), Ok("/v1/c"))
    assert len(script.asked) == 3


def test_the_blocking_driver_serves_many_threads_that_each_make_calls_together(quiet_stripe: None):
    """More requests than threads in the pool: leaf calls cannot wait for each other, so nothing locks up."""

    async def program() -> Any:
        return await together(*(call(f"thing{number}") for number in range(4)))

    given: list[Any] = []
    with scripted(path_of) as script:
        driver = BlockingDriver(settings_for(script))
        threads = [threading.Thread(target=lambda: given.append(driver.run(program()))) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert given == [tuple(Ok(f"/v1/thing{number}") for number in range(4))] * 20


def test_context_variables_reach_calls_on_the_pools_threads(run: Run):
    """Tracing and logging context belongs to the request, also where a call runs on another thread."""
    mark: ContextVar[str] = ContextVar("mark", default="lost")
    seen = []

    def parse(data: Any) -> None:
        seen.append(mark.get())

    async def program() -> None:
        mark.set("kept")
        effect = StripeCall("get", "/v1/things", parse)
        await Together((effect, effect, effect))

    with scripted(path_of) as script:
        run(settings_for(script), program())
    assert seen == ["kept"] * 3


# Connections


def test_the_blocking_driver_keeps_its_connections_open_across_threads(quiet_stripe: None):
    with scripted(path_of) as script:
        driver = BlockingDriver(settings_for(script))
        for _ in range(6):
            thread = threading.Thread(target=lambda: driver.run(one()))
            thread.start()
            thread.join()
    assert len(script.asked) == 6
    assert len(script.connections) == 1


def test_the_non_blocking_driver_keeps_its_connection_open_between_requests(quiet_stripe: None):
    async def main(settings: PortalSettings) -> None:
        driver = NonBlockingDriver(settings)
        for _ in range(4):
            await driver.run(one())
        await driver.close()

    with scripted(path_of) as script:
        asyncio.run(main(settings_for(script)))
    assert len(script.asked) == 4
    assert len(script.connections) == 1


def test_one_non_blocking_driver_works_on_one_event_loop_after_another(quiet_stripe: None):
    with scripted(path_of) as script:
        driver = NonBlockingDriver(settings_for(script))

        async def main() -> str:
            try:
                return await driver.run(one())
            finally:
                await driver.close()

        assert [asyncio.run(main()) for _ in range(3)] == ["/v1/things"] * 3


def test_two_loops_at_the_same_time_have_a_client_each(quiet_stripe: None):
    meeting = threading.Barrier(2)

    def answer(asked: Asked) -> Said:
        meeting.wait(3)
        return path_of(asked)

    with scripted(answer) as script:
        driver = NonBlockingDriver(settings_for(script))
        given: list[str] = []

        async def main() -> None:
            given.append(await driver.run(one()))
            await driver.close()

        threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
    assert given == ["/v1/things"] * 2


def test_close_leaves_nothing_open_and_may_be_called_without_any_call(quiet_stripe: None):
    async def main(settings: PortalSettings) -> None:
        driver = NonBlockingDriver(settings)
        await driver.close()
        await driver.run(one())
        await driver.close()
        await driver.close()

    with warnings.catch_warnings(record=True) as caught, scripted(path_of) as script:
        warnings.simplefilter("always")
        asyncio.run(main(settings_for(script)))
        gc.collect()
    assert [str(warning.message) for warning in caught if issubclass(warning.category, ResourceWarning)] == []


def test_a_closed_driver_opens_again_at_the_next_request(quiet_stripe: None):
    async def main(settings: PortalSettings) -> str:
        driver = NonBlockingDriver(settings)
        await driver.run(one())
        await driver.close()
        given = await driver.run(one("again"))
        await driver.close()
        return given

    with scripted(path_of) as script:
        assert asyncio.run(main(settings_for(script))) == "/v1/again"


def test_the_non_blocking_driver_never_holds_up_the_loop(quiet_stripe: None):
    """While a call waits for its answer, the loop goes on turning."""
    release = threading.Event()

    def answer(asked: Asked) -> Said:
        release.wait(5)
        return path_of(asked)

    async def main(settings: PortalSettings) -> str:
        driver = NonBlockingDriver(settings)
        task = asyncio.create_task(driver.run(one()))
        for _ in range(5):
            await asyncio.sleep(0.002)
        assert not task.done()
        release.set()
        given = await task
        await driver.close()
        return given

    with scripted(answer) as script:
        assert asyncio.run(main(settings_for(script))) == "/v1/things"


def test_waiting_is_bounded_by_the_setting(run: Run):
    """Two tries of a tenth of a second each, and not the package's own eighty seconds."""
    release = threading.Event()

    def answer(asked: Asked) -> Said:
        release.wait(5)
        return path_of(asked)

    with scripted(answer) as script:
        began = time.monotonic()
        with pytest.raises(StripeUnavailable):
            run(settings_for(script, stripe_timeout=0.1), one())
        took = time.monotonic() - began
        release.set()
    assert took < 2
    assert 1 <= len(script.asked) <= 2


def test_calls_with_a_deadline_give_what_is_there_by_then_and_name_what_is_not(run: Run):
    released = threading.Event()

    def answer(asked: Asked) -> Said:
        if asked.path == "/v1/slow":
            released.wait(5)
        return path_of(asked)

    async def program() -> Any:
        return await each([call("slow"), call("fast"), call("nimble")], seconds=0.25)

    with scripted(answer) as script:
        began = time.monotonic()
        slow, *others = run(settings_for(script), program())
        took = time.monotonic() - began
        released.set()
    assert others == [Ok("/v1/fast"), Ok("/v1/nimble")]
    assert isinstance(slow, Failed)
    assert "/v1/slow" in slow.error.detail
    assert took < 2

"""The host's own functions, as each framework passes them."""

from __future__ import annotations

import pytest

from invoice_portal import ConfigurationError, Email, Event, Hooks
from invoice_portal.hooks import hooks_of
from support.accounts import Account
from support.portals import Mount

ANNA = Email("anna@example.com")
HEARD: list[Event] = []


def hear(event: Event) -> None:
    """A host's ``on_event``, by its dotted path."""
    HEARD.append(event)


@pytest.fixture(autouse=True)
def _silence() -> None:
    HEARD.clear()


def test_the_host_is_told_what_happens(mount: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    invoice = account.open(customer)
    browser = mount(hooks=Hooks(on_event=hear)).browser(ANNA)
    browser.get(f"/invoices/{invoice}")
    browser.get(f"/invoices/{invoice}/pdf")
    browser.get("/", {"lang": "de"})
    browser.get("/invoices/in_nobodys")
    told = [(event.name, event.subject, event.visitor) for event in HEARD]
    assert told == [
        ("select_invoice", invoice, f"email {ANNA.address}"),
        ("download_invoice", invoice, f"email {ANNA.address}"),
        ("language_change", "", f"email {ANNA.address}"),
        ("error", "in_nobodys", f"email {ANNA.address}"),
    ]
    assert HEARD[2].details == {"language": "de"}
    assert HEARD[3].details == {"kind": "NotFound", "status": 404}


def test_a_hook_that_fails_stops_nothing(mount: Mount, account: Account) -> None:
    def fail(event: Event) -> None:
        raise OSError("the queue is down")

    invoice = account.open(account.customer(ANNA.address))
    assert mount(hooks=Hooks(on_event=fail)).browser(ANNA).get(f"/invoices/{invoice}").status == 200


def test_an_async_hook_is_awaited(mount: Mount, account: Account) -> None:
    if not mount.runtime.asynchronous:
        pytest.skip("sync runtimes take sync hooks")

    async def listen(event: Event) -> None:
        HEARD.append(event)

    invoice = account.open(account.customer(ANNA.address))
    mount(hooks=Hooks(on_event=listen)).browser(ANNA).get(f"/invoices/{invoice}")
    assert [event.name for event in HEARD] == ["select_invoice"]


def test_a_mapping_of_paths_and_functions_stands_for_hooks() -> None:
    default = Hooks(send_link=lambda fresh: None)
    found = hooks_of({"on_event": f"{__name__}.hear"}, default)
    assert found.on_event is hear
    assert found.send_link is default.send_link
    assert hooks_of({"send_link": None}, default).send_link is None
    assert hooks_of(None, default) is default


@pytest.mark.parametrize("given", [{"befor_pay": hear}, {"before_pay": 3}, {"before_pay": "no.such"}, 3, "nothing"])
def test_what_can_be_no_hook_is_refused(given: object) -> None:
    with pytest.raises(ConfigurationError, match="hooks"):
        hooks_of(given)

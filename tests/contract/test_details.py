"""Billing details: the visitor's own, what is allowed of them, checked before Stripe and by Stripe."""

import json
from typing import Any

import pytest

from invoice_portal import CustomerId, Email
from stripe_sandbox import Response
from support.accounts import Account
from support.portals import Answer, Browser, Mount
from support.stripe_server import StripeServer

ANNA, BERT = Email("anna@example.com"), Email("bert@example.com")
EVERYTHING = {"name", "address", "phone", "tax_ids"}
HOME = {"line1": "Torstraße 12", "postal_code": "10119", "city": "Berlin", "country": "DE"}


def post(browser: Browser, path: str, **fields: str) -> Answer:
    """POST with a good form token, whatever the page offers."""
    token = browser.get("/details").html.form("/leave").fields
    return browser.post(path, {**token, **fields})


def stored(account: Account, customer: str) -> dict[str, Any]:
    return account.get(f"customers/{customer}")


def test_details_are_saved_for_later_invoices_only(mount: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    before = account.open(customer)
    browser = mount(billing_details=EVERYTHING).arrive(ANNA)
    page = browser.get("/details")
    assert "Changes apply to later invoices." in page.text
    answer = browser.submit(page, "/details", name="Ames GmbH", phone="+49 30 1234567", **HOME)
    after = browser.follow(answer)
    assert "Saved." in after.text
    found = stored(account, customer)
    assert (found["name"], found["phone"]) == ("Ames GmbH", "+49 30 1234567")
    assert {name: found["address"][name] for name in HOME} == HOME
    assert after.html.form("/details").fields["line1"] == "Torstraße 12"
    assert account.get(f"invoices/{before}")["customer_name"] == "Anna Ames"
    assert account.get(f"invoices/{account.open(customer)}")["customer_name"] == "Ames GmbH"


WRONG = [
    ({"name": ""}, "Please enter a name"),
    ({"name": "x" * 300}, "too long"),
    ({"name": "a\x07b"}, "cannot be printed"),
    ({"country": "XX"}, "choose a country"),
    ({"country": "ZZ"}, "choose a country"),
    ({"country": "", "city": "Berlin"}, "choose a country"),
    ({"phone": "call me"}, "phone number"),
]


@pytest.mark.parametrize(("changed", "words"), WRONG, ids=[str(i) for i in range(len(WRONG))])
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_saved(
    mount: Mount, account: Account, changed: dict[str, str], words: str
) -> None:
    customer = account.customer(ANNA.address)
    before = stored(account, customer)
    browser = mount(billing_details=EVERYTHING).arrive(ANNA)
    answer = browser.submit(browser.get("/details"), "/details", **{"name": "Ames", **HOME, **changed})
    assert answer.status == 422
    assert words in answer.text
    invalid = [
        each.attributes["name"] for each in answer.html.root.all("input", "select") if "aria-invalid" in each.attributes
    ]
    assert set(invalid) <= set(changed)
    assert len(invalid) == 1
    assert stored(account, customer) == before


def test_what_is_wrong_is_said_above_the_forms_too_and_leads_to_its_field(mount: Mount, account: Account) -> None:
    account.customer(ANNA.address)
    browser = mount(billing_details=EVERYTHING).arrive(ANNA)
    page = browser.get("/details")
    assert not [each for each in page.html.root.all("div") if "autofocus" in each.attributes]
    for path, typed, fields in (
        ("/details", {"name": "", "country": "", "city": "Berlin"}, ["name", "country"]),
        ("/details/tax_ids", {"type": "eu_vat", "value": "nonsense"}, ["value"]),
    ):
        answer = browser.submit(page, path, **typed)
        (summary,) = [each for each in answer.html.root.all("div") if "autofocus" in each.attributes]
        assert summary.attributes["role"] == "alert"
        assert [link.attributes["href"] for link in summary.all("a")] == [f"#portal-{field}" for field in fields]
        (menu,) = [nav for nav in answer.html.root.all("nav") if nav.attributes["class"] == "portal-menu"]
        assert [part.text for part in menu.all("a") if "aria-current" in part.attributes] == ["Billing details"]


def test_what_stripe_does_not_take_is_said_at_its_field(mount: Mount, account: Account, stripe: StripeServer) -> None:
    customer = account.customer(ANNA.address)
    error = {"type": "invalid_request_error", "code": "customer_tax_location_invalid", "param": "address[country]"}
    browser = mount(billing_details=EVERYTHING).arrive(ANNA)
    page = browser.get("/details")

    def refuse(request: Any) -> Response | None:
        body = json.dumps({"error": {**error, "message": "secret of Stripe's"}}).encode()
        return Response(400, {"Content-Type": "application/json"}, body) if request.method == "POST" else None

    stripe.script(refuse)
    answer = browser.submit(page, "/details", name="Ames", **HOME)
    assert answer.status == 422
    assert "Taxes cannot be worked out for this address" in answer.text
    assert "secret of Stripe's" not in answer.source
    assert stored(account, customer)["name"] == "Anna Ames"


def test_only_what_the_settings_allow_is_taken(mount: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    browser = mount(billing_details={"phone"}).arrive(ANNA)
    page = browser.get("/details")
    assert set(page.html.form("/details").fields) >= {"phone"}
    assert "line1" not in page.html.form("/details").fields
    answer = post(browser, "/details", name="Mallory", email="bert@example.com", phone="555 1234", **HOME)
    assert answer.status == 303
    found = stored(account, customer)
    assert (found["name"], found["email"], found["phone"]) == ("Anna Ames", ANNA.address, "555 1234")
    assert found["address"] is None
    assert post(browser, "/details/tax_ids", type="eu_vat", value="DE123456789").status == 403


def test_nobody_takes_another_address_by_which_they_are_known(mount: Mount, account: Account) -> None:
    """The host logs somebody in by their address although customers are told apart by id."""
    customer = account.customer(ANNA.address)
    portal = mount(billing_details={"name", "email"}, identify_by="customer_id")
    for visitor, expected in ((ANNA, ANNA.address), (CustomerId(customer), "office@example.com")):
        post(portal.arrive(visitor), "/details", name="Ames", email="office@example.com")
        assert stored(account, customer)["email"] == expected


def test_tax_ids_are_added_once_and_removed(mount: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    browser = mount(billing_details=EVERYTHING).arrive(ANNA)
    page = browser.get("/details")
    for _ in range(2):
        answer = browser.submit(page, "/details/tax_ids", type="eu_vat", value="DE123456789")
        assert answer.status == 303
    (there,) = account.get(f"customers/{customer}/tax_ids")["data"]
    assert (there["type"], there["value"]) == ("eu_vat", "DE123456789")
    shown = browser.follow(answer)
    assert "DE123456789" in shown.text
    assert "European Union: VAT · Being checked" in shown.text
    assert browser.submit(shown, "/details/tax_ids/remove").status == 303
    assert browser.submit(shown, "/details/tax_ids/remove").status == 303
    assert account.get(f"customers/{customer}/tax_ids")["data"] == []


@pytest.mark.parametrize(
    ("type", "value", "words"),
    [
        ("eu_vat", "nonsense", "does not fit the kind"),
        ("eu_vat", "", "does not fit the kind"),
        ("xx_vat", "123456", "choose a kind"),
        ("", "123456", "choose a kind"),
    ],
)
def test_a_tax_id_that_cannot_be_is_said_at_the_field(
    mount: Mount, account: Account, type: str, value: str, words: str
) -> None:
    customer = account.customer(ANNA.address)
    browser = mount(billing_details=EVERYTHING).arrive(ANNA)
    answer = browser.submit(browser.get("/details"), "/details/tax_ids", type=type, value=value)
    assert answer.status == 422
    assert words in answer.text
    assert account.get(f"customers/{customer}/tax_ids")["data"] == []


def test_anothers_tax_id_and_customer_are_out_of_reach(mount: Mount, account: Account) -> None:
    account.customer(ANNA.address)
    bert = account.customer(BERT.address, "Bert Brown")
    tax_id = account.post(f"customers/{bert}/tax_ids", type="eu_vat", value="DE123456789")["id"]
    browser = mount(billing_details=EVERYTHING).arrive(ANNA)
    assert browser.get("/details", {"customer": bert}).status == 404
    assert post(browser, f"/details?customer={bert}", name="Mallory").status == 404
    assert post(browser, "/details/tax_ids/remove", tax_id=tax_id).status == 303
    assert post(browser, f"/details/tax_ids/remove?customer={bert}", tax_id=tax_id).status == 404
    assert stored(account, bert)["name"] == "Bert Brown"
    assert len(account.get(f"customers/{bert}/tax_ids")["data"]) == 1


def test_who_may_only_view_sees_them_and_changes_nothing(mount: Mount, account: Account) -> None:
    customer = account.customer(ANNA.address)
    browser = mount(billing_details=EVERYTHING, actions={"view"}).arrive(ANNA)
    page = browser.get("/details")
    assert "Anna Ames" in page.text
    assert [form for form in page.html.forms if "/details" in form.action] == []
    assert post(browser, "/details", name="Mallory").status == 403
    assert post(browser, "/details/tax_ids", type="eu_vat", value="DE123456789").status == 403
    assert post(browser, "/details/tax_ids/remove", tax_id="txi_1").status == 403
    assert stored(account, customer)["name"] == "Anna Ames"


def test_without_the_setting_there_is_no_page(mount: Mount, account: Account) -> None:
    account.customer(ANNA.address)
    assert mount().arrive(ANNA).get("/details").status == 403


def test_an_address_by_which_visitors_are_known_cannot_be_switched_on() -> None:
    from invoice_portal import ConfigurationError, PortalSettings

    with pytest.raises(ConfigurationError, match="take another's"):
        PortalSettings(stripe_api_key="sk_test_x", secret_keys=["a key of 16 letters"], billing_details={"email"})


def test_a_form_without_its_token_is_refused(mount: Mount, account: Account) -> None:
    account.customer(ANNA.address)
    browser = mount(billing_details=EVERYTHING).arrive(ANNA)
    browser.get("/details")
    for path in ("/details", "/details/tax_ids", "/details/tax_ids/remove"):
        assert browser.post(path, {"name": "Mallory"}).status == 403

"""The real `stripe` package over real HTTP: what a team's own code would do."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
import stripe

from sandbox.api import NOW
from stripe_sandbox import Sandbox
from stripe_sandbox.server import serve_in_thread


@pytest.fixture(scope="module", autouse=True)
def no_telemetry() -> Iterator[None]:
    """The SDK would write to the home directory."""
    before, stripe.enable_telemetry = stripe.enable_telemetry, False
    yield
    stripe.enable_telemetry = before


@pytest.fixture(scope="module")
def client() -> Iterator[stripe.StripeClient]:
    with serve_in_thread(Sandbox(seed=1, now=NOW)) as server:
        http = stripe.RequestsClient()
        yield stripe.StripeClient("sk_test_sdk", base_addresses={"api": server.url}, http_client=http)
        http.close()


@pytest.fixture
def customer(client: stripe.StripeClient) -> stripe.Customer:
    made = client.v1.customers.create({"email": "Jenny@example.com", "address": {"city": "Köln"}})
    method = client.v1.payment_methods.attach("pm_card_visa", {"customer": made.id})
    settings = {"invoice_settings": {"default_payment_method": method.id}}
    return client.v1.customers.update(made.id, settings)  # type: ignore[arg-type]


def invoice_of(client: stripe.StripeClient, customer: stripe.Customer, amount: int = 12_000) -> stripe.Invoice:
    invoice = client.v1.invoices.create({"customer": customer.id, "currency": "eur"})
    client.v1.invoice_items.create({"customer": customer.id, "invoice": invoice.id, "amount": amount})
    return client.v1.invoices.finalize_invoice(invoice.id)


def test_an_invoice_is_made_and_paid(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    invoice = invoice_of(client, customer)
    assert (invoice.status, invoice.amount_due, invoice.currency) == ("open", 12_000, "eur")
    paid = client.v1.invoices.pay(invoice.id, {"expand": ["payments.data.payment.payment_intent"]})
    assert (paid.status, paid.amount_remaining) == ("paid", 0)
    intent = paid.payments.data[0].payment.payment_intent
    assert isinstance(intent, stripe.PaymentIntent)
    assert intent.amount_received == 12_000


def test_lists_page_by_themselves_in_both_directions(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    made = [invoice_of(client, customer).id for _ in range(5)]
    forwards = client.v1.invoices.list({"customer": customer.id, "limit": 2})
    assert [invoice.id for invoice in forwards.auto_paging_iter()] == made[::-1]
    backwards = client.v1.invoices.list({"customer": customer.id, "limit": 2, "ending_before": made[0]})
    assert [invoice.id for invoice in backwards.auto_paging_iter()] == made[1:]


def test_the_email_filter_minds_case(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    exact = client.v1.customers.list({"email": "Jenny@example.com"}).data
    assert customer.id in [found.id for found in exact]
    assert client.v1.customers.list({"email": "jenny@example.com"}).data == []


def test_decimals_arrive_as_decimals(client: stripe.StripeClient) -> None:
    price = client.v1.prices.create(
        {"currency": "usd", "unit_amount_decimal": Decimal("0.125"), "product_data": {"name": "API call"}}
    )
    assert (price.unit_amount, price.unit_amount_decimal) == (None, Decimal("0.125"))


def test_a_decline_is_a_card_error(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    method = client.v1.payment_methods.attach("pm_card_chargeCustomerFail", {"customer": customer.id})
    invoice = invoice_of(client, customer)
    with pytest.raises(stripe.CardError) as caught:
        client.v1.invoices.pay(invoice.id, {"payment_method": method.id})
    error = caught.value
    assert (error.http_status, error.code, error.user_message) == (402, "card_declined", "Your card was declined.")
    assert error.error is not None
    assert error.error.decline_code == "generic_decline"
    assert error.error.payment_intent.last_payment_error.payment_method.id == method.id
    assert error.request_id is not None
    assert error.request_id.startswith("req_")


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("sk_live_1", stripe.AuthenticationError),
        ("nonsense", stripe.AuthenticationError),
        ("rk_test_nothing", stripe.PermissionError),
    ],
)
def test_keys(client: stripe.StripeClient, key: str, error: type[stripe.StripeError]) -> None:
    with serve_in_thread(Sandbox(now=NOW)) as server:
        sandbox_client = stripe.StripeClient(
            key, base_addresses={"api": server.url}, http_client=stripe.RequestsClient()
        )
        if error is stripe.PermissionError:
            server.sandbox.restrict(key, [])
        with pytest.raises(error):
            sandbox_client.v1.customers.list()


def test_an_unknown_object_is_an_invalid_request(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="No such invoice: 'in_none'") as caught:
        client.v1.invoices.retrieve("in_none")
    assert (caught.value.code, caught.value.param) == ("resource_missing", "invoice")


def test_an_idempotency_key_is_kept(client: stripe.StripeClient) -> None:
    first, again = (client.v1.customers.create({"name": "A"}, {"idempotency_key": "same"}) for _ in range(2))
    assert first.id == again.id
    with pytest.raises(stripe.IdempotencyError):
        client.v1.customers.create({"name": "B"}, {"idempotency_key": "same"})


def test_the_raw_path_answers_plain_json(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    invoice = invoice_of(client, customer)
    answer = client.raw_request("get", f"/v1/invoices?customer={customer.id}&limit=1&expand[]=data.customer")
    assert answer.data["data"][0]["id"] == invoice.id
    assert answer.data["data"][0]["customer"]["id"] == customer.id
    assert answer.headers["Stripe-Version"] == stripe.api_version


def test_a_subscription_and_its_first_invoice(client: stripe.StripeClient, customer: stripe.Customer) -> None:
    price = client.v1.prices.create(
        {
            "currency": "usd",
            "unit_amount": 2000,
            "recurring": {"interval": "month"},
            "product_data": {"name": "Team"},
        }
    )
    buyer = client.v1.customers.create({"payment_method": "pm_card_visa"})
    methods = client.v1.customers.payment_methods.list(buyer.id)
    subscription = client.v1.subscriptions.create(
        {
            "customer": buyer.id,
            "items": [{"price": price.id, "quantity": 2}],
            "default_payment_method": methods.data[0].id,
            "expand": ["latest_invoice"],
        }
    )
    assert subscription.status == "active"
    assert isinstance(subscription.latest_invoice, stripe.Invoice)
    assert subscription.latest_invoice.parent is not None
    assert subscription.latest_invoice.parent.subscription_details is not None
    assert subscription.latest_invoice.parent.subscription_details.subscription == subscription.id
    assert subscription.latest_invoice.lines.data[0].description == "2 × Team (at $20.00 / month)"
    assert subscription["items"].data[0].current_period_end > NOW


def test_several_threads_at_once(client: stripe.StripeClient) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: client.v1.customers.create({"name": str(number)}).id, range(24)))
    assert len(set(made)) == 24

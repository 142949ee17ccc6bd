"""Invoices (docs.stripe.com/api/invoices): the list, one whole, its lines and the names behind its ids."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Final, Literal, TypeAlias

from invoice_portal.effects import StripeCall
from invoice_portal.money import Money
from invoice_portal.stripe_api.ids import checked
from invoice_portal.stripe_api.reading import Listing, Reader, listing_of, one

Status: TypeAlias = Literal["draft", "open", "paid", "uncollectible", "void"]
MOST_A_CALL: Final = 100
_LINE_DETAILS: Final = ("subscription_item_details", "invoice_item_details")


@dataclass(frozen=True, slots=True)
class Invoice:
    """What the list shows of an invoice, and what decides who may see and pay it.

    Moments are UTC seconds. ``hosted_url`` and ``pdf_url`` open the invoice without any login: they are read when they
    are needed, sent to the visitor's browser alone, and never stored or logged. ``under_way`` is not told by Stripe's
    list: it is set where a payment is known to be on its way.
    """

    id: str
    number: str
    status: str
    owner: str | None
    subscription: str | None
    created: int
    issued_at: int
    due_date: int | None
    total: Money
    amount_due: Money
    amount_remaining: Money
    credited: Money
    subject: str
    account_name: str
    customer_name: str
    attempted: bool
    next_attempt: int | None
    replaced: bool
    default_method: str | None
    hosted_url: str = field(repr=False)
    pdf_url: str = field(repr=False)
    under_way: bool = False


@dataclass(frozen=True, slots=True)
class Tax:
    """One tax of an invoice; an inclusive one is contained in the total already."""

    amount: Money
    inclusive: bool
    rate: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``quantity`` and ``unit_price`` (minor units) are None where Stripe gives none, as for tiers.

    ``amount`` is before ``discounts``, which name what each discount, the invoice's own included, takes off the line;
    ``own_discounts`` are those that were put on this line.
    """

    id: str
    description: str
    period: tuple[int, int]
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Money
    proration: bool
    discounts: tuple[tuple[str | None, Money], ...] = ()
    own_discounts: frozenset[str] = frozenset()
    taxes: tuple[Tax, ...] = ()


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; ``country`` is a code of two letters."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """Sender or recipient, as frozen on the invoice."""

    name: str
    address: Address = Address()
    email: str = ""
    phone: str = ""
    tax_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WholeInvoice:
    """Everything that a faithful invoice shows, in Stripe's own numbers.

    ``discounts`` are all of them, with what they take off in sum; ``own_discounts`` those that were put on the whole
    invoice.

    Balances are the customer's before and after: negative where the customer has credit, and the later one is None
    until finalisation.
    """

    invoice: Invoice
    lines: Listing[Line]
    sender_country: str
    recipient: Party
    ship_to: Party | None
    reverse_charge: bool
    custom_fields: tuple[tuple[str, str], ...]
    memo: str
    footer: str
    subtotal: Money
    discounts: tuple[tuple[str | None, Money], ...]
    own_discounts: frozenset[str]
    billing_credits: Money
    shipping: Money
    total_excluding_tax: Money | None
    taxes: tuple[Tax, ...]
    credited_before_payment: Money
    credited_after_payment: Money
    starting_balance: Money
    ending_balance: Money | None
    amount_paid: Money
    amount_overpaid: Money
    receipt_number: str
    paid_at: int | None
    voided_at: int | None
    uncollectible_at: int | None
    replaces: str | None
    replaced_by: str | None
    names_needed: bool


@dataclass(frozen=True, slots=True)
class InvoiceNames:
    """What an invoice names by id only: its discounts and the merchant's tax ids."""

    discounts: Mapping[str, str]
    sender_tax_ids: tuple[str, ...]


def list_invoices(
    customer: str,
    *,
    limit: int,
    status: str | None = None,
    subscription: str | None = None,
    created: Mapping[str, int] | None = None,
    due_before: int | None = None,
    after: str | None = None,
    before: str | None = None,
) -> StripeCall[Listing[Invoice]]:
    """One page of a customer's invoices, newest first; Stripe takes one status a call and gives no totals."""
    params: dict[str, object] = {"customer": customer, "limit": limit}
    optional = {
        "status": status,
        "subscription": subscription,
        "created": dict(created) if created else None,
        "due_date": {"lt": due_before} if due_before is not None else None,
        "starting_after": after,
        "ending_before": before,
    }
    params.update({name: value for name, value in optional.items() if value is not None})
    return StripeCall("get", "/v1/invoices", listing_of(parse_invoice, "invoices"), params)


def retrieve_invoice(invoice: str) -> StripeCall[Invoice]:
    """One invoice, fresh, as far as owner, status and links."""
    return StripeCall("get", f"/v1/invoices/{checked('in', invoice)}", one(parse_invoice, "invoice"))


def retrieve_whole_invoice(invoice: str) -> StripeCall[WholeInvoice]:
    """One invoice with everything that is shown of it, and the first of its lines."""
    return StripeCall("get", f"/v1/invoices/{checked('in', invoice)}", one(parse_whole_invoice, "invoice"))


def invoice_lines(invoice: str, currency: str, after: str | None) -> StripeCall[Listing[Line]]:
    """A hundred lines after the line ``after``: an invoice embeds only its first ten."""
    params: dict[str, object] = {"limit": MOST_A_CALL}
    if after:
        params["starting_after"] = after

    def parse(reader: Reader) -> Line:
        return parse_line(reader, currency)

    return StripeCall("get", f"/v1/invoices/{checked('in', invoice)}/lines", listing_of(parse, "lines"), params)


def invoice_names(invoice: str) -> StripeCall[InvoiceNames]:
    """The names of discounts and the merchant's tax ids: asked for apart, because a key may lack the permission."""
    expand = ["total_discount_amounts.discount.source.coupon", "account_tax_ids"]
    return StripeCall("get", f"/v1/invoices/{checked('in', invoice)}", one(_names, "invoice"), {"expand": expand})


def parse_invoice(reader: Reader) -> Invoice:
    """Read what lists and checks need of an invoice."""
    currency = reader.text("currency")
    transitions = reader.inside("status_transitions")
    issued = reader.moment_or_none("effective_at") or (transitions and transitions.moment_or_none("finalized_at"))
    return Invoice(
        id=reader.id(),
        number=reader.text_or("number"),
        status=reader.text_or("status"),
        owner=reader.id_or_none("customer") or reader.id_or_none("customer_account"),
        subscription=_subscription(reader),
        created=reader.moment("created"),
        issued_at=issued or reader.moment("created"),
        due_date=reader.moment_or_none("due_date"),
        total=Money(reader.integer("total"), currency),
        amount_due=Money(reader.integer("amount_due"), currency),
        amount_remaining=Money(reader.integer("amount_remaining"), currency),
        credited=Money(
            reader.amount("pre_payment_credit_notes_amount") + reader.amount("post_payment_credit_notes_amount"),
            currency,
        ),
        subject=_subject(reader) or reader.text_or("description"),
        account_name=reader.text_or("account_name"),
        customer_name=reader.text_or("customer_name"),
        attempted=reader.flag("attempted"),
        next_attempt=reader.moment_or_none("next_payment_attempt"),
        replaced=reader.id_or_none("latest_revision") is not None,
        default_method=reader.id_or_none("default_payment_method"),
        hosted_url=reader.text_or("hosted_invoice_url"),
        pdf_url=reader.text_or("invoice_pdf"),
    )


def parse_whole_invoice(reader: Reader) -> WholeInvoice:
    """Read everything that is shown of an invoice."""
    invoice = parse_invoice(reader)
    currency = invoice.total.currency
    transitions = reader.inside("status_transitions") or Reader({}, "status_transitions")
    shipping = reader.inside("shipping_cost")
    source = reader.inside("from_invoice")
    before_tax = reader.integer_or_none("total_excluding_tax")
    ending = reader.integer_or_none("ending_balance")
    discounts = _discounts(reader, "total_discount_amounts", currency)
    return WholeInvoice(
        invoice=invoice,
        lines=Listing(*_embedded_lines(reader, currency)),
        sender_country=reader.text_or("account_country"),
        recipient=_recipient(reader),
        ship_to=_ship_to(reader),
        reverse_charge=reader.text_or("customer_tax_exempt") == "reverse",
        custom_fields=reader.each("custom_fields", lambda item: (item.text_or("name"), item.text_or("value"))),
        memo=reader.text_or("description"),
        footer=reader.text_or("footer"),
        subtotal=reader.money("subtotal", currency),
        discounts=discounts,
        own_discounts=_ids(reader, "discounts"),
        billing_credits=Money(sum(reader.each("total_pretax_credit_amounts", _billing_credit)), currency),
        shipping=shipping.money("amount_subtotal", currency) if shipping else Money(0, currency),
        total_excluding_tax=None if before_tax is None else Money(before_tax, currency),
        taxes=reader.each("total_taxes", lambda item: _tax(item, currency)),
        credited_before_payment=reader.money("pre_payment_credit_notes_amount", currency),
        credited_after_payment=reader.money("post_payment_credit_notes_amount", currency),
        starting_balance=reader.money("starting_balance", currency),
        ending_balance=None if ending is None else Money(ending, currency),
        amount_paid=reader.money("amount_paid", currency),
        amount_overpaid=reader.money("amount_overpaid", currency),
        receipt_number=reader.text_or("receipt_number"),
        paid_at=transitions.moment_or_none("paid_at"),
        voided_at=transitions.moment_or_none("voided_at"),
        uncollectible_at=transitions.moment_or_none("marked_uncollectible_at"),
        replaces=source.id_or_none("invoice") if source else None,
        replaced_by=reader.id_or_none("latest_revision"),
        names_needed=bool(discounts) or bool(reader.texts("account_tax_ids")),
    )


def parse_line(reader: Reader, currency: str) -> Line:
    """Read one line; its exact quantity comes as a decimal text since version dahlia."""
    period = reader.inside("period") or Reader({}, "period")
    pricing = reader.inside("pricing")
    quantity = reader.decimal_or_none("quantity_decimal")
    return Line(
        id=reader.id(),
        description=reader.text_or("description"),
        period=(period.moment_or_none("start") or 0, period.moment_or_none("end") or 0),
        quantity=quantity if quantity is not None else reader.decimal_or_none("quantity"),
        unit_price=pricing.decimal_or_none("unit_amount_decimal") if pricing else None,
        amount=Money(reader.integer("amount"), currency),
        proration=_prorated(reader),
        discounts=_discounts(reader, "discount_amounts", currency),
        own_discounts=_ids(reader, "discounts"),
        taxes=reader.each("taxes", lambda item: _tax(item, currency)),
    )


def _subject(reader: Reader) -> str:
    """What the invoice is about: its first line that is no proration, else its first line."""
    container = reader.inside("lines")
    first = ""
    for line in container.one_by_one("data") if container else ():  # seldom more than one is looked at
        text = line.text_or("description")
        if text and not _prorated(line):
            return text
        first = first or text
    return first


def _prorated(line: Reader) -> bool:
    parent = line.inside("parent")
    details = (parent.inside(name) for name in _LINE_DETAILS) if parent else ()
    return any(each.flag("proration") for each in details if each)


def _subscription(reader: Reader) -> str | None:
    details = reader.deep("parent", "subscription_details")
    return details.id_or_none("subscription") if details else None


def _embedded_lines(reader: Reader, currency: str) -> tuple[tuple[Line, ...], bool]:
    lines = reader.inside("lines")
    if lines is None:
        return (), True
    return lines.each("data", lambda line: parse_line(line, currency)), lines.flag("has_more")


def _recipient(reader: Reader) -> Party:
    return Party(
        name=reader.text_or("customer_name"),
        address=_address(reader.inside("customer_address")),
        email=reader.text_or("customer_email"),
        phone=reader.text_or("customer_phone"),
        tax_ids=tuple(value for value in reader.each("customer_tax_ids", lambda id: id.text_or("value")) if value),
    )


def _ship_to(reader: Reader) -> Party | None:
    shipping = reader.inside("customer_shipping")
    if shipping is None:
        return None
    party = Party(shipping.text_or("name"), _address(shipping.inside("address")), phone=shipping.text_or("phone"))
    return party if party != Party("") else None


def _address(reader: Reader | None) -> Address:
    return Address(*(reader.text_or(field.name) for field in fields(Address))) if reader else Address()


def _discounts(reader: Reader, name: str, currency: str) -> tuple[tuple[str | None, Money], ...]:
    return reader.each(name, lambda item: (item.id_or_none("discount"), item.money("amount", currency)))


def _ids(reader: Reader, name: str) -> frozenset[str]:
    """The ids of an array, of which some or all may be expanded."""
    if reader.objects(name):
        return frozenset(reader.each(name, lambda item: item.id()))
    return frozenset(reader.texts(name))


def _tax(reader: Reader, currency: str) -> Tax:
    details = reader.inside("tax_rate_details")
    return Tax(
        amount=Money(reader.integer("amount"), currency),
        inclusive=reader.text_or("tax_behavior") == "inclusive",
        rate=details.id_or_none("tax_rate") if details else None,
        reason=reader.text_or("taxability_reason"),
    )


def _billing_credit(reader: Reader) -> int:
    return reader.amount("amount") if reader.text_or("type") == "credit_balance_transaction" else 0


def _names(reader: Reader) -> InvoiceNames:
    discounts = dict(reader.each("total_discount_amounts", _discount_name))
    ids = reader.each("account_tax_ids", lambda id: id.text_or("value")) if reader.objects("account_tax_ids") else ()
    return InvoiceNames({id: name for id, name in discounts.items() if id and name}, tuple(id for id in ids if id))


def _discount_name(reader: Reader) -> tuple[str | None, str]:
    coupon = reader.deep("discount", "source", "coupon")
    return reader.id_or_none("discount"), coupon.text_or("name") if coupon else ""

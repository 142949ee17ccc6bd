"""The templates over real view-models, with every missing variable an error: whole, safe, and readable by everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes, select_autoescape

from invoice_portal import CustomerId, Portal
from invoice_portal.environment import Templates
from invoice_portal.errors import StripeUnavailable
from invoice_portal.http import HostForm, Rendered, Request
from invoice_portal.identity import Identity
from invoice_portal.sessions import SESSION_COOKIE, Arrival, Session, seal_session
from invoice_portal.signing import Signer

from .helpers.html import Html
from .helpers.objects import (
    DAY,
    NOW,
    Json,
    credit_note,
    customer,
    intent,
    invoice,
    line,
    listing,
    of_subscription,
    paid_invoice,
    payment,
    product,
    subscription,
    tax,
    tax_rate,
)
from .helpers.paths import TEMPLATES
from .helpers.programs import Stripe, play
from .helpers.visiting import ADA, make_portal, make_request, route

NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
EVIL = "<script>alert(\"1\")</script><img src=x onerror='alert(2)'>{{ 123456*1000001 }}&amp;"


@lru_cache(maxsize=1)
def strict() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
    )


def render(template: str, context: Mapping[str, Any]) -> Rendered:
    return Rendered(strict().get_template(template).render(context), packaged=True)


def page(stripe: Stripe, request: Request, name: str = "home", **settings: Any) -> str:
    portal = make_portal(**settings)
    visit = portal.begin(request)
    return portal.finish(play(portal.respond(route(name), visit), stripe), visit, render).body.decode()


def rich(text: str = "Text") -> Json:
    """An invoice with everything on it, in the words of whoever made it."""
    return invoice(
        number=f"LMN {text}",
        account_name=text,
        customer_name=text,
        customer_email=text,
        customer_phone=text,
        customer_address={
            "line1": text,
            "line2": text,
            "postal_code": text,
            "city": text,
            "state": text,
            "country": text,
        },
        customer_shipping={"name": text, "phone": text, "address": {"line1": text}},
        customer_tax_ids=[{"value": text}],
        custom_fields=[{"name": text, "value": text}],
        description=text,
        footer=text,
        receipt_number=text,
        account_tax_ids=["atxi_1"],
        customer_tax_exempt="reverse",
        lines=listing([line(description=text), line("il_2", description=text, quantity_decimal=None, quantity=None)]),
        total_taxes=[tax(1900), tax(5, tax_behavior="inclusive")],
        total_discount_amounts=[{"amount": 5, "discount": {"id": "di_1", "source": {"coupon": {"name": text}}}}],
        shipping_cost={"amount_subtotal": 5},
        latest_revision="in_2",
        from_invoice={"invoice": "in_0"},
        due_date=NOW - 3 * DAY,
        amount_paid=1,
        amount_remaining=9999,
        parent=of_subscription("sub_1"),
    )


def full_stripe(text: str = "Text") -> Stripe:
    failed = intent(
        status="requires_payment_method",
        latest_charge=None,
        last_payment_error={"decline_code": "expired_card", "payment_method": {"type": text, "card": {}}},
    )
    tried = payment(
        "inpay_2", status="open", status_transitions={}, payment={"type": "payment_intent", "payment_intent": failed}
    )
    shown = rich(text)
    books = [shown, *(paid_invoice(f"in_{n}", parent=of_subscription("sub_2")) for n in range(2, 6))]
    return Stripe(
        {
            "/v1/invoices": lambda params: listing(books[: params["limit"]], has_more=True),
            "/v1/invoices/in_1": {**shown, "account_tax_ids": [{"id": "atxi_1", "value": text}]},
            "/v1/customers": listing([customer(name=text, description=text), customer("cus_2", name=text)]),
            "/v1/subscriptions": listing([subscription(description=text), subscription("sub_2")]),
            "/v1/products": listing([product(name=text)]),
            "/v1/invoice_payments": listing([payment(), tried]),
            "/v1/credit_notes": listing([credit_note(memo=text, number=text), credit_note("cn_2", status="void")]),
            "/v1/tax_rates/txr_1": tax_rate(display_name=text),
        }
    )


def session_cookie(portal: Portal, identity: Identity) -> dict[str, str]:
    value = seal_session(
        Signer(portal.settings.secret_keys, portal.settings.realm), Session(Arrival(identity), NOW + 60)
    )
    return {SESSION_COOKIE: value}


EMPTY = Stripe({"/v1/customers": listing([]), "/v1/invoices": listing([])})
IN_1 = {"invoice": "in_1"}
PAGES: dict[str, tuple[Stripe, Request, str, dict[str, Any]]] = {
    "home, full": (full_stripe(), make_request(), "home", {"page_size": 3}),
    "home, second page": (
        full_stripe(),
        make_request(query={"status": "open", "from": "2026-01-01", "to": "x"}),
        "home",
        {"page_size": 3, "home_url": "/app", "support_email": "help@lumen.example", "business_name": "Lumen"},
    ),
    "home, empty": (EMPTY, make_request(visitor=CustomerId("cus_1")), "home", {}),
    "home, nobody's": (EMPTY, make_request(), "home", {"home_url": "/app"}),
    "home, sum failed": (
        Stripe(
            {
                "/v1/invoices": lambda params: (
                    StripeUnavailable("down") if params["limit"] == 100 else listing([invoice()], has_more=True)
                )
            }
        ),
        make_request(visitor=CustomerId("cus_ada"), query={"status": "open"}),
        "home",
        {"page_size": 1},
    ),
    "home, framed": (full_stripe(), make_request(headers={"sec-fetch-dest": "iframe"}), "home", {"page_size": 3}),
    "home, hash off": (full_stripe(), make_request(), "home", {"require_hash": False}),
    "home, live": (full_stripe(), make_request(), "home", {"stripe_api_key": "sk_live_1"}),
    "home, view only": (full_stripe(), make_request(), "home", {"actions": ["view"]}),
    "home, nothing allowed": (full_stripe(), make_request(), "home", {"actions": []}),
    "home, host's form": (full_stripe(), make_request(host_form=HostForm("csrf", "token", "X-CSRFToken")), "home", {}),
    "home, by session": (
        full_stripe(),
        make_request(visitor=None, cookies=session_cookie(make_portal(), ADA)),
        "home",
        {"home_url": "/app"},
    ),
    "home, fixed language": (full_stripe(), make_request(), "home", {"detect_language": False}),
    "home, arabic": (full_stripe(), make_request(headers={"accept-language": "ar"}), "home", {"page_size": 3}),
    "invoice, full": (full_stripe(), make_request("invoice", args=IN_1, query={"note": "settled"}), "invoice", {}),
    "invoice, plain": (
        Stripe({**full_stripe().answers, "/v1/invoices/in_1": paid_invoice()}),
        make_request("invoice", args=IN_1),
        "invoice",
        {"actions": ["view"]},
    ),
    "invoice, panes failed": (
        Stripe({"/v1/invoices/in_1": rich(), "/v1/customers": listing([customer()])}),
        make_request("invoice", args=IN_1, headers={"sec-fetch-dest": "iframe"}),
        "invoice",
        {},
    ),
    "invoice, arabic": (
        full_stripe(),
        make_request("invoice", args=IN_1, headers={"accept-language": "ar"}),
        "invoice",
        {},
    ),
    "stranger": (EMPTY, make_request(visitor=None), "home", {"home_url": "/app"}),
    "missing": (EMPTY, make_request("invoice", args=IN_1), "invoice", {"debug": True}),
    "stripe down": (Stripe({"/v1/customers": StripeUnavailable("down")}), make_request(), "home", {"debug": True}),
    "refused form": (EMPTY, make_request("leave", method="POST"), "leave", {}),
}
EVERY = pytest.mark.parametrize("name", PAGES)


@lru_cache(maxsize=64)
def html_of(name: str) -> str:
    stripe, request, of, settings = PAGES[name]
    return page(stripe, request, of, **settings)


@lru_cache(maxsize=64)
def read(name: str) -> Html:
    return Html(html_of(name))


# The sources


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles_and_imports_nothing_without_its_context(name: str):
    """A macro that is imported without the context would fall back to the host's own ``_``."""
    tree = strict().parse((TEMPLATES / name).read_text(encoding="utf-8"))
    strict().get_template(name)
    for node in tree.find_all((nodes.Import, nodes.FromImport, nodes.Include)):
        assert node.with_context, f"line {node.lineno}"
    for filtered in tree.find_all(nodes.Filter):
        assert filtered.name not in ("safe", "e", "escape", "forceescape"), f"line {filtered.lineno}"
    assert not list(tree.find_all((nodes.ScopedEvalContextModifier, nodes.EvalContextModifier)))


@pytest.mark.parametrize("name", NAMES)
def test_a_template_has_nothing_that_a_strict_policy_would_block(name: str):
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    assert " style=" not in source
    assert "<style" not in source
    assert not re.search(r"<script(?![^>]* src=)|<script[^>]*>[^<]", source)
    assert not re.search(r"\son[a-z]+\s*=", source)


def words(tree: nodes.Template) -> Iterator[str]:
    for output in tree.find_all(nodes.TemplateData):
        yield output.data


@pytest.mark.parametrize("name", NAMES)
def test_every_word_of_a_template_goes_through_the_translation(name: str):
    """What is left outside of ``_()`` is markup and signs; file names of formats stay as they are."""
    found: list[str] = []

    class Texts(HTMLParser):
        def handle_data(self, data: str) -> None:
            found.extend(word for word in data.split() if any(character.isalpha() for character in word))

    parser = Texts()
    tree = strict().parse((TEMPLATES / name).read_text(encoding="utf-8"))
    parser.feed("".join(words(tree)))
    assert [word for word in found if word not in ("PDF",)] == []


# The pages


@EVERY
def test_a_page_is_whole(name: str):
    assert read(name).problems == []


@EVERY
def test_a_page_has_one_heading_and_names_its_language(name: str):
    found = read(name)
    assert len(found.all("h1")) == 1
    assert found.all("h1")[0].text.strip()
    assert found.all("html")[0].attributes["lang"]
    assert found.all("html")[0].attributes["dir"] == ("rtl" if "arabic" in name else "ltr")
    assert found.all("title")[0].text.strip()


@EVERY
def test_ids_are_unique_and_what_refers_to_them_finds_them(name: str):
    ids = [element.attributes["id"] for element in read(name).elements if "id" in element.attributes]
    assert len(set(ids)) == len(ids)
    for element in read(name).elements:
        for attribute in ("aria-labelledby", "aria-describedby", "for", "headers"):
            for target in element.attributes.get(attribute, "").split():
                assert target in ids, f"{attribute}={target}"
        if element.attributes.get("href", "").startswith("#"):
            assert element.attributes["href"][1:] in ids


@EVERY
def test_everything_that_can_be_pressed_has_a_name(name: str):
    for element in read(name).elements:
        if element.tag in ("a", "button", "summary"):
            label = element.attributes.get("aria-label", "") or element.text
            assert label.strip(), element
        if element.tag == "a":
            assert element.attributes.get("href"), element
        if element.tag == "nav":
            assert element.attributes.get("aria-label") or element.attributes.get("aria-labelledby"), element


@EVERY
def test_every_field_has_a_label(name: str):
    labels = [inner for label in read(name).all("label") for inner in label.inner]
    targets = {label.attributes.get("for") for label in read(name).all("label")}
    for element in read(name).elements:
        if element.tag in ("input", "select") and element.attributes.get("type") != "hidden":
            named = element in labels or element.attributes.get("id") in targets or "aria-label" in element.attributes
            assert named, element


@EVERY
def test_every_form_that_changes_something_carries_its_token(name: str):
    for form in read(name).all("form"):
        hidden = {
            inner.attributes["name"]: inner.attributes["value"]
            for inner in form.inner
            if inner.tag == "input" and inner.attributes.get("type") == "hidden"
        }
        if form.attributes["method"] == "post":
            [(field, value)] = hidden.items()
            assert (field, value) == ("csrf", "token") if "host's form" in name else field == "form_token"
            assert value
        else:
            assert "form_token" not in hidden, "a token must not get into an address"


@EVERY
def test_every_table_has_headings(name: str):
    for cell in read(name).all("th"):
        assert cell.attributes.get("scope") in ("col", "row")
    for table in read(name).all("table"):
        assert [inner for inner in table.inner if inner.tag == "th"]


@EVERY
def test_no_address_of_stripes_pages_stands_in_a_page(name: str):
    """Those links open an invoice without any login: they are fetched at the click."""
    assert "stripe.com" not in html_of(name)


# Words from outside


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("name", ["home", "invoice"])
def test_words_from_outside_stay_words(name: str, language: str):
    args = IN_1 if name == "invoice" else {}
    request = make_request(name, args=args, headers={"accept-language": language})
    html = page(full_stripe(EVIL), request, name, page_size=2, business_name=EVIL, support_email=EVIL)
    assert "<script" not in html
    assert "<img" not in html
    assert "123456123456" not in html, "a template in a name was run"
    assert "&lt;script&gt;" in html
    assert "&amp;amp;" in html
    assert Html(html).problems == []
    for element in Html(html).elements:
        assert "onerror" not in element.attributes


@pytest.mark.parametrize("field", ["status", "from", "to", "customer", "x"])
def test_words_in_the_address_stay_words(field: str):
    request = make_request(query={field: EVIL, "lang": EVIL, "after": ""}, path="/billing/<b>")
    html = page(full_stripe(), request)
    assert "<script" not in html
    assert "<b>" not in html
    assert Html(html).problems == []


def test_a_link_of_the_hosts_own_is_what_it_is():
    html = page(full_stripe(), make_request(), home_url="https://app.example.com/?a=1&b=2")
    assert 'href="https://app.example.com/?a=1&amp;b=2"' in html


# What is shown where


def test_a_visitor_known_to_the_host_cannot_sign_out_here():
    assert "/billing/leave" not in html_of("home, full")
    assert "/billing/leave" in html_of("home, by session")


def test_who_is_here_is_named():
    assert "ada@example.com" in html_of("home, full")
    stripe = Stripe({"/v1/invoices": listing([invoice(customer_name="Ada", customer_email="other@example.com")])})
    html = page(stripe, make_request(visitor=CustomerId("cus_ada")))
    assert ">Ada<" in html
    assert "@example.com" not in html


def test_the_merchant_is_named_by_the_invoices_unless_the_settings_say_otherwise():
    stripe = Stripe({"/v1/invoices": listing([invoice(account_name="Lumen Ltd")])})
    request = make_request(visitor=CustomerId("cus_ada"))
    assert "Lumen Ltd" in Html(page(stripe, request)).all("title")[0].text
    named = Html(page(stripe, request, business_name="Lumen Cloud")).all("title")[0].text
    assert "Lumen Cloud" in named
    assert "Ltd" not in named


def test_the_choice_of_a_language_keeps_what_is_in_view():
    html = page(full_stripe(), make_request(query={"status": "open", "lang": "xx"}))
    found = {link.attributes["hreflang"]: link for link in Html(html).all("a") if "hreflang" in link.attributes}
    assert set(found) == {"ar", "de", "en", "es", "fr", "ja"}
    assert found["de"].attributes["href"] == "/billing/?status=open&lang=de"
    assert [tag for tag, link in found.items() if "aria-current" in link.attributes] == ["en"]


def test_modes_are_named():
    assert "anybody can open" in html_of("home, hash off")
    assert "no real money" in html_of("home, full")
    assert "Test mode" not in html_of("home, live")


def test_languages_can_be_chosen_where_a_page_can_be_shown_again():
    assert 'hreflang="de"' in html_of("home, full")
    assert "hreflang" not in html_of("home, fixed language")
    assert "hreflang" not in html_of("refused form")


def test_in_a_frame_paying_opens_a_page_of_its_own():
    forms = [form for form in read("home, framed").all("form") if form.attributes["action"].endswith("/pay")]
    assert forms
    assert {form.attributes.get("target") for form in forms} == {"_blank"}
    assert {form.attributes.get("target") for form in read("home, full").all("form")} == {None}


def test_where_nothing_is_allowed_nothing_is_offered():
    html = html_of("home, nothing allowed")
    assert "/billing/invoices/" not in html


# The environment for frameworks that bring none


def test_an_override_goes_first_and_may_extend_what_it_replaces(tmp_path: Path):
    folder = tmp_path / "invoice_portal"
    folder.mkdir()
    (folder / "message.html").write_text("mine: {{ heading }}", encoding="utf-8")
    (folder / "layout.html").write_text('<i>{% include "@portal/invoice_portal/layout.html" %}</i>', encoding="utf-8")
    templates = Templates([tmp_path])
    portal, request = make_portal(), make_request(visitor=None)
    visit = portal.begin(request)
    reply = portal.finish(play(portal.respond(route("home"), visit), EMPTY), visit, templates.render)
    html = reply.body.decode()
    assert html.startswith("<i><!doctype html>")
    assert "mine: Please sign in first" in html
    assert "default-src" not in reply.headers["Content-Security-Policy"]


def test_the_environment_escapes_and_knows_its_own_templates():
    portal, request = make_portal(business_name=EVIL), make_request(visitor=None)
    visit = portal.begin(request)
    reply = portal.finish(play(portal.respond(route("home"), visit), EMPTY), visit, Templates().render)
    assert "<script" not in reply.body.decode()
    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]

"""What a visitor does to pay, on the portal's pages as they are, and what these then say to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from .cutting import Answer, World
from .visiting import PREFIX

Json = dict[str, Any]
AMOUNT: Final = 4200
JSON: Final = "application/json"
_SETTLED = ("Thank you", "on its way. It can", "There is nothing left to pay", "To pay now $30.00")


@dataclass
class Attempt:
    """What the visitor has before them: the page that they opened, and the last answer."""

    world: World
    page: Answer | None = None
    last: Answer | None = None


Try = Callable[[Attempt], None]


def look(attempt: Attempt, query: str = "") -> None:
    """Open the page on which the invoice is paid."""
    attempt.page = attempt.last = attempt.world.get(f"{PREFIX}/invoices/{attempt.world.invoice}/pay{query}")


def press(attempt: Attempt, accept: str = "text/html", card: int = 0) -> bool:
    """Press the button for a saved method, on the page as it is; whether there is one."""
    assert attempt.page is not None
    form = next((form for form in attempt.page.html.forms if form.action.endswith("/pay/saved")), None)
    if form is None:
        return False
    offered = {
        box.attributes["value"]
        for box in attempt.page.html.root.all("input")
        if box.attributes.get("name") == "method" and "disabled" not in box.attributes
    }
    method = attempt.world.methods[card]
    if method not in offered:
        method = next(id for id in attempt.world.methods if id in offered)
    fields = {**form.fields, "method": method}
    attempt.last = attempt.world.post(form.action, fields, accept)
    return True


def with_saved(attempt: Attempt) -> None:
    look(attempt)
    press(attempt)


def by_script(attempt: Attempt) -> None:
    look(attempt)
    press(attempt, JSON)


def a_part(attempt: Attempt) -> None:
    """They look at what is due, and pay a part of it only while it is all of it."""
    look(attempt)
    if attempt.last is not None and "$42.00" in attempt.last.text:
        look(attempt, "?part=12.00")
        if "$30.00" in attempt.last.text:  # what will be left
            press(attempt)


def confirmed_with_the_bank(attempt: Attempt) -> None:
    """As ``static/pay.js`` does it: the portal gives the secret, Stripe.js asks, and the portal reads the result."""
    with_saved(attempt)
    answer_bank(attempt)


def answer_bank(attempt: Attempt) -> None:
    world, page = attempt.world, attempt.last
    if page is None or page.status != 200 or "data-portal-bank" not in page.reply.body.decode():
        return
    fields = next(form.fields for form in page.html.forms if not form.action and "form_token" in form.fields)
    ready = world.post(f"{PREFIX}/invoices/{world.invoice}/pay/bank", fields, JSON)
    if ready.json.get("status") != "ready":
        attempt.last = ready
        return
    secret = ready.json["client_secret"]
    found = world.by_page("GET", f"payment_intents/{secret.partition('_secret_')[0]}", client_secret=secret)
    if found.get("status") == "requires_action":
        world.line.sandbox.authenticate(found["id"])
    if "error" not in found:
        attempt.last = world.get(ready.json["return_url"])


def with_new(attempt: Attempt) -> None:
    """As ``static/pay.js`` and Stripe's element do it."""
    look(attempt)
    pay_new(attempt)


def pay_new(attempt: Attempt, card: str = "pm_card_visa") -> None:
    ready = begin_new(attempt)
    if ready.get("status") == "ready" and check_new(attempt, ready) == "ready":
        confirm_new(attempt, ready, card)


def begin_new(attempt: Attempt) -> Json:
    """The element is mounted: what the portal gives it; empty where the page has none."""
    page = attempt.page
    assert page is not None
    if page.status != 200 or "data-portal-pay" not in page.reply.body.decode():
        return {}
    attempt.last = attempt.world.post(f"{_pay_url(attempt)}/new", _fields(attempt), JSON)
    return attempt.last.json


def check_new(attempt: Attempt, begun: Json) -> str:
    """What the portal says when the button is pressed."""
    fields = {**_fields(attempt), "paying": begun["paying"]}
    attempt.last = attempt.world.post(f"{_pay_url(attempt)}/check", fields, JSON)
    return str(attempt.last.json.get("status"))


def confirm_new(attempt: Attempt, begun: Json, card: str = "pm_card_visa") -> None:
    """Stripe takes the money, and the page asks the portal how it ended."""
    world, secret = attempt.world, begun["client_secret"]
    intent = secret.partition("_secret_")[0]
    done = world.by_page(
        "POST", f"payment_intents/{intent}/confirm", client_secret=secret, payment_method=card, use_stripe_sdk=True
    )
    if "error" in done:
        fields = {**_fields(attempt), "paying": begun["paying"], "lost": "1"}
        attempt.last = world.post(f"{_pay_url(attempt)}/result", fields, JSON)
    else:
        attempt.last = world.get(begun["return_url"])


def _fields(attempt: Attempt) -> dict[str, str]:
    assert attempt.page is not None
    return next(f.fields for f in attempt.page.html.forms if not f.action and "statement" in f.fields)


def _pay_url(attempt: Attempt) -> str:
    return f"{PREFIX}/invoices/{attempt.world.invoice}/pay"


def declined_first(attempt: Attempt) -> None:
    """The first card is declined; then another one is taken."""
    look(attempt)
    press(attempt, card=1)
    if attempt.last is not None and not says_settled(attempt.last):
        look(attempt)
        press(attempt, card=0)


def says_settled(answer: Answer) -> bool:
    text = said(answer)
    return any(words in text for words in _SETTLED)


def said(answer: Answer) -> str:
    if answer.reply.headers.get("Content-Type", "").startswith(JSON):
        return str(answer.json.get("text", ""))
    return answer.text

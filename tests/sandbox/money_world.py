"""The part of the world in which money moves: methods are set up, bank debits settle, refunds and disputes run."""

from __future__ import annotations

from sandbox.api import DAY, Api

ACCEPTED = {
    "customer_acceptance": {"type": "online", "online": {"ip_address": "203.0.113.7", "user_agent": "Mozilla/5.0"}}
}


def money(api: Api) -> None:
    """Tell it all; the answers are in the result."""
    customer = api.customer(email="paying@example.com")
    setups(api, customer)
    debits(api, customer)
    disputes(api, customer)
    holds(api, customer)
    portal(api, customer)
    elements = {"payment_element": {"enabled": True, "features": {"payment_method_save": "enabled"}}}
    api.post("customer_sessions", customer=customer, components=elements, expand=["customer"])


def setups(api: Api, customer: str) -> None:
    intent = api.post("setup_intents", customer=customer, usage="on_session", metadata={"a": "b"})["id"]
    api.post(f"setup_intents/{intent}", description="For later")
    api.post(f"setup_intents/{intent}/confirm", payment_method="pm_card_authenticationRequired")
    api.sandbox.authenticate(intent)
    api.get(f"setup_intents/{intent}", expand=["payment_method", "customer"])
    account = {"account_number": "000123456789", "routing_number": "110000000"}
    typed = api.post("payment_methods", type="us_bank_account", us_bank_account=account)["id"]
    waits = api.post("setup_intents", customer=customer, payment_method=typed, confirm=True)["id"]
    api.post(f"setup_intents/{waits}/verify_microdeposits", descriptor_code="SM11AA", expand=["mandate"])
    refused = api.post("setup_intents", payment_method_types=["card"])["id"]
    api.refused("POST", f"setup_intents/{refused}/confirm", payment_method="pm_card_chargeDeclined")
    api.get("setup_intents", customer=customer)
    api.post(f"setup_intents/{refused}/cancel", cancellation_reason="abandoned")


def debits(api: Api, customer: str) -> None:
    sepa = api.post("payment_methods", type="sepa_debit", sepa_debit={"iban": "DE89 3704 0044 0532 0130 00"})["id"]
    set_up = api.post(
        "setup_intents",
        customer=customer,
        payment_method=sepa,
        payment_method_types=["sepa_debit"],
        mandate_data=ACCEPTED,
        confirm=True,
    )
    api.get(f"mandates/{set_up['mandate']}", expand=["payment_method"])
    invoice = api.issued(customer, 5000)
    bank = api.card(customer, "pm_usBankAccount_success")
    api.post(f"payment_methods/{bank}", us_bank_account={"account_holder_type": "company"}, allow_redisplay="always")
    api.get(f"customers/{customer}/payment_methods", type="us_bank_account", allow_redisplay="always")
    api.post(f"invoices/{invoice}/pay", expand=["payments.data.payment.payment_intent"])
    account = {"account_number": "000222222227", "routing_number": "110000000"}
    typed = api.post("payment_methods", type="us_bank_account", us_bank_account=account)["id"]
    part = api.post(
        "payment_intents",
        amount=700,
        currency="usd",
        customer=customer,
        payment_method=typed,
        excluded_payment_method_types=["card"],
        mandate_data=ACCEPTED,
        confirm=True,
    )["id"]
    api.post(f"payment_intents/{part}/verify_microdeposits", amounts=[32, 45])
    api.advance(5 * DAY)
    api.get(f"payment_intents/{part}", expand=["latest_charge"])
    paid = api.get(f"invoices/{invoice}", expand=["payments.data.payment.payment_intent"])
    intent = paid["payments"]["data"][0]["payment"]["payment_intent"]["id"]
    api.post("refunds", payment_intent=intent, amount=1000)
    euro = api.post("payment_intents", amount=700, currency="eur", customer=customer, setup_future_usage="off_session")
    api.post(f"payment_intents/{euro['id']}/confirm", payment_method=sepa, expand=["latest_charge"])
    api.advance(7 * DAY)
    api.get("charges", customer=customer)
    api.get("refunds", payment_intent=intent)


def holds(api: Api, customer: str) -> None:
    for act in ("capture", "cancel", None):
        held = api.post(
            "payment_intents",
            amount=900,
            currency="usd",
            customer=customer,
            payment_method="pm_card_visa",
            capture_method="manual",
            confirm=True,
        )["id"]
        if act is not None:
            api.post(f"payment_intents/{held}/{act}", **({"amount_to_capture": 600} if act == "capture" else {}))
        api.get(f"payment_intents/{held}", expand=["latest_charge.refunds"])


def disputes(api: Api, customer: str) -> None:
    for card in ("pm_card_createDispute", "pm_card_createDisputeInquiry"):
        api.post("payment_intents", amount=900, currency="usd", customer=customer, payment_method=card, confirm=True)
    inquiry, fraud = api.get("disputes", expand=["data.charge"])["data"]
    evidence = {"uncategorized_text": "winning_evidence"}
    api.post(f"disputes/{fraud['id']}", evidence=evidence, metadata={"a": "b"}, expand=["payment_intent"])
    api.post(f"disputes/{inquiry['id']}/close")
    api.get(f"disputes/{fraud['id']}")


def portal(api: Api, customer: str) -> None:
    price = api.price()
    product = api.get(f"prices/{price}")["product"]
    plan = api.subscribe(customer, price)
    features = {
        "customer_update": {"enabled": True, "allowed_updates": ["email", "address"]},
        "subscription_cancel": {"enabled": True, "cancellation_reason": {"enabled": True, "options": ["unused"]}},
        "subscription_update": {
            "enabled": True,
            "default_allowed_updates": ["price", "quantity"],
            "products": [{"product": product, "prices": [price]}],
        },
    }
    made = api.post("billing_portal/configurations", features=features, login_page={"enabled": True})["id"]
    api.post(f"billing_portal/configurations/{made}", business_profile={"headline": "Hello"}, metadata={"a": "b"})
    api.get(f"billing_portal/configurations/{made}")
    path = "billing_portal/sessions"
    api.post(path, customer=customer, return_url="https://example.com/billing", locale="de")
    off = api.post("coupons", percent_off=20)["id"]
    retention = {"type": "coupon_offer", "coupon_offer": {"coupon": off}}
    cancel = {"subscription": plan["id"], "retention": retention}
    flow = {"type": "subscription_cancel", "subscription_cancel": cancel}
    api.post(path, customer=customer, configuration=made, flow_data=flow, expand=["configuration"])
    items = [{"id": plan["items"]["data"][0]["id"], "price": price, "quantity": 3}]
    wish = {"subscription": plan["id"], "items": items, "discounts": [{"coupon": off}]}
    after = {"type": "redirect", "redirect": {"return_url": "https://example.com/"}}
    flow = {"type": "subscription_update_confirm", "subscription_update_confirm": wish, "after_completion": after}
    api.post(path, customer=customer, configuration=made, flow_data=flow)
    api.get("billing_portal/configurations", active=True)

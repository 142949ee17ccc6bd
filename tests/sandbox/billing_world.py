"""The part of the world in which subscriptions change: items, trials, revisions, previews, test clocks."""

from __future__ import annotations

from sandbox.api import DAY, NOW, Api


def billing(api: Api) -> None:
    """Tell it all; the answers are in the result."""
    changes(api)
    trials(api)
    schedules(api)
    previews(api)
    clocks(api)
    revisions(api)


def changes(api: Api) -> None:
    customer = api.customer("pm_card_visa", email="changing@example.com")
    off = api.post("coupons", percent_off=20, duration="forever")["id"]
    plan = api.post(
        "subscriptions",
        customer=customer,
        items=[{"price": api.price(), "quantity": 2}],
        discounts=[{"coupon": off}],
        add_invoice_items=[{"price": api.price(500, "Set-up", recurring=None)}],
        billing_mode={"type": "flexible"},
        trial_settings={"end_behavior": {"missing_payment_method": "pause"}},
    )
    api.advance(10 * DAY)
    item = plan["items"]["data"][0]["id"]
    api.post(f"subscription_items/{item}", quantity=3, metadata={"a": "b"}, expand=["price.product"])
    api.get("invoiceitems", customer=customer, pending=True, expand=["data.discounts"])
    added = api.post(
        "subscription_items",
        subscription=plan["id"],
        price=api.price(700, "Add-on"),
        proration_behavior="always_invoice",
    )["id"]
    api.post(
        f"subscriptions/{plan['id']}",
        items=[{"id": item, "quantity": 5}],
        proration_date=api.sandbox.clock.now,
        payment_behavior="error_if_incomplete",
        expand=["latest_invoice.lines"],
    )
    api.delete(f"subscription_items/{added}", proration_behavior="none")
    pending_update(api, plan["id"], item)
    api.get("invoices", subscription=plan["id"], expand=["data.payments"])
    api.delete(f"subscriptions/{plan['id']}", prorate=True, invoice_now=True)


def pending_update(api: Api, plan: str, item: str) -> None:
    """One that expires, and one that is paid after all."""
    customer = api.get(f"subscriptions/{plan}")["customer"]
    off = api.post("coupons", amount_off=5, currency="usd", duration="forever")["id"]
    for card, amount in (("pm_card_chargeCustomerFail", 40), ("pm_card_visa", 50)):
        api.card(customer, "pm_card_chargeCustomerFail")
        api.post(
            f"subscriptions/{plan}",
            items=[{"id": item, "quantity": amount}, {"price": api.price(300, f"Extra {amount}")}],
            discounts=[{"coupon": off}],
            metadata={"extra": "yes"},
            payment_behavior="pending_if_incomplete",
            proration_behavior="always_invoice",
            expand=["pending_update.discounts", "latest_invoice"],
        )
        api.card(customer, card)
        if card == "pm_card_visa":
            api.post(f"invoices/{api.get(f'subscriptions/{plan}')['latest_invoice']}/pay")
        api.advance(DAY)


def trials(api: Api) -> None:
    customer = api.customer(email="trying@example.com")
    plan = api.subscribe(
        customer,
        trial_period_days=7,
        trial_settings={"end_behavior": {"missing_payment_method": "pause"}},
    )["id"]
    api.advance(8 * DAY)
    api.card(customer)
    api.post(f"subscriptions/{plan}/resume", billing_cycle_anchor="now", expand=["latest_invoice"])
    api.post(f"subscriptions/{plan}", trial_end=api.sandbox.clock.now + 3 * DAY)
    api.post(f"subscriptions/{plan}", trial_end="now")
    api.subscribe(customer, billing_cycle_anchor=api.sandbox.clock.now + 5 * DAY, cancel_at="min_period_end")
    assert api.sandbox.clock.now > NOW


def schedules(api: Api) -> None:
    customer = api.customer("pm_card_visa", email="scheduling@example.com")
    rate = api.post("tax_rates", display_name="VAT", percentage=19, inclusive=True)["id"]
    off = api.post("coupons", percent_off=10, duration="forever")["id"]
    plan = api.subscribe(customer, default_tax_rates=[rate], discounts=[{"coupon": off}])
    schedule = api.post(
        "subscription_schedules", from_subscription=plan["id"], metadata={"a": "b"}, expand=["subscription"]
    )
    (now,) = schedule["phases"]
    present = {"items": [{"price": now["items"][0]["price"]}], "start_date": "now", "end_date": now["end_date"]}
    present["start_date"] = now["start_date"]
    later = {
        "items": [{"price": api.price(700, "Small"), "quantity": 2, "metadata": {"a": "b"}, "tax_rates": [rate]}],
        "discounts": [{"coupon": off}],
        "metadata": {"phase": "2"},
        "description": "Smaller",
    }
    one = f"subscription_schedules/{schedule['id']}"
    api.post(one, phases=[present, later], expand=["phases.items.price", "customer", "default_settings"][:2])
    api.post("invoices/create_preview", schedule=schedule["id"])
    api.advance(35 * DAY)
    api.get(one, expand=["phases.default_payment_method", "default_settings.default_payment_method"])
    api.get("subscription_schedules", customer=customer, expand=["data.subscription"])
    api.get(f"subscriptions/{plan['id']}", expand=["schedule"])
    api.post(f"{one}/release", preserve_cancel_date=True)
    ends = api.post(
        "subscription_schedules",
        customer=customer,
        start_date=api.sandbox.clock.now + DAY,
        end_behavior="cancel",
        phases=[{"items": [{"price": api.price()}], "duration": {"interval": "week"}, "trial": True}],
        default_settings={"collection_method": "send_invoice", "invoice_settings": {"days_until_due": 7}},
    )
    api.advance(10 * DAY)
    api.get(f"subscription_schedules/{ends['id']}")
    begun = api.post(
        "subscription_schedules", customer=customer, start_date="now", phases=[{"items": [{"price": api.price()}]}]
    )["id"]
    api.post(f"subscription_schedules/{begun}/cancel", invoice_now=True, prorate=True)


def previews(api: Api) -> None:
    customer = api.customer("pm_card_visa", email="previewing@example.com")
    rate = api.post("tax_rates", display_name="VAT", percentage=19, inclusive=True)["id"]
    off = api.post("coupons", percent_off=10, duration="forever")["id"]
    plan = api.subscribe(customer, default_tax_rates=[rate], discounts=[{"coupon": off}])
    item = plan["items"]["data"][0]["id"]
    api.post("invoices/create_preview", subscription=plan["id"], expand=["discounts", "lines.data.discounts"])
    api.post(
        "invoices/create_preview",
        customer=customer,
        subscription=plan["id"],
        subscription_details={"items": [{"id": item, "quantity": 4}], "proration_date": api.sandbox.clock.now},
        expand=["total_discount_amounts.discount.source.coupon", "customer"],
    )
    api.post("invoices/create_preview", subscription=plan["id"], subscription_details={"cancel_now": True})
    api.post(
        "invoices/create_preview",
        customer=customer,
        subscription_details={"items": [{"price": api.price(), "quantity": 2}]},
        discounts=[{"coupon": off}],
    )
    api.post(
        "invoices/create_preview",
        customer=customer,
        invoice_items=[{"amount": 500, "currency": "usd", "description": "Set-up"}],
        customer_details={"tax_exempt": "reverse"},
    )


def clocks(api: Api) -> None:
    clock = api.post("test_helpers/test_clocks", frozen_time=NOW - 100 * DAY, name="A year in a minute")["id"]
    customer = api.customer(test_clock=clock)
    api.card(customer)
    plan = api.subscribe(customer, expand=["test_clock", "latest_invoice.test_clock"])["id"]
    api.post("invoiceitems", customer=customer, amount=5, currency="usd", expand=["test_clock"])
    api.post(f"test_helpers/test_clocks/{clock}/advance", frozen_time=NOW - 60 * DAY)
    api.get(f"test_helpers/test_clocks/{clock}")
    api.get("test_helpers/test_clocks")
    api.get("customers", test_clock=clock, expand=["data.test_clock"])
    api.get("subscriptions", test_clock=clock)
    api.get("invoices", subscription=plan, expand=["data.test_clock"])
    api.delete(f"test_helpers/test_clocks/{clock}")


def revisions(api: Api) -> None:
    customer = api.customer("pm_card_visa", email="revised@example.com")
    wrong = api.issued(customer, 900, 400, collection_method="send_invoice", days_until_due=7)
    draft = api.post(
        "invoices",
        from_invoice={"action": "revision", "invoice": wrong},
        description="Corrected",
        expand=["from_invoice.invoice"],
    )
    first, second = (line["id"] for line in draft["lines"]["data"])
    api.post(f"invoices/{draft['id']}/lines/{first}", amount=800, description="Half of it", expand=["discounts"])
    api.post(f"invoices/{draft['id']}/update_lines", lines=[{"id": second, "quantity": 3, "metadata": {"a": "b"}}])
    api.post(f"invoices/{draft['id']}/remove_lines", lines=[{"id": first, "behavior": "delete"}])
    api.post(f"invoices/{draft['id']}/finalize")
    api.get(f"invoices/{wrong}", expand=["latest_revision"])

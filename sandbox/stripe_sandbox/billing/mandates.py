"""Mandates: a customer's permission to debit a bank account. https://docs.stripe.com/api/mandates"""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def mandate_for(sandbox: Sandbox, method: Json, acceptance: Json | None = None) -> str | None:
    """The id of a bank account's mandate: the one there is, or a new one. Cards need none."""
    if method["type"] == "card":
        return None
    if method["_mandate"] is None:
        method["_mandate"] = _new_mandate(sandbox, method, acceptance)["id"]
    id: str = method["_mandate"]
    return id


def _new_mandate(sandbox: Sandbox, method: Json, acceptance: Json | None) -> Json:
    id = sandbox.ids.new("mandate")
    sepa = {"reference": sandbox.ids.text("mandate_reference", 16).upper(), "url": f"{sandbox.base_url}/hosted/mandate"}
    details = sepa if method["type"] == "sepa_debit" else {}
    return sandbox.store.add(
        {
            "id": id,
            "object": "mandate",
            "customer_acceptance": _accepted(sandbox.clock.now, acceptance),
            "livemode": False,
            "multi_use": {},
            "payment_method": method["id"],
            "payment_method_details": {"type": method["type"], method["type"]: details},
            "status": "active",
            "type": "multi_use",
        }
    )


def _accepted(now: int, sent: Json | None) -> Json:
    given = (sent or {}).get("customer_acceptance") or {"type": "offline"}
    accepted: Json = {"accepted_at": given.get("accepted_at", now), "type": given["type"]}
    if given["type"] == "online":
        online = given.get("online") or {}
        accepted["online"] = {name: online.get(name) for name in ("ip_address", "user_agent")}
    else:
        accepted["offline"] = {}
    return accepted

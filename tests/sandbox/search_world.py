"""Everything that can be searched for, searched for once; and connected accounts."""

from __future__ import annotations

from sandbox.api import Api


def accounts(api: Api) -> None:
    """The accounts connected to this one."""
    connected = api.sandbox.connect("Connected").account["id"]
    assert [each["id"] for each in api.get("accounts", limit=5)["data"]] == [connected]
    api.get(f"accounts/{connected}")


def searches(api: Api) -> None:
    """Call every search endpoint, with what it can be asked."""
    card = 'payment_method_details.card.last4:"4242"'
    for path, query in (
        ("charges", f"amount>0 AND {card}"),
        ("customers", 'email:"jenny@example.com" OR name~"ros"'),
        ("invoices", "total>100 -status:'draft'"),
        ("payment_intents", 'currency:"usd" AND created>0'),
        ("prices", 'active:"true" AND -lookup_key:"none"'),
        ("products", "description:null"),
        ("subscriptions", 'status:"active" OR -metadata["team"]:null'),
    ):
        found = api.get(f"{path}/search", query=query, limit=1, expand=["total_count"])
        assert found["data"], path
        assert found["total_count"] >= 1
        if found["has_more"]:
            api.get(f"{path}/search", query=query, limit=100, page=found["next_page"])
    api.get("invoices/search", query='status:"paid"', expand=["data.customer", "data.payments"])

"""Mandates: https://docs.stripe.com/api/mandates. Confirming with a bank account makes them; here they are read."""

from __future__ import annotations

from stripe_sandbox.resource import Link, Resource, Route

RESOURCE = Resource(
    kind="mandate",
    permission="mandate",
    expandable={"payment_method": Link("payment_method")},
    routes=(Route("GET", "/v1/mandates/{mandate}", lambda call: call.named("mandate")),),
)

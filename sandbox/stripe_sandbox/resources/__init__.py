"""One resource, one file: its parameters, its routes, what of it can be expanded, how it is shown."""

from stripe_sandbox.resource import Resource
from stripe_sandbox.resources import (
    account,
    coupons,
    customer_balance_transactions,
    customers,
    discounts,
    invoiceitems,
    invoices,
    line_items,
    prices,
    products,
    tax_rates,
)

RESOURCES: tuple[Resource, ...] = (
    account.RESOURCE,
    coupons.RESOURCE,
    customer_balance_transactions.RESOURCE,
    customers.RESOURCE,
    discounts.RESOURCE,
    invoiceitems.RESOURCE,
    invoices.RESOURCE,
    line_items.RESOURCE,
    prices.RESOURCE,
    products.RESOURCE,
    tax_rates.RESOURCE,
)
"""Every resource that the sandbox offers."""

"""One resource, one file: its parameters, its routes, what of it can be expanded, how it is shown."""

from stripe_sandbox.resource import Resource
from stripe_sandbox.resources import (
    account,
    charges,
    coupons,
    customer_balance_transactions,
    customers,
    discounts,
    invoice_payments,
    invoiceitems,
    invoices,
    line_items,
    payment_intents,
    payment_methods,
    prices,
    products,
    refunds,
    tax_rates,
)

RESOURCES: tuple[Resource, ...] = (
    account.RESOURCE,
    refunds.RESOURCE,
    payment_methods.RESOURCE,
    payment_intents.RESOURCE,
    invoice_payments.RESOURCE,
    charges.RESOURCE,
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

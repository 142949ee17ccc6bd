"""Which fields of which objects can be searched: https://docs.stripe.com/search#query-fields-for-charges."""

from stripe_sandbox.search import Field, field

CHARGES: dict[str, Field] = {
    "amount": field("number", "amount"),
    "billing_details.address.postal_code": field("string", "billing_details.address.postal_code"),
    "created": field("number", "created"),
    "currency": field("token", "currency"),
    "customer": field("token", "customer"),
    "disputed": field("token", "disputed"),
    "metadata": field("token", "metadata"),
    "payment_method_details.card.brand": field("token", "payment_method_details.card.brand"),
    "payment_method_details.card.exp_month": field("token", "payment_method_details.card.exp_month"),
    "payment_method_details.card.exp_year": field("token", "payment_method_details.card.exp_year"),
    "payment_method_details.card.fingerprint": field("token", "payment_method_details.card.fingerprint"),
    "payment_method_details.card.last4": field("token", "payment_method_details.card.last4"),
    "refunded": field("token", "refunded"),
    "status": field("string", "status"),
}
CUSTOMERS: dict[str, Field] = {
    "created": field("number", "created"),
    "email": field("string", "email"),
    "metadata": field("token", "metadata"),
    "name": field("string", "name"),
    "phone": field("string", "phone"),
}
INVOICES: dict[str, Field] = {
    "created": field("number", "created"),
    "currency": field("token", "currency"),
    "customer": field("token", "customer"),
    "last_finalization_error_code": field("token", "last_finalization_error.code"),
    "last_finalization_error_type": field("token", "last_finalization_error.type"),
    "metadata": field("token", "metadata"),
    "number": field("string", "number"),
    "receipt_number": field("string", "receipt_number"),
    "status": field("string", "status"),
    "subscription": field("string", "parent.subscription_details.subscription"),
    "total": field("number", "total"),
}
PAYMENT_INTENTS: dict[str, Field] = {
    "amount": field("number", "amount"),
    "created": field("number", "created"),
    "currency": field("token", "currency"),
    "customer": field("token", "customer"),
    "metadata": field("token", "metadata"),
    "status": field("token", "status"),
}
PRICES: dict[str, Field] = {
    "active": field("token", "active"),
    "currency": field("token", "currency"),
    "lookup_key": field("string", "lookup_key"),
    "metadata": field("token", "metadata"),
    "product": field("string", "product"),
    "type": field("token", "type"),
}
PRODUCTS: dict[str, Field] = {
    "active": field("token", "active"),
    "description": field("string", "description"),
    "metadata": field("token", "metadata"),
    "name": field("string", "name"),
    "shippable": field("token", "shippable"),
    "url": field("string", "url"),
}
SUBSCRIPTIONS: dict[str, Field] = {
    "canceled_at": field("number", "canceled_at"),
    "created": field("number", "created"),
    "metadata": field("token", "metadata"),
    "status": field("token", "status"),
}

"""A customer's saved payment methods: to look at, add, remove, and charge renewals to."""

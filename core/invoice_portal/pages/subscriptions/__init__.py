"""Subscriptions: to look at, change, pause and cancel, and what is offered beside them."""

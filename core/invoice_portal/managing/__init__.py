"""Changing subscriptions: what is allowed, what it costs, and doing it. Pages and the JSON API share these programs."""

"""The merchant API: what a merchant's own servers do with links and sessions, as JSON, with a bearer key."""

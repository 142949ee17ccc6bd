"""Links, portal sessions and the audit trail: what they are, the rules of time, and the programs that make them.

A link or session is a row with a random nonce. Its token is that nonce, sealed with the secret key: the database alone
lets nobody in, and the token of an active link can be shown again.
"""

"""The hash that vouches for a customer. It needs nothing but Python: `python billing_hash.py jenny@lumen.studio`."""

import hashlib
import hmac
import os
import sys


def billing_hash(key: str, identifier: str) -> str:
    """Hex HMAC-SHA256 of an address that you have verified, or of a customer id, under the portal's first key."""
    return hmac.new(key.encode(), identifier.encode(), hashlib.sha256).hexdigest()


if __name__ == "__main__":
    print(billing_hash(os.environ["INVOICE_PORTAL_KEY"], sys.argv[1]))

"""Serves one of the plain samples, and says who is logged in: `python serve.py html`, at http://localhost:3000.

For trying things out: there is no login here, everybody is EMAIL. It sends a strict Content-Security-Policy, to show
what a strict page must open for the portal: its origin, in script-src, frame-src and, for the JSON API, connect-src;
and Stripe's, where one's own page takes payments.
"""

import json
import os
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "servers" / "python"))

from billing_hash import billing_hash  # noqa: E402 - the sample in servers/python, as it is

PORTAL = os.environ.get("PORTAL_URL", "http://127.0.0.1:8000/billing")
EMAIL = os.environ.get("EMAIL", "jenny@lumen.studio")
STRIPE = os.environ.get(
    "STRIPE", "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com https://api.stripe.com"
)
"""Where Stripe's own script, its frames and its calls go; the demo has a stand-in for it."""


class Sample(SimpleHTTPRequestHandler):
    """The files of one sample, and `/billing-identity`."""

    def do_GET(self) -> None:
        """A file, or who is logged in."""
        if self.path != "/billing-identity":
            super().do_GET()
            return
        signed = billing_hash(os.environ["INVOICE_PORTAL_KEY"], EMAIL)
        body = json.dumps({"url": PORTAL, "email": EMAIL, "hash": signed}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        """The policy, with every answer."""
        parts = urlsplit(PORTAL)
        portal = f"{parts.scheme}://{parts.netloc}"
        places = f"{portal} {STRIPE}" if self.directory.endswith("api") else portal
        policy = f"default-src 'self'; script-src 'self' {places}; connect-src 'self' {places}; frame-src {places}"
        self.send_header("Content-Security-Policy", policy)
        super().end_headers()


def main() -> None:
    """Serve the folder that is named, until it is interrupted."""
    sample = partial(Sample, directory=str(HERE / sys.argv[1]))
    with ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), sample) as server:
        print(f"http://localhost:{server.server_address[1]}/", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()

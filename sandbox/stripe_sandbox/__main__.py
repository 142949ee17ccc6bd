"""`python -m stripe_sandbox`: serve a sandbox on loopback."""

from __future__ import annotations

import argparse
from pathlib import Path

from stripe_sandbox.server import DEFAULT_PORT, run


def main() -> None:
    """Read the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(prog="stripe_sandbox", description="A stand-in for Stripe's billing API.")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen; loopback unless told")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--seed", choices=("demo", "empty"), default="demo", help="what a new sandbox begins with")
    parser.add_argument("--file", type=Path, help="a SQLite file to keep everything in")
    asked = parser.parse_args()
    run(host=asked.host, port=asked.port, seed=asked.seed, file=asked.file)


if __name__ == "__main__":
    main()

"""A stateful stand-in for Stripe's billing API (shapes of 2026-05-27.dahlia), for demos and tests.

It is not Stripe and never claims to be: it takes test keys only and moves no money.
"""

from stripe_sandbox.errors import StripeSandboxError
from stripe_sandbox.http import Request, Response
from stripe_sandbox.sandbox import Sandbox

__all__ = ["Request", "Response", "Sandbox", "StripeSandboxError"]

"""What the tests share: a Stripe to talk to, accounts to fill it with, five runtimes to mount the portal in."""

"""Events: what Stripe tells about each change, and how that gets to those who listen.

Nothing tells of a change by itself. A change is everything that one request or one job of the agenda does to objects;
when it is done, `recorder` compares what the objects look like with what was last told of them, `naming` says what
Stripe calls the difference, and each difference becomes an event in the store. `webhooks` decides what is sent to
whom and when, `courier` sends it.
"""

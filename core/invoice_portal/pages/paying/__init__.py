"""Paying an invoice in the portal.

One payment for one intention rests on four things, none of them in the browser:

- what is due is read from Stripe anew with each step (:mod:`due`), and must still be what the page said
  (:mod:`statement`);
- every call that moves money has an idempotency key made of that reading (:mod:`settle`): whoever repeats it in the
  same state repeats the same call, and after a refusal the state is another one;
- the intent that Stripe made with the invoice can succeed only once. Where one of our own is needed there is at most
  one that can still be paid (:mod:`own_intent`);
- while money is under way nothing is paid, by any path.
"""

"""How quick the sandbox is: long lists against ``json.dumps``, and whether it slows down as it fills.

    python benchmarks/sandbox.py                       # up to 100,000 objects; some minutes on a slow core
    python benchmarks/sandbox.py --objects 20000

Everything happens in one process and one thread, and CPU time is counted, so that neighbours on the machine do not
matter. Requests go through ``Sandbox.handle``: all that HTTP does but the socket. The mix is three reads to two writes:
retrieve an invoice, list a customer's invoices, retrieve a customer, create a customer, update one; and every tenth
request bills and pays an invoice (four writes, with a dozen events). Between measurements the store is filled by
billing customers, in the same way.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from urllib.parse import urlencode

from stripe_sandbox import Request, Sandbox

NOW = 1_795_262_400
KEY = {"Authorization": "Bearer sk_test_benchmark"}
GOAL = 200
"""Requests a second."""


def ask(sandbox: Sandbox, method: str, path: str, **params: str) -> dict[str, object]:
    encoded = urlencode(params)
    if method == "GET":
        response = sandbox.handle(Request(method, path, encoded, KEY))
    else:
        response = sandbox.handle(Request(method, path, "", KEY, encoded.encode()))
    assert response.status == 200, response.body
    answer: dict[str, object] = response.json()
    return answer


def bill(sandbox: Sandbox, customer: str, method: str) -> str:
    """One invoice of three lines, paid: five requests."""
    invoice = str(ask(sandbox, "POST", "/v1/invoices", customer=customer, currency="usd")["id"])
    for amount in ("1200", "550", "90"):
        ask(sandbox, "POST", "/v1/invoiceitems", customer=customer, invoice=invoice, amount=amount, currency="usd")
    ask(sandbox, "POST", f"/v1/invoices/{invoice}/pay", payment_method=method)
    return invoice


def objects(sandbox: Sandbox) -> int:
    return sum(len(sandbox.store.table(kind)) for kind in sandbox.store.kinds())


def seconds(action: Callable[[], object]) -> float:
    start = time.process_time()
    action()
    return time.process_time() - start


def long_list(sandbox: Sandbox, customer: str, rounds: int = 15) -> tuple[float, float]:
    """Milliseconds for a list of 100 invoices with their lines, and for ``json.dumps`` of its answer."""
    request = Request("GET", "/v1/invoices", urlencode({"customer": customer, "limit": "100"}), KEY)
    answer = sandbox.handle(request).json()
    assert len(answer["data"]) == 100
    pairs = [
        (seconds(lambda: sandbox.handle(request)), seconds(lambda: json.dumps(answer, separators=(",", ":")).encode()))
        for _ in range(rounds)
    ]
    return 1000 * statistics.median(each for each, _ in pairs), 1000 * statistics.median(each for _, each in pairs)


def mixed(sandbox: Sandbox, people: list[tuple[str, str]], invoices: list[str], number: int) -> float:
    """Requests a second of CPU time, for so many requests of the mix."""
    pick = random.Random(number)
    done = 0

    def go() -> None:
        nonlocal done
        while done < number:
            customer, method = pick.choice(people)
            ask(sandbox, "GET", f"/v1/invoices/{pick.choice(invoices)}")
            ask(sandbox, "GET", "/v1/invoices", customer=customer, limit="10")
            ask(sandbox, "GET", f"/v1/customers/{customer}")
            ask(sandbox, "POST", "/v1/customers", name="New", email="new@example.com")
            ask(sandbox, "POST", f"/v1/customers/{customer}", description=str(done))
            done += 5
            if done % 50 == 0:
                invoices.append(bill(sandbox, customer, method))
                done += 5

    return number / seconds(go)


def fill(sandbox: Sandbox, people: list[tuple[str, str]], invoices: list[str], until: int) -> None:
    while objects(sandbox) < until:
        for customer, method in people:
            invoices.append(bill(sandbox, customer, method))
        sandbox.clock.advance(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=100_000)
    parser.add_argument("--requests", type=int, default=1000, help="in each measurement of the mix")
    asked = parser.parse_args()
    sandbox = Sandbox(seed=1, now=NOW)
    people = []
    for number in range(50):
        customer = str(ask(sandbox, "POST", "/v1/customers", name=f"Customer {number}")["id"])
        method = str(ask(sandbox, "POST", "/v1/payment_methods/pm_card_visa/attach", customer=customer)["id"])
        people.append((customer, method))
    invoices = [bill(sandbox, *each) for each in people for _ in range(10)]
    invoices += [bill(sandbox, *people[0]) for _ in range(90)]
    took, dumps = long_list(sandbox, people[0][0])
    print(f"list of 100 invoices with lines: {took:.1f} ms, json.dumps of it {dumps:.1f} ms: {took / dumps:.1f} times")
    print(f"\n{'objects':>9}  {'requests/s of CPU':>18}  {'against the first':>18}")
    rates: list[float] = []
    for until in (1, *(asked.objects * part // 8 for part in (2, 4, 6, 8))):
        fill(sandbox, people, invoices, until)
        rates.append(mixed(sandbox, people, invoices, asked.requests))
        print(f"{objects(sandbox):>9,}  {rates[-1]:>18.0f}  {rates[-1] / rates[0]:>17.2f}×", flush=True)
    took, dumps = long_list(sandbox, people[0][0])
    print(f"\nlist of 100 of {len(invoices):,} invoices: {took:.1f} ms, {took / dumps:.1f} times json.dumps")
    if min(rates) < GOAL:
        raise SystemExit(f"slower than {GOAL} requests a second")


if __name__ == "__main__":
    main()

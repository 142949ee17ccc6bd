"""The sandbox over HTTP: as a server beside a test, and as the one that a command starts."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from http.client import HTTPConnection

from sandbox.api import NOW, Api
from stripe_sandbox import Sandbox
from stripe_sandbox.server import serve_in_thread


def get(url: str, path: str, **headers: str) -> tuple[int, bytes]:
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def test_it_says_what_it_is_and_takes_test_keys_only() -> None:
    with serve_in_thread(Sandbox(now=NOW)) as server:
        assert b"It is not Stripe and moves no money" in get(server.url, "/")[1]
        assert get(server.url, "/v1/customers")[0] == 401
        assert get(server.url, "/v1/customers", Authorization="Bearer sk_test_x")[0] == 200
        assert get(server.url, "/favicon.ico")[0] == 401


def test_links_lead_to_where_it_listens() -> None:
    sandbox = Sandbox(now=NOW)
    with serve_in_thread(sandbox) as server:
        api = Api(sandbox)
        invoice = api.get(f"invoices/{api.issued(api.customer(), 500)}")
        assert invoice["hosted_invoice_url"].startswith(f"{server.url}/hosted/invoice/")


def test_several_sandboxes_side_by_side() -> None:
    with serve_in_thread(Sandbox(now=NOW)) as one, serve_in_thread(Sandbox(now=NOW)) as other:
        Api(one.sandbox).customer()
        lists = [get(server.url, "/v1/customers", Authorization="Bearer sk_test_x")[1] for server in (one, other)]
        assert [b'"cus_' in body for body in lists] == [True, False]


def test_a_stopped_server_is_gone() -> None:
    server = serve_in_thread(Sandbox(now=NOW))
    host, port = server.url.removeprefix("http://").split(":")
    server.stop()
    with socket.socket() as probe:
        assert probe.connect_ex((host, int(port))) != 0


def test_the_command_serves_an_empty_account_until_it_is_interrupted() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from stripe_sandbox.server import run; run(port={port}, seed='empty')"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert f"http://127.0.0.1:{port}".encode() in process.stdout.readline()
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        status, body = get(f"http://127.0.0.1:{port}", "/v1/customers", Authorization="Bearer sk_test_x")
        assert (status, b'"data":[]' in body) == (200, True)
    finally:
        process.terminate()
        process.wait(10)
        process.stdout and process.stdout.close()

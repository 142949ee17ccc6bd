"""Websites of other origins, which frame the portal or would like to: each a name below ``localhost`` and a port."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True, slots=True)
class Served:
    """A page of a site's, with the headers that it sends."""

    html: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Site:
    """A website of static pages, at ``http://NAME.localhost:PORT``, which browsers find on loopback."""

    def __init__(self, name: str) -> None:
        self.pages: dict[str, Served] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                page = site.pages.get(self.path.partition("?")[0])
                self.send_response(200 if page else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                for header, value in (page.headers if page else {}).items():
                    self.send_header(header, value)
                body = page.html.encode() if page else b""
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.origin = f"http://{name}.localhost:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def show(self, path: str, html: str, headers: Mapping[str, str] | None = None) -> str:
        """Serve a page; gives its address."""
        self.pages[path] = Served(f"<!doctype html><html lang=en><title>A site</title>{html}", headers or {})
        return self.origin + path

    def stop(self) -> None:
        """End the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

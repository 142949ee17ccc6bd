"""A request as it stands on the wire, for what no client library would send."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

_MOST = 4 * 1024 * 1024


def exchange(origin: str, method: bytes, target: bytes, headers: list[tuple[bytes, bytes]], body: bytes = b"") -> bytes:
    """Send the bytes of one request; everything that comes back until the server closes, or nothing."""
    parts = urlsplit(origin)
    lines = [b"%s %s HTTP/1.1" % (method, target), b"Host: %s" % parts.netloc.encode(), b"Connection: close"]
    lines += [b"%s: %s" % header for header in headers]
    if body or method == b"POST":
        lines.append(b"Content-Length: %d" % len(body))
    request = b"\r\n".join(lines) + b"\r\n\r\n" + body
    with socket.create_connection((str(parts.hostname), parts.port or 80), timeout=10) as connection:
        try:
            connection.sendall(request)
            return _everything(connection)
        except ConnectionError:  # the server may hang up on what is no HTTP
            return b""


def status_of(answer: bytes) -> int:
    """The status of an answer; 0 where the server only hung up."""
    line = answer.partition(b"\r\n")[0].split(b" ")
    return int(line[1]) if len(line) > 1 else 0


def _everything(connection: socket.socket) -> bytes:
    received = b""
    while len(received) < _MOST and (chunk := connection.recv(65536)):
        received += chunk
    return received

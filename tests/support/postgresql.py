"""A PostgreSQL server of the tests' own: on loopback, in a temporary folder, gone with the tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

USER = "portal"


class Unavailable(Exception):
    """There are no server programs here: ``tools/install-test-programs.sh`` installs them."""


@contextmanager
def server() -> Iterator[str]:
    """Start one, with the empty databases ``portal`` and ``django``; gives its address. Raises ``Unavailable``."""
    programs = _programs()
    folder = Path(tempfile.mkdtemp(prefix="portal-postgresql-"))
    as_user = _as_somebody_else(folder)
    data, port = folder / "data", _free_port()
    subprocess.run(
        [*as_user, programs / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8", "--no-locale", "-N"],
        check=True,
        capture_output=True,
    )
    options = ["-p", str(port), "-k", str(folder), "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=100"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*as_user, programs / "postgres", "-D", data, *options], stdout=log, stderr=log)
    address = f"postgresql://{USER}@127.0.0.1:{port}"
    try:
        _wait(process, f"{address}/postgres")
        for name in ("portal", "django"):
            with psycopg.connect(f"{address}/postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")  # type: ignore[arg-type, unused-ignore]
        yield f"{address}/portal"
    finally:
        subprocess.run([*as_user, programs / "pg_ctl", "-D", data, "stop", "-m", "immediate"], capture_output=True)
        process.wait(timeout=10)
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if found:
        return found[-1].parent
    if on_path:
        return Path(on_path).parent
    raise Unavailable("no PostgreSQL here: tools/install-test-programs.sh installs it")


def _as_somebody_else(folder: Path) -> list[str]:
    """PostgreSQL refuses to run as root: it is then run as nobody's user, to whom the folder belongs."""
    if os.geteuid() != 0:
        return []
    os.chown(folder, 65534, 65534)
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + 30
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(address).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("PostgreSQL did not start")

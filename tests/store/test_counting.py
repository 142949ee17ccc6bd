"""Counting for the rate limits, in one process's memory and in a real Redis that several share."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from invoice_portal.drivers.counting import LimitsCounter
from invoice_portal.errors import ConfigurationError, StoreUnavailable

LIMIT = "3/minute"


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server of the tests' own, in memory."""
    program = shutil.which("redis-server")
    if program is None:
        message = "redis-server is not installed: tools/install-test-programs.sh installs it"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with serving(program, port, tmp_path_factory.mktemp("redis")):
        yield f"redis://127.0.0.1:{port}/0"


class serving:
    """Runs a server until the block ends."""

    def __init__(self, program: str, port: int, folder: Path) -> None:
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
        self._server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL)
        self._port = port

    def __enter__(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self._port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError("redis-server did not start")

    def __exit__(self, *reason: object) -> None:
        self._server.terminate()
        self._server.wait()


@pytest.fixture(params=["memory", "redis"])
def storage(request: pytest.FixtureRequest) -> str:
    return "memory://" if request.param == "memory" else str(request.getfixturevalue("redis_url"))


def test_what_is_within_the_limit_need_not_wait_and_the_next_must(storage: str) -> None:
    counter = LimitsCounter(storage)
    assert [counter.wait(LIMIT, f"{storage}:one") for _ in range(3)] == [0, 0, 0]
    assert 1 <= counter.wait(LIMIT, f"{storage}:one") <= 60
    assert counter.wait(LIMIT, f"{storage}:another") == 0


def test_two_workers_count_together_in_redis_and_apart_in_memory(redis_url: str) -> None:
    one, other = LimitsCounter(redis_url), LimitsCounter(redis_url)
    assert [counter.wait(LIMIT, "shared") for counter in (one, other, one)] == [0, 0, 0]
    assert other.wait(LIMIT, "shared") > 0
    mine, yours = LimitsCounter("memory://"), LimitsCounter("memory://")
    assert [mine.wait(LIMIT, "own") for _ in range(4)][-1] > 0
    assert yours.wait(LIMIT, "own") == 0


def test_a_redis_that_does_not_answer_is_a_page_and_not_a_fault() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        nobody = f"redis://127.0.0.1:{probe.getsockname()[1]}/0"
    with pytest.raises(StoreUnavailable):
        LimitsCounter(nobody).wait(LIMIT, "somebody")


def test_a_storage_that_is_none_is_said_so() -> None:
    with pytest.raises(ConfigurationError, match="rate_limit_storage"):
        LimitsCounter("nonsense://").wait(LIMIT, "somebody")

"""The demo as a person starts it: the command ``invoice-portal demo``, in a process group of its own."""

from __future__ import annotations

import os
import queue
import re
import signal
import socket
import subprocess
import sysconfig
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from browser.helpers.stripe_account import StripeAccount

FRAMEWORKS = ("flask", "django", "fastapi")
_PATIENCE_SECONDS = 90


class Demo:
    """One running demo. ``url`` is the host app's address, with a slash at its end."""

    def __init__(self, framework: str) -> None:
        port, sandbox_port = _free_ports()
        command = Path(sysconfig.get_path("scripts")) / "invoice-portal"
        self._process = subprocess.Popen(
            [command, "demo", "--framework", framework, "--port", str(port), "--sandbox-port", str(sandbox_port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            # Where the tests themselves run in the background, Ctrl-C is switched off for all that they start.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self._said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()
        self.framework = framework
        try:
            self.url = self._address(rf"The demo \({framework}\) is at (http://\S+)")
            self.stripe = StripeAccount(self._address(r"The Stripe sandbox is at (http://\S+)"))
        except BaseException:
            self.kill()
            raise

    @property
    def billing(self) -> str:
        """The address of the portal in the host app."""
        return f"{self.url}billing/"

    def words(self) -> list[str]:
        """What the demo said since it was last asked. A healthy one is silent, but for Django's note on each 4xx."""
        said = []
        with suppress(queue.Empty):
            while (line := self._said.get_nowait()) is not None:
                said.append(line)
        return [line for line in said if line and not line.startswith("WARNING:django.request:")]

    def interrupt(self) -> int:
        """Press Ctrl-C, which reaches every process of the group, and wait for the command's exit status."""
        os.killpg(self._process.pid, signal.SIGINT)
        return self._end()

    def terminate(self) -> int:
        """End the command alone, as a service manager does, and wait for its exit status."""
        self._process.terminate()
        return self._end()

    def _end(self) -> int:
        status = self._process.wait(_PATIENCE_SECONDS)
        self._listener.join(_PATIENCE_SECONDS)
        return status

    def alive(self) -> bool:
        """Whether any process of the demo still runs."""
        try:
            os.killpg(self._process.pid, 0)
        except ProcessLookupError:
            return False
        return True

    def kill(self) -> None:
        """End whatever is left of it."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                self._said.put(line.rstrip())
        self._said.put(None)

    def _address(self, pattern: str) -> str:
        """What the next line that fits ``pattern`` names."""
        said = []
        with suppress(queue.Empty):
            while (line := self._said.get(timeout=_PATIENCE_SECONDS)) is not None:
                said.append(line)
                if found := re.search(pattern, line):
                    return found[1]
        pytest.fail("The demo did not start. It said:\n" + "\n".join(said), pytrace=False)


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        one.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]

"""Whatever a browser complains about while a test uses it: console errors, scripts, policies, failed requests."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

_FAILED_LOAD = "Failed to load resource: the server responded with a status of "


class Watch:
    """Collects complaints about every page of one browser context.

    A test that means to meet an error page names its status with ``expect_status``, and one that breaks off a request
    (a double click, a download in place of a page) says ``expect_abort``.
    """

    def __init__(self, context: BrowserContext) -> None:
        self._complaints: list[str] = []
        self._statuses: set[int] = set()
        self._abort = False
        self._over = False
        context.on("console", self._console)
        context.on("weberror", self._script)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)

    def expect_status(self, *statuses: int) -> None:
        """Pages with these statuses are part of the test."""
        self._statuses.update(statuses)

    def expect_abort(self) -> None:
        """A request that the browser breaks off is part of the test."""
        self._abort = True

    def take(self) -> list[str]:
        """Everything since this was last asked, each complaint once."""
        taken, self._complaints = self._complaints, []
        return list(dict.fromkeys(taken))

    def stop(self) -> None:
        """Stop listening: what happens while pages close is nobody's fault."""
        self._over = True

    def _add(self, complaint: str) -> None:
        if not self._over:
            self._complaints.append(complaint)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        where = message.location.get("url", "")
        # Browsers ask for this on their own account; the pages of the host and of the sandbox have no icon.
        if where.endswith("/favicon.ico"):
            return
        if any(message.text.startswith(f"{_FAILED_LOAD}{status} ") for status in self._statuses):
            return
        self._add(f"console {message.type} at {where}: {message.text}")

    def _script(self, error: WebError) -> None:
        self._add(f"script error: {error.error}")

    def _failed(self, request: Request) -> None:
        if not (self._abort and request.failure == "net::ERR_ABORTED"):
            self._add(f"{request.method} {request.url} failed: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self._statuses:
            self._add(f"{response.request.method} {response.url} was answered {response.status}")

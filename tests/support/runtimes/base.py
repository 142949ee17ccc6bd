"""What a runtime is: a real server of a host app, with the portal mounted at /billing in it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, TypeAlias

from invoice_portal import Identity, Portal
from invoice_portal.hooks import NO_HOOKS, Hooks

PREFIX = "/billing"

Identify: TypeAlias = Callable[[Mapping[str, str]], Identity | None]
AsyncIdentify: TypeAlias = Callable[[Mapping[str, str]], Awaitable[Identity | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The app around the portal.

    ``identify`` is given the request's headers; where it is None the framework's own login counts. ``templates`` is a
    folder with overrides. ``page`` is a template of the host's, in its framework's language, shown at ``/page``.
    """

    settings: Mapping[str, Any]
    clock: Callable[[], float]
    identify: Identify | AsyncIdentify | None = None
    templates: Path | None = None
    page: str = ""
    hooks: Hooks = NO_HOOKS
    django: Mapping[str, Any] = field(default_factory=dict)


class Runtime(ABC):
    """One framework in one server. It is started once; each test mounts a new app in it."""

    name: ClassVar[str]
    asynchronous: ClassVar[bool]
    template_language: ClassVar[Literal["jinja", "django"]]
    host_checks_forms: ClassVar[bool] = False
    """Whether the framework protects forms itself, in place of the portal."""

    @property
    @abstractmethod
    def origin(self) -> str:
        """Where the server is: ``http://127.0.0.1:port``."""

    @abstractmethod
    def mount(self, host: Host) -> Portal:
        """Serve this host from now on. Raises what the portal raises for settings that cannot work."""

    @abstractmethod
    def unmount(self) -> None:
        """Serve nothing, and close what the app had opened."""

    @abstractmethod
    def use_postgresql(self, url: str) -> Mapping[str, Any]:
        """Have the portal keep its rows there; gives the settings that it takes."""

    def forget(self) -> None:  # noqa: B027 - most runtimes have nothing to forget
        """Forget what a test left in a database that outlives it."""

    @abstractmethod
    def sign_in(self, *, email: str, customer_id: str = "") -> Mapping[str, str]:
        """Log a user in by the framework's own login; gives the browser's cookies."""

    @abstractmethod
    def stop(self) -> None:
        """End the server."""

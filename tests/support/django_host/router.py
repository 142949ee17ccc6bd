"""Where the portal's tables are: the test at hand says it."""

from __future__ import annotations

from typing import Any, ClassVar


class Router:
    """Sends the portal's models to the database ``alias``."""

    alias: ClassVar[str] = "default"

    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return self.db_for_write(model)

    def db_for_write(self, model: Any, **hints: Any) -> str | None:
        return self.alias if model._meta.app_label == "django_portal" else None

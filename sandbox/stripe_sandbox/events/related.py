"""Where an object can be fetched by itself: what thin events refer to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from stripe_sandbox.http import Json

if TYPE_CHECKING:
    from stripe_sandbox.sandbox import Sandbox


def reference(sandbox: Sandbox, kind: str, id: str | None) -> Json | None:
    """A `related_object`; None for what is not there yet or only as a part of something else, such as a discount."""
    resource = sandbox.resources.get(kind)
    for route in () if resource is None or id is None else resource.routes:
        start, _, name = route.path.rpartition("/")
        if route.method == "GET" and name.startswith("{") and "{" not in start:
            return {"id": id, "type": kind, "url": f"{start}/{id}"}
    return None

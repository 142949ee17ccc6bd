"""Finds the route of a method and path; a literal segment goes before an id."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote

from stripe_sandbox.errors import StripeError
from stripe_sandbox.resource import Resource, Route

Match = tuple[Resource, Route, dict[str, str]]


class Router:
    """All routes by the outline of their path."""

    def __init__(self, resources: Iterable[Resource]) -> None:
        self._by_length: dict[tuple[str, int], list[tuple[list[str], Resource, Route]]] = {}
        for resource in resources:
            for route in resource.routes:
                segments = route.path.strip("/").split("/")
                self._by_length.setdefault((route.method, len(segments)), []).append((segments, resource, route))
        for entries in self._by_length.values():
            entries.sort(key=lambda entry: [segment.startswith("{") for segment in entry[0]])

    def match(self, method: str, path: str) -> Match:
        """The resource, the route and the ids in the path. Raises 404 in Stripe's words."""
        segments = path.removeprefix("/").split("/")
        for pattern, resource, route in self._by_length.get((method, len(segments)), []):
            ids = _ids(pattern, segments)
            if ids is not None:
                return resource, route, ids
        raise StripeError(
            f"Unrecognized request URL ({method}: {path}). If you are trying to list objects, remove the trailing "
            "slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier "
            "in your code. Please see https://stripe.com/docs or we can help at https://support.stripe.com/.",
            status=404,
        )


def _ids(pattern: list[str], segments: list[str]) -> dict[str, str] | None:
    ids = {}
    for expected, segment in zip(pattern, segments, strict=True):
        if expected.startswith("{"):
            if not segment:
                return None
            ids[expected[1:-1]] = unquote(segment)
        elif expected != segment:
            return None
    return ids

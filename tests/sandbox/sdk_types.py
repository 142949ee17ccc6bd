"""The annotations of the installed `stripe` package, as a second word of Stripe's on what an object looks like."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, ForwardRef, Literal, Union

import stripe
from stripe._object_classes import get_object_class

Json = dict[str, Any]


def class_of(kind: str) -> type:
    """The SDK's class for an `object` such as `invoice_payment`."""
    return get_object_class("V2" if kind.startswith("v2.") else "V1", kind)


def problems(value: object, annotation: Any, path: str) -> Iterator[str]:
    """Where a value is not what an annotation says: unknown keys and wrong types."""
    annotation = resolved(annotation)
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if annotation is Any:
        return
    if origin in (Union, types.UnionType):
        yield from _union_problems(value, arguments, path)
    elif origin is Literal:
        if value not in arguments:
            yield f"{path}: {value!r} is none of {arguments}"
    elif origin is list:
        yield from _list_problems(value, arguments[0], path)
    elif origin is dict or _name(origin) == "UntypedStripeObject":
        if not isinstance(value, dict):
            yield f"{path}: {value!r} is no hash"
        else:
            for key, item in value.items():
                yield from problems(item, arguments[-1], f"{path}.{key}")
    elif _name(origin) == "ListObject":
        if not isinstance(value, dict) or value.get("object") != "list":
            yield f"{path}: {value!r} is no list object"
        else:
            yield from _list_problems(value["data"], arguments[0], f"{path}.data")
    elif isinstance(annotation, type) and issubclass(annotation, stripe.StripeObject):
        yield from object_problems(value, annotation, path)
    elif not _is(value, annotation):
        yield f"{path}: {value!r} is no {annotation}"


def object_problems(value: object, cls: type, path: str) -> Iterator[str]:
    """Every key is annotated in the class, and its value is of that type."""
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no {cls.__name__}"
        return
    known = annotations(cls)
    for key, item in value.items():
        if key not in known:
            yield f"{path}.{key} is unknown to {cls.__qualname__}"
        else:
            yield from problems(item, known[key], f"{path}.{key}")


@cache
def annotations(cls: type) -> dict[str, Any]:
    """The annotations of a class and of the classes it inherits from."""
    return {
        name: kind for base in reversed(cls.__mro__) for name, kind in vars(base).get("__annotations__", {}).items()
    }


def resolved(annotation: Any) -> Any:
    """A name in quotes is one of the SDK's classes."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return eval(annotation, {**vars(typing), "stripe": stripe}, _Names())
    return annotation


class _Names(dict[str, Any]):
    """The SDK loads its classes when they are asked for; some are imported as `…Resource`."""

    def __missing__(self, name: str) -> Any:
        for known in (name, name.removesuffix("Resource")):
            for package in (stripe, stripe.billing, stripe.checkout, stripe.test_helpers, stripe.billing_portal):
                if hasattr(package, known):
                    return getattr(package, known)
        raise KeyError(name)


def _union_problems(value: object, choices: tuple[Any, ...], path: str) -> Iterator[str]:
    found = [list(problems(value, choice, path)) for choice in choices]
    if all(found):
        yield from min(found, key=lambda each: (len(each), -len(each[0])))


def _list_problems(value: object, item: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: {value!r} is no list"
        return
    for at, each in enumerate(value):
        yield from problems(each, item, f"{path}[{at}]")


def _is(value: object, kind: Any) -> bool:
    if kind is Decimal:  # on the wire a decimal is a string
        return isinstance(value, str) and Decimal(value).is_finite()
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return value is None if kind in (None, type(None)) else isinstance(value, kind)


def _name(origin: Any) -> str:
    return getattr(origin, "__name__", "")

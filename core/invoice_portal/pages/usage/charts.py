"""Graphs as geometry: where bars, lines and ticks of a chart lie, for a template to print as SVG.

The picture is drawn in units of its own and stretched to the place it gets, so it is sharp at any size; everything that
is read stands beside it as text. Colours are classes, for the stylesheet to choose: in the dark, in print, in high
contrast. Time runs with the text: the stylesheet mirrors the picture where that goes from right to left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Final, Literal, TypeAlias

WIDTH: Final = 1000
HEIGHT: Final = 240
_SHARE: Final = Decimal("0.72")
"""How much of its slot a bar fills."""
_STEPS: Final = 4

Kind: TypeAlias = Literal["bars", "line"]


@dataclass(frozen=True, slots=True)
class Point:
    """One value: the slot that answers to the pointer, its bar (nothing in a line chart), and what it says."""

    slot_x: str
    slot_width: str
    x: str
    y: str
    width: str
    height: str
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, ready to print. ``ticks`` are the values of the lines ``grid``, from the top to the bottom."""

    id: str
    title: str
    desc: str
    kind: Kind
    points: tuple[Point, ...]
    line: str
    area: str
    grid: tuple[str, ...]
    zero: str
    ticks: tuple[str, ...]
    marks: tuple[str, str, str]
    width: int = WIDTH
    height: int = HEIGHT


def draw(
    *,
    id: str,
    title: str,
    desc: str,
    kind: Kind,
    values: Sequence[Decimal],
    labels: Sequence[str],
    marks: tuple[str, str, str],
    tick: Callable[[Decimal], str],
    whole: bool = False,
) -> Chart:
    """Lay a chart out. ``tick`` words a value of the scale; with ``whole`` no value of it has a fraction."""
    scale = nice_scale(min(values, default=Decimal(0)), max(values, default=Decimal(0)), whole=whole)
    top, bottom = scale[-1], scale[0]
    slot = Decimal(WIDTH) / max(1, len(values))

    def height_of(value: Decimal) -> Decimal:
        return (top - value) / (top - bottom) * HEIGHT

    zero = height_of(Decimal(0))
    ends = [(slot * at + slot / 2, height_of(value)) for at, value in enumerate(values)]
    path = " ".join(f"{_short(x)},{_short(y)}" for x, y in ends)
    return Chart(
        id=id,
        title=title,
        desc=desc,
        kind=kind,
        points=tuple(
            Point(
                slot_x=_short(slot * at),
                slot_width=_short(slot),
                x=_short(slot * at + slot * (1 - _SHARE) / 2),
                y=_short(min(y, zero)),
                width=_short(slot * _SHARE),
                height=_short(abs(y - zero)),
                label=label,
            )
            for at, ((_, y), label) in enumerate(zip(ends, labels, strict=True))
        ),
        line=path if kind == "line" else "",
        area=f"{_short(ends[0][0])},{_short(zero)} {path} {_short(ends[-1][0])},{_short(zero)}"
        if kind == "line" and ends
        else "",
        grid=tuple(_short(height_of(value)) for value in scale),
        zero=_short(zero),
        ticks=tuple(tick(value) for value in reversed(scale)),
        marks=marks,
    )


def nice_scale(least: Decimal, most: Decimal, *, whole: bool = False) -> tuple[Decimal, ...]:
    """Round values in equal steps that hold zero and all between ``least`` and ``most``, the smallest first."""
    low, high = min(least, Decimal(0)), max(most, Decimal(0))
    step = _nice((high - low) / _STEPS) if high > low else Decimal(1)
    if whole:
        step = max(step, Decimal(1))
    first = (low / step).to_integral_value(ROUND_FLOOR)
    last = max((high / step).to_integral_value(ROUND_CEILING), first + 1)
    return tuple(step * at for at in range(int(first), int(last) + 1))


def _nice(rough: Decimal) -> Decimal:
    """The next of 1, 2 and 5, times a power of ten."""
    power = Decimal(1).scaleb(rough.adjusted())
    steps = (Decimal(each) * power for each in ("1", "2", "5", "10"))
    return next(step for step in steps if step >= rough)


def _short(number: Decimal) -> str:
    """A number for an attribute: two decimals are a fraction of a pixel."""
    return f"{number:.2f}".rstrip("0").rstrip(".")

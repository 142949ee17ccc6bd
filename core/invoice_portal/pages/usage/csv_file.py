"""Files of comma-separated values that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import StringIO
from typing import Final

from invoice_portal.http import Download

_DANGEROUS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula (owasp.org/www-community/attacks/CSV_Injection)."""


def csv_file(name: str, header: Sequence[str], rows: Iterable[Sequence[str | int | Decimal]]) -> Download:
    """A file of rows. It begins with a mark by which spreadsheets know that it is UTF-8; texts are no formulas."""
    written = StringIO(newline="")
    writer = csv.writer(written)
    writer.writerow(header)
    writer.writerows([cell(value) for value in row] for row in rows)
    return Download(body=written.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8", name=name)


def cell(value: str | int | Decimal) -> str:
    """A cell: numbers plain, texts with an apostrophe in front where a spreadsheet would calculate them."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int):
        return str(value)
    return f"'{value}" if value.lstrip(" ").startswith(_DANGEROUS) else value

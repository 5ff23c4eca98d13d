"""Downloads that are safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import numbers
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

COLUMNS = (
    "date",
    "measure",
    "segment",
    "horizon",
    "forecast",
    "lo80",
    "hi80",
    "lo95",
    "hi95",
    "open",
    "reason",
    "model",
    "version",
    "scenario",
)


FORMULA = tuple("=+-@＝＋－＠")
"""What begins a formula, in wide letters too: spreadsheets take those as the others in some countries."""
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufeff]")
"""Controls, marks that turn the direction of writing, ends of lines, and halves of characters."""


def safe_cell(text: str) -> str:
    """A text as one cell that is neither run nor hides anything: what is not to be seen is written as its escape, and
    what a spreadsheet would run as a formula gets an apostrophe in front."""
    seen = UNSEEN.sub(lambda one: one[0].encode("unicode_escape").decode("ascii"), text)
    return f"'{seen}" if seen.lstrip().startswith(FORMULA) else seen


def plain_cell(text: str) -> str:
    """Takes the apostrophe away again that ``safe_cell`` has put before a formula."""
    rest = text.removeprefix("'")
    return rest if rest.lstrip().startswith(FORMULA) else text


MARK = "\ufeff"
"""Begins a CSV file: spreadsheets take it for their own old encoding otherwise."""


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Any]], number: str = ".6g", mark: str = MARK) -> str:
    """Every CSV file of the product: a header, commas, CRLF lines. Texts become safe cells, missing values empty,
    truths yes or no, days and moments ISO texts; ``number``: how floats are written, "" for all their digits;
    ``mark``: empty for programs that ask the API."""
    out = io.StringIO()
    out.write(mark)
    writer = csv.writer(out)
    writer.writerow([safe_cell(one) for one in columns])
    writer.writerows([_cell(one, number) for one in row] for row in rows)
    return out.getvalue()


def _cell(value: Any, number: str) -> str:
    if isinstance(value, str):
        return safe_cell(value)
    if value is None or value != value or value in (math.inf, -math.inf):  # NaN and NaT are not equal to themselves
        return ""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if isinstance(value, float):
        return format(value, number) if number else repr(float(value))
    if isinstance(value, numbers.Number):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else safe_cell(str(value))


def forecast_csv(
    table: Any, measure: str, segment: str, model: str, version: str, scenarios: Sequence[tuple[str, Any]] = ()
) -> str:
    """``table``: date, horizon, mean, lo80, hi80, lo95, hi95, open, reason.
    ``scenarios``: name and such a table; their rows follow, with the name in the last column."""
    values = ("mean", "lo80", "hi80", "lo95", "hi95")
    rows = (
        [row["date"].date(), measure, segment, row["horizon"], *(float(row[name]) for name in values), row["open"],
         str(row["reason"]), model, version, scenario]
        for scenario, frame in (("", table), *scenarios)
        for row in frame.to_dict("records")
    )  # fmt: skip
    return csv_text(COLUMNS, rows, ".2f")


def file_name(measure: str, segment: str, horizon: int, origin: dt.date, ending: str = "csv") -> str:
    """tidemark_revenue_country-France_28-days_from-2011-12-08.csv"""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", segment).strip("-") or "segment"
    return f"tidemark_{measure}_{plain}_{horizon}-days_from-{origin.isoformat()}.{ending}"

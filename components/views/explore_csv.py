"""Explore as files: what a tab shows, in full, safe to open in a spreadsheet."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components import export
from components.views.explore_odd import reason
from components.words import Words

NUMBER = ".10g"
"""Pence of large sums, and small shares."""


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """As every CSV file of the product; moments as spreadsheets read them, days without their midnight."""
    return export.csv_text(header, ([_moment(value) for value in row] for row in rows), NUMBER)


def _moment(value: Any) -> Any:
    if not isinstance(value, dt.datetime) or value != value:  # NaT is one too
        return value
    return value.isoformat(sep=" ") if value.time() != dt.time() else value.date()


def file_name(tab: str, measure: str, segment: str, first: dt.date, last: dt.date, lines: str) -> str:
    """tidemark_products_revenue_country-France_2010-12-10_2011-12-08.csv; 'as-read' in it for all lines."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", segment).strip("-")[:60] or "segment"
    read = "_as-read" if lines == "read" else ""
    return f"tidemark_{tab}_{measure}_{plain}_{first.isoformat()}_{last.isoformat()}{read}.csv"


def series_csv(t: Words, one: Any, causes: Sequence[Any]) -> str:
    """Every day, with why it stands out if it does. ``one``: core's Explored."""
    odd = {day.index: (day.score, reason(t, cause)) for day, cause in zip(one.shown, causes, strict=True)}
    rows = [
        [
            one.days[index].item(),
            float(one.values[index]),
            bool(one.known[index]),
            float(one.parts.expected[index]) if one.parts is not None and one.known[index] else None,
            *odd.get(index, (None, None)),
        ]
        for index in range(one.span.start, one.span.stop)
    ]
    return csv_text(["date", "value", "open", "expected", "score", "reason"], rows)


def rhythm_csv(one: Any) -> str:
    """The parts of every open day; of factors, 1 changes nothing."""
    parts = one.parts
    names = (
        []
        if parts is None
        else [name for name in ("trend", "week", "year", "rest") if getattr(parts, name) is not None]
    )
    rows = [
        [one.days[index].item(), float(one.values[index]), *(float(getattr(parts, name)[index]) for name in names)]
        for index in range(one.span.start, one.span.stop)
        if one.known[index]
    ]
    return csv_text(["date", "value", *names], rows)


def boxes_csv(boxes: Mapping[str, Sequence[Any]]) -> str:
    """By weekday (0 = Monday) and by month (1 = January)."""
    rows = (
        [by, one.group, one.count, one.low, one.q1, one.median, one.q3, one.high, len(one.outside)]
        for by, found in boxes.items()
        for one in found
    )
    return csv_text(["by", "group", "days", "low", "q1", "median", "q3", "high", "outside"], rows)


def table_csv(frame: Any, columns: Sequence[str]) -> str:
    """Some columns of a frame."""
    return csv_text(columns, frame[list(columns)].astype(object).itertuples(index=False))


def quality_csv(facts: Sequence[Any]) -> str:
    names = ("name", "lines", "missing", "odd", "blanks", "distinct", "lowest", "highest", "first", "last")
    return csv_text(["column", *names[1:]], ([getattr(one, name) for name in names] for one in facts))

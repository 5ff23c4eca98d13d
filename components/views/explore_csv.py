"""Explore as files: what a tab shows, in full, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.export import safe_cell
from components.views.explore_odd import reason
from components.words import Words


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Comma-separated, a header, CRLF lines; nothing for what is missing; dates in ISO."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1 else f"{value:.2f}"
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ") if value.time() != dt.time() else value.date().isoformat()
    return value.isoformat() if isinstance(value, dt.date) else safe_cell(value) if isinstance(value, str) else value


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

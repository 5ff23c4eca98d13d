"""Downloads that are safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections.abc import Sequence
from typing import Any

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


def safe_cell(text: str) -> str:
    """A text that a spreadsheet would run as a formula gets an apostrophe in front."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else text


def forecast_csv(
    table: Any, measure: str, segment: str, model: str, version: str, scenarios: Sequence[tuple[str, Any]] = ()
) -> str:
    """``table``: date, horizon, mean, lo80, hi80, lo95, hi95, open, reason. Comma-separated, a header, CRLF lines.
    ``scenarios``: name and such a table; their rows follow, with the name in the last column."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    numbers = ("mean", "lo80", "hi80", "lo95", "hi95")
    for scenario, frame in (("", table), *scenarios):
        for row in frame.to_dict("records"):
            mean, *bounds = (f"{row[name]:.2f}" for name in numbers)
            day = row["date"].date().isoformat()
            closing = ("yes" if row["open"] else "no", safe_cell(str(row["reason"])), safe_cell(model), version)
            told = (*closing, safe_cell(scenario))
            writer.writerow([day, measure, safe_cell(segment), row["horizon"], mean, *bounds, *told])
    return out.getvalue()


def file_name(measure: str, segment: str, horizon: int, origin: dt.date, ending: str = "csv") -> str:
    """tidemark_revenue_country-France_28-days_from-2011-12-08.csv"""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", segment).strip("-") or "segment"
    return f"tidemark_{measure}_{plain}_{horizon}-days_from-{origin.isoformat()}.{ending}"

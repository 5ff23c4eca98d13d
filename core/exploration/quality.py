"""Data quality: what each column holds, what is missing or odd in it, and which rules dropped lines in a span."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.config import COLUMN_NAMES
from core.exploration.kept import keep
from core.exploration.selection import Selection

TEXTS = ("invoice", "product", "description", "customer", "country")

ODD = {
    "time": "hour({0}) = 0 AND minute({0}) = 0 AND second({0}) = 0",
    "quantity": "{0} <= 0",
    "price": "{0} <= 0",
    "invoice": "NOT regexp_matches({0}, '^[0-9]')",
    "product": "NOT regexp_matches({0}, '[0-9]')",
    "description": "NOT regexp_matches({0}, '[A-Z]') OR contains({0}, '?')",
    "customer": "lower(trim({0})) IN ('0', '-', '?', 'n/a', 'na', 'none', 'null', 'nan', 'unknown', 'guest')",
    "country": "lower(trim({0})) IN ('-', '?', 'n/a', 'na', 'none', 'null', 'unknown', 'unspecified', 'other')",
}
"""What is worth a look in each column, as SQL; none of it need be wrong."""


@dataclass(frozen=True, slots=True)
class ColumnFacts:
    """``lines`` counts all lines; ``missing``, ``odd`` and ``blanks`` (texts with blanks around) those of which it is
    true. ``lowest`` and ``highest``: numbers, times, or texts in order of their characters. ``first`` and ``last``:
    days on which the column had a value."""

    name: str
    lines: int
    missing: int
    odd: int
    blanks: int
    distinct: int
    lowest: Any
    highest: Any
    first: dt.date | None
    last: dt.date | None


def column_facts(one: Selection) -> tuple[ColumnFacts, ...]:
    """A row a column that the data have, in the order of our columns."""
    key = ("quality", one.series.segment, one.span, one.raw)
    return keep(one.generation, key, lambda: tuple(_facts(one, name) for name in COLUMN_NAMES if one.has(name)))


def _facts(one: Selection, name: str) -> ColumnFacts:
    """Counting each value once first makes everything else cheap: there are few values."""
    blanks = f"sum(n) FILTER ({name} <> trim({name}))" if name in TEXTS else "0"
    row = one.ask(
        f"""SELECT sum(n) AS lines, sum(n) FILTER ({name} IS NULL) AS missing,
                   sum(n) FILTER ({ODD[name].format(name)}) AS odd, {blanks} AS blanks,
                   count({name}) AS distinct_values,
                   min({name}) AS lowest, max({name}) AS highest,
                   min(first) FILTER ({name} IS NOT NULL) AS first, max(last) FILTER ({name} IS NOT NULL) AS last
            FROM (SELECT {name}, sum(n) AS n, min(day) AS first, max(day) AS last FROM source
                  WHERE day BETWEEN ? AND ? GROUP BY {name})""",
        *one.span,
    ).iloc[0]
    lines, missing, odd, around = (
        0 if pd.isna(row[column]) else int(row[column]) for column in ("lines", "missing", "odd", "blanks")
    )
    lowest, highest = (None if pd.isna(row[column]) else row[column] for column in ("lowest", "highest"))
    first, last = (None if pd.isna(row[column]) else pd.Timestamp(row[column]).date() for column in ("first", "last"))
    distinct = int(row["distinct_values"])
    return ColumnFacts(name, lines, missing, odd, around, distinct, lowest, highest, first, last)


def lines_by_rule(one: Selection) -> pd.DataFrame:
    """Columns rule ('' = in use) and lines, of all lines read in the span and the segment, most lines first."""
    rows = Selection(one.generation, one.series, one.first, one.last, raw=True).cube()
    sums = rows.groupby("rule", observed=True)["lines"].sum().sort_values(ascending=False, kind="stable")
    return pd.DataFrame({"rule": sums.index.astype(object), "lines": sums.to_numpy(dtype=np.int64)})

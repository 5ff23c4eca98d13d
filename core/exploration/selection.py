"""What is looked at: a series, a span of days, lines in use or as read; and the earlier days to compare it with."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import pandas as pd

from core.monitoring.shown import give_back
from core.series.panel import TOTAL, Series
from core.transactions.daily import NEEDS
from core.transactions.store import Generation

OTHER_COUNTRIES = "country:other"
YEAR = 364
"""Days between a day and the same weekday a year earlier."""
LEAST_HALVES = 28
"""Days that a span needs for its halves to be compared."""

PER_LINE = {"transactions": "n", "units": "quantity * n", "revenue": "amount::DOUBLE * n"}
"""What a line of ``source`` adds to a measure, as SQL."""
LINE_VALUES = {measure: f"sum({value})::DOUBLE" for measure, value in PER_LINE.items()}
DISTINCT = {"orders": "invoice", "customers": "customer"}
"""Measures that count each value of a column once."""

Span = tuple[dt.date, dt.date]
"""First and last day, both included."""


@dataclass(frozen=True)
class Selection:
    """``raw``: every line as it was read, repeats and dropped ones included; else the lines in use."""

    generation: Generation
    series: Series
    first: dt.date
    last: dt.date
    raw: bool = False

    @property
    def span(self) -> Span:
        return self.first, self.last

    @property
    def columns(self) -> tuple[str, ...]:
        """What the data have of our columns."""
        return self.generation.manifest.columns

    def has(self, column: str) -> bool:
        return column in self.columns

    def counts(self, measure: str) -> bool:
        """Whether the data can give a measure."""
        return NEEDS.get(measure, "time") in self.columns

    def source(self, whole: bool = False) -> tuple[str, list[object]]:
        """SQL for the lines of the segment, each with ``n``, how often it stands there, and its parameters. Of all
        countries with ``whole``. Days are not limited."""
        relation = "SELECT *, 1 AS n FROM lines"
        if self.raw:
            relation += " UNION ALL BY NAME SELECT *, if(rule = 'duplicate', seen, 1) AS n FROM rejected"
        where, params = ("true", []) if whole else self.segment()
        return f"(SELECT * FROM ({relation}) WHERE {where})", params

    def segment(self) -> tuple[str, list[object]]:
        """SQL for whether a line is of the segment; one without a country is of the others."""
        segment = self.series.segment
        if segment == TOTAL:
            return "true", []
        if segment == OTHER_COUNTRIES:
            named = [one.removeprefix("country:") for one in self.generation.manifest.segments[1:] if one != segment]
            return "NOT coalesce(list_contains(?::VARCHAR[], country), false)", [named]
        return "country = ?", [segment.removeprefix("country:")]

    def ask(self, query: str, *params: object, whole: bool = False) -> pd.DataFrame:
        """Rows of a query over the lines of ``source``; ``params`` are those of the query itself."""
        source, first = self.source(whole)
        answer = pd.DataFrame(self.generation.query(f"WITH source AS {source} {query}", [*first, *params]).to_pandas())
        give_back()
        return answer

    def cube(self, whole: bool = False) -> pd.DataFrame:
        """Rows of the cube in the span and the segment (of all countries with ``whole``); no copy of what is not."""
        cube = self.generation.cube()
        chosen = cube["day"].between(pd.Timestamp(self.first), pd.Timestamp(self.last))
        if not self.raw:
            chosen &= cube["rule"] == ""
        if not whole:
            chosen &= self._of_segment(cube)
        return cube[chosen]

    def _of_segment(self, cube: pd.DataFrame) -> Any:
        segment = self.series.segment
        if segment == TOTAL:
            return True
        if segment == OTHER_COUNTRIES:
            named = [one.removeprefix("country:") for one in self.generation.manifest.segments[1:] if one != segment]
            return ~cube["country"].isin(named)
        return cube["country"] == segment.removeprefix("country:")


class Comparison(NamedTuple):
    """Days of equal number to be compared. ``kind``: with the year before (whole weeks), with the days just before, or
    the later half of the span with the earlier."""

    kind: Literal["year", "before", "halves"]
    now: Span
    then: Span


def compared(span: Span, data_first: dt.date) -> Comparison | None:
    """What a span's growth is measured against, as far as the data reach; None where it is too short for anything."""
    first, last = span
    first = max(first, last - dt.timedelta(days=YEAR - 1))
    year, length = dt.timedelta(days=YEAR), last - first + dt.timedelta(days=1)
    if first - year >= data_first:
        return Comparison("year", (first, last), (first - year, last - year))
    if span[0] - length >= data_first and first == span[0]:
        return Comparison("before", span, (first - length, first - dt.timedelta(days=1)))
    days = (span[1] - span[0]).days + 1
    if days < LEAST_HALVES:
        return None
    half = dt.timedelta(days=days // 2)
    one = dt.timedelta(days=1)
    return Comparison("halves", (span[1] - half + one, span[1]), (span[0], span[0] + half - one))

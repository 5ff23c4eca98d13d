"""What drift is looked for in: features of days and of lines, counted by value in two windows.

Lines are counted inside the database; only counts by distinct value come out, however many lines there are.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from core.series.panel import MEASURES, Series

if TYPE_CHECKING:
    from core.series.calendar import OpeningCalendar
    from core.transactions.store import Generation

Level = Literal["day", "line"]
Kind = Literal["numeric", "category"]

SIGNIFICANT_DIGITS = 4
"""Line values are told apart to this many digits, so that continuous ones stay countable."""


class Window(NamedTuple):
    """First and last day, both included."""

    start: dt.date
    end: dt.date


@dataclass(frozen=True)
class FeatureCounts:
    """How often each distinct value stands in either window; three arrays of one length, values ascending."""

    name: str
    level: Level
    kind: Kind
    values: npt.NDArray[np.float64] | npt.NDArray[np.object_]
    reference: npt.NDArray[np.int64]
    current: npt.NDArray[np.int64]


class LineFeature(NamedTuple):
    """``value`` is SQL over the view ``source``; ``needs`` are the columns of the data it is made from."""

    name: str
    kind: Kind
    value: str
    source: str
    needs: tuple[str, ...]


_LINES = "SELECT * FROM lines WHERE day BETWEEN least($1, $3) AND greatest($2, $4)"
_BASKETS = (
    "SELECT min(day) AS day, count(*) AS lines FROM lines "
    "WHERE day BETWEEN least($1, $3) AND greatest($2, $4) AND invoice IS NOT NULL GROUP BY invoice"
)


def _rounded(value: str) -> str:
    digits = f"{SIGNIFICANT_DIGITS - 1} - floor(log10(abs({value})))::INTEGER"
    return f"CASE WHEN {value} = 0 THEN 0.0 ELSE round({value}, {digits}) END"


LINE_FEATURES = (
    LineFeature("quantity", "numeric", "quantity", _LINES, ("quantity",)),
    LineFeature("price", "numeric", "price", _LINES, ("price",)),
    LineFeature("amount", "numeric", "amount::DOUBLE", _LINES, ("quantity", "price")),
    LineFeature("hour", "numeric", "hour(time)::DOUBLE", _LINES, ("time",)),
    LineFeature("basket", "numeric", "lines::DOUBLE", _BASKETS, ("invoice",)),
    LineFeature("country", "category", "country", _LINES, ("country",)),
)


def line_features(generation: Generation, reference: Window, current: Window) -> list[FeatureCounts]:
    """Counts of every line feature whose columns the data have; a basket (lines of an invoice) counts once."""
    have = set(generation.manifest.columns)
    return [_count(generation, one, reference, current) for one in LINE_FEATURES if have.issuperset(one.needs)]


def _count(generation: Generation, feature: LineFeature, reference: Window, current: Window) -> FeatureCounts:
    numeric = feature.kind == "numeric"
    table = generation.query(
        f"""
        WITH counted AS (
            SELECT {feature.value} AS value,
                   count(*) FILTER (day BETWEEN $1 AND $2) AS reference,
                   count(*) FILTER (day BETWEEN $3 AND $4) AS current
            FROM ({feature.source}) GROUP BY 1
        )
        SELECT {_rounded("value") if numeric else "value"} AS value,
               sum(reference)::BIGINT AS reference, sum(current)::BIGINT AS current
        FROM counted WHERE value IS NOT NULL GROUP BY 1 HAVING sum(reference) + sum(current) > 0 ORDER BY 1
        """,
        [*reference, *current],
    )
    values = table["value"].to_numpy() if numeric else np.array(table["value"].to_pylist(), dtype=object)
    counts = (table[name].to_numpy() for name in ("reference", "current"))
    return FeatureCounts(feature.name, "line", feature.kind, values, *counts)


def day_features(
    generation: Generation, calendar: OpeningCalendar, reference: Window, current: Window
) -> list[FeatureCounts]:
    """Counts of the daily totals of every measure on open days; a day without trade that nothing explains counts."""
    panel = generation.panel()
    days = panel.days
    is_open = calendar.is_open(days)
    inside = [is_open & (days >= np.datetime64(w.start)) & (days <= np.datetime64(w.end)) for w in (reference, current)]
    found = []
    for measure in MEASURES:
        if Series(measure) not in panel.series:
            continue
        values = panel[Series(measure)]
        distinct = np.unique(values[inside[0] | inside[1]])
        before, after = (_tally(values[rows], distinct) for rows in inside)
        found.append(FeatureCounts(measure, "day", "numeric", distinct, before, after))
    return found


def _tally(sample: npt.NDArray[np.float64], distinct: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return np.bincount(np.searchsorted(distinct, sample), minlength=len(distinct)).astype(np.int64)

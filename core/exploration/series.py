"""Everything about the days of one series at once: values, open days, parts, odd days and why; kept for all tabs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from core.exploration.anomalies import OddDay, odd_days
from core.exploration.causes import Cause, causes
from core.exploration.daily import daily, known_days
from core.exploration.decomposition import Decomposition, decompose
from core.exploration.kept import keep
from core.exploration.selection import Selection
from core.series.days import Flags
from core.series.panel import Days, Series, Values


class Calendar(Protocol):
    """Why days are closed: core.series.calendar.OpeningCalendar."""

    def reasons(self, days: Days) -> npt.NDArray[np.object_]: ...


@dataclass(frozen=True)
class Explored:
    """Arrays over all days of the panel; ``known``: open, or with lines all the same. ``span``: where the chosen days
    stand in them. ``parts``: None with too few days."""

    days: Days
    values: Values
    known: Flags
    reasons: tuple[str, ...]
    span: slice
    parts: Decomposition | None
    odd: tuple[OddDay, ...]

    @property
    def shown(self) -> tuple[OddDay, ...]:
        """The odd days among the chosen ones."""
        return tuple(one for one in self.odd if self.span.start <= one.index < self.span.stop)


def explore(one: Selection, calendar: Calendar) -> Explored:
    """Trend, week and year are those of the whole history, so that a day is judged alike whatever span is shown."""
    panel = one.generation.panel()
    values = daily(one)
    reasons = tuple(str(reason) for reason in calendar.reasons(panel.days))
    known = known_days(values, np.array([reason == "" for reason in reasons]))
    key = ("parts", one.series, one.raw, known.tobytes())
    parts = keep(one.generation, key, lambda: decompose(panel.days, values, known))
    odd = () if parts is None else odd_days(panel.days, values, parts)
    start = (one.first - panel.first_day).days
    span = slice(start, start + (one.last - one.first).days + 1)
    return Explored(panel.days, values, known, reasons, span, parts, odd)


def why(one: Selection, found: Explored) -> tuple[Cause, ...]:
    """The reason of each odd day among the chosen ones."""
    orders = Series("orders", one.series.segment)
    counted = one.generation.panel()
    key = ("causes", one.series, one.raw, found.odd, found.reasons)
    made = keep(
        one.generation,
        key,
        lambda: causes(one, found.odd, found.reasons, counted[orders] if orders in counted.series else None),
    )
    shown = set(found.shown)
    return tuple(cause for day, cause in zip(found.odd, made, strict=True) if day in shown)

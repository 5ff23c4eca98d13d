"""What the monitoring says of every day: statistics of all features, and the rules that fire, within one budget."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

import numpy as np

from core.monitoring.drift import CURRENT_DAYS, MINIMUM, REFERENCE_DAYS, Verdict, judge
from core.monitoring.faults import fault_signals
from core.monitoring.features import MODEL_INPUTS, with_values
from core.monitoring.levels import ALL, RENEWED_DAYS, Levels, watch_levels
from core.monitoring.memo import Memo
from core.monitoring.psi import PSI_LINES, Floats, Ints, psi_limit
from core.monitoring.reference import Reference
from core.monitoring.season import Season
from core.monitoring.signal import Kind, Severity, Signal
from core.monitoring.windows import FeatureWindows, Null, Statistics, digest_of
from core.series.days import Flags
from core.series.panel import MEASURES, Panel
from core.transactions.counts import DayCounts, FeatureDays

SHARES = {"level": 0.94, "inputs": 0.04, "performance": 0.02}
"""How the budget of false alarms a year is shared out; whole families, so that their expected numbers add up to it.

Most goes to the test that finds a change soonest; the limits of the others, read from few independent windows or tests,
are on the careful side anyhow."""

RIPE_DAYS = {"customer_type": 365}
"""Days of data before a reference that a feature needs: at first all customers are new, which is no change."""

LEAST_REFERENCE = 60
"""Days of data before a window without which there is nothing to compare it with."""
CRITICAL = 1.5
"""A shift beyond so many times its limit is critical."""
MOVED = 2.5
"""Standard errors of a shift from which a measure's drift is called one of level rather than of shape."""


@dataclass(frozen=True)
class Rules:
    """``budget``: false alarms a year of all rules together; ``line``: the customary PSI line that is reported as
    asked; ``days``: the window's calendar days."""

    budget: float = 1.0
    line: float = PSI_LINES[2]
    days: int = CURRENT_DAYS


@dataclass(frozen=True)
class FeatureDay:
    """One feature in the window that ends on a day; names and units as the table STATISTICS. NaN: not to be had."""

    feature: str
    level: str
    kind: str
    psi: float
    psi_excess: float
    psi_limit: float
    ks: float
    ks_p: float
    ks_limit: float
    wasserstein: float
    js: float
    cramers_v: float
    missing: float
    n_ref: int
    n_cur: int
    verdict: Verdict


@dataclass(frozen=True)
class DayFindings:
    """Everything about one day."""

    day: dt.date
    statistics: tuple[FeatureDay, ...]
    signals: tuple[Signal, ...]


@dataclass(frozen=True)
class Watched:
    """What is looked at: counts of all features, the panel, and which of its days are open, shape (days,).

    ``frozen``: the reference of the version in use, for days after its window; days before that, and every day where
    there is none, are compared with the year before them.
    """

    counts: DayCounts
    panel: Panel
    is_open: Flags
    frozen: Reference | None = None


def findings(
    watched: Watched, first: dt.date, last: dt.date, rules: Rules, memo: Memo | None = None
) -> list[DayFindings]:
    """Of the days ``first`` to ``last`` that the data have, in order; each knows nothing after itself. ``memo``: keeps
    limits, so that the next day of the same reference costs little."""
    memo = memo or Memo()
    counts = watched.counts
    begin, end = max(counts.number(first), 0), min(counts.number(last), counts.n_days - 1)
    if begin > end:
        return []
    statistics: dict[int, list[FeatureDay]] = defaultdict(list)
    signals: dict[int, list[Signal]] = defaultdict(list)
    per_year, earlier = rules.budget * SHARES["level"], max(begin - rules.days + 1, 0)
    levels = watch_levels(watched.panel, watched.is_open, per_year, earlier, memo, last=end)
    season = Season(watched.panel, watched.is_open)
    for day, signal in _level_signals(levels, season, begin):
        signals[day].append(signal)
    alarming = [one.name for one in counts.features if one.name not in MODEL_INPUTS]
    each = rules.budget * SHARES["inputs"] / max(len(alarming), 1)
    for feature in counts.features:
        judged = _Judged(feature, watched, rules, each if feature.name in alarming else 0.0, levels, season, memo)
        for day, found, fired in judged.days(begin, end):
            statistics[day].append(found)
            signals[day] += fired
    for day, signal in fault_signals(counts, watched.panel, watched.is_open, begin, end):
        signals[day].append(signal)
    day_of = [counts.first_day + dt.timedelta(days=number) for number in range(begin, end + 1)]
    return [DayFindings(day, tuple(statistics[begin + n]), tuple(signals[begin + n])) for n, day in enumerate(day_of)]


def _level_signals(levels: Levels, season: Season, begin: int) -> Iterator[tuple[int, Signal]]:
    for column in np.flatnonzero((levels.value.max(axis=0) > levels.limit) & (levels.days >= begin)).tolist():
        row = int(levels.value[:, column].argmax())
        value, limit = float(levels.value[row, column]), float(levels.limit[column])
        day, began, name = int(levels.days[column]), int(levels.began[row, column]), levels.names[row]
        seasonal = bool(levels.seasonal[column])
        explained = None if seasonal else season.explains(name, began, day)
        kind: Kind = "season" if explained else "level"
        severity: Severity = "info" if explained else "critical" if value > CRITICAL * limit else "warning"
        evidence = {
            "size": round(float(levels.size[row, column]), 3),
            "began": season.date(began),
            "season_removed": seasonal,
            "season_known": seasonal or explained is not None,
            "change": season.change(name, began, day),
        }
        if seasonal:
            evidence["beyond"] = season.beyond(name, began, day)
        yield day, Signal("shift", name, kind, severity, value, limit, evidence)


class _Judged:
    """One feature, its references block by block, and what it says of every day."""

    def __init__(
        self, feature: FeatureDays, watched: Watched, rules: Rules, per_year: float,
        levels: Levels, season: Season, memo: Memo,
    ) -> None:  # fmt: skip
        self.rules, self.per_year, self.levels, self.season, self.memo = rules, per_year, levels, season, memo
        self.first_day = watched.counts.first_day
        self.frozen_from = watched.counts.n_days
        self.frozen: Ints | None = None
        if watched.frozen is not None:
            self.frozen_from = watched.counts.number(watched.frozen.window.end) + 1
            start, stop = watched.frozen.window
            self.frozen_window = watched.counts.number(start), watched.counts.number(stop)
            known = next((one for one in watched.frozen.features if one.name == feature.name), None)
            if known is not None:
                feature = with_values(feature, known.values)
                self.frozen = np.zeros(len(feature.values), np.int64)
                self.frozen[np.searchsorted(feature.values, known.values)] = known.reference
        self.feature = feature
        self.windows = FeatureWindows(feature, rules.days)

    def days(self, begin: int, end: int) -> Iterator[tuple[int, FeatureDay, list[Signal]]]:
        for start in range(begin - begin % RENEWED_DAYS, end + 1, RENEWED_DAYS):
            stop = min(start + RENEWED_DAYS - 1, end)
            edge = min(max(self.frozen_from, start), stop + 1)
            yield from self._block(start, max(start, begin), edge - 1)
            yield from self._block(start, max(edge, begin), stop)

    def _block(self, start: int, first: int, last: int) -> Iterator[tuple[int, FeatureDay, list[Signal]]]:
        """The days ``first`` to ``last`` of the block that begins on ``start``."""
        first = max(first, self.rules.days - 1)
        if first > last:
            return
        found = self._reference(start, first)
        if found is None:
            return
        reference, low, high = found
        if not reference.any():
            return
        null, rings = self._null(low, high), bool(self.per_year) and low >= RIPE_DAYS.get(self.feature.name, 0)
        statistics = self.windows.statistics(reference, first, last)
        alert = max(null.sequential(self.per_year, self.rules.days), PSI_LINES[0]) if rings else np.inf
        for row, day in enumerate(range(first, last + 1)):
            one = self._day(statistics, null, row, day)
            kind = self._kind(one, day, (low, high)) if rings and self._stands_out(one, alert) else None
            if kind == "season" and one.verdict in ("watch", "drift"):
                one = replace(one, verdict="season")
            yield day, one, self._signals(one, kind, alert, day, (low, high))

    def _stands_out(self, one: FeatureDay, alert: float) -> bool:
        """Whether anybody asks what kind of change it is."""
        if one.verdict == "not enough data":
            return False
        return one.verdict in ("watch", "drift") or one.psi > min(alert, self.rules.line)

    def _null(self, low: int, high: int) -> Null:
        """From the days as the data have them now: a frozen reference may know them otherwise."""
        reference = self.feature.between(low, high)
        parts = "null", self.feature.kind, self.feature.level, self.rules.days, high - low
        key = *parts, *digest_of(self.feature, low, high)
        return Null(**self.memo.of(key, lambda: asdict(self.windows.null(reference, low, high))))

    def _reference(self, start: int, first: int) -> tuple[Ints, int, int] | None:
        """Counts by value, and the first and last day of them; None while there are too few days. A frozen reference
        whose days are not all in the data any more has no limits: the year before it is then."""
        if first >= self.frozen_from and self.frozen is not None and self.frozen_window[0] >= 0:
            return self.frozen, *self.frozen_window
        high = start - self.rules.days
        low = max(high - REFERENCE_DAYS + 1, 0)
        return (self.feature.between(low, high), low, high) if high - low + 1 >= LEAST_REFERENCE else None

    def _day(self, found: Statistics, null: Null, row: int, day: int) -> FeatureDay:
        from scipy.special import kolmogorov

        feature, psi, ks = self.feature, float(found.psi[row]), float(found.ks[row])
        n_ref, n_cur = int(found.n_ref[row]), int(found.n_cur[row])
        both = n_ref * n_cur / max(n_ref + n_cur, 1)
        limit = _larger(null.limit["psi"], psi_limit(n_ref, n_cur, 5) if feature.level == "day" and n_cur else np.nan)
        least_ref, least_cur = MINIMUM[feature.level]
        enough = n_ref >= least_ref and n_cur >= least_cur and np.isfinite(psi)
        gone = int(feature.missing[max(day - self.rules.days + 1, 0) : day + 1].sum())
        return FeatureDay(
            feature=feature.name,
            level=feature.level,
            kind=feature.kind,
            psi=psi,
            psi_excess=psi - null.mean["psi"],
            psi_limit=limit,
            ks=ks,
            ks_p=float(kolmogorov(ks * both**0.5)) if np.isfinite(ks) else np.nan,
            ks_limit=null.limit["ks"],
            wasserstein=float(found.wasserstein[row]),
            js=float(found.js[row]),
            cramers_v=float(found.cramers_v[row]),
            missing=gone / max(gone + n_cur, 1),
            n_ref=n_ref,
            n_cur=n_cur,
            verdict=judge(psi, limit) if enough and np.isfinite(limit) else "not enough data",
        )

    def _signals(
        self, one: FeatureDay, kind: Kind | None, alert: float, day: int, reference: tuple[int, int]
    ) -> list[Signal]:
        """Beyond what the budget allows it is drift; over the customary line alone it is reported, as asked."""
        if kind is None or not one.psi > min(alert, self.rules.line):
            return []
        beyond = one.psi > alert
        evidence = {
            "line": self.rules.line,
            "beyond_line": one.psi > self.rules.line,
            "beyond_chance": one.psi > one.psi_limit,
            "excess": round(one.psi_excess, 4),
            "ks": round(one.ks, 4) if np.isfinite(one.ks) else None,
            "reference": [self._date(reference[0]), self._date(reference[1])],
            "window": [self._date(day - self.rules.days + 1), self._date(day)],
        }
        if not beyond:
            if one.psi <= self.rules.line:
                return []
            known: Kind = "season" if kind == "season" else "psi line"
            return [Signal("psi line", one.feature, known, "info", one.psi, self.rules.line, evidence)]
        severity: Severity = "info" if kind == "season" else "critical" if one.psi > 2 * alert else "warning"
        return [Signal("drift", one.feature, kind, severity, one.psi, alert, evidence)]

    def _kind(self, one: FeatureDay, day: int, reference: tuple[int, int]) -> Kind:
        if one.feature in MEASURES:
            if self.season.explains_mean(one.feature, reference, (day - self.rules.days + 1, day)):
                return "season"
            return "level" if self._moved(one.feature, day) else "shape"
        return "season" if self.season.explains_counts(self.windows, day) else "shape"

    def _moved(self, name: str, day: int) -> bool:
        rows = [row for row, one in enumerate(self.levels.names) if one in (name, ALL)]
        before = (self.levels.days <= day) & (self.levels.days > day - self.rules.days)
        values: Floats = self.levels.value[rows][:, before]
        return bool(values.size and values.max() > MOVED)

    def _date(self, day: int) -> str:
        return (self.first_day + dt.timedelta(days=day)).isoformat()


def _larger(one: float, other: float) -> float:
    return float(np.nanmax([one, other])) if np.isfinite(one) or np.isfinite(other) else float("nan")

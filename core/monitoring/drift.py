"""The drift report: did the last days behave like a reference period? PSI and KS of every feature, with verdicts."""

from __future__ import annotations

import datetime as dt
import json
import math
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from core.errors import InputError, NotReadyError
from core.monitoring.bins import OTHER, bins_of
from core.monitoring.features import FeatureCounts, Window, counts_in, features_of
from core.monitoring.ks import ks_of_counts
from core.monitoring.psi import PSI_LINES, Ints, psi_limit, psi_of_counts
from core.monitoring.windows import MOVING, FeatureWindows
from core.series.calendar import holiday_country, infer_calendar
from core.series.panel import Series
from core.transactions.counts import DayCounts, Kind, Level

if TYPE_CHECKING:
    from core.series.calendar import OpeningCalendar
    from core.transactions.store import Generation

Verdict = Literal["stable", "watch", "drift", "season", "not enough data"]
"""``season``: it would be watched or drift, had the year before not done the same; only the history tells."""

CURRENT_DAYS = 30
"""The current window, unless named."""

REFERENCE_DAYS = 365
"""The reference is, unless named, the year before the current window, or what there is of it."""

MINIMUM: dict[Level, tuple[int, int]] = {"day": (30, 10), "line": (200, 100)}
"""Fewest observations in the reference and in the current window for a verdict."""

KEPT_REPORTS = 32


@dataclass(frozen=True)
class FeatureDrift:
    """One feature compared. Numbers that cannot be worked out are None.

    ``psi_limit``: what PSI stays below in 95 of 100 cases without any change: by the sample sizes, and by windows of
    the reference, which depend on each other and have seasons, the larger of both. ``labels``, ``ref_shares``,
    ``cur_shares``: the bins and the share (0..1) of each; ``edges``: inner edges of numeric bins, bin i is
    (edge[i−1], edge[i]]. KS is for numeric features only.
    """

    feature: str
    kind: Kind
    level: Level
    psi: float | None
    psi_limit: float | None
    ks: float | None
    ks_p: float | None
    n_ref: int
    n_cur: int
    verdict: Verdict
    ref_shares: tuple[float, ...]
    cur_shares: tuple[float, ...]
    labels: tuple[str, ...]
    edges: tuple[float, ...]


@dataclass(frozen=True)
class DriftReport:
    """Both windows with first and last day, and their features: measures a day first, then features of lines."""

    reference: tuple[dt.date, dt.date]
    current: tuple[dt.date, dt.date]
    features: tuple[FeatureDrift, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        windows = {name: [day.isoformat() for day in getattr(self, name)] for name in ("reference", "current")}
        return {**windows, "features": [asdict(one) for one in self.features]}

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> DriftReport:
        before, now = (Window(*map(dt.date.fromisoformat, found[name])) for name in ("reference", "current"))
        plain: list[dict[str, Any]] = [
            {key: tuple(one) if isinstance(one, list) else one for key, one in row.items()} for row in found["features"]
        ]
        return cls(before, now, tuple(FeatureDrift(**row) for row in plain))

    @property
    def verdict(self) -> Verdict:
        """The worst of the features that have one."""
        found = {feature.verdict for feature in self.features}
        ranked: Sequence[Verdict] = ("drift", "watch", "season", "stable")
        return next((verdict for verdict in ranked if verdict in found), "not enough data")


_reports: OrderedDict[tuple[object, ...], DriftReport] = OrderedDict()
_lock = threading.Lock()


def drift_report(
    generation: Generation,
    days: int = CURRENT_DAYS,
    reference: tuple[dt.date, dt.date] | None = None,
    *,
    calendar: OpeningCalendar | None = None,
    holidays: str | None = None,
) -> DriftReport:
    """Compares the last ``days`` calendar days with the reference (default: up to a year just before them).

    ``calendar`` says which days were open; without one it is inferred, with the setting HOLIDAYS_COUNTRY. Reports are
    kept in memory by generation. Raises InputError for windows outside the data or overlapping, NotReadyError where
    there is no day before the current window.
    """
    known = holidays if calendar is None else json.dumps(calendar.to_json(), sort_keys=True)
    key = (str(generation.path), days, reference, known)
    with _lock:
        if key in _reports:
            _reports.move_to_end(key)
            return _reports[key]
    before, now = windows(generation.manifest.first_day, generation.manifest.last_day, days, reference)
    report = _compare(generation, before, now, calendar or inferred(generation, holidays))
    with _lock:
        _reports[key] = report
        while len(_reports) > KEPT_REPORTS:
            _reports.popitem(last=False)
    return report


def windows(
    first: dt.date, last: dt.date, days: int, reference: tuple[dt.date, dt.date] | None = None
) -> tuple[Window, Window]:
    """The reference and the current window for data from ``first`` to ``last``. Raises as ``drift_report``."""
    if days < 1:
        raise InputError(f"a window of {days} days is not possible", hint="Use 1 day or more.")
    current = Window(last - dt.timedelta(days=days - 1), last)
    if reference is None:
        eve = current.start - dt.timedelta(days=1)
        if eve < first:
            raise NotReadyError(f"The data begin on {first}: there is nothing before the last {days} days yet.")
        return Window(max(first, eve - dt.timedelta(days=REFERENCE_DAYS - 1)), eve), current
    chosen = Window(*reference)
    if chosen.start > chosen.end:
        raise InputError(
            f"the reference ends on {chosen.end}, before it begins on {chosen.start}", hint="Name the first day first."
        )
    if chosen.start < first or chosen.end > last:
        raise InputError(
            f"the reference {chosen.start} to {chosen.end} does not lie in the data", hint=f"They go {first} to {last}."
        )
    if chosen.end >= current.start:
        raise InputError(
            f"the reference ends on {chosen.end}, inside the current window", hint=f"That begins on {current.start}."
        )
    return chosen, current


def inferred(generation: Generation, holidays: str | None) -> OpeningCalendar:
    """The opening calendar that the data themselves show; ``holidays``: the setting HOLIDAYS_COUNTRY."""
    panel, main = generation.panel(), generation.manifest.main_country
    return infer_calendar(panel.first_day, panel[Series("transactions")], holiday_country(main, holidays))


def _compare(generation: Generation, reference: Window, current: Window, calendar: OpeningCalendar) -> DriftReport:
    counts = features_of(generation, calendar)
    found = [
        compare(one, chance(counts, one.name, reference, current)) for one in counts_in(counts, reference, current)
    ]
    return DriftReport(reference, current, tuple(found))


def chance(counts: DayCounts, name: str, reference: Window, current: Window) -> float | None:
    """What PSI of a feature stays below in 95 of 100 windows of the reference; None where it has too few of them."""
    length = (current.end - current.start).days + 1
    first, last = map(counts.number, reference)
    feature = counts[name]
    if first < 0 or last >= counts.n_days:
        return None
    null = FeatureWindows(feature, length).null(feature.between(first, last), first, last)
    limit = null.limit["psi"]
    return limit if null.method == MOVING and math.isfinite(limit) else None


def compare(counted: FeatureCounts, by_chance: float | None = None) -> FeatureDrift:
    """PSI, KS and the verdict of one feature; ``by_chance``: what ``chance`` says of it."""
    n_ref, n_cur = int(counted.reference.sum()), int(counted.current.sum())
    psi = limit = ks = p = None
    verdict: Verdict = "not enough data"
    labels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    ref = cur = np.zeros(0, np.int64)
    if n_ref:
        bins = bins_of(counted.values, counted.reference, counted.kind, counted.level)
        labels, edges, ref, cur = bins.labels, bins.edges, bins.sums(counted.reference), bins.sums(counted.current)
    if n_ref and n_cur:
        psi, limit = psi_of_counts(ref, cur), max(psi_limit(n_ref, n_cur, len(ref)), by_chance or 0.0)
        if labels[-1] == OTHER and not (ref[-1] or cur[-1]):
            labels, ref, cur = labels[:-1], ref[:-1], cur[:-1]
        if counted.kind == "numeric":
            ks, p = ks_of_counts(counted.reference, counted.current)
        least_ref, least_cur = MINIMUM[counted.level]
        if n_ref >= least_ref and n_cur >= least_cur:
            verdict = judge(psi, limit)
    return FeatureDrift(
        feature=counted.name,
        kind=counted.kind,
        level=counted.level,
        psi=psi,
        psi_limit=limit,
        ks=ks,
        ks_p=p,
        n_ref=n_ref,
        n_cur=n_cur,
        verdict=verdict,
        ref_shares=_shares(ref),
        cur_shares=_shares(cur),
        labels=labels,
        edges=edges,
    )


def judge(psi: float, limit: float, line: float = PSI_LINES[2]) -> Verdict:
    """A line counts only where PSI also exceeds what chance does with so many observations. ``line``: of drift."""
    if psi > max(line, limit):
        return "drift"
    return "watch" if psi > max(PSI_LINES[0], limit) else "stable"


def _shares(counts: Ints) -> tuple[float, ...]:
    return tuple((counts / max(int(counts.sum()), 1)).tolist())

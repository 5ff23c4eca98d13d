"""The drift report: did the last days behave like a reference period? PSI and KS of every feature, with verdicts."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from core.errors import InputError, NotReadyError
from core.monitoring.features import FeatureCounts, Kind, Level, Window, day_features, line_features
from core.monitoring.ks import ks_of_counts
from core.monitoring.psi import PSI_LINES, Floats, Ints, bin_counts, psi_limit, psi_of_counts, quantile_edges
from core.series.calendar import holiday_country, infer_calendar
from core.series.panel import Series

if TYPE_CHECKING:
    from core.series.calendar import OpeningCalendar
    from core.transactions.store import Generation

Verdict = Literal["stable", "watch", "drift", "not enough data"]

CURRENT_DAYS = 30
"""The current window, unless named."""

REFERENCE_DAYS = 365
"""The reference is, unless named, the year before the current window, or what there is of it."""

BINS_DAYS, BINS_LINES, TOP_CATEGORIES = 5, 10, 9
"""A month of days fills five bins; more would make PSI a matter of chance."""

MINIMUM: dict[Level, tuple[int, int]] = {"day": (30, 10), "line": (200, 100)}
"""Fewest observations in the reference and in the current window for a verdict."""

OTHER = "other"
KEPT_REPORTS = 32


@dataclass(frozen=True)
class FeatureDrift:
    """One feature compared. Numbers that cannot be worked out are None.

    ``psi_limit``: what PSI stays below in 95 of 100 cases without any change, from the sample sizes (independent
    observations). ``labels``, ``ref_shares``, ``cur_shares``: the bins and the share (0..1) of each; ``edges``: inner
    edges of numeric bins, bin i is (edge[i−1], edge[i]]. KS is for numeric features only.
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
        ranked: Sequence[Verdict] = ("drift", "watch", "stable")
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
    report = _compare(generation, before, now, calendar or _inferred(generation, holidays))
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
    if chosen.start > chosen.end or chosen.start < first or chosen.end > last:
        raise InputError(
            f"the reference {chosen.start} to {chosen.end} does not lie in the data", hint=f"They go {first} to {last}."
        )
    if chosen.end >= current.start:
        raise InputError(
            f"the reference ends on {chosen.end}, inside the current window", hint=f"That begins on {current.start}."
        )
    return chosen, current


def _inferred(generation: Generation, holidays: str | None) -> OpeningCalendar:
    panel, main = generation.panel(), generation.manifest.main_country
    return infer_calendar(panel.first_day, panel[Series("transactions")], holiday_country(main, holidays))


def _compare(generation: Generation, reference: Window, current: Window, calendar: OpeningCalendar) -> DriftReport:
    counted = day_features(generation, calendar, reference, current) + line_features(generation, reference, current)
    return DriftReport(reference, current, tuple(map(compare, counted)))


def compare(counted: FeatureCounts) -> FeatureDrift:
    """PSI, KS and the verdict of one feature."""
    n_ref, n_cur = int(counted.reference.sum()), int(counted.current.sum())
    bins = _binned(counted) if n_ref else _NO_BINS
    psi = limit = ks = p = None
    verdict: Verdict = "not enough data"
    if n_ref and n_cur:
        psi, limit = psi_of_counts(bins.ref, bins.cur), psi_limit(n_ref, n_cur, len(bins.ref))
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
        ref_shares=_shares(bins.ref),
        cur_shares=_shares(bins.cur),
        labels=bins.labels,
        edges=bins.edges,
    )


def judge(psi: float, limit: float) -> Verdict:
    """A customary line counts only where PSI also exceeds what chance does with so many observations."""
    if psi > max(PSI_LINES[2], limit):
        return "drift"
    return "watch" if psi > max(PSI_LINES[0], limit) else "stable"


class _Bins(NamedTuple):
    labels: tuple[str, ...]
    edges: tuple[float, ...]
    ref: Ints
    cur: Ints


_NO_BINS = _Bins((), (), np.zeros(0, np.int64), np.zeros(0, np.int64))


def _binned(counted: FeatureCounts) -> _Bins:
    """The bins that the reference fixes, and the counts of both windows in them."""
    if counted.kind == "category":
        return _categories(counted)
    values = counted.values.astype(np.float64)
    edges = quantile_edges(values, BINS_DAYS if counted.level == "day" else BINS_LINES, counted.reference)
    ref, cur = (bin_counts(values, edges, counts) for counts in (counted.reference, counted.current))
    whole = bool((values == np.floor(values)).all())
    return _Bins(bin_labels(edges, whole=whole), tuple(edges.tolist()), ref, cur)


def _categories(counted: FeatureCounts) -> _Bins:
    """The reference's largest categories, and the others together where there are any."""
    top = np.argsort(-counted.reference, kind="stable")[:TOP_CATEGORIES]
    top = top[counted.reference[top] > 0]
    labels = tuple(str(value) for value in counted.values[top])
    ref, cur = counted.reference[top], counted.current[top]
    rest = counted.reference.sum() - ref.sum(), counted.current.sum() - cur.sum()
    if any(rest):
        labels, ref, cur = (*labels, OTHER), np.append(ref, rest[0]), np.append(cur, rest[1])
    return _Bins(labels, (), ref, cur)


def bin_labels(edges: Sequence[float] | Floats, *, whole: bool = False) -> tuple[str, ...]:
    """'up to 2', '2 – 6', 'over 6' for the inner edges 2 and 6; of whole numbers '3 – 6' in the middle."""
    text = [f"{edge:,.4g}" if abs(edge) < 10_000 else f"{edge:,.0f}" for edge in edges]
    between = []
    for (low, high), (low_text, high_text) in zip(pairwise(edges), pairwise(text), strict=True):
        if whole and low + 1 >= high:
            between.append(high_text)
        else:
            between.append(f"{low + 1:,.0f} – {high_text}" if whole else f"{low_text} – {high_text}")
    return (f"up to {text[0]}", *between, f"over {text[-1]}")


def _shares(counts: Ints) -> tuple[float, ...]:
    return tuple((counts / max(int(counts.sum()), 1)).tolist())

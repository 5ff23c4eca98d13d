"""One feature on one day, looked at closely: against a reference of one's choice, bin by bin, and over time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from core.monitoring import distances
from core.monitoring.bins import Bins, bins_of
from core.monitoring.drift import CURRENT_DAYS, MINIMUM, REFERENCE_DAYS, FeatureDrift, Verdict, judge
from core.monitoring.features import FeatureCounts, Window, with_values
from core.monitoring.findings import LEAST_REFERENCE
from core.monitoring.laws import kolmogorov
from core.monitoring.levels import RENEWED_DAYS, YEAR_AGO
from core.monitoring.psi import PSI_LINES, Floats, Ints, psi_limit
from core.monitoring.reference import Reference
from core.monitoring.season import AROUND_DAYS
from core.monitoring.windows import INDEPENDENT, LEAST_WINDOWS, LEVEL, MOVING, STATISTICS
from core.transactions.counts import DayCounts, FeatureDays

Choice = Literal["training", "year", "season", "fixed"]
"""The reference: of the version in use (days before the end of it: as ``year``, as the monitoring does), the year
before the window, the same weeks of the year before, or two days that somebody chose."""
CHOICES: tuple[Choice, ...] = get_args(Choice)

Refusal = Literal["no such feature", "outside", "short", "no season", "not in order", "overlap", "empty"]
"""Why nothing can be compared: the day or the reference lies outside the data, there are too few days before, the year
before is not there, the two days are not in order, the reference reaches into the window, or has no values."""

MOST_CELLS = 60_000
"""Windows × values of which KS and Wasserstein are worked out for their limits: of long features every few days."""


@dataclass(frozen=True)
class Asked:
    """``day``: the last of the window of ``days`` days; ``first``, ``last``: of a fixed reference."""

    day: dt.date
    days: int = CURRENT_DAYS
    choice: Choice = "training"
    first: dt.date | None = None
    last: dt.date | None = None


@dataclass(frozen=True)
class Inspection:
    """``drift``: both distributions and the verdict, as the monitoring judges; ``parts``: what every bin adds to PSI;
    ``line``: the PSI line that the verdict goes by.

    ``values``: the STATISTICS that fit the feature; ``limits``: what 95 of 100 windows of the reference stay below,
    ``usual``: their mean, both only where they can be had. ``method``: as Null. ``missing``: share of lines without a
    value in the window, and in the reference. ``learnt``: whether the version in use learnt from the day. ``days``,
    ``psi``: every window that ends on these days against the same reference, NaN where it is empty.
    """

    drift: FeatureDrift
    choice: Choice
    frozen: bool
    reference: Window
    current: Window
    parts: tuple[float, ...]
    values: Mapping[str, float]
    limits: Mapping[str, float]
    usual: Mapping[str, float]
    method: str
    windows: int
    missing: float
    missing_before: float
    learnt: bool
    days: tuple[dt.date, ...]
    psi: Floats
    line: float = PSI_LINES[2]


def inspect(
    feature: FeatureDays,
    first_day: dt.date,
    asked: Asked,
    frozen: Reference | None,
    since: dt.date | None = None,
    line: float = PSI_LINES[2],
) -> Inspection | Refusal:
    """``first_day``: of the data; ``frozen``: the reference of the version in use; ``since``: the first day of the
    series, the first window there can be unless named; ``line``: see core.monitoring.findings.Rules. A few
    milliseconds."""
    number = (asked.day - first_day).days
    if not asked.days - 1 <= number < len(feature.missing):
        return "outside" if not 0 <= number < len(feature.missing) else "short"
    found = _reference(feature, first_day, number, asked, frozen)
    if isinstance(found, str):
        return found
    feature, before = found
    now = feature.between(number - asked.days + 1, number)
    if not before.counts.any():
        return "empty"
    bins = bins_of(feature.values, before.counts, feature.kind, feature.level)
    ref, cur = bins.sums(before.counts), bins.sums(now)
    null = _Chance(feature, before, asked.days)
    values = _values(feature, before.counts, now, ref, cur)
    start = asked.days - 1 if since is None else max((since - first_day).days, asked.days - 1)
    numbers = range(start, len(feature.missing))
    return Inspection(
        drift=_drift(feature, bins, before.counts, now, values, null.limits.get("psi"), line),
        choice=asked.choice,
        frozen=before.frozen,
        reference=before.window,
        current=Window(asked.day - dt.timedelta(days=asked.days - 1), asked.day),
        parts=tuple(distances.psi_parts(ref, cur).tolist()) if cur.any() else (),
        values=values,
        limits=null.limits,
        usual=null.usual,
        method=null.method,
        windows=null.count,
        missing=_missing(feature, number - asked.days + 1, number),
        missing_before=_missing(feature, before.low, before.high),
        learnt=frozen is not None and asked.day <= frozen.window.end,
        days=tuple(first_day + dt.timedelta(days=one) for one in numbers),
        psi=_over_time(ref, feature, bins, asked.days)[start - asked.days + 1 :],
        line=line,
    )


def explained(seen: Inspection) -> Inspection:
    """The same where the history found that the season explains it, which one feature alone does not tell."""
    if seen.drift.verdict not in ("watch", "drift"):
        return seen
    return replace(seen, drift=replace(seen.drift, verdict="season"))


def compare_as_watched(
    counts: DayCounts, asked: Asked, frozen: Reference | None, season: Collection[str], line: float
) -> tuple[Window, Window, tuple[FeatureDrift, ...]] | None:
    """Both windows and every feature, as ``inspect`` compares them; ``season``: those that it explains. A feature that
    cannot be compared has no verdict; None where none can be."""
    seen, features = None, []
    for feature in counts.features:
        found = inspect(feature, counts.first_day, asked, frozen, line=line)
        if isinstance(found, str):
            features.append(FeatureDrift(
                feature=feature.name, kind=feature.kind, level=feature.level, psi=None, psi_limit=None, ks=None,
                ks_p=None, n_ref=0, n_cur=0, verdict="not enough data", ref_shares=(), cur_shares=(), labels=(),
                edges=(),
            ))  # fmt: skip
            continue
        seen = seen or found
        features.append((explained(found) if feature.name in season else found).drift)
    return None if seen is None else (seen.reference, seen.current, tuple(features))


@dataclass(frozen=True)
class _Before:
    """A reference: counts by value, its days as day numbers, and as dates."""

    counts: Ints
    low: int
    high: int
    window: Window
    frozen: bool = False


def _reference(
    feature: FeatureDays, first_day: dt.date, day: int, asked: Asked, frozen: Reference | None
) -> tuple[FeatureDays, _Before] | Refusal:
    """The feature, which may know further values then, and the reference: the frozen one where the monitoring takes it
    (core.monitoring.findings), that is if it has the feature and its days are all in the data."""
    known = None
    if frozen is not None and asked.choice == "training" and frozen.window.start >= first_day:
        known = next((one for one in frozen.features if one.name == feature.name), None)
    if frozen is not None and known is not None and asked.day > frozen.window.end:
        low, high = ((one - first_day).days for one in frozen.window)
        return _thawed(feature, known, _Before(known.reference, low, high, frozen.window, True))
    span = _span(first_day, day, len(feature.missing), asked)
    if isinstance(span, str):
        return span
    window = Window(*(first_day + dt.timedelta(days=one) for one in span))
    return feature, _Before(feature.between(*span), *span, window)


def _thawed(feature: FeatureDays, known: FeatureCounts, before: _Before) -> tuple[FeatureDays, _Before]:
    if not np.isin(known.values, feature.values).all():
        feature = with_values(feature, known.values)
    counts = np.zeros(len(feature.values), np.int64)
    counts[np.searchsorted(feature.values, known.values)] = known.reference
    return feature, _Before(counts, before.low, before.high, before.window, True)


def _span(first_day: dt.date, day: int, n_days: int, asked: Asked) -> tuple[int, int] | Refusal:
    """First and last day number of the reference."""
    eve = day - asked.days
    if asked.choice == "season":
        low, high = eve + 1 - YEAR_AGO - AROUND_DAYS, day - YEAR_AGO + AROUND_DAYS
        return (low, high) if low >= 0 else "no season"
    if asked.choice == "fixed":
        if asked.first is None or asked.last is None or asked.first > asked.last:
            return "not in order"
        low, high = (asked.first - first_day).days, (asked.last - first_day).days
        if low < 0 or high >= n_days:
            return "outside"
        return "overlap" if high > eve and low <= day else (low, high)
    if asked.choice == "training":  # the monitoring renews it every few weeks
        eve = day - day % RENEWED_DAYS - asked.days
    low = max(eve - REFERENCE_DAYS + 1, 0)
    return (low, eve) if eve - low + 1 >= LEAST_REFERENCE else "short"


class _Chance:
    """What the statistics do while nothing changes: every window of the reference against the rest of it, as
    FeatureWindows.null; of KS and Wasserstein of features with very many values only windows every few days.

    From the days as the data have them now: a frozen reference may have counted them otherwise, and less what the
    windows have now would be below 0."""

    def __init__(self, feature: FeatureDays, before: _Before, length: int) -> None:
        self.limits: dict[str, float] = {}
        self.usual: dict[str, float] = {}
        self.count = before.high - before.low + 2 - length
        reference = feature.between(before.low, before.high)
        self.method = MOVING if self.count >= (LEAST_WINDOWS - 1) * length and reference.any() else INDEPENDENT
        if self.method == MOVING:
            self._moving(feature, reference, before, length)
        else:
            self._independent(feature, reference, before, length)

    def _moving(self, feature: FeatureDays, reference: Ints, before: _Before, length: int) -> None:
        bins = bins_of(feature.values, reference, feature.kind, feature.level)
        daily = feature.binned(bins.of_value, bins.n)[before.low : before.high + 1]
        cur = distances.window_counts(daily, length)
        rest = bins.sums(reference) - cur
        found = {"psi": distances.psi(rest, cur), "js": distances.jensen_shannon(rest, cur)}
        if feature.kind == "category":
            found["cramers_v"] = distances.cramers_v(rest, cur)
        else:
            step = max(self.count * len(feature.values) // MOST_CELLS, 1)
            starts = range(before.low, before.low + self.count, step)
            now = np.stack([feature.between(one, one + length - 1) for one in starts])
            others = reference - now
            found["ks"] = distances.ks_distance(others, now)
            found["wasserstein"] = distances.wasserstein(feature.values, others, now)
        for name, values in found.items():
            values = values[np.isfinite(values)]
            if len(values) > 1:
                self.limits[name] = float(np.quantile(values, LEVEL))
                self.usual[name] = float(values.mean())

    def _independent(self, feature: FeatureDays, reference: Ints, before: _Before, length: int) -> None:
        self.count = 0
        n_ref = int(reference.sum())
        now = round(n_ref * length / max(before.high - before.low + 1, 1))
        n_bins = bins_of(feature.values, reference, feature.kind, feature.level).n if now else 0
        if n_bins > 1:
            self.limits["psi"] = psi_limit(n_ref, now, n_bins)
            self.usual["psi"] = (n_bins - 1) * (1.0 / n_ref + 1.0 / now)


def _values(feature: FeatureDays, before: Ints, now: Ints, ref: Ints, cur: Ints) -> dict[str, float]:
    if not cur.any():
        return {}
    found = {"psi": float(distances.psi(ref, cur))}
    if feature.kind == "numeric":
        found["ks"] = float(distances.ks_distance(before, now))
        found["wasserstein"] = float(distances.wasserstein(feature.values, before, now))
    found["js"] = float(distances.jensen_shannon(ref, cur))
    if feature.kind == "category":
        found["cramers_v"] = float(distances.cramers_v(ref, cur))
    assert set(found) <= set(STATISTICS)
    return found


def _drift(
    feature: FeatureDays,
    bins: Bins,
    before: Ints,
    now: Ints,
    values: Mapping[str, float],
    limit: float | None,
    line: float,
) -> FeatureDrift:
    """Judged as in core.monitoring.findings."""
    n_ref, n_cur = int(before.sum()), int(now.sum())
    psi, ks = values.get("psi"), values.get("ks")
    if feature.level == "day" and n_cur:
        limit = max(limit or 0.0, psi_limit(n_ref, n_cur, 5))
    least_ref, least_cur = MINIMUM[feature.level]
    verdict: Verdict = "not enough data"
    if psi is not None and limit is not None and n_ref >= least_ref and n_cur >= least_cur:
        verdict = judge(psi, limit, line)
    both = n_ref * n_cur / max(n_ref + n_cur, 1)
    ref, cur = bins.sums(before), bins.sums(now)
    return FeatureDrift(
        feature=feature.name,
        kind=feature.kind,
        level=feature.level,
        psi=psi,
        psi_limit=limit,
        ks=ks,
        ks_p=None if ks is None else kolmogorov(ks * both**0.5),
        n_ref=n_ref,
        n_cur=n_cur,
        verdict=verdict,
        ref_shares=tuple((ref / max(n_ref, 1)).tolist()),
        cur_shares=tuple((cur / max(n_cur, 1)).tolist()),
        labels=bins.labels,
        edges=bins.edges,
    )


def _over_time(ref: Ints, feature: FeatureDays, bins: Bins, length: int) -> Floats:
    windows = distances.window_counts(feature.binned(bins.of_value, bins.n), length)
    return np.where(windows.any(axis=1), distances.psi(ref, windows), np.nan)


def _missing(feature: FeatureDays, low: int, high: int) -> float:
    gone = int(feature.missing[low : high + 1].sum())
    return gone / max(gone + int(feature.between(low, high).sum()), 1)

"""Forecasts of the segments and of the total made to agree: bottom-up or MinT, whichever did better before.

For additive measures the total is the sum of its segments, and forecasts made one by one do not keep that. Every
model and measure is reconciled by itself, fold by fold, from nothing but folds that had finished by the cutoff.

Sources: Wickramasuriya, Athanasopoulos & Hyndman (2019), "Optimal forecast reconciliation for hierarchical and grouped
time series through trace minimization", JASA 114; Schäfer & Strimmer (2005), "A shrinkage approach to large-scale
covariance matrix estimation", SAGMB 4; negative parts set to zero as in Di Fonzo & Girolimetto (2023).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from core.evaluation.calibration import groups_of
from core.series.days import Flags, Ints
from core.series.panel import ADDITIVE_MEASURES, TOTAL, Days, Values

BOTTOM_UP, MINT, LEVEL = "bottom_up", "mint_shrink", "wls_level"
"""The candidates, and what is used until they can be compared."""

MIN_FOLDS = 3
"""Finished folds needed to compare: each is judged with the covariance of at least two others."""
MIN_SHRINKAGE = 1e-6
"""The ridge: forecasts that nearly agreed in the past would else divide rounding errors by rounding errors."""
NO_ERROR = 1e-30
"""A variance below this share of the largest squared value is rounding, and counts as zero."""
ROUNDING = 1e-9
"""MinT has to gain more than this: forecasts that agree already should not change methods at random."""


class Choice(NamedTuple):
    """How the forecasts of one model and measure were reconciled at one cutoff, and why.

    ``folds``: how many finished folds were compared. ``gain``: (B − M) / (B + M) of the mean squared errors of
    bottom-up and MinT on these, averaged over total and segments: from −1 to 1, positive if MinT was better; None if
    not compared. ``shares``: what each segment takes over of (total − sum of segments), all 0 for bottom-up.
    """

    model: str
    measure: str
    cutoff: dt.date
    method: str
    folds: int
    gain: float | None
    shares: dict[str, float]


def reconcile_backtest(points: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Choice, ...]]:
    """Backtest rows with reconciled ``mean``, and one choice a (model, measure, cutoff), cutoffs ascending.

    ``points``: columns model, measure, segment, cutoff, date, y (NaN: unknown), mean, open; other columns, the index
    and the order of rows stay. Only ``mean`` changes: intervals have to be made from the result, not before it.
    Measures that are not additive, or have no segments beside the total, stay as they are; the segments of an additive
    measure must be a partition of its total.

    Method and covariance of a fold come from folds whose last target day is not after its cutoff. Where fewer than
    MIN_FOLDS can be compared it is LEVEL: weighted least squares with variances in proportion to the forecasts' own
    level, so that half of the disagreement, or about that, is spread over the segments by size.
    Reconciled forecasts are never negative, exactly 0 on closed days, and add up bit by bit in whatever order, over
    segments and over the days of a fold.
    Raises ValueError if a mean is missing, or if a series lacks a day that others of its measure have or has it twice.
    """
    return _reconcile(points, points)


def reconcile_forecasts(forecasts: pd.DataFrame, points: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Choice, ...]]:
    """Forecasts after a backtest with reconciled ``mean``, and one choice a (model, measure); see reconcile_backtest.

    ``forecasts``: columns model, measure, segment, date, horizon (days from the origin), mean, open. ``points``: the
    rows that went into ``reconcile_backtest``, not those that came out of it: these agree, and teach nothing.
    A model and measure without backtest, or with other segments there, gets LEVEL.
    """
    origins = forecasts["date"].to_numpy("datetime64[D]") - forecasts["horizon"].to_numpy(np.int64)
    made, choices = _reconcile(forecasts.assign(cutoff=origins.astype("datetime64[s]")), points)
    return forecasts.assign(mean=made["mean"].to_numpy()), choices


def reconcile_means(mean: Values, is_open: Flags, shares: Values) -> Values:
    """Reconciled forecasts of shape (days, series), the total first, from base forecasts of that shape.

    is_open: shape (days, series); a day that is closed for the total is closed for all. shares: ``mint_shares``,
    shape (segments,) or (days, segments); zeros for bottom-up.
    """
    is_open = is_open & is_open[:, :1]
    base = np.where(is_open, mean, 0.0)
    gap = base[:, :1] - base[:, 1:].sum(axis=1, keepdims=True)
    parts = np.where(is_open[:, 1:], np.maximum(base[:, 1:] + gap * shares, 0.0), 0.0)
    parts = _summable(parts)
    return np.concatenate([parts.sum(axis=1, keepdims=True), parts], axis=1)


def mint_shares(covariance: Values) -> Values:
    """What each segment takes over of the gap, total − sum of segments: shape (…, segments), without unit.

    covariance: W of the forecast errors, shape (…, series, series), the total first. A total and its parts have one
    constraint, u'y = 0 with u = (1, −1, …, −1), so that MinT is ŷ − W u (u'W u)⁻¹ u'ŷ, which equals its other form
    S (S'W⁻¹S)⁻¹ S'W⁻¹ ŷ and needs no inverse: segments move by −(W u)ᵢ / (u'W u) times the gap u'ŷ. Where u'W u is 0
    the forecasts always agreed; then the answer is zeros, which is bottom-up.
    """
    moved = covariance[..., 1:].sum(axis=-1) - covariance[..., 0]  # −W u
    parts = moved[..., 1:]
    spread = parts.sum(axis=-1, keepdims=True) - moved[..., :1]  # u'W u
    return np.asarray(np.divide(parts, spread, out=np.zeros_like(parts), where=spread > 0))


def shrink_covariance(errors: Values) -> tuple[Values, float]:
    """Covariance of forecast errors shrunk towards its diagonal, and the intensity λ, from 0 (not) to 1 (diagonal).

    errors: shape (observations, series), no NaN; the covariance has shape (series, series) and the squared unit.
    λ = Σ Var(rᵢⱼ) / Σ rᵢⱼ² over i ≠ j, where rᵢⱼ is the mean of products of standardised errors (Schäfer & Strimmer
    2005), bounded to [MIN_SHRINKAGE, 1]; 1 for fewer than two observations. Errors are not centred, a bias is an error
    too (as in R's hts). A series that had no errors gets zeros.
    """
    unit = _unit(errors)
    sums = _fold_sums(errors / unit, np.zeros(len(errors), np.int64), 1)
    covariance, intensity = _shrunk(sums, np.ones(1))
    return covariance * unit**2, float(intensity)


class _Sums(NamedTuple):
    """Σ 1, Σ eᵢeⱼ and Σ eᵢ²eⱼ² by fold: all that the covariance of any choice of folds and its shrinkage need."""

    days: Values  # (folds,)
    products: Values  # (folds, series, series)
    squares: Values  # (folds, series, series)


def _fold_sums(errors: Values, fold: Ints, folds: int) -> _Sums:
    parts = [errors[fold == one] for one in range(folds)]
    days = np.array([float(len(part)) for part in parts])
    return _Sums(days, np.stack([e.T @ e for e in parts]), np.stack([(e**2).T @ e**2 for e in parts]))


def _shrunk(sums: _Sums, taken: Values) -> tuple[Values, Values]:
    """Shrunk covariances (…, series, series) and intensities (…) of the folds with 1 in ``taken`` (…, folds), not 0."""
    count = (taken @ sums.days)[..., None, None]
    products, squares = (np.tensordot(taken, part, axes=1) for part in (sums.products, sums.squares))
    covariance = products / np.maximum(count, 1.0)
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    deviation = np.sqrt(np.where(variance > NO_ERROR, variance, np.inf))
    scale = deviation[..., :, None] * deviation[..., None, :]
    apart = ~np.eye(variance.shape[-1], dtype=bool)
    r = np.where(apart, covariance / scale, 0.0)
    noise = np.maximum(squares / scale**2 - count * r**2, 0.0) / np.maximum(count * (count - 1.0), 1.0)
    signal = (r**2).sum(axis=(-2, -1))
    doubt = np.where(apart, noise, 0.0).sum(axis=(-2, -1))
    known = (signal > 0) & (count[..., 0, 0] > 1)
    intensity = np.clip(np.divide(doubt, signal, out=np.ones_like(signal), where=known), MIN_SHRINKAGE, 1.0)
    keep = np.where(apart, 1.0 - intensity[..., None, None], 1.0)
    return np.where(np.isfinite(scale), covariance * keep, 0.0), intensity


def _unit(values: Values) -> float:
    """The largest of the values, so that fourth powers neither overflow nor vanish whatever the measure's unit."""
    return float(np.abs(values).max(initial=0.0)) or 1.0


def _summable(parts: Values) -> Values:
    """``parts`` rounded to multiples of a power of two so coarse that no sum of them is rounded, in whatever order.

    With n days and totals below 2^e all sums are below n·2^e; multiples of n·2^(e−52) have 53 bits up to twice that.
    For a year the step is below 1e-12 of the largest total.
    """
    _, exponent = np.frexp(parts.sum(axis=1).max(initial=0.0))
    step = int(exponent) + int(np.ceil(np.log2(max(len(parts), 1)))) - 52
    return np.asarray(np.ldexp(np.rint(np.ldexp(parts, -step)), step) + 0.0)  # + 0.0: no negative zeros


@dataclass(frozen=True)
class _Block:
    """The rows of one model and measure as arrays of shape (days, series), by cutoff and date, the total first."""

    segments: tuple[str, ...]
    rows: Ints  # place in the frame
    mean: Values
    y: Values
    is_open: Flags
    fold: Ints  # (days,)
    cutoffs: Days  # (folds,)
    ends: Days  # (folds,) the last target day


def _blocks(points: pd.DataFrame) -> dict[tuple[str, str], _Block]:
    """Every model and additive measure that has a total and segments, in order of appearance."""
    if points.empty:
        return {}
    order = np.lexsort([points[name].to_numpy("datetime64[D]") for name in ("date", "cutoff")])
    found: dict[tuple[str, str], dict[str, Ints]] = {}
    for (model, series), rows in groups_of(points.iloc[order])[0].items():
        if series.measure in ADDITIVE_MEASURES:
            found.setdefault((model, series.measure), {})[series.segment] = order[rows]
    return {key: _block(points, rows) for key, rows in found.items() if TOTAL in rows and len(rows) > 1}


def _block(points: pd.DataFrame, parts: dict[str, Ints]) -> _Block:
    """One block from the rows of every segment, each by cutoff and date."""
    names = (TOTAL, *sorted(parts.keys() - {TOTAL}))  # sorted: the order of the series shall not matter
    shortest = min(map(len, parts.values()))
    rows = np.stack([parts[name][:shortest] for name in names], axis=1)
    cutoff, date = (points[name].to_numpy("datetime64[D]")[rows] for name in ("cutoff", "date"))
    same = (cutoff == cutoff[:, :1]) & (date == date[:, :1])
    twice = (cutoff[1:] == cutoff[:-1]) & (date[1:] == date[:-1])
    what = "{measure} by {model}".format(**points.iloc[rows[0, 0]])
    if rows.size < sum(map(len, parts.values())) or not same.all() or twice.any():
        raise ValueError(f"The forecasts of {what} do not have the same days for all series, or have one twice")
    mean = points["mean"].to_numpy(np.float64)[rows]
    if not np.isfinite(mean).all():
        raise ValueError(f"The forecasts of {what} lack values")
    y = points["y"].to_numpy(np.float64)[rows] if "y" in points else np.full(mean.shape, np.nan)
    cutoffs, first, fold = np.unique(cutoff[:, 0], return_index=True, return_inverse=True)
    ends = np.maximum.reduceat(date[:, 0], first)
    return _Block(names, rows, mean, y, points["open"].to_numpy(bool)[rows], fold, cutoffs, ends)


def _reconcile(points: pd.DataFrame, history: pd.DataFrame) -> tuple[pd.DataFrame, tuple[Choice, ...]]:
    blocks = _blocks(points)
    past = blocks if history is points else _blocks(history)
    mean = points["mean"].to_numpy(np.float64, copy=True)
    choices = []
    for (model, measure), block in blocks.items():
        known = past.get((model, measure))
        if known is not None and known.segments != block.segments:
            known = None
        for fold, cutoff in enumerate(block.cutoffs):
            days = block.fold == fold
            method, shares, folds, gain = _NOTHING if known is None else _compare(known, cutoff)
            if shares is None:
                shares = mint_shares(np.diag(np.maximum(block.mean[days], 0.0).mean(axis=0)))
            mean[block.rows[days]] = reconcile_means(block.mean[days], block.is_open[days], shares)
            named = dict(zip(block.segments[1:], shares.tolist(), strict=True))
            choices.append(Choice(model, measure, cutoff.item(), method, folds, gain, named))
    return points.assign(mean=mean), tuple(choices)


_Comparison = tuple[str, Values | None, int, float | None]
"""Method, shares, folds compared and gain."""
_NOTHING: _Comparison = (LEVEL, None, 0, None)


def _compare(past: _Block, cutoff: np.datetime64) -> _Comparison:
    """Which method did better on what had finished by ``cutoff``; _NOTHING if that is too little to tell.

    Every finished fold is judged with the covariance of the others, but without those that share a target day with it.
    """
    known = past.is_open.all(axis=1) & np.isfinite(past.y).all(axis=1) & (past.ends[past.fold] <= cutoff)
    finished, fold = np.unique(past.fold[known], return_inverse=True)
    later = past.cutoffs[finished][:, None] >= past.ends[finished]
    others = (later | later.T).astype(np.float64)
    judged = others.sum(axis=1) >= MIN_FOLDS - 1
    folds = int(judged.sum())
    if folds < MIN_FOLDS:
        return _NOTHING
    base, y, is_open = past.mean[known], past.y[known], past.is_open[known]
    unit = _unit(np.stack([y, base]))
    sums = _fold_sums((y - base) / unit, fold, len(finished))
    trial = mint_shares(_shrunk(sums, others)[0])[fold]
    none = np.zeros(len(past.segments) - 1)
    mint, bottom_up = (
        (((y - reconcile_means(base, is_open, shares)) / unit)[judged[fold]] ** 2).mean(axis=0)
        for shares in (trial, none)
    )
    both = bottom_up + mint
    gain = float(np.divide(bottom_up - mint, both, out=np.zeros_like(both), where=both > 0).mean())
    if gain > ROUNDING:
        return MINT, mint_shares(_shrunk(sums, np.ones(len(finished)))[0]), folds, gain
    return BOTTOM_UP, none, folds, gain

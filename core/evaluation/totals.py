"""Intervals of totals over a period: how much of the sum of the daily bounds past totals really needed.

Errors of single days partly cancel, so the sum of daily bounds is too wide for a total; how much they cancel depends on
the business. A score is the error of a past fold's total over its first days, divided by what the daily 80 % bounds
of these days add up to on the side of the error: 1 means that the total lay as far off as if every day had lain on its
bound. Where the bounds were next to nothing, as of a series that had hardly traded, a total beyond them is measured in
the series' own weekly changes instead: else its score would be without limit. Conformal quantiles of the scores
(core.evaluation.calibration) are the factors by which the daily distances of a forecast are added up. As the daily
bounds of a fold come from earlier folds, so do its scores.

A series with fewer than OWN_SCORES scores is judged by those of all series of its kind, totals or parts. With fewer
than MIN_RESIDUALS of these the factor is 1: the sum of the daily bounds; and with fewer than MIN_FOLDS folds at least
that, however many series there are, as they err together. Beyond the backtested horizon the factor stays
that of its last day, and the total grows with the daily bounds (core.evaluation.intervals).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from core.evaluation.calibration import MIN_FOLDS, quantile_widths
from core.models.base import LEVELS
from core.series.panel import TOTAL, Series, Values

OWN_SCORES = 19
"""From here on the 80 % bounds of a series' own scores are not merely its worst periods."""

Interval = tuple[float, float]


def total_scores(rows: pd.DataFrame, days: int) -> pd.DataFrame:
    """Scores of the totals over the first ``days`` days of every fold: columns measure, segment, cutoff, end, y, mean,
    below, above, score; ``end`` is the last day of the fold, ``below`` and ``above`` are sums of daily 80 % distances.

    ``rows``: a backtest of one model, of one or more series (measure, segment, cutoff, date, horizon, y, mean, open,
    scale, lo80, hi80). Days beyond the longest horizon are left out. Folds with an unknown day, without any history
    at their cutoff, or closed throughout, say nothing and have no row.
    """
    reach = min(days, int(rows["horizon"].max())) if len(rows) else 0
    keys = ["measure", "segment", "cutoff"]
    ends = rows.groupby("cutoff")["date"].max().rename("end")
    part = rows[rows["horizon"] <= reach]
    is_open = part["open"].to_numpy(bool)
    unknown = (is_open & part["y"].isna().to_numpy()) | part["scale"].isna().to_numpy()
    frame = part[keys].assign(
        measure=part["measure"].astype(object),
        segment=part["segment"].astype(object),
        y=part["y"].fillna(0.0),
        mean=part["mean"],
        below=part["mean"] - part["lo80"],
        above=part["hi80"] - part["mean"],
        unknown=unknown,
        usual=np.where(is_open, part["scale"].to_numpy(np.float64) ** 2, 0.0),
        days=1,
    )
    sums = frame.groupby(keys, as_index=False).sum()
    sums = sums[(sums["days"] == reach) & (sums["unknown"] == 0)].drop(columns=["days", "unknown"])
    error = sums["y"] - sums["mean"]
    distance = sums["above"].where(error >= 0, sums["below"])
    score = error / distance.where(distance > 0)
    least = np.sqrt(sums.pop("usual")) / 2  # half of what changes of that size add up to if they cancel at random
    beyond = (error / np.maximum(distance, least)).abs().clip(lower=1.0)
    score = score.where(score.abs() <= beyond, np.sign(error) * beyond)
    return sums.assign(score=score.where(distance > 0)).dropna(subset=["score"]).join(ends, on="cutoff")


def factors(scores: pd.DataFrame, series: Series) -> Values:
    """What to multiply the sums of daily 80 % distances by, below and above, for every level; shape (levels, 2).

    ``scores``: ``total_scores`` of one model, of the series itself and of others that may stand in for it.
    """
    own = scores[(scores["measure"] == series.measure) & (scores["segment"] == series.segment)]
    if len(own) >= OWN_SCORES:
        return _quantiles(own)
    return _quantiles(scores[(scores["segment"] == TOTAL) == (series.segment == TOTAL)])


def _quantiles(scores: pd.DataFrame) -> Values:
    alphas = 1 - np.array(LEVELS) / 100
    found = quantile_widths(scores["score"].to_numpy(np.float64), alphas, 1.0)
    if scores["cutoff"].nunique() >= MIN_FOLDS:
        return found
    return np.maximum(found, quantile_widths(np.empty(0), alphas, 1.0))


def total_interval(
    table: pd.DataFrame, by: Values, horizon: int | None = None, levels: Sequence[int] = LEVELS
) -> dict[int, Interval]:
    """Level → (low, high) of the total over the first ``horizon`` rows of a forecast (mean, lo80, hi80); None: of all.

    ``by``: ``factors`` for that many days. In the unit of the measure; (0, 0) where every day is closed.
    """
    part = table.iloc[:horizon]
    mean, low, high = (part[name].to_numpy(np.float64).sum() for name in ("mean", "lo80", "hi80"))
    lows, highs = np.maximum(mean - (mean - low) * by[:, 0], 0.0), mean + (high - mean) * by[:, 1]
    found = dict(zip(LEVELS, zip(lows.tolist(), highs.tolist(), strict=True), strict=True))
    return {level: found[level] for level in levels}


def totals_in_time(scores: pd.DataFrame) -> pd.DataFrame:
    """``total_scores`` with lo80, hi80, lo95 and hi95 of every fold's total, from the folds that had ended by its
    cutoff: what the intervals would have said. Folds without any before them are left out."""
    by = np.full((len(scores), len(LEVELS), 2), np.nan)
    cutoffs, total = scores["cutoff"].to_numpy(), (scores["segment"] == TOTAL).to_numpy()
    for cutoff in np.unique(cutoffs):
        known = scores[(scores["end"] <= cutoff).to_numpy()]
        if known.empty:
            continue
        for kind in (True, False):
            by[(cutoffs == cutoff) & (total == kind)] = _quantiles(known[(known["segment"] == TOTAL) == kind])
        if known["cutoff"].nunique() >= OWN_SCORES:
            for row in np.flatnonzero(cutoffs == cutoff).tolist():
                by[row] = factors(known, Series(str(scores["measure"].iat[row]), str(scores["segment"].iat[row])))
    mean, below, above = (scores[name].to_numpy(np.float64)[:, None] for name in ("mean", "below", "above"))
    lows, highs = np.maximum(mean - below * by[:, :, 0], 0.0), mean + above * by[:, :, 1]
    columns = {f"lo{level}": lows[:, place] for place, level in enumerate(LEVELS)}
    columns |= {f"hi{level}": highs[:, place] for place, level in enumerate(LEVELS)}
    shown: pd.DataFrame = scores.assign(**columns)[~np.isnan(by[:, 0, 0])]
    return shown.reset_index(drop=True)

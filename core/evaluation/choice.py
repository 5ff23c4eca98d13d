"""Which model answers for which series, and how wrong it was in the tests."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from core.series.panel import TOTAL, Series, Values

TIE = 0.01
"""Models whose error is within 1 % of the lowest are tied: the simplest of them is served.

Not the confidence set (core.evaluation.significance): eight folds tell so little that on Online Retail II it holds the
weekday mean beside models with half its error."""


def served_models(backtest: pd.DataFrame, summing: Collection[str]) -> Mapping[Series, str]:
    """The model of every series of a backtest (BACKTEST_COLUMNS), by its errors there; its models stand simplest first.

    A measure in ``summing`` (its segments sum to its total) has one model for all its series, as forecasts of two
    models would not add up: by the sum over these of mean |y − mean| / scale, the MASE over all days, so that the total
    and every segment count alike. Other series have each their own, by WAPE. The lowest error wins, and among models
    within TIE of it (of a measure with one model: also for its total) the simplest; the first where no error is
    defined.
    """
    rows = backtest.assign(error=(backtest["y"] - backtest["mean"]).abs())
    rows["volume"] = rows["y"].abs()
    rows["scaled"] = rows["error"] / rows["scale"].where(rows["scale"] > 0)
    keys = [rows[name].astype(str) for name in ("measure", "segment", "model")]
    grouped = rows.groupby(keys, sort=False)
    sums = grouped[["error", "volume"]].sum()
    order = list(dict.fromkeys(rows["model"].astype(str)))
    wape = (sums["error"] / sums["volume"].where(sums["volume"] > 0)).unstack("model", sort=False)[order]
    names = [Series(*name) for name in wape.index.tolist()]
    best = {series: order[_simplest(row)] for series, row in zip(names, wape.to_numpy(np.float64), strict=True)}
    scaled = grouped["scaled"].mean().unstack("model", sort=False)[order]
    of_measure, of_segment = (np.array(scaled.index.get_level_values(level)) for level in ("measure", "segment"))
    for measure in (name for name in dict.fromkeys(series.measure for series in best) if name in summing):
        table = scaled.to_numpy(np.float64)[of_measure == measure]
        known = np.where((~np.isnan(table)).any(axis=0), np.nansum(table, axis=0), np.nan)
        total = table[of_segment[of_measure == measure] == TOTAL].sum(axis=0)
        model = order[_simplest(known, total)]
        best |= {series: model for series in best if series.measure == measure}
    return best


def _simplest(*errors: Values) -> int:
    """Where the first model stands whose errors, each, are within TIE of those of the one with the lowest first
    error; NaN counts as the worst."""
    known = [np.where(np.isnan(one), np.inf, one) for one in errors]
    lowest = int(known[0].argmin())
    return int(np.all([one <= one[lowest] * (1 + TIE) for one in known], axis=0).argmax())


def served_rows(backtest: pd.DataFrame, served: Mapping[Series, str]) -> pd.DataFrame:
    """The rows of every series' own model."""
    wanted = pd.Index([(series.measure, series.segment, model) for series, model in served.items()])
    own = pd.MultiIndex.from_frame(backtest[["measure", "segment", "model"]].astype(str))
    return backtest[own.isin(wanted)].reset_index(drop=True)


def served_in_time(backtest: pd.DataFrame, summing: Collection[str]) -> pd.DataFrame:
    """What would have been served in each fold: the rows of the models that the folds ended by its cutoff would choose.

    So no fold is judged by a choice that it took part in; folds without any before them are left out.
    """
    parts = [backtest.head(0)]
    for cutoff in sorted(backtest["cutoff"].unique()):
        before = backtest[backtest["date"] <= cutoff]
        if not before.empty:
            parts.append(served_rows(backtest[backtest["cutoff"] == cutoff], served_models(before, summing)))
    return pd.concat(parts, ignore_index=True)


def served_scores(rows: pd.DataFrame, served: Mapping[Series, str]) -> list[dict[str, Any]]:
    """For every series: series, model, wape, lo, hi, bias, folds; numbers that are not defined are None.

    ``rows``: of ``served_in_time``, so that the scores do not flatter; ``served``: the model that each series has now.
    wape = Σ |error| / Σ |y|; ``lo`` and ``hi`` bound it with 95 % confidence, as a ratio of sums over the folds
    (Cochran 1977, section 2.11): variance k / (k − 1) · Σ (errorᵢ − wape · volumeᵢ)² / (Σ volume)², Student's t with
    k − 1 degrees of freedom, never below 0. bias = Σ (mean − y) / Σ |y|: above 0 the forecasts were too high.
    """
    rows = rows[rows["y"].notna()].assign(miss=lambda one: one["mean"] - one["y"])
    rows = rows.assign(error=rows["miss"].abs(), volume=rows["y"].abs())
    keys = [rows[name].astype(str) for name in ("measure", "segment")]
    folds = rows.groupby([*keys, "cutoff"], sort=False)[["error", "volume", "miss"]].sum()
    by_series = dict(list(folds.groupby(level=["measure", "segment"], sort=False)))
    return [
        {"series": str(series), "model": model, **_score(by_series.get((series.measure, series.segment)))}
        for series, model in served.items()
    ]


def _score(folds: pd.DataFrame | None) -> dict[str, float | int | None]:
    from scipy.special import stdtrit  # imported where needed: web workers start without it

    volume = 0.0 if folds is None else float(folds["volume"].sum())
    if folds is None or volume <= 0:
        return {"wape": None, "lo": None, "hi": None, "bias": None, "folds": 0 if folds is None else len(folds)}
    count, wape = len(folds), float(folds["error"].sum() / volume)
    found: dict[str, float | int | None] = {"wape": wape, "lo": None, "hi": None}
    if count > 1:
        off = folds["error"] - wape * folds["volume"]
        reach = float(stdtrit(count - 1, 0.975) * np.sqrt(count / (count - 1) * (off**2).sum()) / volume)
        found |= {"lo": max(wape - reach, 0.0), "hi": wape + reach}
    return {**found, "bias": float(folds["miss"].sum() / volume), "folds": count}

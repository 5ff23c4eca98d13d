"""The forecast engine: the evaluation of the reference data, SARIMA against plain statsmodels, and large panels."""

from __future__ import annotations

import datetime as dt
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.harness import REFERENCE_DATA, Row
from core.commands.backtests import How, panel_forecast
from core.config import Config
from core.evaluation.backtest import backtest
from core.models.base import Calendars, Fold
from core.models.catalogue import MODEL_NAMES
from core.models.sarima import Sarima
from core.series.calendar import calendars_at
from core.series.panel import MEASURES, Panel, Series
from core.transactions.load import prepare
from core.transactions.sample import write

MONTHLY = tuple(Fold(dt.date(2011, 2, 1) + dt.timedelta(days=28 * index), 28) for index in range(11))
WEEKLY_FOLDS = 40


def totals(folder: Path) -> Panel:
    """The five totals of the reference data, or of generated ones moved to the same days."""
    source = REFERENCE_DATA
    if not source.is_file():
        source = folder / "sample.parquet"
        write(source, 400_000)
    panel = prepare(Config(data_dir=folder / "store"), source).panel()
    chosen = panel.select([Series(measure) for measure in MEASURES])
    return chosen if source == REFERENCE_DATA else Panel(chosen.series, dt.date(2009, 12, 1), chosen.values)


def evaluation(panel: Panel, calendars: Calendars) -> Iterator[Row]:
    started = time.perf_counter()
    result = backtest(MODEL_NAMES, panel, MONTHLY, calendars)
    seconds = time.perf_counter() - started
    yield Row(
        f"Backtest of {len(MODEL_NAMES)} models, 5 measures, 11 folds of 28 days, seconds",
        f"{seconds:.0f} s",
        "",
        seconds,
        60,
    )
    frame = result.frame.assign(miss=(result.frame["mean"] - result.frame["y"]).abs())
    sums = frame.groupby(["model", "measure"], sort=False)[["miss", "y"]].sum()
    for model in MODEL_NAMES:
        errors = [f"{sums.loc[(model, name), 'miss'] / sums.loc[(model, name), 'y']:.3f}" for name in MEASURES]
        yield Row(f"… {model}: WAPE of {', '.join(MEASURES)}", " ".join(errors), "", None, None)


def weekly(panel: Panel) -> tuple[Fold, ...]:
    latest = panel.last_day - dt.timedelta(days=7)
    return tuple(Fold(latest - dt.timedelta(days=7 * back), 7) for back in range(WEEKLY_FOLDS - 1, -1, -1))


def plain_statsmodels(panel: Panel, folds: tuple[Fold, ...], calendars: Calendars) -> pd.DataFrame:
    """SARIMA(1,0,1)(0,1,1)7 of log1p with closed days missing, fitted with the defaults at every origin."""
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    frames = []
    for fold in folds:
        known = panel.until(fold.origin)
        days = np.datetime64(fold.origin, "D") + np.arange(1, fold.horizon + 1)
        values = np.where(known.values[0] > 0, np.log1p(known.values[0]), np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            fitted = SARIMAX(values, order=(1, 0, 1), seasonal_order=(0, 1, 1, 7)).fit(disp=0)
        mean = np.where(calendars(fold.origin).is_open(days), np.expm1(fitted.forecast(fold.horizon)), 0.0)
        frames.append(pd.DataFrame({"date": days.astype("datetime64[ns]"), "mean": mean}))
    return pd.concat(frames, ignore_index=True)


def rmse(panel: Panel, frame: pd.DataFrame) -> float:
    at = (frame["date"].to_numpy("datetime64[D]") - np.datetime64(panel.first_day, "D")).astype(np.int64)
    return float(np.sqrt(np.mean((frame["mean"].to_numpy() - panel.values[0, at]) ** 2)))


def sarima(panel: Panel, calendars: Calendars) -> Iterator[Row]:
    one, folds = panel.select([panel.series[0]]), weekly(panel)
    for fold in folds:
        calendars(fold.origin)  # both need them
    started = time.perf_counter()
    theirs = plain_statsmodels(one, folds, calendars)
    reference = time.perf_counter() - started
    started = time.perf_counter()
    ours = Sarima().backtest(one, folds, calendars)
    seconds = time.perf_counter() - started
    yield Row(
        f"SARIMA, {WEEKLY_FOLDS} weekly folds, share of the time of statsmodels refitted by default",
        f"{seconds:.2f} s", f"{reference:.2f} s", seconds / reference, 0.1,
    )  # fmt: skip
    mine, other = rmse(one, ours), rmse(one, theirs)
    yield Row("… its RMSE relative to that", f"{mine:,.1f}", f"{other:,.1f}", mine / other, 1.02)


def many_series(folder: Path, count: int, n_days: int, bar: float | None) -> Iterator[Row]:
    """What ``forecast --panel`` takes for a generated file: counts with a week, a year and a wandering level."""
    rng, days = np.random.default_rng(0), np.arange(n_days)
    level = rng.lognormal(2.5, 1.2, (count, 1)) * np.exp(rng.normal(0, 0.01, (count, n_days)).cumsum(axis=1))
    week, phase = rng.normal(0, 0.3, (count, 7))[:, days % 7], rng.uniform(0, 2 * np.pi, (count, 1))
    values = rng.poisson(level * np.exp(week + 0.2 * np.sin(2 * np.pi * days / 365 + phase)))
    dates = np.datetime64("2023-01-01", "ns") + days * np.timedelta64(1, "D")
    names = np.repeat([f"s{number}" for number in range(count)], n_days)
    path = folder / f"{count}x{n_days}.parquet"
    pd.DataFrame({"unique_id": names, "ds": np.tile(dates, count), "y": values.ravel().astype(float)}).to_parquet(path)
    started = time.perf_counter()
    panel_forecast(path, 28, (), How(cache=False), lambda fraction, text: None)
    seconds = time.perf_counter() - started
    yield Row(f"Panel of {count:,} series of {n_days} days forecast, seconds", f"{seconds:.0f} s", "", seconds, bar)


def run(quick: bool = False) -> Iterator[Row]:
    with tempfile.TemporaryDirectory(prefix="tidemark-bench-") as name:
        panel = totals(Path(name))
        calendars = calendars_at(panel.first_day, panel[Series("transactions")], "GB-ENG")
        yield from sarima(panel, calendars)
        if not quick:
            yield from evaluation(panel, calendars)
            yield from many_series(Path(name), 1000, 400, 300)
            yield from many_series(Path(name), 5000, 60, None)

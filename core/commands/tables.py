"""What ``forecast`` and ``backtest`` compute: tables in the long form that forecasting tools exchange."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from core.commands.panels import read_panel_file
from core.config import Config
from core.errors import InputError, NotReadyError
from core.evaluation.backtest import make_folds, run_backtest
from core.evaluation.intervals import fit_intervals, history_residuals
from core.evaluation.leaderboard import leaderboard
from core.lifecycle.registry import Registry
from core.lifecycle.serving import forecast_table, model_name
from core.models.base import INTERVAL_COLUMNS
from core.models.catalogue import MODEL_NAMES, MODELS
from core.series.calendar import calendars_at, holiday_country
from core.series.overrides import read_overrides
from core.series.panel import Panel, Series
from core.transactions.store import Store

Progress = Callable[[float, str], None]

BACKTEST_OUT = (
    "unique_id", "ds", "cutoff", "horizon", "y", "model", "mean", *INTERVAL_COLUMNS, "open", "scale",
)  # fmt: skip
FORECAST_OUT = ("unique_id", "ds", "cutoff", "horizon", "model", "mean", *INTERVAL_COLUMNS)
MOST_DAYS = 365
INTERVAL_FOLDS = 4
"""Folds whose errors make the intervals of a panel's forecast."""


@dataclass(frozen=True, slots=True)
class FoldPlan:
    """Which origins a backtest takes."""

    horizon: int
    count: int
    step: int
    last_origin: dt.date | None


def check_horizon(horizon: int) -> None:
    """Raises InputError unless 1 ≤ horizon ≤ 365."""
    if not 1 <= horizon <= MOST_DAYS:
        raise InputError(f"a horizon of {horizon} days is not possible", hint=f"Use 1 to {MOST_DAYS}.")


def all_models() -> tuple[str, ...]:
    """Every model there is."""
    return MODEL_NAMES


def model_names(text: str | None) -> tuple[str, ...]:
    """The names in 'a,b'; none for None. Raises InputError for an unknown one."""
    names = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    if unknown := [name for name in names if name not in MODEL_NAMES]:
        raise InputError(f"there is no model {', '.join(unknown)}", hint=f"Known are {', '.join(MODEL_NAMES)}.")
    return names


def stored_forecast(measure: str, segment: str, horizon: int, models: Sequence[str]) -> pd.DataFrame:
    """FORECAST_OUT of the champion, by default of its best model. Raises NotReadyError, InputError."""
    version = Registry(Config.from_env()).champion()
    if version is None:
        raise NotReadyError("There is no forecast yet; make one with: python -m core bootstrap.")
    series = Series(measure, segment)
    parts = [
        forecast_table(version, series, name).head(horizon).assign(model=name)
        for name in models or (model_name(version, series),)
    ]
    table = pd.concat(parts, ignore_index=True).assign(unique_id=str(series), cutoff=pd.Timestamp(version.origin))
    return table.rename(columns={"date": "ds"})[[*FORECAST_OUT]]


def own_backtest(
    measure: str, segment: str, plan: FoldPlan, models: Sequence[str], on_progress: Progress
) -> pd.DataFrame:
    """BACKTEST_OUT of one series of the current data. Raises NotReadyError, InputError."""
    config = Config.from_env()
    generation = Store(config.store_dir).current()
    if generation is None:
        raise NotReadyError("There are no data yet; load some with: python -m core prepare FILE.")
    panel, series = generation.panel(), Series(measure, segment)
    if series not in panel.series:
        raise InputError(f"there is no series {series}", hint=f"Known are {', '.join(map(str, panel.series))}.")
    country = holiday_country(generation.manifest.main_country, config.holidays_country)
    overrides = read_overrides(config.calendar_file)
    calendars = calendars_at(panel.first_day, panel[Series("transactions")], country, overrides)
    return _backtest(panel.select([series]), plan, models, calendars, str(series), on_progress)


def panel_backtest(path: Path, plan: FoldPlan, models: Sequence[str], on_progress: Progress) -> pd.DataFrame:
    """BACKTEST_OUT of every series of a panel file, each with its own opening calendar. Raises InputError."""
    country = holiday_country(None, Config.from_env().holidays_country)
    panels = read_panel_file(path)
    tables = []
    for index, (name, panel) in enumerate(panels.items()):
        calendars = calendars_at(panel.first_day, panel.values[0], country)
        tell = _part(on_progress, index, len(panels))
        tables.append(_backtest(panel, plan, models, calendars, name, tell))
    return pd.concat(tables, ignore_index=True)


def panel_forecast(path: Path, horizon: int, models: Sequence[str], on_progress: Progress) -> pd.DataFrame:
    """FORECAST_OUT for every series of a panel file, after a short backtest for the intervals. Raises InputError."""
    country = holiday_country(None, Config.from_env().holidays_country)
    panels, names, tables = read_panel_file(path), models or MODEL_NAMES, []
    for index, (name, panel) in enumerate(panels.items()):
        tell = _part(on_progress, index, len(panels))
        calendars = calendars_at(panel.first_day, panel.values[0], country)
        past = min(horizon, 28)
        folds = make_folds(panel, past, INTERVAL_FOLDS, past)
        backtest = run_backtest(names, panel, folds, calendars, tell)
        calendar = calendars(panel.last_day)
        points = pd.concat(
            [MODELS[model]().fit(panel, calendar).forecast(horizon).assign(model=model) for model in names],
            ignore_index=True,
        )
        table = fit_intervals(backtest, history_residuals(panel, calendar, past)).apply(points)
        tables.append(table.assign(unique_id=name, cutoff=pd.Timestamp(panel.last_day)).rename(columns={"date": "ds"}))
    return pd.concat(tables, ignore_index=True)[[*FORECAST_OUT]]


def _backtest(
    panel: Panel, plan: FoldPlan, models: Sequence[str], calendars: Any, name: str, on_progress: Progress
) -> pd.DataFrame:
    try:
        folds = make_folds(panel, plan.horizon, plan.count, plan.step, plan.last_origin)
    except ValueError as error:
        raise InputError(str(error)) from error
    if not folds:
        raise InputError(
            f"{name} has {panel.n_days} days, too few for a backtest of {plan.horizon} days",
            hint="Use a shorter horizon or more data.",
        )
    table = run_backtest(models, panel, folds, calendars, on_progress)
    return table.assign(unique_id=name).rename(columns={"date": "ds"})[[*BACKTEST_OUT]]


def _part(on_progress: Progress, index: int, count: int) -> Progress:
    return lambda fraction, message: on_progress((index + fraction) / count, message)


def score_lines(backtest: pd.DataFrame) -> str:
    """The leaderboard as text; of several series the mean over them."""
    boards = [leaderboard(rows) for _, rows in backtest.groupby("unique_id", sort=False)]
    board = pd.concat(boards).groupby("model", sort=False).mean().sort_values("wape")
    return str(board.to_string(float_format=lambda value: f"{value:,.3f}"))


def check_out(path: Path | None) -> None:
    """Raises InputError unless ``write`` knows the ending; to be asked before the work begins."""
    if path is not None and path.suffix.lower() not in (".csv", ".parquet"):
        raise InputError(f"tables are written as .csv or .parquet, not as '{path.suffix}'", file=path.name)


def write(table: pd.DataFrame, path: Path) -> None:
    """Writes CSV or Parquet by the ending. Raises InputError."""
    check_out(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() == ".csv":
            table.to_csv(path, index=False)
        else:
            table.to_parquet(path, index=False)
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror or error}", file=str(path)) from error


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values, days as ISO text."""
    plain = table.copy()
    for name in ("ds", "cutoff"):
        plain[name] = plain[name].dt.strftime("%Y-%m-%d")
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]

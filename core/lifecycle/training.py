"""A training run: panel → backtest → intervals → models fitted on everything → forecasts → a version that serves."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import core
from core.config import Config
from core.errors import NotReadyError
from core.evaluation.ahead import Ahead, forecast_ahead
from core.evaluation.backtest import BACKTEST_COLUMNS, BacktestResult, backtest, make_folds, summing_measures
from core.evaluation.choice import served_models
from core.evaluation.intervals import fit_intervals, history_residuals, realised_coverage
from core.evaluation.reconciliation import Choice
from core.lifecycle.recipe import Recipe, fingerprint, packages
from core.lifecycle.registry import Registry
from core.lifecycle.version import BACKTEST, CALENDAR, FORECASTS, Version
from core.models.base import INTERVAL_COLUMNS, Forecaster
from core.models.catalogue import MODELS
from core.series.calendar import OpeningCalendar, calendars_at, holiday_country
from core.series.panel import Panel, Series
from core.transactions.store import Generation, Store

Progress = Callable[[float, str], None]

FORECAST_COLUMNS = (
    "model", "measure", "segment", "date", "horizon", "mean", *INTERVAL_COLUMNS, "open", "reason",
)  # fmt: skip
WORDS = ("model", "measure", "segment", "reason")
BACKTEST_SHARE = 0.8
"""Share of the time that the backtest takes."""


def train(
    config: Config,
    on_progress: Progress = lambda fraction, message: None,
    trigger: str = "manual",
    *,
    who: str = "system",
    registry: Registry | None = None,
    recipe: Recipe | None = None,
) -> Version:
    """Trains every model of the recipe on the current data; the new version becomes the champion.

    Same data and code give the same bytes of forecasts, however many processor cores share the work.
    ``on_progress(fraction, message)`` is called at least every second or so and may raise to cancel: then nothing is
    left behind. Raises NotReadyError without data or with too few days.
    """
    started = time.monotonic()
    registry = registry or Registry(config)
    generation = Store(config.store_dir).current()
    if generation is None:
        raise NotReadyError("There are no data yet; load some with: python -m core prepare FILE.")
    recipe = recipe or Recipe.of(config)
    panel = generation.panel()
    if panel.n_days < recipe.least_days:
        raise NotReadyError(
            f"The data cover {panel.n_days} days ({panel.first_day} to {panel.last_day}); "
            f"a forecast needs at least {recipe.least_days}."
        )
    with registry.workspace() as folder:
        made = _make(folder, panel, generation, recipe, config, on_progress)
        parent = registry.champion()
        manifest = {
            "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "trigger": trigger,
            "parent": None if parent is None else parent.id,
            "data": _data(generation, panel),
            "recipe": recipe.to_json(),
            "calendar": CALENDAR,
            "code": core.__version__,
            "packages": packages(),
            "duration_s": round(time.monotonic() - started, 3),
            **made,
        }
        on_progress(0.98, "Storing the forecasts")
        version = registry.publish(folder, manifest)
    reason = "first version" if parent is None else f"trained on data to {panel.last_day} ({trigger})"
    registry.promote(version.id, who, reason)
    on_progress(1.0, f"Version {version.id} serves, with forecasts from data to {panel.last_day:%d %B %Y}")
    return version


def _make(
    folder: Path, panel: Panel, generation: Generation, recipe: Recipe, config: Config, on_progress: Progress
) -> dict[str, Any]:
    """Writes all files of a version; returns what the manifest says of models, folds, coverage and reconciliation."""
    on_progress(0.0, f"Reading {len(panel.series)} daily series of {panel.n_days} days")
    country = holiday_country(generation.manifest.main_country, recipe.holidays)
    calendars = calendars_at(panel.first_day, panel[Series("transactions")], country, recipe.declared_days())
    folds = make_folds(panel, recipe.fold_days, recipe.folds, recipe.fold_step)
    tested = backtest(
        recipe.models, panel, folds, calendars, _between(on_progress, 0.02, BACKTEST_SHARE), cache=_cache(config)
    )
    calendar, places = calendars(panel.last_day), _places(folder, recipe)
    tell = _between(on_progress, BACKTEST_SHARE, 0.97)
    ahead = forecast_ahead(recipe.models, panel, calendar, recipe.days_ahead, tested.base_points, tell, folders=places)
    intervals = fit_intervals(tested.frame, history_residuals(panel, calendar, recipe.fold_days))
    forecasts = _with_reasons(intervals.apply(ahead.points), panel.last_day, calendar, recipe.days_ahead)
    _write_frame(folder / FORECASTS, forecasts, FORECAST_COLUMNS)
    _write_frame(folder / BACKTEST, tested.frame, BACKTEST_COLUMNS)
    (folder / CALENDAR).write_text(json.dumps(calendar.to_json(), sort_keys=True, ensure_ascii=False), encoding="utf-8")
    best = served_models(tested.frame, summing_measures(panel)) if folds else {}
    return {
        "models": {name: _about(name, folder, tested, ahead, places) for name in recipe.models},
        "best": {str(series): best.get(series, recipe.models[0]) for series in panel.series},
        "folds": [fold.origin.isoformat() for fold in folds],
        "coverage": _coverage(tested.frame),
        "reconciliation": [_plain(choice) for choice in ahead.choices],
    }


def _between(on_progress: Progress, start: float, end: float) -> Progress:
    return lambda fraction, message: on_progress(start + (end - start) * fraction, message)


def _cache(config: Config) -> Path:
    return config.cache_dir / "backtests"


def _places(folder: Path, recipe: Recipe) -> dict[str, Path]:
    """An empty folder for every model that can be stored; a combination is made of its members' forecasts."""
    places = {name: folder / "models" / name for name in recipe.models if issubclass(MODELS[name], Forecaster)}
    for place in places.values():
        place.mkdir(parents=True)
    return places


def _about(name: str, folder: Path, tested: BacktestResult, ahead: Ahead, places: Mapping[str, Path]) -> dict[str, Any]:
    """What the manifest says of a model. Seconds are computing time of the processor."""
    about: dict[str, Any] = {"seconds": round(ahead.seconds[name], 3)}
    if name in tested.seconds:
        about["backtest_seconds"] = round(tested.seconds[name], 3)
    if name in places:
        about["folder"] = places[name].relative_to(folder).as_posix()
    if name in ahead.members:
        about["members"] = list(ahead.members[name])
        about["weights"] = _weights(name, tested.base_points, ahead.members[name])
    if notes := ahead.notes.get(name):
        about["notes"] = dict(notes)
    return about


def _weights(name: str, base_points: pd.DataFrame, members: Sequence[str]) -> dict[str, dict[str, float]]:
    """Series id → member → weight, of a combination that tells; else nothing."""
    weights = getattr(MODELS[name], "weights", None)
    if weights is None:
        return {}
    told = weights(base_points[base_points["model"].isin(members)].reset_index(drop=True))
    return {series: {one: round(weight, 6) for one, weight in row.items()} for series, row in told.items()}


def _coverage(backtest: pd.DataFrame) -> list[dict[str, Any]]:
    """Promised and realised coverage of every model's backtest intervals; NaN (no open day) becomes null."""
    table = realised_coverage(backtest)
    return [
        {str(key): None if isinstance(value, float) and np.isnan(value) else value for key, value in row.items()}
        for row in table.to_dict("records")
    ]


def _plain(choice: Choice) -> dict[str, Any]:
    return {**choice._asdict(), "cutoff": choice.cutoff.isoformat()}


def _with_reasons(points: pd.DataFrame, origin: dt.date, calendar: OpeningCalendar, days: int) -> pd.DataFrame:
    ahead = np.datetime64(origin, "D") + np.arange(1, days + 1)
    reasons = calendar.reasons(ahead)
    return points.assign(reason=reasons[points["horizon"].to_numpy() - 1])


def _write_frame(path: Path, frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Parquet with words as dictionaries and days as dates; the same frame gives the same bytes."""
    arrays: dict[str, pa.Array] = {}
    for name in columns:
        values = frame[name]
        if name in WORDS:
            arrays[name] = pa.array(values.astype(str).to_numpy(object), pa.string()).dictionary_encode()
        elif name in ("date", "cutoff"):
            arrays[name] = pa.array(values.to_numpy("datetime64[ms]"), pa.timestamp("ms"))
        elif name == "open":
            arrays[name] = pa.array(values.to_numpy(bool))
        elif name == "horizon":
            arrays[name] = pa.array(values.to_numpy(np.int32))
        else:
            arrays[name] = pa.array(values.to_numpy(np.float64), from_pandas=False)
    pq.write_table(pa.table(arrays), path, compression="zstd")


def _data(generation: Generation, panel: Panel) -> dict[str, Any]:
    manifest = generation.manifest
    return {
        "generation": generation.id,
        "fingerprint": fingerprint(panel),
        "first_day": panel.first_day.isoformat(),
        "last_day": panel.last_day.isoformat(),
        "rows": manifest.lines_out,
        "last_time": manifest.last_time.isoformat(),
    }

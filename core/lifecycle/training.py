"""A training run: panel → backtest → intervals → models fitted on everything → forecasts → a version that serves."""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import core
from core.config import Config
from core.errors import NotReadyError
from core.evaluation.backtest import BACKTEST_COLUMNS, make_folds, run_backtest
from core.evaluation.intervals import fit_intervals, history_residuals
from core.evaluation.leaderboard import best_models
from core.lifecycle.recipe import Recipe, fingerprint, packages
from core.lifecycle.registry import Registry
from core.lifecycle.version import BACKTEST, CALENDAR, FORECASTS, Version
from core.models.base import INTERVAL_COLUMNS
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

    Same data and code give the same bytes of forecasts. ``on_progress(fraction, message)`` is called between steps
    and may raise to cancel: then nothing is left behind. Raises NotReadyError without data or with too few days.
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
        made = _make(folder, panel, generation, recipe, on_progress)
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


def _make(folder: Path, panel: Panel, generation: Generation, recipe: Recipe, on_progress: Progress) -> dict[str, Any]:
    """Writes all files of a version; returns the manifest's ``models``, ``best`` and ``folds``."""
    on_progress(0.0, f"Reading {len(panel.series)} daily series of {panel.n_days} days")
    country = holiday_country(generation.manifest.main_country, recipe.holidays)
    calendars = calendars_at(panel.first_day, panel[Series("transactions")], country, recipe.declared_days())
    folds = make_folds(panel, recipe.fold_days, recipe.folds, recipe.fold_step)
    backtest = run_backtest(
        recipe.models,
        panel,
        folds,
        calendars,
        lambda fraction, message: on_progress(0.02 + (BACKTEST_SHARE - 0.02) * fraction, message),
    )
    calendar = calendars(panel.last_day)
    points, models = _fit_all(folder, panel, calendar, recipe, on_progress)
    intervals = fit_intervals(backtest, history_residuals(panel, calendar, recipe.fold_days))
    forecasts = _with_reasons(intervals.apply(points), panel.last_day, calendar, recipe.days_ahead)
    _write_frame(folder / FORECASTS, forecasts, FORECAST_COLUMNS)
    _write_frame(folder / BACKTEST, backtest, BACKTEST_COLUMNS)
    (folder / CALENDAR).write_text(json.dumps(calendar.to_json(), sort_keys=True, ensure_ascii=False), encoding="utf-8")
    best = best_models(backtest) if folds else {}
    return {
        "models": models,
        "best": {str(series): best.get(series, recipe.models[0]) for series in panel.series},
        "folds": [fold.origin.isoformat() for fold in folds],
    }


def _fit_all(
    folder: Path, panel: Panel, calendar: OpeningCalendar, recipe: Recipe, on_progress: Progress
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Point forecasts of every model fitted on all days, and what the manifest says of each model."""
    frames, notes = [], {}
    for index, name in enumerate(recipe.models):
        on_progress(
            BACKTEST_SHARE + (0.97 - BACKTEST_SHARE) * index / len(recipe.models),
            f"Fitting {name.replace('_', ' ')} on all days",
        )
        started = time.monotonic()
        model = MODELS[name]().fit(panel, calendar)
        frames.append(model.forecast(recipe.days_ahead).assign(model=name))
        place = folder / "models" / name
        place.mkdir(parents=True)
        model.to_dir(place)
        notes[name] = {"folder": f"models/{name}", "seconds": round(time.monotonic() - started, 3)}
    return pd.concat(frames, ignore_index=True), notes


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

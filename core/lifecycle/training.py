"""A training run: panel → backtest → intervals → models fitted on everything → forecasts → a version → the gate."""

from __future__ import annotations

import datetime as dt
import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy.exc import SQLAlchemyError

import core
from core.config import Config
from core.errors import InputError, NotReadyError, TidemarkError
from core.evaluation.ahead import Ahead, forecast_ahead
from core.evaluation.backtest import BACKTEST_COLUMNS, BacktestResult, backtest, make_folds, summing_measures
from core.evaluation.cache import code_digest
from core.evaluation.choice import served_in_time, served_models, served_scores
from core.evaluation.fanout import last_days
from core.evaluation.intervals import fit_intervals, history_residuals, realised_coverage
from core.evaluation.reconciliation import Choice
from core.lifecycle.audit import CHAMPION
from core.lifecycle.frames import write_frame
from core.lifecycle.gate import Contender, Verdict, judge
from core.lifecycle.jobs import JobCancelledError
from core.lifecycle.recipe import Recipe, Request, fingerprint, packages
from core.lifecycle.registry import Registry
from core.lifecycle.version import BACKTEST, CALENDAR, DRIFT, DRIVERS, FORECASTS, REFERENCE, Version
from core.models.base import INTERVAL_COLUMNS, Fold, Forecaster
from core.models.catalogue import MODELS
from core.models.xgb_drivers import FAMILIES, LEVEL
from core.monitoring.drift import drift_report
from core.monitoring.reference import freeze
from core.series.calendar import OpeningCalendar, calendars_at, holiday_country
from core.series.panel import Panel, Series
from core.transactions.store import Generation, Store

log = logging.getLogger(__name__)

Progress = Callable[[float, str], None]

FORECAST_COLUMNS = (
    "model", "measure", "segment", "date", "horizon", "mean", *INTERVAL_COLUMNS, "open", "reason",
)  # fmt: skip
DRIVER_COLUMNS = ("model", "measure", "segment", "date", LEVEL, *FAMILIES)
BACKTEST_SHARE, JUDGING = 0.8, 0.95
"""Shares of the time after which the backtest is done, and the forecasts."""


@dataclass(frozen=True)
class Plan:
    """What a run works on. ``panel`` has the series asked for, all days; ``summing``: its measures that add up."""

    panel: Panel
    models: tuple[str, ...]
    window: int | None
    folds: tuple[Fold, ...]
    calendars: Callable[[dt.date], OpeningCalendar]
    cache: Path

    @property
    def summing(self) -> tuple[str, ...]:
        return tuple(summing_measures(self.panel))

    def backtest(self, tell: Progress) -> BacktestResult:
        return backtest(self.models, self.panel, self.folds, self.calendars, tell, cache=self.cache, window=self.window)

    def other(self, whole: Panel, models: Sequence[str], request: Request) -> Plan:
        """The same folds of the same data for another recipe."""
        asked = tuple(name for name in request.models or models if name in MODELS)
        return replace(self, panel=request.panel(whole), models=asked, window=request.window)

    def same_recipe(self, other: Plan) -> bool:
        mine = (self.panel.series, self.models, self.window)
        return mine == (other.panel.series, other.models, other.window)


def train(
    config: Config,
    on_progress: Progress = lambda fraction, message: None,
    trigger: str = "manual",
    *,
    who: str = "system",
    registry: Registry | None = None,
    recipe: Recipe | None = None,
    request: Request | None = None,
) -> Version:
    """Trains on the current data and lets the gate decide: the new version becomes champion, or waits as challenger.

    Same data and code give the same bytes of forecasts, however many processor cores share the work.
    ``on_progress(fraction, message)`` is called at least every second or so and may raise to cancel: then nothing is
    left behind. Raises NotReadyError without data or with too few days, InputError for a request the data cannot meet.
    """
    started = time.monotonic()
    registry = registry or Registry(config)
    generation = Store(config.store_dir).current()
    if generation is None:
        raise NotReadyError("There are no data yet; load some with: python -m core prepare FILE.")
    recipe = recipe or Recipe.of(config)
    whole = generation.panel()
    if whole.n_days < recipe.least_days:
        raise NotReadyError(
            f"The data cover {whole.n_days} days ({whole.first_day} to {whole.last_day}); "
            f"a forecast needs at least {recipe.least_days}."
        )
    request = request or Request()
    plan = _plan(config, whole, generation, recipe, request)
    replaced, champion = registry.aliases().get(CHAMPION), registry.champion()
    with registry.workspace() as folder:
        made, tested = _make(folder, plan, generation, recipe, on_progress)
        on_progress(JUDGING, "Comparing with the version in use")
        verdict = None
        if champion is not None:
            old = _champion_on(plan, whole, champion, tested, _between(on_progress, JUDGING, 0.98))
            lacks, digest = _lacks(plan, whole, champion), fingerprint(whole)
            new = Contender("", tested, made["best"], whole.last_day.isoformat(), digest, lacks)
            verdict = None if old is None else judge(new, old, plan.summing, config.gate_limit)
        manifest = {
            "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "trigger": trigger,
            "who": who,
            "parent": None if champion is None else champion.id,
            "replaces": replaced,
            "data": _data(generation, whole),
            "recipe": recipe.to_json(),
            "request": request.to_json(),
            "calendar": CALENDAR,
            "code": {"version": core.__version__, "sha256": code_digest()},
            "packages": packages(),
            "duration_s": round(time.monotonic() - started, 3),
            "gate": None if verdict is None else verdict.evidence,
            **made,
        }
        on_progress(0.98, "Storing the forecasts")
        version = registry.publish(folder, manifest)
    told = _put_to_use(registry, version, verdict, who, replaced)
    # From here on nothing can be taken back: a request to cancel comes too late, and old versions can go another time.
    with suppress(JobCancelledError):
        on_progress(1.0, told)
    try:
        registry.prune(config.keep_versions, who)
    except (OSError, SQLAlchemyError, TidemarkError):
        log.exception("old versions could not be removed")
    return version


def train_for_job(
    config: Config, tell: Progress, why: str, who: str, registry: Registry, request: Request | None = None
) -> tuple[Version, dict[str, Any]]:
    """``train``, and what the result of the job shall say: the version and whether it came into use."""
    version = train(config, tell, why, who=who, registry=registry, request=request)
    return version, {"version": version.id, "champion": registry.aliases().get(CHAMPION) == version.id}


def _plan(config: Config, whole: Panel, generation: Generation, recipe: Recipe, request: Request) -> Plan:
    country = holiday_country(generation.manifest.main_country, recipe.holidays)
    calendars = calendars_at(whole.first_day, whole[Series("transactions")], country, recipe.declared_days())
    folds = make_folds(whole, recipe.fold_days, recipe.folds, recipe.fold_step)
    cache = config.cache_dir / "backtests"
    models = request.models or recipe.models
    return Plan(request.panel(whole), models, request.window, folds, calendars, cache)


def _put_to_use(registry: Registry, version: Version, verdict: Verdict | None, who: str, replaced: str | None) -> str:
    """What the gate decided is done, unless another champion was chosen meanwhile; returns a sentence."""
    if verdict is None:
        reason, evidence = (
            "first version" if replaced is None else f"{replaced} knows nothing of the present data",
            None,
        )
    else:
        reason, evidence = verdict.reason, verdict.evidence
        if not verdict.promote:
            registry.challenge(version.id, who, reason, evidence)
            return f"Version {version.id} waits as challenger: {reason}"
    if registry.promote(version.id, who, reason, evidence, replacing=replaced):
        return f"Version {version.id} serves, with forecasts from data to {version.origin:%d %B %Y}"
    reason = "another champion was chosen while it was trained"
    registry.challenge(version.id, who, reason, evidence)
    return f"Version {version.id} waits as challenger: {reason}"


def _lacks(plan: Plan, whole: Panel, champion: Version) -> list[str]:
    """Measures that the data and the champion have and the new version does not."""
    mine = {series.measure for series in plan.panel.series}
    there = dict.fromkeys(series.measure for series in whole.series)
    theirs = {series.measure for series in champion.series()}
    return [measure for measure in there if measure in theirs and measure not in mine]


def _champion_on(plan: Plan, whole: Panel, champion: Version, tested: pd.DataFrame, tell: Progress) -> Contender | None:
    """The champion's recipe on the present data: the same backtest where the recipe is the same.

    None if there is nothing to compare: its measures are not in the data, or none of its models exists any more.
    """
    manifest = champion.manifest
    try:
        theirs = plan.other(whole, manifest["recipe"]["models"], Request.of(manifest.get("request")))
    except InputError:
        return None
    if not theirs.models:
        return None
    frame = tested if theirs.same_recipe(plan) else theirs.backtest(tell).frame
    return Contender(
        champion.id, frame, manifest["best"], manifest["data"]["last_day"], manifest["data"]["fingerprint"]
    )


def _make(
    folder: Path, plan: Plan, generation: Generation, recipe: Recipe, on_progress: Progress
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Writes all files of a version; returns what the manifest says of them, and the backtest."""
    panel = plan.panel
    on_progress(0.0, f"Reading {len(panel.series)} daily series of {panel.n_days} days")
    tested = plan.backtest(_between(on_progress, 0.02, BACKTEST_SHARE))
    calendar, places = plan.calendars(panel.last_day), _places(folder, plan.models)
    tell = _between(on_progress, BACKTEST_SHARE, JUDGING)
    learnt = panel if plan.window is None else last_days(panel, panel.last_day, plan.window)
    ahead = forecast_ahead(plan.models, learnt, calendar, recipe.days_ahead, tested.base_points, tell, folders=places)
    intervals = fit_intervals(tested.frame, history_residuals(panel, calendar, recipe.fold_days))
    forecasts = _with_reasons(intervals.apply(ahead.points), panel.last_day, calendar, recipe.days_ahead)
    write_frame(folder / FORECASTS, forecasts, FORECAST_COLUMNS)
    write_frame(folder / BACKTEST, tested.frame, BACKTEST_COLUMNS)
    for name, told in ahead.drivers.items():  # of one model: no other can tell
        ordered = told.assign(model=name).sort_values(["measure", "segment", "date"], kind="stable")
        write_frame(folder / DRIVERS, ordered, DRIVER_COLUMNS)
    _write_json(folder / CALENDAR, calendar.to_json())
    _write_json(folder / REFERENCE, freeze(generation, calendar).to_json())
    with suppress(NotReadyError):  # too short to compare: the page says so
        _write_json(folder / DRIFT, drift_report(generation, calendar=calendar).to_json())
    served = served_models(tested.frame, plan.summing) if plan.folds else {}
    best = {series: served.get(series, plan.models[0]) for series in panel.series}
    about = {
        "models": {name: _about(name, folder, tested, ahead, places) for name in plan.models},
        "best": {str(series): model for series, model in best.items()},
        "scores": served_scores(served_in_time(tested.frame, plan.summing), best) if plan.folds else [],
        "folds": [fold.origin.isoformat() for fold in plan.folds],
        "coverage": _coverage(tested.frame),
        "reconciliation": [_plain(choice) for choice in ahead.choices],
    }
    return about, tested.frame


def _between(on_progress: Progress, start: float, end: float) -> Progress:
    return lambda fraction, message: on_progress(start + (end - start) * fraction, message)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, sort_keys=True, ensure_ascii=False), encoding="utf-8")


def _places(folder: Path, models: Sequence[str]) -> dict[str, Path]:
    """An empty folder for every model that can be stored; a combination is made of its members' forecasts."""
    places = {name: folder / "models" / name for name in models if issubclass(MODELS[name], Forecaster)}
    for place in places.values():
        place.mkdir(parents=True)
    return places


def _about(name: str, folder: Path, tested: BacktestResult, ahead: Ahead, places: Mapping[str, Path]) -> dict[str, Any]:
    """What the manifest says of a model. Seconds are of the processor, megabytes: see core.evaluation.cost."""
    about: dict[str, Any] = {"seconds": round(ahead.seconds[name], 3)}
    about |= {key: round(one, 3) for key, one in ahead.costs[name].told().items()}
    if name in tested.seconds:
        about["backtest_seconds"] = round(tested.seconds[name], 3)
    model = MODELS[name]
    if issubclass(model, Forecaster):
        about["folder"] = places[name].relative_to(folder).as_posix()
        if settings := model.settings():
            about["settings"] = settings
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


def _data(generation: Generation, panel: Panel) -> dict[str, Any]:
    manifest = generation.manifest
    return {
        "generation": generation.id,
        "fingerprint": fingerprint(panel),
        "content": manifest.content,
        "cleaning": {one.id: {"on": one.on, "dropped": one.dropped} for one in manifest.waterfall},
        "first_day": panel.first_day.isoformat(),
        "last_day": panel.last_day.isoformat(),
        "idle_days": _idle_days(panel),
        "rows": manifest.lines_out,
        "last_time": manifest.last_time.isoformat(),
    }


def _idle_days(panel: Panel) -> int:
    """Days in a row without a line just before the last day, which is left out: a single line after a long pause makes
    it the last."""
    sold = np.flatnonzero(panel[Series("transactions")][:-1] > 0)
    return panel.n_days - 2 - int(sold[-1]) if len(sold) else panel.n_days - 1

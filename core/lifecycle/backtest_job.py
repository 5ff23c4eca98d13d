"""A backtest as a job: what may be asked for; a quick look first, then all of it, kept by core.lifecycle.backtests."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import pandas as pd

from core.config import Config
from core.errors import InputError, NotReadyError
from core.evaluation.backtest import BacktestResult, backtest, make_folds, summing_measures
from core.evaluation.choice import served_models
from core.lifecycle.backtests import Backtests, Part, run_of
from core.lifecycle.jobs import JobRun
from core.lifecycle.recipe import fingerprint
from core.models.base import Fold, Forecaster
from core.models.catalogue import MODEL_NAMES, MODELS
from core.series.calendar import OpeningCalendar, calendars_at, holiday_country
from core.series.overrides import read_overrides
from core.series.panel import MEASURES, Panel
from core.transactions.store import Generation, Store

LIGHT = ("seasonal_naive", "weekday_mean", "ets")
"""Models of the quick look: a fraction of a second each."""
PREVIEW_FOLDS = 3
FOLDS, STEP, HORIZON, LEAST_WINDOW = (2, 52), (1, 91), (1, 91), 28
"""At least and at most; days, but for the folds."""
MOST_ROWS = 250_000
"""Models × series × folds × days that are kept at most: a page reads them all."""
AT_LEAST = 0.5
"""Seconds that any step takes, for the progress."""

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Request:
    """What is asked for; None: all that there is. ``window``: models see only so many days before each origin."""

    models: tuple[str, ...] | None = None
    measures: tuple[str, ...] | None = None
    segments: tuple[str, ...] | None = None
    folds: int = 8
    step: int = 28
    horizon: int = 28
    window: int | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> Request:
        """Reads plain JSON values and puts names into their usual order. Raises InputError naming what is wrong."""
        given = {name: value for name, value in (values or {}).items() if value not in (None, [], ())}
        known = set(cls.__dataclass_fields__)
        if unknown := sorted(set(given) - known):
            raise InputError(f"a backtest knows no {', '.join(unknown)}", hint=f"Use {', '.join(sorted(known))}.")
        for name, (least, most) in (("folds", FOLDS), ("step", STEP), ("horizon", HORIZON)):
            if name in given and (type(given[name]) is not int or not least <= given[name] <= most):
                raise InputError(f"{name}: {given[name]} is not possible", hint=f"Use {least} to {most}.")
        window = given.get("window")
        if window is not None and (type(window) is not int or window < LEAST_WINDOW):
            raise InputError(f"window: {window} days cannot be learnt from", hint=f"Use {LEAST_WINDOW} or more.")
        for name, names in (("models", MODEL_NAMES), ("measures", MEASURES)):
            if name in given:
                given[name] = _in_order(name, given[name], names)
        if "segments" in given:
            given["segments"] = tuple(str(one) for one in given["segments"])
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, without what is not asked for."""
        return {
            name: list(one) if isinstance(one, tuple) else one for name, one in vars(self).items() if one is not None
        }

    def panel(self, whole: Panel) -> Panel:
        """The series asked for. Raises InputError when the data have none of them."""
        chosen = [
            series
            for series in whole.series
            if (self.measures is None or series.measure in self.measures)
            and (self.segments is None or series.segment in self.segments)
        ]
        if not chosen:
            known = ", ".join(map(str, whole.series))
            raise InputError("the data have none of the series asked for", hint=f"They have {known}.")
        return whole.select(chosen)


@dataclass(frozen=True)
class Step:
    """A part of the work that gives a result to look at."""

    part: Part
    models: tuple[str, ...]
    folds: tuple[Fold, ...]


def steps(models: tuple[str, ...], folds: tuple[Fold, ...]) -> list[Step]:
    """First light models on the newest folds (stand-ins, if none of those asked for is light), then light models on
    all, then everything; a step that would be like a later one is left out."""
    light = tuple(name for name in models if name in LIGHT)
    found = [
        Step("preview", light or LIGHT[:2], folds[-PREVIEW_FOLDS:]),
        Step("light", light, folds),
        Step("whole", models, folds),
    ]
    later = [(one.models, one.folds) for one in found[1:]]
    kept = [one for n, one in enumerate(found[:2]) if one.models and (one.models, one.folds) not in later[n:]]
    return [*kept, found[2]]


def backtest_for_job(config: Config, run: JobRun, request: Mapping[str, Any] | None) -> dict[str, Any]:
    """Makes and keeps the backtest of a job, part by part, and returns what its result shall say.

    All series are forecast, as in a training, and those asked for are kept: models that learn from many series, weights
    of combinations, sums and intervals depend on all of them. What a training has computed comes from its cache.

    ``run`` is told of progress and may raise to cancel: parts that are done stay. Raises NotReadyError without data or
    with too few days, InputError for what the data do not have.
    """
    asked, kept = Request.of(request), Backtests(config.backtests_dir)
    generation = Store(config.store_dir).current()
    if generation is None:
        raise NotReadyError("There are no data yet; load some with: python -m core prepare FILE.")
    kept.clear_drafts()
    whole = generation.panel()
    panel, models = asked.panel(whole), asked.models or config.models or MODEL_NAMES
    folds = make_folds(whole, asked.horizon, asked.folds, asked.step)
    if not folds:
        raise InputError(
            f"the data have {whole.n_days} days, too few for test periods of {asked.horizon} days",
            hint="Use a shorter horizon or more data.",
        )
    check_size(len(models), len(panel.series), len(folds), asked.horizon)
    calendars = calendars_of(config, generation, whole)
    last = json.dumps(calendars(whole.last_day).to_json(), sort_keys=True, ensure_ascii=False).encode()
    about = _about(generation, whole, asked, models, folds, run.job_id)
    name, cache = run_of(run.job_id), config.cache_dir / "backtests"
    for step, tell in _shares(steps(models, folds), len(whole.series), run):
        made = backtest(step.models, whole, step.folds, calendars, tell, cache=cache, window=asked.window)
        tell(1.0, _sentence(step))
        kept.publish(name, step.part, _rows_of(made.frame, panel), last, {**about, **_made(step, made, whole, panel)})
    return {"backtest": name, "models": list(models), "series": len(panel.series), "folds": len(folds)}


def check_size(models: int, series: int, folds: int, horizon: int) -> None:
    """Raises InputError for more than a page can show."""
    if (rows := models * series * folds * horizon) > MOST_ROWS:
        raise InputError(
            f"{rows:,} forecasts are too many ({models} models, {series} series, {folds} test periods, {horizon} days)",
            hint=f"Ask for at most {MOST_ROWS:,}: fewer models, series, test periods or days.",
        )


def calendars_of(config: Config, generation: Generation, whole: Panel) -> Callable[[dt.date], OpeningCalendar]:
    """The opening calendar as it could be known at any day."""
    from core.series.panel import Series

    country = holiday_country(generation.manifest.main_country, config.holidays_country)
    overrides = read_overrides(config.calendar_file)
    return calendars_at(whole.first_day, whole[Series("transactions")], country, overrides)


def _shares(found: list[Step], series: int, run: JobRun) -> Iterator[tuple[Step, Progress]]:
    """Every step with its part of the progress: as long as its models take, by their own guess."""
    work = [AT_LEAST + sum(map(_seconds, step.models)) * series * len(step.folds) for step in found]
    ends = [0.0, *(end / sum(work) for end in accumulate(work))]
    for step, (start, end) in zip(found, pairwise(ends), strict=True):
        yield step, _between(run, start, end)


def _between(run: JobRun, start: float, end: float) -> Progress:
    return lambda fraction, message: run(start + (end - start) * fraction, message)


def _seconds(name: str) -> float:
    model = MODELS[name]
    return model.seconds_each if issubclass(model, Forecaster) else 0.0


def _sentence(step: Step) -> str:
    if step.part == "whole":
        return "Keeping the result"
    return f"A first result: {len(step.models)} models on {len(step.folds)} test periods"


def _about(
    generation: Generation, whole: Panel, asked: Request, models: tuple[str, ...], folds: tuple[Fold, ...], job: int
) -> dict[str, Any]:
    """What is the same for all parts."""
    return {
        "job": job,
        "created_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "data": {
            "generation": generation.id,
            "fingerprint": fingerprint(whole),
            "first_day": whole.first_day.isoformat(),
            "last_day": whole.last_day.isoformat(),
        },
        "request": asked.to_json(),
        "asked": {"models": list(models), "folds": [fold.origin.isoformat() for fold in folds]},
    }


def _rows_of(frame: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """The rows of some series, in their order."""
    chosen = pd.MultiIndex.from_frame(frame[["measure", "segment"]]).isin(list(panel.series))
    return frame[chosen].reset_index(drop=True)


def _made(step: Step, made: BacktestResult, whole: Panel, panel: Panel) -> dict[str, Any]:
    """What belongs to one part, under the names that a version's manifest uses."""
    best = served_models(made.frame, summing_measures(whole))
    notes = {
        name: {str(one): about[str(one)] for one in panel.series if str(one) in about}
        for name, about in made.notes.items()
    }
    return {
        "models": {name: {"backtest_seconds": round(made.seconds[name], 3)} for name in step.models},
        "best": {str(series): best[series] for series in panel.series},
        "folds": [fold.origin.isoformat() for fold in step.folds],
        "notes": {name: about for name, about in notes.items() if about},
    }


def _in_order(kind: str, asked: Any, known: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := [str(name) for name in asked if name not in known]:
        raise InputError(f"{kind}: there is no {', '.join(unknown)}", hint=f"Known are {', '.join(known)}.")
    return tuple(name for name in known if name in asked)

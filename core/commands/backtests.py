"""What the commands ``backtest`` and ``forecast --panel`` compute, on the product's own panel or on one of a file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.commands.panels import PanelFile, read_panel_file
from core.commands.tables import FORECAST_OUT, long_form
from core.config import Config
from core.errors import InputError, NotReadyError
from core.evaluation.ahead import forecast_ahead
from core.evaluation.backtest import BacktestResult, Progress, backtest, make_folds
from core.evaluation.intervals import fit_intervals, history_residuals
from core.evaluation.leakage import audit_models
from core.models.base import Calendars, Fold
from core.models.catalogue import MODEL_NAMES
from core.series.calendar import calendars_at, holiday_country
from core.series.overrides import read_overrides
from core.series.panel import MEASURES, Panel, Series
from core.series.panel_calendar import panel_calendars_at
from core.transactions.store import Store

ALL = "all"
"""Every measure there is."""
DEFAULT = ("ensemble",)
"""Models of ``forecast --panel``, where they exist."""
INTERVAL_FOLDS, FEW_FOLDS = 4, 2
"""Folds whose errors make the intervals of a panel's forecast, and for large panels."""
LARGE_PANEL = 200_000
"""Values of series × days from which a panel is large."""
NAMED = 5
"""How many series a note names."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which origins a backtest takes, and what models may do at each; see core.evaluation.backtest."""

    horizon: int
    count: int
    step: int
    last_origin: dt.date | None = None
    window: int | None = None
    refit_every: int | None = None

    def folds(self, panel: Panel) -> tuple[Fold, ...]:
        """Raises InputError for numbers that make no sense."""
        if min(self.window or 1, self.refit_every or 1) < 1:
            raise InputError("a window and the folds between two estimations must be at least 1")
        try:
            return make_folds(panel, self.horizon, self.count, self.step, self.last_origin)
        except ValueError as error:
            raise InputError(str(error)) from error


@dataclass(frozen=True, slots=True)
class How:
    """How the work is done; it changes no number. ``audit``: run the leak audit instead of only the backtest."""

    workers: int | None = None
    cache: bool = True
    audit: bool = False

    def folder(self, config: Config) -> Path | None:
        return config.cache_dir / "backtests" if self.cache else None


@dataclass
class Outcome:
    """A backtest: BACKTEST_COLUMNS and unique_id, seconds by model, sentences for the user, the audit's certificate."""

    table: pd.DataFrame
    seconds: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    certificate: dict[str, Any] | None = None


# ---- the product's own panel


def own_backtest(
    measures: Sequence[str], segment: str, plan: Plan, models: Sequence[str], how: How, on_progress: Progress
) -> Outcome:
    """Some measures of a segment, or ALL. Models learn from all measures of the segment whichever are asked for, so the
    forecasts of one are the same alone and beside others. Raises NotReadyError, InputError."""
    config = Config.from_env()
    generation = Store(config.store_dir).current()
    if generation is None:
        raise NotReadyError("There are no data yet; load some with: python -m core prepare FILE.")
    whole = generation.panel()
    there = [measure for measure in MEASURES if Series(measure, segment) in whole.series]
    asked = there if ALL in measures and there else [measure for measure in measures if measure != ALL]
    if unknown := [Series(measure, segment) for measure in asked or [ALL] if measure not in there]:
        known = ", ".join(map(str, whole.series))
        raise InputError(f"there is no series {', '.join(map(str, unknown))}", hint=f"Known are {known}.")
    country = holiday_country(generation.manifest.main_country, config.holidays_country)
    overrides = read_overrides(config.calendar_file)

    def calendars_of(panel: Panel) -> Calendars:
        return calendars_at(panel.first_day, panel[Series("transactions")], country, overrides)

    def view(panel: Panel) -> Panel:
        return panel.select([Series(measure, segment) for measure in there])

    folds = plan.folds(whole)
    if not folds:
        raise _too_short(str(Series(asked[0], segment)), whole.n_days, plan.horizon)
    result, certificate = _run(models, whole, folds, calendars_of, view, plan, how, config, on_progress)
    frame = result.frame[result.frame["measure"].isin(asked)].reset_index(drop=True)
    names = frame["measure"].astype(str) + "/" + frame["segment"].astype(str)
    outcome = Outcome(frame.assign(unique_id=names), dict(result.seconds), [], certificate)
    return _said_if_fewer(outcome, plan, len(folds))


def _too_short(name: str, days: int, horizon: int) -> InputError:
    return InputError(
        f"{name} has {days} days, too few for a backtest of {horizon} days", hint="Use a shorter horizon or more data."
    )


def _run(
    models: Sequence[str],
    panel: Panel,
    folds: Sequence[Fold],
    calendars_of: Callable[[Panel], Calendars],
    view: Callable[[Panel], Panel],
    plan: Plan,
    how: How,
    config: Config,
    tell: Progress,
) -> tuple[BacktestResult, dict[str, Any] | None]:
    if how.audit:
        found = audit_models(
            models, panel, folds, calendars_of, view=view,
            workers=how.workers, window=plan.window, refit_every=plan.refit_every, on_progress=tell,
        )  # fmt: skip
        return found.result, found.certificate()
    result = backtest(
        models, view(panel), folds, calendars_of(panel), tell,
        workers=how.workers, cache=how.folder(config), window=plan.window, refit_every=plan.refit_every,
    )  # fmt: skip
    return result, None


# ---- a panel of a file


def panel_backtest(path: Path, plan: Plan, models: Sequence[str], how: How, on_progress: Progress) -> Outcome:
    """Every series of a panel file, each with its own opening calendar; series that end on the same day are one panel,
    with ``last_origin`` all are. Raises InputError."""
    config = Config.from_env()
    country = holiday_country(None, config.holidays_country)
    file = read_panel_file(path)
    panels = [file.whole()] if plan.last_origin else file.groups()
    work = [(panel, plan.folds(panel)) for panel in panels]
    if not any(folds for _, folds in work):
        panel = panels[0]
        raise _too_short(panel.series[0].segment, panel.n_days, plan.horizon)
    outcome = Outcome(pd.DataFrame(), notes=file.notes + _apart(panels))
    short = [one.segment for panel, folds in work if not folds for one in panel.series]
    tables, certificates = [], []
    work = [(panel, folds) for panel, folds in work if folds]
    for tell, (panel, folds) in zip(_shares(on_progress, [panel for panel, _ in work]), work, strict=True):
        result, certificate = _run(
            models, panel, folds, lambda seen: panel_calendars_at(seen, country), lambda seen: seen,
            plan, how, config, tell,
        )  # fmt: skip
        tables.append(_known(result.frame, panel))
        begun = set(tables[-1]["segment"].unique())
        short += [one.segment for one in panel.series if one.segment not in begun]
        certificates += [certificate] if certificate else []
        for name, seconds in result.seconds.items():
            outcome.seconds[name] = outcome.seconds.get(name, 0.0) + seconds
    outcome.table = _in_order(pd.concat(tables, ignore_index=True), file)
    outcome.certificate = merged(certificates)
    if short:
        outcome.notes.append(f"Left out, without a value before any origin: {_named(short)}.")
    made = max(len(folds) for _, folds in work)
    return _said_if_fewer(outcome, plan, made)


def _said_if_fewer(outcome: Outcome, plan: Plan, made: int) -> Outcome:
    """With a sentence if there are not as many folds as were asked for."""
    if made < plan.count:
        outcome.notes.append(f"There are days for {made} of the {plan.count} folds asked for.")
    return outcome


def _known(frame: pd.DataFrame, panel: Panel) -> pd.DataFrame:
    """Without the folds at which a series had not begun: nothing was known, so nothing was forecast."""
    begun = panel.days[np.argmax(~np.isnan(panel.values), axis=1)]
    first = dict(zip((one.segment for one in panel.series), begun, strict=True))
    known = frame["segment"].map(first).to_numpy("datetime64[D]") <= frame["cutoff"].to_numpy("datetime64[D]")
    return frame if known.all() else frame[known]


def _in_order(frame: pd.DataFrame, file: PanelFile) -> pd.DataFrame:
    """By series as in the file, then as it was; with the actuals as they are in the file."""
    place = pd.Index(file.names).get_indexer(pd.Index(frame["segment"]))
    frame = frame.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)
    if "y" in frame and file.notes:
        frame["y"] = file.actuals(frame["segment"], frame["date"])
    return frame.assign(unique_id=frame["segment"])


def merged(certificates: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """One certificate of several panels: forecasts add up, the first difference counts."""
    if not certificates:
        return None
    models: dict[str, dict[str, Any]] = {}
    for one in certificates:
        for name, new in one["models"].items():
            old = models.setdefault(name, {"forecasts": 0, "folds": 0, "difference": ""})
            old["forecasts"] += new["forecasts"]
            old["folds"] = max(old["folds"], new["folds"])
            old["difference"] = old["difference"] or new["difference"]
    whole = {"passed": all(one["passed"] for one in certificates), "folds": max(one["folds"] for one in certificates)}
    return {**certificates[0], **whole, "models": models}


def panel_forecast(
    path: Path, horizon: int, models: Sequence[str], how: How, on_progress: Progress
) -> tuple[pd.DataFrame, list[str]]:
    """FORECAST_OUT for every series of a panel file, after a short backtest for the intervals, and sentences for the
    user. Default models: DEFAULT. Raises InputError."""
    config = Config.from_env()
    country = holiday_country(None, config.holidays_country)
    file = read_panel_file(path)
    names = models or (DEFAULT if set(DEFAULT) <= set(MODEL_NAMES) else MODEL_NAMES)
    panels, tables, notes = file.groups(), [], list(file.notes)
    for tell, panel in zip(_shares(on_progress, panels), panels, strict=True):
        calendars = panel_calendars_at(panel, country)
        past = min(horizon, 28)
        count = FEW_FOLDS if panel.values.size >= LARGE_PANEL else INTERVAL_FOLDS
        backtested = backtest(
            names, panel, make_folds(panel, past, count, past), calendars, _between(tell, 0.0, 0.7),
            workers=how.workers, cache=how.folder(config),
        )  # fmt: skip
        calendar = calendars(panel.last_day)
        ahead = forecast_ahead(
            names, panel, calendar, horizon, backtested.base_points, _between(tell, 0.7, 1.0), workers=how.workers
        )
        intervals = fit_intervals(backtested.frame, history_residuals(panel, calendar, past))
        tables.append(intervals.apply(ahead.points).assign(cutoff=pd.Timestamp(panel.last_day)))
        notes += _untold(panel, horizon) + _fallen_back(ahead.notes)
    return long_form(_in_order(pd.concat(tables, ignore_index=True), file), FORECAST_OUT), notes + _apart(panels)


def _untold(panel: Panel, horizon: int) -> list[str]:
    """A sentence for every regressor that is not known for all days ahead of all series."""
    notes = []
    for name, values in panel.known.items():
        ahead = values[:, panel.n_days : panel.n_days + horizon]
        told = (~np.isnan(ahead)).sum(axis=1)
        lacking = [one.segment for one, days in zip(panel.series, told.tolist(), strict=True) if days < horizon]
        if lacking:
            notes.append(
                f"{name} is not known for all {horizon} days ahead of {_named(lacking)}; "
                "where it is missing its past mean is used, and the intervals do not allow for it."
            )
    return notes


def _fallen_back(notes: Mapping[str, Mapping[str, str]]) -> list[str]:
    """A sentence for every model and reason why series do not get its own forecast."""
    found: dict[tuple[str, str], list[str]] = {}
    for model, told in notes.items():
        for series, reason in told.items():
            found.setdefault((model, reason), []).append(series.partition("/")[2])
    return [f"{model}, {_named(series)}: {reason}." for (model, reason), series in found.items()]


def _named(series: Sequence[str]) -> str:
    """The names of a few series, or of the first ones and how many there are."""
    if len(series) <= NAMED:
        return ", ".join(series)
    return f"{len(series):,} series ({', '.join(series[:NAMED])}, …)"


def _apart(panels: Sequence[Panel]) -> list[str]:
    """A sentence if the series are not all learnt from together."""
    if len(panels) == 1:
        return []
    return [f"The series end on {len(panels):,} different days; models learn only from series that end together."]


def _between(tell: Progress, start: float, end: float) -> Progress:
    return lambda fraction, message: tell(start + (end - start) * fraction, message)


def _shares(tell: Progress, panels: Sequence[Panel]) -> list[Progress]:
    """A progress function for each panel, as long a part of the way as it has values."""
    ends = np.cumsum([0, *(panel.values.size for panel in panels)], dtype=np.float64)
    ends = (ends / ends[-1]).tolist()
    return [_between(tell, start, end) for start, end in pairwise(ends)]

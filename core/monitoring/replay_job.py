"""A replay of retraining policies on the data of the installation, as a command or a job asks for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.config import Config
from core.errors import InputError, NotReadyError
from core.evaluation.backtest import Progress
from core.models.base import Forecaster
from core.models.catalogue import MODEL_NAMES, MODELS
from core.monitoring.injection import Change, inject_panel
from core.monitoring.made import made_of
from core.monitoring.policies import EVERY_DAYS, POLICY_NAMES, policy
from core.monitoring.replay import STEP, period_of, replay
from core.monitoring.replay_detector import shift_detector
from core.monitoring.replay_result import Replay
from core.series.calendar import OpeningCalendar, calendars_at, holiday_country
from core.series.overrides import read_overrides
from core.series.panel import MEASURES, TOTAL, Panel, Series
from core.transactions.store import Store

STEPS, EVERY = (7, 91), (1, 365)
"""Days between two possible retrainings, and between two of the policy schedule: at least and at most."""


@dataclass(frozen=True)
class Request:
    """What is asked for; None: all models of the installation, all policies, the usual days (see ``period_of``).

    ``change``: is put into the data before, so that the delay of its detection can be told.
    """

    measure: str = "transactions"
    segment: str = TOTAL
    models: tuple[str, ...] | None = None
    policies: tuple[str, ...] | None = None
    step: int = STEP
    every: int = EVERY_DAYS
    first: dt.date | None = None
    last: dt.date | None = None
    change: Change | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> Request:
        """Reads plain JSON values, days as ISO text. Raises InputError naming what is wrong."""
        given = {name: value for name, value in (values or {}).items() if value not in (None, [], ())}
        known = set(cls.__dataclass_fields__)
        if unknown := sorted(set(given) - known):
            raise InputError(f"a replay knows no {', '.join(unknown)}", hint=f"Use {', '.join(sorted(known))}.")
        for name in ("step", "every"):
            if name in given and type(given[name]) is not int:
                raise InputError(f"{name} {given[name]} is not a whole number of days")
        for name, (least, most) in (("step", STEPS), ("every", EVERY)):
            if not least <= given.get(name, least) <= most:
                raise InputError(f"{name}: {given[name]} days are not possible", hint=f"Use {least} to {most}.")
        for name, names in (("models", MODEL_NAMES), ("policies", POLICY_NAMES)):
            if name in given:
                given[name] = _in_order(name, given[name], names)
        for name in ("first", "last"):
            if name in given:
                given[name] = _day(given[name])
        if "change" in given:
            given["change"] = _change(given["change"])
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, without what is not asked for."""
        return {name: _plain(one) for name, one in vars(self).items() if one is not None}


def run_replay(
    config: Config,
    request: Request,
    tell: Progress,
    *,
    workers: int | None = None,
    cache: bool = True,
) -> Replay:
    """The replay on the current data. Models that learn from several series learn from all measures of the segment, as
    in the command ``backtest``.

    Raises NotReadyError without data or with too few days, InputError for what the data do not have.
    """
    generation = Store(config.store_dir).current()
    if generation is None:
        raise NotReadyError("There are no data yet; load some with: python -m core prepare FILE.")
    whole, series = generation.panel(), Series(request.measure, request.segment)
    if series not in whole.series:
        raise InputError(f"there is no series {series}", hint=f"Known are {', '.join(map(str, whole.series))}.")
    models = request.models or config.models or MODEL_NAMES
    there = [Series(one, request.segment) for one in MEASURES if Series(one, request.segment) in whole.series]
    period = period_of(whole, request.first, request.last, request.step)
    country = holiday_country(generation.manifest.main_country, config.holidays_country)
    overrides = read_overrides(config.calendar_file)

    def calendars_of(panel: Panel) -> Callable[[dt.date], OpeningCalendar]:
        return calendars_at(panel.first_day, panel[Series("transactions")], country, overrides)

    if request.change is not None:
        if not period.first < request.change.start <= period.last:
            raise InputError(
                f"the change on {request.change.start} is not replayed",
                hint=f"The days replayed are those after {period.first}, up to {period.last}.",
            )
        whole = inject_panel(whole, calendars_of(whole)(whole.last_day).is_open(whole.days), request.change)
    eve = calendars_of(whole)(period.first - dt.timedelta(days=1))
    measured = whole.select(there if request.segment == TOTAL else [series])
    detector = shift_detector(_as_totals(measured), eve.is_open(whole.days), period.first, config.false_alarms)
    return replay(
        whole.select([series] if _alone(models) else there),
        series,
        models,
        calendars_of(whole),
        [policy(name, detector=detector, every=request.every) for name in request.policies or POLICY_NAMES],
        period,
        tell,
        change=None if request.change is None else request.change.start,
        workers=workers,
        cache=config.cache_dir / "backtests" if cache else None,
    )


def replay_for_job(config: Config, run: Progress, request: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the result of a job shall say: the replay as JSON, with made, see core.monitoring.made; no version has a
    part in it. ``run`` may raise to cancel, and is called at least every second or so."""
    asked, generation = Request.of(request), Store(config.store_dir).current()
    made = {} if generation is None else made_of(generation, None, config)
    found = run_replay(config, asked, run).to_json()
    return {**found, "made": {name: made[name] for name in ("generation", "last_day", "at", "budget")}}


def _as_totals(panel: Panel) -> Panel:
    """The series of one segment, under the names of the measures' totals."""
    return Panel(tuple(Series(one.measure) for one in panel.series), panel.first_day, panel.values)


def _alone(models: Sequence[str]) -> bool:
    """Whether other series would change no forecast: then they need not be computed."""
    found = (MODELS[name] for name in models)
    return all(issubclass(one, Forecaster) and one.per_series for one in found)


def _in_order(kind: str, asked: Sequence[Any], known: Sequence[str]) -> tuple[str, ...]:
    asked = [asked] if isinstance(asked, str) else asked
    if not any(asked):
        raise InputError(f"{kind}: there is none named", hint=f"Known are {', '.join(known)}.")
    if unknown := [str(name) for name in asked if name not in known]:
        raise InputError(f"{kind}: there is no {', '.join(unknown)}", hint=f"Known are {', '.join(known)}.")
    return tuple(name for name in known if name in asked)


def _day(value: Any) -> dt.date:
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        raise InputError(f"{value} is not a day", hint="Use YYYY-MM-DD.") from None


def _change(values: Any) -> Change:
    if not isinstance(values, Mapping) or set(values) != {"kind", "start", "size"}:
        raise InputError("a change has a kind, a start and a size")
    try:
        size = float(values["size"])
    except (TypeError, ValueError):
        raise InputError(f"{values['size']} is not the size of a change", hint="Use a number such as -0.3.") from None
    return Change(values["kind"], _day(values["start"]), size)


def _plain(value: Any) -> Any:
    if isinstance(value, Change):
        return {name: _plain(one) for name, one in vars(value).items()}
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, dt.date) else value

"""A replay of retraining policies on the data of the installation, as a command or a job asks for it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from core.config import Config
from core.errors import InputError, NotReadyError
from core.evaluation.backtest import Progress
from core.models.base import Forecaster
from core.models.catalogue import MODEL_NAMES, MODELS
from core.monitoring.policies import EVERY_DAYS, POLICY_NAMES, Detector, policy
from core.monitoring.replay import STEP, period_of, replay
from core.monitoring.replay_detector import changed
from core.monitoring.replay_result import Replay
from core.series.calendar import calendars_at, holiday_country
from core.series.overrides import read_overrides
from core.series.panel import MEASURES, TOTAL, Series
from core.transactions.store import Store

MOST_EVERY = 365


@dataclass(frozen=True)
class Request:
    """What is asked for; None: all models of the installation, all policies, the usual days (see ``period_of``)."""

    measure: str = "transactions"
    segment: str = TOTAL
    models: tuple[str, ...] | None = None
    policies: tuple[str, ...] | None = None
    step: int = STEP
    every: int = EVERY_DAYS
    first: dt.date | None = None
    last: dt.date | None = None

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
        if not 1 <= given.get("every", EVERY_DAYS) <= MOST_EVERY:
            raise InputError(f"every {given['every']} days is not possible", hint=f"Use 1 to {MOST_EVERY} days.")
        for name, names in (("models", MODEL_NAMES), ("policies", POLICY_NAMES)):
            if name in given:
                given[name] = _in_order(name, given[name], names)
        for name in ("first", "last"):
            if name in given:
                given[name] = _day(given[name])
        return cls(**given)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values, without what is not asked for."""
        plain = {name: list(one) if isinstance(one, tuple) else one for name, one in asdict(self).items()}
        days = {name: one.isoformat() for name, one in plain.items() if isinstance(one, dt.date)}
        return {name: one for name, one in (plain | days).items() if one is not None}


def run_replay(
    config: Config,
    request: Request,
    tell: Progress,
    *,
    workers: int | None = None,
    cache: bool = True,
    detector: Detector = changed,
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
    country = holiday_country(generation.manifest.main_country, config.holidays_country)
    overrides = read_overrides(config.calendar_file)
    return replay(
        whole.select([series] if _alone(models) else there),
        series,
        models,
        calendars_at(whole.first_day, whole[Series("transactions")], country, overrides),
        [policy(name, detector=detector, every=request.every) for name in request.policies or POLICY_NAMES],
        period_of(whole, request.first, request.last, request.step),
        tell,
        workers=workers,
        cache=config.cache_dir / "backtests" if cache else None,
    )


def replay_for_job(config: Config, run: Progress, request: Mapping[str, Any] | None) -> dict[str, Any]:
    """What the result of a job shall say: the replay as JSON. ``run`` may raise to cancel, and is called at least every
    second or so."""
    return run_replay(config, Request.of(request), run).to_json()


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

"""What a replay of retraining policies found: costs and errors of every policy, and which one to take."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

import numpy as np

from core.evaluation.significance import diebold_mariano
from core.monitoring.policies import Reason

BLOCK_DAYS = 28
"""Errors over time are shown, and compared, by blocks of so many days."""
JUDGED_DAYS, MARGIN = 28, 0.02
"""A retraining is false if over the next 28 days the new model's WAPE is not 2 % (relative) below the old one's."""
TIE, DOUBT, ALPHA, LEAST_BLOCKS = 0.01, 0.05, 0.10, 5
"""See ``recommend``."""

Rule = Literal["best", "close", "tied"]


@dataclass(frozen=True)
class Retraining:
    """``asked``: the day whose end gave the reason; ``day``: the origin of the new model, the next possible one.

    old_error, new_error: WAPE of the model replaced and of the new one over the JUDGED_DAYS after ``day``; None, as is
    ``false``, where they reach beyond the replay. ``model``: who serves from then on.
    """

    day: dt.date
    asked: dt.date
    reason: Reason
    model: str
    old_error: float | None
    new_error: float | None
    false: bool | None


@dataclass(frozen=True)
class Outcome:
    """One policy.

    wape: over all days with a forecast, a fraction; blocks: the same by BLOCK_DAYS, None without trade. unserved: days
    later than the forecasts of the model in use reach. seconds: processor time of fits and forecasts of the
    retrainings. instability: mean |new − old forecast| of the 28 days after a retraining as a fraction of the mean
    volume of open days; None without one. coverage: share of open days inside the 80 % interval. delay: days from a
    known change to the first retraining after it; None without a change or retraining. p_value: against the policy of
    the lowest error, by block (``diebold_mariano``); None where it cannot be told.
    """

    policy: str
    settings: Mapping[str, Any]
    retrainings: tuple[Retraining, ...]
    wape: float | None
    blocks: tuple[float | None, ...]
    unserved: int
    seconds: float
    instability: float | None
    coverage: float | None
    delay: int | None
    p_value: float | None

    @property
    def false_retrainings(self) -> int:
        return sum(one.false is True for one in self.retrainings)


@dataclass(frozen=True)
class Recommendation:
    """``policy`` is advised, ``best`` has the lowest error. rule: ``best``: it is that one; ``close``: its error is
    within TIE of the best; ``tied``: it is within DOUBT and the blocks do not tell them apart. excess: its error
    relative to the best, minus 1. p_value: as in Outcome. retrainings, seconds: of the advised and of the best."""

    policy: str
    best: str
    rule: Rule
    excess: float
    p_value: float | None
    retrainings: tuple[int, int]
    seconds: tuple[float, float]


@dataclass(frozen=True)
class Replay:
    """Policies on one series over the days after ``first`` to ``last``; a new model was possible every ``step`` days.

    models: those asked for; served: by origin, who would have been in use. fit_seconds: processor time of one fit with
    its forecasts. rarely: by model, days between two estimations where these are more than ``step``; in between a model
    goes on from the last. starts: the first day of every block. change: the day of a known change, if there is one.
    recommendation: None where no policy has an error.
    """

    measure: str
    segment: str
    models: tuple[str, ...]
    served: tuple[str, ...]
    first: dt.date
    last: dt.date
    step: int
    fit_seconds: float
    rarely: Mapping[str, int]
    starts: tuple[dt.date, ...]
    change: dt.date | None
    outcomes: tuple[Outcome, ...]
    recommendation: Recommendation | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values."""
        plain: dict[str, Any] = _plain(self)
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Replay:
        """Of what ``to_json`` gave, or the result of a job, which says besides what it was made of."""
        advice = data["recommendation"]
        return cls(
            **{
                **{name: one for name, one in data.items() if name != "made"},
                "models": tuple(data["models"]),
                "served": tuple(data["served"]),
                "first": dt.date.fromisoformat(data["first"]),
                "last": dt.date.fromisoformat(data["last"]),
                "starts": tuple(map(dt.date.fromisoformat, data["starts"])),
                "change": data["change"] and dt.date.fromisoformat(data["change"]),
                "outcomes": tuple(map(_outcome, data["outcomes"])),
                "recommendation": advice and Recommendation(**{name: _tuple(one) for name, one in advice.items()}),
            }
        )


def recommend(outcomes: Sequence[Outcome]) -> Recommendation | None:
    """The policy with the fewest retrainings (of these the lowest error) whose error is good enough.

    Good enough: within TIE (relative) of the lowest; or within DOUBT, and Diebold–Mariano over at least LEAST_BLOCKS
    blocks finds no difference at the level ALPHA. The bound is there because a year has only 13 blocks: a test of so
    few alone would also pass what is plainly worse. A policy that left more days without a forecast
    than the best is not advised.
    """
    best = lowest(outcomes)
    if best is None:
        return None
    known = [one for one in outcomes if one.wape is not None and one.unserved <= best.unserved]
    found = [(one, excess) for one in known if (excess := _excess(one, best)) <= _allowed(one)]
    advised, excess = min(found, key=lambda pair: (len(pair[0].retrainings), pair[1]))
    rule: Rule = "best" if advised is best else "close" if excess <= TIE else "tied"
    counts = len(advised.retrainings), len(best.retrainings)
    return Recommendation(
        advised.policy, best.policy, rule, excess, advised.p_value, counts, (advised.seconds, best.seconds)
    )


def lowest(outcomes: Sequence[Outcome]) -> Outcome | None:
    """The outcome with the lowest error, of those that left the fewest days without a forecast; None without any."""
    known = [one for one in outcomes if one.wape is not None]
    return min(known, key=lambda one: (one.unserved, one.wape, len(one.retrainings))) if known else None


def block_starts(first: dt.date, days: int) -> tuple[dt.date, ...]:
    """The first day of every block of the ``days`` after ``first``."""
    return tuple(first + dt.timedelta(days=1 + ahead) for ahead in range(0, days, BLOCK_DAYS))


def _excess(one: Outcome, best: Outcome) -> float:
    assert one.wape is not None
    assert best.wape is not None
    return one.wape / best.wape - 1 if best.wape else (0.0 if not one.wape else np.inf)


def _allowed(one: Outcome) -> float:
    return DOUBT if one.p_value is not None and one.p_value >= ALPHA else TIE


def p_value(losses: Sequence[float], best: Sequence[float]) -> float | None:
    """Of a policy against the best one, from Σ |error| by block; None with too few blocks."""
    if len(losses) < LEAST_BLOCKS:
        return None
    value = diebold_mariano(np.array(losses), np.array(best)).p_value
    return None if np.isnan(value) else value


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def _tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _outcome(data: Mapping[str, Any]) -> Outcome:
    retrainings = tuple(map(_retraining, data["retrainings"]))
    return Outcome(**{**data, "retrainings": retrainings, "blocks": tuple(data["blocks"])})


def _retraining(data: Mapping[str, Any]) -> Retraining:
    days = {name: dt.date.fromisoformat(data[name]) for name in ("day", "asked")}
    return Retraining(**{**data, **days, "reason": Reason(**data["reason"])})

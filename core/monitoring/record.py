"""The record of the forecasts of a series: what came beside what the tests promised, and whether it is as good."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import pandas as pd
from sqlalchemy import Engine

from core.evaluation import metrics
from core.monitoring.alerting import Alert
from core.monitoring.forecast_log import of_these, stand_ins, tracked
from core.monitoring.promise import Scores, beyond, by_horizon, rolling, scores
from core.series.panel import Panel, Series

if TYPE_CHECKING:
    from core.lifecycle.version import Version

Standing = Literal["none", "kept", "worse"]
"""None: too few days of the version in use, or tests, to judge by."""

LEAST_DAYS = 7
CHANCE = 0.05
"""Forecasts that are as good as ever are called worse with this probability at most."""
MOVES = ("level", "shape")
"""Kinds of alerts that say that what the forecasts build on has changed."""


@dataclass(frozen=True)
class Record:
    """``weeks``: days ahead, scores of forecasts in use, scores promised; ``rolling``: as core.monitoring.promise, with
    the backtest's forecasts before the first day ``begun`` of one in use (None: there was none yet).

    Both are of every version that was in use, by the tests of the one that is now. ``recent``: of the last four weeks
    of the latter alone, whose promise it is; ``promised``: of its whole backtest; ``standing``: of these two.
    """

    weeks: list[tuple[tuple[int, int], Scores, Scores]]
    rolling: pd.DataFrame
    begun: dt.date | None
    recent: Scores
    promised: Scores
    standing: Standing


def record(engine: Engine, version: Version, panel: Panel, series: Series) -> Record:
    everything, tests = tracked(engine, version, panel, series), stand_ins(version, panel, series)
    used = everything[~everything["stand_in"] & everything["y"].notna()]
    mine = used[used["version_id"] == version.id] if of_these(tests) else used.head(0)
    recent = mine[mine["target"] > mine["target"].max() - pd.Timedelta(days=28)]
    recent = recent.drop_duplicates("target", keep="last")
    found = scores(recent)
    return Record(
        weeks=by_horizon(used, tests),
        rolling=rolling(everything),
        begun=None if used.empty else used["target"].min().date(),
        recent=found,
        promised=scores(tests),
        standing=_standing(found, recent, tests),
    )


def _standing(found: Scores, recent: pd.DataFrame, tests: pd.DataFrame) -> Standing:
    """Against tests that looked as far ahead: one more of them would be worse with probability CHANCE."""
    if len(recent) < LEAST_DAYS:
        return "none"
    alike = tests[tests["horizon"].between(recent["horizon"].min(), recent["horizon"].max()) & tests["y"].notna()]
    each = [metrics.wape(rows["y"].to_numpy(), rows["mean"].to_numpy()) for _, rows in alike.groupby("origin")]
    t, limit = beyond(found.wape, each, CHANCE, logs=True)
    if limit == float("inf"):
        return "none"
    return "worse" if t > limit else "kept"


def moved(opened: Sequence[Alert]) -> Alert | None:
    """The worst open alarm that says that what the forecasts build on has changed; ``opened``: the worst first."""
    return next(
        (one for one in opened if one.kind in MOVES and one.severity != "info" and one.muted_by is None
         and one.state == "open"), None,
    )  # fmt: skip

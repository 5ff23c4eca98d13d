"""The log of what was forecast: every version that came into use, with what then happened, day by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Engine, insert, select

from core.evaluation.backtest import summing_measures
from core.evaluation.choice import served_in_time, served_rows
from core.lifecycle.version import BACKTEST
from core.monitoring import alert_rows
from core.series.panel import Panel, Series, Values
from core.state.engine import reading, writing
from core.state.tables import FORECAST_LOG

if TYPE_CHECKING:
    from core.lifecycle.registry import Registry
    from core.lifecycle.version import Version

BOUNDS = ("lo80", "hi80", "lo95", "hi95")
LINES = Series("transactions")
SAME_SHARE = 0.5
"""A version learnt from these data when of the days of its tests this share has kept its value; as progress.is_of."""


def log_issued(engine: Engine, registry: Registry) -> int:
    """Writes down the forecasts of every version that ever came into use and is not in the log yet: of the model in use
    for each series, as far ahead as the version was tested. Returns how many versions there were.

    The audit says which and when, so nothing that was in use, however short, is missed, and nothing is there twice.
    Days that were over when a version came into use are left out: for them it was chosen with hindsight.
    """
    with reading(engine) as connection:
        known = set(connection.execute(select(FORECAST_LOG.c.version_id).distinct()).scalars())
    first_use: dict[str, dt.datetime] = {}
    for event in registry.history(limit=None):  # newest first
        if event.to_value is not None:
            first_use[event.to_value] = event.at
    new = {one.id: one for one in registry.versions() if one.id in first_use and one.id not in known}
    for version_id, version in new.items():
        rows = _rows(version, first_use[version_id])
        if not rows:
            continue
        with writing(engine) as connection:
            alert_rows.lock(connection)  # what another process has written is seen
            found = select(FORECAST_LOG.c.version_id).where(FORECAST_LOG.c.version_id == version_id).limit(1)
            if connection.execute(found).first() is None:
                connection.execute(insert(FORECAST_LOG), rows)
    return len(new)


def _rows(version: Version, made_at: dt.datetime) -> list[dict[str, object]]:
    tested = version.backtest()["horizon"]
    reach = int(tested.max()) if len(tested) else int(version.forecasts()["horizon"].max())
    served = {series: version.best(series) for series in version.series()}
    frame = served_rows(version.forecasts(), served)
    frame = _foreseen(frame[frame["horizon"] <= reach], version, made_at)
    about = {"version_id": version.id, "origin": version.origin, "made_at": made_at}
    columns = ["measure", "segment", "model", "date", "horizon", "mean", *BOUNDS]
    return [
        {
            **about,
            "series": str(Series(measure, segment)),
            "model": model,
            "target": date.date(),
            "horizon": int(horizon),
            "mean": float(mean),
            **{name: None if np.isnan(value) else float(value) for name, value in zip(BOUNDS, bounds, strict=True)},
        }
        for measure, segment, model, date, horizon, mean, *bounds in frame[columns].itertuples(index=False)
    ]


def _foreseen(frame: pd.DataFrame, version: Version, made_at: dt.datetime) -> pd.DataFrame:
    """The days from that on which the version came into use; all of them if they were over when it was made: days of a
    historic extract come as fast as somebody loads them."""
    created = dt.datetime.fromisoformat(version.created_at).astimezone().date()
    if frame["date"].max() < pd.Timestamp(created):
        return frame
    return frame[frame["date"] >= pd.Timestamp(made_at.astimezone().date())]


def tracked(engine: Engine, version: Version, panel: Panel, series: Series) -> pd.DataFrame:
    """What was forecast for every day of a series and what came: columns version_id, origin, target, horizon, mean,
    lo80, hi80, lo95, hi95, y (NaN where it is not known yet), stand_in; in order of target and origin.

    Days for which nothing was in use have, as stand-ins, the forecasts of the backtest of ``version``, each of the
    model that the tests before it chose. Forecasts from before the data, and those of versions that learnt from other
    data, are left out: these took the place of them.
    """
    query = select(FORECAST_LOG).where(FORECAST_LOG.c.series == str(series))
    with reading(engine) as connection:
        rows = connection.execute(query).all()
    logged = pd.DataFrame(rows, columns=[column.name for column in FORECAST_LOG.c])
    issued = pd.DataFrame(
        {
            "version_id": logged["version_id"],
            "origin": pd.to_datetime(logged["origin"]),
            "target": pd.to_datetime(logged["target"]),
            "horizon": logged["horizon"].astype(np.int64),
            **{name: logged[name].astype(np.float64) for name in ("mean", *BOUNDS)},
            "stand_in": False,
        }
    )
    issued = issued[issued["origin"] >= pd.Timestamp(panel.first_day)]
    issued = issued[~issued["version_id"].isin(_of_others(version, panel, issued["version_id"].unique()))]
    tests = stand_ins(version, panel, series).drop(columns="learnt")
    found = pd.concat([issued, tests[~tests["target"].isin(issued["target"])]], ignore_index=True)
    found = found.sort_values(["target", "origin"], kind="stable", ignore_index=True)
    return found.assign(y=_actuals(panel, series, found["target"]))


def of_these(tests: pd.DataFrame) -> bool:
    """Whether a version learnt from data that these go on from; days without trade are the same in any. ``tests``: y,
    as it is in these, and learnt, as the version had it."""
    known = tests[["y", "learnt"]].dropna()
    known = known[(known != 0).any(axis=1)]
    return len(known) > 0 and bool(np.isclose(known["y"], known["learnt"]).mean() >= SAME_SHARE)


def _of_others(version: Version, panel: Panel, names: Iterable[str]) -> set[str]:
    """Which versions learnt from other data than these; whoever was in use is kept, so that its tests are there. One
    without a day in common cannot tell, and is not."""
    found = set()
    for name in names:
        tests = _learnt(version.path.with_name(name) / BACKTEST)
        tests = tests.assign(y=_actuals(panel, LINES, tests["date"])).dropna()
        if (tests[["y", "learnt"]] != 0).any(axis=None) and not of_these(tests):
            found.add(name)
    return found


@lru_cache(maxsize=1_000)
def _learnt(file: Path) -> pd.DataFrame:
    """All lines of the days that a version was tested on, as it had them: date, learnt. No row where they cannot be
    read."""
    all_lines = [("measure", "=", LINES.measure), ("segment", "=", LINES.segment)]
    try:
        tests: pd.DataFrame = pq.read_table(file, columns=["date", "y"], filters=all_lines).to_pandas()
    except (OSError, pa.ArrowException):
        return pd.DataFrame({"date": pd.to_datetime([]), "learnt": np.empty(0)})
    return tests.drop_duplicates("date").rename(columns={"y": "learnt"})


def stand_ins(version: Version, panel: Panel, series: Series) -> pd.DataFrame:
    """The backtest's forecasts of a series, columns as ``tracked``, and learnt: what came by the data that the version
    learnt from. What they were is worked out once a version."""
    summing = summing_measures(panel)
    kept = version.keep(("stand-ins", summing), lambda: _tested(version, summing))
    found = kept.get(series, kept[None])
    return found.assign(y=_actuals(panel, series, found["target"]))


def _tested(version: Version, summing: tuple[str, ...]) -> dict[Series | None, pd.DataFrame]:
    """By series; of None: no row."""
    tested = served_in_time(version.backtest(), summing)
    found = pd.DataFrame(
        {
            "version_id": version.id,
            "origin": pd.to_datetime(tested["cutoff"]),
            "target": pd.to_datetime(tested["date"]),
            "horizon": tested["horizon"].astype(np.int64),
            **{name: tested[name].astype(np.float64) for name in ("mean", *BOUNDS)},
            "stand_in": True,
            "learnt": tested["y"].astype(np.float64),
        }
    )
    keys = [tested[name].astype(str) for name in ("measure", "segment")]
    parts: dict[Series | None, pd.DataFrame] = {None: found.head(0)}
    for (measure, segment), rows in found.groupby(keys, sort=False):
        parts[Series(str(measure), str(segment))] = rows.reset_index(drop=True)
    return parts


def _actuals(panel: Panel, series: Series, target: pd.Series) -> Values:
    day = (target.to_numpy("datetime64[D]") - np.datetime64(panel.first_day, "D")).astype(np.int64)
    there = (day >= 0) & (day < panel.n_days)
    return np.where(there, panel[series][np.where(there, day, 0)], np.nan)

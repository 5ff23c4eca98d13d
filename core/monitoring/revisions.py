"""How the forecast of one day changed from one time it was made to the next."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from core.lifecycle.serving import forecast_table
from core.monitoring.forecast_log import tracked

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from core.lifecycle.version import Version
    from core.series.panel import Panel, Series

COLUMNS = ["version_id", "origin", "horizon", "mean", "lo80", "hi80", "stand_in"]


def revisions(engine: Engine, version: Version, panel: Panel, series: Series, day: dt.date) -> pd.DataFrame:
    """Every forecast of ``day`` in order of the last day that it knew: COLUMNS, and y, what came (NaN: not known yet).

    From the log of what was in use (each of the model that served then); where that has nothing for the day, from the
    tests of ``version``, marked as ``stand_in``; and what ``version`` says of a day after its origin.
    """
    known = tracked(engine, version, panel, series)
    found = known.loc[known["target"] == pd.Timestamp(day)]
    table = forecast_table(version, series)
    now = table.loc[table["date"] == pd.Timestamp(day)]
    if len(now) and not ((found["version_id"] == version.id) & ~found["stand_in"]).any():
        own = now.assign(version_id=version.id, origin=pd.Timestamp(version.origin), stand_in=False)
        found = pd.concat([found[COLUMNS], own[COLUMNS]], ignore_index=True)
    place = (day - panel.first_day).days
    came = float(panel[series][place]) if 0 <= place < panel.n_days else np.nan
    ordered: pd.DataFrame = found[COLUMNS].sort_values("origin", kind="stable", ignore_index=True)
    return ordered.assign(y=came)

"""What drives the forecasts of the trees, in families that people understand; exact sums of exact contributions."""

from __future__ import annotations

import numpy as np
import pandas as pd

from core.models.history import History
from core.models.xgb_features import feature_names
from core.series.panel import Panel, Values

LEVEL, RECENT, WEEKDAY, SEASON, EVENTS, KNOWN = "level", "recent", "weekday", "season", "events", "known"
FAMILIES = (RECENT, WEEKDAY, SEASON, EVENTS, KNOWN)
"""recent: how the last days and weeks stand to the level of four weeks; weekday; season: the year, and the course that
a smooth curve through the past takes; events: holidays and closed days nearby; known: what was known in advance."""

_STARTS = {
    RECENT: ("level_", "spread", "history", "growth", "horizon"),
    WEEKDAY: ("weekday",),
    SEASON: ("day_of_", "to_christmas", "year_ago_", "gp"),
    EVENTS: ("holiday", "since_event", "to_event", "closed_", "closures_"),
}


def family_of(feature: str, known: tuple[str, ...] = ()) -> str:
    """``known``: names of the features of regressors known in advance, whatever they are called."""
    found = [name for name, starts in _STARTS.items() if feature.startswith(starts)]
    return KNOWN if feature in known or not found else found[0]


def grouped(panel: Panel, history: History, contributions: Values, curve: Values, weight: float) -> pd.DataFrame:
    """measure, segment, date, level and FAMILIES, one row for every series and open day.

    contributions: (series × days, features + 1), the last column the trees' mean; NaN on closed days. curve: what the
    smooth curve that some of the trees start from adds to the level, shape (series, days), and the weight of these
    trees. What the weekday usually adds counts to the weekday, the rest of the curve to the season.
    """
    count, days = curve.shape
    end, known = history.n_days, feature_names(tuple(panel.known))[len(feature_names(())) :]
    names = (*feature_names(()), *known)
    families = np.array([*(family_of(name, known) for name in names), RECENT])
    parts = {name: contributions[:, families == name].sum(axis=1) for name in FAMILIES}
    rows, targets = np.repeat(np.arange(count), days), np.tile(end + np.arange(days), count)
    origins = np.full(rows.size, end)
    weekday = history.weekday_effect(history.profile, rows, origins, targets)
    parts[WEEKDAY] += weight * weekday
    parts[SEASON] += weight * (curve.ravel() - weekday)
    frame = pd.DataFrame(
        {
            "measure": [panel.series[row].measure for row in rows.tolist()],
            "segment": [panel.series[row].segment for row in rows.tolist()],
            "date": history.days[targets].astype("datetime64[ns]"),
            LEVEL: history.level(rows, origins),
            **parts,
        }
    )
    # A series without any level has nothing to start from, and its forecast is the guard's.
    told: pd.DataFrame = frame[~np.isnan(contributions[:, -1]) & frame[LEVEL].notna().to_numpy()]
    return told.reset_index(drop=True)

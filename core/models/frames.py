"""Point forecasts as a frame, and small files that carry a fitted model."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from core.series.days import Flags, day_range
from core.series.panel import Days, Series, Values
from core.series.panel_calendar import Calendar, calendar_from_json

MODEL_FILE = "model.json"


def horizon_days(origin: dt.date, horizon: int) -> Days:
    """The ``horizon`` days after the origin. Raises ValueError for a horizon below 1."""
    if horizon < 1:
        raise ValueError(f"horizon {horizon} is not at least 1")
    return day_range(origin + dt.timedelta(days=1), horizon)


def point_frame(series: Sequence[Series], days: Days, mean: Values, is_open: Flags) -> pd.DataFrame:
    """POINT_COLUMNS from ``mean`` of shape (number of series, number of days); closed days and negatives become 0.

    ``is_open``: (number of days,) or the shape of ``mean``.
    """
    count, horizon = mean.shape
    return pd.DataFrame(
        {
            "measure": np.repeat([one.measure for one in series], horizon),
            "segment": np.repeat([one.segment for one in series], horizon),
            "date": np.tile(days.astype("datetime64[ns]"), count),
            "horizon": np.tile(np.arange(1, horizon + 1), count),
            "mean": np.where(is_open, np.maximum(mean, 0.0), 0.0).ravel(),
            "open": np.broadcast_to(is_open, mean.shape).ravel(),
        }
    )


def save(path: Path, name: str, series: Sequence[Series], calendar: Calendar, **state: Any) -> None:
    """Writes MODEL_FILE. Python writes floats as the shortest text that reads back to the same bits."""
    data = {"model": name, "series": [str(one) for one in series], "calendar": calendar.to_json(), **state}
    (path / MODEL_FILE).write_text(json.dumps(data), encoding="utf-8")


def load(path: Path, name: str) -> tuple[tuple[Series, ...], Calendar, dict[str, Any]]:
    """(series, calendar, the rest of the state). Raises ValueError if the file belongs to another model."""
    data = json.loads((path / MODEL_FILE).read_text(encoding="utf-8"))
    if data["model"] != name:
        raise ValueError(f"{path / MODEL_FILE} holds a model {data['model']!r}, not {name!r}")
    return tuple(map(Series.parse, data["series"])), calendar_from_json(data["calendar"]), data

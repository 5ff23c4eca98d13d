"""A version: the immutable result of one training run, read from its folder."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from core.errors import InputError
from core.lifecycle.files import DamagedError, read_verified

if TYPE_CHECKING:
    import pandas as pd

    from core.series.calendar import OpeningCalendar
    from core.series.panel import Series

FORECASTS, BACKTEST, CALENDAR = "forecasts.parquet", "backtest.parquet", "calendar.json"
REFERENCE, DRIFT, DRIVERS = "reference.json", "drift.json", "drivers.parquet"

T = TypeVar("T")


class Version:
    """``manifest`` says where it comes from; the frames are read once, checked against their hash, and kept.

    Callers must not change the frames: every reader of the process shares them.
    """

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.id: str = manifest["id"]
        self.path, self.manifest = path, manifest
        self._lock = threading.RLock()
        self._kept: dict[object, tuple[object, Any]] = {}

    def __repr__(self) -> str:
        return f"Version({self.id!r})"

    @property
    def created_at(self) -> str:
        """ISO time in UTC."""
        return str(self.manifest["created_at"])

    @property
    def origin(self) -> dt.date:
        """The last day that the forecasts know."""
        return dt.date.fromisoformat(self.manifest["data"]["last_day"])

    @property
    def models(self) -> tuple[str, ...]:
        """Names of the models it holds."""
        return tuple(self.manifest["models"])

    def series(self) -> tuple[Series, ...]:
        """What it has forecasts of, in the order of the panel."""
        from core.series.panel import Series

        return tuple(Series.parse(name) for name in self.manifest["best"])

    def best(self, series: Series) -> str:
        """The model with the lowest backtest error for this series. Raises InputError for an unknown series."""
        try:
            return str(self.manifest["best"][str(series)])
        except KeyError:
            known = ", ".join(self.manifest["best"])
            raise InputError(f"there is no forecast of {series}", hint=f"Known are {known}.") from None

    def forecasts(self) -> pd.DataFrame:
        """model, measure, segment, date, horizon, mean, lo80, hi80, lo95, hi95, open, reason; 365 days each."""
        return self._frame(FORECASTS)

    def backtest(self) -> pd.DataFrame:
        """model, measure, segment, cutoff, date, horizon, y, mean, lo80, hi80, lo95, hi95, open."""
        return self._frame(BACKTEST)

    def drivers(self) -> pd.DataFrame | None:
        """What the next forecasts of XGBoost are made of: model, measure, segment, date, level and one column a family
        (core.models.xgb_drivers). None where XGBoost did not take part, and in versions older than this file."""
        return self._frame(DRIVERS) if DRIVERS in self.manifest["files"] else None

    def calendar(self) -> OpeningCalendar:
        """The opening calendar that the forecasts follow."""
        from core.series.calendar import OpeningCalendar

        return self.keep(CALENDAR, lambda: OpeningCalendar.from_json(json.loads(self.read(CALENDAR))))

    def read(self, name: str) -> bytes:
        """A file of the version, checked against its hash. Raises DamagedError."""
        try:
            return read_verified(self.path, self.manifest, name)
        except DamagedError as error:
            raise DamagedError(f"Version {self.id} is damaged: {error}.") from error

    def keep(self, key: object, make: Callable[[], T], of: object = None) -> T:
        """What ``make`` returned the first time; the version never changes, so neither does what is made of it.

        ``of``: what else it is made of and does change, such as the data: what was made of another before goes."""
        kept = self._kept.get(key)
        if kept is None or kept[0] != of:
            with self._lock:
                kept = self._kept.get(key)
                if kept is None or kept[0] != of:
                    kept = self._kept[key] = (of, make())
        return cast(T, kept[1])

    def _frame(self, name: str) -> pd.DataFrame:
        return self.keep(name, lambda: _read_frame(self.read(name)))


def _read_frame(content: bytes) -> pd.DataFrame:
    """With as little memory as can be: pandas' own way loads 12 MB of code, and what was unpacked stays claimed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.ParquetFile(pa.BufferReader(content)).read()
    frame = table.to_pandas(self_destruct=True)
    del table
    pa.default_memory_pool().release_unused()
    return cast("pd.DataFrame", frame)

"""Reads a daily panel of the user's own: unique_id, ds, y, and further columns that are known in advance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import InputError
from core.series.days import Flags, Ints, to_date
from core.series.panel import Days, Panel, Series, Values

REQUIRED = ("unique_id", "ds", "y")
MEASURE = "y"
"""The measure of all series of a file; the unique_id is the segment."""
MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "None", "<NA>", "#N/A")
"""Read as missing in a CSV; in unique_id only an empty text is, since a series may be called NA."""
MOST_CELLS = 200_000_000
"""Series × days that are taken: a mistyped year would ask for more."""


@dataclass(frozen=True)
class PanelFile:
    """The series of a file, in order of appearance, on common days.

    ``values``: as given, shape (series, days), NaN without a row or value; ``known``: by column of the file, with the
    days after the last value. ``last``: the column of every series' last value.
    """

    names: tuple[str, ...]
    first_day: np.datetime64
    values: Values
    known: dict[str, Values]
    last: Ints

    @property
    def notes(self) -> list[str]:
        """What the user should know about how the values are used."""
        negative = int((self.values < 0).sum())
        if not negative:
            return []
        return [f"{negative:,} values are negative; models take them for 0, the column y shows them as given."]

    def whole(self) -> Panel:
        """All series to the last day of any; one that ended earlier is missing from there on."""
        return self._panel(np.arange(len(self.names)), int(self.last.max()))

    def groups(self) -> list[Panel]:
        """The series that end on the same day together, each group to its last value."""
        ends = pd.unique(pd.Series(self.last))
        return [self._panel(np.flatnonzero(self.last == end), int(end)) for end in ends]

    def actuals(self, names: pd.Series, days: pd.Series) -> Values:
        """The values as given, one for each pair of a series' name and a day; NaN for days outside."""
        row = np.asarray(pd.Index(self.names).get_indexer(pd.Index(names)))
        column = (days.to_numpy("datetime64[D]") - self.first_day).astype(np.int64)
        inside = (column >= 0) & (column < self.values.shape[1])
        return np.where(inside, self.values[row, np.where(inside, column, 0)], np.nan)

    def _panel(self, rows: Ints, end: int) -> Panel:
        values = self.values[rows, : end + 1]
        start = int(np.argmax(~np.isnan(values).all(axis=0)))
        series = tuple(Series(MEASURE, self.names[row]) for row in rows)
        known = {name: one[rows, start:] for name, one in self.known.items()}
        return Panel(series, to_date(self.first_day + start), np.maximum(values[:, start:], 0.0), known)


def read_panel_file(path: Path) -> PanelFile:
    """Days without a row are missing; rows without y are missing too, or lie ahead and only tell the known columns.

    Raises InputError naming file, row and column.
    """
    frame = _read(path)
    if missing := [name for name in REQUIRED if name not in frame]:
        raise InputError(f"there is no column {' and '.join(missing)}", file=path.name, hint="Use unique_id, ds, y.")
    if frame.empty:
        raise InputError("there is a header and not one row", file=path.name)
    row, names = _names(frame["unique_id"], path)
    days = _days(frame["ds"], path)
    columns = {str(name): _numbers(frame[name], path) for name in frame.columns if name not in ("unique_id", "ds")}
    first = days.min()
    day = (days - first).astype(np.int64)
    n_days = int(day.max()) + 1
    if len(names) * n_days > MOST_CELLS:
        far = int(np.abs(day - np.median(day)).argmax())
        raise InputError(f"{days[far]} lies {n_days:,} days from others", file=path.name, row=far + 2, column="ds")
    cell = row * n_days + day
    if (double := pd.Series(cell).duplicated()).any():
        raise InputError("a second row for the same unique_id and ds", file=path.name, row=_row(double.to_numpy()))
    dense = {name: _dense(values, cell, len(names), n_days) for name, values in columns.items()}
    values = dense.pop("y")
    there = ~np.isnan(values)
    if not (filled := there.any(axis=1)).all():
        empty = names[int(np.argmin(filled))]
        raise InputError(
            f"the series {empty} has no value in y", file=path.name, column="y", hint="Leave its rows out."
        )
    return PanelFile(names, first, values, dense, n_days - 1 - np.argmax(there[:, ::-1], axis=1))


def _read(path: Path) -> pd.DataFrame:
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {".csv": _read_csv, ".parquet": pd.read_parquet}
    read = readers.get(path.suffix.lower())
    if read is None:
        raise InputError(f"panels are read from .csv or .parquet, not '{path.suffix}'", file=path.name)
    try:
        return read(path)
    except FileNotFoundError:
        raise InputError("there is no such file", file=str(path)) from None
    except (OSError, ValueError) as error:  # pandas' and pyarrow's errors on unreadable content are ValueErrors
        raise InputError(f"the file cannot be read: {str(error).splitlines()[0]}", file=path.name) from error


def _read_csv(path: Path) -> pd.DataFrame:
    """Names of series are texts, whatever they look like: 007 and NA too."""
    try:
        columns = pd.read_csv(path, nrows=0).columns
    except pd.errors.EmptyDataError:
        raise InputError("the file is empty", file=path.name, hint="Columns are unique_id, ds, y.") from None
    if len(columns) == 1 and (other := next((mark for mark in ";\t|" if mark in columns[0]), "")):
        raise InputError(
            f"columns are separated by {other!r}, not by commas", file=path.name, hint="Save it with commas."
        )
    missing = {name: [""] if name == "unique_id" else list(MISSING) for name in columns}
    return pd.read_csv(path, dtype={"unique_id": str, "ds": str}, keep_default_na=False, na_values=missing)


def _names(column: pd.Series, path: Path) -> tuple[Ints, tuple[str, ...]]:
    """For every row the number of its series, and the names."""
    if (none := column.isna().to_numpy()).any():
        raise InputError("the name of the series is missing", file=path.name, row=_row(none), column="unique_id")
    codes, names = pd.factorize(column.astype(str))
    return codes.astype(np.int64), tuple(map(str, names))


def _days(column: pd.Series, path: Path) -> Days:
    if pd.api.types.is_integer_dtype(column):  # 20240131; as a number it would be nanoseconds since 1970
        column = column.astype(str)
    known = pd.api.types.is_datetime64_any_dtype(column)
    try:
        days = pd.to_datetime(column, errors="coerce", format=None if known else "ISO8601")
    except ValueError as error:  # times of several zones
        raise InputError(f"the days cannot be read: {error}", file=path.name, column="ds") from error
    if (wrong := days.isna().to_numpy()).any():
        value = column[wrong].iloc[0]
        raise InputError(
            f"'{value}' is not a day", file=path.name, row=_row(wrong), column="ds", hint="Use YYYY-MM-DD."
        )
    if days.dt.tz is not None:
        days = days.dt.tz_localize(None)
    return days.to_numpy("datetime64[D]")


def _numbers(column: pd.Series, path: Path) -> Values:
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan)
    wrong = (np.isnan(numbers) & column.notna().to_numpy()) | np.isinf(numbers)
    if wrong.any():
        place = {"file": path.name, "column": str(column.name)}
        raise InputError(f"'{column[wrong].iloc[0]}' is not a number", row=_row(wrong), **place)
    return numbers


def _dense(values: Values, cell: npt.NDArray[np.int64], count: int, n_days: int) -> Values:
    dense = np.full(count * n_days, np.nan)
    dense[cell] = values
    return dense.reshape(count, n_days)


def _row(wrong: Flags) -> int:
    return int(np.flatnonzero(wrong)[0]) + 2  # the header is row 1

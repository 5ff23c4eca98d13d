"""Reads a daily panel of the user's own: unique_id, ds, y, and further columns that are known in advance."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from core.errors import InputError
from core.series.panel import Panel, Series

REQUIRED = ("unique_id", "ds", "y")


def read_panel_file(path: Path) -> dict[str, Panel]:
    """One panel a series, in order of appearance: days without a row are missing, rows without y lie ahead.

    Raises InputError naming file, row and column.
    """
    frame = _read(path)
    if missing := [name for name in REQUIRED if name not in frame]:
        raise InputError(f"there is no column {' and '.join(missing)}", file=path.name, hint="Use unique_id, ds, y.")
    frame["ds"] = _days(frame["ds"], path)
    for name in frame.columns.difference(["unique_id", "ds"]):
        frame[name] = _numbers(frame[name], path)
    if (double := frame.duplicated(["unique_id", "ds"])).any():
        raise InputError("a second row for the same unique_id and ds", file=path.name, row=_row(double))
    groups = frame.groupby("unique_id", sort=False)
    panels = {str(name): _panel(str(name), rows, path) for name, rows in groups}
    if not panels:
        raise InputError("there is a header and not one row", file=path.name)
    return panels


def _read(path: Path) -> pd.DataFrame:
    readers: dict[str, Callable[[Path], pd.DataFrame]] = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    read = readers.get(path.suffix.lower())
    if read is None:
        raise InputError(f"panels are read from .csv or .parquet, not '{path.suffix}'", file=path.name)
    try:
        return read(path)
    except FileNotFoundError:
        raise InputError("there is no such file", file=str(path)) from None
    except (OSError, ValueError) as error:  # pandas' and pyarrow's errors on unreadable content are ValueErrors
        raise InputError(f"the file cannot be read: {str(error).splitlines()[0]}", file=path.name) from error


def _days(column: pd.Series, path: Path) -> pd.Series:
    days = pd.to_datetime(column, errors="coerce", format="ISO8601" if column.dtype != "datetime64[ns]" else None)
    if (wrong := days.isna()).any():
        value = column[wrong].iloc[0]
        raise InputError(
            f"'{value}' is not a day", file=path.name, row=_row(wrong), column="ds", hint="Use YYYY-MM-DD."
        )
    return days.dt.normalize()


def _numbers(column: pd.Series, path: Path) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce").astype(np.float64)
    wrong = (numbers.isna() & column.notna()) | np.isinf(numbers)
    if wrong.any():
        place = {"file": path.name, "column": str(column.name)}
        raise InputError(f"'{column[wrong].iloc[0]}' is not a number", row=_row(wrong), **place)
    return numbers


def _row(wrong: pd.Series) -> int:
    return int(np.flatnonzero(wrong.to_numpy())[0]) + 2  # the header is row 1


def _panel(name: str, rows: pd.DataFrame, path: Path) -> Panel:
    rows = rows.set_index("ds").sort_index().drop(columns="unique_id")
    last = rows["y"].last_valid_index()
    if last is None:
        raise InputError(f"the series {name} has no value in y", file=path.name, column="y")
    dense = rows.reindex(pd.date_range(rows.index[0], rows.index[-1], freq="D"))
    known = {str(column): dense[column].to_numpy(np.float64)[None, :] for column in dense.columns.drop("y")}
    values = dense.loc[:last, "y"].to_numpy(np.float64)[None, :]
    return Panel((Series("y", name),), rows.index[0].date(), values, known)

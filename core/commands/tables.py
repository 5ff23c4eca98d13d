"""What ``forecast`` and ``backtest`` print and write: tables in the long form that forecasting tools exchange."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from core.config import Config
from core.errors import InputError, NotReadyError
from core.lifecycle.registry import Registry
from core.lifecycle.serving import forecast_table, model_name
from core.models.base import INTERVAL_COLUMNS
from core.models.catalogue import MODEL_NAMES
from core.series.panel import Series

BACKTEST_OUT = ("unique_id", "ds", "cutoff", "horizon", "y", "model", "mean", *INTERVAL_COLUMNS)
FORECAST_OUT = ("unique_id", "ds", "cutoff", "horizon", "model", "mean", *INTERVAL_COLUMNS)
MOST_DAYS = 365


def check_horizon(horizon: int) -> None:
    """Raises InputError unless 1 ≤ horizon ≤ 365."""
    if not 1 <= horizon <= MOST_DAYS:
        raise InputError(f"a horizon of {horizon} days is not possible", hint=f"Use 1 to {MOST_DAYS}.")


def all_models() -> tuple[str, ...]:
    """Every model there is."""
    return MODEL_NAMES


def model_names(text: str | None) -> tuple[str, ...]:
    """The names in 'a,b'; none for None. Raises InputError for an unknown one, and where there is no name."""
    names = tuple(dict.fromkeys(part.strip() for part in (text or "").split(",") if part.strip()))
    if unknown := [name for name in names if name not in MODEL_NAMES]:
        raise InputError(f"there is no model {', '.join(unknown)}", hint=f"Known are {', '.join(MODEL_NAMES)}.")
    if text is not None and not names:
        raise InputError("--models names no model", hint=f"Known are {', '.join(MODEL_NAMES)}.")
    return names


def stored_forecast(measure: str, segment: str, horizon: int, models: Sequence[str]) -> pd.DataFrame:
    """FORECAST_OUT of the champion, by default of its best model. Raises NotReadyError, InputError."""
    version = Registry(Config.from_env()).champion()
    if version is None:
        raise NotReadyError("There is no forecast yet; make one with: python -m core bootstrap.")
    series = Series(measure, segment)
    parts = [
        forecast_table(version, series, name).head(horizon).assign(model=name)
        for name in models or (model_name(version, series),)
    ]
    table = pd.concat(parts, ignore_index=True).assign(unique_id=str(series), cutoff=pd.Timestamp(version.origin))
    return table.rename(columns={"date": "ds"})[[*FORECAST_OUT]]


def long_form(frame: pd.DataFrame, columns: Sequence[str]) -> pd.DataFrame:
    """The columns in the names of the long form; ``date`` becomes ``ds``."""
    return frame.rename(columns={"date": "ds"})[[*columns]]


def check_out(path: Path | None) -> None:
    """Raises InputError unless ``write`` knows the ending; to be asked before the work begins."""
    if path is not None and path.suffix.lower() not in (".csv", ".parquet"):
        raise InputError(f"tables are written as .csv or .parquet, not as '{path.suffix}'", file=path.name)


def write(table: pd.DataFrame, path: Path) -> None:
    """Writes CSV or Parquet by the ending. Raises InputError."""
    check_out(path)
    with _writing(path):
        if path.suffix.lower() == ".csv":
            table.to_csv(path, index=False)
        else:
            table.to_parquet(path, index=False)


def write_json(value: Any, path: Path) -> None:
    """Writes plain JSON values. Raises InputError."""
    with _writing(path):
        path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror or error}", file=str(path)) from error


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows as plain values, days as ISO text."""
    plain = table.copy()
    for name in ("ds", "cutoff"):
        plain[name] = plain[name].dt.strftime("%Y-%m-%d")
    return [{str(key): value for key, value in row.items()} for row in plain.to_dict("records")]

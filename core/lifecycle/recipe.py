"""What a training run does, and how to tell whether a version is what this code would make of these data."""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from core.config import Config
from core.errors import InputError
from core.models.catalogue import MODEL_NAMES
from core.series.fingerprint import fingerprint
from core.series.overrides import read_overrides
from core.series.panel import MEASURES, Panel

__all__ = ["Recipe", "Request", "fingerprint", "packages"]

PACKAGES = (
    "numpy", "pandas", "scipy", "statsmodels", "xgboost", "xgboost-cpu", "tensorflow", "tensorflow-cpu", "keras",
    "duckdb", "pyarrow", "holidays",
)  # fmt: skip
"""What the numbers of a version depend on; listed in its manifest."""


@dataclass(frozen=True)
class Recipe:
    """The settings of a training run; ``format`` is raised when the meaning or layout of a version changes, so that
    a new one is trained. Versions of an earlier format are read, and serve until then.

    4: with what drives the forecasts and with what each model costs. 3: neither.
    """

    format: int = 4
    models: tuple[str, ...] = MODEL_NAMES
    days_ahead: int = 365
    folds: int = 8
    fold_days: int = 28
    fold_step: int = 28
    least_days: int = 28
    """Days of data without which nothing is forecast."""
    holidays: str | None = None
    """Setting HOLIDAYS_COUNTRY; None infers it from the data."""
    overrides: tuple[tuple[str, bool], ...] = ()
    """Days declared open (True) or closed by hand, as (ISO date, open), in order."""

    @classmethod
    def of(cls, config: Config) -> Recipe:
        """What an installation asks for. Raises InputError for a calendar file that cannot be used."""
        days = sorted(read_overrides(config.calendar_file).items())
        overrides = tuple((day.isoformat(), is_open) for day, is_open in days)
        models = config.models or MODEL_NAMES
        return cls(models=models, holidays=config.holidays_country, overrides=overrides)

    def declared_days(self) -> dict[dt.date, bool]:
        return {dt.date.fromisoformat(day): is_open for day, is_open in self.overrides}

    def to_json(self) -> dict[str, Any]:
        """Plain JSON values; two recipes are the same when these are equal."""
        plain = {"models": list(self.models), "overrides": [list(pair) for pair in self.overrides]}
        return {**asdict(self), **plain}


@dataclass(frozen=True)
class Request:
    """What one training run is asked for beyond the recipe of the installation; None: all that there is.

    ``window``: only so many days before each origin are learnt from.
    """

    measures: tuple[str, ...] | None = None
    models: tuple[str, ...] | None = None
    window: int | None = None

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> Request:
        """Reads plain JSON values and puts names into their usual order. Raises InputError naming what is wrong."""
        values = values or {}
        if unknown := sorted(set(values) - {"measures", "models", "window"}):
            raise InputError(f"a training run knows no {', '.join(unknown)}", hint="Use measures, models, window.")
        window, least = values.get("window"), Recipe.least_days
        if window is not None and (isinstance(window, bool) or not isinstance(window, int) or window < least):
            raise InputError(f"a window of {window} days cannot be learnt from", hint=f"Use {least} days or more.")
        measures = _names("measure", values.get("measures"), MEASURES)
        return cls(measures, _names("model", values.get("models"), MODEL_NAMES), window)

    def to_json(self) -> dict[str, Any]:
        """What is asked for, without what is not."""
        asked = {"measures": self.measures, "models": self.models, "window": self.window}
        return {name: list(one) if isinstance(one, tuple) else one for name, one in asked.items() if one is not None}

    def panel(self, whole: Panel) -> Panel:
        """The series of the measures asked for. Raises InputError when the data have none of them."""
        if self.measures is None:
            return whole
        kept = [series for series in whole.series if series.measure in self.measures]
        if not kept:
            there = ", ".join(dict.fromkeys(series.measure for series in whole.series))
            raise InputError(f"the data have no {', '.join(self.measures)}", hint=f"They have {there}.")
        return whole.select(kept)


def _names(kind: str, asked: Any, known: tuple[str, ...]) -> tuple[str, ...] | None:
    if not asked:
        return None
    if unknown := [str(name) for name in asked if name not in known]:
        raise InputError(f"there is no {kind} {', '.join(unknown)}", hint=f"Known are {', '.join(known)}.")
    return tuple(name for name in known if name in asked)


def packages() -> dict[str, str]:
    """Versions of Python and of the libraries behind the numbers."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # a light build under another name
    return found

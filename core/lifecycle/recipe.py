"""What a training run does, and how to tell whether a version is what this code would make of these data."""

from __future__ import annotations

import datetime as dt
import platform
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from core.config import Config
from core.models.catalogue import MODEL_NAMES
from core.series.fingerprint import fingerprint
from core.series.overrides import read_overrides

__all__ = ["Recipe", "fingerprint", "packages"]

PACKAGES = (
    "numpy", "pandas", "scipy", "statsmodels", "xgboost", "xgboost-cpu", "tensorflow", "tensorflow-cpu", "keras",
    "duckdb", "pyarrow", "holidays",
)  # fmt: skip
"""What the numbers of a version depend on; listed in its manifest."""


@dataclass(frozen=True)
class Recipe:
    """The settings of a training run; ``format`` is raised when the meaning or layout of a version changes."""

    format: int = 2
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


def packages() -> dict[str, str]:
    """Versions of Python and of the libraries behind the numbers."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # a light build under another name
    return found

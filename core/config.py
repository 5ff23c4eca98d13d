"""Where things are and how data are read: the settings that the library itself needs, from the environment."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.errors import ConfigError
from core.monitoring.outlets import Outlets

PROJECT_ROOT = Path(__file__).resolve().parent.parent

RETRAIN_EVENTS = ("drift", "loss")
"""What may lead to a retraining beside the calendar: drift of the data, and forecasts that got worse."""

COLUMN_NAMES = ("time", "quantity", "price", "invoice", "customer", "product", "description", "country")


@dataclass(frozen=True, slots=True)
class Config:
    """All working state lives under ``data_dir``; two installations are two folders.

    ``columns`` maps our column names to those of the file, e.g. ``{"time": "Sold at", "quantity": "Pieces"}``;
    what it leaves out is guessed from the header. ``rules_on`` / ``rules_off`` switch cleaning rules by id. ``models``:
    names of those that a training run fits, None for all. ``keep_versions``: so many of the newest versions are kept,
    beside every one that was ever champion. ``gate_limit``: the share by which no segment may get worse when a version
    becomes champion by itself. ``monitor_at`` (HH:MM of the machine's clock, None: never) and ``retrain_*`` say what
    the daily run does until somebody chooses otherwise in the page: see core.lifecycle.schedule.
    """

    data_dir: Path = PROJECT_ROOT / "data"
    data_path: Path | None = None
    database_url: str | None = None
    holidays_country: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    rules_on: frozenset[str] = frozenset()
    rules_off: frozenset[str] = frozenset()
    models: tuple[str, ...] | None = None
    keep_versions: int = 10
    gate_limit: float = 0.10
    monitor_at: str | None = "06:00"
    retrain_days: int | None = 7
    retrain_on: frozenset[str] = frozenset()
    outlets: Outlets = field(default_factory=Outlets)
    false_alarms: float = 1.0
    psi_line: float = 0.3
    users_path: Path | None = None

    @property
    def raw_dir(self) -> Path:
        return self.data_dir / "raw"

    @property
    def store_dir(self) -> Path:
        return self.data_dir / "store"

    @property
    def calendar_file(self) -> Path:
        """Days that the business itself says to be open or closed; need not exist."""
        return self.data_dir / "calendar.csv"

    @property
    def users_file(self) -> Path:
        """Who may sign in to the pages; need not exist."""
        return self.users_path or self.data_dir / "users"

    @property
    def models_dir(self) -> Path:
        return self.data_dir / "models"

    @property
    def backtests_dir(self) -> Path:
        """Backtests that somebody asked for, as far as they are kept."""
        return self.data_dir / "backtests"

    @property
    def cache_dir(self) -> Path:
        return self.data_dir / "cache"

    @property
    def database(self) -> str:
        """SQLAlchemy URL of the state database."""
        return self.database_url or f"sqlite:///{self.data_dir / 'tidemark.sqlite'}"

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Config:
        """Reads DATA_DIR, DATA_PATH, DATABASE_URL, HOLIDAYS_COUNTRY, DATA_COLUMNS, RULES_ON, RULES_OFF, MODELS,
        KEEP_VERSIONS, GATE_PERCENT, MONITOR_AT, RETRAIN, FALSE_ALARMS, PSI_LINE, USERS_FILE and what Outlets.read
        names.

        Raises ConfigError naming the variable and what would be right. An empty value means "not set".
        """
        values = os.environ if env is None else env

        def get(name: str) -> str | None:
            return values.get(name, "").strip() or None

        return cls(
            data_dir=Path(get("DATA_DIR") or cls.data_dir_default()).expanduser().absolute(),
            data_path=Path(path).expanduser().absolute() if (path := get("DATA_PATH")) else None,
            database_url=get("DATABASE_URL"),
            holidays_country=_country(get("HOLIDAYS_COUNTRY")),
            columns=_columns(get("DATA_COLUMNS")),
            rules_on=_rules("RULES_ON", get("RULES_ON")),
            rules_off=_rules("RULES_OFF", get("RULES_OFF")),
            models=_models(get("MODELS")),
            keep_versions=_whole("KEEP_VERSIONS", get("KEEP_VERSIONS"), 10, (1, 1000)),
            gate_limit=_whole("GATE_PERCENT", get("GATE_PERCENT"), 10, (0, 1000)) / 100,
            monitor_at=clock_time(get("MONITOR_AT") or "06:00"),
            **_retraining(get("RETRAIN")),
            outlets=Outlets.read(get),
            false_alarms=_number("FALSE_ALARMS", get("FALSE_ALARMS"), 1.0, (0.1, 4.0)),
            psi_line=_number("PSI_LINE", get("PSI_LINE"), 0.3, (0.1, 10.0)),
            users_path=Path(path).expanduser().absolute() if (path := get("USERS_FILE")) else None,
        )

    @staticmethod
    def data_dir_default() -> str:
        return str(PROJECT_ROOT / "data")


def _country(text: str | None) -> str | None:
    """'GB', 'GB-ENG', 'FR' …; 'none' switches public holidays off. Checked against the package ``holidays``."""
    if text is None or text.lower() == "none":
        return text and "none"
    import holidays

    country, _, part = text.upper().partition("-")
    known = holidays.list_supported_countries()
    if country not in known or (part and part not in known[country]):
        raise ConfigError(
            f"HOLIDAYS_COUNTRY={text} is not known; use a code such as GB-ENG, FR or US-CA, or 'none' for no holidays."
        )
    return text.upper()


def _columns(text: str | None) -> dict[str, str]:
    if text is None:
        return {}
    example = 'DATA_COLUMNS must be JSON such as {"time": "Sold at", "quantity": "Pieces"}'
    try:
        mapping = json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{example}: {error.msg} at character {error.pos + 1}.") from None
    if not isinstance(mapping, dict) or not all(isinstance(value, str) for value in mapping.values()):
        raise ConfigError(f"{example}.")
    if unknown := sorted(set(mapping) - set(COLUMN_NAMES)):
        raise ConfigError(f"DATA_COLUMNS names {', '.join(unknown)}; known are {', '.join(COLUMN_NAMES)}.")
    return mapping


def _rules(name: str, text: str | None) -> frozenset[str]:
    from core.transactions.rules import RULE_IDS

    ids = frozenset(part.strip() for part in (text or "").split(",") if part.strip())
    if unknown := sorted(ids - set(RULE_IDS)):
        raise ConfigError(f"{name} names {', '.join(unknown)}; known are {', '.join(RULE_IDS)}.")
    return ids


def _models(text: str | None) -> tuple[str, ...] | None:
    from core.models.catalogue import MODEL_NAMES

    asked = {part.strip() for part in (text or "").split(",") if part.strip()}
    if unknown := sorted(asked - set(MODEL_NAMES)):
        raise ConfigError(f"MODELS names {', '.join(unknown)}; known are {', '.join(MODEL_NAMES)}.")
    return tuple(name for name in MODEL_NAMES if name in asked) or None


def _number(name: str, text: str | None, default: float, span: tuple[float, float]) -> float:
    try:
        value = default if text is None else float(text)
    except ValueError:
        value = float("nan")
    if not span[0] <= value <= span[1]:
        raise ConfigError(f"{name}={text} is not possible; use a number from {span[0]:g} to {span[1]:g}.")
    return value


def _whole(name: str, text: str | None, default: int, bounds: tuple[int, int]) -> int:
    low, high = bounds
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 9 and low <= int(text) <= high):
        raise ConfigError(f"{name}={text} is not a whole number from {low} to {high}.")
    return int(text)


def clock_time(text: str) -> str | None:
    """'06:00' as it is, 'off' as None. Raises ConfigError for anything else."""
    if text.lower() == "off":
        return None
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", text, re.ASCII):
        raise ConfigError(f"MONITOR_AT={text} is not a time of day such as 06:00, or off.")
    return text


def _retraining(text: str | None) -> dict[str, Any]:
    """'off', or some of: a number of days, 'drift', 'loss'; with commas between."""
    if text is None:
        return {}
    parts = [part.strip().lower() for part in text.split(",") if part.strip()]
    days = [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 5]
    events = {part for part in parts if part in RETRAIN_EVENTS}
    known = len(days) + len([part for part in parts if part in RETRAIN_EVENTS]) == len(parts)
    if parts == ["off"]:
        return {"retrain_days": None}
    if not parts or not known or len(days) > 1 or 0 in days:
        raise ConfigError(f"RETRAIN={text} is not understood; use off, or a number of days, drift, loss, e.g. 7,drift.")
    return {"retrain_days": days[0] if days else None, "retrain_on": frozenset(events)}

"""What tests of loads do and look at."""

from __future__ import annotations

import datetime as dt

from core.config import Config
from core.intake.apply import load
from core.intake.asked import Wanted
from core.intake.loads import Loads
from core.intake.records import Record
from core.lifecycle.bootstrap import choose_source, prepare_source
from core.series.panel import Series
from core.transactions.store import Store
from tests.core.intake.conftest import in_use, sent


def loaded(config: Config, mode: str, content: bytes = b"", **how: object) -> Record:
    upload = sent(config, content).id if content else None
    return load(config, Wanted(mode, upload, **how), "Ann", "a reason")  # type: ignore[arg-type]


def undo(config: Config, number: int) -> Record:
    return load(config, Wanted("undo", load=number), "Ann", "a mistake")


def told(config: Config) -> list[tuple[int, str, str, bool]]:
    history = Loads(config, Store(config.store_dir)).history()
    return [(one.number, one.mode, one.state, one.can_undo) for one in history]


def totals(config: Config) -> dict[dt.date, float]:
    """Transactions a day."""
    panel = in_use(config).panel()
    values = panel[Series("transactions")]
    return {day.item(): value for day, value in zip(panel.days, values, strict=True) if value}


def started_anew(config: Config) -> str:
    """What a restart does to the data; returns the sentence that it says."""
    source = choose_source(config)
    prepare_source(config, source, lambda *_: None)
    return source.sentence

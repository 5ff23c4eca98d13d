"""The command ``power``, as a user reads it; what it finds is tested with core.monitoring.power."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from core.monitoring import history, monitor_job, power
from tests.core.commands.test_lifecycle_commands import failed, run


def test_the_table_names_its_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    starts = tuple(dt.date(2011, month, 1) for month in (1, 3, 5))
    monkeypatch.setattr(monitor_job, "data_of", lambda config: None)
    monkeypatch.setattr(history, "watched_of", lambda *_: None)

    def curves(watched: Any, kind: Any, sizes: Any, *_: Any) -> list[power.Found]:
        return [power.Found(kind, size, starts, (4, None, 9), ("level", None, "level")) for size in sizes]

    monkeypatch.setattr(power, "power", curves)
    shown = run("power", "--kind", "level", "--size", -0.2)
    assert shown.exit_code == 0, shown.output
    assert "4, –, 9" in shown.stdout
    assert "days by start: begun on 2011-01-01, 2011-03-01, 2011-05-01." in shown.stdout
    failed(run("power", "--kind", "mix", "--size", 30), "a change of mix by 30", "0.3 is 30 %")

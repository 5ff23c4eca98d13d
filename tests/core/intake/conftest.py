"""Small files as somebody would send them, and an installation to send them to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from core.config import Config
from core.intake.uploads import Upload, Uploads
from core.transactions.store import Generation, Store

HEADER = "time,quantity,price,invoice,customer"
MOST = 50 * 2**20

Send = Callable[..., Upload]


def text_of(lines: Sequence[str], header: str = HEADER) -> bytes:
    return "\n".join([header, *lines, ""]).encode()


def lines_of(first: int, last: int, each: int = 3, quantity: int = 2) -> list[str]:
    """``each`` lines on every day of March 2024 from the one to the other, all different."""
    return [
        f"2024-03-{day:02d} {9 + number:02d}:00:00,{quantity},2.5,{day}{number},c{number}"
        for day in range(first, last + 1)
        for number in range(each)
    ]


def march(day: int) -> dt.date:
    return dt.date(2024, 3, day)


def sent(config: Config, content: bytes, name: str = "sales.csv", most: int = MOST) -> Upload:
    """The file in two pieces, as it may come."""
    half = len(content) // 2
    return Uploads(config).receive([content[:half], content[half:]], len(content), name, "Ann", most)


def in_use(config: Config) -> Generation:
    found = Store(config.store_dir).current()
    assert found is not None
    return found


def left_behind(config: Config) -> list[str]:
    """Whatever lies in the folder of received files."""
    root = Uploads(config).root
    return sorted(str(path.relative_to(root)) for path in root.rglob("*")) if root.exists() else []


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data")


@pytest.fixture
def send(config: Config) -> Send:
    return lambda *what, **how: sent(config, *what, **how)

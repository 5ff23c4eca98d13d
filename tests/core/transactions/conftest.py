"""A small hand-made table in the shape of Online Retail II, and ways to write and load it."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from core.config import Config
from core.transactions.load import prepare
from core.transactions.store import Generation

HEADER = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")

LINES: tuple[tuple[object, ...], ...] = (
    ("1001", "A1", "MUG, BLUE", 2, "2024-03-04 09:15:00", 2.5, "501", "United Kingdom"),
    ("1001", "A1", "MUG, BLUE", 2, "2024-03-04 09:15:00", 2.5, "501", "United Kingdom"),  # a duplicate
    ("1001", "A2", "TRAY", 1, "2024-03-04 09:15:00", 10.0, "501", "United Kingdom"),
    ("1002", "A1", "MUG, BLUE", 4, "2024-03-04 11:00:00", 2.5, "502", "France"),
    ("C1003", "A2", "TRAY", -1, "2024-03-05 10:00:00", 10.0, "501", "United Kingdom"),  # takes the tray back
    ("1004", "A3", None, -5, "2024-03-05 10:30:00", 0.0, None, "United Kingdom"),  # no quantity
    ("1005", "A3", "SPOON", 5, "2024-03-05 12:00:00", 0.0, "502", "France"),  # no price
    ("1006", "A3", "SPOON", 5, "2024-03-05 12:01:00", 1.25, None, "United Kingdom"),  # no customer
    ("1007", "POST", "POSTAGE", 1, "2024-03-06 08:00:00", 18.0, "503", "Germany"),  # no goods
    ("1008", "A4", 'SIGN "OPEN"', 3, "2024-03-06 16:45:00", 4.0, "503", "Germany"),
)


def write_csv(
    path: Path, lines: Sequence[Sequence[object]] = LINES, header: Sequence[str] = HEADER, **options: object
) -> Path:
    encoding = str(options.pop("encoding", "utf-8"))
    with path.open("w", newline="", encoding=encoding) as stream:
        writer = csv.writer(stream, **options)  # type: ignore[arg-type]
        writer.writerow(header)
        writer.writerows(lines)
    return path


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data")


@pytest.fixture
def load(config: Config) -> Callable[[Path], Generation]:
    return lambda source: prepare(config, source)

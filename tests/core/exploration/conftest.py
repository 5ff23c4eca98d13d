"""A small shop whose odd days, gone products and returning customers are known, because they were put there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from core.config import Config
from core.transactions.load import prepare
from core.transactions.store import Generation

FIRST, DAYS = dt.date(2024, 1, 1), 210
HUGE_BACK = dt.date(2024, 3, 12)
HUGE = dt.date(2024, 4, 16)
SHORT = dt.date(2024, 5, 14)
DROPPED = dt.date(2024, 2, 20)
SILENT = dt.date(2024, 6, 4)
SOME_LARGE = dt.date(2024, 5, 28)
REPEATED = dt.date(2024, 6, 18)


@dataclass(frozen=True)
class Shop:
    generation: Generation
    lines: pd.DataFrame
    """All lines as they were read: Invoice, StockCode, Description, Quantity, InvoiceDate, Price, Customer ID,
    Country."""

    @property
    def used(self) -> pd.DataFrame:
        """What the standard rules leave, worked out here independently."""
        distinct = self.lines.drop_duplicates()
        back = distinct["Invoice"].str.startswith("C")
        kept = ~back & (distinct["Quantity"] > 0) & (distinct["Price"] > 0) & distinct["Customer ID"].notna()
        return distinct[kept]


def made_lines() -> pd.DataFrame:
    """Open Monday to Saturday from 9 to 17, eight orders a day of two lines each."""
    chance, rows = np.random.default_rng(3), []

    def line(invoice: str, product: int, quantity: int, day: dt.date, hour: int, customer: str | None) -> None:
        time = dt.datetime.combine(day, dt.time(hour, 5))
        text = f" thing {product} " if product == 7 else f"THING {product}"
        country = ("United Kingdom", "France", "Germany")[int((customer or "1")[-1]) % 3]
        rows.append((invoice, f"P{product}", text, quantity, time, 1.0 + product / 4, customer, country))

    for number in range(DAYS):
        day = FIRST + dt.timedelta(days=number)
        if day.weekday() == 6 or day == SILENT:
            continue
        for order in range(8):
            if day == SHORT and order:
                continue
            known = 10 + number // 12  # new customers come in all the time
            customer = None if day == DROPPED and order else str(100 + int(chance.integers(known)))
            for _ in range(2):
                # the last three products are new in July, the first two gone by then
                product = int(chance.integers(2, 13)) if day.month == 7 else int(chance.integers(10))
                quantity = int(chance.integers(8, 13)) + day.weekday()
                line(f"{1000 + number}{order}", product, quantity, day, 9 + order, customer)
        if day in (HUGE_BACK, HUGE):
            line(f"H{number}", 3, 5000, day, 10, "101")
        if day == HUGE_BACK:
            line(f"C{number}", 3, -5000, day, 11, "101")
        if day == SOME_LARGE:
            for part in range(3):
                line(f"L{number}{part}", 4, 300, day, 10, f"10{part}")
    table = pd.DataFrame(
        rows,
        columns=["Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country"],
    )
    return pd.concat([table, table[table["InvoiceDate"].dt.date == REPEATED]], ignore_index=True)


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder, lines = tmp_path_factory.mktemp("shop"), made_lines()
    lines.to_csv(folder / "shop.csv", index=False)
    return Shop(prepare(Config(data_dir=folder / "data"), folder / "shop.csv"), lines)

"""A shop with a year and more of even trade whose level is halved for its last four weeks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

DAYS, HALVED = 480, 28


def write_monitored(path: Path, seed: int = 3, first: str = "2021-03-01") -> Path:
    """A CSV with invoices, customers, products and countries; closed on Sundays."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range(first, periods=DAYS, freq="D")
    usual = np.where(dates.day_of_week == 4, 40, 28) * np.where(np.arange(DAYS) >= DAYS - HALVED, 0.5, 1.0)
    count = np.where(dates.day_of_week == 6, 0, rng.poisson(usual))
    n = int(count.sum())
    day = np.repeat(dates.to_numpy(), count)
    minute = rng.integers(480, 1200, n)
    order = np.lexsort((minute, day))
    frame = pd.DataFrame(
        {
            "InvoiceDate": day[order] + minute[order].astype("timedelta64[m]"),
            "Invoice": 100_000 + np.arange(n) // 3,
            "StockCode": rng.integers(1, 60, n).astype(str),
            "Quantity": rng.geometric(0.3, n),
            "Price": np.round(rng.lognormal(1, 0.5, n), 2),
            "Customer ID": rng.integers(1, 400, n),
            "Country": rng.choice(["France", "Spain"], n, p=[0.7, 0.3]),
        }
    )
    # the last day goes to its end: it must not count as partial
    frame.loc[frame.index[-1], "InvoiceDate"] = dates[-1] + pd.Timedelta(hours=19, minutes=59)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)
    return path

"""The daily panel of Online Retail II, made with pandas alone: an independent oracle for what the product makes."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from core.series.panel import MEASURES, TOTAL, Panel, Series

FIRST_DAY = dt.date(2009, 12, 1)
COUNTRY = "GB-ENG"


@lru_cache(maxsize=1)
def panel(folder: Path) -> Panel:
    """All measures for the total and for Germany (intermittent), without the partial last day."""
    lines = pd.read_parquet(folder / "online_retail_II.parquet").drop_duplicates()
    kept = (lines["Quantity"] > 0) & (lines["Price"] > 0) & lines["Customer ID"].notna()
    lines = lines[kept & ~lines["Invoice"].astype(str).str.startswith("C")]
    lines = lines.assign(day=lines["InvoiceDate"].dt.normalize(), amount=lines["Quantity"] * lines["Price"])
    days = pd.date_range(FIRST_DAY, "2011-12-08")
    rows, series = [], []
    for segment, part in ((TOTAL, lines), ("country:Germany", lines[lines["Country"] == "Germany"])):
        by_day = part.groupby("day")
        sums = {
            "transactions": by_day.size(),
            "orders": by_day["Invoice"].nunique(),
            "units": by_day["Quantity"].sum(),
            "revenue": by_day["amount"].sum(),
            "customers": by_day["Customer ID"].nunique(),
        }
        for measure in MEASURES:
            series.append(Series(measure, segment))
            rows.append(sums[measure].reindex(days, fill_value=0).to_numpy(np.float64))
    return Panel(tuple(series), FIRST_DAY, np.array(rows))

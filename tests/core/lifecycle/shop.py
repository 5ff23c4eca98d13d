"""A small shop for tests: closed on Sundays, busier on Fridays, known to the last line."""

from pathlib import Path

import numpy as np
import pandas as pd


def write_shop(path: Path, days: int, seed: int = 0, first: str = "2021-03-01") -> Path:
    """A CSV of whole days (8:00 to 20:00) with the columns time, quantity and price only: three series."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range(first, periods=days, freq="D")
    weekday = dates.day_of_week.to_numpy()
    count = np.where(weekday == 6, 0, rng.poisson(np.where(weekday == 4, 24, 16)))
    minute = np.concatenate([np.sort(np.append(rng.integers(480, 1200, n - 1), 1199)) for n in count if n > 0])
    frame = pd.DataFrame(
        {
            "time": np.repeat(dates.to_numpy(), count) + minute.astype("timedelta64[m]"),
            "quantity": rng.geometric(0.3, count.sum()),
            "price": np.round(rng.lognormal(1, 0.5, count.sum()), 2),
        }
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False)
    return path

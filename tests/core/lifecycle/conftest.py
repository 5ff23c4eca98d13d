"""A small database and a small hand-made version for the lifecycle tests."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.config import Config
from core.lifecycle.jobs import Jobs
from core.lifecycle.registry import Registry
from core.state.engine import open_engine

MANIFEST: dict[str, Any] = {
    "created_at": "2011-12-09T20:00:00+00:00",
    "data": {"generation": "g1", "fingerprint": "f", "first_day": "2009-12-01", "last_day": "2011-12-08"},
    "models": {"seasonal_naive": {}, "sarima": {}},
    "best": {"transactions/total": "sarima", "revenue/country:France": "seasonal_naive"},
}


def fill(folder: Path, level: float = 100.0) -> None:
    """Writes a forecast of two series and two models into an empty folder."""
    parts = []
    for model in ("seasonal_naive", "sarima"):
        for measure, segment in (("transactions", "total"), ("revenue", "country:France")):
            days = np.arange(365)
            closed = days % 7 == 1
            mean = np.where(closed, 0.0, level + days + (model == "sarima"))
            parts.append(
                pd.DataFrame(
                    {
                        "model": model, "measure": measure, "segment": segment,
                        "date": np.datetime64("2011-12-09", "D") + days, "horizon": days + 1, "mean": mean,
                        "lo80": mean * 0.8, "hi80": mean * 1.2, "lo95": mean * 0.5, "hi95": mean * 1.5,
                        "open": ~closed, "reason": np.where(closed, "weekday:Saturday", ""),
                    }
                )
            )  # fmt: skip
    pd.concat(parts, ignore_index=True).to_parquet(folder / "forecasts.parquet")
    (folder / "models").mkdir()
    (folder / "models" / "parameters.json").write_text(json.dumps({"level": level}))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path / "data")


@pytest.fixture
def registry(config: Config) -> Registry:
    return Registry(config)


@pytest.fixture
def jobs(config: Config) -> Jobs:
    return Jobs(open_engine(config.database))

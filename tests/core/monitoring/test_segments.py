"""Parts of segments: they sum to the whole, and blame the segment that changed."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import Config
from core.monitoring.bins import bins_of
from core.monitoring.drift import inferred
from core.monitoring.features import Window, measures
from core.monitoring.psi import psi_of_counts
from core.monitoring.segments import measure_parts, parts_of, segment_parts
from core.series.panel import Series
from core.transactions.counts import counts_of
from core.transactions.load import prepare
from core.transactions.segment_counts import SEGMENTED, segment_counts
from core.transactions.store import Generation

FIRST = dt.date(2021, 1, 1)
BEFORE, NOW = Window(FIRST, dt.date(2021, 5, 31)), Window(dt.date(2021, 6, 1), dt.date(2021, 6, 30))


@pytest.fixture(scope="module")
def generation(tmp_path_factory: pytest.TempPathFactory) -> Generation:
    """In June France buys three times as many pieces; Spain and O'Land as ever; some lines have no country."""
    folder = tmp_path_factory.mktemp("segments")
    rng = np.random.default_rng(5)
    n, days = 9000, 181
    day = np.sort(rng.integers(0, days, n))
    time = pd.Timestamp(FIRST) + pd.to_timedelta(day, "D") + pd.to_timedelta(rng.integers(480, 999, n), "m")
    frame = pd.DataFrame(
        {
            "Invoice": [f"{one}-{rng.integers(0, 9)}" for one in day],
            "StockCode": rng.integers(100, 999, n).astype(str),
            "Quantity": rng.geometric(0.2, n).astype(float),
            "InvoiceDate": time,
            "Price": np.round(rng.lognormal(1, 0.7, n) + 0.01, 2),
            "Customer ID": rng.integers(1, 500, n).astype(str),
            "Country": rng.choice(["France", "Spain", "O'Land", None], n, p=[0.5, 0.3, 0.15, 0.05]),
        }
    )  # fmt: skip
    frame.loc[(frame["Country"] == "France") & (day >= 151), "Quantity"] *= 3
    frame.to_csv(folder / "shop.csv", index=False)
    return prepare(Config(data_dir=folder / "data"), folder / "shop.csv")


@pytest.mark.parametrize("name", SEGMENTED)
def test_parts_sum_to_psi(generation: Generation, name: str) -> None:
    feature = counts_of(generation)[name]
    before = feature.between(0, 150)
    bins = bins_of(feature.values, before, feature.kind, feature.level)
    whole = psi_of_counts(bins.sums(before), bins.sums(feature.between(151, 180)))
    parts = segment_parts(generation, feature, FIRST, BEFORE, NOW)
    assert sum(parts.values()) == pytest.approx(whole, abs=1e-12)
    assert list(parts.values()) == sorted(parts.values(), reverse=True)


def test_parts_of_whatever_is_looked_at(generation: Generation) -> None:
    calendar, counts, panel = inferred(generation, None), counts_of(generation), generation.panel()
    is_open = calendar.is_open(panel.days)
    of_days = {one.name: one for one in measures(panel, is_open)}
    expected = segment_parts(generation, counts["quantity"], FIRST, BEFORE, NOW)
    assert parts_of(generation, calendar, counts["quantity"], BEFORE, NOW) == expected
    found = parts_of(generation, calendar, of_days["units"], BEFORE, NOW)
    assert found == measure_parts(panel, "units", is_open, BEFORE, NOW)
    assert next(iter(found)) == "country:France"
    assert parts_of(generation, calendar, of_days["customers"], BEFORE, NOW) == {}
    older = Window(FIRST - dt.timedelta(days=1), BEFORE.end)
    assert parts_of(generation, calendar, counts["quantity"], older, NOW) == {}


def test_the_segment_that_changed_is_first(generation: Generation) -> None:
    parts = segment_parts(generation, counts_of(generation)["quantity"], FIRST, BEFORE, NOW)
    assert next(iter(parts)) == "country:France"
    assert parts["country:France"] > 0.8 * sum(parts.values())


def test_lines_of_segments_are_all_lines(generation: Generation) -> None:
    table = segment_counts(generation, "quantity")
    assert sum(table["count"].to_pylist()) == counts_of(generation)["quantity"].count.sum()
    assert set(table["segment"].to_pylist()) <= set(generation.manifest.segments)
    assert segment_counts(generation, "product") is None


def test_parts_of_a_measure_sum_to_its_change(generation: Generation) -> None:
    panel = generation.panel()
    is_open = np.ones(panel.n_days, dtype=bool)
    parts = measure_parts(panel, "units", is_open, BEFORE, NOW)
    values = panel[Series("units")]
    assert sum(parts.values()) == pytest.approx(values[151:].mean() - values[:151].mean())
    assert next(iter(parts)) == "country:France"
    assert measure_parts(panel, "orders", is_open, BEFORE, NOW) == {}


def test_data_without_countries_have_no_parts(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    path.write_text("time,quantity,price,product\n" + "".join(f"2021-01-{d:02d} 10:00,{d},1,a\n" for d in range(1, 21)))
    generation = prepare(Config(data_dir=tmp_path / "data"), path)
    feature = counts_of(generation)["quantity"]
    assert segment_parts(generation, feature, FIRST, Window(FIRST, FIRST), Window(FIRST, FIRST)) == {}

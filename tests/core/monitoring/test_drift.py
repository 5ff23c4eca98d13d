"""The drift report: windows, verdicts, and what it finds where we know the truth."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.config import Config
from core.errors import InputError, NotReadyError
from core.monitoring import drift
from core.monitoring.bins import bin_labels
from core.monitoring.drift import FeatureDrift, compare, drift_report, judge, windows
from core.monitoring.features import FeatureCounts
from core.monitoring.ks import ks_test
from core.series.panel import MEASURES
from core.transactions.load import prepare
from core.transactions.store import Generation

DAY = dt.date
FIRST, LAST = DAY(2020, 1, 1), DAY(2020, 12, 31)


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    yield
    drift._reports.clear()


Change = Callable[[pd.DataFrame, np.ndarray], None]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Change], Generation]:
    """Ten months of an even business; a change is applied to the lines of the last 30 days."""

    def make(name: str, change: Change) -> Generation:
        folder = tmp_path_factory.mktemp(name)
        rng = np.random.default_rng(11)
        n, days = 18_000, 300
        day = np.sort(rng.integers(0, days, n))
        time = pd.Timestamp("2020-01-01") + pd.to_timedelta(day, "D") + pd.to_timedelta(rng.integers(480, 1080, n), "m")
        frame = pd.DataFrame(
            {
                "Invoice": [f"{d}-{i}" for d, i in zip(day, rng.integers(0, 12, n), strict=True)],
                "StockCode": rng.integers(1000, 9999, n).astype(str),
                "Quantity": rng.geometric(0.2, n).astype(float),
                "InvoiceDate": time,
                "Price": np.round(rng.lognormal(1, 0.7, n) + 0.01, 2),
                "Customer ID": rng.integers(1, 500, n).astype(str),
                "Country": rng.choice(["France", "Spain", "Italy"], n, p=[0.6, 0.3, 0.1]),
            }
        )  # fmt: skip
        change(frame, day >= days - 30)
        frame.to_csv(folder / "shop.csv", index=False)
        return prepare(Config(data_dir=folder / "data"), folder / "shop.csv")

    return make


def by_name(features: tuple[FeatureDrift, ...]) -> dict[tuple[str, str], FeatureDrift]:
    return {(feature.level, feature.feature): feature for feature in features}


def test_nothing_changed_nothing_rings(shop: Callable[[str, Change], Generation]) -> None:
    report = drift_report(shop("even", lambda frame, last: None))
    found = by_name(report.features)
    assert {feature.verdict for feature in report.features} <= {"stable", "watch"}
    assert {name for level, name in found if level == "line"} == {
        "quantity", "price", "amount", "hour", "basket", "country", "product", "customer_type", "outcome",
    }  # fmt: skip
    assert (report.current[1] - report.current[0]).days == 29
    assert report.reference[1] == report.current[0] - dt.timedelta(days=1)
    for feature in report.features:
        assert len(feature.labels) == len(feature.ref_shares) == len(feature.cur_shares)
        assert sum(feature.ref_shares) == pytest.approx(1)
        assert sum(feature.cur_shares) == pytest.approx(1)
        if feature.kind == "numeric":
            assert len(feature.edges) == len(feature.labels) - 1
            assert min(feature.ref_shares) > 0
    assert found["line", "hour"].n_ref + found["line", "hour"].n_cur == 18_000


def test_doubled_quantities_are_found_in_what_they_change(shop: Callable[[str, Change], Generation]) -> None:
    def double(frame: pd.DataFrame, last: np.ndarray) -> None:
        frame.loc[last, "Quantity"] *= 2

    found = by_name(drift_report(shop("double", double)).features)
    assert found["line", "quantity"].verdict == "drift"
    assert found["day", "units"].verdict == "drift"
    for same in ("price", "hour", "country", "basket"):
        assert found["line", same].verdict == "stable"
    assert found["day", "transactions"].verdict in ("stable", "watch")


def test_another_mix_of_countries_is_found(shop: Callable[[str, Change], Generation]) -> None:
    def swap(frame: pd.DataFrame, last: np.ndarray) -> None:
        frame.loc[last & (frame["Country"] == "France").to_numpy(), "Country"] = "Portugal"

    country = by_name(drift_report(shop("mix", swap)).features)["line", "country"]
    assert country.verdict == "drift"
    assert (country.labels, country.ks) == (("France", "Spain", "Italy", "other"), None)
    assert country.ref_shares[3] == 0
    assert country.cur_shares[3] > 0.5


def test_numbers_equal_those_of_the_lines_themselves(shop: Callable[[str, Change], Generation]) -> None:
    generation = shop("same", lambda frame, last: None)
    report = drift_report(generation)
    lines = generation.query("SELECT day, quantity FROM lines").to_pandas()
    day = lines["day"].to_numpy().astype("datetime64[D]")
    inside = [(day >= np.datetime64(a)) & (day <= np.datetime64(b)) for a, b in (report.reference, report.current)]
    quantity = by_name(report.features)["line", "quantity"]
    reference, current = (lines["quantity"].to_numpy()[rows] for rows in inside)
    assert (quantity.ks, quantity.ks_p) == pytest.approx(ks_test(reference, current))
    shares = np.histogram(current, [-np.inf, *np.nextafter(quantity.edges, np.inf), np.inf])[0] / len(current)
    assert quantity.cur_shares == pytest.approx(shares)


def test_reports_are_kept(shop: Callable[[str, Change], Generation]) -> None:
    generation = shop("kept", lambda frame, last: None)
    assert drift_report(generation) is drift_report(generation)
    assert drift_report(generation, 14) is not drift_report(generation)


def test_windows() -> None:
    assert windows(FIRST, LAST, 31) == ((DAY(2020, 1, 1), DAY(2020, 11, 30)), (DAY(2020, 12, 1), LAST))
    assert windows(DAY(2015, 1, 1), LAST, 31)[0] == (DAY(2019, 12, 2), DAY(2020, 11, 30))
    chosen = (DAY(2020, 2, 1), DAY(2020, 3, 1))
    assert windows(FIRST, LAST, 31, chosen)[0] == chosen
    for wrong in ((DAY(2020, 3, 1), DAY(2020, 2, 1)), (DAY(2019, 1, 1), DAY(2020, 2, 1)), (FIRST, DAY(2020, 12, 5))):
        with pytest.raises(InputError):
            windows(FIRST, LAST, 31, wrong)
    with pytest.raises(InputError, match=r"before it begins on .* Name the first day first"):
        windows(FIRST, LAST, 31, (FIRST + dt.timedelta(days=40), FIRST))
    with pytest.raises(InputError):
        windows(FIRST, LAST, 0)
    with pytest.raises(NotReadyError, match="nothing before the last 400 days"):
        windows(FIRST, LAST, 400)


def counted(reference: list[int], current: list[int], level: str = "line") -> FeatureCounts:
    values = np.arange(len(reference), dtype=np.float64)
    return FeatureCounts("x", level, "numeric", values, np.array(reference), np.array(current))


def test_few_observations_get_no_verdict() -> None:
    few = compare(counted([20] * 10, [1] * 10, "line"))
    assert (few.verdict, few.n_cur) == ("not enough data", 10)
    assert few.psi is not None
    nobody = compare(counted([20] * 10, [0] * 10))
    assert (nobody.verdict, nobody.psi, nobody.ks) == ("not enough data", None, None)
    no_reference = compare(counted([0] * 10, [20] * 10))
    assert (no_reference.verdict, no_reference.labels) == ("not enough data", ())


def test_a_line_counts_only_above_chance() -> None:
    assert judge(0.35, 0.1) == "drift"
    assert judge(0.35, 0.4) == "stable"
    assert judge(0.25, 0.01) == "watch"
    assert judge(0.05, 0.01) == "stable"


def test_labels() -> None:
    assert bin_labels([2.0, 3.0, 6.0], whole=True) == ("up to 2", "3", "4 – 6", "over 6")
    assert bin_labels([0.55, 12_345.6]) == ("up to 0.55", "0.55 – 12,346", "over 12,346")


@pytest.mark.reference
def test_real_data(reference_data: Path, tmp_path: Path) -> None:
    """The autumn ramp is a real change of the days; the lines stay the same kind of lines."""
    generation = prepare(Config(data_dir=tmp_path), reference_data / "online_retail_II.parquet")
    report = drift_report(generation)
    assert report.current == (DAY(2011, 11, 9), DAY(2011, 12, 8))
    assert {f.feature for f in report.features if f.verdict == "drift"} == set(MEASURES)
    assert {f.verdict for f in report.features if f.level == "line"} == {"stable"}
    assert {f.n_cur for f in report.features if f.feature in MEASURES} == {26}

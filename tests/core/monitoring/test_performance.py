"""Performance: actuals since the origin against the tests, on a hand-made version whose errors are known."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from core.monitoring.performance import performance, performance_signals
from core.series.panel import Panel, Series

ORIGIN = dt.date(2021, 6, 30)


class Made:
    """A version: forecasts are 100 a day; in fold k (1 to 6) actuals were k % off; another model is in the way."""

    origin = ORIGIN

    def series(self) -> tuple[Series, ...]:
        return Series("transactions"), Series("revenue"), Series("revenue", "country:France")

    def best(self, series: Series) -> str:
        return "ets"

    def forecasts(self) -> pd.DataFrame:
        return self._rows([ORIGIN], 365)

    def backtest(self) -> pd.DataFrame:
        frame = self._rows([ORIGIN - dt.timedelta(days=28 * back) for back in range(6, 0, -1)], 28)
        number = frame["cutoff"].rank(method="dense")
        return frame.assign(y=100.0 / (1 + number / 100))

    def _rows(self, cutoffs: list[dt.date], days: int) -> pd.DataFrame:
        frames = []
        for cutoff in cutoffs:
            for series in self.series():
                for model, mean in (("ets", 100.0), ("theta", 500.0)):
                    horizon = np.arange(1, days + 1)
                    date = pd.Timestamp(cutoff) + pd.to_timedelta(horizon, unit="D")
                    frames.append(
                        pd.DataFrame(
                            {"model": model, "measure": series.measure, "segment": series.segment, "date": date,
                             "cutoff": pd.Timestamp(cutoff), "horizon": horizon, "mean": mean, "scale": 10.0}
                        )
                    )  # fmt: skip
        return pd.concat(frames, ignore_index=True)


def panel(days: int, off: float, second: float | None = None) -> Panel:
    """Actuals of so many days after the origin, ``off`` below the forecast as a share of themselves."""
    values = np.full((2, 200 + days), 100.0)
    values[0, 200:] = 100.0 / (1 + off)
    values[1, 200:] = 100.0 / (1 + (off if second is None else second))
    return Panel((Series("transactions"), Series("revenue")), ORIGIN - dt.timedelta(days=199), values)


def test_errors_and_tests_are_over_the_same_days() -> None:
    found = performance(Made(), panel(10, 0.05, 0.03))
    assert found.days == 7
    assert found.error == pytest.approx(0.04)
    assert found.tests == pytest.approx((0.02, 0.03, 0.04, 0.05, 0.06))  # nothing to choose by before the first
    assert not found.worse


def test_worse_is_worse_than_every_test() -> None:
    assert performance(Made(), panel(10, 0.0601)).worse
    assert not performance(Made(), panel(10, 0.0599)).worse


def test_days_beyond_what_was_tested_are_left_out() -> None:
    late = panel(60, 0.05)
    late.values[:, 200 + 28 :] = 1.0
    found = performance(Made(), late)
    assert found.days == 28
    assert found.error == pytest.approx(0.05)


def test_too_few_days_or_no_trade() -> None:
    assert performance(Made(), panel(6, 0.5)) is None
    silent = panel(10, 0.5)
    silent.values[:, 200:] = 0.0
    assert performance(Made(), silent) is None


def test_a_measure_that_the_data_no_longer_have() -> None:
    one = panel(10, 0.05).select([Series("transactions")])
    assert performance(Made(), one).error == pytest.approx(0.05)


@pytest.mark.parametrize("days", [400, 30])
def test_data_that_begin_after_the_forecast_say_nothing_of_it(days: int) -> None:
    later = panel(10, 0.05)
    other = Panel(later.series, ORIGIN + dt.timedelta(days=400 if days == 400 else 8), np.full((2, days), 7.0))
    assert performance(Made(), other) is None


def test_tests_and_forecasts_are_of_the_same_measures() -> None:
    one = panel(10, 0.05).select([Series("transactions")])
    rows = Made().backtest()
    rows.loc[rows["measure"] == "revenue", "y"] = 50.0

    class Uneven(Made):
        def backtest(self) -> pd.DataFrame:
            return rows

    assert performance(Uneven(), one).tests == pytest.approx((0.02, 0.03, 0.04, 0.05, 0.06))


def test_signals_are_of_the_weeks_that_were_tested_and_end() -> None:
    """Every day of a bad first month tells; afterwards nothing new is said, so that the alert can end."""
    late = panel(90, 0.5)
    found = performance_signals(Made(), late, ORIGIN - dt.timedelta(days=9), late.last_day, 52 * 0.2)
    assert sorted(found) == [ORIGIN + dt.timedelta(days=day) for day in range(7, 35)]
    assert {one.kind for one in found.values()} == {"model"}
    day = ORIGIN + dt.timedelta(days=20)
    assert performance_signals(Made(), late.until(day), day, day, 52 * 0.2)[day] == found[day]
    assert performance_signals(Made(), panel(90, 0.04), ORIGIN, late.last_day, 1.0) == {}

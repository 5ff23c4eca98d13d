"""Reading stored forecasts."""

import datetime as dt

import pytest

from core.errors import InputError
from core.lifecycle.registry import Registry
from core.lifecycle.serving import forecast_table, predictions
from core.lifecycle.version import Version
from core.series.panel import Series
from tests.core.lifecycle.test_registry import publish

LINES = Series("transactions")


@pytest.fixture
def version(registry: Registry) -> Version:
    return publish(registry)


def test_the_best_model_answers_unless_one_is_named(version: Version) -> None:
    assert forecast_table(version, LINES)["mean"].iloc[0] == 101.0
    assert forecast_table(version, LINES, "seasonal_naive")["mean"].iloc[0] == 100.0
    france = Series("revenue", "country:France")
    assert forecast_table(version, france).equals(forecast_table(version, france, "seasonal_naive"))


def test_tables_are_kept(version: Version) -> None:
    assert forecast_table(version, LINES) is forecast_table(version, LINES, "sarima")
    assert predictions(version, LINES) is predictions(version, LINES)


def test_of_what_changes_the_newest_only_is_kept(version: Version) -> None:
    """A new generation every day for months must not fill the memory."""
    made: list[str] = []

    def of(generation: str, key: str = "performance") -> str | None:
        return version.keep(key, lambda: made.append(generation), of=generation)

    for generation in ("one", "one", "two", "two", "three"):
        assert of(generation) is None  # which is an answer like others
    of("three", "scores")
    assert made == ["one", "two", "three", "three"]
    assert len(version._kept) == 2


def test_predictions_say_what_the_table_says(version: Version) -> None:
    table, days = forecast_table(version, LINES), predictions(version, LINES)
    assert [day.horizon for day in days] == list(range(1, 366))
    assert days[0].date == dt.date(2011, 12, 9)
    assert type(days[0].value) is float
    assert type(days[0].open) is bool
    for day, row in zip(days, table.itertuples(), strict=True):
        assert day.value == row.mean
        assert day.intervals == {80: (row.lo80, row.hi80), 95: (row.lo95, row.hi95)}
    assert (days[1].open, days[1].reason, days[1].intervals[95]) == (False, "weekday:Saturday", (0.0, 0.0))


def test_unknown_names_are_refused_with_what_is_known(version: Version) -> None:
    with pytest.raises(InputError, match="no forecast of revenue/total"):
        forecast_table(version, Series("revenue"))
    with pytest.raises(InputError, match=r"no model prophet.*seasonal_naive, sarima"):
        predictions(version, LINES, "prophet")


def test_series_and_origin(version: Version) -> None:
    assert version.series() == (LINES, Series("revenue", "country:France"))
    assert version.origin == dt.date(2011, 12, 8)

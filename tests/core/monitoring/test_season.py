"""Is it the season? Changes that the year before had too, and those that it had not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.monitoring.levels import ALL, YEAR_AGO
from core.monitoring.season import Season
from core.monitoring.windows import FeatureWindows
from tests.core.monitoring.business import FIRST, WEEK, Business, business

BEGAN, DAY = 580, 600
"""A change in the second year, and the day on which somebody asks."""


def season(of: Business) -> Season:
    return Season(of.panel, of.is_open)


def stepped(*factors: tuple[int, float]) -> Business:
    """Levels that move by a factor on some days, and stay."""

    def level(day: np.ndarray) -> np.ndarray:
        return np.prod([np.where(day >= start, factor, 1.0) for start, factor in factors], axis=0)

    return business(620, 1, level, noise=0.03)


@pytest.mark.parametrize(
    ("this_year", "year_before", "expected"),
    [
        (1.5, 1.5, True),
        (1.5, 1.3, True),  # more than half of it, on the log scale
        (1.5, 1.1, False),
        (1.5, 1.0, False),
        (1.5, 0.7, False),  # the other way
        (0.7, 0.72, True),
    ],
)
def test_a_change_is_the_season_if_the_year_before_had_half_of_it(
    this_year: float, year_before: float, expected: bool
) -> None:
    found = season(stepped((BEGAN, this_year), (BEGAN - YEAR_AGO, year_before)))
    for name in ("transactions", "revenue", ALL):
        assert found.explains(name, BEGAN, DAY) is expected


def test_without_a_year_before_nobody_knows() -> None:
    found = season(stepped((200, 1.5)))
    assert found.explains("transactions", 200, 220) is None
    assert found.explains("no measure", BEGAN, DAY) is None
    assert found.explains_mean("transactions", (100, 170), (190, 219)) is False


def test_how_much_it_moved_by_hand() -> None:
    """A business without chance: weekdays and a factor."""
    calm = stepped((0, 1.0))
    days = np.arange(calm.n_days)
    values = np.tile(1000 * WEEK[days % 7] * np.where(days >= BEGAN, 1.4, 1.0), (5, 1))
    found = season(replace(calm, values=values))
    assert found.change("revenue", BEGAN, BEGAN + 20) == pytest.approx(0.4, abs=0.01)
    assert found.change("revenue", BEGAN - 100, BEGAN - 80) == pytest.approx(0.0, abs=0.01)
    assert found.change("no measure", BEGAN, DAY) is None
    assert found.beyond("revenue", BEGAN, BEGAN + 20) == pytest.approx(0.4, abs=0.01)
    same = np.where((days >= BEGAN) | ((days >= BEGAN - YEAR_AGO) & (days < BEGAN - YEAR_AGO + 90)), 1.4, 1.0)
    both = season(replace(calm, values=np.tile(1000 * WEEK[days % 7] * same, (5, 1))))
    assert both.change(ALL, BEGAN, BEGAN + 20) == pytest.approx(0.4, abs=0.01)
    assert abs(both.beyond(ALL, BEGAN, BEGAN + 20)) < 0.1  # the season led to expect it
    assert both.beyond(ALL, 100, 120) is None  # no year before
    assert found.date(3) == "2021-03-04"


def test_a_mean_that_the_same_weeks_had() -> None:
    """Reference, then a window that stands out; the year before stood out as well, or not."""
    window = (DAY - 29, DAY)
    both = stepped((DAY - YEAR_AGO - 30, 1.4), (DAY - YEAR_AGO + 1, 1 / 1.4), (DAY - 30, 1.4))
    once = stepped((DAY - 30, 1.4))
    reference = (DAY - 29 - 365, DAY - 30)
    assert season(both).explains_mean("revenue", reference, window)
    assert not season(once).explains_mean("revenue", reference, window)


def autumn(of: Business, *years: int) -> Business:
    """The largest quantities sell in the same weeks of these years."""
    quantity = of.tables["quantity"].copy()
    for start in years:
        quantity[start : start + 60] = quantity[start : start + 60][:, ::-1]
    return replace(of, tables={**of.tables, "quantity": quantity})


def test_a_distribution_that_the_same_weeks_had() -> None:
    calm = stepped((0, 1.0))
    ask = DAY
    both, once = autumn(calm, ask - 40, ask - 40 - YEAR_AGO), autumn(calm, ask - 40)
    for of, expected in ((both, True), (once, False), (calm, True)):
        windows = FeatureWindows(of.lines("quantity"), 30)
        assert season(of).explains_counts(windows, ask) is expected
    early = FeatureWindows(both.lines("quantity"), 30)
    assert season(both).explains_counts(early, 380) is False


def answers(of: Business, day: int) -> list[object]:
    found, windows = season(of), FeatureWindows(of.lines("quantity"), 30)
    return [
        *(found.explains(name, day - back, day) for name in ("orders", ALL) for back in (0, 5, 29)),
        *(found.change(name, day - back, day) for name in ("orders", ALL) for back in (0, 5, 29)),
        *(found.beyond(name, day - back, day) for name in ("orders", ALL) for back in (0, 5, 29)),
        found.explains_mean("units", (day - 394, day - 30), (day - 29, day)),
        found.explains_counts(windows, day),
    ]


@pytest.mark.parametrize("day", [420, 500, DAY])
def test_no_day_knows_a_later_one(day: int) -> None:
    one = autumn(stepped((BEGAN, 1.5), (BEGAN - YEAR_AGO, 1.3)), BEGAN)
    other = business(620, 7, lambda number: 1 + number / 300)
    expected = answers(one, day)
    assert answers(one.then(day, other), day) == expected
    assert answers(one.until(day), day) == expected


def test_days_without_trade_do_not_count() -> None:
    both = stepped((BEGAN, 1.5), (BEGAN - YEAR_AGO, 1.5))
    values = both.values.copy()
    values[:, BEGAN + 2 : BEGAN + 6] = 0.0
    assert season(replace(both, values=values)).explains("revenue", BEGAN, DAY) is True
    values[:, BEGAN:] = 0.0
    assert season(replace(both, values=values)).explains("revenue", BEGAN, DAY) is None
    assert season(both).date(0) == FIRST.isoformat()

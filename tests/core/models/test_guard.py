"""The guard: what is not believed, from which day on, and what replaces it."""

import numpy as np
import pytest

from core.models.guard import CAP, Guard, inverse_powers
from core.models.history import History
from core.series.days import day_range
from tests.core.models.businesses import START, calendar_of, panel_of, regular


def guard_of(values):
    panel = panel_of(values)
    return Guard.of(History(panel, calendar_of(panel), 0))


def test_a_path_is_believed_until_its_first_wild_day():
    values = regular(140)
    guard = guard_of(values)
    days = day_range(START, 7)
    log = np.log1p(np.full((1, 7), 100.0))
    log[0, 3] = np.log1p(CAP * values.max() * 1.01)
    is_open = np.ones((1, 7), dtype=bool)
    found = guard.believed(log, days, is_open)[0]
    assert found[:3] == pytest.approx([100.0] * 3)
    assert found[3:].tolist() == guard.weekday_mean[0, 3:].tolist()
    is_open[0, 3] = False  # what is said of a closed day does not matter
    assert guard.believed(log, days, is_open)[0, 4:] == pytest.approx([100.0] * 3)


@pytest.mark.parametrize("wrong", [np.nan, np.inf, 800.0])
def test_numbers_that_are_none_are_replaced(wrong):
    guard = guard_of(regular(140))
    found = guard.believed(np.full((1, 3), wrong), day_range(START, 3), np.ones((1, 3), dtype=bool))
    assert found[0].tolist() == guard.weekday_mean[0, :3].tolist()


def test_negative_logs_are_no_volume():
    guard = guard_of(regular(140))
    assert (guard.believed(np.full((1, 3), -2.0), day_range(START, 3), np.ones((1, 3), dtype=bool)) == 0).all()


def test_a_constant_goes_on():
    guard = guard_of(np.full(60, 7.0))
    assert (guard.believed(np.full((1, 3), 1.0), day_range(START, 3), np.ones((1, 3), dtype=bool)) == 7.0).all()


def test_stored_and_read_again():
    guard = guard_of(regular(140))
    again = Guard.from_json(guard.to_json())
    for name in ("weekday_mean", "maximum", "constant", "observed"):
        assert (getattr(guard, name) == getattr(again, name)).all()


def test_inverse_powers():
    assert inverse_powers(np.array([0.1, 0.2]), 2) == pytest.approx([0.8, 0.2])
    assert inverse_powers(np.array([0.1, np.nan]), 2).tolist() == [0.5, 0.5]
    assert inverse_powers(np.zeros(2), 2).tolist() == [0.5, 0.5]
    assert inverse_powers(np.array([1e-200, 1.0]), 16).tolist() == [1.0, 0.0]

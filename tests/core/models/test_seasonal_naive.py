"""Seasonal naive against its definition."""

import numpy as np

from core.models.seasonal_naive import SeasonalNaive
from tests.core.models.businesses import calendar_of, panel_of, regular


def test_repeats_the_last_open_day_of_the_weekday():
    values = regular(364)  # ends on a Sunday
    values[-2] = 0.0  # an accident: the last Saturday had no trade
    values[-7] = np.nan  # the last Monday is missing
    panel = panel_of(values)
    mean = SeasonalNaive().fit(panel, calendar_of(panel)).forecast(15)["mean"].to_numpy()
    week = [values[-14], *values[-6:-2], values[-9], 0.0]
    assert mean.tolist() == [*week, *week, values[-14]]


def test_a_weekday_never_seen_gets_the_recent_mean():
    panel = panel_of(np.array([1.0, 2.0, 3.0]))
    mean = SeasonalNaive().fit(panel, calendar_of(panel)).forecast(7)["mean"]
    assert mean.tolist() == [2.0, 2.0, 2.0, 2.0, 1.0, 2.0, 3.0]

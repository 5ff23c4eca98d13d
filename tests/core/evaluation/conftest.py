"""A small business and its backtest."""

import pytest

from core.evaluation.backtest import make_folds
from core.series.calendar import calendars_at
from tests.core.evaluation.frames import run_backtest
from tests.core.models.businesses import panel_of, regular


@pytest.fixture(scope="session")
def business():
    panel = panel_of(regular(500), regular(500, 3, 20.0))
    return panel, calendars_at(panel.first_day, panel.values[0], "GB-ENG")


@pytest.fixture(scope="session")
def backtest(business):
    panel, calendars = business
    return run_backtest(["seasonal_naive", "sarima"], panel, make_folds(panel, 28, 6, 28), calendars)

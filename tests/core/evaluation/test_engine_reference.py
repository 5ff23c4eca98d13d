"""The engine on the reference data: accuracy of the fast models on the eleven test folds."""

import datetime as dt

import pytest

from core.evaluation.backtest import backtest
from core.evaluation.breakdown import by
from core.models.base import Fold
from core.series.calendar import calendars_at
from core.series.panel import MEASURES, Series
from tests.core.series import online_retail

BARS = {
    "gp": {"transactions": 0.208, "revenue": 0.280},
    "sarima": {"transactions": 0.212, "revenue": 0.285},
    "xgboost": {"transactions": 0.198, "revenue": 0.277},
}
"""Highest WAPE allowed; simple forecasts are at .263 / .430 (seasonal naive) on these folds."""


@pytest.mark.reference
def test_accuracy_on_online_retail(reference_data):
    """Origins 2011-02-01 and every 28 days, horizon 28; the global model learns from the five totals."""
    panel = online_retail.panel(reference_data).select([Series(measure) for measure in MEASURES])
    calendars = calendars_at(panel.first_day, panel[Series("transactions")], online_retail.COUNTRY)
    folds = [Fold(dt.date(2011, 2, 1) + dt.timedelta(days=28 * index), 28) for index in range(11)]
    frame = backtest(list(BARS), panel, folds, calendars, workers=1).frame
    scores = by(frame, "measure").set_index(["model", "measure"])
    for model, bars in BARS.items():
        for measure, bar in bars.items():
            assert scores.loc[(model, measure), "wape"] <= bar, (model, measure)
            assert scores.loc[(model, measure), "cover80"] == pytest.approx(0.80, abs=0.06)
            assert scores.loc[(model, measure), "cover95"] == pytest.approx(0.95, abs=0.03)

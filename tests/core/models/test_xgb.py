"""XGBoost: no later day in a training row, exact explanations, quantiles in order, help from regressors."""

import datetime as dt

import numpy as np
import pytest

from core.evaluation.metrics import wape
from core.models import xgb
from core.models.known_effects import effect_names
from core.models.seasonal_naive import SeasonalNaive
from core.models.xgb import FORMS, QUANTILES, XGBoost, training_rows
from core.models.xgb_drivers import EVENTS, FAMILIES, KNOWN, LEVEL, SEASON, WEEKDAY, family_of
from core.models.xgb_features import feature_names
from core.series.calendar import infer_calendar
from tests.core.models.businesses import calendar_of, panel_of, quiet_weekends, regular


@pytest.fixture(scope="module")
def fitted():
    panel = panel_of(regular(420), regular(420, 2, 3e4))
    return XGBoost().fit(panel, calendar_of(panel))


def test_training_rows_are_what_came(fitted):
    rows = training_rows(fitted.panel, fitted.calendar)
    assert rows is not None
    assert (rows.targets >= rows.origins).all()
    assert (rows.targets < fitted.panel.n_days).all()
    assert (rows.targets - rows.origins < xgb.HORIZON).all()
    assert (rows.came == np.log1p(fitted.panel.values[rows.rows, rows.targets])).all()
    assert len(np.unique(rows.origins % 7)) == 7


def test_early_stopping_judges_by_the_end_of_the_window_only(fitted, monkeypatch):
    seen = []
    monkeypatch.setattr(xgb, "_best_rounds", lambda before, after: seen.append((before[1], after[1])) or (10, 0.1))
    rows = training_rows(fitted.panel, fitted.calendar)
    xgb._train(rows, "level", fitted.panel.n_days)
    ((before, after),) = seen
    last = rows.targets >= fitted.panel.n_days - xgb.VALIDATION_DAYS
    assert (len(before), len(after)) == ((~last).sum(), last.sum())
    assert rows.targets[last].min() >= fitted.panel.n_days - xgb.VALIDATION_DAYS


def test_drivers_add_up_to_the_forecast(fitted):
    told = fitted.drivers()
    frame = fitted.forecast(xgb.TOTAL_DAYS)
    there = frame[frame["open"]].reset_index(drop=True)
    assert told["date"].tolist() == there["date"].tolist()
    total = told[[LEVEL, *FAMILIES]].sum(axis=1)
    np.testing.assert_allclose(np.expm1(total), there["mean"], rtol=1e-5)
    assert (told[[WEEKDAY, SEASON, EVENTS]] != 0).all(axis=None)


def test_no_drivers_where_all_days_ahead_are_closed(fitted):
    ahead = [fitted.panel.last_day + dt.timedelta(days=day) for day in range(1, xgb.TOTAL_DAYS + 1)]
    shut = infer_calendar(fitted.panel.first_day, fitted.panel.values[0], None, dict.fromkeys(ahead, False))
    model = XGBoost().fit(fitted.panel, shut)
    assert model.drivers() is None
    assert (model.forecast(xgb.TOTAL_DAYS)["mean"] == 0).all()


def test_every_feature_has_a_family():
    known = effect_names("promo")
    families = {name: family_of(name, known) for name in (*feature_names(()), *known)}
    assert set(families.values()) == set(FAMILIES)
    assert {families[name] for name in known} == {KNOWN}
    assert KNOWN not in {families[name] for name in feature_names(())}
    assert family_of("holiday_promo", ("holiday_promo",)) == KNOWN  # whatever a regressor is called


def test_quantiles_do_not_cross(fitted):
    table = fitted.quantiles(40)
    values = table[[f"q{100 * alpha:g}" for alpha in QUANTILES]].to_numpy()
    assert (np.diff(values, axis=1) >= 0).all()
    closed = ~fitted.forecast(40)["open"].to_numpy()
    assert (values[closed] == 0).all()
    inside = (fitted.forecast(40)["mean"].to_numpy() <= values[:, -1]) | closed
    assert inside.mean() > 0.9


def test_forms_weigh_by_their_last_errors(fitted):
    assert set(fitted.weights) == set(FORMS)
    assert sum(fitted.weights.values()) == pytest.approx(1.0)


def test_beats_the_naive_one_and_learns_from_regressors():
    promo = (np.random.default_rng(5).random((1, 500)) < 0.3).astype(float)
    values = np.round(regular(500) * np.exp(promo[0]))
    open_ = values[472:] > 0
    errors = {}
    for name, model, known in (
        ("naive", SeasonalNaive, {}), ("without", XGBoost, {}), ("with", XGBoost, {"promo": promo})
    ):  # fmt: skip
        panel = panel_of(values[:472], known=known)
        mean = model().fit(panel, calendar_of(panel)).forecast(28)["mean"].to_numpy()
        errors[name] = wape(values[472:][open_], mean[open_])
    assert errors["without"] < 0.9 * errors["naive"]
    assert errors["with"] < 0.7 * errors["without"]


def test_too_little_to_learn_from_falls_back():
    panel = panel_of(regular(40))
    model = XGBoost().fit(panel, calendar_of(panel))
    assert model.boosters == {}
    assert model.drivers() is None
    with pytest.raises(ValueError, match="too few days"):
        model.quantiles(5)
    assert "63 needed" in model.notes()["transactions/total"]


def test_many_series_are_sampled_by_number_alone(monkeypatch):
    monkeypatch.setattr(xgb, "MOST_ROWS", 2000)
    panel = panel_of(*[regular(200, seed) for seed in range(6)])
    rows = training_rows(panel, calendar_of(panel))
    other = training_rows(panel_of(*[regular(200, seed + 50) for seed in range(6)]), calendar_of(panel))
    assert 1000 < len(rows.came) <= 2000
    assert set(rows.rows) == set(range(6))
    both = {tuple(one) for one in np.column_stack([rows.rows, rows.origins, rows.targets]).tolist()}
    assert len(
        both & {tuple(one) for one in np.column_stack([other.rows, other.origins, other.targets]).tolist()}
    ) > 0.9 * len(both)


def test_forecasts_from_the_origin_on(fitted):
    frame = fitted.forecast(7)
    assert frame["date"].iloc[0].date() == fitted.panel.last_day + dt.timedelta(days=1)


@pytest.mark.parametrize("share", [0.3, 0.05])
def test_quiet_weekends_are_learnt(share):
    """A loss whose curvature vanishes for far targets diverges here: the first with a slope of .1, the other of .25."""
    values = quiet_weekends(125 + 28, share)
    panel = panel_of(values[:125])
    mean = XGBoost().fit(panel, calendar_of(panel)).forecast(28)["mean"].to_numpy()
    assert wape(values[125:], mean) < 0.1

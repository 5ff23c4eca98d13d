"""What every model of the catalogue promises."""

import datetime as dt
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from core.models.base import POINT_COLUMNS, Fold, Forecaster
from core.models.catalogue import COMBINATIONS, MODEL_NAMES, MODELS
from core.series.calendar import calendars_at
from tests.core.models.businesses import START, calendar_of, odd, panel_of, regular

FORECASTERS = tuple(name for name in MODEL_NAMES if name not in COMBINATIONS)
pytestmark = pytest.mark.parametrize("name", FORECASTERS)
N_DAYS = 500


@pytest.fixture(scope="module")
def panel():
    rng = np.random.default_rng(1)
    return panel_of(regular(N_DAYS), regular(N_DAYS, 1, 5e4), np.where(rng.random(N_DAYS) < 0.6, 0.0, 2.0))


def fitted(name: str, panel) -> Forecaster:
    return MODELS[name]().fit(panel, calendar_of(panel))


def test_frame(name, panel):
    frame = fitted(name, panel).forecast(365)
    assert tuple(frame.columns) == POINT_COLUMNS
    assert len(frame) == 3 * 365
    assert frame["segment"].drop_duplicates().tolist() == ["total", "country:1", "country:2"]
    first = frame.iloc[:365]
    assert first["horizon"].tolist() == list(range(1, 366))
    assert (first["date"] == pd.date_range(panel.last_day + dt.timedelta(days=1), periods=365)).all()
    assert np.isfinite(frame["mean"]).all()
    assert (frame["mean"] >= 0).all()
    assert (frame.loc[~frame["open"], "mean"] == 0).all()
    assert (~first["open"]).sum() >= 52
    assert (first.loc[first["open"], "mean"] > 0).all()


def test_shorter_horizon_is_the_beginning_of_the_longer(name, panel):
    model = fitted(name, panel)
    long = model.forecast(100)
    pd.testing.assert_frame_equal(model.forecast(28), long[long["horizon"] <= 28].reset_index(drop=True))


def test_horizon_must_be_positive(name, panel):
    with pytest.raises(ValueError, match="horizon 0"):
        fitted(name, panel).forecast(0)


def test_saved_and_loaded_forecasts_are_bit_equal(name, panel, tmp_path):
    model = fitted(name, panel)
    model.to_dir(tmp_path)
    assert {file.suffix for file in tmp_path.iterdir()} <= {".json", ".npz", ".ubj", ".h5"}
    pd.testing.assert_frame_equal(MODELS[name].from_dir(tmp_path).forecast(365), model.forecast(365), check_exact=True)


def test_files_of_another_model_are_refused(name, panel, tmp_path):
    fitted(name, panel).to_dir(tmp_path)
    other = next(one for one in FORECASTERS if one != name)
    with pytest.raises(ValueError, match=name):
        MODELS[other].from_dir(tmp_path)


def test_same_input_same_bytes(name, panel):
    pd.testing.assert_frame_equal(fitted(name, panel).forecast(50), fitted(name, panel).forecast(50), check_exact=True)


def test_one_series_alone_gets_the_same_forecast(name, panel):
    if not MODELS[name].per_series:
        pytest.skip("learns from all series together")
    together, calendar = fitted(name, panel).forecast(60), calendar_of(panel)
    alone = [MODELS[name]().fit(panel.select([one]), calendar).forecast(60) for one in panel.series]
    pd.testing.assert_frame_equal(pd.concat(alone, ignore_index=True), together, check_exact=True)


def test_first_fold_of_a_backtest_equals_fit_and_forecast(name, panel):
    calendars = calendars_at(panel.first_day, panel.values[0], "GB-ENG")
    fold = Fold(START + dt.timedelta(days=420), 28)
    frame = MODELS[name]().backtest(panel, [fold], calendars)
    direct = MODELS[name]().fit(panel.until(fold.origin), calendars(fold.origin)).forecast(28)
    assert (frame["cutoff"] == pd.Timestamp(fold.origin)).all()
    pd.testing.assert_frame_equal(frame[list(POINT_COLUMNS)], direct, check_exact=True)


@pytest.mark.parametrize("case", odd())
def test_odd_series(name, case, tmp_path):
    values = odd()[case]
    panel = panel_of(values)
    model = fitted(name, panel)
    mean = model.forecast(365)["mean"].to_numpy()
    assert np.isfinite(mean).all()
    assert (mean >= 0).all()
    assert mean.max() <= 5 * np.nanmax(values, initial=0.0)
    if case in ("all zero", "all missing"):
        assert (mean == 0).all()
    if case == "constant":
        assert (mean == 12.0).all()
    model.to_dir(tmp_path)
    assert (MODELS[name].from_dir(tmp_path).forecast(365)["mean"].to_numpy() == mean).all()


def test_the_catalogue_is_light(name):
    code = (
        "import sys; from core.models.catalogue import MODELS; assert set(MODELS); "
        "print([one for one in ('statsmodels', 'tensorflow', 'xgboost', 'sklearn') if one in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
    assert MODELS[name].name == name
    with pytest.raises(KeyError):
        MODELS["crystal ball"]

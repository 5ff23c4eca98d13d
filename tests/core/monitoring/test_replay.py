"""Retraining policies replayed on small shops: what breaks is found, what is stable is left alone, nothing leaks."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError, NotReadyError
from core.evaluation.ahead import forecast_ahead
from core.evaluation.backtest import backtest, make_folds
from core.evaluation.choice import served_models
from core.evaluation.intervals import fit_intervals, history_residuals
from core.models import ensemble
from core.monitoring.policies import POLICY_NAMES, Policy, policy
from core.monitoring.replay import period_of, replay
from core.monitoring.replay_detector import shift_detector
from core.monitoring.replay_result import Outcome, Replay
from core.monitoring.replay_table import TEST_DAYS, Period, forecasts_at
from core.monitoring.replay_walk import Past, walk
from core.series.calendar import calendars_at
from core.series.panel import Panel, Series

FIRST = dt.date(2020, 1, 6)
LINES = Series("transactions")
LIGHT = ("seasonal_naive", "weekday_mean")
DAYS, BREAK = 760, 520
BROKEN = FIRST + dt.timedelta(days=BREAK)


def shop(seed: int = 0, size: float = 0.0, days: int = DAYS) -> Panel:
    """Lines a day, closed on Sundays; from day BREAK on everything × (1 + size)."""
    rng = np.random.default_rng(seed)
    profile = np.array([1, 1.1, 1, 1.2, 1.4, 0.8, 0])[np.arange(days) % 7]
    values = 200 * profile * np.exp(rng.normal(0, 0.1, days))
    values[BREAK:] *= 1 + size
    return Panel((LINES,), FIRST, np.round(values)[None])


def policies(panel: Panel, *names: str) -> list[Policy]:
    first = period_of(panel).first
    is_open = calendars(panel)(first - dt.timedelta(days=1)).is_open(panel.days)
    return [policy(name, detector=shift_detector(panel, is_open, first)) for name in names or POLICY_NAMES]


def calendars(panel: Panel) -> Callable:
    return calendars_at(panel.first_day, panel.values[0], None)


def replayed(panel: Panel, models: tuple[str, ...], change: dt.date | None = None) -> tuple[Replay, dict[str, Outcome]]:
    found = replay(panel, LINES, models, calendars(panel), policies(panel), period_of(panel), change=change)
    return found, {one.policy: one for one in found.outcomes}


@pytest.fixture(scope="module")
def broken() -> tuple[Replay, dict[str, Outcome]]:
    return replayed(shop(size=-0.4), ("ets",), BROKEN)


@pytest.fixture(scope="module")
def stable() -> tuple[Replay, dict[str, Outcome]]:
    return replayed(shop(seed=2), LIGHT)


def test_a_break_is_found_and_never_is_the_worst(broken: tuple[Replay, dict[str, Outcome]]) -> None:
    found, by_name = broken
    never, always = by_name["never"], by_name["always"]
    others = [one for one in found.outcomes if one.policy != "never"]
    assert all(one.wape < 0.6 * never.wape for one in others)
    assert always.wape < 1.1 * min(one.wape for one in others)
    assert always.seconds == max(one.seconds for one in found.outcomes) > 0
    for name in ("drift", "loss"):
        assert by_name[name].delay <= 28
        assert len(by_name[name].retrainings) <= 8
    assert (never.retrainings, never.seconds, never.delay, never.instability) == ((), 0.0, None, None)
    assert found.recommendation.policy != "never"
    assert found.recommendation.excess <= 0.05
    assert never.blocks[-1] > 0.3 > always.blocks[-1]
    assert len(never.blocks) == len(found.starts)


def test_a_stable_shop_is_left_alone(stable: tuple[Replay, dict[str, Outcome]]) -> None:
    found, by_name = stable
    assert len(by_name["drift"].retrainings) <= 2
    assert len(by_name["loss"].retrainings) <= 3
    assert len(by_name["schedule"].retrainings) == 12
    assert len(by_name["always"].retrainings) == 25
    assert by_name["always"].false_retrainings > 12
    assert found.recommendation.retrainings[0] <= 3
    assert {one.delay for one in found.outcomes} == {None}
    assert all(0.6 < one.coverage < 0.95 for one in found.outcomes)


def test_results_survive_json(broken: tuple[Replay, dict[str, Outcome]]) -> None:
    found, _ = broken
    text = json.dumps(found.to_json(), allow_nan=False)
    assert Replay.from_json(json.loads(text)) == found
    assert len(text) < 60_000


@pytest.mark.parametrize("known", [400, 600])
def test_nothing_after_a_day_is_used(known: int) -> None:
    panel = shop(size=-0.4)
    changed_later = panel.values.copy()
    changed_later[:, known + 1 :] = np.random.default_rng(9).integers(0, 2000, DAYS - known - 1)
    day = FIRST + dt.timedelta(days=known)
    seen = []
    for one in (panel, Panel(panel.series, FIRST, changed_later)):
        made = forecasts_at(one, LINES, LIGHT, calendars(one), period_of(one), lambda part, text: None)
        past = Past.of(one, LINES, made)
        rows = [row for row, origin in enumerate(made.period.origins) if origin <= day]
        courses = [walk(policy, past) for policy in policies(one)]
        moves = [[move for move in course.moves if made.period.origins[move.row] <= day] for course in courses]
        ahead = (day - made.period.first).days
        used = [course.used[: ahead + 1].tolist() for course in courses]
        tables = [array[rows].tobytes() for array in (made.mean, made.low, made.high, made.is_open)]
        tests = [(one.error.tobytes(), one.volume.tobytes()) for one in made.tests[: len(rows)]]
        seen.append((moves, used, tables, tests, made.models[: len(rows)]))
    assert seen[0] == seen[1]


@pytest.mark.parametrize("models", [("weekday_mean", "ets"), ("ensemble",)])
def test_an_origin_is_a_training_run_of_that_day(models: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ensemble, "START", {"ets": 1.0, "weekday_mean": 2.0})
    one = shop(size=-0.4)
    panel = Panel((LINES, Series("orders")), FIRST, np.vstack([one.values, np.round(one.values / 7)]))
    period = Period(FIRST + dt.timedelta(days=500), panel.last_day, 28)
    at = calendars(panel)
    made = forecasts_at(panel, LINES, models, at, period, lambda part, text: None)

    origin = period.origins[3]
    known = panel.until(origin)
    tested = backtest(models, known, make_folds(known, 28, 8, 28), at, reconcile=False)
    ahead = forecast_ahead(models, known, at(origin), 60, tested.base_points, reconcile=False)
    intervals = fit_intervals(tested.frame, history_residuals(known, at(origin), 28))
    name = served_models(tested.frame, ())[LINES]
    issued = intervals.apply(ahead.points)
    mine = issued[(issued["model"] == name) & (issued["measure"] == LINES.measure)]

    assert made.models[3] == name
    days = slice(84, 84 + 60)
    for array, column in ((made.mean, "mean"), (made.low, "lo80"), (made.high, "hi80"), (made.is_open, "open")):
        np.testing.assert_allclose(array[3, days].astype(float), mine[column].to_numpy(float), rtol=1e-12)
    assert np.isnan(made.mean[3, :84]).all()
    frame = tested.frame[(tested.frame["model"] == name) & (tested.frame["measure"] == LINES.measure)]
    errors = (frame["y"] - frame["mean"]).abs().to_numpy().reshape(8, 28)
    np.testing.assert_allclose(made.tests[3].error, errors)


@given(step=st.integers(1, 91), days=st.integers(182, 800), history=st.integers(365, 900))
def test_origins_and_their_tests(step: int, days: int, history: int) -> None:
    first = FIRST + dt.timedelta(days=history - 1)
    period = Period(first, first + dt.timedelta(days=days), step)
    folds = {fold.origin: fold.horizon for fold in period.folds(FIRST)}
    assert list(folds) == sorted(folds)
    assert period.origins[0] == first
    for origin in period.origins:
        assert folds[origin] == min((period.last - origin).days, 365)
        tests = period.tests(origin, FIRST)
        assert 1 <= len(tests) <= 8
        for fold in tests:
            assert fold.origin + dt.timedelta(days=TEST_DAYS) <= origin
            assert folds[fold.origin] >= TEST_DAYS
    if step in (7, 14, 28):
        assert period.tests(first, FIRST)[-1].origin == first - dt.timedelta(days=28)


def test_who_keeps_a_model_beyond_its_forecasts_is_told() -> None:
    panel = shop(days=900)
    period = period_of(panel, first=FIRST + dt.timedelta(days=400))
    found = replay(panel, LINES, LIGHT[:1], calendars(panel), policies(panel, "never", "schedule"), period)
    never, schedule = found.outcomes
    assert (never.unserved, schedule.unserved) == (period.days - 365, 0)
    assert found.recommendation.policy == "schedule"


def test_progress_never_falls_and_can_cancel() -> None:
    panel, told = shop(), []
    replay(
        panel, LINES, LIGHT, calendars(panel), policies(panel, "never"), period_of(panel), lambda *one: told.append(one)
    )
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert (fractions[0], fractions[-1]) == (0.0, 1.0)

    def stop(fraction: float, text: str) -> None:
        if "past" in text:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(panel, LINES, LIGHT, calendars(panel), policies(panel, "never"), period_of(panel), stop)


def test_days_that_can_be_replayed() -> None:
    panel = shop()
    usual = period_of(panel)
    assert (usual.first, usual.last) == (panel.last_day - dt.timedelta(days=364), panel.last_day)
    short = panel.until(FIRST + dt.timedelta(days=599))
    assert period_of(short).first == FIRST + dt.timedelta(days=364)
    with pytest.raises(NotReadyError, match="500 days"):
        period_of(panel.until(FIRST + dt.timedelta(days=499)))
    for wrong in (
        {"first": FIRST + dt.timedelta(days=300)},
        {"first": panel.last_day - dt.timedelta(days=100)},
        {"last": panel.last_day + dt.timedelta(days=1)},
        {"last": FIRST + dt.timedelta(days=400)},
    ):
        with pytest.raises(InputError):
            period_of(panel, **wrong)


def test_another_detector_decides() -> None:
    panel = shop()
    asked = []

    def on_the_day(seen: Panel, is_open: np.ndarray, origin: dt.date) -> bool:
        asked.append(seen.last_day)
        assert is_open.shape == (seen.n_days,)
        return origin < BROKEN <= seen.last_day

    (outcome,) = replay(
        panel, LINES, LIGHT, calendars(panel), [policy("drift", detector=on_the_day)], period_of(panel), change=BROKEN
    ).outcomes
    (one,) = outcome.retrainings
    assert one.asked == BROKEN
    assert 0 <= outcome.delay == (one.day - BROKEN).days < 14
    assert replace(one.reason, numbers={}) == one.reason
    assert max(asked) == panel.last_day - dt.timedelta(days=1)

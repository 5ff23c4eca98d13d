"""Policies on states made by hand, and the advice that follows from outcomes."""

import datetime as dt

import numpy as np
import pytest

from core.monitoring.policies import POLICY_NAMES, Drift, Every, Loss, PastErrors, PsiLine, State, policy
from core.monitoring.promise import beyond
from core.monitoring.psi import psi
from core.monitoring.replay_result import Outcome, Retraining, p_value, recommend
from core.series.panel import Panel, Series

FIRST = dt.date(2021, 1, 4)


def state(values: np.ndarray, age: int, forecast: float = 100.0, tests: PastErrors | None = None) -> State:
    """The last ``age`` days came after the origin; every day is open."""
    panel = Panel((Series("transactions"),), FIRST, np.asarray(values, dtype=np.float64)[None])
    actual = panel.values[0, len(values) - age :]
    found = tests or PastErrors(np.full((8, 28), 10.0), np.full((8, 28), 100.0))
    origin = panel.last_day - dt.timedelta(days=age)
    is_open = np.ones(len(values), dtype=bool)
    return State(panel.last_day, origin, panel, is_open, actual, np.full(age, forecast), found)


def test_names() -> None:
    made = [policy(name, detector=lambda *_: False, every=10) for name in POLICY_NAMES]
    assert tuple(one.name for one in made) == POLICY_NAMES
    assert made[1].settings == {"days": 10}
    with pytest.raises(KeyError):
        policy("sometimes", detector=lambda *_: False)
    with pytest.raises(ValueError):
        policy("schedule", detector=lambda *_: False, every=0)


def test_schedule() -> None:
    values = np.full(400, 100.0)
    assert Every(28).decide(state(values, 27)) is None
    assert Every(28).decide(state(values, 28)).code == "schedule"


def test_psi_line_takes_its_bins_from_what_the_model_learnt() -> None:
    learnt = np.tile(np.arange(1.0, 6.0), 80)
    same, shifted = np.tile(np.arange(1.0, 6.0), 6), np.full(30, 5.0)
    assert PsiLine().decide(state(np.append(learnt, same), 30)) is None
    found = PsiLine().decide(state(np.append(learnt, shifted), 30))
    smooth = np.array([0.5, 0.5, 0.5, 0.5, 30.5]) / 32.5
    assert found.numbers["psi"] == pytest.approx(psi(np.full(5, 0.2), smooth))
    assert found.numbers["line"] == 0.3


def test_psi_line_says_nothing_of_few_days() -> None:
    closed = state(np.append(np.arange(400.0), np.full(30, 9e9)), 30)
    closed.is_open[-25:] = False
    assert PsiLine().decide(closed) is None


def test_loss_is_beyond_what_the_tests_of_as_many_days_promised_once_a_week() -> None:
    good, bad = np.full(400, 100.0), np.append(np.full(372, 100.0), np.full(28, 120.0))
    errors = np.linspace(8.0, 12.0, 8)[:, None]
    tests = PastErrors(np.tile(errors, 28), np.full((8, 28), 100.0))
    assert Loss().decide(state(good, 28, tests=tests)) is None
    found = Loss().decide(state(bad, 28, tests=tests)).numbers
    assert (found["error"], found["days"]) == (pytest.approx(20 / 120), 28)
    assert (found["t"], found["limit"]) == pytest.approx(beyond(20 / 120, errors[:, 0] / 100, 0.05, logs=True))
    assert Loss().decide(state(bad, 27, tests=tests)) is None
    assert Loss().decide(state(bad, 6, tests=tests)) is None
    assert Loss().decide(state(bad, 7, tests=tests)).numbers["days"] == 7
    late = PastErrors(np.append(np.tile(errors, 7), np.full((8, 21), 30.0), axis=1), np.full((8, 28), 100.0))
    assert Loss().decide(state(bad, 7, tests=late)) is not None
    assert Loss().decide(state(bad, 28, tests=late)) is None


def test_loss_says_nothing_with_few_tests() -> None:
    bad = np.append(np.full(372, 100.0), np.full(28, 120.0))
    few = PastErrors(np.full((3, 28), 1.0), np.full((3, 28), 100.0))
    assert Loss().decide(state(bad, 28, tests=few)) is None


def test_loss_judges_the_last_days() -> None:
    recovered = np.concatenate([np.full(300, 100.0), np.full(72, 500.0), np.full(28, 100.0)])
    assert Loss().decide(state(recovered, 98)) is None


def test_drift_asks_its_detector() -> None:
    assert Drift(lambda panel, is_open, origin: True).decide(state(np.ones(9), 2)).code == "drift"
    assert Drift(lambda panel, is_open, origin: False).decide(state(np.ones(9), 2)) is None


def outcome(name: str, wape: float | None, retrained: int, p: float | None = None, unserved: int = 0) -> Outcome:
    one = Retraining(FIRST, FIRST, None, "ets", None, None, None)
    return Outcome(name, {}, (one,) * retrained, wape, (), unserved, float(retrained), None, None, None, p)


@pytest.mark.parametrize(
    ("outcomes", "advised", "rule"),
    [
        ([outcome("never", 0.2, 0, 0.01), outcome("always", 0.1, 26)], "always", "best"),
        ([outcome("never", 0.1009, 0, 0.01), outcome("always", 0.1, 26)], "never", "close"),
        ([outcome("never", 0.104, 0, 0.3), outcome("always", 0.1, 26)], "never", "tied"),
        ([outcome("never", 0.104, 0, 0.05), outcome("loss", 0.1005, 2), outcome("always", 0.1, 26)], "loss", "close"),
        ([outcome("never", 0.106, 0, 0.9), outcome("always", 0.1, 26)], "always", "best"),
        ([outcome("never", 0.104, 0), outcome("always", 0.1, 26)], "always", "best"),
        ([outcome("loss", 0.1005, 2), outcome("drift", 0.1, 2)], "drift", "best"),
        ([outcome("never", 0.05, 0, unserved=9), outcome("always", 0.1, 26)], "always", "best"),
        ([outcome("never", 0.0, 0), outcome("always", 0.0, 26)], "never", "best"),
    ],
)
def test_advice(outcomes: list[Outcome], advised: str, rule: str) -> None:
    found = recommend(outcomes)
    assert (found.policy, found.rule) == (advised, rule)


def test_no_advice_without_errors() -> None:
    assert recommend([outcome("never", None, 0)]) is None
    assert recommend([]) is None


def test_p_values_need_blocks() -> None:
    rng = np.random.default_rng(0)
    best = rng.normal(10, 1, 13)
    assert p_value(best[:4] + 1, best[:4]) is None
    assert p_value(best + rng.normal(3, 1, 13), best) < 0.01
    assert p_value(best, best) == 1.0

"""What regressors known in advance tell of a day, against slow plain versions."""

import numpy as np
import pytest

from core.models.history import LEVEL, History
from core.models.known_effects import ALIKE, LONGEST, KnownEffects, effect_names
from core.series.panel import Panel
from tests.core.models.businesses import START, calendar_of, panel_of, regular

N_DAYS, AHEAD = 300, 60


def history_with(promo, told=N_DAYS + AHEAD):
    panel = panel_of(regular(N_DAYS), regular(N_DAYS, 3, 40.0))
    known = Panel(panel.series, START, panel.values, {"promo": promo[:, :told]})
    return History(known, calendar_of(panel), AHEAD)


@pytest.fixture(scope="module")
def promo():
    runs = np.random.default_rng(4).random((2, 1 + (N_DAYS + AHEAD) // 9)) < 0.3
    return np.repeat(runs, 9, axis=1)[:, : N_DAYS + AHEAD].astype(np.float64)


@pytest.mark.parametrize(("origin", "ahead"), [(40, 0), (150, 20), (299, 27), (300, 3)])
def test_agrees_with_a_slow_version(promo, origin, ahead):
    history = history_with(promo)
    rows = np.arange(2)
    (found,) = KnownEffects(history).of(rows, np.full(2, origin), np.full(2, origin + ahead))
    assert len(found) == len(effect_names("promo"))
    for row in range(2):
        own, target = promo[row], origin + ahead
        standard = (own - own[:N_DAYS].mean()) / own[:N_DAYS].std()
        changes = [day for day in range(1, len(own)) if own[day] != own[day - 1]]
        gone = [target - day for day in changes if day <= target]
        left = [day - target - 1 for day in changes if day > target]
        alike = []
        for days in ALIKE:
            like = [day for day in range(origin) if own[day] == own[target] and not np.isnan(history.flat[row, day])]
            near = [day for day in like if day >= origin - days] or [day for day in like if day >= origin - ALIKE[1]]
            level = history.level(np.array(row), np.array(origin))
            alike.append(history.flat[row, near].mean() - level if near else 0.0)
        expected = [
            standard[target], standard[origin - LEVEL : origin].mean(),
            min([LONGEST, *gone]), min([LONGEST, *left]), *alike,
        ]  # fmt: skip
        assert [float(one[row]) for one in found] == pytest.approx(expected, abs=1e-6)


def test_a_kind_of_day_never_seen_is_as_the_level():
    first = np.zeros((2, N_DAYS + AHEAD))
    first[:, N_DAYS + 2 :] = 1.0
    effects = KnownEffects(history_with(first))
    (found,) = effects.of(np.arange(2), np.full(2, N_DAYS), np.full(2, N_DAYS + 5))
    assert [one.tolist() for one in found[-len(ALIKE) :]] == [[0.0, 0.0]] * len(ALIKE)


def test_where_a_regressor_is_told_no_further_nothing_changes(promo):
    always = np.ones_like(promo)
    always[:, 100:200] = 0.0
    (found,) = KnownEffects(history_with(always, N_DAYS + 5)).of(np.arange(2), np.full(2, N_DAYS), np.full(2, N_DAYS))
    assert found[3].tolist() == [LONGEST] * 2


def test_a_day_without_a_value_is_no_change():
    """A regressor of weeks from Monday to Saturday, without rows on Sundays, changes at the turn of the weeks."""
    weeks = np.repeat(np.arange(52) % 3 == 0, 7).astype(np.float64)[: N_DAYS + AHEAD]
    weeks[6::7] = np.nan
    history = history_with(np.tile(weeks, (2, 1)))
    (found,) = KnownEffects(history).of(np.arange(2), np.full(2, N_DAYS), np.full(2, 150))
    assert found[2].tolist() == [3, 3]  # day 147 is a Monday and begins a week with it
    assert found[3].tolist() == [3, 3]  # the week after begins with day 154


def test_what_is_not_told_is_no_kind_of_day():
    heat = np.tile(np.sin(np.arange(N_DAYS + AHEAD) / 9), (2, 1))
    (found,) = KnownEffects(history_with(heat, N_DAYS)).of(np.arange(2), np.full(2, N_DAYS), np.full(2, N_DAYS + 3))
    assert [one.tolist() for one in (found[0], *found[-len(ALIKE) :])] == [[0.0, 0.0]] * 3


@pytest.mark.parametrize("constant", [0.3, 0.5, 2.3])
def test_a_constant_is_on_neither_side_of_itself(constant):
    first = np.full((2, N_DAYS + AHEAD), constant)
    first[:, N_DAYS:] += 1.0
    (found,) = KnownEffects(history_with(first)).of(np.arange(2), np.full(2, N_DAYS), np.full(2, N_DAYS + 3))
    assert [one.tolist() for one in found[-len(ALIKE) :]] == [[0.0, 0.0]] * 2

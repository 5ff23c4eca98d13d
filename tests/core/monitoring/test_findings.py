"""What the monitoring says of every day: what was put in is found and named, and no later day changes what was said."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import asdict, replace

import numpy as np
import pytest

from core.monitoring import findings as module
from core.monitoring import sequential
from core.monitoring.features import MODEL_INPUTS, Window, counts_in
from core.monitoring.findings import DayFindings, FeatureDay, Rules, Watched, findings
from core.monitoring.levels import ALL, RENEWED_DAYS
from core.monitoring.memo import Memo
from core.monitoring.psi import PSI_LINES
from core.monitoring.reference import Reference
from core.monitoring.signal import Signal
from core.monitoring.windows import FeatureWindows
from core.series.panel import MEASURES
from tests.core.monitoring.business import FIRST, Business, business

RULES = Rules()


@pytest.fixture(autouse=True)
def few_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequential, "REPLICAS", 12)


def on(day: int) -> dt.date:
    return FIRST + dt.timedelta(days=day)


def look(
    of: Business | Watched, first: int, last: int, memo: Memo | None = None, rules: Rules = RULES
) -> list[DayFindings]:
    watched = of.watched() if isinstance(of, Business) else of
    return findings(watched, on(first), on(last), rules, memo)


def signals(found: list[DayFindings], **where: str) -> list[tuple[int, Signal]]:
    return [
        ((one.day - FIRST).days, signal) for one in found for signal in one.signals
        if all(getattr(signal, name) == value for name, value in where.items())
    ]  # fmt: skip


def bits(found: list[DayFindings]) -> list[tuple[object, ...]]:
    """Everything that is said, to the last bit: floats as hexadecimal text."""

    def exact(value: object) -> object:
        if isinstance(value, float):
            return float(value).hex()
        if isinstance(value, dict):
            return {key: exact(one) for key, one in value.items()}
        return [exact(one) for one in value] if isinstance(value, list | tuple) else value

    return [
        (one.day, [exact(asdict(each)) for each in one.statistics], [exact(asdict(each)) for each in one.signals])
        for one in found
    ]


def moved(day: int, factor: float, seed: int = 2, days: int = 400) -> Business:
    return business(days, seed, lambda number: np.where(number >= day, factor, 1.0))


def test_a_level_that_moves_is_found_named_and_dated() -> None:
    found = look(moved(350, 1.35), 330, 399)
    shifted = signals(found, rule="shift")
    assert {one.kind for _, one in shifted} == {"level"}
    day, signal = shifted[0]
    assert 350 <= day < 358
    assert signal.subject in (*MEASURES, ALL)
    assert signal.evidence["size"] > 0
    later = [one for number, one in shifted if 362 <= number <= 370]
    assert all(abs((dt.date.fromisoformat(one.evidence["began"]) - on(350)).days) <= 3 for one in later)
    assert later[-1].evidence["change"] == pytest.approx(0.35, abs=0.08)
    assert later[-1].severity == "critical"
    drifted = signals(found, rule="drift", kind="level")
    assert {one.subject for _, one in drifted} >= {"transactions", "revenue"}
    assert not signals(found, rule="drift", kind="shape")
    assert min(number for number, _ in drifted) > day  # a window of a month is slower


def test_calm_days_are_calm() -> None:
    """A year and a half of all features: one alarm a year is allowed, and three are chance. The line is a coin flip."""
    rings = np.zeros((2, 270), np.bool_)
    for row, seed in enumerate((5, 18)):
        found = look(business(420, seed), 150, 419)
        serious = [(day, one) for day, one in signals(found) if one.severity != "info"]
        assert "critical" not in {one.severity for _, one in serious}
        rings[row, [day - 150 for day, _ in serious]] = True
        assert "data fault" not in {one.kind for _, one in signals(found)}
    assert sequential.onsets(rings) <= 3


def autumn(day: np.ndarray) -> np.ndarray:
    """Trade nearly doubles within a week, stays there for a month and a half, and falls back."""
    return 1 + 0.8 * np.clip((day % 364 - 70) / 7, 0, 1) * (day % 364 < 120)


def test_an_autumn_that_the_year_before_had_too_is_the_season() -> None:
    """In the second year: nothing but the autumn of the first is known, and it is not yet taken off."""
    begin = 364 + 70
    found = look(business(begin + 40, 3, autumn, noise=0.05), begin, begin + 39)
    shifted = signals(found, rule="shift")
    assert len(shifted) > 5
    assert {(one.kind, one.severity) for _, one in shifted} == {("season", "info")}
    assert not any(one.evidence["season_removed"] for _, one in shifted)
    of_measures = [one for _, one in signals(found) if one.rule != "shift" and one.subject in MEASURES]
    assert {one.kind for one in of_measures} <= {"season", "psi line"}
    first_time = business(begin + 40, 3, lambda day: np.where(day >= begin, autumn(day), 1.0), noise=0.05)
    new = look(first_time, begin, begin + 39)
    kinds = [one.kind for _, one in signals(new, rule="shift")]
    assert kinds.count("level") > 0.9 * len(kinds) > 20
    assert "critical" in {one.severity for _, one in signals(new, kind="level")}


def test_once_the_season_is_taken_off_it_is_not_told_at_all() -> None:
    """A season that comes and goes within six weeks; what is taken off is a mean of two weeks."""

    def slowly(day: np.ndarray) -> np.ndarray:
        return 1 + 0.6 * np.clip(np.minimum(day % 364 - 70, 190 - day % 364) / 42, 0, 1)

    later = 2 * 364 + 70
    found = look(business(later + 84, 4, slowly), later, later + 83, rules=Rules(budget=0.2))
    assert len(signals(found, rule="shift")) <= 5
    assert "critical" not in {one.severity for _, one in signals(found)}
    assert {one.kind for _, one in signals(found) if one.rule != "shift"} <= {"season", "psi line"}


def test_a_line_that_is_passed_by_chance_is_told_as_such() -> None:
    of, memo = business(300, 5), Memo()
    found = look(of, 150, 299, memo)
    lines = signals(found, rule="psi line")
    assert lines
    for day, one in lines:
        assert (one.kind, one.severity, one.limit) == ("psi line", "info", PSI_LINES[2])
        assert one.subject not in MODEL_INPUTS
        feature = next(each for each in found[day - 150].statistics if each.feature == one.subject)
        assert one.value == feature.psi > 0.3
        assert one.evidence["beyond_chance"] == (feature.psi > feature.psi_limit)
    higher = look(of, 150, 299, memo, Rules(line=2.0))
    assert signals(higher, rule="psi line") == []
    assert [one[1] for one in bits(higher)] == [one[1] for one in bits(found)]


def test_a_shape_that_moves_without_a_level_is_a_shape() -> None:
    """Twice as many large quantities in every sale, and no more sales."""
    calm = business(400, 6)
    quantity = calm.tables["quantity"].copy()
    quantity[360:] = quantity[360:][:, ::-1]
    found = look(replace(calm, tables={**calm.tables, "quantity": quantity}), 350, 399)
    drifted = signals(found, rule="drift")
    assert {(one.subject, one.kind) for _, one in drifted} == {("quantity", "shape")}
    assert 360 <= drifted[0][0] <= 372
    assert drifted[-1][1].severity == "critical"
    assert drifted[-1][1].evidence["window"] == [on(370).isoformat(), on(399).isoformat()]


def test_lines_read_twice_are_a_fault_of_the_data() -> None:
    calm = business(300, 7)
    outcome = calm.tables["outcome"].copy()
    outcome[285, 1] += outcome[285, 2]
    found = look(replace(calm, tables={**calm.tables, "outcome": outcome}), 280, 299)
    ((day, fault),) = signals(found, rule="dropped lines")
    assert (day, fault.subject, fault.kind) == (285, "duplicate", "data fault")


def test_days_that_are_missing_have_no_trade_and_move_no_level() -> None:
    calm = business(300, 8)
    gone = np.isin(np.arange(300), range(281, 286))
    tables = {name: np.where(gone[:, None], 0, table) for name, table in calm.tables.items()}
    found = look(replace(calm, values=np.where(gone, 0.0, calm.values), tables=tables), 275, 299)
    missing = signals(found, rule="no trade")
    assert [day for day, _ in missing] == [day for day in range(281, 286) if calm.is_open[day]]
    assert {(one.kind, one.severity) for _, one in missing} == {("data fault", "warning")}
    assert signals(found, rule="shift") == []


# -- statistics


def test_statistics_are_those_of_the_windows() -> None:
    """Of the block of four weeks that the day is in: the year before it against the month up to the day."""
    of = business(480, 9).watched()
    (found,) = look(of, 470, 470)
    start = 470 - 470 % RENEWED_DAYS
    high = start - 30
    assert [one.feature for one in found.statistics] == [one.name for one in of.counts.features]
    for feature, one in zip(of.counts.features, found.statistics, strict=True):
        reference = feature.between(high - 364, high)
        windows = FeatureWindows(feature, 30)
        expected, null = windows.statistics(reference, 470, 470), windows.null(reference, high - 364, high)
        assert (one.psi, one.js) == (float(expected.psi[0]), float(expected.js[0]))
        assert (one.n_ref, one.n_cur) == (int(reference.sum()), int(feature.between(441, 470).sum()))
        assert one.psi_excess == one.psi - null.mean["psi"]
        assert one.psi_limit >= null.limit["psi"]
        assert np.isnan(one.ks) == (feature.kind == "category") != np.isnan(one.cramers_v)
        over = one.psi > one.psi_limit
        assert one.verdict == ("stable" if not over or one.psi <= 0.1 else "drift" if one.psi > 0.3 else "watch")


def test_there_is_nothing_to_say_before_there_is_a_reference() -> None:
    found = look(business(200, 1), 0, 199)
    told = [bool(one.statistics) for one in found]
    first = told.index(True)
    assert first % RENEWED_DAYS == 0
    assert first >= 60 + 30
    assert all(told[first:])
    assert len(found) == 200
    assert look(business(50, 1), -10, 80)[-1].day == on(49)
    assert look(business(50, 1), 60, 80) == []


def test_missing_values_are_a_share() -> None:
    calm = business(300, 4)
    missing = np.zeros(300, np.int64)
    missing[270:] = 50
    (found,) = look(replace(calm, missing={"country": missing}), 299, 299)
    one = next(each for each in found.statistics if each.feature == "country")
    assert one.missing == 30 * 50 / (30 * 50 + one.n_cur)
    assert next(each for each in found.statistics if each.feature == "quantity").missing == 0.0


# -- said once for all


def rich(seed: int, **how: object) -> Business:
    """With a bit of everything, from day 330 on."""
    made = business(400, seed, lambda day: np.where(day >= 345, 1.3, 1.0), **how)
    made.tables["quantity"][340:] = made.tables["quantity"][340:][:, ::-1]
    made.tables["outcome"][[350, 352], 1] += 150
    made.values[:, [354, 355]] = 0.0
    return made


@pytest.fixture(scope="module")
def whole() -> Iterator[tuple[Business, Memo, list[DayFindings]]]:
    patch = pytest.MonkeyPatch()
    patch.setattr(sequential, "REPLICAS", 12)
    of, memo = rich(11), Memo()
    yield of, memo, look(of, 300, 399, memo)
    patch.undo()


def test_what_was_put_in_is_there(whole: tuple[Business, Memo, list[DayFindings]]) -> None:
    rules = {(one.rule, one.kind) for _, one in signals(whole[2])}
    assert {
        ("shift", "level"),
        ("drift", "shape"),
        ("dropped lines", "data fault"),
        ("no trade", "data fault"),
    } <= rules


@pytest.mark.parametrize("day", [336, 350, 361])
def test_no_day_knows_a_later_one(whole: tuple[Business, Memo, list[DayFindings]], day: int) -> None:
    """Whatever comes after a day, and if nothing does: that day and all before it say the same, to the last bit."""
    of, memo, found = whole
    expected = bits(found[: day - 299])
    other = business(400, 12, lambda number: 1 + number / 150, size=40.0, phi=0.7)
    other.tables["quantity"] = other.tables["quantity"][:, ::-1]
    assert bits(look(of.then(day, other), 300, day, memo)) == expected
    assert bits(look(of.until(day), 300, day, memo)) == expected


def test_new_values_of_later_days_change_nothing_before_them() -> None:
    calm = business(330, 13)
    wider = {name: np.concatenate([table, np.zeros((330, 2), np.int64)], axis=1)
             for name, table in calm.tables.items() if name != "outcome"}  # fmt: skip
    for table in wider.values():
        table[321:, -2:] = 30
    later = replace(calm, tables={**wider, "outcome": calm.tables["outcome"]})
    assert bits(look(later, 300, 320)) == bits(look(calm, 300, 320))


def test_a_span_is_its_days_one_by_one(whole: tuple[Business, Memo, list[DayFindings]]) -> None:
    """A back-fill and the daily run agree: each day with the data up to it, and with all of them; closed days too."""
    of, memo, found = whole
    watched = of.watched()
    for day in (300, 307, 308, 335, 336, 347, 350, 354, 355, 363, 364, 370, 377, 384, 399):
        (alone,) = look(watched, day, day, memo)
        assert bits([alone]) == bits([found[day - 300]])
        assert bits(look(of.until(day), day, day, memo)) == bits([alone])
    assert bits(look(watched, 340, 370, memo)) == bits(found[40:71])


class Texts(dict[str, str]):
    """A store for the memo, as DiskCache is."""

    def set(self, key: str, value: str) -> object:
        self[key] = value
        return True


def test_the_memo_changes_nothing_and_spares_the_work(
    whole: tuple[Business, Memo, list[DayFindings]], monkeypatch: pytest.MonkeyPatch
) -> None:
    of, _, found = whole
    kept = Texts()
    assert bits(look(of, 360, 370, Memo(kept))) == bits(found[60:71])
    assert kept
    assert all(isinstance(json.loads(one), float | dict) for one in kept.values())

    def never(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("this was worked out before")

    monkeypatch.setattr("core.monitoring.levels.shift_limit", never)
    assert bits(look(of, 360, 370, Memo(kept))) == bits(found[60:71])
    with pytest.raises(AssertionError, match="before"):
        look(of, 360, 370)
    monkeypatch.undo()
    monkeypatch.setattr(sequential, "REPLICAS", 12)
    assert bits(look(of, 360, 370)) == bits(found[60:71])


# -- the reference of the version in use


def frozen_of(of: Business, first: int, last: int) -> Reference:
    window = Window(on(first), on(last))
    return Reference(window, tuple(counts_in(of.watched().counts, window, window)))


def test_the_frozen_reference_is_for_days_after_it_and_the_year_before_for_others() -> None:
    of = business(400, 14)
    frozen = frozen_of(of, 0, 349)
    with_it, without = look(of.watched(frozen), 320, 399), look(of.watched(), 320, 399)
    assert bits(with_it[:30]) == bits(without[:30])
    counts = of.watched().counts
    for row in (30, 55, 79):
        told = {one.feature: one for one in with_it[row].statistics}
        for feature in counts.features:
            reference = feature.between(0, 349)
            if not reference.any():  # growth over a year: never seen by the version
                assert feature.name == "growth"
                continue
            one = told[feature.name]
            assert one.n_ref == int(reference.sum())
            expected = FeatureWindows(feature, 30).statistics(reference, 320 + row, 320 + row)
            assert one.psi == pytest.approx(float(expected.psi[0]), rel=1e-12)
    assert bits(look(of.watched(frozen), 350, 350)) == bits(with_it[30:31])


def test_a_frozen_reference_of_other_data_and_of_values_no_longer_seen() -> None:
    """The version learnt from days that the data no longer have: no window of theirs says what chance does, so the year
    before is the reference; a feature that is new since has no other."""
    of = business(300, 15)
    frozen = frozen_of(of, 0, 250)
    old = Window(FIRST - dt.timedelta(days=400), FIRST - dt.timedelta(days=1))
    features = tuple(one for one in frozen.features if one.name != "country")
    quantity = next(one for one in features if one.name == "quantity")
    more = replace(quantity, values=np.append(quantity.values, [77.0, 88.0]), reference=np.append(quantity.reference,
                   [5, 5]), current=np.zeros(len(quantity.values) + 2, np.int64))  # fmt: skip
    features = tuple(more if one.name == "quantity" else one for one in features)
    (found,) = look(of.watched(Reference(old, features)), 280, 280)
    told = {one.feature: one for one in found.statistics}
    assert told["quantity"].n_ref == int(of.tables["quantity"][: 280 - 280 % RENEWED_DAYS - 29].sum())
    assert np.isfinite(told["quantity"].psi_limit)
    (found,) = look(of.watched(replace(frozen, features=features)), 280, 280)
    told = {one.feature: one for one in found.statistics}
    assert told["quantity"].n_ref == int(more.reference.sum())
    assert told["country"].n_ref == int(of.tables["country"][: 280 - 280 % RENEWED_DAYS - 29].sum())


def test_a_version_that_learnt_little_is_judged_as_soon_as_there_is_a_window() -> None:
    """A reference that ends before the first window does: a day says the same alone and in a span."""
    of = business(70, 16)
    watched = of.watched(frozen_of(of, 0, 9))
    found = look(watched, 0, 69)
    assert [bool(one.statistics) for one in found] == [day >= RULES.days - 1 for day in range(70)]
    for day in (28, 29, 30, 55, 56):
        assert bits(look(watched, day, day)) == bits(found[day : day + 1])


def test_too_little_is_said_to_be_too_little() -> None:
    of = business(70, 16)
    (found,) = look(of.watched(frozen_of(of, 0, 9)), 60, 60)
    verdicts = {one.feature: one.verdict for one in found.statistics}
    assert verdicts["revenue"] == "not enough data"
    assert verdicts["quantity"] != "not enough data"
    assert not [one for one in found.signals if one.subject == "revenue"]


def test_the_budget_is_shared_out() -> None:
    assert sum(module.SHARES.values()) == pytest.approx(1.0)
    of = business(400, 17, lambda day: np.where(day >= 390, 1.2, 1.0))
    limits = [signals(look(of, 395, 399, rules=Rules(budget=budget)), rule="shift") for budget in (0.5, 5.0)]
    assert len(limits[1]) >= len(limits[0]) > 0
    assert limits[1][-1][1].limit < limits[0][-1][1].limit


def test_columns_are_those_of_the_table() -> None:
    from core.state.tables import STATISTICS

    assert list(FeatureDay.__dataclass_fields__) == [one.name for one in STATISTICS.c][2:]


def test_what_the_season_explains_has_a_verdict_of_its_own() -> None:
    """A ramp that the year before had too: neither drift nor to watch; without a year before it is."""
    ramp = lambda day: 1.0 + 1.5 * np.clip((day % 364 - 280) / 40.0, 0.0, 1.0)  # noqa: E731
    of = business(364 + 345, 21, level=ramp)
    found = look(of.watched(), 300, 364 + 344)
    verdicts = {one.day: {two.feature: two.verdict for two in one.statistics} for one in found}
    first, second = (verdicts[FIRST + dt.timedelta(days=day)]["transactions"] for day in (344, 364 + 344))
    assert first in ("watch", "drift")
    assert second in ("season", "stable")


def test_that_customers_become_known_is_no_change() -> None:
    """At first every customer is new; what counts them says nothing before the reference has a year before it."""
    of = business(460, 22)
    lines = of.tables["quantity"].sum(axis=1)
    new = (lines * np.exp(-np.arange(460) / 60.0)).astype(np.int64)
    of.tables["customer_type"] = np.stack([new, lines - new], axis=1)
    of.kinds["customer_type"] = "category"
    found = look(of.watched(), 100, 459)
    assert not [
        one for day in found for one in day.signals if one.subject == "customer_type" and one.rule != "unknown values"
    ]
    assert "customer_type" in {one.feature for one in found[-1].statistics}

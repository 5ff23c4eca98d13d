"""One feature on one day: the same numbers as the monitoring's own history, other references, and refusals."""

import datetime as dt
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from core.config import Config
from core.monitoring import evidence, shown
from core.monitoring.drift import inferred, judge
from core.monitoring.features import Window, features_of
from core.monitoring.findings import Rules, Watched, findings
from core.monitoring.inspect import Asked, Inspection, compare_as_watched, explained, inspect
from core.monitoring.levels import watch_levels
from core.monitoring.reference import Reference, freeze
from core.monitoring.windows import INDEPENDENT, MOVING
from core.series.calendar import OpeningCalendar
from core.series.panel import Series
from core.transactions.counts import COUNTS_FILE, FeatureDays, are_counted, counts_of, groups_of, write_counts
from core.transactions.load import prepare
from core.transactions.sample import write
from core.transactions.store import Generation


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Generation, OpeningCalendar]:
    folder = tmp_path_factory.mktemp("inspect")
    write(folder / "sales.parquet", 20_000, 7)
    generation = prepare(Config(data_dir=folder / "data"), folder / "sales.parquet")
    return generation, inferred(generation, None)


@pytest.fixture(scope="module")
def frozen(shop: tuple[Generation, OpeningCalendar]) -> Reference:
    """Of a version that learnt all but the last 60 days."""
    generation, calendar = shop
    end = generation.manifest.last_day - dt.timedelta(days=60)
    whole = freeze(generation, calendar)
    counts = features_of(generation, calendar)
    window = Window(end - dt.timedelta(days=364), end)
    made = []
    for one in whole.features:
        known = counts[one.name]
        made.append(replace(one, values=known.values, reference=known.between(*map(counts.number, window))))
    return Reference(window, tuple(made))


def test_the_same_numbers_as_the_history(shop: tuple[Generation, OpeningCalendar], frozen: Reference) -> None:
    generation, calendar = shop
    counts, panel = features_of(generation, calendar), generation.panel()
    watched = Watched(counts, panel, calendar.is_open(panel.days), frozen)
    for day in (frozen.window.end - dt.timedelta(days=40), generation.manifest.last_day):
        (found,) = findings(watched, day, day, Rules())
        for one in found.statistics:
            feature = shown.feature_of(generation, calendar, one.feature)
            assert feature is not None
            seen = inspect(feature, counts.first_day, Asked(day), frozen)
            assert isinstance(seen, Inspection), one.feature
            assert seen.frozen is (day > frozen.window.end)
            assert seen.values["psi"] == pytest.approx(one.psi, rel=1e-9)
            assert sum(seen.parts) == pytest.approx(one.psi, rel=1e-9)
            assert seen.drift.psi_limit == pytest.approx(one.psi_limit, rel=1e-9)
            told = explained(seen) if one.verdict == "season" else seen  # only the history knows the year before
            assert told.drift.verdict == one.verdict
            assert (seen.drift.n_ref, seen.drift.n_cur) == (one.n_ref, one.n_cur)
            assert seen.missing == pytest.approx(one.missing)
            for name in ("ks", "wasserstein", "js", "cramers_v"):
                assert seen.values.get(name, np.nan) == pytest.approx(getattr(one, name), nan_ok=True)
            at = seen.days.index(day)
            assert seen.psi[at] == pytest.approx(one.psi, rel=1e-9)


def other_reference(frozen: Reference, how: str, first: dt.date) -> Reference:
    """As the frozen one is found after an upgrade, with an export that begins later, or counted from fewer lines."""
    if how == "older format":
        return Reference.from_json({**frozen.to_json(), "counted": 0})
    if how == "before the data":
        return Reference(Window(first - dt.timedelta(days=30), frozen.window.end), frozen.features)
    fewer = [replace(one, reference=one.reference // 2) for one in frozen.features]
    return Reference(frozen.window, tuple(fewer))


@pytest.mark.parametrize("how", ["older format", "before the data", "fewer lines"])
def test_the_same_verdicts_as_the_history_whatever_the_frozen_reference_is(
    shop: tuple[Generation, OpeningCalendar], frozen: Reference, how: str
) -> None:
    generation, calendar = shop
    counts, panel, day = features_of(generation, calendar), generation.panel(), generation.manifest.last_day
    other = other_reference(frozen, how, counts.first_day)
    (found,) = findings(Watched(counts, panel, calendar.is_open(panel.days), other), day, day, Rules())
    assert len(found.statistics) > 10
    for one in found.statistics:
        seen = inspect(counts[one.feature], counts.first_day, Asked(day), other)
        assert isinstance(seen, Inspection), one.feature
        assert (seen.frozen, seen.learnt) == (how == "fewer lines", False)
        assert seen.values["psi"] == pytest.approx(one.psi, rel=1e-9)
        assert seen.drift.psi_limit == pytest.approx(one.psi_limit, rel=1e-9)
        told = explained(seen) if one.verdict == "season" else seen
        assert told.drift.verdict == one.verdict
        assert (seen.drift.n_ref, seen.drift.n_cur) == (one.n_ref, one.n_cur)
        assert all(np.isfinite(value) and value >= 0 for value in (*seen.limits.values(), *seen.usual.values()))


@pytest.mark.parametrize("line", [0.15, 0.3, 9.0])
def test_the_line_of_the_settings_is_that_of_the_verdict(
    shop: tuple[Generation, OpeningCalendar], frozen: Reference, line: float
) -> None:
    generation, calendar = shop
    counts, panel, day = features_of(generation, calendar), generation.panel(), generation.manifest.last_day
    (found,) = findings(Watched(counts, panel, calendar.is_open(panel.days), frozen), day, day, Rules(line=line))
    verdicts = set()
    for one in found.statistics:
        seen = inspect(counts[one.feature], counts.first_day, Asked(day), frozen, line=line)
        assert isinstance(seen, Inspection)
        assert seen.line == line
        if one.verdict != "season":
            stands_out = one.verdict in ("watch", "drift")
            assert seen.drift.verdict == (judge(one.psi, one.psi_limit, line) if stands_out else one.verdict)
        verdicts.add(seen.drift.verdict)
        if seen.drift.verdict == "drift":
            assert seen.values["psi"] > line
    assert ("drift" in verdicts) is (line < 9)


def test_references_of_choice(shop: tuple[Generation, OpeningCalendar], frozen: Reference) -> None:
    generation, calendar = shop
    first, day = generation.manifest.first_day, generation.manifest.last_day
    feature = shown.feature_of(generation, calendar, "price")
    assert feature is not None
    year = inspect(feature, first, Asked(day, 14, "year"), frozen)
    assert isinstance(year, Inspection)
    assert year.method == MOVING
    assert year.reference.end == day - dt.timedelta(days=14)
    season = inspect(feature, first, Asked(day, 30, "season"), frozen)
    assert isinstance(season, Inspection)
    assert season.reference == Window(day - dt.timedelta(days=364 + 36), day - dt.timedelta(days=357))
    assert season.method == INDEPENDENT
    fixed = inspect(feature, first, Asked(day, 30, "fixed", first, first + dt.timedelta(days=99)), frozen)
    assert isinstance(fixed, Inspection)
    assert fixed.windows == 71
    assert set(fixed.limits) == {"psi", "js", "ks", "wasserstein"}


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (Asked(dt.date(1999, 1, 1)), "outside"),
        (Asked(dt.date(2099, 1, 1)), "outside"),
        (Asked(dt.date(2024, 1, 20)), "short"),
    ],
)
def test_days_that_cannot_be_looked_at(shop: tuple[Generation, OpeningCalendar], asked: Asked, why: str) -> None:
    generation, calendar = shop
    first = generation.manifest.first_day
    asked = replace(asked, day=first + dt.timedelta(days=19)) if why == "short" else asked
    feature = shown.feature_of(generation, calendar, "revenue")
    assert feature is not None
    assert inspect(feature, first, asked, None) == why


def test_references_that_cannot_be(shop: tuple[Generation, OpeningCalendar]) -> None:
    generation, calendar = shop
    first, last = generation.manifest.first_day, generation.manifest.last_day
    feature = shown.feature_of(generation, calendar, "revenue")
    assert feature is not None
    early, day = first + dt.timedelta(days=60), dt.timedelta(days=1)
    assert inspect(feature, first, Asked(early, 30, "year"), None) == "short"
    assert inspect(feature, first, Asked(early, 30, "season"), None) == "no season"
    assert inspect(feature, first, Asked(last, 30, "fixed"), None) == "not in order"
    assert inspect(feature, first, Asked(last, 30, "fixed", last, first), None) == "not in order"
    assert inspect(feature, first, Asked(last, 30, "fixed", first - day, first), None) == "outside"
    assert inspect(feature, first, Asked(last, 30, "fixed", first, last), None) == "overlap"


def test_features_are_read_one_by_one(shop: tuple[Generation, OpeningCalendar]) -> None:
    generation, calendar = shop
    for one in features_of(generation, calendar).features:
        alone = shown.feature_of(generation, calendar, one.name)
        assert alone is not None
        assert (alone.name, alone.kind, alone.level) == (one.name, one.kind, one.level)
        for part in ("values", "day", "value", "count", "missing"):
            assert (getattr(alone, part) == getattr(one, part)).all()
    assert shown.feature_of(generation, calendar, "<script>") is None


def test_a_feature_has_a_row_group_of_its_own(
    shop: tuple[Generation, OpeningCalendar],
) -> None:
    generation, _ = shop
    file = generation.path / COUNTS_FILE
    known = counts_of(generation)
    stored = pq.ParquetFile(file)
    assert stored.num_row_groups == len(known.features)
    assert [len(groups_of(stored, one.name)) for one in known.features] == [1] * len(known.features)
    assert groups_of(stored, "<script>") == []
    alone = [shown._of_lines(generation, one.name) for one in known.features]
    pq.write_table(known.to_table(), file, row_group_size=1000)  # as an earlier version of the code wrote them
    for before, name in zip(alone, [one.name for one in known.features], strict=True):
        now = shown._of_lines(generation, name)
        assert before is not None
        assert now is not None
        for part in ("values", "day", "value", "count", "missing"):
            assert (getattr(before, part) == getattr(now, part)).all()
    write_counts(generation)
    assert pq.ParquetFile(file).num_row_groups == len(known.features)


def written_before(generation: Generation) -> None:
    """As if an earlier version of the code had counted the lines."""
    file = generation.path / COUNTS_FILE
    table = pq.read_table(file)
    about = json.loads(table.schema.metadata[b"tidemark"])
    pq.write_table(table.replace_schema_metadata({"tidemark": json.dumps({**about, "format": 1})}), file)


def test_a_page_does_not_count_the_lines_anew_but_a_job_does(shop: tuple[Generation, OpeningCalendar]) -> None:
    generation, calendar = shop
    written_before(generation)
    shown._known.clear()
    assert shown.feature_of(generation, calendar, "transactions") is not None  # of days
    with pytest.raises(shown.NotCountedError):
        shown.feature_of(generation, calendar, "price")
    assert not are_counted(generation)
    assert not shown._reading
    counts_of(generation)
    assert are_counted(generation)
    assert shown.feature_of(generation, calendar, "price") is not None


def test_who_waits_for_one_feature_does_not_wait_for_another(
    shop: tuple[Generation, OpeningCalendar], monkeypatch: pytest.MonkeyPatch
) -> None:
    generation, calendar = shop
    shown._known.clear()
    made, begun, go_on, reads = shown._made, threading.Event(), threading.Event(), []

    def slow(generation: Generation, calendar: OpeningCalendar, name: str) -> FeatureDays | None:
        reads.append(name)
        if name == "price":
            begun.set()
            assert go_on.wait(60)
        return made(generation, calendar, name)

    monkeypatch.setattr(shown, "_made", slow)
    with ThreadPoolExecutor(3) as pool:
        twice = [pool.submit(shown.feature_of, generation, calendar, "price") for _ in range(2)]
        assert begun.wait(60)
        try:
            assert pool.submit(shown.feature_of, generation, calendar, "hour").result(timeout=60) is not None
        finally:
            go_on.set()
        first, second = (one.result(timeout=60) for one in twice)
    assert first is second
    assert sorted(reads) == ["hour", "price"]
    assert shown.feature_of(generation, calendar, "<script>") is None
    assert not shown._reading


def test_it_answers_at_once(shop: tuple[Generation, OpeningCalendar]) -> None:
    generation, calendar = shop
    feature = shown.feature_of(generation, calendar, "amount")
    assert feature is not None
    asked = Asked(generation.manifest.last_day)
    inspect(feature, generation.manifest.first_day, asked, None)
    begun = time.perf_counter()
    for _ in range(5):
        inspect(feature, generation.manifest.first_day, asked, None)
    assert (time.perf_counter() - begun) / 5 < 0.1


def test_all_features_are_compared_as_one_is(shop: tuple[Generation, OpeningCalendar]) -> None:
    generation, calendar = shop
    counts, asked = features_of(generation, calendar), Asked(generation.manifest.last_day)
    one = inspect(counts["price"], counts.first_day, asked, None)
    assert isinstance(one, Inspection)
    found = compare_as_watched(counts, asked, None, (), 0.3)
    assert found is not None
    reference, current, drifts = found
    assert (reference, current) == (one.reference, one.current)
    assert next(drift for drift in drifts if drift.feature == "price") == one.drift
    assert [drift.feature for drift in drifts] == [feature.name for feature in counts.features]
    strict = compare_as_watched(counts, asked, None, {each.name for each in counts.features}, 0.0)
    assert strict is not None
    assert not {drift.verdict for drift in strict[2]} & {"watch", "drift"}
    assert compare_as_watched(counts, Asked(counts.first_day), None, (), 0.3) is None


def test_evidence_grows_with_a_shift_only(shop: tuple[Generation, OpeningCalendar]) -> None:
    generation, calendar = shop
    panel = generation.panel()
    is_open = calendar.is_open(panel.days)
    start = panel.last_day - dt.timedelta(days=60)
    as_it_was = evidence.course(evidence.scores(panel, is_open, "transactions"), start, 1.0)
    values = panel.values.copy()
    values[panel.series.index(Series("transactions")), (start - panel.first_day).days :] *= 0.5
    halved = evidence.course(evidence.scores(replace(panel, values=values), is_open, "transactions"), start, 1.0)
    assert halved.days == as_it_was.days
    assert halved.down.max() > halved.limit > 0
    assert halved.evidence.max() > evidence.LIMITS[1] > as_it_was.evidence[-1]
    assert evidence.course(evidence.scores(panel, is_open, "transactions"), panel.last_day, 1.0).up.size <= 1


def test_evidence_reads_what_the_shift_test_reads(shop: tuple[Generation, OpeningCalendar]) -> None:
    generation, calendar = shop
    panel = generation.panel()
    is_open = calendar.is_open(panel.days)
    watched = watch_levels(panel, is_open, 1.0)
    for row, name in enumerate(watched.names[: len(watched.scores)]):
        found = evidence.scores(panel, is_open, name)
        assert (found.days == watched.days).all()
        assert (found.score == watched.scores[row]).all()
        assert (found.seasonal == watched.seasonal).all()


def test_cusum_keeps_its_budget() -> None:
    assert evidence.cusum_limit(0.5) > evidence.cusum_limit(2.0) > 2.0

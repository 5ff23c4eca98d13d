"""Days declared by hand: what is refused, what is kept, that it is kept whole, and that the calendar obeys."""

from __future__ import annotations

import datetime as dt
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.config import Config
from core.errors import InputError
from core.lifecycle import audit
from core.lifecycle.audit import OPENING
from core.lifecycle.opening import DAYS_AHEAD, MOST_DAYS, Changed, RefusedError, declare, opening, take_in
from core.lifecycle.recipe import Recipe
from core.series.overrides import Declared, parse_declared, read_declared, to_csv
from core.series.panel import Panel, Series
from core.state.engine import open_engine

FIRST, DAYS = dt.date(2025, 1, 6), 56 * 7  # a Monday
LAST = FIRST + dt.timedelta(days=DAYS - 1)
IDLE = dt.date(2025, 9, 10)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.fixture(scope="module")
def generation() -> Any:
    """Open from Monday to Friday, and idle on one Wednesday."""
    days = np.datetime64(FIRST) + np.arange(DAYS)
    values = np.where(np.is_busday(days), 20.0, 0.0)
    values[(IDLE - FIRST).days] = 0.0
    manifest = SimpleNamespace(first_day=FIRST, last_day=LAST, main_country=None)
    return SimpleNamespace(panel=lambda: Panel((Series("transactions"),), FIRST, values[None, :]), manifest=manifest)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(data_dir=tmp_path)


def said(config: Config, generation: Any, first: str, last: str, is_open: bool | None, remark: str = "") -> Changed:
    return declare(config, open_engine(config.database), generation, (day(first), day(last)), is_open, remark, "Ann")


def test_every_day_has_its_reason(config: Config, generation: Any) -> None:
    found = opening(config, generation, None)
    assert (found.first_day, found.last_day, found.final_day) == (FIRST, LAST, LAST + dt.timedelta(days=DAYS_AHEAD))
    weekend = ~np.is_busday(found.days)
    assert ((found.reasons != "") == weekend).all()
    assert found.traded.sum() == np.is_busday(found.days[:DAYS]).sum() - 1
    assert (found.declared, found.pending) == ({}, ())


def test_the_calendar_and_the_recipe_obey(config: Config, generation: Any) -> None:
    ahead = LAST + dt.timedelta(days=6), LAST + dt.timedelta(days=8)  # Saturday to Monday
    done = said(config, generation, *(one.isoformat() for one in ahead), False, " stock\n taking ")
    assert len(done.days) == 3
    said(config, generation, ahead[0].isoformat(), ahead[0].isoformat(), True)
    found = opening(config, generation, None)
    at = int((ahead[0] - FIRST).days)
    assert found.reasons[at : at + 3].tolist() == ["", "override", "override"]
    assert found.by_rule[at : at + 3].tolist() == ["weekday:Saturday", "weekday:Sunday", ""]
    assert found.declared[ahead[1]] == Declared(False, "stock taking")
    assert Recipe.of(config).declared_days() == {one: given.is_open for one, given in found.declared.items()}


def test_what_the_forecasts_know(config: Config, generation: Any) -> None:
    known = [["2026-03-02", False], ["2026-03-03", False]]
    version: Any = SimpleNamespace(manifest={"recipe": {"overrides": known}})
    said(config, generation, "2026-03-02", "2026-03-02", False)
    said(config, generation, "2026-03-04", "2026-03-04", False)
    assert opening(config, generation, version).pending == (day("2026-03-03"), day("2026-03-04"))


def test_days_with_trade_stay_as_they_are(config: Config, generation: Any) -> None:
    done = said(config, generation, "2025-09-09", "2025-09-13", False)  # Tuesday to Saturday
    assert done.days == (IDLE, day("2025-09-13"))
    assert done.traded == tuple(day(f"2025-09-{one:02}") for one in (9, 11, 12))
    assert said(config, generation, "2025-09-01", "2025-09-30", None).days == done.days
    assert read_declared(config.calendar_file) == {}


@pytest.mark.parametrize(
    ("first", "last", "is_open", "code"),
    [
        ("2026-03-05", "2026-03-04", False, "order"),
        ("2025-01-05", "2025-01-06", False, "outside"),
        ("2027-02-01", "2027-02-10", True, "outside"),
        ("2025-02-01", "2026-02-02", False, "long"),
        ("2025-09-11", "2025-09-12", False, "traded"),
        ("2026-03-04", "2026-03-04", None, "nothing"),
    ],
)
def test_refused(config: Config, generation: Any, first: str, last: str, is_open: bool | None, code: str) -> None:
    assert (day("2026-02-02") - day("2025-02-01")).days + 1 > MOST_DAYS
    with pytest.raises(RefusedError) as refused:
        said(config, generation, first, last, is_open)
    assert refused.value.code == code
    assert not config.calendar_file.exists()
    assert audit.entries(open_engine(config.database), OPENING) == []


def test_the_same_again_is_refused(config: Config, generation: Any) -> None:
    said(config, generation, "2026-03-04", "2026-03-05", False, "fair")
    with pytest.raises(RefusedError, match="nothing"):
        said(config, generation, "2026-03-05", "2026-03-05", False, "fair")
    assert said(config, generation, "2026-03-04", "2026-03-06", False, "fair").days == (day("2026-03-06"),)


def test_the_record(config: Config, generation: Any) -> None:
    said(config, generation, "2026-03-04", "2026-03-05", False, "fair")
    said(config, generation, "2026-03-05", "2026-03-06", True)
    newest, first = audit.entries(open_engine(config.database), OPENING)
    assert (first.who, first.reason) == ("Ann", "fair")
    assert json.loads(str(newest.from_value))["state"] == "mixed"
    assert json.loads(str(newest.to_value)) == {
        "first": "2026-03-05", "last": "2026-03-06", "days": 2, "state": "open",
    }  # fmt: skip
    assert newest.evidence == {"days": {"2026-03-05": ["closed", "open"], "2026-03-06": ["rule", "open"]}}


def test_what_cannot_be_written_changes_nothing(
    config: Config, generation: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said(config, generation, "2026-03-04", "2026-03-04", False)
    before = config.calendar_file.read_bytes()

    def fail(*_: object) -> None:
        raise OSError("no")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no"):
        said(config, generation, "2026-03-05", "2026-03-05", False)
    assert config.calendar_file.read_bytes() == before
    assert len(audit.entries(open_engine(config.database), OPENING)) == 1


def test_nobody_overwrites_what_another_said_at_the_same_time(config: Config, generation: Any) -> None:
    open_engine(config.database)
    days = [f"2026-03-{number:02}" for number in range(2, 22)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: said(config, generation, one, one, False), days))
    assert sorted(read_declared(config.calendar_file)) == [day(one) for one in days]


def test_a_file_is_taken_in(config: Config, generation: Any) -> None:
    engine = open_engine(config.database)
    said(config, generation, "2026-03-02", "2026-03-02", False, "stays")
    text = "\ufeffdate,open,Remark,shop\n2026-03-04,no,fair,north\n2025-09-09,no,,\n"
    done = take_in(config, engine, generation, text, "plan.csv", "Bob")
    assert done == Changed((day("2026-03-04"),), (day("2025-09-09"),))
    kept = read_declared(config.calendar_file)
    assert kept[day("2026-03-04")] == Declared(False, "fair", (("shop", "north"),))
    assert kept[day("2026-03-02")].remark == "stays"
    said(config, generation, "2026-03-04", "2026-03-04", True)  # what the shop wrote beside it stays
    assert read_declared(config.calendar_file)[day("2026-03-04")].more == (("shop", "north"),)
    with pytest.raises(InputError, match=r"plan.csv, row 2, column date: 'soon' is not a day"):
        take_in(config, engine, generation, "date,open\nsoon,no\n", "plan.csv", "Bob")
    same = to_csv(read_declared(config.calendar_file))
    for text, code in (("date,open\n", "empty"), ("x" * 1_000_001, "large"), (same, "nothing")):
        with pytest.raises(RefusedError) as refused:
            take_in(config, engine, generation, text, "plan.csv", "Bob")
        assert refused.value.code == code


@given(
    st.dictionaries(
        st.dates(), st.tuples(st.booleans(), st.text(st.characters(codec="utf-8"), max_size=20)), max_size=8
    )
)
def test_the_file_says_what_was_said(days: dict[dt.date, tuple[bool, str]]) -> None:
    one_line = {d: Declared(is_open, " ".join(text.splitlines()).strip()) for d, (is_open, text) in days.items()}
    assert parse_declared(to_csv(one_line), "calendar.csv") == one_line


def test_days_of_a_file_are_taken_back_wherever_they_lie(config: Config, generation: Any) -> None:
    text = "date,open\n2019-12-24,no\n2026-03-04,no\n2031-12-24,no\n"
    take_in(config, open_engine(config.database), generation, text, "plan.csv", "Bob")
    assert said(config, generation, "2031-12-24", "2031-12-24", None).days == (day("2031-12-24"),)
    assert said(config, generation, "2019-01-01", "2029-01-01", None).days == (day("2019-12-24"), day("2026-03-04"))
    assert read_declared(config.calendar_file) == {}

"""The parts of the Data page with hand-made data: every state, in both languages, with hostile texts."""

from __future__ import annotations

import calendar
import datetime as dt
import json
from types import SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest

from components.views import intake, intake_drop, intake_history, intake_report, models_audit, opening, opening_days
from components.words import Words
from core.config import COLUMN_NAMES
from core.intake.asked import MODES
from core.intake.facts import Checked, Fault, Look, RuleEffect, Sheet, Summary
from core.intake.loads import Load, LoadedFile, State
from core.lifecycle.audit import OPENING, Entry
from core.lifecycle.opening import MOST_REMARK, Opening, Refusal
from core.series.overrides import Declared
from core.state.tables import ACTIVE_STATES, JOB_STATES
from core.transactions.columns import REQUIRED
from core.transactions.rules import RULE_IDS
from tests.components.test_models import HOSTILE, plain

LAST = dt.date(2026, 11, 20)
NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)
RTL = "\u202egnp.exe"


def made(**more: Any) -> Opening:
    """Two years and one ahead: closed on Saturdays; three days by hand, one of which the forecasts know."""
    days = np.datetime64(LAST) - np.arange(729, -366, -1)
    saturday = (days.astype(int) + 3) % 7 == 5
    by_rule = np.where(saturday, "weekday:Saturday", "").astype(object)
    by_rule[days == np.datetime64("2026-12-25")] = "holiday:Christmas Day"
    by_rule[days == np.datetime64("2026-12-28")] = "shutdown"
    declared = {
        dt.date(2026, 12, 5): Declared(True, HOSTILE),
        dt.date(2026, 12, 7): Declared(False, "stock"),
        dt.date(2026, 12, 8): Declared(False, "stock"),
    }
    reasons = by_rule.copy()
    for one, said in declared.items():
        reasons[days == np.datetime64(one)] = "" if said.is_open else "override"
    traded = ~saturday & (days <= np.datetime64(LAST))
    traded[days == np.datetime64("2026-11-18")] = False
    known = {dt.date(2026, 12, 5): True}
    standard: dict[str, Any] = {
        "days": days, "reasons": reasons, "by_rule": by_rule, "traded": traded, "last_day": LAST,
        "declared": declared, "known": known,
    }  # fmt: skip
    return Opening(**standard | more)


def content(t: Words, view: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(opening.months(t, made(), view).to_plotly_json()["props"]["data-calendar"])
    return found


def test_names_are_those_of_core() -> None:
    assert intake.COLUMNS == COLUMN_NAMES
    assert intake.REQUIRED == REQUIRED
    assert intake.RULES == RULE_IDS
    assert set(intake.MODES) < set(MODES)
    assert opening_days.MOST_REMARK == MOST_REMARK


@pytest.mark.parametrize(
    ("view", "count", "first"), [("past", 12, dt.date(2025, 12, 1)), ("coming", 13, dt.date(2026, 11, 1))]
)
def test_months_are_those_of_the_calendar(t: Words, view: str, count: int, first: dt.date) -> None:
    found = content(t, view)["months"]
    assert len(found) == count
    assert found[0]["name"] == f"{t.months()[first.month - 1]} {first.year}"
    day = first
    for one in found:
        assert (one["before"], len(one["days"])) == calendar.monthrange(day.year, day.month)
        for cell in one["days"]:
            assert cell[0] == day.isoformat()
            day += dt.timedelta(days=1)


def test_every_day_is_told_in_words(english: Words) -> None:
    days = {day[0]: (day[1], day[2]) for one in content(english, "coming")["months"] for day in one["days"]}
    assert days["2026-11-18"] == ("idle", "Wed 18 Nov 2026: open. There was no trade, and no rule explains it.")
    assert days["2026-11-19"] == ("open", "Thu 19 Nov 2026: open.")
    assert days["2026-11-21"] == ("weekday", "Sat 21 Nov 2026: closed: Saturday.")
    assert days["2026-12-25"] == ("holiday", "Fri 25 Dec 2026: closed: Christmas Day.")
    assert days["2026-12-28"][0] == "shutdown"
    kind, text = days["2026-12-05"]
    assert kind == "hand_open"
    assert "by the rule: closed: Saturday" in text
    assert HOSTILE in text
    assert days["2026-12-07"][0] == "hand_closed pending"
    assert days["2026-12-07"][1].endswith("The forecasts in use do not know this yet.")
    assert days["2027-11-30"] == ("", "")  # behind all forecasts


def test_days_by_hand(t: Words) -> None:
    assert [(one.first.day, one.last.day, one.pending) for one in opening_days.runs(made())] == [
        (5, 5, False), (7, 8, True),
    ]  # fmt: skip
    shown = plain(opening_days.by_hand(t, made()))
    assert HOSTILE in shown
    assert '"first": "2026-12-07", "last": "2026-12-08"' in shown.replace('{"type": "opening-back", ', "{")
    assert "tm-nothing" in plain(opening_days.by_hand(t, made(declared={})))
    assert "v7" in plain(opening_days.head(t, made(), "v7"))
    assert plain(opening_days.head(t, made(declared={}, known={}), "v7")) != plain(opening_days.head(t, made(), "v7"))


def test_changes_of_the_calendar(t: Words) -> None:
    state = {"first": "2026-12-07", "last": "2026-12-08", "days": 2, "state": "closed"}
    entry = Entry(3, NOW, HOSTILE, OPENING, json.dumps(state | {"state": "rule"}), json.dumps(state), "", None)
    shown = plain(opening_days.changes(t, [entry]))
    assert t("opening.said.closed") in shown
    assert HOSTILE in shown
    assert t("opening.said.rule") in models_audit.value(t, OPENING, entry.from_value)
    assert models_audit.value(t, OPENING, "nonsense") == "nonsense"


def test_every_refusal_has_a_sentence(t: Words) -> None:
    values = {"first": LAST, "last": LAST, "most": 366}
    for code in get_args(Refusal):
        assert len(opening_days.refused(t, code, values)) > 15
    done = SimpleNamespace(days=(LAST,), traded=(LAST, LAST))
    for state in ("open", "closed", "rule", "file"):
        assert t.number(2) in opening_days.done(t, done, state)


def look() -> Look:
    header = ("Sold at", "Pieces", HOSTILE, RTL, "")
    sheet = Sheet("Year <1>", header, (("2026-01-01", "2", HOSTILE), ("2026-01-02",)), 12_345, False,
                  {"time": "Sold at"}, (HOSTILE,), "no column holds quantities")  # fmt: skip
    return Look("u1", (sheet, Sheet(None, ("Pieces", "Place"), (), 0, True, {"quantity": "Pieces"}, (), None)))


def test_preview_shows_texts_as_texts(t: Words) -> None:
    shown = plain(intake.preview(t, look()))
    assert HOSTILE in shown.replace('\\\\"', '"')
    assert "no column holds quantities" in shown
    assert t.number(12_345) in shown
    assert intake.header_of(look()) == ["Sold at", "Pieces", HOSTILE, RTL, "Place"]
    assert intake.guess_of(look()) == {"time": "Sold at", "quantity": "Pieces"}
    assert HOSTILE in intake.unused(t, intake.header_of(look()), {"time": "Sold at"})
    assert [one["value"] for one in intake.column_options(t, ["a"])] == ["none", "=a"]
    assert [intake.picked(one) for one in ("none", "=a", "==", None, "a", "=none")] == ["", "a", "=", "", "", "none"]
    assert "tm-nothing" in plain(intake.preview(t, Look("u1", ())))


def test_sizes(english: Words, french: Words) -> None:
    sizes = [12, 640 * 1024, int(12.34 * 2**20), 200 * 2**20]
    assert [intake_drop.size(english, one) for one in sizes] == ["1 kB", "640 kB", "12.3 MB", "200 MB"]
    assert intake_drop.size(french, sizes[2]) == "12,3 Mo"


def summary(lines: int, segments: tuple[str, ...], last: str = "2026-11-20") -> Summary:
    return Summary(lines, lines - 10, dt.date(2025, 1, 1), dt.date.fromisoformat(last), None, ("time", "quantity"),
                   ("transactions",), segments, (("a.csv", lines),))  # fmt: skip


def job(state: str, **more: Any) -> Any:
    return SimpleNamespace(**{"id": 7, "state": state, "active": state in ACTIVE_STATES, "error": None, "result": None,
                              "finished_at": NOW, "seen_at": NOW} | more)  # fmt: skip


def test_report_of_what_would_change(english: Words) -> None:
    before = summary(1_000, ("total", "country:France", "country:Atlantis"))
    after = summary(2_500, ("total", "country:France", *(f"country:C{n:02}" for n in range(15))), "2026-10-31")
    checked = Checked(
        after=after, now=before, file_lines=1_500, file_first=dt.date(2026, 1, 1), file_last=dt.date(2026, 10, 31),
        shared_days=3, shared_lines=1, gained=("revenue",), lost=("orders",), notes=(HOSTILE,),
    )  # fmt: skip
    shown = plain(intake_report.report(english, job("done"), checked, "choices"))
    for text in (
        "all 1,500 lines can be read", "3 days have lines both", "1 line is in use already", "The data gain: revenue",
        "The data lose: orders", "lose their own forecasts: Atlantis", "and 3 more", "end earlier than now (20 Nov",
        "2,490", "check again before loading", HOSTILE,
    ):  # fmt: skip
        assert text in shown, text
    nothing = Checked(after=after, now=None, file_lines=1, shared_days=None)
    assert "lose" not in plain(intake_report.report(english, job("done"), nothing))


def test_report_of_faults_names_the_place(t: Words) -> None:
    faults = tuple(
        Fault("sales.csv", "S1", 1_000 + n, HOSTILE, "'x' is not a date", "Write 2026-12-24.", "…") for n in range(3)
    )
    shown = plain(intake_report.report(t, job("done"), Checked(faults, 250)))
    for text in (t.number(250), t.number(1_002), "sales.csv · S1", "'x' is not a date. Write 2026-12-24.", HOSTILE):
        assert text in shown.replace('\\\\"', '"'), text


@pytest.mark.parametrize("state", JOB_STATES)
def test_every_end_of_a_job_is_told(t: Words, state: str) -> None:
    result = {"load": 3, "lines_out": 12_345}
    found = Checked() if state == "done" else None
    assert len(plain(intake_report.report(t, job(state), found))) > 2 or state == "done"
    shown = plain(intake_report.outcome(t, job(state, result=result)))
    assert (t.number(12_345) in shown) == (state == "done")
    if state not in ("done", *ACTIVE_STATES):
        assert t("intake.unchanged") in shown
        assert "boom" in plain(intake_history.failed(t, job(state, error="boom")))


def test_effects_of_the_switches(english: Words) -> None:
    rules = (
        RuleEffect("duplicate", True, True, 120, 1_120),
        RuleEffect("product", False, True, 0, 900),
        RuleEffect("customer", False, False, 0, None),
    )
    assert intake_report.effects(english, rules, 1_000) == {
        "duplicate": "Drops 120 lines. Off: 1,120 lines in use (+120).",
        "product": "On: 900 lines in use (−100).",
        "customer": "Not possible: the data lack its column.",
    }
    assert intake_report.dropped_now(english, {"price": True, "product": False}, {"price": 1}) == {
        "price": "Drops 1 line.", "product": "Switched off.",
    }  # fmt: skip


@pytest.mark.parametrize("state", get_args(State))
@pytest.mark.parametrize("mode", MODES)
def test_history(t: Words, mode: Any, state: Any) -> None:
    load = Load(4, NOW, HOSTILE, HOSTILE, mode, (LoadedFile(RTL, "csv", 1),), {}, None, 20, 10, LAST, LAST, state,
                3 if mode == "undo" else None, state == "in use")  # fmt: skip
    shown = plain(intake_history.history(t, [load]))
    assert HOSTILE in shown
    assert ('"type": "undo"' in shown) == (state == "in use")
    assert ("\\\\u202egnp.exe" in shown) == (mode in ("add", "replace"))
    assert HOSTILE in plain(intake_history.asked(t, load, HOSTILE))
    assert "tm-nothing" in plain(intake_history.history(t, []))


def test_what_is_in_use(english: Words) -> None:
    names = [*"abcdef", HOSTILE]
    manifest = SimpleNamespace(
        lines_out=1_234, first_day=LAST, last_day=LAST, sources=[SimpleNamespace(name=one) for one in (*names, "a")]
    )
    assert intake_drop.source(english, manifest) == (
        "In use: 1,234 lines from 20 Nov 2026 to 20 Nov 2026 (a, b, c, d, e and 2 more)."
    )


def test_files_that_wait(t: Words) -> None:
    waits = SimpleNamespace(id="u1", name=HOSTILE, size=1_000_000, who="Ann", received_at=NOW)
    assert HOSTILE in plain(intake_drop.waiting(t, [waits], None))
    assert intake_drop.waiting(t, [waits], "u1") is None

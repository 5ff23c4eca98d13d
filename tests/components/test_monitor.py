"""The views of the Monitor page: sentences, steps, lanes, downloads, in both languages and themes."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from types import SimpleNamespace
from typing import Any, get_args

import dash
import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from components import ids
from components.bins import bin_label
from components.figures.alerts import Bar, alerts_figure, lanes
from components.figures.drift import CUSTOMARY, lines_below, psi_figure
from components.figures.heat import STEPS
from components.figures.palette import Theme
from components.legend import mark_of
from components.views import (
    monitor_alert,
    monitor_alerts,
    monitor_ask,
    monitor_feature,
    monitor_head,
    monitor_heat,
    monitor_made,
    monitor_panels,
    monitor_power,
    monitor_promise,
    monitor_record,
    monitor_replay,
    monitor_segments,
    monitor_timeline,
    monitor_trial,
)
from components.views import monitor_words as said
from components.words import Words
from core.errors import InputError
from core.monitoring import alert_rows
from core.monitoring.alerting import OTHER_DATA, QUIET, Alert
from core.monitoring.drift import FeatureDrift, Verdict
from core.monitoring.features import MODEL_INPUTS, Window
from core.monitoring.findings import Rules
from core.monitoring.injection import KINDS as INJECTED
from core.monitoring.injection import Change, bounds, inject_panel
from core.monitoring.inspect import CHOICES, Inspection
from core.monitoring.performance import LEAST_FOLDS, Performance
from core.monitoring.power import WATCH_DAYS
from core.monitoring.promise import Scores
from core.monitoring.psi import PSI_LINES
from core.monitoring.record import MOVES, Record, Standing
from core.monitoring.shown import VERDICTS, Grid, Span
from core.monitoring.signal import KINDS, SEVERITIES
from core.monitoring.trial import WATCHED_DAYS, Request, try_change
from core.series.panel import Panel, Series

DAY = dt.date(2011, 9, 1)
EVIDENCE: dict[str, dict[str, Any]] = {
    "shift": {"change": -0.31, "began": "2011-09-01", "size": -1.4, "season_removed": False, "season_known": True},
    "drift": {"line": 0.3, "beyond_line": True, "beyond_chance": True, "window": ["2011-08-03", "2011-09-01"],
              "reference": ["2010-08-01", "2011-07-31"]},
    "dropped lines": {"share": 0.5, "usual": 0.01, "lines": 7756},
    "no trade": {"open": True},
    "no new data": {"last_day": "2011-09-01", "today": "2011-09-09"},
    "worse than promised": {"days": 14, "error": 0.3, "promised": 0.2, "tests": 11},
    "another": {},
}  # fmt: skip


def alert(number: int = 1, kind: str = "level", severity: str = "warning", rule: str = "shift", **more: Any) -> Alert:
    standard: dict[str, Any] = {
        "key": kind, "kind": kind, "severity": severity, "state": "open", "first_day": DAY, "opened_day": DAY,
        "last_day": DAY + dt.timedelta(days=4), "subjects": ("transactions",), "value": 5.0, "limit": 4.0,
        "evidence": {**EVIDENCE[rule], "rule": rule, "subject": "transactions"}, "id": number, "version_id": "v1",
    }  # fmt: skip
    return Alert(**{**standard, **more})


def text(content: Any) -> str:
    return json.dumps(json.loads(dash._utils.to_json(content)), ensure_ascii=False)


def test_names_are_those_of_core() -> None:
    assert set(said.INPUTS) == set(MODEL_INPUTS)
    assert tuple(said.SEVERITIES) == SEVERITIES
    assert monitor_panels.CHOICES == CHOICES
    assert monitor_promise.LEAST_TESTS == LEAST_FOLDS
    assert set(monitor_trial.KINDS) == set(INJECTED)
    assert monitor_power.WITHIN_DAYS == WATCH_DAYS
    assert monitor_trial.WATCHED_DAYS == WATCHED_DAYS
    assert {*monitor_trial.POSITIVE} == {kind for kind in INJECTED if bounds(kind)[0] == 0}
    assert PSI_LINES[:2] == CUSTOMARY


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("rule", EVIDENCE)
def test_every_alert_is_told(t: Words, kind: Any, rule: str) -> None:
    one = alert(kind=kind, rule=rule)
    assert len(monitor_head.sentence(t, one)) > 20
    assert len(monitor_alert.evidence(t, one)) >= 2
    shown = text(monitor_alert.alert_card(t, one, [], True))
    assert said.kind_inside(t, kind) in shown


@pytest.mark.parametrize(
    ("line", "small"), [(0.1, ()), (0.15, ("0.1",)), (0.25, ("0.1", "0.2")), (0.3, ("0.1", "0.2"))]
)
def test_the_line_is_that_of_the_settings(english: Words, theme: Theme, line: float, small: tuple[str, ...]) -> None:
    told = monitor_alert.evidence(
        english, alert(rule="drift", evidence={**EVIDENCE["drift"], "rule": "drift", "line": line})
    )
    assert told[0] == f"PSI was 5.00, over the line {line:g}."
    assert lines_below(line) == tuple(map(float, small))
    figure = psi_figure(english, theme, [DAY], [0.2], None, None, DAY, (DAY, DAY), line)
    go.Figure(figure)
    across = [one["y0"] for one in figure["layout"]["shapes"] if one["type"] == "line"]
    assert across == [*lines_below(line), line]
    seen = Inspection(
        drift=FeatureDrift("price", "numeric", "line", 0.28, 0.1, None, None, 500, 500, "drift", (), (), (), ()),
        choice="year", frozen=False, reference=Window(DAY, DAY), current=Window(DAY, DAY), parts=(), windows=9,
        values={"psi": 0.28}, limits={}, usual={}, method="moving windows", missing=0.0, missing_before=0.0,
        learnt=False, days=(DAY,), psi=np.array([0.28]), line=line,
    )  # fmt: skip
    over = f"above the line {max(one for one in (*lines_below(line), line) if one < 0.28):g}"
    assert over in monitor_feature.sentence(english, seen)
    shown = text(monitor_feature.detail(english, theme, seen))
    assert f"PSI line {line:g}" in shown
    assert f"beyond both the line {line:g} and chance" in shown
    assert f"Customary line{'s' if len(small) > 1 else ''} {' · '.join(small)}" in shown or not small


def test_the_worst_comes_first_and_notes_stay_quiet(english: Words) -> None:
    done = Span(DAY, DAY, 18)
    opened = [alert(2, severity="critical"), alert(1), alert(3, "season", "info"), alert(4, "shape", muted_by=9)]
    shown = text(monitor_head.head(english, opened, done, "v1", 1.0, DAY))
    assert "the level has moved by −31% (transactions)" in shown
    assert "One more alarm is open" in shown
    assert "the season explains" in shown
    assert "Held back while alert 9" in shown
    assert "tm-health-bad" in shown
    calm = text(monitor_head.head(english, opened[2:], done, "v1", 2.0, DAY + dt.timedelta(days=3)))
    assert "Nothing unusual: 18 features looked at on 1 Sep 2011" in calm
    assert "At most 2 false alarms a year" in calm
    assert "newer days wait" in calm


def test_subjects_in_words(english: Words) -> None:
    known = {
        "transactions": "transactions",
        "customer_type": "new or returning customer",
        "duplicate": "lines dropped as",
        "all measures": "all measures together",
        "revenue/country:France": "revenue (France)",
        "<b>": "<b>",
    }
    for name, words in known.items():
        assert words in said.subject(english, name)
    assert said.subjects(english, map(str, range(8))).endswith("and 3 more")
    assert bin_label(english, "returning", "category") == "Returning customers"
    assert bin_label(english, "France", "category") == "France"


def test_dropped_lines_are_about_rules_of_the_cleaning(t: Words, english: Words) -> None:
    dropped = {"kind": "data fault", "rule": "dropped lines", "subjects": ("price", "quantity")}
    one = alert(**dropped, evidence={**EVIDENCE["dropped lines"], "rule": "dropped lines", "subject": "price"})
    assert said.about(english, one) == "lines dropped as “price”, lines dropped as “quantity”"
    assert "lines dropped as “price”" in monitor_head.sentence(english, one)
    assert monitor_alert.evidence(english, one)[0] == "At its worst: lines dropped as “price”."
    assert said.subject(english, "rule:price") == "lines dropped as “price”"
    card = text(monitor_alert.alert_card(t, one, [], False))
    assert "feature=outcome" in card
    assert said.subject(t, "price", "dropped lines") in text(monitor_alerts.alerts_table(t, [one], None, None))
    missing = alert(kind="data fault", subjects=("price",), evidence={"rule": "missing values", "subject": "price"})
    assert said.about(english, missing) == "price"
    assert "feature=price" in text(monitor_alert.alert_card(t, missing, [], False))


def test_a_change_is_that_of_its_subject(t: Words, english: Words) -> None:
    evidence = {**EVIDENCE["shift"], "rule": "shift", "subject": "revenue"}
    one = alert(subjects=("customers", "orders", "revenue"), evidence=evidence)
    sentence = "Since 1 Sep 2011 the level has moved by −31% (revenue); also: customers, orders."
    assert monitor_head.sentence(english, one) == sentence
    assert len(monitor_head.sentence(t, one)) > 40
    assert "(revenue)." in monitor_head.sentence(english, alert(subjects=("revenue",), evidence=evidence))


def test_a_change_without_the_season_is_named_as_such(t: Words, english: Words) -> None:
    evidence = {**EVIDENCE["shift"], "season_removed": True, "change": 0.02, "beyond": -0.18, "rule": "shift",
                "subject": "transactions"}  # fmt: skip
    one = alert(evidence=evidence)
    sentence = monitor_head.sentence(english, one)
    assert sentence.endswith("the level has moved by −18% against what the season led to expect (transactions).")
    told = monitor_alert.evidence(english, one)
    assert "led to expect, the mean moved by −18%" in told[0]
    assert told[2].startswith("As they are, season and all, the days’ mean moved by +2%")
    old = alert(evidence={key: value for key, value in evidence.items() if key != "beyond"})
    assert "2%" not in monitor_head.sentence(english, old)  # of an earlier version, which did not say
    for subjects in (("transactions",), ("orders", "transactions")):
        assert len(monitor_head.sentence(t, alert(subjects=subjects, evidence=evidence))) > 40
    card = text(monitor_alert.alert_card(t, one, [], False))
    assert "tab=forecasts&measure=transactions" in card
    assert t("alert.evidence.shift") in monitor_alert.evidence(t, one)
    assert "tab=forecasts" not in text(monitor_alert.alert_card(t, alert(rule="drift"), [], False))


def test_every_rule_tells_its_limit_in_its_own_unit(t: Words) -> None:
    told = {rule: monitor_alert._limit(t, rule, 9.0, 3.0) for rule in (*monitor_alert.UNITS, "another")}
    assert len(set(told.values())) == len(set(monitor_alert.UNITS.values())) + 1
    assert told["no new data"].startswith("9 ")


def test_notes_of_the_monitoring_are_told_in_the_language_of_the_page(t: Words, french: Words) -> None:
    assert monitor_alert.MONITORING == alert_rows.MONITORING
    levels = {"opened": alert(), "resolved": alert(resolved_by=QUIET), "muted": alert(muted_by=3)}
    notes = {event: alert_rows._note(event, one) for event, one in levels.items()}
    notes["other"] = alert_rows._note("resolved", alert(resolved_by=OTHER_DATA))
    notes |= {"sent": "opened: webhook", "not sent": "opened: email, given up after 8 attempts: no route"}
    told = {event: monitor_alert.note(t, note, "shift") for event, note in notes.items()}
    assert "2011-" not in " ".join(told.values())
    assert len(set(told.values())) == len(notes)
    assert monitor_alert.note(french, notes["opened"], "shift") == (
        "Avertissement, le 5 sept. 2011 : transactions ; 5,00 pour une limite de 4,00"
    )
    for event in notes:
        assert monitor_alert.note(french, notes[event], "shift") != notes[event]
    assert monitor_alert.note(t, "looking after it", "shift") == "looking after it"
    typed = alert_rows.AlertEvent(1, 1, dt.datetime(2011, 9, 2, tzinfo=dt.UTC), "Ann", "resolved", "other data came")
    assert "other data came" in text(monitor_alert.alert_card(french, alert(), [typed], False))
    over = alert(state="resolved", resolved_day=DAY, resolved_by=OTHER_DATA)
    assert "d’autres données" in monitor_alert.evidence(french, over)[-1]


def test_bars_that_overlap_have_lanes_of_their_own(t: Words, theme: Theme) -> None:
    def bar(number: int, kind: str, start: int, end: int) -> Bar:
        return Bar(number, kind, DAY + dt.timedelta(start), DAY + dt.timedelta(end), "", "", faint=False)

    bars = [bar(1, "level", 0, 9), bar(2, "level", 5, 12), bar(3, "level", 9, 11), bar(4, "data fault", 0, 3)]
    assert lanes(bars) == [1, 2, 1, 0]
    go.Figure(alerts_figure(t, theme, bars, {"level": "a", "data fault": "b"}, DAY, DAY + dt.timedelta(20)))
    found = [alert(1), alert(2, "psi line", "info", "drift", state="resolved", resolved_day=DAY + dt.timedelta(9))]
    shown = text(monitor_timeline.timeline(t, theme, found, DAY - dt.timedelta(9), DAY + dt.timedelta(20)))
    assert "data-table" in shown
    assert "tm-nothing" in text(monitor_timeline.timeline(t, theme, [], DAY, DAY))


def test_download_is_safe(english: Words) -> None:
    one = alert(subjects=("=HYPERLINK(1)",), acknowledged_by="@Ann", resolved_by="+Bob")
    (line,) = csv.DictReader(io.StringIO(monitor_alerts.alerts_csv([one])))
    assert (line["subjects"], line["acknowledged_by"], line["resolved_by"]) == ("'=HYPERLINK(1)", "'@Ann", "'+Bob")
    assert line["evidence"].startswith("{")
    assert monitor_alerts.sort_of("<b>") == monitor_alerts.STANDARD_SORT
    assert monitor_alerts.next_sort("kind", "kind") == "-kind"
    opened, over = alert(1), alert(2, state="resolved", resolved_day=DAY)
    assert [one.id for one in monitor_alerts.ordered([over, opened], None)] == [1, 2]
    assert "tm-nothing" in text(monitor_alerts.alerts_table(english, [], None, None))
    assert monitor_alerts.actions(english, over) == []


def grid(n_days: int) -> Grid:
    names = ("price", "recent_level", "transactions")
    psi = np.full((3, n_days), 0.05)
    psi[0, -1], psi[2, -1] = 0.5, 0.2
    verdict = np.full((3, n_days), 1, np.int8)
    drift, watch = (VERDICTS.index(name) for name in ("drift", "watch"))
    verdict[0, -1], verdict[2, -1], verdict[1, 0] = drift, watch, -1
    return Grid(DAY, names, ("line", "day", "day"), psi, np.full((3, n_days), 0.1), verdict)


@pytest.mark.parametrize(("n_days", "columns"), [(2, 2), (90, 90), (365, 53), (731, 105)])
def test_the_map(t: Words, theme: Theme, n_days: int, columns: int) -> None:
    content = json.loads(dash._utils.to_json(monitor_heat.heat(t, theme, grid(n_days))))
    figure = content["props"]["children"][2]["props"]["children"]["props"]["figure"]
    go.Figure(figure)
    cells = figure["data"][0]
    assert len(cells["x"]) == columns
    assert len(cells["z"]) == 6  # three headings, three features
    asked = [name for row in cells["hovertext"] for name in row if name.startswith("price")]
    assert asked[-1] == f"price {DAY + dt.timedelta(days=n_days - 1)}"
    assert [row[-1] for row in cells["z"] if row[-1] is not None] == [4, 1, 5]


def test_steps() -> None:
    assert monitor_heat.step(-1, 0.0, 0.0) is None
    steps = [STEPS[monitor_heat.step(code, 0.05, 0.1) or 0] for code in range(len(VERDICTS))]
    assert steps == ["none", "usual", "season", "watch", "drift"]
    assert set(said.VERDICTS) == set(VERDICTS) == set(get_args(Verdict))
    assert monitor_heat.step(1, 0.09, 0.08) == 2


def test_what_the_season_explains_stands_apart(t: Words, english: Words, theme: Theme) -> None:
    found = grid(50)
    found.verdict[0, -1] = VERDICTS.index("season")
    shown = text(monitor_heat.heat(english, theme, found))
    assert "is no alert" in shown
    assert f"On the last day: {said.feature(english, 'transactions')}." in shown
    assert f"The season explains: {said.feature(english, 'price')}." in shown
    assert "The season explains it" in shown
    rows = json.loads(json.loads(text(monitor_heat.heat(t, theme, found)))["props"]["children"][-1]["props"]["children"]
                      [1]["props"]["data-table"])["rows"]  # fmt: skip
    assert rows[0][-3:] == ["1", "0", "0"]
    figure = json.loads(shown)["props"]["children"][2]["props"]["children"]["props"]["figure"]
    assert "~" in [row[-1] for row in figure["data"][0]["text"]]


@pytest.mark.parametrize(
    ("feature", "parts"),
    [
        ("price", {"country:France": 0.2, "country:other": 0.02, "country:Spain": -0.05}),
        ("revenue", {"country:France": -1200.0, "country:Spain": 300.0}),
        ("units", {"country:France": 0.4}),
    ],
)
def test_where_it_comes_from(t: Words, theme: Theme, feature: str, parts: dict[str, float]) -> None:
    seen = SimpleNamespace(drift=SimpleNamespace(feature=feature))
    content = text(monitor_segments.where_from(t, theme, seen, parts))
    figure = json.loads(content)["props"]["children"][2]["props"]["children"]["props"]["figure"]
    go.Figure(figure)
    assert figure["data"][0]["x"] == list(parts.values())
    assert "France" in monitor_segments.sentence(t, feature, parts, 1)
    assert ("tm-legend" in content) == (len(parts) > 1)
    assert monitor_segments.where_from(t, theme, seen, {}) is None


def test_promises(t: Words, english: Words, theme: Theme) -> None:
    tests = (0.1, 0.12, 0.15, 0.2, 0.11)
    kept, worse, few = Performance(14, 0.13, tests), Performance(14, 0.3, tests), Performance(7, 0.3, tests[:2])
    assert "the promise is kept" in monitor_promise.sentence(english, kept, "v1")
    assert "worse than any of them" in monitor_promise.sentence(english, worse, "v1")
    assert "too few to judge" in monitor_promise.sentence(english, few, "v1")
    for one in (kept, worse, few):
        shown = text(monitor_promise.promise(t, theme, one, "v1"))
        assert "data-table" in shown
        assert t("promise.how") in shown  # beside it one measure is judged by chance: the two can differ
    assert monitor_promise.promise(t, theme, None, "v1") is None


def scored(days: int = 14, wape: float = 0.1) -> Scores:
    return Scores(days, 12.0, 9.0, 0.11, wape, 0.02, 0.79, 0.94)


@pytest.mark.parametrize("begun", [None, DAY - dt.timedelta(days=30), DAY])
def test_the_record(t: Words, theme: Theme, begun: dt.date | None) -> None:
    days = pd.to_datetime([DAY + dt.timedelta(days=n) for n in (0, 1, 2, 40, 41)])
    course = pd.DataFrame({"date": days, "stand_in": 1.0, "days": 5, "wape": [0.1, np.nan, 0.12, 0.2, 0.2],
                           "bias": 0.1, "cover80": 0.7, "cover95": [1.0, 0.9, 0.9, np.nan, 0.9]})  # fmt: skip
    weeks = [((1, 7), scored(), scored()), ((8, 14), scored(0), scored()), ((15, 21), scored(0), scored(0))]
    found = Record(weeks, course, begun, scored(), scored(), "none")
    content = json.loads(dash._utils.to_json(monitor_record.record(t, theme, found, "revenue", None, DAY)))
    rows = content[0]["props"]["children"][2]["props"]["children"]["props"]["children"][2]["props"]["children"]
    assert len(rows) == 3
    error = content[1]["props"]["children"][0]["props"]["children"][2]["props"]["children"]["props"]["figure"]
    go.Figure(error)
    assert error["data"][0]["y"] == [0.1, None, 0.12, None, 0.2, 0.2]  # nothing is drawn over a gap
    assert ("rect" in {one["type"] for one in error["layout"]["shapes"]}) == (begun is None or begun > DAY)
    assert monitor_record.record(t, theme, found, "revenue", None, DAY + dt.timedelta(days=60))[1] is None
    assert t("record.few") in text(monitor_record.record(t, theme, found, "revenue", None, DAY + dt.timedelta(days=60)))
    assert t("record.few") not in text(content)
    cover = content[1]["props"]["children"][1]
    assert {
        one["line"]["color"]
        for one in cover["props"]["children"][2]["props"]["children"]["props"]["figure"]["layout"]["shapes"]
        if one["type"] == "line"
    } == {theme.ink}  # as its key
    assert "tm-key-dashed" in json.dumps(cover)


def test_worse_forecasts_and_other_data_are_told_apart(t: Words, english: Words) -> None:
    told = {}
    for standing in get_args(Standing):
        found = Record([], pd.DataFrame(), None, scored(wape=0.2), scored(), standing)
        for kind in (None, *MOVES):
            told[standing, kind] = monitor_record.sentence(t, found, alert(kind=kind) if kind else None)
    assert len(set(told.values())) == 9
    kept = Record([], pd.DataFrame(), DAY, scored(), scored(), "kept")
    sentence = monitor_record.sentence(english, kept, alert())
    assert sentence == (
        "Forecasts are as good as promised (error 10.0%, promised 10.0%) although the level moved (transactions)."
    )


def power_job(**more: Any) -> Any:
    starts = [DAY.isoformat(), (DAY + dt.timedelta(days=60)).isoformat()]
    rows = [
        {"kind": "mix", "size": size, "share": share, "median": median, "days": [median, None], "starts": starts}
        for size, share, median in ((0.3, 1.0, 4.5), (0.1, 0.0, None))
    ]
    return SimpleNamespace(**{"state": "done", "error": None, "result": rows, **more})


def test_what_would_be_found(t: Words, english: Words, theme: Theme) -> None:
    assert "tm-nothing" in text(monitor_power.answer(t, theme, None))
    assert "no data" in text(monitor_power.answer(t, theme, power_job(state="failed", error="no data")))
    assert len(text(monitor_power.answer(t, theme, power_job(state="cancelled")))) > 40
    content = json.loads(text(monitor_power.answer(t, theme, power_job())))
    shares, delays = (one["props"]["children"][2]["props"]["children"]["props"]["figure"]
                      for one in content[1]["props"]["children"])  # fmt: skip
    assert (shares["data"][0]["x"], shares["data"][0]["y"]) == ([0.1, 0.3], [0.0, 1.0])
    assert delays["data"][0]["y"] == [None, 4.5]
    for one in (shares, delays):
        go.Figure(one)
    assert "from 30% on, 100% of the changes" in monitor_power.sentence(english, power_job().result)
    little = power_job().result[1:]
    assert "even 10% is found within 30 days in 0% of the cases only" in monitor_power.sentence(english, little)
    assert "tm-two" in text(monitor_power.answer(t, theme, power_job(result=little)))


@pytest.mark.parametrize(
    ("size", "value"), [("-40", -40), ("9999", 1000), ("-100", -99), ("--5", -20), ("²", -20), ("1e3", -20), ("", -20)]
)
def test_odd_sizes_in_the_address(english: Words, size: str, value: int) -> None:
    shown = text(monitor_panels.trial(english, {"kind": "level", "size": size}))
    assert f'"value": {value}, ' in shown


def test_the_form_gives_what_its_fields_show(english: Words) -> None:
    """No day waits to be typed to its end when the button is clicked, and a size that is not possible is refused with
    the range rather than lost in the browser."""
    form = json.loads(text(monitor_trial.form(english, "level", None, "2011-09-01")))
    size, start = (
        field["props"]["children"][1]["props"] for field in form["props"]["children"][0]["props"]["children"][1:3]
    )
    assert (start["id"], start["debounce"]) == (ids.Monitor.START, False)
    assert (size["id"], size["type"]) == (ids.Monitor.SIZE, "number")
    assert not {"min", "max", "step"} & set(size)


def test_why_a_trial_failed_is_told_in_the_language(english: Words, french: Words, theme: Theme) -> None:
    days = np.arange(300) % 7
    lone = Panel((Series("revenue"),), dt.date(2021, 3, 1), np.ones((1, 300)))
    day, sundays, always = dt.date(2021, 10, 1), days == 6, np.ones(300, bool)
    told = []
    for make in (
        lambda: try_change(SimpleNamespace(panel=lone), Request("level", -0.2, dt.date(2015, 1, 1)), Rules(), print),
        lambda: inject_panel(lone, always, Change("mix", dt.date(2021, 3, 9), 0.2)),
        lambda: inject_panel(lone, sundays, Change("weekday", day, 0.2)),
        lambda: inject_panel(lone, always, Change("mix", day, 0.2)),
    ):
        with pytest.raises(InputError) as caught:
            make()
        told.append(str(caught.value))
    said_in_french = [monitor_trial.failure(french, one) for one in told]
    assert said_in_french[0] == "Le changement peut commencer du 17 sept. 2021 au 11 déc. 2021."
    for one, key in zip(said_in_french[1:], ("days", "weekdays", "countries"), strict=True):
        assert one == french(f"trial.error.{key}")
    assert monitor_trial.failure(english, "no room") == "no room"
    failed = SimpleNamespace(state="failed", error=told[-1], result=None)
    for view in (monitor_trial, monitor_power):
        assert french("trial.error.countries") in text(view.answer(french, theme, failed))


def test_only_a_silence_is_said_to_need_a_note(t: Words) -> None:
    said_of = {one: text(monitor_ask.text(t, one, "", "Ann")) for one in ("acknowledge", "resolve", "end", "silence")}
    word = {"en": "needs a note", "fr": "demande une note"}[t.lang]
    assert [one for one, told in said_of.items() if word in told] == ["silence"]
    label = next(
        one for one in text(monitor_ask.dialog(t)).split("{") if ids.Monitor.ASK_NOTE in one and "html_for" in one
    )
    assert t("alert.ask.note") in label
    assert "(" not in t("alert.ask.note")


def test_what_is_not_found_says_why(t: Words, english: Words) -> None:
    found = {"kind": "level", "size": 0.2, "start": "2011-09-01", "last": "2011-11-30", "found": None, "alarms": 0}
    told = [monitor_trial.sentence(t, {**found, **more}) for more in ({}, {"alarms": 2}, {"last": "2011-09-20"})]
    assert len(set(told)) == 3
    assert "too small" in monitor_trial.sentence(english, found)
    assert "after 19 days" in monitor_trial.sentence(english, {**found, "last": "2011-09-20"})


def test_keys_are_drawn_as_the_lines_are(english: Words, theme: Theme) -> None:
    assert [mark_of(one) for one in ("solid", "dot", "dash", "longdash")] == ["line", "dotted", "dashed", "dashed"]
    days = [DAY, DAY + dt.timedelta(days=1)]
    course = SimpleNamespace(days=days, up=np.array([1.0, 2.0]), down=np.array([0.0, 1.0]), score=np.array([0.0, 1.0]),
                             limit=5.0)  # fmt: skip
    shown = text(monitor_promise._cusum(english, theme, course, "Revenue", 1.0))
    assert shown.count("tm-key-dashed") == 2
    assert shown.count("tm-key-line") == 1
    course.evidence, course.seasonal = np.array([1.0, 30.0]), True
    assert "raises no alarm" not in shown
    course.limit = 1.5
    assert "raises no alarm by itself" in text(monitor_promise._cusum(english, theme, course, "Revenue", 1.0))
    shown = text(monitor_promise._evidence(english, theme, course, "Revenue", (20.0, 100.0)))
    assert "raises no alarm by itself" in shown
    assert [shown.count(f"tm-key-{one}") for one in ("line", "dotted", "dashed")] == [1, 1, 1]


def test_no_total_without_parts(english: Words, theme: Theme) -> None:
    seen = SimpleNamespace(drift=SimpleNamespace(feature="price"), parts=[])
    assert "100%" not in text(monitor_feature._parts(english, theme, seen, []))
    seen.parts = [0.1, 0.2]
    assert "100%" in text(monitor_feature._parts(english, theme, seen, ["a", "b"]))


def test_the_look_stands_beside_what_is_drawn_anew(t: Words) -> None:
    assert ids.Monitor.LOOK in text(monitor_head.look(t))
    opened = [alert(1, severity="critical"), alert(2, "season", "info")]
    for given, key in ((opened, "version"), ([], "all")):
        content = text(monitor_head.without_history(t, given))
        assert ids.Monitor.LOOK_SAID not in content
        assert t(f"monitor.empty.{key}.title") in content
    assert "tm-health-bad" in text(monitor_head.without_history(t, opened))
    assert "tm-health" not in text(monitor_head.without_history(t, opened[1:]))


MADE = {"generation": "g1", "last_day": "2011-09-01", "at": "2011-09-02T06:00:00+00:00", "version": "v1", "budget": 1.0,
        "line": 0.3}  # fmt: skip


def test_of_what_an_answer_was_made(t: Words, english: Words) -> None:
    job = SimpleNamespace(result={"made": MADE}, finished_at=dt.datetime(2011, 9, 2, 6, tzinfo=dt.UTC))
    shown = text(monitor_made.stamp(english, job, MADE))
    for part in ("2 Sep 2011", "1 Sep 2011", "g1", "v1", "At most one false alarm a year"):
        assert part in shown
    assert "Since then" not in shown
    for name, other in (("generation", "g2"), ("version", "v2"), ("budget", 2.0), ("line", 0.25)):
        changed = text(monitor_made.stamp(english, job, {**MADE, name: other}))
        assert "Since then this has changed: the " in changed
        assert changed != shown
    replayed = SimpleNamespace(
        result={"made": {name: MADE[name] for name in ("generation", "last_day", "at", "budget")}}
    )
    assert "Since then" not in text(monitor_made.stamp(english, replayed, {**MADE, "version": "v9"}))
    assert len(text(monitor_made.stamp(t, SimpleNamespace(result=[], finished_at=job.finished_at), MADE))) > 40
    assert set(monitor_made.PARTS) < set(MADE)


@pytest.mark.parametrize("state", ["cancelled", "failed", "interrupted"])
def test_a_later_job_without_an_answer_hides_none(english: Words, theme: Theme, state: str) -> None:
    later = SimpleNamespace(state=state, error="no room" if state == "failed" else None, result=None)
    found = {"kind": "level", "size": -0.2, "start": "2011-09-01", "last": "2011-11-30", "found": None, "noted": None,
             "alarms": 0, "budget": 1.0, "days": ["2011-09-01"], "before": [1.0], "after": [1.0], "open": [True],
             "measure": "revenue"}  # fmt: skip
    good = SimpleNamespace(state="done", error=None, result=found)
    word = {"cancelled": "cancelled", "failed": "no room", "interrupted": "ended without"}[state]
    for view, done, part in (
        (monitor_trial, good, "A level changed by"),
        (monitor_power, power_job(result={"found": power_job().result, "made": MADE}), "tm-two"),
    ):
        alone = text(view.answer(english, theme, later))
        assert word in alone
        assert "Below is the last answer" not in alone
        both = text(view.answer(english, theme, later, done, "the stamp"))
        for expected in (word, "Below is the last answer", part, "the stamp"):
            assert expected in both
        assert word not in text(view.answer(english, theme, done, done, "the stamp"))
    assert word in text(monitor_replay.answer(english, theme, later))


def test_answers_of_jobs(t: Words, theme: Theme) -> None:
    assert "tm-nothing" in text(monitor_trial.answer(t, theme, None))
    assert "tm-nothing" in text(monitor_replay.answer(t, theme, None))
    failed = SimpleNamespace(state="failed", error="no data", result=None)
    assert "no data" in text(monitor_trial.answer(t, theme, failed))
    assert "no data" in text(monitor_replay.answer(t, theme, failed))
    for kind in monitor_trial.KINDS:
        found = {"kind": kind, "size": 0.2, "start": "2011-09-01", "last": "2011-11-30", "found": None}
        assert len(monitor_trial.sentence(t, found)) > 40
    for rule in ("best", "close", "tied"):
        advice = {"policy": "drift", "best": "always", "rule": rule, "excess": 0.01, "retrainings": [1, 9],
                  "seconds": [1.0, 9.0]}  # fmt: skip
        found = {"outcomes": [{"policy": "schedule", "settings": {"days": 28}}], "recommendation": advice}
        assert len(monitor_replay.advice(t, found)) > 40
    assert monitor_replay.advice(t, {"outcomes": [], "recommendation": None})

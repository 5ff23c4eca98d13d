"""The callbacks of the Monitor page on an installation with a history, some alerts and a halved level at its end."""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dash
import plotly.graph_objects as go
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from app import create_app
from app.settings import Settings
from callbacks import (
    models_actions,
    monitor,
    monitor_actions,
    monitor_alerts,
    monitor_features,
    monitor_forecasts,
    monitor_jobs,
)
from callbacks.now import ready_of, state_of
from callbacks.services import services
from components import ids
from components.views import monitor_panels
from core.config import Config
from core.lifecycle.bootstrap import MONITOR
from core.lifecycle.recipe import Recipe
from core.lifecycle.registry import Registry
from core.lifecycle.training import train
from core.lifecycle.work import POWER, REPLAY, TRIAL
from core.monitoring.alerts import Alerts
from core.monitoring.forecast_log import of_these, stand_ins
from core.monitoring.monitor_job import power_for_job, watch
from core.monitoring.power import read_request
from core.monitoring.shown import VERDICTS, NotCountedError, grid, reference_of
from core.series.panel import Panel, Series
from core.state.engine import open_engine
from core.transactions.load import prepare
from core.transactions.store import Store
from tests.callbacks.monitored import write_monitored
from tests.callbacks.test_callbacks import parts, plain, text_of, text_tables


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Config:
    folder = tmp_path_factory.mktemp("watched")
    made = Config(data_dir=folder / "data")
    prepare(made, write_monitored(folder / "sales.csv"))
    train(made, recipe=Recipe(folds=2, models=("seasonal_naive",)))
    generation, version = Store(made.store_dir).current(), Registry(made).champion()
    assert generation is not None
    assert version is not None
    watch(made, generation, version, lambda *_: None, today=generation.manifest.last_day)
    return made


@pytest.fixture(scope="module")
def shop(watched: Config) -> dash.Dash:
    made = create_app(Settings(core=watched, secret_key="a key for the tests"))
    assert made.server.test_client().get("/").status_code == 200
    return made


@pytest.fixture
def here(shop: dash.Dash) -> Iterator[str]:
    with shop.server.test_request_context("/", headers={"Accept-Language": "en"}):
        known = ready_of(services())
        assert known
        yield known


@pytest.fixture
def alerts(watched: Config) -> Alerts:
    return Alerts(open_engine(watched.database))


def click(monkeypatch: pytest.MonkeyPatch, module: Any, value: int | None = 1, **name: Any) -> None:
    monkeypatch.setattr(module, "ctx", type("Ctx", (), {"triggered_id": name, "triggered": [{"value": value}]}))


def figures(content: Any) -> list[dict[str, Any]]:
    found = [one["props"]["figure"] for one in parts(plain(content), "Graph")]
    for figure in found:
        go.Figure(figure)
    return found


def test_health_says_the_worst_first(here: str, alerts: Alerts) -> None:
    worst = alerts.open()[0]
    assert worst.severity == "critical"
    text = text_of(plain(monitor.draw(here, None)))
    assert "the level has moved by −" in text
    assert "train a new version" in text
    assert f"Details of alert {worst.id}" in text
    assert "At most one false alarm a year" in text


def test_alerts_in_time_and_in_a_table(here: str, alerts: Alerts) -> None:
    (figure,) = figures(monitor_alerts.draw_timeline(here, "all", "all", None, None))
    drawn = {point[0] for trace in figure["data"] for point in trace["customdata"]}
    first, last = monitor.watched(here).days("all")
    assert drawn == {one.id for one in alerts.timeline(first, last)}
    rows = parts(plain(monitor_alerts.draw_alerts(here, "all", "all", "-severity", None, None)), "Tbody")
    assert len(rows[0]["props"]["children"]) == len(drawn)
    assert "Critical" in text_of(rows[0]["props"]["children"][0])
    opened = parts(plain(monitor_alerts.draw_alerts(here, "all", "open", None, None, None)), "Tbody")
    assert len(opened[0]["props"]["children"]) == len(alerts.open())


def test_an_alert_in_words(here: str, alerts: Alerts) -> None:
    worst = alerts.open()[0]
    text = text_of(plain(monitor_alerts.draw_alert(here, str(worst.id), None)))
    for part in ("The mean moved by −", "times as much", "It fired on"):
        assert part in text
    assert "There is no alert 99" in text_of(plain(monitor_alerts.draw_alert(here, "99", None)))
    assert monitor_alerts.draw_alert(here, "<script>", None) is None
    for one in alerts.recent(100):
        plain(monitor_alerts.draw_alert(here, str(one.id), None))


def test_choosing_alerts(here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    click(monkeypatch, monitor_alerts, type="alert", action="show", alert=3)
    assert monitor_alerts.choose([None, 1], "") == "3"
    assert monitor_alerts.choose([1], "3") == ""
    assert monitor_alerts.choose([None], "3") is no_update
    assert monitor_alerts.choose_bar({"points": [{"customdata": [7, "x"]}]}) == "7"
    assert monitor_alerts.choose_bar({"points": [{}]}) is no_update
    assert monitor_alerts.choose_bar(None) is no_update
    click(monkeypatch, monitor_alerts, type="alert-sort", column="kind")
    assert monitor_alerts.choose_sort([1], "kind") == "-kind"


def test_csv_is_safe_and_whole(here: str, alerts: Alerts) -> None:
    assert monitor_alerts.download(None, here, "all", "all", None) is no_update
    sent = monitor_alerts.download(1, here, "all", "all", "first")
    lines = list(csv.DictReader(io.StringIO(sent["content"])))
    assert len(lines) == len(alerts.timeline(*monitor.watched(here).days("all")))
    assert [line["first_day"] for line in lines] == sorted(line["first_day"] for line in lines)
    assert all(cell[:1] not in ("=", "+", "@") for line in lines for cell in line.values())


def test_actions(here: str, alerts: Alerts, monkeypatch: pytest.MonkeyPatch) -> None:
    worst = alerts.open()[0]
    before = state_of(services())["changed"]
    click(monkeypatch, monitor_actions, type="alert", action="acknowledge", alert=worst.id)
    opened, asked, title, text, hidden, _, _, until, scope = monitor_actions.ask([[1], [None], [], []], "Ann")
    seen = alerts.mark(worst.id)
    assert (opened, asked, hidden) == (True, {"action": "acknowledge", "number": worst.id, "seen": seen}, True)
    old = {**asked, "action": "resolve", "seen": seen - 1}
    assert "has changed since you were asked" in monitor_actions.answer(1, None, old, "", "7", "kind", "Ann")[1]
    assert alerts.get(worst.id).state == "open"
    assert title == f"Acknowledge alert {worst.id}?"
    assert "The record will say: Ann." in text_of(plain(text))
    assert (until, scope) == ("7", "subjects")  # whatever was chosen for another alert before
    done = monitor_actions.answer(1, None, asked, "seen", "7", "kind", "Ann")
    assert done[0] is False
    assert alerts.get(worst.id).acknowledged_by == "Ann"
    assert state_of(services())["changed"] != before
    again = monitor_actions.answer(1, None, asked, "seen", "7", "kind", "Bob")
    assert "acknowledged by Ann already" in again[1]
    for action, number, words in (("resolve", 9_999, "no alert 9999"), ("end", 9_999, "over already")):
        refused = monitor_actions.answer(1, None, {"action": action, "number": number}, "", "7", "kind", "")
        assert words in refused[1]
    assert "Open, seen" in text_of(plain(monitor_alerts.draw_alert(here, str(worst.id), None)))


def test_silences_of_one_alert_are_one_row(here: str, alerts: Alerts, monkeypatch: pytest.MonkeyPatch) -> None:
    worst = alerts.open()[0]
    assert len(worst.subjects) > 1
    asked = {"action": "silence", "number": worst.id}
    monitor_actions.answer(1, None, asked, "sale going on", "7", "subjects", "Ann")
    held = alerts.silences()
    assert "nothing has changed" in monitor_actions.answer(1, None, asked, "again", "1", "subjects", "Bob")[2]
    longer = monitor_actions.answer(1, None, asked, "longer", "30", "subjects", "Bob")[2]
    assert "takes the place of the silence of Ann" in longer
    assert not {one.id for one in held} & {one.id for one in alerts.silences()}
    assert len(parts(plain(monitor_alerts.draw_silences(here, None)), "Tr")) == 2  # its head, and one row for all
    first = alerts.silences()[0].id
    click(monkeypatch, monitor_actions, type="alert", action="end", alert=first)
    assert worst.subjects[-1].replace("_", " ") in text_of(plain(monitor_actions.ask([[], [], [], [1]], None)[3]))
    monitor_actions.answer(1, None, {"action": "end", "number": first}, "", None, None, "")
    assert alerts.silences() == []


def test_a_feature_says_what_a_shift_test_found_of_it(here: str, alerts: Alerts) -> None:
    worst = next(one for one in alerts.open() if one.evidence["rule"] == "shift")
    name = next(one for one in worst.subjects if one in ("transactions", "units", "revenue", "orders", "customers"))
    day = worst.last_day.isoformat()
    shown = monitor_features.draw_detail(here, name, day, "30", "training", None, None, None)
    assert f"Alert {worst.id} (level moved) was found in another way" in text_of(plain(shown))
    shown = monitor_features.draw_detail(here, "price", day, "30", "training", None, None, None)
    assert "was found in another way" not in text_of(plain(shown))


def test_silences(here: str, alerts: Alerts, monkeypatch: pytest.MonkeyPatch) -> None:
    worst = alerts.open()[0]
    asked = {"action": "silence", "number": worst.id}
    assert "at least 3 characters" in monitor_actions.answer(1, None, asked, "x", "7", "kind", "")[1]
    said = monitor_actions.answer(1, None, asked, "sale going on", "30", "subjects", "")[2]
    assert "is silent until" in said
    held = alerts.silences()
    monitor_actions.answer(None, 2, asked, "sale going on", "30", "subjects", "")  # Enter twice
    assert alerts.silences() == held
    assert {one.subject for one in held} == set(worst.subjects)
    assert all(29 < (one.until - one.created_at).total_seconds() / 86400 < 31 for one in held)
    assert "a silence holds" in text_of(plain(monitor_alerts.draw_alert(here, str(worst.id), None)))
    table = plain(monitor_alerts.draw_silences(here, None))
    assert "sale going on" in text_of(table)
    click(monkeypatch, monitor_actions, type="alert", action="end", alert=held[0].id)
    assert monitor_actions.ask([[], [], [], [1]], None)[2] == f"End silence {held[0].id}?"
    for one in held:
        monitor_actions.answer(None, 1, {"action": "end", "number": one.id}, "", None, None, "")
    assert "Nothing is silenced" in text_of(plain(monitor_alerts.draw_silences(here, None)))
    click(monkeypatch, monitor_actions, value=None, type="alert", action="end", alert=held[0].id)
    for drawn in ([[None], [], [], []], [[1], [], [], [None]]):  # one elsewhere was clicked on before
        with pytest.raises(PreventUpdate):
            monitor_actions.ask(drawn, None)
    with pytest.raises(PreventUpdate):
        monitor_actions.answer(None, None, asked, "", None, None, "")


def test_the_map_is_the_history(here: str) -> None:
    one = monitor.watched(here)
    done = one.history
    assert done is not None
    for wanted in ("90", "365", "all"):
        (figure,) = figures(monitor_features.draw_heat(here, wanted, None, None))
        first, last = one.days(wanted, done.last)
        found = grid(one.services.engine, one.version.id, max(first, done.first), last)
        cells = figure["data"][0]
        assert {name.split()[0] for row in cells["hovertext"] for name in row if name} == set(found.features)
        weekly = len(found.days) > 120
        assert len(cells["x"]) == (-(-len(found.days) // 7) if weekly else len(found.days))
    high = grid(one.services.engine, one.version.id, max(first, done.first), last, 9.0)  # another line of the settings
    drift, watch = (VERDICTS.index(name) for name in ("drift", "watch"))
    assert (found.verdict == drift).any()
    assert not (high.verdict == drift).any()
    assert ((found.verdict == drift) <= (high.verdict == watch)).all()
    assert (high.verdict == found.verdict)[found.verdict != drift].all()
    name = next(one for row in cells["hovertext"] for one in row if one)
    assert monitor_features.choose_cell({"points": [{"hovertext": name}]}) == tuple(name.split())
    assert monitor_features.choose_cell({"points": [{"hovertext": ""}]}) == (no_update, no_update)
    assert monitor_features.choose_cell(None) == (no_update, no_update)


def test_a_feature_closely(here: str) -> None:
    options, feature, day, first, last, usual = monitor_features.fill(here, "nonsense", "1999-01-01")
    names = {one["value"] for one in options}
    assert {"transactions", "price"} <= names
    assert feature in names
    assert day == last == usual["day"]
    for name in ("price", "transactions", "outcome"):
        content = monitor_features.draw_detail(here, name, day, "30", "training", None, None, None)
        over_time, shares, added, *where = figures(content)
        assert len(where) == (name != "outcome")
        assert len(over_time["data"]) >= 1
        assert sum(shares["data"][0]["y"]) == pytest.approx(1.0)
        psi = sum(added["data"][0]["y"])
        assert f"{psi:.3f}" in text_of(plain(content))
        assert len(text_tables(plain(content))) == 3 + len(where)
        if where:
            assert set(where[0]["data"][0]["customdata"]) == {"France", "Spain"}
            assert "most of it comes from" in text_of(plain(content)).lower()
        if name == "price":  # the same windows, with the counts as they are now
            assert sum(where[0]["data"][0]["x"]) == pytest.approx(psi, abs=0.01)
    assert "Not enough history" in text_of(
        plain(monitor_features.draw_detail(here, "price", first, "30", "training", None, None, None))
    )
    assert "in order" in text_of(
        plain(monitor_features.draw_detail(here, "price", day, "30", "fixed", None, None, None))
    )
    assert "no such feature" in text_of(
        plain(monitor_features.draw_detail(here, "<b>", day, "30", "training", None, None, None))
    )
    assert "Pick a feature" in text_of(
        plain(monitor_features.draw_detail(here, "price", None, "30", "training", None, None, None))
    )
    assert monitor_features.show_fixed("fixed") is False


def test_what_nobody_picked_moves_on_with_the_data(here: str) -> None:
    usual = monitor_features.fill(here, None, None)[-1]
    other = next(one for one in ("price", "quantity") if one != usual["feature"])
    for picked in (None, {"feature": False, "day": False}):
        assert monitor_features.fill(here, other, "2022-03-01", picked)[1:3] == (usual["feature"], usual["day"])
    both = {"feature": True, "day": True}
    assert monitor_features.fill(here, other, "2022-03-01", both)[1:3] == (no_update, "2022-03-01")
    assert monitor_features.fill(here, "gone", "1999-01-01", both)[1:3] == (usual["feature"], usual["day"])


def test_alarms_stay_over_a_version_without_a_history(
    here: str, alerts: Alerts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(monitor, "span", lambda *_: None)
    text = text_of(plain(monitor.draw(here, None)))
    assert "the level has moved by −" in text
    assert f"Details of alert {alerts.open()[0].id}" in text
    assert "This version has no history yet" in text


def test_features_where_the_reference_was_counted_otherwise(here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade every feature can still be looked at, against the year before as in the monitoring."""
    one = monitor.watched(here)
    frozen = reference_of(one.version)
    assert frozen is not None
    frozen = replace(frozen, window=frozen.window._replace(end=frozen.window.end - dt.timedelta(days=30)))
    monkeypatch.setattr(monitor_features, "reference_of", lambda _: replace(frozen, features=()))
    names = {option["value"] for option in monitor_features.fill(here, None, None)[0]}
    assert {"transactions", "price"} <= names
    day = one.generation.manifest.last_day.isoformat()
    content = monitor_features.draw_detail(here, "price", day, "30", "training", None, None, None)
    assert "so the year before stands in" in text_of(plain(content))
    assert len(figures(content)) >= 3


def test_lines_that_an_earlier_version_counted(here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job counts them, once; the page waits for it and says so if it fails."""

    def refuse(*_: Any) -> None:
        raise NotCountedError

    shown, asked = monitor_features.feature_of, ("price", "2022-06-01", "30", "training", None, None)
    monkeypatch.setattr(monitor_features, "feature_of", refuse)
    waiting = plain(monitor_features.draw_detail(here, *asked, None))
    (job,) = services().jobs.active_jobs()
    assert (job.kind, job.why) == (MONITOR, "counts")
    assert f"job {job.id}" in text_of(waiting)
    assert [one["props"]["id"] for one in parts(waiting, "Interval")] == [ids.counting(job.id)]
    click(monkeypatch, monitor_features, **ids.counting(job.id))
    for ticks in ([], [None], [1]):  # gone, just there, and still at work
        with pytest.raises(PreventUpdate):
            monitor_features.draw_again(ticks, here, *asked)
    services().jobs.cancel(job.id)
    monkeypatch.setattr(monitor_features, "are_counted", lambda _: False)
    assert "was cancelled" in text_of(plain(monitor_features.draw_again([2], here, *asked)))
    assert services().jobs.active_jobs() == []
    monkeypatch.setattr(monitor_features, "are_counted", lambda _: True)
    monkeypatch.setattr(monitor_features, "feature_of", shown)
    assert len(figures(monitor_features.draw_again([3], here, *asked))) >= 3


def test_forecasts(here: str) -> None:
    assert monitor_forecasts.draw_promise(here, None) is None
    for measure in ("transactions", "revenue", "nonsense"):
        content = plain(monitor_forecasts.draw_record(here, measure, "all", None, None))
        text = text_of(content)
        assert "the tests stand in" in text
        assert "But the level has moved" in text
        assert "Promised by tests" in text
        assert "As it came" not in text
        error, cover = figures(content)
        assert len(error["data"]) == 1
        assert [one["name"] for one in cover["data"]] == ["Inside the 80% interval", "Inside the 95% interval"]
        assert error["layout"]["shapes"][-1]["type"] == "rect"
    one = monitor.watched(here)
    panel = one.generation.panel()
    learnt = of_these(stand_ins(one.version, panel, Series("transactions")))
    halved = Panel(panel.series, panel.first_day, panel.values / 2)
    others = of_these(stand_ins(one.version, halved, Series("transactions")))
    assert (learnt, others) == (True, False)
    for figure in figures(monitor_forecasts.draw_evidence(here, "transactions", "365", None)):
        assert len(figure["layout"]["shapes"]) >= 2


def test_a_change_is_tried(here: str, watched: Config) -> None:
    from core.monitoring.trial import trial_for_job

    start, first, last = monitor_jobs.fill_start(here, None)
    assert first <= start <= last
    assert monitor_jobs.try_change(1, "level", None, start) == (no_update, "Give a size and a first day.")
    assert "not possible" in monitor_jobs.try_change(1, "returns", -20, start)[1]
    assert "more than −100% and at most 1,000%" in monitor_jobs.try_change(1, "level", -100, start)[1]
    assert monitor_jobs.try_change(1, "level", -20, "soon") == (no_update, "Give a size and a first day.")
    with pytest.raises(PreventUpdate):
        monitor_jobs.try_change(None, "level", -40, start)
    number, said = monitor_jobs.try_change(1, "level", -60, "2022-03-01")
    assert "was started" in said
    jobs = services().jobs
    job = jobs.get(number)
    assert job is not None
    card, buttons, shown = monitor.draw_job(None, None)
    assert "Trial of a change" in text_of(plain(card))
    assert [one.id for one in buttons] == [ids.cancel_button(number)]
    assert monitor.draw_job(None, shown)[1:] == (no_update, no_update)
    assert "running already" in monitor_jobs.try_change(1, "level", -60, start)[1]
    with jobs.run(job) as run:
        run.result = trial_for_job(watched, run, job.request)
    answer = run.result
    assert {name: answer["made"][name] for name in ("generation", "version", "budget")} == {
        "generation": services().store.current().id, "version": services().registry.champion().id, "budget": 1.0,
    }  # fmt: skip
    content = monitor_jobs.draw_trial(None, None)
    days = answer["found"]["after"] + 1  # the first counts as 1, as in the curves
    assert f"would be found after {days} day" in text_of(plain(content))
    assert "Worked out on" in text_of(plain(content))
    assert "Since then" not in text_of(plain(content))
    assert "A level changed by −60% from 1 Mar 2022 on would be found after" in text_of(plain(content))
    figures(content)
    assert monitor.draw_job(None, shown) == (None, [], "")
    assert monitor_jobs.newest(TRIAL).id == number


FOUND: dict[str, Any] = {
    "kind": "level", "size": -0.2, "start": "2022-03-01", "last": "2022-05-30", "found": None, "noted": None,
    "alarms": 0, "budget": 1.0, "days": ["2022-03-01"], "before": [1.0], "after": [0.8], "open": [True],
    "measure": "revenue",
}  # fmt: skip


def test_what_cannot_be_tried_says_what_can(shop: dash.Dash, here: str) -> None:
    _, first, last = monitor_jobs.fill_start(here, None)
    for size in (-150, 5_000, -100.5):
        refused = monitor_jobs.try_change(1, "level", size, last)
        assert refused[0] is no_update
        assert "more than −100% and at most 1,000%" in refused[1]
    assert "by −100.5%" in monitor_jobs.try_change(1, "level", -100.5, last)[1]
    for start in ("2015-01-01", "2030-01-01"):
        refused = monitor_jobs.try_change(1, "level", -20, start)
        assert refused == (no_update, "The change can begin from 17 Sep 2021 to 9 Jun 2022.")
    assert (first, last) == ("2021-09-17", "2022-06-09")
    with shop.server.test_request_context("/", headers={"Cookie": "tidemark_lang=fr"}):
        assert "peut commencer du 17 sept. 2021" in monitor_jobs.try_change(1, "level", -20, "2015-01-01")[1]
        assert "plus de −100\u202f%" in monitor_jobs.try_change(1, "level", -150, last)[1]


def test_an_answer_to_another_question_says_so(here: str) -> None:
    jobs = services().jobs
    with jobs.run(jobs.start(TRIAL, "somebody else", "manual", {})) as run:
        run.result = FOUND
    same = (None, "level", -20, "2022-03-01")
    assert monitor_jobs.say_other(*same) == ""
    for n, other in ((1, "trend"), (2, 30), (3, "2022-03-02")):
        said = monitor_jobs.say_other(*(other if n == place else value for place, value in enumerate(same)))
        assert "another change than the one in the form: A level changed by −20% from 1 Mar 2022 on" in said
    assert monitor_jobs.say_other(None, "level", None, "2022-03-02") == ""  # nothing is asked for yet


def test_how_a_job_ended_is_told_to_who_asked(here: str) -> None:
    jobs = services().jobs
    with jobs.run(jobs.start(TRIAL, "browser at 192.0.2.7", "manual", {})) as run:
        run.result = FOUND
    for who, told in (("browser at 192.0.2.7", False), (models_actions.who(None), True)):
        jobs.cancel(jobs.start(TRIAL, who, "manual", {}).id)
        text = text_of(plain(monitor_jobs.draw_trial(None, None)))
        assert ("was cancelled" in text) is told
        assert "A level changed by −20% from 1 Mar 2022 on" in text


def test_what_would_be_found(here: str, watched: Config) -> None:
    assert "has not been worked out yet" in text_of(plain(monitor_jobs.draw_power(None, None)))
    with pytest.raises(PreventUpdate):
        monitor_jobs.find_out(None, "level")
    number, said = monitor_jobs.find_out(1, "nonsense")
    assert "was started" in said
    assert "already" in monitor_jobs.find_out(1, "mix")[1]
    jobs = services().jobs
    job = jobs.get(number)
    assert job is not None
    assert read_request(job.request)[0] == "level"
    with jobs.run(job) as run:
        run.result = power_for_job(watched, run, {**(job.request or {}), "sizes": [0.6]})
    content = monitor_jobs.draw_power(None, None)
    assert "of the changes are found within 30 days" in text_of(plain(content))
    assert [one["data"][0]["x"] for one in figures(content)] == [[0.6], [0.6]]


def test_jobs_can_be_cancelled_here(here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    number, _ = monitor_jobs.find_out(1, "mix")
    _, (button,), shown = monitor.draw_job(None, None)
    click(monkeypatch, models_actions, **button.id)
    models_actions.cancel([1])
    assert monitor.draw_job(None, shown)[0] is None
    assert monitor_jobs.newest(POWER).id == number
    assert "It was cancelled" in text_of(plain(monitor_jobs.draw_power(None, None)))
    done = services().jobs.recent(1, POWER, "done")
    if done:  # the answer before is there all the same
        content = monitor_jobs.draw_power(None, None)
        assert "Below is the last answer" in text_of(plain(content))
        assert len(figures(content)) == 2


def test_failures_are_told_to_who_asked(shop: dash.Dash, here: str) -> None:
    jobs = services().jobs
    job = jobs.start(POWER, monitor_jobs.who(None), "manual", {"kind": "mix"})
    with pytest.raises(RuntimeError), jobs.run(job):
        raise RuntimeError("the power went")
    assert monitor_jobs.newest(POWER).id == job.id
    with shop.server.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        other = monitor_jobs.newest(POWER)
        assert other is None or other.state == "done"


def test_a_replay(here: str) -> None:
    assert "No replay" in text_of(plain(monitor_jobs.draw_replay(None, None)))
    for every in (0, 366, None, 2.5):
        assert "not possible" in monitor_jobs.replay(1, "transactions", every)[1]
    number, _ = monitor_jobs.replay(1, "transactions", 28)
    jobs = services().jobs
    job = jobs.get(number)
    assert job is not None
    with jobs.run(job) as run:
        run.result = REPLAYED
    content = monitor_jobs.draw_replay(None, None)
    text = text_of(plain(content))
    assert "Take “Calibrated drift” (1 retraining)" in text
    assert len(figures(content)) == 2
    assert monitor_jobs.newest(REPLAY).id == number


def test_what_was_said_of_a_job_goes_with_it(here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cleared = monitor_jobs.clear(REPLAY, "replay.begun", "replay.busy")
    number, begun = monitor_jobs.replay(1, "transactions", 28)
    busy, refused = (monitor_jobs.replay(1, "transactions", every)[1] for every in (28, 0))
    assert [cleared(None, said) for said in (begun, busy, refused, "", None)] == [no_update] * 5
    card, _, _ = monitor.draw_job(None, None)
    assert "Replay of policies" in text_of(plain(card))
    assert "raining" not in text_of(plain(card))  # nothing is said of a job that the page is not about
    monkeypatch.setattr(monitor_jobs, "answered", lambda _: (None, None))
    assert "the answer will show here" in text_of(plain(monitor_jobs.draw_replay(None, None)))
    services().jobs.cancel(number)
    assert [cleared(None, said) for said in (begun, busy)] == ["", ""]
    assert cleared(None, refused) is no_update
    assert "was cancelled" in text_of(plain(monitor_jobs.draw_replay(None, None)))
    again, _ = monitor_jobs.replay(1, "transactions", 28)
    assert "was cancelled" not in text_of(plain(monitor_jobs.draw_replay(None, None)))
    services().jobs.cancel(again)


def test_french_dark_and_every_tab(shop: dash.Dash, here: str, alerts: Alerts) -> None:
    with shop.server.test_request_context("/", headers={"Cookie": "tidemark_lang=fr; tidemark_theme=dark"}):
        assert "le niveau s’est déplacé de" in text_of(plain(monitor.draw(here, None)))
        start = monitor_jobs.fill_start(here, None)[0]
        number = alerts.open()[0].id
        asked = {"action": "acknowledge", "number": number}
        alerts_said = [monitor_actions.answer(1, None, asked, "", "7", "kind", "Bob")[1] for _ in range(2)]
        assert f"prise en charge par {alerts.get(number).acknowledged_by}" in alerts_said[1]
        assert "n’est pas possible" in monitor_jobs.try_change(1, "returns", -20, start)[1]
        assert "n’est pas possible" in monitor_jobs.replay(1, "transactions", None)[1]
        for figure in figures(monitor_alerts.draw_timeline(here, "365", "all", None, None)):
            assert figure["layout"]["template"]["layout"]["font"]["color"] == "#e4e9ef"
        for one in alerts.recent(100):
            plain(monitor_alerts.draw_alert(here, str(one.id), None))
        figures(monitor_features.draw_heat(here, "365", None, None))
        figures(monitor_features.draw_detail(here, "price", "2022-06-01", "14", "year", None, None, None))
        figures(monitor_forecasts.draw_evidence(here, "revenue", "all", None))
        assert "les tests en tiennent lieu" in text_of(
            plain(monitor_forecasts.draw_record(here, "revenue", "365", None, None))
        )
        for tab in monitor_panels.TABS:
            plain(monitor.draw_panel({"tab": tab, "range": "<b>", "alert": "-1", "day": "x", "size": "y"}))
        assert monitor.draw_panel(None) is no_update


def test_without_a_history_or_a_reference(ready: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(monitor, "span", lambda *_: None)
    monkeypatch.setattr(monitor_features, "reference_of", lambda _: None)
    body, up_to_date, _ = monitor.draw(ready, None)
    assert up_to_date is False
    assert ids.Monitor.LOOK not in str(plain(body))  # it keeps the focus and its answer while the body is drawn anew
    text = text_of(plain(monitor.draw(ready, None)))
    assert "Nothing has been looked at yet" in text
    assert "Look at the history now" in text
    assert "first look at the history" in text_of(plain(monitor_features.draw_heat(ready, "365", None, None)))
    options, feature, day, *_ = monitor_features.fill(ready, None, None)
    assert feature == options[0]["value"] or feature in {one["value"] for one in options}
    figures(monitor_features.draw_detail(ready, "transactions", day, "30", "training", None, None, None))
    number, said = monitor.look(1)
    assert f"job {number}" in said
    assert "being looked at already" in monitor.look(1)[1]
    services().jobs.cancel(number)
    with pytest.raises(PreventUpdate):
        monitor.look(None)


def test_nothing_before_the_first_forecast(empty: dash.Dash) -> None:
    with empty.server.test_request_context("/"):
        for draw in (
            lambda: monitor.draw(None, None),
            lambda: monitor_alerts.draw_timeline(None, None, None, None, None),
            lambda: monitor_features.draw_heat(None, None, None, None),
            lambda: monitor_forecasts.draw_promise(None, None),
            lambda: monitor_forecasts.draw_record(None, None, None, None, None),
            lambda: monitor_jobs.fill_start(None, None),
        ):
            with pytest.raises(PreventUpdate):
                draw()


REPLAYED: dict[str, Any] = {
    "measure": "transactions", "segment": "total", "models": ["ets"], "served": ["ets"], "first": "2021-09-01",
    "last": "2022-06-01", "step": 14, "fit_seconds": 1.0, "starts": ["2021-09-02", "2021-09-30"], "change": None,
    "outcomes": [
        {"policy": name, "settings": {}, "wape": wape, "blocks": [wape, None], "unserved": 0, "seconds": 3.0 * times,
         "instability": None, "coverage": 0.8, "delay": None, "p_value": None if best else 0.4,
         "retrainings": [{"false": True}] * times}
        for name, wape, times, best in (("never", 0.2, 0, False), ("drift", 0.15, 1, False), ("always", 0.149, 9, True))
    ],
    "recommendation": {"policy": "drift", "best": "always", "rule": "close", "excess": 0.007, "p_value": 0.4,
                       "retrainings": [1, 9], "seconds": [3.0, 27.0]},
}  # fmt: skip

"""The parts of the Models page with hand-made data: every state, in both languages, with hostile texts."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from types import SimpleNamespace
from typing import Any

import plotly.graph_objects as go
import pytest

from components import moments
from components.figures.palette import LIGHT, Theme
from components.figures.versus import versus_figure
from components.views import models_ask as ask
from components.views import models_audit as audit
from components.views import models_head as head
from components.views import models_jobs as jobs
from components.views import models_retrain as retrain
from components.views import models_schedule as schedule
from components.views import models_versions as versions
from components.views import models_versus as versus
from components.views import models_words as said
from components.views.models_words import gate_reason
from components.words import Words
from core.lifecycle.gate import ALPHA
from core.lifecycle.jobs import LogLine
from core.lifecycle.overview import Facts
from core.lifecycle.schedule import MOST_DAYS, Settings
from core.models.catalogue import MODEL_NAMES
from core.state.tables import JOB_STATES
from tests.stills import plain

NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)
HOSTILE = "=cmd()<script>alert(1)</script>"
CODES = ("better", "tied_newer", "tied_simpler", "tied_complex", "worse", "segment_worse", "lacks")


def gate(code: str = "worse", **more: Any) -> dict[str, Any]:
    folds = ["2026-01-05", "2026-02-02"]
    series = [
        {"series": "transactions/total", "fold": fold, "challenger": 0.2, "champion": old}
        for fold, old in zip(folds, (0.25, 0.1), strict=True)
    ]
    return {
        "code": code, "promote": code in ("better", "tied_newer", "tied_simpler"), "challenger": "", "champion": "v1",
        "folds": folds, "change": 0.125, "p_value": 0.0321, "alpha": ALPHA, "limit": 0.1, "series": series,
        "segments": [
            {"segment": "country:France", "challenger": 1.2, "champion": 1.0, "change": 0.2},
            {"segment": "total", "challenger": 1.0, "champion": 1.0, "change": 0.0},
            {"segment": "country:<b>", "challenger": 0.5, "champion": 1.0, "change": -0.5},
        ],
        "complexity": [7.0, 0.0], "last_days": ["2026-03-01", "2026-03-01"],
        "lacks": ["revenue"] if code == "lacks" else [], **more,
    }  # fmt: skip


def facts(version: str, status: str = "past", **more: Any) -> Facts:
    scores = ({"series": "transactions/total", "wape": 0.123, "lo": 0.1, "hi": 0.15, "bias": 0.01, "folds": 8},)
    standard: dict[str, Any] = {
        "id": version, "status": status, "created_at": NOW - dt.timedelta(days=2), "trigger": "manual", "who": "ann",
        "parent": None, "first_day": dt.date(2025, 1, 1), "last_day": dt.date(2026, 11, 20), "rows": 12_345,
        "models": ("ets", "sarima"), "measures": ("transactions",), "window": None, "seconds": 83.0, "scores": scores,
        "gate": None, "live": ((NOW - dt.timedelta(days=1), None),) if status == "champion" else (),
    }  # fmt: skip
    return Facts(**{**standard, **more})


def job(state: str = "running", **more: Any) -> SimpleNamespace:
    standard: dict[str, Any] = {
        "id": 7, "kind": "train", "state": state, "progress": 0.42, "message": "Backtest", "who": "ann",
        "why": "manual: <b>", "cancel_requested": False, "created_at": NOW - dt.timedelta(minutes=5),
        "started_at": NOW - dt.timedelta(minutes=4), "seen_at": NOW - dt.timedelta(seconds=20),
        "finished_at": None if state in ("running", "queued") else NOW, "error": None, "result": None,
        "left_seconds": 140.0,
    }  # fmt: skip
    return SimpleNamespace(**{**standard, **more})


def test_spans_of_time(english: Words, french: Words) -> None:
    t = english
    told = [moments.ago(t, NOW - dt.timedelta(seconds=n), NOW) for n in (5, 61, 3 * 3600, 47 * 3600, 72 * 3600)]
    assert told == ["just now", "1 minute ago", "3 hours ago", "47 hours ago", "3 days ago"]
    assert moments.ago(t, NOW + dt.timedelta(seconds=5), NOW) == "just now"
    assert [moments.duration(t, n) for n in (0, 4.21, 9.97, 38.4, 59.7, 200, 3900, None)] == [
        "0.0 s", "4.2 s", "10 s", "38 s", "1 min 0 s", "3 min 20 s", "1 h 5 min", "–",
    ]  # fmt: skip
    assert moments.left(t, 130) == "about 2 minutes left"
    assert moments.left(t, 10) == "less than a minute left"
    assert moments.left(t, 7200) == "about 2 hours left"
    assert moments.left(t, None) == ""
    assert "restantes" in moments.left(french, 130)
    assert t.time(None) == "–"
    local = NOW.astimezone()
    assert t.time(NOW) == f"{local.day} Nov 2026, {local:%H:%M}"


def test_headline_names_version_data_and_error(english: Words) -> None:
    shown = plain(head.head(english, "v2", [facts("v3", "challenger", gate=gate()), facts("v2", "champion")], []))
    assert "Version v2 has been in use since" in shown
    assert "data to 20 Nov 2026" in shown
    assert "12.3% of the volume (95% interval 10.0% to 15.0%)" in shown
    assert "v3 waits as challenger: its errors in tests were 12.5% higher than those of v1" in shown
    assert "tm-health-good" in shown


def test_headline_in_every_state(t: Words) -> None:
    bare = facts("v1", "champion", scores=())
    assert t("models.head.no_error") in head.headline(t, bare)
    one_fold = facts("v1", "champion", scores=({"series": "transactions/total", "wape": 0.2, "lo": None, "hi": None},))
    assert t.percent(0.2, 1) in head.headline(t, one_fold)
    assert "None" not in head.headline(t, one_fold)
    stands_in = facts("v1", "past", live=((NOW, NOW),))
    assert head.headline(t, stands_in).startswith(t("models.head.stand_in", version="v1", since="", created="",
                                                    last_day="")[:20])  # fmt: skip
    assert "v9" in plain(head.head(t, "v9", [], [HOSTILE]))
    assert HOSTILE in plain(head.head(t, "v9", [], [HOSTILE]))
    waiting = facts("v2", "challenger", gate=gate("better"))
    assert head.challenger_sentence(t, waiting) == t("models.head.waits.moved", version="v2")
    assert head.challenger_sentence(t, facts("v2", "challenger")) == t("models.head.waits.bare", version="v2")


@pytest.mark.parametrize("code", CODES)
def test_every_verdict_has_words(t: Words, code: str) -> None:
    text = said.gate_reason(t, gate(code))
    assert code not in text
    assert "v1" in text
    if code == "segment_worse":
        assert "France" in text
        assert t.percent(0.2) in text
    if code == "lacks":
        assert t.measure("revenue").lower() in text
    few = gate(code, p_value=None, change=None, segments=[], folds=[])
    assert "None" not in said.gate_reason(t, few)


def test_unknown_verdict_and_cause_stay_as_they_are(t: Words) -> None:
    assert said.gate_reason(t, {"code": "new_code"}) == "new_code"
    assert said.trigger(t, HOSTILE) == HOSTILE
    assert said.trigger(t, "") == "–"


def test_causes(english: Words, french: Words) -> None:
    assert said.trigger(english, "manual: new prices: yes") == "by hand: new prices: yes"
    assert said.trigger(english, "schedule: every 7 days") == "schedule: every 7 days"
    assert said.trigger(french, "schedule: every 7 days") == "calendrier : tous les 7 jours"
    assert said.trigger(french, "drift: price, nonsense") == "dérive : prix, nonsense"
    assert said.trigger(english, "loss: forecasts in use are worse than in any test") == "forecasts got worse"
    assert said.trigger(english, "start") == "at start-up"


@pytest.mark.parametrize("state", JOB_STATES)
def test_job_card_in_every_state(t: Words, state: str) -> None:
    one = job(state, error=HOSTILE if state == "failed" else None)
    running = [one] if state in ("queued", "running") else []
    shown = plain(head.job_card(t, running, one, NOW))
    if running:
        assert '"type": "Progress"' in shown
        assert t.percent(0.42) in shown
        assert t.count("time.left.minutes", 2) in shown
        assert "<b>" in shown
        assert '"job": 7' in plain(head.job_actions(t, running))
    else:
        assert "Progress" not in shown
        assert (HOSTILE in shown) == (state == "failed")
        assert head.job_actions(t, running) == []


def test_jobs_alone_say_nothing_of_trainings(t: Words) -> None:
    shown = plain(head.running_jobs(t, [job(kind="replay")], NOW))
    assert t("models.kind.replay") in shown
    assert t("models.last.none") not in shown
    assert head.running_jobs(t, [], NOW) == []


def test_job_card_tells_how_the_last_training_ended(t: Words) -> None:
    for result, end in (
        ({"version": "v3", "champion": True}, "champion"),
        ({"version": "v3", "champion": False}, "challenger"),
        ({"version": "v3"}, "done"),
        (None, "done"),
    ):
        shown = plain(head.job_card(t, [], job("done", result=result), NOW))
        version = "v3" if result else "–"
        assert t(f"models.last.{end}", when=t.time(NOW), job=7, version=version) in shown
    assert t("models.last.none") in plain(head.job_card(t, [], None, NOW))


def test_other_work_does_not_hide_how_the_last_training_ended(t: Words) -> None:
    last = job("done", result={"version": "v3", "champion": True})
    end = t("models.last.champion", when=t.time(NOW), job=7, version="v3")
    assert end in plain(head.job_card(t, [job(kind="monitor")], last, NOW))
    assert end not in plain(head.job_card(t, [job(kind="train")], last, NOW))


def test_cancelled_jobs_say_that_they_stop(t: Words) -> None:
    stopping = [job(cancel_requested=True)]
    assert t("models.job.stopping") in plain(head.job_card(t, stopping, None, NOW))
    assert '"disabled": true' in plain(head.job_actions(t, stopping))


def test_versions_table(english: Words) -> None:
    known = [
        facts("v3", "challenger", gate=gate(), trigger=HOSTILE),
        facts("v2", "champion"),
        facts("v1", "past", window=365, live=tuple((NOW, NOW) for _ in range(4)), rows=0, seconds=None, scores=()),
    ]
    shown = plain(versions.versions_table(english, known, "v2", "v1", NOW))
    assert "Roll back to v1" in shown
    for version in ("v1", "v3"):
        assert json.dumps({"type": "version", "action": "promote", "version": version}) in shown
    assert json.dumps({"type": "version", "action": "promote", "version": "v2"}) not in shown
    for text in (HOSTILE, "2 days ago", "12.3%", "10.0% to 15.0%", "the last 365 days", "and 2 times before",
                 "1 min 23 s", "ETS, SARIMA"):  # fmt: skip
        assert text in shown, text
    assert english("models.rollback.none") in plain(versions.versions_table(english, known, "v2", None, NOW))


def test_a_damaged_champion_is_not_called_in_use(t: Words) -> None:
    known = [facts("v2", "champion"), facts("v1", "past")]
    shown = plain(versions.versions_table(t, known, "v1", None, NOW))
    assert t("models.status.damaged") in shown
    assert t("models.status.champion") in shown


def test_versions_csv_has_everything_and_no_formula() -> None:
    known = [facts("v2", "champion", trigger=HOSTILE, gate=gate("better")), facts("v1", scores=(), seconds=None)]
    first, second = csv.DictReader(io.StringIO(versions.versions_csv(known, "v2"), newline=""))
    assert first["trigger"] == f"'{HOSTILE}"
    assert (first["serving"], second["serving"]) == ("yes", "no")
    assert float(first["wape_transactions"]) == 0.123
    assert float(first["lo95_transactions"]) == 0.1
    assert first["gate"] == "better"
    assert second["wape_transactions"] == ""
    assert dt.datetime.fromisoformat(first["created_at"]) == known[0].created_at


def test_the_pair_that_is_compared() -> None:
    champion, challenger = facts("v2", "champion", gate=gate("better")), facts("v3", "challenger", gate=gate())
    waits = versus.pair_of([challenger, champion, facts("v1")], "v2")
    assert waits is not None
    assert (waits.new.id, waits.old_id, waits.waits) == ("v3", "v1", True)
    before = versus.pair_of([champion, facts("v1")], "v2")
    assert before is not None
    assert (before.new.id, before.old and before.old.id, before.waits) == ("v2", "v1", False)
    assert versus.pair_of([facts("v1", "champion")], "v1") is None
    assert versus.pair_of([], "v1") is None


@pytest.mark.parametrize("code", CODES)
def test_versus(t: Words, theme: Theme, code: str) -> None:
    pair = versus.pair_of([facts("v3", "challenger", gate=gate(code)), facts("v2", "champion")], "v2")
    shown = plain(versus.versus(t, theme, pair, "v2", "transactions"))
    assert t("models.versus.moved", version="v1", serving="v2") in shown
    assert t("models.complexity.demanding") in shown
    assert t("models.complexity.simple") in shown
    assert t("models.folds.summary", version="v3", old="v1", won="1", lost="1", n="2") in shown
    assert t("models.segments.too_much") in shown
    assert t("models.segments.better") in shown
    assert t.number(0.032, 3) in shown


def test_versus_without_evidence(t: Words) -> None:
    assert t("models.versus.none") in plain(versus.versus(t, LIGHT, None, "v1", "transactions"))
    pair = versus.pair_of([facts("v3", "challenger", gate=gate(p_value=None))], "v2")
    shown = plain(versus.versus(t, LIGHT, pair, "v1", "revenue"))
    assert t("models.folds.none", measure=t.measure("revenue").lower()) in shown
    assert t("models.verdict.few", tests=t.count("compare.tests", 2)) in shown
    same = gate(segments=[{"segment": "total", "change": 0.0}], series=[])
    empty = versus.pair_of([facts("v3", "challenger", gate=same)], "v2")
    assert t("models.segments.title") not in plain(versus.versus(t, LIGHT, empty, "v1", "revenue"))


def test_versus_figure_is_valid(t: Words, theme: Theme) -> None:
    go.Figure(versus_figure(t, theme, ["a", "b"], [0.1, 0.2], [0.2, 0.1], ("v2", "v1")))
    go.Figure(versus_figure(t, theme, [], [], [], ("v2", "v1")))


def test_schedule_in_words(english: Words, french: Words) -> None:
    everything = Settings("06:00", 7, True, True).to_json()
    nothing = Settings(None, None, False, False).to_json()
    assert schedule.in_words(english, everything) == (
        "daily at 06:00, every 7 days, on drift, when forecasts got worse"
    )
    assert schedule.in_words(french, nothing) == "pas de contrôle quotidien"
    assert schedule.MOST_DAYS == MOST_DAYS
    told = plain(schedule.where_from(english, Settings(None, 7, False, False), False, None))
    assert "environment" in told
    assert "No daily check is planned" in told
    assert "this page" in plain(schedule.where_from(english, Settings("06:00", 7, False, False), True, NOW))
    assert '"time"' in plain(schedule.form(english))


def test_last_daily_run(english: Words, t: Words) -> None:
    found = {"drifted": ["price"], "performance": {"days": 14, "error": 0.25, "worse": True}, "retrain": "drift: price"}
    assert schedule.daily_found(english, found) == (
        "drift in price. Over 14 new days the forecasts were off by 25.0%, worse than in any test. "
        "So a retraining followed (drift: price)."
    )
    calm = {"drifted": [], "performance": {"days": 7, "error": 0.1, "worse": False}, "retrain": None}
    assert "no drift. Over 7 new days" in schedule.daily_found(english, calm)
    assert t("schedule.found.drift.unknown") in schedule.daily_found(t, {})
    assert t("schedule.last.none") in plain(schedule.last_daily(t, None))
    assert HOSTILE in plain(schedule.last_daily(t, job("failed", kind="daily", error=HOSTILE)))
    assert t("schedule.found.keep") in plain(schedule.last_daily(t, job("done", kind="daily", result=calm)))


def test_jobs_table(t: Words) -> None:
    known = [
        job(state, id=n, error=HOSTILE if state == "failed" else None, started_at=None if state == "queued" else NOW)
        for n, state in enumerate(JOB_STATES)
    ]
    shown = plain(jobs.jobs_table(t, known, 3))
    for state in JOB_STATES:
        assert t(f"models.state.{state}") in shown
    assert shown.count('"aria-expanded": "true"') == 1
    assert HOSTILE in shown
    assert t("jobs.none") in plain(jobs.jobs_table(t, [], None))


def test_results_of_jobs(english: Words) -> None:
    results = {
        "v3, came into use": job("done", result={"version": "v3", "champion": True}),
        "v3, waited as challenger": job("done", result={"version": "v3", "champion": False}),
        "v1": job("done", result={"version": "v1"}),
        "data read and cleaned": job("done", kind="prepare", result={"generation": "gen-1"}),
        "–": job("running"),
    }
    assert {text: jobs.result(english, one) for text, one in results.items()} == {text: text for text in results}


def test_log_never_shows_a_traceback(t: Words) -> None:
    lines = [LogLine(NOW, "info", HOSTILE), LogLine(NOW, "error", "bad"), LogLine(NOW, "traceback", "secret /etc")]
    shown = plain(jobs.job_log(t, job("failed"), 7, lines))
    assert "secret" not in shown
    assert "python -m core jobs show 7" in shown
    assert "<script>" in shown
    assert "jobs show" not in plain(jobs.job_log(t, job("done"), 7, lines[:2]))
    assert t("jobs.missing", job=99) in plain(jobs.job_log(t, None, 99, []))
    assert t("jobs.log.none") in plain(jobs.job_log(t, job(), 7, []))


def entry(**more: Any) -> SimpleNamespace:
    standard = {"id": 1, "at": NOW, "who": "ann", "subject": "champion", "from_value": None, "to_value": "v1",
                "reason": HOSTILE, "evidence": None}  # fmt: skip
    return SimpleNamespace(**{**standard, **more})


def test_audit(english: Words, french: Words) -> None:
    change = (
        json.dumps(Settings("06:00", 7, False, False).to_json()),
        json.dumps(Settings(None, None, True, True).to_json()),
    )
    known = [entry(id=2, subject="schedule", from_value=change[0], to_value=change[1]), entry()]
    shown = json.loads(plain(audit.audit_table(english, known)))["props"]["data-table"]
    rows = json.loads(shown)["rows"]
    assert rows[0][3] == "daily at 06:00, every 7 days → no daily check, on drift, when forecasts got worse"
    assert rows[1][2:] == ["Version in use", "– → v1", HOSTILE]
    assert audit.reason(french, entry(evidence=gate("better"), reason="better than v1")) == gate_reason(
        french, gate("better")
    )
    assert audit.reason(french, entry(evidence=gate("unheard of"))) == HOSTILE
    assert french("audit.none") in plain(audit.audit_table(french, []))
    assert audit.value(english, "schedule", "not json") == "not json"
    assert audit.value(english, "schedule", "[1]") == "[1]"


def test_audit_csv_has_the_evidence_and_no_formula() -> None:
    evidence = gate()
    (row,) = csv.DictReader(io.StringIO(audit.audit_csv([entry(who="@ann", evidence=evidence)]), newline=""))
    assert row["reason"] == f"'{HOSTILE}"
    assert row["who"] == "'@ann"
    assert json.loads(row["evidence"]) == evidence
    assert dt.datetime.fromisoformat(row["at"]) == NOW


def test_dialog_and_form(t: Words) -> None:
    shown = plain(ask.dialog(t))
    assert '"labelledby": "ask-title"' in shown
    refused = plain(ask.text(t, facts("v3", "challenger", gate=gate()), HOSTILE))
    assert said.gate_reason(t, gate()) in refused
    assert HOSTILE in refused
    assert t("models.ask.what") in plain(ask.text(t, None, "ann"))
    assert ask.title(t, "rollback", "v1") != ask.title(t, "promote", "v1")
    assert '"persistence_type": "local"' in plain(ask.name_field(t))
    assert all(t(f"retrain.window.{name}") in plain(retrain.form(t)) for _, name in retrain.WINDOWS)
    assert [one["value"] for one in retrain.model_options(t, MODEL_NAMES)] == list(MODEL_NAMES)

"""The callbacks of the Models page on an installation of its own: what they show, and what they change."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import dash
import plotly.graph_objects as go
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from app import create_app
from app.settings import Settings as AppSettings
from callbacks import models, models_actions
from callbacks.now import KINDS, ready_of
from callbacks.services import Services
from components import ids
from components.export import MARK
from core.config import Config
from core.errors import InputError
from core.intake.asked import CHECK, LOAD, LOOK
from core.lifecycle import audit
from core.lifecycle.bootstrap import MONITOR
from core.lifecycle.registry import Registry
from core.lifecycle.schedule import DAILY, Settings
from core.lifecycle.work import BACKTEST, POWER, REPLAY, TRIAL
from core.models.catalogue import MODEL_NAMES
from core.monitoring.shown import Span
from tests.callbacks.test_callbacks import parts, plain, text_of, text_tables

ALL = ["transactions", "orders", "units", "revenue", "customers"]


@dataclass(frozen=True)
class Installation:
    """Inside a request: v1 serves, v2 waits as challenger."""

    app: dash.Dash
    services: Services
    ready: str

    @property
    def champion(self) -> str:
        return self.services.registry.aliases()["champion"]


def gate() -> dict[str, Any]:
    folds = ["2024-10-01", "2024-11-01"]
    series = [
        {"series": "transactions/total", "fold": fold, "challenger": 0.3, "champion": 0.2 + n / 10}
        for n, fold in enumerate(folds)
    ]
    return {
        "code": "worse", "promote": False, "challenger": "", "champion": "v1", "folds": folds, "change": 0.2,
        "p_value": 0.01, "alpha": 0.05, "limit": 0.1, "series": series, "complexity": [1.0, 5.0], "lacks": [],
        "segments": [{"segment": "total", "challenger": 1.2, "champion": 1.0, "change": 0.2}],
    }  # fmt: skip


def challenge(found: Services) -> None:
    """A copy of the champion that the gate has refused."""
    registry = found.registry
    champion = registry.champion()
    assert champion is not None
    with registry.workspace() as folder:
        shutil.copytree(champion.path, folder, dirs_exist_ok=True)
        (folder / "manifest.json").unlink()
        manifest = {key: value for key, value in champion.manifest.items() if key != "files"}
        version = registry.publish(
            folder, manifest | {"gate": gate(), "parent": champion.id, "trigger": "manual: test"}
        )
    registry.challenge(version.id, "test", "worse", gate())


@pytest.fixture
def here(config: Config, tmp_path: Path) -> Iterator[Installation]:
    shutil.copytree(config.data_dir, tmp_path / "data")
    app = create_app(AppSettings(core=Config(data_dir=tmp_path / "data"), secret_key="a key for the tests"))
    assert app.server.test_client().get("/").status_code == 200
    options = {"headers": {"Accept-Language": "en"}, "environ_overrides": {"REMOTE_ADDR": "192.0.2.7"}}
    with app.server.test_request_context("/", **options):
        found = app.server.extensions["tidemark"]
        challenge(found)
        ready = ready_of(found)
        assert ready
        yield Installation(app, found, ready)


def restart(here: Installation) -> None:
    """The same installation with a new registry: nothing is known of what was looked at before."""
    fresh = Registry(here.services.settings.core)
    here.app.server.extensions["tidemark"] = replace(here.services, registry=fresh)


def clicked(monkeypatch: pytest.MonkeyPatch, module: Any, name: dict[str, Any]) -> None:
    monkeypatch.setattr(module, "ctx", type("Ctx", (), {"triggered_id": name}))


def asked(monkeypatch: pytest.MonkeyPatch, action: str, version: str, name: str | None = None) -> dict[str, Any]:
    """What the dialog remembers after a click."""
    clicked(monkeypatch, models_actions, ids.version_button(action, version))
    is_open, remembered, title, _, reason, error = models_actions.ask([1], name)
    assert (is_open, reason, error) == (True, "", "")
    assert version in title
    return remembered


def test_nothing_is_drawn_before_the_first_forecast(empty: dash.Dash) -> None:
    with empty.server.test_request_context("/"):
        for draw in (
            lambda: models.draw_head(None, None),
            lambda: models.draw_versions(None, None),
            lambda: models.draw_versus(None, None, None, None),
            lambda: models.fill(None, None, None),
        ):
            with pytest.raises(PreventUpdate):
                draw()
        plain(list(models.draw_job(None, None)[0]))
        plain(models.draw_jobs(None, None))
        plain(models.draw_audit(None))


def test_page_is_known_beside_the_interface_of_the_same_name(here: Installation) -> None:
    client = here.app.server.test_client()
    page = client.get("/lifecycle?job=x&measure=nonsense")
    assert page.status_code == 200
    assert page.mimetype == "text/html"
    assert here.app.server.test_client().get("/models").mimetype != "text/html"


def test_shows_what_core_says(here: Installation) -> None:
    content = plain(models.draw_head(here.ready, None))
    assert "Version v1 has been in use" in text_of(content)
    assert "Version v2 waits as challenger" in text_of(content)
    rows = parts(plain(models.draw_versions(here.ready, None)), "Tbody")[0]["props"]["children"]
    assert [text_of(row["props"]["children"][0]) for row in rows] == ["v2", "v1"]
    versus = plain(models.draw_versus(here.ready, None, "transactions", None))
    figure = parts(versus, "Graph")[0]["props"]["figure"]
    go.Figure(figure)
    assert figure["data"][1]["y"] == [0.3, 0.3]
    folds = next(one for one in text_tables(versus) if len(one["columns"]) == 4)
    assert [row[1:3] for row in folds["rows"]] == [["30.0%", "20.0%"], ["30.0%", "30.0%"]]
    assert "no test period in common" in text_of(plain(models.draw_versus(here.ready, None, "units", None)))


def test_damaged_versions_are_listed(here: Installation) -> None:
    manifest = here.services.settings.core.models_dir / "versions" / "v2" / "manifest.json"
    manifest.write_text("{}")
    restart(here)
    content = plain(models.draw_head(here.ready, None))
    assert "Version v2 is not used" in text_of(content)
    assert "Version v1 has been in use" in text_of(content)


def test_promotion_needs_a_reason(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = asked(monkeypatch, "promote", "v2")
    for reason in (None, "", "  ", "a b"[:2]):
        stays, error, said = models_actions.answer(1, None, remembered, reason, None)
        assert (stays, said) == (no_update, no_update)
        assert "at least 3" in error
    assert here.champion == "v1"
    done = models_actions.answer(None, 1, remembered, " better \n for March ", None)
    assert done == (False, "", "Version v2 is in use now.")
    assert here.champion == "v2"
    entry = audit.entries(here.services.engine, "champion", 1)[0]
    assert (entry.from_value, entry.to_value, entry.reason) == ("v1", "v2", "better for March")
    assert entry.who == "browser at 192.0.2.7"


def test_unknown_and_damaged_versions_stay_out(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    for version in ("v99", "../v1"):
        error = models_actions.answer(1, None, asked(monkeypatch, "promote", version), "because", None)[1]
        assert "there is no version" in error
    victim = next((here.services.settings.core.models_dir / "versions" / "v2").glob("*.parquet"))
    victim.write_bytes(b"damaged")
    restart(here)
    error = models_actions.answer(1, None, asked(monkeypatch, "promote", "v2"), "because", None)[1]
    assert "damaged" in error
    assert here.champion == "v1"


def test_nobody_is_overtaken_unseen(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    remembered = asked(monkeypatch, "promote", "v1")
    here.services.registry.promote("v2", "somebody else", "faster")
    stays, error, _ = models_actions.answer(1, None, remembered, "because", None)
    assert stays is no_update
    assert "v2" in error
    assert here.champion == "v2"


def test_rollback(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    here.services.registry.promote("v2", "test", "try")
    shown = plain(models.draw_versions(here.ready, None))
    (button,) = [one for one in parts(shown, "Button") if one["props"]["id"]["action"] == "rollback"]
    version = button["props"]["id"]["version"]
    assert version == here.services.registry.previous() == "v1"
    done = models_actions.answer(1, None, asked(monkeypatch, "rollback", version, "Ann"), "it was worse", "Ann")
    assert done[0] is False
    assert here.champion == "v1"
    assert audit.entries(here.services.engine, "champion", 1)[0].who == "Ann"
    assert here.services.registry.previous() is None  # it went back, and did not put v1 on top of v2
    assert models_actions.leave(1) is False
    with pytest.raises(PreventUpdate):
        models_actions.answer(None, None, None, "because", None)


def test_a_version_put_into_use_gets_its_history(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(PreventUpdate):
        models_actions.look_anew(None)
    said = models_actions.answer(1, None, asked(monkeypatch, "promote", "v2"), "a better one", None)[2]
    monkeypatch.setattr(models_actions, "span", lambda *_: Span(dt.date(2024, 1, 1), dt.date(2999, 1, 1), 9))
    with pytest.raises(PreventUpdate):  # it has one
        models_actions.look_anew(said)
    monkeypatch.setattr(models_actions, "span", lambda *_: None)
    job = here.services.jobs.get(models_actions.look_anew(said))
    assert job is not None
    assert job.kind == MONITOR
    assert models_actions.look_anew(said) is no_update  # it is on its way


def test_fields_are_filled_once(here: Installation) -> None:
    measures, ticked, names, chosen = models.fill(here.ready, None, None)
    assert [one["value"] for one in measures] == ticked == ALL
    assert [one["value"] for one in names] == list(MODEL_NAMES) == chosen
    assert models.fill(here.ready, ["revenue", "gone"], ["ets"])[1::2] == (["revenue"], no_update)


def test_retraining_starts_a_job_once(here: Installation) -> None:
    number, said = models_actions.retrain(1, ALL, list(MODEL_NAMES), "all", " new  prices ", "  Ann \n B ")
    job = here.services.jobs.get(number)
    assert job is not None
    assert (job.kind, job.who, job.why, job.request) == ("train", "Ann B", "manual: new prices", None)
    assert str(number) in said
    again, told = models_actions.retrain(1, ["units"], ["ets"], "365", None, None)
    assert again is no_update
    assert "Ann B" in told
    assert here.services.jobs.latest("train") == job


def test_a_request_of_its_own(here: Installation) -> None:
    number, _ = models_actions.retrain(1, ["units", "revenue"], ["ets", "gp"], "365", None, None)
    job = here.services.jobs.get(number)
    assert job is not None
    assert job.request == {"measures": ["units", "revenue"], "models": ["ets", "gp"], "window": 365}
    assert job.why == "manual"


def test_impossible_requests_are_sentences(here: Installation) -> None:
    assert "at least one measure" in models_actions.retrain(1, [], ["ets"], "all", None, None)[1]
    assert "at least one model" in models_actions.retrain(1, ALL, [], "all", None, None)[1]
    for window in ("5", "-3", "x", "1e9", "²"):
        with pytest.raises(InputError):
            models_actions.retrain(1, ALL, ["ets"], window, None, None)
    for measures, names in ((["nonsense"], ["ets"]), (ALL, ["nonsense"])):
        with pytest.raises(InputError, match="nonsense"):
            models_actions.retrain(1, measures, names, "all", None, None)
    assert here.services.jobs.latest("train") is None or not here.services.jobs.latest("train").active
    with pytest.raises(PreventUpdate):
        models_actions.retrain(None, ALL, ["ets"], "all", None, None)


def test_job_is_seen_and_cancelled(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = here.services.jobs
    number, _ = models_actions.retrain(1, ALL, list(MODEL_NAMES), "all", None, None)
    card, buttons, shown = models.draw_job(None, None)
    assert "Waiting for the work to begin" in text_of(plain(card))
    assert parts(plain(buttons), "Button")[0]["props"]["id"] == ids.cancel_button(number)
    assert models.draw_job(None, shown)[1:] == (no_update, no_update)
    clicked(monkeypatch, models_actions, ids.cancel_button(number))
    with pytest.raises(PreventUpdate):
        models_actions.cancel([None])
    models_actions.cancel([1])
    ended = jobs.get(number)
    assert ended is not None
    assert ended.state == "cancelled"
    card, buttons, _ = models.draw_job(None, shown)
    assert buttons == []
    assert "was cancelled" in text_of(plain(card))
    with pytest.raises(InputError, match="ended already"):
        models_actions.cancel([1])


def test_a_running_job_says_that_it_stops(here: Installation) -> None:
    job = here.services.jobs.start("train", "test", "manual")
    with here.services.jobs.run(job) as run:
        run(0.5, "Half way <b>")
        card, _, shown = models.draw_job(None, None)
        assert "Half way <b>" in text_of(plain(card))
        here.services.jobs.cancel(job.id)
        card, buttons, after = models.draw_job(None, shown)
        assert "Stopping" in text_of(plain(card))
        assert parts(plain(buttons), "Button")[0]["props"]["disabled"] is True
        assert after != shown


def test_log_of_a_job(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = here.services.jobs
    job = jobs.start("train", "test", "manual")
    with contextlib.suppress(RuntimeError), jobs.run(job) as run:
        run(0.1, "Reading")
        raise RuntimeError("secret")
    content = plain(models.draw_log(str(job.id), None))
    assert text_tables(content)[0]["rows"][0][2] == "Reading"
    assert "secret" not in json.dumps(content)
    assert f"jobs show {job.id}" in text_of(content)
    assert "There is no job 999" in text_of(plain(models.draw_log("999", None)))
    for odd in (None, "", "x", "-1", "²", "9" * 30):
        assert models.draw_log(odd, None) is None
    clicked(monkeypatch, models, ids.log_button(job.id))
    assert models.choose_log([1], "") == str(job.id)
    assert models.choose_log([1], str(job.id)) == ""
    assert models.choose_log([None], "") is no_update
    expanded = [
        one["props"]["id"]["job"]
        for one in parts(plain(models.draw_jobs(None, str(job.id))), "Button")
        if one["props"]["aria-expanded"] == "true"
    ]
    assert expanded == [job.id]


def test_schedule_is_saved_and_reset(here: Installation) -> None:
    schedule = here.services.schedule
    told, _, *fields = models.draw_schedule(None, None)
    assert "environment" in text_of(plain(told))
    assert fields[:6] == [True, "06:00", True, 7, False, False]
    assert models.draw_schedule(None, fields[6])[2:] == (no_update,) * 7

    assert models_actions.save(1, True, "04:30:00", False, None, True, False, "Ann") == "Saved."
    assert schedule.settings() == (Settings("04:30", None, True, False), True)
    told, _, *fields = models.draw_schedule(None, fields[6])
    assert "this page" in text_of(plain(told))
    assert "04:30" in text_of(plain(told))
    assert fields[:6] == [True, "04:30", False, 7, True, False]
    length = audit.length(here.services.engine)
    assert "nothing was changed" in models_actions.save(1, True, "04:30", False, 3, True, False, "Ann")
    assert audit.length(here.services.engine) == length
    assert audit.entries(here.services.engine, "schedule", 1)[0].who == "Ann"

    assert models_actions.save(1, False, None, False, None, False, False, None) == "Saved."
    assert "No daily check" in text_of(plain(models.draw_schedule(None, None)[0]))
    assert "environment" in models_actions.reset(1, None)
    assert schedule.settings()[1] is False
    assert "nothing was changed" in models_actions.reset(1, None)


def test_impossible_schedules_are_sentences(here: Installation) -> None:
    assert "06:00" in models_actions.save(1, True, None, False, None, False, False, None)
    assert "1 to 365" in models_actions.save(1, True, "06:00", True, None, False, False, None)
    for at, every in (("25:00", 7), ("x", 7), ("off!!", 7), ("06:00", 0), ("06:00", 366), ("06:00", 1.5)):
        with pytest.raises(InputError):
            models_actions.save(1, True, at, True, every, False, False, None)
    assert here.services.schedule.settings()[1] is False


def test_daily_check_is_started_once(here: Installation) -> None:
    told = {models.TRAIN, DAILY, MONITOR, TRIAL, POWER, REPLAY, BACKTEST, CHECK, LOAD, LOOK}
    assert set(KINDS) == told  # the page of every kind is told
    number, said = models_actions.run_daily(1, "Ann")
    assert str(number) in said
    again, told = models_actions.run_daily(1, None)
    assert again is no_update
    assert "Ann" in told
    job = here.services.jobs.get(number)
    assert job is not None
    with here.services.jobs.run(job) as run:
        run.result = {"drifted": ["price"], "performance": None, "retrain": None}
    assert "drift in price" in text_of(plain(models.draw_schedule(None, None)[1]))


def test_audit_is_shown_and_downloaded(here: Installation) -> None:
    here.services.registry.promote("v2", '=1+"<b>"', "=cmd()", {"p": 0.1})
    rows = text_tables(plain(models.draw_audit(None)))[0]["rows"]
    assert rows[1][1:] == ['=1+"<b>"', "Version in use", "v1 → v2", "=cmd()"]
    assert models.download_audit(None) is no_update
    sent = models.download_audit(1)
    lines = list(csv.DictReader(io.StringIO(sent["content"].removeprefix(MARK), newline="")))
    assert len(lines) == len(audit.entries(here.services.engine))
    moved = next(one for one in lines if one["to"] == "v2" and one["subject"] == "champion")
    assert (moved["who"], moved["reason"]) == ('\'=1+"<b>"', "'=cmd()")
    assert json.loads(moved["evidence"]) == {"p": 0.1}


def test_versions_are_downloaded(here: Installation) -> None:
    assert models.download_versions(None, here.ready) is no_update
    sent = models.download_versions(1, here.ready)
    rows = list(csv.DictReader(io.StringIO(sent["content"].removeprefix(MARK), newline="")))
    assert [(row["id"], row["status"], row["serving"]) for row in rows] == [
        ("v2", "challenger", "no"), ("v1", "champion", "yes"),
    ]  # fmt: skip


def test_everything_in_french_and_dark(here: Installation) -> None:
    cookies = {"Cookie": "tidemark_lang=fr; tidemark_theme=dark"}
    with here.app.server.test_request_context("/", headers=cookies):
        assert "est en service depuis" in text_of(plain(models.draw_head(here.ready, None)))
        for draw in (
            models.draw_versions(here.ready, None),
            models.draw_versus(here.ready, None, "transactions", None),
            list(models.draw_schedule(None, None)[:2]),
            models.draw_jobs(None, None),
            models.draw_audit(None),
        ):
            plain(draw)

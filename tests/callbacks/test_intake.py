"""The callbacks that load files: what they ask for, and when what was seen and found is shown. Core is played."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import dash
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from callbacks import intake, intake_actions, intake_desk
from callbacks.services import services
from components import ids
from components.views import intake as view
from core.errors import InputError
from core.intake.asked import CHECK, LOAD, LOOK
from core.intake.facts import Checked, Fault, Look, RuleEffect, Sheet, Summary
from core.intake.loads import Load, LoadedFile, RulesInForce
from core.intake.uploads import Upload
from core.lifecycle.jobs import Jobs
from core.transactions.rules import RULES
from tests.callbacks.test_callbacks import parts, plain, text_of

NOW = dt.datetime(2026, 11, 25, 12, 0, tzinfo=dt.UTC)
DAY = dt.date(2026, 11, 20)
ON = {rule.id: rule.default_on for rule in RULES}
COLUMNS = ("Sold at", "Pieces", "", "", "", "", "", "")
PICKED = tuple(map(view.value, COLUMNS))
FIELDS = (*PICKED, *ON.values())
SUMMARY = Summary(100, 90, DAY, DAY, None, ("time",), ("transactions",), ("total",), (("a.csv", 100),))


@dataclass
class Played:
    """Received files and loads as core would have them."""

    files: dict[str, Upload] = field(default_factory=dict)
    looks: dict[str, Look] = field(default_factory=dict)
    loads: list[Load] = field(default_factory=list)
    in_force: RulesInForce = field(default_factory=lambda: RulesInForce(dict(ON), False, {"duplicate": 7}))

    def get(self, upload: str) -> Upload | None:
        return self.files.get(upload)

    def look(self, upload: str) -> Look | None:
        return self.looks.get(upload)

    def recent(self) -> list[Upload]:
        return list(self.files.values())

    def remove(self, upload: str) -> None:
        self.files.pop(upload, None)

    def history(self) -> list[Load]:
        return self.loads

    def rules(self) -> RulesInForce:
        return self.in_force


@pytest.fixture
def played(empty: dash.Dash, monkeypatch: pytest.MonkeyPatch) -> Iterator[Played]:
    """One file, ``u1``, is there and was looked at."""
    made = Played()
    made.files["u1"] = Upload("u1", "sales.csv", "csv", 2 * 2**20, NOW, "Ann", Path("sales.csv"))
    sheet = Sheet(None, ("Sold at", "Pieces", "Colour"), (("2026-01-01", "2", "red"),), 1, True,
                  {"time": "Sold at"}, ("Colour",), None)  # fmt: skip
    made.looks["u1"] = Look("u1", (sheet,))
    with empty.server.test_request_context("/", headers={"Accept-Language": "en"}):
        found = services()
        monkeypatch.setattr(intake, "desk", lambda: intake.Desk(found, made, made))  # type: ignore[arg-type]
        monkeypatch.setattr(intake_actions, "desk", intake.desk)
        yield made


def jobs() -> Jobs:
    return services().jobs


def end(number: int, result: Any = None, error: str = "") -> None:
    """Ends a queued job with a result or an error."""
    job = jobs().get(number)
    assert job is not None
    try:
        with jobs().run(job) as run:
            run.result = result
            if error:
                raise InputError(error)
    except InputError:
        pass


def test_why_a_file_cannot_be_read_stays_to_be_seen(played: Played) -> None:
    end(jobs().start(LOOK, "Ann", "manual", {"upload": "u2"}).id, error="sales.xlsx is no workbook")
    hidden, title, content, *_ = intake.draw_file("u2", None, None)
    assert (hidden, title) == (False, "This file cannot be loaded")
    assert "sales.xlsx is no workbook" in text_of(content)


def clicked(monkeypatch: pytest.MonkeyPatch, name: Any) -> None:
    monkeypatch.setattr(intake_actions, "ctx", SimpleNamespace(triggered_id=name))


def file_form() -> dict[str, Any]:
    """What ``draw_file`` puts into the form."""
    values = intake.draw_file("u1", None, None)
    names = ["hidden", "title", "content", "no_again", "no_discard", "no_form", "stamp", "mode"]
    fixed = dict(zip(names, values, strict=False))
    fields = values[len(names) :]
    columns = {name: fields[2 * n : 2 * n + 2] for n, name in enumerate(view.COLUMNS)}
    return fixed | {"columns": columns, "rules": fields[2 * len(view.COLUMNS) :]}


def checked(number: Any, **more: Any) -> None:
    rules = (RuleEffect("duplicate", True, True, 5, 95),)
    standard: dict[str, Any] = {"after": SUMMARY, "now": SUMMARY, "rules": rules, "file_lines": 100}
    end(number, Checked(**standard | more).to_json())


def made(number: int) -> Load:
    file = LoadedFile("a.csv", "csv", 1)
    return Load(number, NOW, "Ann", "why", "add", (file,), {}, None, 9, 8, DAY, DAY, "in use", None, True)


def test_the_form_is_filled_with_what_is_guessed(played: Played) -> None:
    form = file_form()
    assert (form["hidden"], form["no_form"], form["no_again"]) == (False, False, True)
    assert form["title"] == "sales.csv (2 MB)"
    assert [one["value"] for one in form["columns"]["time"][0]] == ["none", "=Sold at", "=Pieces", "=Colour"]
    assert [form["columns"][name][1] for name in ("time", "quantity")] == ["=Sold at", "none"]
    assert form["rules"] == tuple(ON.values())
    assert form["mode"] == "replace"
    with pytest.raises(PreventUpdate):  # nothing else is known of it: nobody's choices are lost
        intake.draw_file("u1", None, form["stamp"])
    assert intake.draw_unused("u1", None, *PICKED) == "Not used: Colour."
    assert intake.draw_file(None, None, None)[0]


def test_what_was_asked_for_is_there_again(played: Played) -> None:
    on = ON | {"product": True}
    number, said, _ = intake_actions.check_file(1, "u1", "Ann", "add", *PICKED, *on.values())
    assert said == ""
    job = jobs().get(number)
    assert job is not None
    columns = dict(zip(view.COLUMNS, COLUMNS, strict=True))
    assert job.request == {"mode": "add", "upload": "u1", "columns": columns, "rules": on, "load": None, "data": None}
    form = file_form()
    assert form["mode"] == "add"
    assert form["columns"]["quantity"][1] == "=Pieces"
    assert form["rules"] == tuple(on.values())
    assert intake_actions.check_file(1, "u1", None, "add", *FIELDS)[0] is no_update  # one at a time


def test_faulty_choices_are_refused_at_once(played: Played) -> None:
    assert intake_actions.check_file(1, "u1", None, "add", "=Sold at", *["none"] * 7, *ON.values())[1].startswith(
        "Choose the column for Quantity"
    )
    twice = ("=Sold at", "=Sold at", *["none"] * 6)
    assert "“Sold at” is chosen twice" in intake_actions.check_file(1, "u1", None, "add", *twice, *ON.values())[1]
    assert jobs().recent(5, CHECK) == []


def test_only_what_was_checked_is_loaded(played: Played) -> None:
    assert intake.draw_report(None, "u1", "add", *FIELDS)[1:3] == (True, None)
    number, _, _ = intake_actions.check_file(1, "u1", None, "add", *FIELDS)
    running, hidden, store, *_ = intake.draw_report(None, "u1", "add", *FIELDS)
    assert "Being checked" in text_of(plain(running))
    assert (hidden, store) == (True, None)
    checked(number)
    report, hidden, store, *effects = intake.draw_report(None, "u1", "add", *FIELDS)
    assert "all 100 lines can be read" in text_of(plain(report))
    assert (hidden, store) == (False, number)
    assert effects[0] == "Drops 5 lines. Off: 95 lines in use (+5)."
    report, hidden, store, *_ = intake.draw_report(None, "u1", "replace", *FIELDS)
    assert "check again before loading" in text_of(plain(report))
    assert (hidden, store) == (True, None)

    loading, said, _ = intake_actions.load_checked(1, number, "Ann")
    job, check = jobs().get(loading), jobs().get(number)
    assert job is not None
    assert check is not None
    assert check.request is not None
    assert (job.kind, job.request, job.who, said) == (LOAD, {**check.request, "data": ""}, "Ann", "")
    assert "Being loaded" in text_of(plain(intake.draw_outcome(None, "u1")[0]))
    end(loading, {"load": 3, "lines_in": 100, "lines_out": 90, "generation": "g"})
    played.loads = [made(3)]
    outcome, no_training = intake.draw_outcome(None, "u1")
    assert "Loaded as number 3: 90 lines" in text_of(plain(outcome))
    assert not no_training
    played.loads = [replace(made(3), state="undone")]
    assert "not in use any more" in text_of(plain(intake.draw_outcome(None, "u1")[0]))
    played.remove("u1")  # it belongs to the load now
    assert intake.draw_file("u1", None, None)[1] == "File loaded"
    with pytest.raises(InputError, match="Check it again"):
        intake_actions.load_checked(1, loading, None)


def test_faults_leave_nothing_to_load(played: Played) -> None:
    number, _, _ = intake_actions.check_file(1, "u1", None, "add", *FIELDS)
    end(number, Checked((Fault("sales.csv", None, 3, "Pieces", "'many' is no number", None, "…"),), 1).to_json())
    report, hidden, store, *_ = intake.draw_report(None, "u1", "add", *FIELDS)
    assert (hidden, store) == (True, None)
    assert "1 fault" in text_of(plain(report))


def test_a_file_is_looked_at_once_and_again_only_on_request(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    clicked(monkeypatch, ids.Intake.UPLOAD)
    with pytest.raises(PreventUpdate):
        intake_actions.begin_look("u1", None, None, None)
    del played.looks["u1"]
    number = intake_actions.begin_look("u1", None, None, "Ann")
    job = jobs().get(number)
    assert job is not None
    assert (job.kind, job.request) == (LOOK, {"upload": "u1"})
    assert "Looking at" in text_of(plain(file_form()["content"]))
    end(number, error="the workbook is broken")
    form = file_form()
    assert "the workbook is broken." in text_of(plain(form["content"]))
    assert not form["no_again"]
    with pytest.raises(PreventUpdate):
        intake_actions.begin_look("u1", "changed", None, None)
    clicked(monkeypatch, ids.Intake.AGAIN)
    assert intake_actions.begin_look("u1", None, 1, None) > number
    assert intake.draw_file("nonsense", None, None)[1] == "File not found"


def test_files_wait_until_somebody_goes_on_or_discards_them(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    source, limit, waits = intake.draw_drop(None, None, None)
    assert source == ""
    assert int(plain(limit)["props"]["data-most"]) > 0
    buttons = [one["props"]["id"] for one in parts(plain(waits), "Button")]
    assert buttons == [ids.upload_button("open", "u1"), ids.upload_button("forget", "u1")]
    clicked(monkeypatch, buttons[0])
    assert intake_actions.choose([1, None], None, None) == ("u1", no_update)
    clicked(monkeypatch, ids.Intake.DISCARD)
    assert intake_actions.choose([], 1, "u1") == (None, None)
    assert played.files == {}


def test_rules_are_checked_and_used(played: Played) -> None:
    head, known, *values = intake.draw_rules(None, None)
    assert "settings of the server" in text_of(plain(head))
    assert values == list(ON.values())
    assert intake.draw_rules(None, known)[2:] == (no_update,) * len(ON)
    report, hidden, _, *effects = intake.draw_rules_report(None, *ON.values())
    assert (report, hidden) == ([], True)
    assert effects[0] == "Drops 7 lines."
    assert intake_actions.check_rules(1, None, *ON.values())[0] is no_update
    other = ON | {"product": True}
    number, _, _ = intake_actions.check_rules(1, None, *other.values())
    checked(number, file_lines=None)
    report, hidden, store, *_ = intake.draw_rules_report(None, *other.values())
    assert (hidden, store) == (False, number)
    loading, said, _ = intake_actions.load_checked(1, store, None)
    assert f"Job {loading}" in said
    played.in_force = replace(played.in_force, on=other, chosen=True)
    assert intake_actions.reset_rules(1) == list(ON.values())
    end(loading, error="no room")
    assert "no room" in text_of(plain(intake.draw_history(None)[0]))
    number, _, _ = intake_actions.check_rules(1, None, *ON.values())
    job = jobs().get(number)
    assert job is not None
    assert job.request is not None
    assert job.request["rules"] is None  # those of the environment again


def test_undo_needs_a_reason_and_the_newest_load(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    load = made(4)
    played.loads = [load]
    clicked(monkeypatch, ids.undo_button(4))
    is_open, number, title, text, *_ = intake_actions.ask([1], "Ann")
    assert (is_open, number, title) == (True, 4, "Undo load 4?")
    assert "a.csv" in text_of(plain(text))
    assert "at least 3 characters" in intake_actions.answer(1, None, 4, " x ", None)[1]
    closed, _, job_id, said, _ = intake_actions.answer(1, None, 4, "the wrong file", "Ann")
    job = jobs().get(job_id)
    assert job is not None
    assert job.request is not None
    assert (closed, job.kind, job.why, job.request["mode"], job.request["load"]) == (
        False, LOAD, "the wrong file", "undo", 4,
    )  # fmt: skip
    assert str(job_id) in said
    played.loads = [replace(load, can_undo=False)]
    assert "something else came into use" in intake_actions.answer(1, None, 4, "the wrong file", "Ann")[1]


def test_what_was_checked_on_other_data_is_not_loaded(played: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    number, _, _ = intake_actions.check_file(1, "u1", None, "add", *FIELDS)
    checked(number, data="g1")
    in_use = ["g1"]
    monkeypatch.setattr(intake_desk, "data_of", lambda _: in_use[0])
    assert intake.draw_report(None, "u1", "add", *FIELDS)[1:3] == (False, number)
    loading, _, _ = intake_actions.load_checked(1, number, None)
    job = jobs().get(loading)
    assert job is not None
    assert job.request is not None
    assert job.request["data"] == "g1"
    end(loading, error="no room")
    other = ON | {"product": True}
    number, _, _ = intake_actions.check_rules(1, None, *other.values())
    running = intake.draw_rules_report(None, *other.values())
    assert "Being checked" in text_of(plain(running[0]))
    checked(number, file_lines=None, data="g1")
    assert intake.draw_rules_report(None, *other.values())[1:3] == (False, number)
    in_use[0] = "g2"
    report, hidden, store, *_ = intake.draw_report(None, "u1", "add", *FIELDS)
    assert "The data have changed since the check" in text_of(plain(report))
    assert (hidden, store) == (True, None)
    report, hidden, store, *_ = intake.draw_rules_report(None, *other.values())
    assert "Nothing was checked yet" in text_of(plain(report))
    assert (hidden, store) == (True, None)

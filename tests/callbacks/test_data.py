"""The callbacks of the Data page on an installation of its own: the opening calendar."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dash
import pytest
from dash import no_update
from dash.exceptions import PreventUpdate

from app import create_app
from app.settings import Settings
from callbacks import data, opening
from callbacks.now import ready_of
from callbacks.services import services
from components import ids
from components.views.opening import VIEWS
from core.config import Config
from core.lifecycle.bootstrap import TRAIN
from core.series.overrides import read_declared
from tests.callbacks.test_callbacks import parts, plain, text_of, text_tables


@pytest.fixture
def here(config: Config, tmp_path: Path) -> Iterator[str]:
    """Inside a request to a copy of the installation, as it changes; the value says what is in use."""
    shutil.copytree(config.data_dir, tmp_path / "data")
    app = create_app(Settings(core=Config(data_dir=tmp_path / "data"), secret_key="a key for the tests"))
    assert app.server.test_client().get("/").status_code == 200
    with app.server.test_request_context("/", headers={"Accept-Language": "en"}):
        ready = ready_of(services())
        assert ready
        yield ready


def shown(ready: str, view: str | None = None) -> dict[str, Any]:
    names = ("head", "no_training", "months", "days", "changes", "first", "last", "first_too", "last_too")
    return dict(zip(names, plain(opening.draw(ready, None, view)), strict=True))


def days(months: Any) -> dict[str, list[str]]:
    found = json.loads(months["props"]["data-calendar"])
    return {day[0]: day[1:] for month in found["months"] for day in month["days"]}


def test_nothing_is_drawn_before_the_first_forecast(empty: dash.Dash) -> None:
    with empty.server.test_request_context("/"), pytest.raises(PreventUpdate):
        opening.draw(None, None, None)


def test_the_calendar_is_that_of_the_forecasts(here: str) -> None:
    version = services().registry.champion()
    assert version is not None
    frame = version.forecasts()
    closed = {day.date().isoformat() for day in frame.loc[~frame["open"], "date"]}
    coming = {day: kind for day, (kind, _) in days(shown(here)["months"]).items() if kind}
    ahead = {day for day in coming if day > version.origin.isoformat()}
    assert {day for day in ahead if coming[day] != "open"} == closed & ahead
    assert len(closed & ahead) > 40
    assert shown(here)["no_training"]
    assert "No day is set by hand" in text_of(shown(here)["head"])
    assert min(days(shown(here, "past")["months"])) < version.origin.isoformat()
    assert VIEWS[0] == "coming"


def test_a_day_is_closed_and_taken_back(here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = shown(here)
    ahead = [day for day, (kind, _) in days(before["months"]).items() if kind == "open"][-1]
    said, changed, remark = opening.save(1, ahead, None, "closed", "=stock taking", "Ann")
    assert remark == ""
    assert said == "1 day is now closed. Forecasts follow with the next training."
    assert changed
    now = shown(here)
    assert days(now["months"])[ahead][0] == "hand_closed pending"
    assert not now["no_training"]
    assert "do not know about 1 change yet" in text_of(now["head"])
    assert "Ann" in json.dumps(text_tables([now["changes"]]))
    content = opening.download(1)["content"]
    assert f"{ahead},no,'=stock taking" in content
    assert opening.save(1, ahead, ahead, "closed", "=stock taking", None)[1] is no_update

    button = parts([now["days"]], "Button")[0]["props"]["id"]
    assert button == ids.back_button(ahead, ahead)
    monkeypatch.setattr(opening, "ctx", type("Ctx", (), {"triggered_id": button}))
    said, _ = opening.take_back([1], None)
    assert said.startswith("1 day follows the rule again.")


def test_refusals_are_sentences(here: str) -> None:
    now = shown(here)
    for fields in ((None, None, "closed"), ("soon", None, "closed"), (now["first"], None, "nonsense")):
        assert opening.save(1, *fields, "", None)[0] == "Choose a day first: From (and To, for several days)."
    said, *_ = opening.save(1, now["first"], "2999-01-01", "closed", "", None)
    assert "These days cannot be set" in said
    said, _ = opening.take_file({"text": "date,open\nsoon,no\n"}, None)
    assert said.startswith("calendar.csv, row 2, column date: 'soon' is not a day.")
    with pytest.raises(PreventUpdate):
        opening.save(None, None, None, None, None, None)


def test_a_file_that_cannot_be_used_is_told(here: str) -> None:
    services().settings.core.calendar_file.write_text("date,open\n2026-12-12,perhaps\n", "utf-8")
    now = shown(here)
    assert "row 2, column open: 'perhaps' is not an answer" in text_of(now["head"])
    assert now["months"] is None
    assert "perhaps" in opening.save(1, "2026-12-14", None, "closed", "", None)[0]


def test_a_file_is_taken_over(here: str) -> None:
    last = shown(here)["last"]
    said, _ = opening.take_file({"text": f"date,open,remark\n{last},no,fair\n", "at": 1}, "Ann")
    assert said.startswith("1 day was taken from the file.")
    kept = read_declared(services().settings.core.calendar_file)
    assert [(day.isoformat(), one.remark) for day, one in kept.items()] == [(last, "fair")]


def test_training_is_begun_once(here: str) -> None:
    number, said = opening.retrain(1, "Ann")
    job = services().jobs.get(number)
    assert job is not None
    assert (job.kind, job.who, job.request) == (TRAIN, "Ann", None)
    assert str(number) in said
    assert opening.retrain(1, None)[0] is no_update
    card, buttons, known = data.draw_job(None, None)
    assert "Training" in text_of(plain(card))
    assert len(parts(plain(buttons), "Button")) == 1
    assert data.draw_job(None, known)[1] is no_update


def test_a_calendar_that_is_taken_out_and_in_again_is_the_same(here: str) -> None:
    file = services().settings.core.calendar_file
    file.write_text(
        "date,open,remark,=shop\n2027-01-05,no,=stock taking,+ north\n2027-01-06,no,\"it's 'so'\",\n", "utf-8"
    )
    before = read_declared(file)
    text = opening.download(1)["content"]
    assert "'=stock taking" in text
    assert opening.take_file({"text": text, "at": 1}, "Ann")[1] is no_update  # nothing would be changed
    file.unlink()
    opening.take_file({"text": text, "at": 2}, "Ann")
    assert read_declared(file) == before

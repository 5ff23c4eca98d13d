"""A backtest of one's own on the Compare page: asked for, followed, shown in place of the version's, and refused."""

from __future__ import annotations

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
from callbacks import compare, compare_run, compare_tested
from callbacks.chosen import chosen
from callbacks.compare_tested import backtests, run_of, shown_of
from callbacks.now import ready_of
from callbacks.services import services
from core.config import Config
from core.lifecycle.backtest_job import MOST_ROWS, backtest_for_job
from core.lifecycle.work import BACKTEST
from core.models.catalogue import MODEL_NAMES
from tests.callbacks.test_callbacks import parts, plain, text_of, text_tables

SERIES = ("units", "total")
FORM: tuple[Any, ...] = (["weekday_mean", "ets"], ["units"], ["total"], 5, 14, 14, "all")


@pytest.fixture(scope="module")
def own(config: Config, tmp_path_factory: pytest.TempPathFactory) -> dash.Dash:
    """An installation of its own, in which backtests can be made."""
    folder: Path = tmp_path_factory.mktemp("own") / "data"
    shutil.copytree(config.data_dir, folder)
    app = create_app(Settings(core=Config(data_dir=folder), secret_key="a key for the tests"))
    assert app.server.test_client().get("/").status_code == 200
    return app


@pytest.fixture
def here(own: dash.Dash) -> Iterator[str]:
    with own.server.test_request_context("/", headers={"Accept-Language": "en"}):
        known = ready_of(own.server.extensions["tidemark"])
        assert known
        yield known


def asked(*form: Any) -> tuple[Any, str, Any]:
    return compare_run.ask(1, *(form or FORM))


@pytest.fixture(scope="module")
def done(own: dash.Dash) -> str:
    """The name of a backtest that was asked for by the form and made."""
    with own.server.test_request_context("/", headers={"Accept-Language": "en"}):
        ready = ready_of(services())
        number, said, run = asked()
        assert run == f"b{number}"
        assert f"job {number}" in said
        again, busy, same = asked()
        assert (again, same) == (no_update, run)
        assert "running already" in busy
        job = services().jobs.get(number)
        assert job is not None
        waiting, options = compare_run.follow(ready, None, run, None, None)
        assert waiting == ready
        assert [one["value"] for one in options] == ["own", run]
        assert "some seconds" in text_of(plain(compare_run.say(ready, None, run)))
        assert "Backtest" in text_of(plain(compare_run.draw_job(None, None)[0]))
        with services().jobs.run(job) as active:
            active.result = backtest_for_job(services().settings.core, active, job.request)
        assert compare_run.last_words(None, said) == ""
        return run


def test_the_page_shows_it_instead_and_says_so(here: str, done: str) -> None:
    source, _ = compare_run.follow(here, None, done, here, None)
    assert source == f"{here} {done} whole"
    assert compare_run.follow(here, None, done, source, None)[0] is no_update
    assert run_of(source) == done
    one = compare_tested.tested(source, *SERIES)
    assert one.models == ["weekday_mean", "ets"]
    assert len(one.folds) == 5
    kept = backtests(services()).get(done)
    assert kept is not None
    assert one.rows["mean"].tolist() == kept.backtest()["mean"].tolist()
    assert "no. " + done[1:] in text_of(plain(compare_run.say(source, None, done)))
    assert len(parts(plain(compare.draw_board(source, *SERIES, None)), "AgGrid")[0]["props"]["rowData"]) == 2
    assert compare.fill_measures(source, "revenue") == (
        [{"label": "Units", "value": "units"}],
        "units",
    )
    assert compare.fill_segments(source, "units", "country:France")[1] == "total"


def test_beside_the_versions_own(here: str, done: str) -> None:
    source = f"{here} {done} whole"
    card = plain(compare.draw_versus(source, *SERIES))
    assert "nothing to compare" in text_of(card)  # the version has other models
    assert compare.draw_versus(here, *SERIES) is None
    number, _, run = asked(["seasonal_naive"], ["units"], ["total"], 2, 28, 28, "all")
    job = services().jobs.get(number)
    assert job is not None
    with services().jobs.run(job) as active:
        backtest_for_job(services().settings.core, active, job.request)
    (table,) = text_tables(plain(compare.draw_versus(f"{here} {run} whole", *SERIES)))
    assert [row[0] for row in table["rows"]] == ["Seasonal naive"]
    assert table["rows"][0][4] == "2"


def test_one_that_is_gone_leaves_the_versions_own(here: str) -> None:
    source, options = compare_run.follow(here, None, "b999", None, None)
    assert source == here
    assert "b999" not in [one["value"] for one in options]
    own, shown = shown_of(f"{here} b999 whole")
    assert shown is own
    assert "There is no result of backtest no. 999" in text_of(plain(compare_run.say(here, None, "b999")))
    assert compare_run.say(here, None, "own") is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({0: []}, "at least one model"),
        ({1: None}, "at least one measure"),
        ({2: []}, "at least one segment"),
        ({3: None}, "Test periods: give a whole number from 2 to 52"),
        ({3: 5.5}, "Test periods"),
        ({4: 0}, "Days between them: give a whole number from 1 to 91"),
        ({5: 92}, "Days of a forecast"),
    ],
)
def test_what_cannot_be_is_said(here: str, change: dict[int, Any], words: str) -> None:
    form = [change.get(place, value) for place, value in enumerate(FORM)]
    number, said, run = asked(*form)
    assert (number, run) == (no_update, no_update)
    assert words in said


def test_too_much_is_said(here: str) -> None:
    number, said, _ = asked(list(MODEL_NAMES), ["units"] * 5, ["total"] * 6, 52, 1, 91, "all")
    assert number is no_update
    assert f"{MOST_ROWS:,}" in said
    with pytest.raises(PreventUpdate):
        compare_run.ask(None, *FORM)


def test_the_form_offers_what_there_is(here: str) -> None:
    found = chosen(here)
    models, ticked, measures, measure, segments, all_segments = compare_run.fill_form(here, None, None, None, "revenue")
    assert [one["value"] for one in models] == list(MODEL_NAMES)
    assert ticked == list(MODEL_NAMES)
    assert [one["value"] for one in measures] == found.measures
    assert measure == ["revenue"]
    assert [one["value"] for one in segments] == found.segments == all_segments
    kept = compare_run.fill_form(here, ["ets"], ["units", "gone"], [], "revenue")
    assert kept[1::2] == (["ets"], ["units"], [])


def test_a_guess_of_the_time(here: str) -> None:
    known = compare_run.estimate(here, ["sarima"], ["units"], ["total"], 8)
    assert known.startswith("About ")
    assert "not known" in compare_run.estimate(here, ["sarima", "lstm"], ["units"], ["total"], 8)
    assert compare_run.estimate(here, [], ["units"], ["total"], 8) == ""
    assert compare_run.estimate(here, ["sarima"], ["units"], ["total"], None) == ""
    notes = {"ensemble": {"members": ["ets", "gp"]}}
    assert compare_run.alone(["ets", "sarima", "ensemble"], notes) == ["sarima", "ensemble"]


def test_how_it_ended_is_said(here: str) -> None:
    number, said, _ = asked()
    assert services().jobs.cancel(number)
    assert "was cancelled" in compare_run.last_words(None, said)
    assert compare_run.last_words(None, "something else") is no_update
    assert compare_run.draw_job(None, None)[0] is None
    assert services().jobs.active(BACKTEST) is None

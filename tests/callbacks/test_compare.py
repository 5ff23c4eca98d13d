"""The callbacks of the Compare page, on two trained models and on all that the page knows by name."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import dash
import plotly.graph_objects as go
import pytest
from dash import no_update

from app import create_app
from app.settings import Settings
from callbacks import compare
from callbacks.chosen import chosen
from callbacks.now import ready_of
from components import ids
from components.views.compare_models import PRINCIPAL
from core.evaluation.breakdown import by
from core.evaluation.leaderboard import leaderboard
from core.series.panel import Series
from tests.callbacks.many_models import MODELS, installation
from tests.callbacks.test_callbacks import parts, plain, text_of, text_tables

SERIES = ("units", "total")


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> dash.Dash:
    """An application whose champion has all models."""
    made = installation(tmp_path_factory.mktemp("many"), 6_000, 7)
    app = create_app(Settings(core=made, secret_key="a key for the tests"))
    assert app.server.test_client().get("/").status_code == 200
    return app


@pytest.fixture
def all_models(many: dash.Dash) -> Iterator[str]:
    """As ``ready``, with all models."""
    with many.server.test_request_context("/", headers={"Accept-Language": "en"}):
        known = ready_of(many.server.extensions["tidemark"])
        assert known
        yield known


def figures(content: Any) -> list[dict[str, Any]]:
    found = [one["props"]["figure"] for one in parts(plain(content), "Graph")]
    for figure in found:
        go.Figure(figure)
    return found


def test_shows_core_s_leaderboard(ready: str) -> None:
    board = leaderboard(chosen(ready).backtest(Series(*SERIES)))
    content = plain(compare.draw_board(ready, *SERIES, "wape"))
    shown = [text_of(row["props"]["children"][1]) for row in parts(content, "Tbody")[0]["props"]["children"]]
    assert shown == [f"{100 * value:.1f}%" for value in board["wape"]]
    falling = plain(compare.draw_board(ready, *SERIES, "-wape"))
    assert [text_of(row["props"]["children"][1]) for row in parts(falling, "Tbody")[0]["props"]["children"]] == shown[
        ::-1
    ]


def test_headline_is_honest_about_few_folds(ready: str) -> None:
    content, hidden = compare.draw(ready, *SERIES)
    assert not hidden
    assert "too few to tell" in text_of(plain(content))
    assert "Checked" not in text_of(plain(content))


def test_audit_and_compute_time(all_models: str) -> None:
    content, _ = compare.draw(all_models, *SERIES)
    assert "changes no forecast (9,000 forecasts of 9 models compared)" in text_of(plain(content))
    body = parts(plain(compare.draw_board(all_models, *SERIES, "seconds")), "Tbody")[0]["props"]["children"]
    times = [text_of(row["props"]["children"][-1]) for row in body]
    assert times[-1] == "–"
    assert times[0] == "0.7 s"
    assert times[-2] == "45 s"


def test_few_of_many_models_are_drawn_at_first(all_models: str) -> None:
    options, shown, folds, fold, usual = compare.fill(all_models, *SERIES, [], None, None)
    assert [one["value"] for one in options] == compare.tested(all_models, *SERIES).models
    assert {one["value"] for one in options} == set(MODELS)
    in_use = chosen(all_models).version.best(Series(*SERIES))
    assert set(shown) == {*PRINCIPAL, in_use}
    assert usual == {"all": [one["value"] for one in options], "models": shown, "fold": fold, "model": in_use}
    assert fold == folds[0]["value"] == max(one["value"] for one in folds)


def test_a_choice_of_models_stays(all_models: str) -> None:
    usual = compare.fill(all_models, *SERIES, [], None, None)[4]
    kept = compare.fill(all_models, "revenue", "total", ["gp", "nonsense", "ets"], usual["fold"], usual)
    assert kept[1] == ["ets", "gp"]
    assert kept[3] is no_update
    untouched = compare.fill(all_models, "revenue", "total", usual["models"][::-1], None, usual)
    assert untouched[1] == untouched[4]["models"]
    options, model = compare.fill_model(all_models, *SERIES, ["gp", "ets"], "sarima")
    assert ([one["value"] for one in options], model) == (["ets", "gp"], "ets")
    assert usual["model"] not in ("ets", "gp")  # made up from a better one
    assert compare.fill_model(all_models, *SERIES, ["gp", "ets"], "gp")[1] is no_update


def test_charts_show_the_models_ticked(all_models: str) -> None:
    ticked = ["gp", "sarima"]
    fold, cover = figures(compare.draw_charts(all_models, *SERIES, ticked, None))
    assert [trace["name"] for trace in fold["data"]] == ["Gaussian process", "SARIMA"]
    assert cover["layout"]["yaxis"]["ticktext"] == ["Gaussian process", "SARIMA"]
    day = compare.fill(all_models, *SERIES, ticked, None, None)[3]
    (drawn,) = figures(compare.draw_fold(all_models, *SERIES, ticked, day, "gp", None))
    assert {"Gaussian process", "SARIMA"} <= {trace["name"] for trace in drawn["data"]}
    assert "LSTM" not in {trace["name"] for trace in drawn["data"]}
    content = plain(compare.draw_fold(all_models, *SERIES, ticked, day, "gp", None))
    assert "Gaussian process: forecast of" in text_of(content)
    error = by(chosen(all_models).backtest(Series(*SERIES), "gp"), "fold").set_index("fold").loc[day, "wape"]
    assert f"the error was {100 * error:.1f}%" in text_of(content)


def test_nothing_ticked_is_said(all_models: str) -> None:
    for content in (
        compare.draw_charts(all_models, *SERIES, [], None),
        compare.draw_by(all_models, *SERIES, [], "week", None),
        compare.draw_fold(all_models, *SERIES, None, "2024-01-01", "gp", None),
    ):
        assert "Tick at least one model" in text_of(plain(content))
    assert compare.fill_model(all_models, *SERIES, [], "gp") == ([], "")


@pytest.mark.parametrize("dimension", ["week", "horizon", "weekday", "month", "segment"])
def test_errors_by_dimension_are_core_s(all_models: str, dimension: Any) -> None:
    content = compare.draw_by(all_models, *SERIES, ["sarima"], dimension, None)
    figures(content)
    found = chosen(all_models)
    rows = found.version.backtest()
    rows = rows[(rows["measure"] == "units") & (rows["model"] == "sarima")]
    table = by(rows if dimension == "segment" else rows[rows["segment"] == "total"], dimension).dropna(subset=["wape"])
    shown = text_tables(plain(content))[0]["rows"]
    if dimension == "segment":
        table = table.set_index("segment").loc[[one for one in found.segments if one in set(table["segment"])]]
    assert [line[1] for line in shown] == [f"{100 * value:.1f}%" for value in table["wape"]]


def test_a_fold_that_does_not_exist_changes_nothing(ready: str) -> None:
    models = compare.fill(ready, *SERIES, [], None, None)[1]
    assert compare.draw_fold(ready, *SERIES, models, "2090-01-01", None, None) is no_update


def test_download_is_what_is_shown(all_models: str) -> None:
    assert compare.download(None, all_models, *SERIES, "wape") is no_update
    sent = compare.download(1, all_models, *SERIES, "-mape")
    lines = list(csv.DictReader(io.StringIO(sent["content"])))
    assert {line["model"] for line in lines} == set(MODELS)
    errors = [float(line["mape"]) for line in lines]
    assert errors == sorted(errors, reverse=True)
    assert sent["filename"] == f"tidemark_leaderboard_units_total_{chosen(all_models).version.id}.csv"


def test_sort_is_chosen_by_a_click(ready: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compare, "ctx", type("Ctx", (), {"triggered_id": ids.sort_button("mape")}))
    assert compare.choose_sort([None, 1], "wape") == "mape"
    assert compare.choose_sort([1], "mape") == "-mape"
    assert compare.choose_sort([None, None], "mape") is no_update


def test_too_little_history(all_models: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version without a backtest of the series: one sentence, and the rest is hidden."""
    monkeypatch.setattr(compare.Chosen, "backtest", lambda self, series, model=None: self.version.backtest().head(0))
    content, hidden = compare.draw(all_models, *SERIES)
    assert hidden
    assert "too little history" in text_of(plain(content))
    assert compare.draw_board(all_models, *SERIES, None) is None
    assert compare.draw_charts(all_models, *SERIES, ["sarima"], None) is None
    assert compare.draw_fold(all_models, *SERIES, ["sarima"], None, None, None) is None
    assert compare.fill(all_models, *SERIES, [], None, None)[0] == []
    plain(compare.draw_by(all_models, *SERIES, [], "week", None))


def test_in_french_and_dark(many: dash.Dash, all_models: str) -> None:
    with many.server.test_request_context("/", headers={"Cookie": "tidemark_lang=fr; tidemark_theme=dark"}):
        usual = compare.fill(all_models, *SERIES, [], None, None)[4]
        assert "erreur" in text_of(plain(compare.draw(all_models, *SERIES)[0]))
        assert "à égalité en tête" in text_of(plain(compare.draw_board(all_models, *SERIES, None)))
        for figure in figures(compare.draw_charts(all_models, *SERIES, usual["models"], None)):
            assert figure["layout"]["template"]["layout"]["font"]["color"] == "#e4e9ef"
        figures(compare.draw_fold(all_models, *SERIES, usual["models"], usual["fold"], None, None))

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
from dash.exceptions import PreventUpdate

from app import create_app
from app.settings import Settings
from callbacks import compare, compare_closer, compare_tested
from callbacks.chosen import Chosen, chosen
from callbacks.now import ready_of
from components.export import MARK
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


def board_rows(content: Any) -> list[dict[str, Any]]:
    """Of the grid, in the order of the leaderboard."""
    (grid,) = parts(plain(content), "AgGrid")
    return grid["props"]["rowData"]


def plain_rows(content: Any, column: int) -> list[str]:
    """A column of the table beside the grid."""
    body = parts(plain(content), "Tbody")[0]["props"]["children"]
    return [text_of(row["props"]["children"][column]) for row in body]


def test_shows_core_s_leaderboard(ready: str) -> None:
    board = leaderboard(chosen(ready).backtest(Series(*SERIES)))
    content = compare.draw_board(ready, *SERIES, "wape")
    wanted = [f"{100 * value:.1f}%" for value in board["wape"]]
    assert [row["wape_text"] for row in board_rows(content)] == wanted
    assert plain_rows(content, 2) == wanted
    assert plain_rows(compare.draw_board(ready, *SERIES, "-wape"), 2) == wanted[::-1]


def test_headline_is_honest_about_few_folds(ready: str) -> None:
    content, hidden = compare.draw(ready, *SERIES)
    assert not hidden
    assert "too few to tell" in text_of(plain(content))
    assert "Checked" not in text_of(plain(content))


def test_audit_and_compute_time(all_models: str) -> None:
    content, _ = compare.draw(all_models, *SERIES)
    assert "changes no forecast (9,000 forecasts of 9 models compared)" in text_of(plain(content))
    times = plain_rows(compare.draw_board(all_models, *SERIES, "seconds"), -1)
    assert times[-1] == "–"
    assert times[0] == "0.7 s"
    assert times[-2] == "45 s"


def test_few_of_many_models_are_drawn_at_first(all_models: str) -> None:
    options, shown, folds, fold, usual = compare.fill(all_models, *SERIES, [], None, None)
    assert [one["value"] for one in options] == compare_tested.tested(all_models, *SERIES).models
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
    options, model = compare_closer.fill_model(all_models, *SERIES, ["gp", "ets"], "sarima")
    assert ([one["value"] for one in options], model) == (["ets", "gp"], "ets")
    assert usual["model"] not in ("ets", "gp")  # made up from a better one
    assert compare_closer.fill_model(all_models, *SERIES, ["gp", "ets"], "gp")[1] is no_update


def test_charts_show_the_models_ticked(all_models: str) -> None:
    ticked = ["gp", "sarima"]
    (fold,) = figures(compare.draw_folds(all_models, *SERIES, ticked, None))
    (cover,) = figures(compare_closer.draw_cover(all_models, *SERIES, ticked, None))
    (weeks,) = figures(compare_closer.draw_cover_by(all_models, *SERIES, ticked, "95", None))
    assert [trace["name"] for trace in weeks["data"]] == ["Gaussian process", "SARIMA"]
    assert [trace["name"] for trace in fold["data"]] == ["Gaussian process", "SARIMA"]
    assert cover["layout"]["yaxis"]["ticktext"] == ["Gaussian process", "SARIMA"]
    day = compare.fill(all_models, *SERIES, ticked, None, None)[3]
    (drawn,) = figures(compare_closer.draw_fold(all_models, *SERIES, ticked, day, "gp", None))
    assert {"Gaussian process", "SARIMA"} <= {trace["name"] for trace in drawn["data"]}
    assert "LSTM" not in {trace["name"] for trace in drawn["data"]}
    content = plain(compare_closer.draw_fold(all_models, *SERIES, ticked, day, "gp", None))
    assert "Gaussian process: forecast of" in text_of(content)
    error = by(chosen(all_models).backtest(Series(*SERIES), "gp"), "fold").set_index("fold").loc[day, "wape"]
    assert f"the error was {100 * error:.1f}%" in text_of(content)


def test_nothing_ticked_is_said(all_models: str) -> None:
    for content in (
        compare.draw_folds(all_models, *SERIES, [], None),
        compare_closer.draw_cover(all_models, *SERIES, [], None),
        compare_closer.draw_cover_by(all_models, *SERIES, [], "80", None),
        compare_closer.draw_by(all_models, *SERIES, [], "week", None),
        compare_closer.draw_fold(all_models, *SERIES, None, "2024-01-01", "gp", None),
    ):
        assert "Tick at least one model" in text_of(plain(content))
    assert compare_closer.fill_model(all_models, *SERIES, [], "gp") == ([], "")


@pytest.mark.parametrize("dimension", ["week", "horizon", "weekday", "month", "segment"])
def test_errors_by_dimension_are_core_s(all_models: str, dimension: Any) -> None:
    content = compare_closer.draw_by(all_models, *SERIES, ["sarima"], dimension, None)
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
    assert compare_closer.draw_fold(ready, *SERIES, models, "2090-01-01", None, None) is no_update


def test_download_is_what_is_shown(all_models: str) -> None:
    assert compare.download(None, all_models, *SERIES, "wape") is no_update
    sent = compare.download(1, all_models, *SERIES, "-mape")
    lines = list(csv.DictReader(io.StringIO(sent["content"].removeprefix(MARK))))
    assert {line["model"] for line in lines} == set(MODELS)
    errors = [float(line["mape"]) for line in lines]
    assert errors == sorted(errors, reverse=True)
    assert sent["filename"] == f"tidemark_leaderboard_units_total_{chosen(all_models).version.id}.csv"


def test_reasons_pairs_and_the_matrix(all_models: str) -> None:
    one = compare_tested.tested(all_models, *SERIES)
    first, second = (compare.words().model(name) for name in one.board["model"].iloc[:2])
    why = text_of(plain(compare.draw_why(all_models, *SERIES)))
    assert f"Why {first} leads" in why
    assert f"that of {second}" in why
    assert "Weekdays" in why
    leader, matrix = (plain(card) for card in compare.draw_pairs(all_models, *SERIES))
    assert len(parts(leader, "Tbody")[0]["props"]["children"]) == len(MODELS) - 1
    rows = parts(matrix, "Tbody")[0]["props"]["children"]
    assert [len(row["props"]["children"]) for row in rows] == [len(MODELS) + 1] * len(MODELS)


def test_residuals_of_the_model_picked(all_models: str) -> None:
    drawn = figures(compare_closer.draw_residuals(all_models, *SERIES, ["gp", "sarima"], "gp", None))
    rows = chosen(all_models).backtest(Series(*SERIES), "gp")
    known = rows[rows["open"] & rows["y"].notna()].sort_values("date")
    assert drawn[0]["data"][0]["y"] == pytest.approx((known["y"] - known["mean"]).tolist())
    assert len(drawn) == 3
    other = figures(compare_closer.draw_residuals(all_models, *SERIES, ["gp", "sarima"], "sarima", None))
    assert other[0]["data"][0]["y"] != drawn[0]["data"][0]["y"]
    assert compare_closer.draw_residuals(all_models, *SERIES, [], "gp", None) is None


def test_cost_says_what_was_measured(all_models: str) -> None:
    text = text_of(plain(compare_closer.draw_cost(all_models, *SERIES, None)))
    assert "not measured" in text  # made up from the others: nobody has timed those
    assert "about " in text
    notes = chosen(all_models).version.manifest["models"]["sarima"]
    assert {"fit_seconds", "forecast_seconds", "megabytes"} <= set(notes)
    assert notes["fit_seconds"] + notes["forecast_seconds"] == pytest.approx(notes["seconds"], abs=0.003)


def test_nothing_is_drawn_that_nobody_sees(ready: str) -> None:
    calls: list[tuple[Any, ...]] = []
    drawing = compare_tested.on_tab("cost", lambda *values: calls.append(values))
    with pytest.raises(PreventUpdate):
        drawing("ranking", ready)
    drawing("cost", ready)
    assert calls == [(ready,)]


def test_too_little_history(all_models: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A version without a backtest of the series: one sentence, and the rest is hidden."""
    monkeypatch.setattr(Chosen, "backtest", lambda self, series, model=None: self.version.backtest().head(0))
    content, hidden = compare.draw(all_models, *SERIES)
    assert hidden
    assert "too little history" in text_of(plain(content))
    assert compare.draw_board(all_models, *SERIES, None) is None
    assert compare.draw_folds(all_models, *SERIES, ["sarima"], None) is None
    assert compare.draw_why(all_models, *SERIES) is None
    assert compare.draw_pairs(all_models, *SERIES) is None
    assert compare_closer.draw_cost(all_models, *SERIES, None) is None
    assert compare_closer.draw_fold(all_models, *SERIES, ["sarima"], None, None, None) is None
    assert compare.fill(all_models, *SERIES, [], None, None)[0] == []
    plain(compare_closer.draw_by(all_models, *SERIES, [], "week", None))


def test_in_french_and_dark(many: dash.Dash, all_models: str) -> None:
    with many.server.test_request_context("/", headers={"Cookie": "tidemark_lang=fr; tidemark_theme=dark"}):
        usual = compare.fill(all_models, *SERIES, [], None, None)[4]
        assert "erreur" in text_of(plain(compare.draw(all_models, *SERIES)[0]))
        assert "à égalité en tête" in text_of(plain(compare.draw_board(all_models, *SERIES, None)))
        for drawn in (
            compare.draw_folds(all_models, *SERIES, usual["models"], None),
            compare_closer.draw_cover_by(all_models, *SERIES, usual["models"], "80", None),
            compare_closer.draw_residuals(all_models, *SERIES, usual["models"], None, None),
            compare_closer.draw_cost(all_models, *SERIES, None),
        ):
            for figure in figures(drawn):
                assert figure["layout"]["template"]["layout"]["font"]["color"] == "#e4e9ef"
        assert "Pourquoi" in text_of(plain(compare.draw_why(all_models, *SERIES)))
        figures(compare_closer.draw_fold(all_models, *SERIES, usual["models"], usual["fold"], None, None))

"""The parts of the Compare page: sentences, tables, which model is drawn how."""

from __future__ import annotations

import csv
import io
import itertools
import json
import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from components.export import MARK
from components.figures.compare import coverage_figure, dot_figure, error_figure
from components.figures.palette import DARK, DASHES, LIGHT, SYMBOLS, Theme
from components.views import compare, compare_board, compare_cover, compare_errors, compare_models, compare_pairs
from components.words import Words
from core.evaluation import breakdown, significance
from core.evaluation import leaderboard as core_board
from core.evaluation.intervals import realised_coverage
from tests.core.evaluation.frames import made
from tests.stills import plain

MODELS = {"seasonal_naive": 0.5, "sarima": 0.2, "lstm": 0.21, "my_model": 0.6}
DAYS = np.arange("2023-01-01", "2023-04-01", 28, dtype="datetime64[D]")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return made(MODELS, folds=8)


@pytest.fixture(scope="module")
def board(rows: pd.DataFrame) -> pd.DataFrame:
    return core_board.leaderboard(rows, {"sarima": 12.34})


def lead(**more: Any) -> SimpleNamespace:
    standard = {"model": "sarima", "wape": 0.2, "second": "lstm", "margin": 0.1, "real": True, "tied": ()}
    return SimpleNamespace(**{**standard, **more})


def test_figures_are_valid(t: Words, theme: Theme) -> None:
    errors = {"sarima": [0.1, 0.2, np.nan, 0.1], "my_model": [0.3, 0.2, 0.1, np.nan]}
    for figure in (
        error_figure(t, theme, DAYS, errors, "x", ("sarima",), kind="date"),
        error_figure(t, theme, [1, 2, 3, 4], errors, "x", kind="linear"),
        error_figure(t, theme, ["Mon", "Tue", "Wed", "Thu"], errors, "x"),
        dot_figure(t, theme, ["a", "b", "c", "d"], errors),
        dot_figure(t, theme, [], {}),
        coverage_figure(t, theme, list(errors), {80: [0.7, 0.8], 95: [0.9, 1.0]}, {80: [0.1, 0.8], 95: [0.5, 1.0]}),
        coverage_figure(t, theme, [], {80: [], 95: []}, {80: [], 95: []}),
    ):
        go.Figure(figure)


def test_rows_run_from_the_top(english: Words, theme: Theme) -> None:
    figure = dot_figure(english, theme, ["a", "b"], {"sarima": [0.1, 0.2], "lstm": [0.3, 0.4]})
    assert figure["layout"]["yaxis"]["range"] == [1.5, -0.5]
    marks = np.array([trace["y"] for trace in figure["data"]])
    assert (np.round(marks) == [0, 1]).all()
    assert (marks[0] < marks[1]).all()


def test_whiskers_reach_the_worst_period(english: Words, theme: Theme) -> None:
    figure = coverage_figure(english, theme, ["sarima"], {80: [0.7], 95: [0.9]}, {80: [0.4], 95: [0.5]})
    for trace, worst in zip(figure["data"], (0.4, 0.5), strict=True):
        assert trace["x"] - trace["error_x"]["arrayminus"] == pytest.approx([worst])
    assert figure["layout"]["xaxis"]["range"][0] < 0.4


def test_headline_has_its_cases(t: Words) -> None:
    said = {
        name: compare.lead_sentence(t, one, "revenue", "total", 3)
        for name, one in {
            "real": lead(),
            "tied": lead(real=False, tied=("lstm", "gp")),
            "unknown": lead(real=None),
            "only": lead(second=None, margin=None, real=None),
            "none": None,
        }.items()
    }
    assert len(set(said.values())) == 5
    assert all(t.model("sarima") in text for name, text in said.items() if name != "none")
    assert t.model("lstm") in said["real"]
    assert t("compare.and", first=t.model("lstm"), last=t.model("gp")) in said["tied"]
    assert t.count("compare.tests", 3) in said["unknown"]


def test_a_lead_over_the_second_alone_is_not_called_real(english: Words) -> None:
    sentence = compare.lead_sentence(english, lead(real=True, tied=("gp",)), "revenue", "total", 8)
    assert "tied with Gaussian process" in sentence
    assert "is real" not in sentence


def test_lists_of_names(english: Words) -> None:
    assert compare_models.listed(english, ["lstm"]) == "LSTM"
    assert compare_models.listed(english, ["lstm", "ets", "theta"]) == "LSTM, ETS and Theta"
    assert compare_models.listed(english, list(LIGHT.models)[:6]) == "Seasonal naive, Weekday mean, ETS and 3 others"


def test_audit_is_told_as_it_is(t: Words) -> None:
    assert compare.audit_line(t, None) is None
    models = {"sarima": {"forecasts": 1200, "folds": 3}, "lstm": {"forecasts": 300, "folds": 3}}
    passed, failed = (
        plain(compare.audit_line(t, {"passed": passed, "models": models})).replace("\\u202f", "\u202f")
        for passed in (True, False)
    )
    assert t.number(1500) in passed
    assert t("compare.audit.failed") in failed
    assert compare.audit_line(t, {"passed": True})


def test_sorting() -> None:
    assert [compare_board.sort_of(value) for value in ("-mape", "model", "-standing", "x", None, "--wape")] == [
        "-mape",
        "model",
        "-standing",
        "wape",
        "wape",
        "wape",
    ]


def test_missing_scores_come_last(english: Words, board: pd.DataFrame) -> None:
    for sort in ("seconds", "-seconds"):
        assert compare_board.ordered(english, board, sort)["model"].iloc[0] == "sarima"
    names = compare_board.ordered(english, board, "-model")["model"].tolist()
    assert names == ["seasonal_naive", "sarima", "my_model", "lstm"]


def grid_of(content: list[Any]) -> Any:
    return content[0].children


def test_leaderboard_says_in_words_what_it_marks(t: Words, board: pd.DataFrame) -> None:
    content = compare_board.leaderboard(t, board, "lstm", "-mape", "revenue")
    rows = grid_of(content).rowData
    assert board["tied"].tolist() == [True, True, False, False]
    first, tied, behind = (t(f"compare.badge.{one}") for one in ("first", "tied", "behind"))
    assert [row["standing"] for row in rows] == [first, tied, behind, behind]
    assert [row["badge"] for row in rows].count(t("compare.in_use")) == 1
    assert [row["seconds_text"] for row in rows].count("–") == 3  # compute time is known of one model
    table = plain(content[2])
    assert table.count(f'"{behind}"') == 2
    assert table.count(f'"{t("compare.in_use")}"') == 1
    for score in compare_board.SCORES:
        assert t(f"metric.{score}.help", unit=t("unit.revenue")) in plain(content[3])


def test_the_grid_sorts_and_filters_by_what_is_shown(t: Words, board: pd.DataFrame) -> None:
    grid = grid_of(compare_board.leaderboard(t, board, "lstm", "-mape", "revenue"))
    columns = {column["field"]: column for column in grid.columnDefs}
    assert list(columns) == ["model", "standing", *compare_board.SCORES]
    assert [name for name, column in columns.items() if "sort" in column] == ["mape"]
    assert columns["mape"]["sort"] == "desc"
    assert columns["wape"]["filter"] == "agNumberColumnFilter"
    row = grid.rowData[0]
    assert row["wape"] == pytest.approx(100 * board["wape"].iloc[0], abs=1e-3)
    assert row["wape_text"] == t.percent(board["wape"].iloc[0], 1)
    assert grid.rowData[-1]["seconds"] is None  # JSON knows no NaN
    texts = grid.dashGridOptions["localeText"]
    assert texts["noRowsToShow"] == t("grid.noRowsToShow")
    json.dumps(grid.to_plotly_json()["props"]["rowData"], allow_nan=False)


def test_the_plain_table_has_the_order_of_the_address(english: Words, board: pd.DataFrame) -> None:
    for sort in ("-mape", "model", "standing"):
        table = plain(compare_board.leaderboard(english, board, "lstm", sort, "revenue")[2])
        wanted = [english.model(one) for one in compare_board.ordered(english, board, sort)["model"]]
        places = [table.index(f'"{one}"') for one in wanted]
        assert places == sorted(places)


def test_nothing_is_called_tied_with_too_few_folds(english: Words) -> None:
    few = core_board.leaderboard(made(MODELS, folds=2), {})
    assert few["tied"].all()
    said = [row["standing"] for row in grid_of(compare_board.leaderboard(english, few, "lstm", None, "units")).rowData]
    assert said == ["lowest error", *["too few tests to tell"] * 3]


def test_csv_of_the_leaderboard(english: Words, board: pd.DataFrame) -> None:
    odd = board.replace({"model": {"my_model": "=1+1"}})
    text = compare_board.board_csv(compare_board.ordered(english, odd, "wape"), "sarima", "v7")
    lines = list(csv.DictReader(io.StringIO(text.removeprefix(MARK))))
    assert set(core_board.SCORES) <= set(lines[0])
    assert [float(line["wape"]) for line in lines] == pytest.approx(board["wape"].tolist(), rel=1e-5)
    assert [line["in_use"] for line in lines].count("yes") == 1
    assert [line["tied"] for line in lines] == ["yes" if tied else "no" for tied in board["tied"]]
    assert lines[-1]["model"] == "'=1+1"
    assert {line["seconds"] for line in lines} == {"12.34", ""}
    assert compare_board.csv_name("units", "country:Côte d'Ivoire/..", "v7").count("/") == 0


def test_columns_are_core_s() -> None:
    assert set(compare_board.SCORES) - {"seconds"} <= set(core_board.SCORES)
    assert set(compare_errors.DIMENSIONS) <= set(breakdown.DIMENSIONS)
    assert compare_pairs.ALPHA == significance.ALPHA


@pytest.mark.parametrize(
    ("tied", "p_value", "verdict"),
    [(False, 0.01, "real"), (True, 0.01, "chance"), (False, 0.2, "chance"), (True, math.nan, "unknown")],
)
def test_verdict_of_a_pair(tied: bool, p_value: float, verdict: str) -> None:
    assert compare_pairs.verdict(tied, p_value) == verdict


def test_differences_from_the_leader(t: Words, rows: pd.DataFrame, board: pd.DataFrame) -> None:
    pairs = significance.pairwise(rows)
    found = compare_pairs.against_leader(board, pairs)
    assert [row["model"] for row in found] == board["model"].tolist()[1:]
    leaders = pairs[pairs["model_a"] == board["model"].iloc[0]].set_index("model_b")
    for row in found:
        assert row["mae"] == pytest.approx(-leaders.loc[row["model"], "difference"])
        assert row["p_value"] == leaders.loc[row["model"], "p_value"]
    assert [row["verdict"] for row in found] == ["chance", "real", "real"]
    card = plain(compare_pairs.pairs_card(t, board, pairs, "units", 8))
    assert t("compare.pairs.summary.some", model=t.model(board["model"].iloc[0]), real="2", n="3") in card
    few = made(MODELS, folds=2)
    card = plain(compare_pairs.pairs_card(t, core_board.leaderboard(few), significance.pairwise(few), "units", 2))
    assert t("compare.pairs.summary.unknown", tests=t.count("compare.tests", 2)) in card
    assert compare_pairs.pairs_card(t, board[:1], pairs, "units", 8) is None


@pytest.mark.parametrize(
    ("realised", "verdict"),
    [
        ({80: 0.79, 95: 0.96}, "kept"),
        ({80: 0.75, 95: 0.96}, "narrow"),
        ({80: 0.9, 95: 0.9}, "narrow"),
        ({80: 0.9, 95: 0.95}, "wide"),
    ],
)
def test_verdict_on_coverage(realised: dict[int, float], verdict: str) -> None:
    assert compare_cover.verdict(realised) == verdict


def test_coverage_is_core_s(english: Words, theme: Theme, rows: pd.DataFrame) -> None:
    cover = realised_coverage(rows)
    card = compare_cover.cover_chart(english, theme, cover, ["lstm", "sarima", "unknown"], "lstm")
    table = json.loads(card.children[-1].children[1].to_plotly_json()["props"]["data-table"])
    assert [line[0] for line in table["rows"]] == ["LSTM", "SARIMA"]
    one = cover[(cover["model"] == "lstm") & (cover["level"] == 0.8)].iloc[0]
    assert table["rows"][0][1:3] == [english.percent(one["realised"], 1), english.percent(one["worst_fold"], 1)]


@pytest.mark.parametrize("dimension", compare_errors.DIMENSIONS)
def test_errors_by_anything(t: Words, theme: Theme, rows: pd.DataFrame, dimension: Any) -> None:
    other = made(MODELS, folds=8, seed=3, segment="country:France")
    both = pd.concat([rows, other], ignore_index=True)
    table = breakdown.by(both if dimension == "segment" else rows, dimension)
    card = compare_errors.by_chart(
        t, theme, table, dimension, ["sarima", "my_model"], "sarima", ["total", "country:France", "country:Spain"]
    )
    shown = json.loads(card.children[-1].children[1].to_plotly_json()["props"]["data-table"])
    known = table[table["model"] == "sarima"].dropna(subset=["wape"])
    assert len(shown["rows"]) == len(known)
    assert {line[1] for line in shown["rows"]} == {t.percent(value, 1) for value in known["wape"]}
    graph = card.children[2].children
    go.Figure(graph.figure)
    if dimension == "segment":
        assert [line[0] for line in shown["rows"]] == [t.segment("total"), "France"]
    if dimension == "weekday":  # Sundays are closed
        assert t.weekday(6) not in [line[0] for line in shown["rows"]]


def test_what_is_shown_at_first() -> None:
    few = ["seasonal_naive", "weekday_mean", "ets"]
    assert compare_models.usual(few, "ets") == few
    every = list(LIGHT.models)
    assert set(compare_models.usual(every, "sarima")) == set(compare_models.PRINCIPAL)
    assert set(compare_models.usual(every, "gp")) == {*compare_models.PRINCIPAL, "gp"}


def test_models_in_an_address() -> None:
    assert compare_models.asked("sarima  my_model2 <b> x;y") == ["sarima", "my_model2"]


def test_every_model_has_its_own_look() -> None:
    assert set(LIGHT.models) == set(DARK.models) == set(DASHES) == set(SYMBOLS)
    looks = [(DASHES[model], SYMBOLS[model]) for model in LIGHT.models]
    assert len(set(looks)) == len(looks)
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)
    samples = {compare_models.sample(model).style["maskImage"] for model in (*LIGHT.models, "my_model")}
    assert len(samples) == len(looks) + 1


# Machado, Oliveira & Fernandes (2009), full severity, on linear RGB
VISION = {
    "usual": np.eye(3),
    "protan": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deutan": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritan": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def lab(colour: str, vision: np.ndarray) -> np.ndarray:
    """CIELAB of what is seen of a hex colour."""
    parts = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    xyz = XYZ @ np.clip(vision @ linear, 0, 1) / [0.9505, 1, 1.089]
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("vision", VISION)
def test_models_are_told_apart_with_any_colour_vision(theme: Theme, vision: str) -> None:
    """A distance of 2.3 can just be seen; lines far apart need several times that."""
    seen = {model: lab(colour, VISION[vision]) for model, colour in theme.models.items()}
    for one, other in itertools.combinations(seen, 2):
        least = 20 if {one, other} <= set(compare_models.PRINCIPAL) else 15
        assert np.linalg.norm(seen[one] - seen[other]) >= least, (one, other)

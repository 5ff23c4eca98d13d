"""The parts of the Compare page that look closer: reasons, the matrix, residuals, cost, a backtest of one's own."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from components.figures.palette import Theme
from components.figures.residuals import BINS, edges_of
from components.views import (
    compare_cost,
    compare_cover_by,
    compare_matrix,
    compare_panels,
    compare_residuals,
    compare_run,
    compare_why,
)
from components.words import Words
from core.evaluation import breakdown
from core.evaluation.leaderboard import leaderboard
from core.evaluation.many_tests import holm
from core.evaluation.residuals import diagnose, residuals_of
from core.evaluation.shared_days import shared_errors
from core.evaluation.significance import pairwise
from core.evaluation.where_better import Place, split, where_better
from core.lifecycle import backtest_job
from tests.components.test_compare import MODELS
from tests.core.evaluation.frames import made
from tests.stills import plain, unfolded


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return made(MODELS, folds=8)


@pytest.fixture(scope="module")
def board(rows: pd.DataFrame) -> pd.DataFrame:
    return leaderboard(rows)


def pairs_of(rows: pd.DataFrame) -> pd.DataFrame:
    return pairwise(rows).assign(p_all=lambda one: holm(one["p_value"]))


def figures(content: Any) -> Iterator[Any]:
    if isinstance(content, list | tuple):
        for one in content:
            yield from figures(one)
    elif hasattr(content, "figure"):
        yield content.figure
    elif hasattr(content, "children"):
        yield from figures(content.children)


def place(name: Any, gain: float, p_value: float = math.nan) -> Place:
    return Place(name, gain, 8, p_value)


# ---- why it leads


def test_no_more_is_said_than_was_tested(english: Words) -> None:
    def said(*places: Place) -> str:
        return compare_why.sentences(english, "weekday", *split(places))[1]

    assert "Too few test periods" in said(place(0, 0.02), place(1, -0.01))
    assert "chance could explain" in said(place(0, 0.02, 0.4), place(1, -0.01, 0.11))
    assert said(place(0, 0.02, 0.04), place(1, -0.01, 0.4)) == "More than chance: better for Monday."
    assert said(place(0, 0.02, 0.4), place(1, -0.01, 0.1)) == "More than chance: worse for Tuesday."
    assert said(place(2, 0.02, 0.01), place(0, 0.03, 0.01), place(1, -0.01, 0.1)) == (
        "More than chance: better for Monday and Wednesday; worse for Tuesday."
    )


def test_wins_and_losses_in_a_sentence(english: Words) -> None:
    def said(*places: Place) -> str:
        return compare_why.sentences(english, "week", *split(places))[0]

    assert said(place(1, 0.02), place(2, 0.051)) == "Better everywhere, most for week 2 (by 5.1 points)."
    assert said(place(1, -0.02), place(2, -0.01)) == "Worse everywhere, most for week 1 (by 2.0 points)."
    assert said(place(1, 0.02), place(2, -0.01), place(3, 0.0002)) == (
        "Better in 2 of 3, most for week 1 (by 2.0 points); worse in the others, most for week 2 (by 1.0 points)."
    )


def test_card_of_reasons(t: Words, rows: pd.DataFrame, board: pd.DataFrame) -> None:
    first, second = board["model"].iloc[:2]
    grounds = {one: split(where_better(rows, first, second, one)) for one in compare_why.DIMENSIONS}
    card = plain(compare_why.why_card(t, board, pairs_of(rows), grounds, 8))
    assert t("compare.why.title", model=t.model(first)) in card
    assert t("compare.why.month") in card
    assert f'"{t("compare.why.segment")}"' not in card  # there is one series only
    assert compare_why.why_card(t, board[:1], pairs_of(rows), {}, 8) is None
    assert "chance" in compare_why.overall(t, board, pairs_of(rows), 8) or t.lang == "fr"


# ---- everybody against everybody


@pytest.mark.parametrize(
    ("difference", "p_value", "p_all", "word"),
    [
        (-0.1, 0.01, 0.05, "better"),
        (0.1, 0.01, 0.05, "worse"),
        (-0.1, 0.05, 0.3, "perhaps_better"),
        (0.1, 0.05, 0.3, "perhaps_worse"),
        (-0.1, 0.2, 1.0, "chance"),
        (0.1, math.nan, math.nan, "unknown"),
    ],
)
def test_word_of_a_pair(difference: float, p_value: float, p_all: float, word: str) -> None:
    assert compare_matrix.said(difference, p_value, p_all) == word


def test_matrix_says_the_same_from_both_sides(english: Words, rows: pd.DataFrame, board: pd.DataFrame) -> None:
    card = compare_matrix.matrix_card(english, board, pairs_of(rows))
    assert card is not None
    table = unfolded(card)["props"]["children"][2]["props"]["children"]["props"]["children"]
    rows_of = [row["props"]["children"] for row in table[2]["props"]["children"]]
    words = [[cell["props"]["children"]["props"]["children"] for cell in row[1:]] for row in rows_of]
    turned = {"better": "worse", "worse": "better", "could be chance": "could be chance"}
    for one, other in itertools.combinations(range(len(board)), 2):
        mine, theirs = (words[a][b][0]["props"]["children"][1] for a, b in ((one, other), (other, one)))
        assert theirs == turned[mine]
    few = made(MODELS, folds=2)
    untested = plain(compare_matrix.matrix_card(english, leaderboard(few), pairs_of(few)))
    assert english("compare.matrix.untested") in untested
    assert untested.count(f'"{english("compare.matrix.unknown")}"') == 12
    assert compare_matrix.matrix_card(english, board[:2], pairs_of(rows)) is None


# ---- residuals


def test_residual_charts(t: Words, theme: Theme, rows: pd.DataFrame) -> None:
    left = residuals_of(rows[rows["model"] == "sarima"])
    found = diagnose(left["residual"].to_numpy())
    content = compare_residuals.residual_charts(t, theme, "sarima", "units", left, found)
    drawn = list(figures(content))
    assert len(drawn) == 3
    for one in drawn:
        go.Figure(one)
    bars, curve = drawn[1]["data"]
    assert int(np.sum(bars["y"])) == len(left)
    area = float(np.trapezoid(curve["y"], curve["x"]))
    assert area == pytest.approx(len(left) * (bars["x"][1] - bars["x"][0]), rel=0.01)
    assert drawn[2]["layout"]["shapes"][0]["y1"] == pytest.approx(1.96 / np.sqrt(len(left)), rel=1e-3)
    few = compare_residuals.residual_charts(t, theme, "sarima", "units", left, None)
    assert t("compare.residuals.few") in plain(few)


def test_bins_hold_everything() -> None:
    for values in (np.arange(30.0), np.r_[np.zeros(40), 1e6], np.random.default_rng(1).normal(size=500)):
        edges = edges_of(values)
        assert np.histogram(values, edges)[0].sum() == len(values)
        assert BINS[0] <= len(edges) - 1 <= BINS[1]


def diagnosis(**more: Any) -> SimpleNamespace:
    usual = {"n": 100, "mean": 0.0, "deviation": 1.0, "skewness": 0.0, "kurtosis": 0.0, "normal_p": 0.5, "q": 8.0,
             "acf": np.array([0.3, 0.1]), "limit": 0.196, "lags": 10, "white_p": 0.5}  # fmt: skip
    return SimpleNamespace(**{**usual, **more})


def test_what_residuals_say_in_words(english: Words) -> None:
    days = pd.DataFrame(
        {"date": pd.to_datetime(["2023-01-02", "2023-01-03"]), "y": [100.0, 90.0], "residual": [-30.0, 10.0]}
    )
    said = [compare_residuals.time_sentence(english, "units", days, diagnosis(mean=one)) for one in (0.1, 9.5, -9.5)]
    assert "neither too high nor too low" in said[0]
    assert "10.0% too low" in said[1]
    assert "10.0% too high" in said[2]
    assert all("Mon 2 Jan 2023, 30 units less than forecast" in one for one in said)
    values = np.arange(5.0)
    normal = compare_residuals.spread_sentence(english, "units", values, diagnosis())
    assert "Nothing speaks against a normal" in normal
    odd = compare_residuals.spread_sentence(english, "units", values, diagnosis(normal_p=0.0, kurtosis=3, skewness=1))
    assert "not normally distributed (Jarque–Bera, p < 0.001)" in odd
    assert "upwards reach further" in odd
    assert "no sign that misses repeat" in compare_residuals.acf_sentence(english, diagnosis())
    repeats = compare_residuals.acf_sentence(english, diagnosis(white_p=0.01))
    assert "hang together" in repeats
    assert "from one open day to the next (0.30)" in repeats


# ---- intervals by week, cost


def test_intervals_by_week(t: Words, theme: Theme, rows: pd.DataFrame) -> None:
    weeks = breakdown.by(rows, "week")
    for level in (80, 95):
        card = compare_cover_by.cover_by_chart(t, theme, weeks, ["sarima", "lstm"], "sarima", level)
        (figure,) = figures(card)
        go.Figure(figure)
        wanted = weeks[weeks["model"] == "sarima"][f"cover{level}"].tolist()
        assert list(figure["data"][0]["y"]) == pytest.approx(wanted)
        assert figure["layout"]["shapes"][0]["y0"] == level / 100


def test_cost_is_what_was_measured_or_said_to_be_unknown(t: Words, theme: Theme, board: pd.DataFrame) -> None:
    notes = {
        "sarima": {"fit_seconds": 12.0, "forecast_seconds": 0.5, "megabytes": 301.7, "backtest_seconds": 40.0},
        "lstm": {"seconds": 100.0, "backtest_seconds": 400.0},
    }
    unknown = t("compare.cost.unknown")
    cells = compare_cost._cells(t, notes["sarima"], 10, 8)
    assert unknown not in cells
    assert cells[3] == t("compare.cost.about", time=compare_cost._time(t, 1250.0))
    assert cells[5] == compare_cost._time(t, 0.5)
    before = compare_cost._cells(t, notes["lstm"], 10, 8)
    assert before[:3] == [unknown] * 3
    assert before[3] == t("compare.cost.about", time=compare_cost._time(t, 10_000.0))
    assert compare_cost._cells(t, {}, 10, 8) == [unknown] * 6
    chart = compare_cost.cost_chart(t, theme, notes, board)
    (figure,) = figures(chart)
    go.Figure(figure)
    assert list(figure["data"][0]["x"]) == [40.0, 400.0]
    assert compare_cost.cost_chart(t, theme, {"sarima": notes["sarima"]}, board) is None
    plain(compare_cost.cost_card(t, notes, board["model"].tolist(), 10, 8))


# ---- a backtest of one's own


MANIFEST: dict[str, Any] = {
    "id": "b12",
    "part": "whole",
    "created_at": "2026-11-28T00:40:00+00:00",
    "models": {"ets": {}, "sarima": {}},
    "folds": ["2011-10-01", "2011-10-29"],
    "asked": {"models": ["ets", "sarima"], "folds": ["2011-10-01", "2011-10-29"]},
    "best": {"units/total": "ets"},
    "request": {"horizon": 28, "step": 28, "window": 365},
    "data": {"last_day": "2011-12-08"},
}


def test_what_is_shown_is_marked(t: Words) -> None:
    assert compare_run.banner(t, None, "v3", "", False) is None
    said = {
        "waiting": compare_run.banner(t, None, "v3", "b12", True),
        "gone": compare_run.banner(t, None, "v3", "b12", False),
        "whole": compare_run.banner(t, MANIFEST, "v3", "b12", False),
        "preview": compare_run.banner(t, {**MANIFEST, "part": "preview"}, "v3", "b12", True),
        "cut": compare_run.banner(t, {**MANIFEST, "part": "light"}, "v3", "b12", False),
    }
    texts = {name: plain(one) for name, one in said.items()}
    assert len(set(texts.values())) == len(texts)
    assert all("12" in one for one in texts.values())


def test_backtests_to_choose_from(english: Words) -> None:
    options = compare_run.options(english, "v3", [MANIFEST, {**MANIFEST, "id": "b9", "part": "preview"}], "b13")
    assert [one["value"] for one in options] == ["own", "b13", "b12", "b9"]
    assert options[0]["label"] == "Version v3: its own"
    assert options[3]["label"].endswith("– preview")
    assert [one["value"] for one in compare_run.options(english, "v3", [MANIFEST], "b12")] == ["own", "b12"]


def test_beside_the_version(t: Words, rows: pd.DataFrame) -> None:
    card = compare_run.versus_card(t, shared_errors(rows, rows), "b12", "v3", "a note")
    table = json.loads(card.children[2].to_plotly_json()["props"]["data-table"])
    assert len(table["rows"]) == len(MODELS)
    assert table["rows"][0][3] == t("compare.pairs.points", n=t.number(0.0, 1))
    nothing = plain(compare_run.versus_card(t, shared_errors(rows, rows.head(0)), "b12", "v3", ""))
    assert t("backtest.versus.none") in nothing


def test_the_form_asks_for_what_the_job_takes() -> None:
    bounds = {"folds": backtest_job.FOLDS, "step": backtest_job.STEP, "horizon": backtest_job.HORIZON}
    assert bounds == compare_run.BOUNDS
    usual = backtest_job.Request()
    assert {name: getattr(usual, name) for name in compare_run.STANDARD} == compare_run.STANDARD


def test_tabs(t: Words) -> None:
    assert compare_panels.tab_of("cost") == "cost"
    assert compare_panels.tab_of("<b>") == compare_panels.tab_of(None) == "ranking"
    shown = compare_panels.panels(t, {"tab": "model", "fold": "2011-10-01", "level": "7"})
    assert [one.hidden for one in shown] == [name != "model" for name in compare_panels.TABS]

"""The leaderboard of the Compare page: every model with every score, sorted by any column, and as a CSV file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from dash import html

from components import ids
from components.export import csv_text
from components.icons import icon
from components.views.compare_models import name
from components.words import Words

Text = Callable[[Words, float], str]


def _share(t: Words, value: float) -> str:
    return t.percent(value, 1)


def _amount(t: Words, value: float) -> str:
    return t.number(value, 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0)


def _seconds(t: Words, value: float) -> str:
    return t("compare.seconds", n=t.number(value, 1 if value < 10 else 0)) if math.isfinite(value) else t.number(None)


SCORES: dict[str, Text] = {
    "wape": _share,
    "relative": lambda t, value: t.change(value - 1),
    "mase": _amount,
    "rmse": _amount,
    "mae": _amount,
    "mape": _share,
    "bias": lambda t, value: t.change(value),
    "crps": _share,
    "cover80": lambda t, value: t.percent(value),
    "cover95": lambda t, value: t.percent(value),
    "seconds": _seconds,
}
"""Columns in the order of the table, and how their values are written."""
LOWEST_IS_BEST = ("wape", "relative", "mase", "rmse", "mae", "mape", "crps")
DEFAULT_SORT = "wape"


def sort_of(value: object) -> str:
    """A column of the table, with a minus for falling order; the WAPE for anything else."""
    wanted = value if isinstance(value, str) else ""
    return wanted if wanted.removeprefix("-") in ("model", *SCORES) else DEFAULT_SORT


def next_sort(current: object, column: str) -> str:
    """What a click on a heading asks for: that column rising; falling if it was rising already."""
    return sort_of(f"-{column}" if sort_of(current) == column else column)


def ordered(t: Words, board: Any, sort: object) -> Any:
    """The leaderboard in the order asked for; models without the score come last."""
    wanted = sort_of(sort)
    column, rising = wanted.removeprefix("-"), not wanted.startswith("-")
    if column == "model":
        names = board["model"].map(lambda one: t.model(one).casefold())
        return board.loc[names.sort_values(ascending=rising, kind="stable").index]
    return board.sort_values(column, ascending=rising, kind="stable", na_position="last")


def leaderboard(t: Words, board: Any, in_use: str, sort: object, measure: str) -> list[Any]:
    """``board``: core's leaderboard with its column ``seconds``, the lowest WAPE first."""
    unit, wanted = t(f"unit.{measure}"), sort_of(sort)
    helps = {score: t(f"metric.{score}.help", unit=unit) for score in SCORES}
    lowest = {score: board[score].min() for score in LOWEST_IS_BEST}
    first = str(board["model"].iloc[0])
    caption = t("compare.board.caption")
    head = [_heading(t, "model", t("table.model"), "", wanted)]
    head += [_heading(t, score, t(f"metric.{score}"), helps[score], wanted) for score in SCORES]
    body = [
        html.Tr(
            [
                html.Th(_model(t, row, first, in_use, len(board)), scope="row"),
                *(_cell(t, score, row[score], lowest.get(score)) for score in SCORES),
            ]
        )
        for row in ordered(t, board, wanted).to_dict("records")
    ]
    table = html.Table(
        [html.Caption(caption, className="visually-hidden"), html.Thead(html.Tr(head)), html.Tbody(body)],
        className="tm-table",
    )
    return [
        html.Div(table, className="tm-scroll tm-board", tabIndex="0", role="region", **{"aria-label": caption}),
        html.P(t("compare.board.note"), className="tm-note"),
        html.Details([html.Summary(t("compare.board.meaning")), _meanings(t, helps)], className="tm-details"),
    ]


def _heading(t: Words, column: str, title: str, meaning: str, sort: str) -> html.Th:
    """A button in the heading; its sentence is the tooltip, and stands in the list below the table as well."""
    state = {column: "ascending", f"-{column}": "descending"}.get(sort)
    promised = t(f"metric.{column}.note") if column.startswith("cover") else None
    button = html.Button(
        [title, html.Small(promised) if promised else None],
        id=ids.sort_button(column),
        type="button",
        className="tm-sort",
        title=meaning or None,
    )
    kind = "" if column == "model" else "tm-number"
    return html.Th(button, scope="col", className=kind, **({"aria-sort": state} if state else {}))


def _model(t: Words, row: dict[str, Any], first: str, in_use: str, count: int) -> html.Div:
    """The name with what is said of the model in words."""
    told = count > 1 and math.isfinite(row["p_best"])
    badges = []
    if row["model"] == first and count > 1:
        badges.append(html.Span([icon("trophy-fill"), t("compare.badge.first")], className="tm-badge tm-badge-first"))
    elif told and row["tied"]:
        meaning = t("compare.board.tied.help")
        badges.append(html.Span(t("compare.badge.tied"), className="tm-badge tm-badge-tied", title=meaning))
    if row["model"] == in_use:
        badges.append(html.Span([icon("check2"), t("compare.in_use")], className="tm-badge"))
    return html.Div([name(t, row["model"]), html.Div(badges, className="tm-badges") if badges else None])


def _cell(t: Words, score: str, value: float, lowest: float | None) -> html.Td:
    text = SCORES[score](t, value)
    return html.Td(html.Strong(text) if lowest is not None and value == lowest else text, className="tm-number")


def _meanings(t: Words, helps: dict[str, str]) -> html.Dl:
    rows = []
    for score, meaning in helps.items():
        note = f" ({t(f'metric.{score}.note')})" if score.startswith("cover") else ""
        rows += [html.Dt(t(f"metric.{score}") + note), html.Dd(f"{meaning}.")]
    rows += [html.Dt(t("compare.badge.tied")), html.Dd(t("compare.board.tied.help"))]
    return html.Dl(rows, className="tm-meanings")


def board_csv(board: Any, in_use: str, version: str) -> str:
    """Every score that core gives, unrounded to six figures, tied and in_use as yes or no; missing values are empty."""
    rows = ([*row.values(), row["model"] == in_use, version] for row in board.to_dict("records"))
    return csv_text([*board.columns, "in_use", "version"], rows)


def csv_name(measure: str, segment: str, version: str) -> str:
    """tidemark_leaderboard_revenue_country-France_v3.csv"""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", segment).strip("-") or "segment"
    return f"tidemark_leaderboard_{measure}_{plain}_{version}.csv"

"""The leaderboard of the Compare page: every model with every score, as a grid, as a plain table and as a CSV file."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from dash import html

from components.export import csv_text
from components.grid import TEXT, Field, grid
from components.icons import icon
from components.still import still
from components.views.compare_models import colour, mask, name
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
PERCENT = ("wape", "relative", "mape", "bias", "crps", "cover80", "cover95")
"""Filtered by the number that is shown: 20 for 20 %."""
LOWEST_IS_BEST = ("wape", "relative", "mase", "rmse", "mae", "mape", "crps")
DEFAULT_SORT = "wape"
WIDE_MODEL = 190
"""Pixels of the column that stays in sight: more would leave a phone none for the scores."""


def sort_of(value: object) -> str:
    """A column of the table, with a minus for falling order; the WAPE for anything else."""
    wanted = value if isinstance(value, str) else ""
    return wanted if wanted.removeprefix("-") in ("model", "standing", *SCORES) else DEFAULT_SORT


def ordered(t: Words, board: Any, sort: object) -> Any:
    """The leaderboard in the order asked for; models without the score come last."""
    wanted = sort_of(sort)
    column, rising = wanted.removeprefix("-"), not wanted.startswith("-")
    if column == "model":
        names = board["model"].map(lambda one: t.model(one).casefold())
        return board.loc[names.sort_values(ascending=rising, kind="stable").index]
    if column == "standing":
        said = board["model"].map({row["model"]: standing(t, row, board) for row in board.to_dict("records")})
        return board.loc[said.sort_values(ascending=rising, kind="stable").index]
    return board.sort_values(column, ascending=rising, kind="stable", na_position="last")


def leaderboard(t: Words, board: Any, in_use: str, sort: object, measure: str) -> list[Any]:
    """``board``: core's leaderboard with its column ``seconds``, the lowest WAPE first."""
    unit, wanted = t(f"unit.{measure}"), sort_of(sort)
    helps = {score: t(f"metric.{score}.help", unit=unit) for score in SCORES}
    caption = t("compare.board.caption")
    fields = [
        Field("model", t("table.model"), wide=WIDE_MODEL, renderer="TmModel", pinned=True),
        Field("standing", t("compare.board.standing"), t("compare.board.tied.help"), wide=184),
        *(Field(score, _title(t, score), helps[score], number=True, wide=_width(score)) for score in SCORES),
    ]
    rows = [_row(t, row, board, in_use) for row in board.to_dict("records")]
    return [
        html.Div(
            grid(t, "board", fields, rows, "model_id", wanted),
            className="tm-grid-box",
            role="region",
            **{"aria-label": caption},
        ),
        html.P(t("compare.board.note"), className="tm-note"),
        html.Details(
            [html.Summary(t("chart.as_table")), _plain(t, ordered(t, board, wanted), board, in_use, caption, helps)],
            className="tm-details tm-board-plain",
        ),
        html.Details([html.Summary(t("compare.board.meaning")), _meanings(t, helps)], className="tm-details"),
    ]


def standing(t: Words, row: Any, board: Any) -> str:
    """What all tests together say of a model, in two or three words."""
    if row["model"] == board["model"].iloc[0]:
        return t("compare.badge.first")
    if not math.isfinite(row["p_best"]):
        return t("compare.badge.unknown")
    return t("compare.badge.tied" if row["tied"] else "compare.badge.behind")


def _row(t: Words, row: dict[str, Any], board: Any, in_use: str) -> dict[str, Any]:
    """One of the grid: by field what it is sorted and filtered by, and how that is written."""
    model = row["model"]
    made: dict[str, Any] = {
        "model_id": model,
        "model": t.model(model),
        "sample": mask(model),
        "colour": colour(model),
        "badge": t("compare.in_use") if model == in_use else None,
        "standing": standing(t, row, board),
    }
    for score, text in SCORES.items():
        value = row[score] - 1 if score == "relative" else row[score]
        shown = round(100 * value, 3) if score in PERCENT else value
        made[score] = shown if math.isfinite(value) else None
        made[score + TEXT] = text(t, row[score])
    return made


def _title(t: Words, score: str) -> str:
    promised = f" ({t(f'metric.{score}.note')})" if score.startswith("cover") else ""
    return t(f"metric.{score}") + promised


def _width(score: str) -> int:
    return 132 if score.startswith("cover") else 118 if score == "relative" else 104


def _plain(t: Words, shown: Any, board: Any, in_use: str, caption: str, helps: dict[str, str]) -> html.Div:
    """The same as a table that needs no script, in the order of the address."""
    lowest = {score: board[score].min() for score in LOWEST_IS_BEST}
    head = [html.Th(t("table.model"), scope="col"), html.Th(t("compare.board.standing"), scope="col")]
    head += [html.Th(_title(t, score), scope="col", className="tm-number", title=helps[score]) for score in SCORES]
    body = [
        html.Tr(
            [
                html.Th(_model(t, row["model"], in_use), scope="row"),
                html.Td(standing(t, row, board)),
                *(_cell(t, score, row[score], lowest.get(score)) for score in SCORES),
            ]
        )
        for row in shown.to_dict("records")
    ]
    table = html.Table(
        [html.Caption(caption, className="visually-hidden"), html.Thead(html.Tr(head)), html.Tbody(body)],
        className="tm-table",
    )
    label = f"{caption}, {t('chart.as_table').lower()}"
    return html.Div(still(table), className="tm-scroll tm-board", tabIndex="0", role="region", **{"aria-label": label})


def _model(t: Words, model: str, in_use: str) -> html.Div:
    """The name, and whether it is in use."""
    badge = html.Span([icon("check2"), t("compare.in_use")], className="tm-badge") if model == in_use else None
    return html.Div([name(t, model), badge])


def _cell(t: Words, score: str, value: float, lowest: float | None) -> html.Td:
    text = SCORES[score](t, value)
    return html.Td(html.Strong(text) if lowest is not None and value == lowest else text, className="tm-number")


def _meanings(t: Words, helps: dict[str, str]) -> html.Dl:
    rows = []
    for score, meaning in helps.items():
        rows += [html.Dt(_title(t, score)), html.Dd(f"{meaning}.")]
    rows += [html.Dt(t("compare.board.standing")), html.Dd(t("compare.board.tied.help"))]
    return still(html.Dl(rows, className="tm-meanings"))


def board_csv(board: Any, in_use: str, version: str) -> str:
    """Every score that core gives, unrounded to six figures, tied and in_use as yes or no; missing values are empty."""
    rows = ([*row.values(), row["model"] == in_use, version] for row in board.to_dict("records"))
    return csv_text([*board.columns, "in_use", "version"], rows)


def csv_name(measure: str, segment: str, version: str) -> str:
    """tidemark_leaderboard_revenue_country-France_v3.csv"""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", segment).strip("-") or "segment"
    return f"tidemark_leaderboard_{measure}_{plain}_{version}.csv"

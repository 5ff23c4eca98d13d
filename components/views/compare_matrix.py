"""Every model against every other: who has the lower error, by how much, and what of that is more than chance."""

from __future__ import annotations

import math
from typing import Any, Literal

from dash import html

from components import page
from components.icons import icon
from components.tables import Column, table
from components.views.compare_models import name
from components.views.compare_pairs import ALPHA, p_text
from components.words import Words

Said = Literal["better", "worse", "perhaps_better", "perhaps_worse", "chance", "unknown"]
_LOOK: dict[Said, tuple[str, str]] = {
    "better": ("arrow-down-right", "good"),
    "perhaps_better": ("arrow-down-right", "none"),
    "worse": ("arrow-up-right", "bad"),
    "perhaps_worse": ("arrow-up-right", "none"),
    "chance": ("dash-circle", "none"),
    "unknown": ("hourglass-split", "none"),
}


def said(difference: float, p_value: float, p_all: float) -> Said:
    """Of the row against the column: better or worse where that holds among all pairs (``p_all``, Holm), perhaps where
    only this pair alone says so. ``difference``: below 0 the row has the lower error."""
    if not math.isfinite(p_value):
        return "unknown"
    side: Literal["better", "worse"] = "better" if difference < 0 else "worse"
    if p_all <= ALPHA:
        return side
    if p_value <= ALPHA:
        return "perhaps_better" if side == "better" else "perhaps_worse"
    return "chance"


def matrix_card(t: Words, board: Any, pairs: Any) -> html.Section | None:
    """``pairs``: core's pairwise tests, and in ``p_all`` their p-values that allow for all pairs. None for fewer than
    three models: the pair stands above."""
    models = board["model"].tolist()
    if len(models) < 3:
        return None
    errors = dict(zip(models, board["wape"], strict=True))
    known = {frozenset((row["model_a"], row["model_b"])): row for row in pairs.to_dict("records")}
    cells = [[name(t, row), *(_cell(t, known, errors, row, column) for column in models)] for row in models]
    columns = [Column(t("compare.matrix.row")), *(Column(t.model(model)) for model in models)]
    return page.titled(
        t("compare.matrix.title"),
        [
            html.P(_summary(t, pairs), className="tm-subtitle"),
            table(t("compare.matrix.caption"), columns, cells, class_name="tm-matrix tm-board"),
            html.P(t("compare.matrix.note"), className="tm-note"),
        ],
    )


def _summary(t: Words, pairs: Any) -> str:
    tested = pairs[pairs["p_value"].notna()]
    if tested.empty:
        return t("compare.matrix.untested")
    return t(
        "compare.matrix.summary",
        n=t.number(len(tested)),
        alone=t.number(int((tested["p_value"] <= ALPHA).sum())),
        chance=t.number(round(ALPHA * len(tested))),
        real=t.number(int((tested["p_all"] <= ALPHA).sum())),
    )


def _cell(t: Words, known: Any, errors: Any, row: str, column: str) -> Any:
    if row == column:
        return html.Span("—", className="tm-quiet", **{"aria-label": t("compare.matrix.same")})
    pair = known[frozenset((row, column))]
    gap = errors[row] - errors[column]
    found = said(gap, pair["p_value"], pair["p_all"])
    symbol, kind = _LOOK[found]
    numbers = t("compare.pairs.points", n=t.number(100 * gap, 1))
    if found != "unknown":
        numbers += f" · p {p_text(t, pair['p_value'])}"
    return html.Span(
        [html.Span([icon(symbol), t(f"compare.matrix.{found}")], className=f"tm-verdict tm-verdict-{kind}"),
         html.Small(numbers)],
        className="tm-stacked",
    )  # fmt: skip

"""The leader against each other model: how large the difference is, and whether it is real."""

from __future__ import annotations

import math
from typing import Any, Literal

from dash import html

from components import page
from components.icons import icon
from components.tables import Column, table
from components.views.compare_models import name
from components.words import Words

ALPHA = 0.1
"""The level of the Model Confidence Set that makes models tied (the same as in core; a test compares)."""

Verdict = Literal["real", "chance", "unknown"]
_LOOK: dict[Verdict, tuple[str, str]] = {
    "real": ("check-circle-fill", "good"),
    "chance": ("question-circle", "none"),
    "unknown": ("hourglass-split", "none"),
}


def verdict(tied: bool, p_value: float) -> Verdict:
    """Of one other model: real only if all tests together and this pair alone say so."""
    if not math.isfinite(p_value):
        return "unknown"
    return "real" if not tied and p_value <= ALPHA else "chance"


def against_leader(board: Any, pairs: Any) -> list[dict[str, Any]]:
    """For each model but the first of ``board``: model, wape and mae (more than the leader's), p_value, verdict."""
    leader, *others = board.to_dict("records")
    known = {frozenset((row["model_a"], row["model_b"])): row["p_value"] for row in pairs.to_dict("records")}
    found = []
    for other in others:
        p_value = known.get(frozenset((leader["model"], other["model"])), math.nan)
        found.append(
            {
                "model": other["model"],
                "wape": other["wape"] - leader["wape"],
                "mae": other["mae"] - leader["mae"],
                "p_value": p_value,
                "verdict": verdict(bool(other["tied"]), p_value),
            }
        )
    return found


def pairs_card(t: Words, board: Any, pairs: Any, measure: str, folds: int) -> html.Section | None:
    """``board``: core's leaderboard; ``pairs``: core's pairwise tests of the same rows. None for a single model."""
    if len(board) < 2:
        return None
    leader, rows = t.model(board["model"].iloc[0]), against_leader(board, pairs)
    real = sum(row["verdict"] == "real" for row in rows)
    if all(row["verdict"] == "unknown" for row in rows):
        summary = t("compare.pairs.summary.unknown", tests=t.count("compare.tests", folds))
    else:
        found = "all" if real == len(rows) else "some" if real else "none"
        summary = t(f"compare.pairs.summary.{found}", model=leader, real=t.number(real), n=t.number(len(rows)))
    unit = t(f"unit.{measure}")
    columns = [
        Column(t("table.model")),
        Column(t("compare.pairs.verdict")),
        Column(t("compare.pairs.wape"), number=True, help=t("compare.pairs.wape.help")),
        Column(t("compare.pairs.mae"), number=True, help=t("compare.pairs.mae.help", unit=unit)),
        Column(t("compare.pairs.p"), number=True, help=t("compare.pairs.p.help")),
    ]
    cells = [
        [
            name(t, row["model"]),
            _badge(t, row["verdict"]),
            t("compare.pairs.points", n=t.number(100 * row["wape"], 1)),
            _amount(t, row["mae"], unit),
            p_text(t, row["p_value"]),
        ]
        for row in rows
    ]
    return page.titled(
        t("compare.pairs.title", model=leader),
        [
            html.P(summary, className="tm-subtitle"),
            table(t("compare.pairs.caption", model=leader), columns, cells, class_name="tm-pairs"),
            html.P(f"{t('compare.pairs.p.help')}. {t('compare.pairs.note')}", className="tm-note"),
        ],
    )


def _badge(t: Words, found: Verdict) -> html.Span:
    symbol, kind = _LOOK[found]
    return html.Span([icon(symbol), t(f"compare.pairs.{found}")], className=f"tm-verdict tm-verdict-{kind}")


def _amount(t: Words, value: float, unit: str) -> str:
    return f"{t.number(value, 0 if abs(value) >= 10 else 1)} {unit}"


def p_text(t: Words, value: float) -> str:
    """'0.034', or '< 0.001'."""
    least = 0.001
    return f"< {t.number(least, 3)}" if value < least else t.number(value, 3 if value < 0.1 else 2)

"""Models: two versions side by side, the test periods in which they differ, and the verdict of the gate in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from dash import html

from components import page, states
from components.chart import chart
from components.figures.palette import Theme
from components.figures.versus import versus_figure
from components.legend import Key
from components.tables import Column, table, text_table
from components.views import models_words as said
from components.words import MISSING, Words

SHOWN_SEGMENTS = 6


class Pair(NamedTuple):
    """``new`` was tested against ``old`` (None: its files are gone); ``waits``: it is the challenger."""

    new: Any
    old: Any | None
    old_id: str
    gate: Mapping[str, Any]
    waits: bool


def pair_of(versions: Sequence[Any], serving: str) -> Pair | None:
    """The challenger that waits and what it was tested against; else the version in use and the one it replaced."""
    known = {one.id: one for one in versions}
    waiting = next((one for one in versions if one.status == "challenger"), None)
    new = waiting or known.get(serving)
    if new is None or not new.gate:
        return None
    old_id = str(new.gate.get("champion", ""))
    return Pair(new, known.get(old_id), old_id, new.gate, waiting is not None)


def versus(t: Words, theme: Theme, pair: Pair | None, serving: str, measure: str) -> list[Any]:
    if pair is None:
        return [states.nothing(t, t("models.versus.none"))]
    return [
        verdict(t, pair),
        html.P(t("models.versus.moved", version=pair.old_id, serving=serving), className="tm-note")
        if pair.waits and pair.old_id != serving
        else None,
        _facts(t, pair),
        _folds(t, theme, pair, measure),
        _segments(t, pair),
    ]


def verdict(t: Words, pair: Pair) -> html.P:
    """What the gate decided, in a sentence, with the numbers it looked at."""
    promoted = bool(pair.gate.get("promote"))
    how = "promoted" if promoted else "waits" if pair.waits else "by_hand"
    text = t(f"models.verdict.{how}", version=pair.new.id, why=said.gate_reason(t, pair.gate))
    folds = len(pair.gate.get("folds") or ())
    if pair.gate.get("p_value") is None:
        numbers = t("models.verdict.few", tests=t.count("compare.tests", folds))
    else:
        numbers = t(
            "models.verdict.numbers",
            tests=t.count("compare.tests", folds),
            change=_signed(t, pair.gate.get("change")),
            p=said.p_value(t, pair.gate["p_value"]),
            alpha=t.number(pair.gate.get("alpha"), 2),
            limit=t.percent(pair.gate.get("limit")),
        )
    symbol = "check-circle-fill" if promoted else "hourglass-split"
    return said.line(symbol, [html.Strong(text), " ", numbers], "tm-told")


def _names(t: Words, pair: Pair) -> tuple[str, str]:
    new = "models.versus.challenger" if pair.waits else "models.versus.champion"
    return t(new, version=pair.new.id), t("models.versus.against", version=pair.old_id or MISSING)


def _facts(t: Words, pair: Pair) -> html.Div:
    def both(text: Callable[[Any], Any]) -> tuple[Any, Any]:
        return text(pair.new), MISSING if pair.old is None else text(pair.old)

    rows: list[list[Any]] = [
        [t("models.created"), *both(lambda one: t.time(one.created_at))],
        [t("models.data"), *both(lambda one: t("models.data.to", day=t.date(one.last_day, "day")))],
        [t("models.models"), *both(lambda one: html.Span(said.models(t, one.models), className="tm-wrap"))],
        [t("models.window"), *both(lambda one: said.window(t, one.window))],
        [t("models.complexity"), *(complexity(t, one) for one in pair.gate.get("complexity") or (None, None))],
    ]
    for measure in pair.new.measures:
        cells = both(lambda one, measure=measure: said.error(t, said.score(one, measure)))
        rows.append([t("models.error.of", measure=t.measure(measure).lower()), *cells])
    columns = [Column(t("models.fact")), *(Column(name) for name in _names(t, pair))]
    return table(t("models.versus.caption"), columns, rows, class_name="tm-versus")


def complexity(t: Words, place: float | None) -> str:
    """The mean place of the models in the catalogue in words: 0 is the simplest."""
    if place is None:
        return MISSING
    kind = "simple" if place < 2 else "some" if place < 5 else "demanding"
    return t(f"models.complexity.{kind}")


def _folds(t: Words, theme: Theme, pair: Pair, measure: str) -> Any:
    rows = [one for one in pair.gate.get("series") or () if one["series"] == said.total_of(measure)]
    name = t.measure(measure).lower()
    if not rows:
        return states.nothing(t, t("models.folds.none", measure=name))
    days = [t.date(one["fold"], "day") for one in rows]
    new, old = [one["challenger"] for one in rows], [one["champion"] for one in rows]
    names = _names(t, pair)
    won = sum(one["challenger"] < one["champion"] for one in rows)
    lost = sum(one["challenger"] > one["champion"] for one in rows)
    key = "models.folds.equal" if not won and not lost else "models.folds.summary"
    summary = t(key, version=pair.new.id, old=pair.old_id, won=t.number(won), lost=t.number(lost),
                n=t.number(len(rows)))  # fmt: skip
    columns = [
        Column(t("compare.fold.axis")),
        Column(names[0], number=True),
        Column(names[1], number=True),
        Column(t("models.folds.difference"), number=True, help=t("models.folds.difference.help")),
    ]
    cells = [
        [day, t.percent(after, 1), t.percent(before, 1), _points(t, after - before)]
        for day, after, before in zip(days, new, old, strict=True)
    ]
    title = t("models.folds.title", measure=name)
    keys = [Key(names[1], theme.reference, "hatched"), Key(names[0], theme.current, "band")]
    figure = versus_figure(t, theme, days, new, old, names)
    folds_table = text_table(title, columns, cells)
    note = html.P(t("models.folds.note"), className="tm-note")
    return chart(t, "versus", title, figure, summary, folds_table, height=300, keys=keys, extra=note)


def _segments(t: Words, pair: Pair) -> Any:
    """The segments whose error would change most, in either direction."""
    known = [one for one in pair.gate.get("segments") or () if one.get("change") is not None]
    most = sorted(known, key=lambda one: -abs(one["change"]))[:SHOWN_SEGMENTS]
    if not any(round(one["change"], 3) for one in most):
        return None
    columns = [Column(t("control.segment")), Column(t("models.segments.change"), number=True),
               Column(t("models.segments.means"))]  # fmt: skip
    limit = pair.gate.get("limit")
    rows = [[t.segment(one["segment"]), _signed(t, one["change"]), _meaning(t, one["change"], limit)] for one in most]
    title = t("models.segments.title")
    return page.card(
        [
            html.H3(title, className="tm-subhead"),
            text_table(title, columns, rows),
            html.P(t("models.segments.note", limit=t.percent(limit)), className="tm-note"),
        ]
    )


def _meaning(t: Words, change: float, limit: float | None) -> str:
    if limit is not None and change > limit:
        return t("models.segments.too_much")
    if round(change, 3) == 0:
        return t("models.segments.same")
    return t("models.segments.worse" if change > 0 else "models.segments.better")


def _signed(t: Words, share: float | None) -> str:
    return ("+" if share is not None and round(share, 3) > 0 else "") + t.percent(share, 1)


def _points(t: Words, difference: float) -> str:
    sign = "+" if round(100 * difference, 1) > 0 else ""
    return t("compare.pairs.points", n=sign + t.number(100 * difference, 1))

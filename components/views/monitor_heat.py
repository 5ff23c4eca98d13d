"""Monitor: every feature on every day, or the worst day of every week, as a map of steps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from dash import html
from markupsafe import Markup

from components.chart import chart
from components.figures.heat import ROW, STEPS, Row, colours, heat_figure
from components.figures.palette import Theme
from components.legend import Key
from components.tables import Column, text_table
from components.views import monitor_words as said
from components.words import MISSING, Words

WEEKLY = 120
"""Days from which on a column is a week."""


SEASON, WATCH, DRIFT = (STEPS.index(name) for name in ("season", "watch", "drift"))


def step(verdict: int, psi: float, limit: float) -> int | None:
    """Index into STEPS of a cell of core's Grid; None where there is none."""
    if verdict < 0:
        return None
    if verdict == 1:
        return 2 if psi > limit else 1
    return (0, 1, SEASON, WATCH, DRIFT)[verdict]


def heat(t: Words, theme: Theme, grid: Any) -> html.Figure:
    """``grid``: core's Grid of the days shown."""
    days = list(grid.days)
    weekly = len(days) > WEEKLY
    columns = _columns(days, 7 if weekly else 1)
    steps = [[step(int(grid.verdict[f, d]), grid.psi[f, d], grid.limit[f, d]) for d in range(len(days))]
             for f in range(len(grid.features))]  # fmt: skip
    rows = _rows(t, grid, days, columns, steps)
    title, made = t("monitor.heat.week" if weekly else "monitor.heat.day"), colours(theme)
    keys = [Key(t(f"monitor.step.{name}"), made[name], "band") for name in STEPS]
    return chart(
        t,
        "heat",
        title,
        heat_figure(t, theme, rows, [days[one[0]].isoformat() for one in columns], ""),
        summary(t, grid, steps),
        _table(t, title, grid, steps),
        height=70 + ROW * len(rows),
        subtitle=t("monitor.heat.how"),
        keys=keys,
        extra=html.P(t("monitor.heat.alerts"), className="tm-note"),
    )


def _columns(days: Sequence[dt.date], length: int) -> list[range]:
    """Ranges of day numbers; the last ends on the last day."""
    first = len(days) % length
    starts = [*([0] if first else []), *range(first, len(days), length)]
    return [range(start, end) for start, end in zip(starts, [*starts[1:], len(days)], strict=True)]


def _rows(
    t: Words, grid: Any, days: Sequence[dt.date], columns: Sequence[range], steps: Sequence[Sequence[int | None]]
) -> list[Row]:
    rows = []
    groups = [said.group(name, level) for name, level in zip(grid.features, grid.levels, strict=True)]
    for group in said.GROUPS:
        mine = [number for number, one in enumerate(groups) if one == group]
        if not mine:
            continue
        nothing = [""] * len(columns)
        rows.append(Row("", t(f"monitor.group.{group}"), [None] * len(columns), nothing, nothing))
        mine.sort(key=lambda number: said.feature(t, grid.features[number]))
        rows += [_row(t, grid, f, days, columns, steps[f]) for f in mine]
    return rows


def _row(
    t: Words, grid: Any, f: int, days: Sequence[dt.date], columns: Sequence[range], steps: Sequence[int | None]
) -> Row:
    name = said.feature(t, grid.features[f])
    found, asked, hover = [], [], []
    for column in columns:
        known = [d for d in column if steps[d] is not None]
        worst = max(known, key=lambda d: (steps[d] or 0, grid.psi[f, d] if grid.psi[f, d] == grid.psi[f, d] else 0.0),
                    default=None)  # fmt: skip
        if worst is None:
            found.append(None)
            asked.append("")
            hover.append("")
            continue
        one = steps[worst] or 0
        found.append(one)
        asked.append(days[worst].isoformat())
        numbers = t(
            "monitor.heat.numbers", psi=t.number(grid.psi[f, worst], 3), limit=t.number(grid.limit[f, worst], 3)
        )
        step = t(f"monitor.step.{STEPS[one]}")
        hover.append(Markup("<b>{}</b>, {}<br>{}<br>{}").format(name, t.date(days[worst]), step, numbers))
    return Row(grid.features[f], name, found, asked, hover)


def summary(t: Words, grid: Any, steps: Sequence[Sequence[int | None]]) -> str:
    """How many features stood out, and which of them on the last day."""
    n_days = grid.psi.shape[1]
    last = [name for name, row in zip(grid.features, steps, strict=True) if n_days and row[-1] in (WATCH, DRIFT)]
    ever = sum(any(one in (WATCH, DRIFT) for one in row) for row in steps)
    first = t.count("monitor.heat.ever", ever, of=t.number(len(steps)))
    parts = [first, t("monitor.heat.last", names=_names(t, last)) if last else t("monitor.heat.last.none")]
    season = [name for name, row in zip(grid.features, steps, strict=True) if n_days and row[-1] == SEASON]
    if season:
        parts.append(t("monitor.heat.last.season", names=_names(t, season)))
    return " ".join(parts)


def _names(t: Words, features: Sequence[str]) -> str:
    return ", ".join(said.feature(t, one) for one in features)


def _table(t: Words, caption: str, grid: Any, steps: Sequence[Sequence[int | None]]) -> html.Div:
    columns = [
        Column(t("monitor.feature")),
        Column(t("monitor.group")),
        Column(t("monitor.last_verdict")),
        Column("PSI", number=True, help=t("monitor.psi.help")),
        Column(t("monitor.psi.limit"), number=True, help=t("monitor.psi.limit.help")),
        Column(t("monitor.days.season"), number=True),
        Column(t("monitor.days.watch"), number=True),
        Column(t("monitor.days.drift"), number=True),
    ]
    rows = []
    for f, name in enumerate(grid.features):
        known = [d for d, one in enumerate(steps[f]) if one is not None]
        last = known[-1] if known else None
        one = None if last is None else steps[f][last]
        rows.append(
            [
                said.feature(t, name),
                t(f"monitor.group.{said.group(name, grid.levels[f])}"),
                MISSING if one is None else t(f"monitor.step.{STEPS[one]}"),
                MISSING if last is None else t.number(grid.psi[f, last], 3),
                MISSING if last is None else t.number(grid.limit[f, last], 3),
                *(t.number(sum(one == wanted for one in steps[f])) for wanted in (SEASON, WATCH, DRIFT)),
            ]
        )
    return text_table(caption, columns, rows, class_name="tm-tall")

"""Monitor: the forecasts as they came beside what was promised: by week ahead, and over time."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

from dash import html

from components import page, states
from components.chart import chart
from components.figures.palette import Theme
from components.figures.record import Line, record_figure
from components.legend import Key, mark_of
from components.tables import Column, table, text_table
from components.views import models_words as told
from components.views import monitor_words as said
from components.words import Words

LEVELS = (0.8, 0.95)
NEAR = 0.04
"""Coverage within so much of its level is as promised; chance does as much in a few weeks."""
GAP_DAYS = 7
"""Days without any forecast over which no line is drawn."""
MOST_ROWS = 400
SIGNS = {"none": ("info-circle", "none"), "kept": ("check-circle-fill", "good"),
         "worse": ("exclamation-triangle-fill", "watch")}  # fmt: skip


def record(t: Words, theme: Theme, found: Any, measure: str, moved: Any | None, since: dt.date) -> list[Any]:
    """``found``: core's Record of a measure; ``moved``: the alert that says that its data changed, or None; ``since``:
    the first day drawn."""
    rows = found.rolling[found.rolling["date"] >= str(since)]
    return [
        page.titled(
            t("record.title", measure=t.measure(measure)),
            [told.line(SIGNS[found.standing][0], sentence(t, found, moved)), _weeks(t, found, measure)],
        ),
        html.Div([_error(t, theme, found, rows), _coverage(t, theme, found, rows)], className="tm-two")
        if len(rows) > 1
        else None,
        None if len(rows) > 1 else states.nothing(t, t("record.few")),
    ]


def sentence(t: Words, found: Any, moved: Any | None) -> str:
    """Apart: whether the forecasts are worse, and whether what they build on has changed."""
    values = {"error": t.percent(found.recent.wape, 1), "promised": t.percent(found.promised.wape, 1)}
    first = t(f"record.{found.standing}", **values)
    if moved is None:
        return " ".join([first, t(f"record.{found.standing}.calm")])
    return " ".join([first, t(f"record.{found.standing}.{moved.kind}", subjects=said.about(t, moved))])


def _weeks(t: Words, found: Any, measure: str) -> html.Div:
    digits = 0 if found.promised.mae >= 10 else 2
    columns = [
        Column(t("record.ahead")), Column(t("record.which")), Column(t("record.days"), number=True),
        Column("WAPE", number=True, help=t("record.wape.help")),
        Column("MAPE", number=True, help=t("record.mape.help")),
        Column("MAE", number=True, help=t("record.mae.help")), Column("RMSE", number=True, help=t("record.rmse.help")),
        Column(t("record.bias"), number=True, help=t("record.bias.help")),
        *(Column(t("record.inside", level=t.percent(level)), number=True) for level in LEVELS),
    ]  # fmt: skip
    rows = []
    for (first, last), came, promised in found.weeks:
        for which, one in (("came", came), ("promised", promised)):
            if one.days:
                rows.append(
                    [t("record.week", first=first, last=last), t(f"record.{which}"), t.number(one.days),
                     t.percent(one.wape, 1), t.percent(one.mape, 1), t.number(one.mae, digits),
                     t.number(one.rmse, digits), t.change(one.bias), t.percent(one.cover80), t.percent(one.cover95)]
                )  # fmt: skip
    return table(t("record.weeks", measure=t.measure(measure)), columns, rows, class_name="tm-record", live=True)


def _error(t: Words, theme: Theme, found: Any, rows: Any) -> html.Figure:
    title, promised = t("record.error.title"), found.promised.wape
    days, (values,) = _drawn(rows, ["wape"])
    line = Line(t("record.error"), values, promised if math.isfinite(promised) else None, theme.accent, "solid")
    figure = record_figure(t, theme, days, [line], _stand_in(found, rows), t("compare.error.axis"))
    last = rows.iloc[-1]
    summary = t("record.error.summary", error=t.percent(last["wape"], 1), promised=t.percent(promised, 1),
                day=t.date(last["date"], "day"))  # fmt: skip
    keys = [Key(t("record.error"), theme.accent, "line"), Key(t("record.error.promised"), theme.ink, "dotted")]
    columns = [Column(t("monitor.day")), Column("WAPE", number=True), Column(t("record.bias"), number=True),
               Column(t("record.stand_in"), number=True)]  # fmt: skip
    lines = [
        [t.date(day, "day"), t.percent(wape, 1), t.change(bias), t.percent(share)]
        for day, wape, bias, share in _newest(rows, ["wape", "bias", "stand_in"])
    ]
    return chart(
        t, "record-error", title, figure, " ".join([summary, _stood_in(t, found)]),
        text_table(title, columns, lines, class_name="tm-tall"), height=300, subtitle=t("record.how"),
        keys=[*keys, *_stand_in_key(t, theme, found, rows)],
    )  # fmt: skip


def _coverage(t: Words, theme: Theme, found: Any, rows: Any) -> html.Figure:
    title, colours = t("record.cover.title"), (theme.accent, theme.models["ensemble"])
    days, drawn = _drawn(rows, ["cover80", "cover95"])
    dashes, names = ("solid", "dash"), [t("record.inside", level=t.percent(level)) for level in LEVELS]
    lines = [Line(*one) for one in zip(names, drawn, LEVELS, colours, dashes, strict=True)]
    figure = record_figure(t, theme, days, lines, _stand_in(found, rows), t("record.cover.axis"), 1.04)
    last = rows.iloc[-1]
    off = [level - last[name] for level, name in zip(LEVELS, ("cover80", "cover95"), strict=True)]
    key = "low" if max(off) > NEAR else "high" if min(off) < -NEAR else "kept"
    summary = t(f"record.cover.{key}", one=t.percent(last["cover80"]), other=t.percent(last["cover95"]),
                day=t.date(last["date"], "day"))  # fmt: skip
    keys = [Key(name, colour, mark_of(dash)) for name, colour, dash in zip(names, colours, dashes, strict=True)]
    keys.append(Key(t("record.cover.promised"), theme.ink, "dotted"))
    columns = [Column(t("monitor.day")), *(Column(name, number=True) for name in names)]
    cells = [[t.date(day, "day"), t.percent(one), t.percent(other)]
             for day, one, other in _newest(rows, ["cover80", "cover95"])]  # fmt: skip
    return chart(
        t, "record-cover", title, figure, " ".join([summary, _stood_in(t, found)]),
        text_table(title, columns, cells, class_name="tm-tall"), height=300, subtitle=t("record.how"),
        keys=[*keys, *_stand_in_key(t, theme, found, rows)],
    )  # fmt: skip


def _drawn(rows: Any, names: list[str]) -> tuple[list[str | None], list[list[float | None]]]:
    """Days and values, with nothing between days that lie apart."""
    days: list[str | None] = []
    values: list[list[float | None]] = [[] for _ in names]
    before = None
    for day, *found in rows[["date", *names]].itertuples(index=False):
        if before is not None and (day - before).days > GAP_DAYS:
            days.append(f"{before:%Y-%m-%d}")
            for one in values:
                one.append(None)
        days.append(f"{day:%Y-%m-%d}")
        for one, value in zip(values, found, strict=True):
            one.append(value if math.isfinite(value) else None)
        before = day
    return days, values


def _newest(rows: Any, names: list[str]) -> list[tuple[Any, ...]]:
    return list(rows[["date", *names]].itertuples(index=False))[-MOST_ROWS:][::-1]


def _stand_in(found: Any, rows: Any) -> tuple[str, str] | None:
    """First and last day drawn before the first forecast in use."""
    first, last = (f"{rows['date'].iloc[n]:%Y-%m-%d}" for n in (0, -1))
    if found.begun is None:
        return first, last
    return (first, str(found.begun)) if first < str(found.begun) else None


def _stand_in_key(t: Words, theme: Theme, found: Any, rows: Any) -> list[Key]:
    return [Key(t("record.stand_in.key"), theme.reference, "band")] if _stand_in(found, rows) else []


def _stood_in(t: Words, found: Any) -> str:
    if found.begun is None:
        return t("record.stand_in.all")
    return t("record.stand_in.before", day=t.date(found.begun, "day"))

"""Forecast, how it changed: every forecast of one day by the day it was made from, and what came."""

from __future__ import annotations

import datetime as dt
from typing import Any

from components import states
from components.chart import chart
from components.figures.palette import Theme
from components.figures.revisions import revisions_figure, revisions_keys
from components.tables import Column, table
from components.words import Words


def made(t: Words, theme: Theme, revisions: Any, day: dt.date, measure: str, reach: int) -> Any:
    """``revisions``: version_id, origin, horizon, mean, lo80, hi80, stand_in, y; ``reach``: days ahead logged."""
    if not len(revisions):
        return states.nothing(t, t("made.none", date=t.date(day, "weekday"), reach=t.number(reach)))
    came = float(revisions["y"].iloc[0])
    actual = came if came == came else None
    tests = revisions["stand_in"].astype(bool)
    return chart(
        t,
        "made",
        t("made.title", measure=t.measure(measure), date=t.date(day, "long")),
        revisions_figure(t, theme, revisions, actual, t("unit.a_day", unit=t.measure(measure))),
        summary(t, revisions, actual, t(f"unit.{measure}")),
        table=_table(t, revisions, actual),
        height=300,
        subtitle=t("made.subtitle", reach=t.number(reach)),
        keys=revisions_keys(t, theme, bool(tests.any()), bool((~tests).any()), actual is not None),
    )


def summary(t: Words, revisions: Any, actual: float | None, unit: str) -> str:
    """How far the first and the last forecast lie from each other, where they come from, and from what came."""
    first, last = revisions.iloc[0], revisions.iloc[-1]
    values = {"value": t.about(last["mean"]), "unit": unit, "origin": t.date(last["origin"], "day")}
    if len(revisions) == 1:
        texts = [t("made.summary.test" if last["stand_in"] else "made.summary.one", **values)]
    else:
        change = last["mean"] / first["mean"] - 1 if first["mean"] else None
        before = {"first": t.about(first["mean"]), "before": t.date(first["origin"], "day"), "change": t.change(change)}
        texts = [t("made.summary.many", n=t.number(len(revisions)), **values, **before)]
    if actual is not None:
        inside = last["lo80"] <= actual <= last["hi80"]
        texts.append(t("made.came.inside" if inside else "made.came.outside", value=t.about(actual), unit=unit))
    return " ".join(texts)


def _table(t: Words, revisions: Any, actual: float | None) -> Any:
    columns = [
        Column(t("made.column.origin")),
        Column(t("made.column.ahead"), number=True),
        Column(t("table.forecast"), number=True),
        Column(t("table.interval", level=80), number=True),
        Column(t("chart.actual"), number=True),
        Column(t("made.column.source")),
    ]
    rows = [
        [
            t.date(one["origin"]),
            t.number(one["horizon"]),
            t.number(one["mean"]),
            t.span(one["lo80"], one["hi80"]),
            t.number(actual),
            t("made.test") if one["stand_in"] else t("made.version", version=one["version_id"]),
        ]
        for one in revisions.to_dict("records")
    ]
    return table(t("made.table"), columns, rows)

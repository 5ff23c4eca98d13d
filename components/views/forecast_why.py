"""Forecast, what drives it: a sentence and a bar for each family of reasons."""

from __future__ import annotations

import math
from typing import Any

from components import states
from components.chart import chart
from components.figures.drivers import drivers_figure
from components.figures.palette import Theme
from components.tables import Column, table
from components.words import Words

WORTH_SAYING = 0.005
"""Shares below this round to nothing."""


def why(t: Words, theme: Theme, drivers: Any, has_drivers: bool, measure: str) -> Any:
    """``drivers``: first, last, days, level, parts (log scale), forecast, model, shown; None where the day or the
    version has none, which ``has_drivers`` tells apart."""
    if drivers is None:
        return states.nothing(t, t("why.no_day" if has_drivers else "why.none"))
    shares = {name: math.expm1(value) for name, value in drivers.parts.items()}
    ranked = sorted((name for name in shares if shares[name]), key=lambda name: -abs(drivers.parts[name]))
    shown = [name for name in ranked if abs(shares[name]) >= WORTH_SAYING]
    names = {name: t(f"why.{name}") for name in ranked}
    span = (
        t.date(drivers.first, "weekday")
        if drivers.days == 1
        else t("why.span", first=t.date(drivers.first, "day"), last=t.date(drivers.last, "day"))
    )
    unit = t(f"unit.{measure}")
    return chart(
        t,
        "why",
        t("why.title", measure=t.measure(measure), span=span),
        drivers_figure(t, theme, [names[name] for name in shown], [shares[name] for name in shown]),
        sentence(t, drivers, shown, shares, unit, span),
        table=table(
            t("why.table"),
            [Column(t("why.column.what")), Column(t("why.column.share"), number=True), Column(t("why.column.how"))],
            [[names[name], t.change(shares[name]), t(f"why.{name}.how")] for name in ranked],
        ),
        height=90 + 44 * max(len(shown), 1),
        subtitle=t("why.subtitle"),
    )


def sentence(t: Words, drivers: Any, shown: list[str], shares: dict[str, float], unit: str, span: str) -> str:
    """From the level to the forecast, and how far that is from the one shown."""
    steps = "; ".join(
        t("why.adds" if shares[name] > 0 else "why.takes", what=t(f"why.{name}"), percent=t.percent(abs(shares[name])))
        for name in shown
    )
    start = t(
        "why.start" if drivers.days == 1 else "why.start.mean", span=span, level=t.about(drivers.level), unit=unit
    )
    texts = [f"{start} {steps}." if steps else start, t("why.end", value=t.about(drivers.forecast), unit=unit)]
    if drivers.model != "xgboost":
        texts.append(_other(t, drivers, unit))
    return " ".join(texts)


def _other(t: Words, drivers: Any, unit: str) -> str:
    gap = drivers.shown / drivers.forecast - 1 if drivers.forecast else 0.0
    key = "why.other.same" if abs(gap) < WORTH_SAYING else "why.other.above" if gap > 0 else "why.other.below"
    values = {"model": t.model(drivers.model), "value": t.about(drivers.shown), "unit": unit}
    return t(key, percent=t.percent(abs(gap)), **values)

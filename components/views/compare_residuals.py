"""Residuals of one model: over time, against the normal distribution, and whether they repeat, each in a sentence."""

from __future__ import annotations

from typing import Any

import numpy as np
from dash import html

from components import states
from components.chart import chart
from components.figures.palette import Theme
from components.figures.residuals import acf_figure, edges_of, spread_figure, time_figure
from components.legend import Key
from components.tables import Column, text_table
from components.views.compare_pairs import p_text
from components.words import Words

SURE = 0.05
"""p-values at most so large speak against noise, or against the normal distribution."""
HEAVY, SKEWED = 0.5, 0.5
"""Excess kurtosis and skewness from which that is named as the reason."""


def residual_charts(t: Words, theme: Theme, model: str, measure: str, residuals: Any, found: Any | None) -> Any:
    """``residuals``: core's frame of them; ``found``: core's Diagnosis, None for too few."""
    if found is None:
        return states.nothing(t, t("compare.residuals.few"))
    colour, unit = theme.model(model), t(f"unit.{measure}")
    return html.Div(
        [
            _over_time(t, theme, model, unit, residuals, found, colour),
            html.Div(
                [_spread(t, theme, unit, residuals, found, colour), _acf(t, theme, found, colour)], className="tm-two"
            ),
        ],
        className="tm-area",
    )


def _over_time(t: Words, theme: Theme, model: str, unit: str, rows: Any, found: Any, colour: str) -> html.Figure:
    title = t("compare.residuals.time.title", model=t.model(model))
    starts = np.unique(rows["cutoff"].to_numpy().astype("datetime64[D]")) + 1
    columns = [
        Column(t("table.date")),
        Column(t("chart.actual"), number=True),
        Column(t("table.forecast"), number=True),
        Column(t("compare.residuals.actual_minus"), number=True),
    ]
    lines = [
        [t.date(row["date"]), t.number(row["y"]), t.number(row["mean"]), t.number(row["residual"])]
        for row in rows.to_dict("records")
    ]
    return chart(
        t,
        "residuals",
        title,
        time_figure(t, theme, rows["date"], rows["residual"], starts, colour, t("compare.residuals.actual_minus")),
        time_sentence(t, unit, rows, found),
        text_table(title, columns, lines, class_name="tm-tall"),
        height=300,
        subtitle=t("compare.residuals.time.subtitle"),
    )


def time_sentence(t: Words, unit: str, rows: Any, found: Any) -> str:
    """How far off on the whole, and the day that was missed most."""
    worst = rows.loc[rows["residual"].abs().idxmax()]
    share = found.mean / float(rows["y"].mean()) if float(rows["y"].mean()) else 0.0
    lean = "even" if abs(share) < 0.005 else "low" if share > 0 else "high"
    return t(
        f"compare.residuals.time.{lean}",
        n=t.number(found.n),
        share=t.percent(abs(share), 1),
        date=t.date(worst["date"]),
        size=f"{t.number(abs(worst['residual']))} {unit}",
        side=t(f"compare.residuals.{'more' if worst['residual'] > 0 else 'less'}"),
    )


def _spread(t: Words, theme: Theme, unit: str, rows: Any, found: Any, colour: str) -> html.Figure:
    title = t("compare.residuals.spread.title")
    values = rows["residual"].to_numpy(np.float64)
    edges = edges_of(values)
    counts, _ = np.histogram(values, edges)
    columns = [
        Column(t("compare.residuals.from")),
        Column(t("compare.residuals.to")),
        Column(t("compare.residuals.days"), number=True),
    ]
    bins = zip(edges[:-1], edges[1:], counts, strict=True)
    return chart(
        t,
        "residual-spread",
        title,
        spread_figure(t, theme, values, found.mean, found.deviation, colour, t("compare.residuals.actual_minus")),
        spread_sentence(t, unit, values, found),
        text_table(title, columns, [[t.number(low), t.number(high), t.number(count)] for low, high, count in bins]),
        height=300,
        keys=[
            Key(t("compare.residuals.days"), colour, "band"),
            Key(t("compare.residuals.normal"), theme.ink, "dashed"),
        ],
    )


def spread_sentence(t: Words, unit: str, values: Any, found: Any) -> str:
    """Half of the residuals, and how the shape differs from the bell."""
    low, high = np.percentile(values, [25, 75])
    parts = [t("compare.residuals.half", low=t.number(low), high=t.number(high), unit=unit)]
    p_value = p_text(t, found.normal_p)
    if found.normal_p > SURE:
        return " ".join([*parts, t("compare.residuals.is_normal", p=p_value)])
    parts.append(t("compare.residuals.not_normal", p=p_value))
    if found.kurtosis > HEAVY:
        parts.append(t("compare.residuals.heavy"))
    if abs(found.skewness) > SKEWED:
        parts.append(t(f"compare.residuals.{'up' if found.skewness > 0 else 'down'}"))
    parts.append(t("compare.residuals.intervals"))
    return " ".join(parts)


def _acf(t: Words, theme: Theme, found: Any, colour: str) -> html.Figure:
    title = t("compare.residuals.acf.title")
    columns = [
        Column(t("compare.residuals.lag"), number=True),
        Column(t("compare.residuals.acf"), number=True),
        Column(t("compare.residuals.beyond")),
    ]
    rows = [
        [t.number(lag), t.number(value, 2), t("compare.residuals.yes") if abs(value) > found.limit else ""]
        for lag, value in enumerate(found.acf, 1)
    ]
    return chart(
        t,
        "residual-acf",
        title,
        acf_figure(t, theme, found.acf, found.limit, colour),
        acf_sentence(t, found),
        text_table(title, columns, rows, class_name="tm-tall"),
        height=300,
        keys=[Key(t("compare.residuals.band"), theme.reference, "band")],
    )


def acf_sentence(t: Words, found: Any) -> str:
    """Ljung–Box in words; then the strongest lag, if it is beyond the limits."""
    values = np.abs(found.acf)
    strongest = int(values.argmax())
    kind = "white" if found.white_p > SURE else "repeats"
    said = t(
        f"compare.residuals.{kind}",
        lags=t.number(found.lags),
        p=p_text(t, found.white_p),
        q=t.number(found.q, 1),
    )
    if kind == "repeats" and values[strongest] > found.limit:
        lag = t.count("compare.residuals.after", strongest + 1)
        said += " " + t("compare.residuals.strongest", lag=lag, r=t.number(found.acf[strongest], 2))
    return said

"""Monitor: one feature on one day: the index over time, both distributions, what every bin adds, and the numbers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from components import ids, page, states
from components.bins import bin_label
from components.chart import chart
from components.figures.drift import distribution_figure, lines_below, parts_figure, psi_figure
from components.figures.palette import Theme
from components.legend import Key
from components.tables import Column, table, text_table
from components.views import models_words as told
from components.views import monitor_words as said
from components.words import MISSING, Words

NAMES = {"psi": "PSI", "ks": "KS", "wasserstein": "Wasserstein", "js": "Jensen–Shannon", "cramers_v": "Cramér V"}
MOST_ROWS = 400
ASK_AGAIN_MS = 5000


def refused(t: Words, why: str) -> html.Div:
    """Why there is nothing to compare: a Refusal of core.monitoring.inspect."""
    return states.nothing(t, t(f"monitor.refused.{said.key_of(why)}"))


def counting(t: Words, job: int) -> html.Div:
    """The lines are counted anew first; it asks again until that is done."""
    return html.Div(
        [told.line("hourglass-split", t("monitor.counting", job=job)), dcc.Interval(ids.counting(job), ASK_AGAIN_MS)],
        className="tm-nothing",
        role="status",
    )


def not_counted(t: Words, job: Any | None) -> html.Div:
    """``job``: the one that should have counted the lines, or None."""
    error = None if job is None else job.error
    return html.Div(
        told.line("exclamation-triangle-fill", error or t("monitor.counting.failed")), className="tm-nothing"
    )


def detail(t: Words, theme: Theme, seen: Any, shift: Any | None = None) -> list[Any]:
    """``seen``: core's Inspection; ``shift``: the alert, on this day, that its level has moved, or None."""
    one = seen.drift
    labels = [bin_label(t, label, one.kind) for label in one.labels]
    return [
        page.titled(
            t("monitor.detail.head", feature=said.feature(t, one.feature), day=t.date(seen.current.end, "day")),
            [
                html.P([said.verdict(t, one.verdict), html.Span(sentence(t, seen))], className="tm-alert-badges"),
                html.P(windows(t, seen), className="tm-subtitle"),
                None if shift is None else _shift(t, seen.drift.feature, shift),
                _numbers(t, seen),
                html.P(_method(t, seen), className="tm-note"),
            ],
        ),
        _over_time(t, theme, seen),
        html.Div([_distributions(t, theme, seen, labels), _parts(t, theme, seen, labels)], className="tm-two"),
    ]


def _shift(t: Words, name: str, alert: Any) -> html.P:
    """Why a shift was found where the distributions may look alike, and where it shows."""
    return html.P(
        [
            html.Span(t("monitor.detail.shift", alert=alert.id, kind=said.kind_inside(t, alert.kind))),
            " ",
            dcc.Link(t("monitor.open_alert", alert=alert.id), href=f"/monitor?alert={alert.id}"),
            " · ",
            dcc.Link(t("alert.surprises"), href=f"/monitor?tab=forecasts&measure={name}"),
        ],
        className="tm-note",
    )


def sentence(t: Words, seen: Any) -> str:
    """How far apart, against the customary line and against chance."""
    psi, limit = seen.values.get("psi"), seen.drift.psi_limit
    if psi is None:
        return t("monitor.detail.none")
    lines = (*lines_below(seen.line), seen.line)
    over = next((one for one in reversed(lines) if psi > one), None)
    key, line = ("under", lines[0]) if over is None else ("over", over)
    customary = t(f"monitor.detail.{key}", line=said.line(t, line))
    first = t("monitor.detail.psi", psi=t.number(psi, 3), customary=customary)
    if limit is None:
        return " ".join([first, t("monitor.detail.no_limit")])
    chance = "beyond" if psi > limit else "within"
    return " ".join([first, t(f"monitor.detail.{chance}", limit=t.number(limit, 3))])


def windows(t: Words, seen: Any) -> str:
    (ref_first, ref_last), (first, last) = seen.reference, seen.current
    return t(
        "monitor.windows",
        first=t.date(first, "day"),
        last=t.date(last, "day"),
        ref_first=t.date(ref_first, "day"),
        ref_last=t.date(ref_last, "day"),
    )


def _method(t: Words, seen: Any) -> str:
    if seen.method == "moving windows":
        how = t.count("monitor.method.moving", seen.windows)
    else:
        how = t("monitor.method.independent")
    if seen.choice == "training" and not seen.frozen:
        return " ".join([how, t("monitor.method.before" if seen.learnt else "monitor.method.instead")])
    return how


def _numbers(t: Words, seen: Any) -> html.Div:
    columns = [
        Column(t("monitor.statistic")),
        Column(t("monitor.value"), number=True),
        Column(t("monitor.chance"), number=True, help=t("monitor.chance.help")),
        Column(t("monitor.usual"), number=True, help=t("monitor.usual.help")),
        Column(t("monitor.meaning")),
    ]
    rows = []
    for name, value in seen.values.items():
        limit = seen.drift.psi_limit if name == "psi" else seen.limits.get(name)
        shown = [_value(t, one) for one in (value, limit, seen.usual.get(name))]
        rows.append([NAMES[name], *shown, t(f"monitor.statistic.{name}")])
        if name == "psi" and "psi" in seen.usual:
            excess = t.number(value - seen.usual["psi"], 3)
            rows.append([t("monitor.excess"), excess, MISSING, MISSING, t("monitor.statistic.excess")])
    if seen.drift.ks_p is not None:
        rows.append([t("monitor.ks.p"), said.small(t, seen.drift.ks_p), MISSING, MISSING, t("monitor.ks.p.help")])
    missing = [t.percent(seen.missing, 1), MISSING, t.percent(seen.missing_before, 1)]
    rows.append([t("monitor.missing"), *missing, t("monitor.statistic.missing")])
    counts = (t.number(seen.drift.n_cur), MISSING, t.number(seen.drift.n_ref))
    rows.append([t("monitor.n"), *counts, t(f"monitor.statistic.n.{seen.drift.level}")])
    return table(t("monitor.numbers"), columns, rows, class_name="tm-numbers")


def _value(t: Words, value: float | None) -> str:
    if value is None or not math.isfinite(value):
        return MISSING
    return t.number(value, 3) if abs(value) < 100 else t.number(value)


def _over_time(t: Words, theme: Theme, seen: Any) -> html.Figure:
    psi = [value if math.isfinite(value) else None for value in seen.psi.tolist()]
    title = t("monitor.psi.title", feature=said.feature(t, seen.drift.feature))
    limit, usual, line = seen.drift.psi_limit, seen.usual.get("psi"), said.line(t, seen.line)
    figure = psi_figure(t, theme, seen.days, psi, limit, usual, seen.current.end, seen.reference, seen.line)
    above = sum(value is not None and value > max(limit or 0.0, seen.line) for value in psi)
    highest = max((n for n, value in enumerate(psi) if value is not None), key=lambda n: psi[n] or 0.0, default=None)
    summary = (
        t("monitor.detail.none")
        if highest is None
        else t(
            "monitor.psi.summary",
            psi=t.number(psi[highest], 2),
            day=t.date(seen.days[highest], "day"),
            above=t.count("monitor.psi.above", above, line=line),
        )
    )
    keys = [Key("PSI", theme.accent, "line"), Key(t("monitor.line.large", line=line), theme.drop, "thin")]
    if small := [said.line(t, one) for one in lines_below(seen.line)]:
        keys.append(Key(t.count("monitor.line.small", len(small), lines=" · ".join(small)), theme.drop, "dotted"))
    if limit is not None:
        keys.append(Key(t("monitor.psi.limit"), theme.ink, "dashed"))
    if "psi" in seen.usual:
        keys.append(Key(t("monitor.excess"), theme.muted, "dotted"))
    keys.append(Key(t("monitor.reference"), theme.reference, "band"))
    return chart(
        t, "psi", title, figure, summary, _psi_table(t, title, seen, psi), height=320,
        subtitle=t("monitor.psi.how"), keys=keys,
    )  # fmt: skip


def _psi_table(t: Words, caption: str, seen: Any, psi: list[float | None]) -> html.Div:
    columns = [Column(t("monitor.day")), Column("PSI", number=True), Column(t("monitor.excess"), number=True)]
    usual = seen.usual.get("psi")
    rows = [
        [t.date(day, "day"), t.number(value, 3), t.number(None if value is None or usual is None else value - usual, 3)]
        for day, value in list(zip(seen.days, psi, strict=True))[-MOST_ROWS:][::-1]
    ]
    return text_table(caption, columns, rows, class_name="tm-tall")


def _distributions(t: Words, theme: Theme, seen: Any, labels: list[str]) -> html.Figure:
    one = seen.drift
    name = said.feature(t, one.feature)
    title = t("monitor.detail.title", feature=name)
    shares = list(zip(labels, one.ref_shares, one.cur_shares, strict=True))
    moved = max(shares, key=lambda row: abs(row[2] - row[1]), default=None)
    summary = (
        t("monitor.detail.none")
        if moved is None or not one.n_cur
        else t("monitor.detail.summary", bin=moved[0], reference=t.percent(moved[1], 1), current=t.percent(moved[2], 1))
    )
    columns = [Column(name), Column(t("monitor.reference"), number=True), Column(t("monitor.current"), number=True)]
    rows = [[label, t.percent(before, 1), t.percent(now, 1)] for label, before, now in shares]
    keys = [
        Key(t("monitor.reference"), theme.reference, "hatched"),
        Key(t("monitor.current"), theme.current, "band"),
    ]
    return chart(
        t, "distribution", title, distribution_figure(t, theme, labels, one.ref_shares, one.cur_shares, name), summary,
        text_table(title, columns, rows), height=320, keys=keys,
    )  # fmt: skip


def _parts(t: Words, theme: Theme, seen: Any, labels: list[str]) -> html.Figure:
    name, parts = said.feature(t, seen.drift.feature), list(seen.parts)
    title, total = t("monitor.parts.title"), sum(parts)
    largest = max(range(len(parts)), key=lambda n: parts[n], default=None)
    summary = (
        t("monitor.detail.none")
        if largest is None or not total
        else t(
            "monitor.parts.summary",
            bin=labels[largest],
            share=t.percent(parts[largest] / total),
            total=t.number(total, 3),
        )
    )
    columns = [Column(name), Column("PSI", number=True), Column(t("table.share"), number=True)]
    rows = [[label, t.number(part, 3), t.percent(part / total if total else None)]
            for label, part in zip(labels, parts, strict=False)]  # fmt: skip
    if rows:
        rows.append([t("table.total"), t.number(total, 3), t.percent(1.0 if total else None)])
    return chart(
        t, "parts", title, parts_figure(t, theme, labels[: len(parts)], parts, name), summary,
        text_table(title, columns, rows), height=320,
    )  # fmt: skip


def options(t: Words, names: list[tuple[str, str]]) -> list[Mapping[str, str]]:
    """``names``: features with their level; in groups as in the map."""
    ordered = sorted(names, key=lambda one: (said.GROUPS.index(said.group(*one)), said.feature(t, one[0])))
    return [{"label": said.feature(t, name), "value": name} for name, _ in ordered]

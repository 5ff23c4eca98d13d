"""Monitor: health in one sentence, every feature with its verdict, both distributions of one of them."""

from __future__ import annotations

import re
from typing import Any

from dash import html

from components import ids, page
from components.chart import chart
from components.figures.drift import distribution_figure
from components.figures.palette import Theme
from components.icons import icon
from components.legend import Key
from components.tables import Column, table, text_table
from components.words import Words

VERDICTS = {
    "stable": ("check-circle-fill", "good"),
    "watch": ("exclamation-triangle-fill", "watch"),
    "drift": ("exclamation-diamond-fill", "bad"),
    "not enough data": ("dash-circle", "none"),
}


def verdict(t: Words, name: str) -> html.Span:
    """Icon, words and colour: any one of them is enough."""
    symbol, kind = VERDICTS[name]
    return html.Span([icon(symbol), html.Span(t(f"verdict.{kind}"))], className=f"tm-verdict tm-verdict-{kind}")


def shown_feature(report: Any, wanted: str | None) -> str:
    """The feature asked for, else the one with the worst verdict."""
    names = [one.feature for one in report.features]
    if wanted in names:
        return str(wanted)
    ranks = ("not enough data", "stable", "watch", "drift")
    return str(max(report.features, key=lambda one: (ranks.index(one.verdict), one.psi or 0.0)).feature)


def health(t: Words, report: Any) -> str:
    """One sentence: is anything different?"""
    judged = [one for one in report.features if one.verdict != "not enough data"]
    moved = [one for one in judged if one.verdict in ("drift", "watch")]
    if not judged:
        return t("monitor.health.none")
    if not moved:
        return t.count("monitor.health.stable", len(judged))
    names = ", ".join(t.get(f"feature.{one.feature}", one.feature).lower() for one in moved)
    key = "drift" if report.verdict == "drift" else "watch"
    return t(f"monitor.health.{key}", n=t.number(len(moved)), of=t.number(len(judged)), names=names)


def content(t: Words, report: Any, shown: str) -> list[Any]:
    """``report``: core.monitoring.drift.DriftReport; ``shown``: the feature whose distributions are below."""
    symbol, kind = VERDICTS[report.verdict]
    return [
        html.P(
            [icon(symbol), html.Span(health(t, report))],
            className=f"tm-headline tm-health tm-health-{kind}",
            role="status",
        ),
        page.titled(
            t("monitor.title"),
            [
                html.P(windows(t, report), className="tm-subtitle"),
                _features(t, report, shown),
                html.P(t("monitor.note"), className="tm-note"),
            ],
        ),
    ]


def windows(t: Words, report: Any) -> str:
    (ref_first, ref_last), (first, last) = report.reference, report.current
    return t(
        "monitor.windows",
        first=t.date(first, "day"),
        last=t.date(last, "day"),
        ref_first=t.date(ref_first, "day"),
        ref_last=t.date(ref_last, "day"),
    )


def _features(t: Words, report: Any, shown: str) -> html.Div:
    columns = [
        Column(t("monitor.feature")),
        Column(t("monitor.verdict")),
        Column("PSI", number=True, help=t("monitor.psi.help")),
        Column(t("monitor.psi.limit"), number=True, help=t("monitor.psi.limit.help")),
        Column("KS", number=True, help=t("monitor.ks.help")),
        Column(t("monitor.ks.p"), number=True, help=t("monitor.ks.p.help")),
        Column(t("monitor.n"), number=True, help=t("monitor.n.help")),
    ]
    rows = [
        [
            _feature_button(t, one, one.feature == shown),
            verdict(t, one.verdict),
            t.number(one.psi, 3),
            _small(t, one.psi_limit),
            t.number(one.ks, 3),
            _small(t, one.ks_p),
            f"{t.number(one.n_ref)} / {t.number(one.n_cur)}",
        ]
        for one in report.features
    ]
    classes = ["tm-row-chosen" if one.feature == shown else "" for one in report.features]
    return table(t("monitor.caption"), columns, rows, classes, class_name="tm-features")


def _feature_button(t: Words, one: Any, pressed: bool) -> html.Span:
    name = t.get(f"feature.{one.feature}", one.feature)
    return html.Button(
        [html.Span(name), html.Small(t(f"monitor.level.{one.level}"))],
        id=ids.feature_button(one.feature),
        type="button",
        className="btn btn-link tm-feature",
        **{"aria-pressed": "true" if pressed else "false"},
    )


def _small(t: Words, value: float | None) -> str:
    return f"< {t.number(0.001, 3)}" if value is not None and value < 0.001 else t.number(value, 3)


def bin_label(t: Words, label: str, kind: str) -> str:
    """'up to 2', '3 – 6', 'over 6' and 'other' of the report, in the language of the page."""
    if kind == "category":
        return t("bin.other") if label == "other" else label

    def number(match: re.Match[str]) -> str:
        plain = match[0].replace(",", "")
        return t.number(float(plain), len(plain.partition(".")[2]))

    text = re.sub(r"\d[\d,]*(\.\d+)?", number, label) if "e" not in label.removeprefix("over ") else label
    for prefix, key in (("up to ", "bin.up_to"), ("over ", "bin.over")):
        if text.startswith(prefix):
            return t(key, value=text.removeprefix(prefix))
    return text


def detail(t: Words, theme: Theme, report: Any, shown: str) -> Any:
    """Both distributions of a feature."""
    one = next(feature for feature in report.features if feature.feature == shown)
    name = t.get(f"feature.{one.feature}", one.feature)
    labels = [bin_label(t, label, one.kind) for label in one.labels]
    title = t("monitor.detail.title", feature=name)
    shares = list(zip(labels, one.ref_shares, one.cur_shares, strict=True))
    moved = max(shares, key=lambda row: abs(row[2] - row[1]), default=None)
    summary = (
        t("monitor.detail.none")
        if moved is None
        else t("monitor.detail.summary", bin=moved[0], reference=t.percent(moved[1], 1), current=t.percent(moved[2], 1))
    )
    columns = [
        Column(name),
        Column(t("monitor.reference"), number=True),
        Column(t("monitor.current"), number=True),
    ]
    rows = [[label, t.percent(before, 1), t.percent(now, 1)] for label, before, now in shares]
    figure = distribution_figure(t, theme, labels, one.ref_shares, one.cur_shares, name)
    keys = [
        Key(t("monitor.reference"), theme.reference, "hatched"),
        Key(t("monitor.current"), theme.current, "band"),
    ]
    detail_table = text_table(title, columns, rows)
    return chart(
        t, "distribution", title, figure, summary, detail_table, height=320, subtitle=windows(t, report), keys=keys
    )

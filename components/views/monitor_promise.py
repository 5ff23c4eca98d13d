"""Monitor: are the forecasts as good as their tests promised, and do the days bring more surprises than chance?"""

from __future__ import annotations

from typing import Any

from dash import html

from components import states
from components.chart import chart
from components.figures.evidence import LIMIT_DASHES, cusum_figure, evidence_figure, promise_figure
from components.figures.palette import Theme
from components.legend import Key, mark_of
from components.tables import Column, text_table
from components.words import Words

LEAST_TESTS = 5
"""As core.monitoring.performance.LEAST_FOLDS."""
MOST_ROWS = 400


def promise(t: Words, theme: Theme, found: Any | None, version: str) -> Any:
    """``found``: core's Performance; None while there are too few days: the record says that the tests stand in."""
    if found is None:
        return None
    tests = list(found.tests)
    title = t("promise.title")
    table = text_table(
        title,
        [Column(t("promise.what")), Column(t("promise.error"), number=True)],
        [
            [t.count("promise.now", found.days), t.percent(found.error, 1)],
            *([t("promise.test", n=t.number(n)), t.percent(one, 1)] for n, one in enumerate(sorted(tests), 1)),
        ],
    )
    keys = [
        Key(t("promise.tests"), theme.accent, "band"),
        Key(t.count("promise.now", found.days), theme.drop, "line"),
    ]
    figure = promise_figure(t, theme, found.error, tests)
    return chart(
        t,
        "promise",
        title,
        figure,
        sentence(t, found, version),
        table,
        height=300,
        subtitle=t("promise.how"),
        keys=keys,
    )


def sentence(t: Words, found: Any, version: str) -> str:
    values = {"version": version, "error": t.percent(found.error, 1), "days": t.count("control.days", found.days)}
    first = t("promise.sentence", **values)
    tests = found.tests
    if len(tests) < LEAST_TESTS:
        return " ".join([first, t.count("promise.few", len(tests))])
    span = {"low": t.percent(min(tests), 1), "high": t.percent(max(tests), 1)}
    return " ".join([first, t("promise.worse" if found.worse else "promise.kept", **span)])


def evidence(t: Words, theme: Theme, course: Any, measure: str, limits: tuple[float, ...], per_year: float) -> Any:
    """``course``: core's Course of a measure."""
    name = t.measure(measure)
    if len(course.days) < 2:
        return states.nothing(t, t("evidence.none"))
    return html.Div(
        [_cusum(t, theme, course, name, per_year), _evidence(t, theme, course, name, limits)], className="tm-two"
    )


def _cusum(t: Words, theme: Theme, course: Any, name: str, per_year: float) -> html.Figure:
    up, down = course.up.tolist(), course.down.tolist()
    title = t("evidence.cusum", measure=name)
    beyond = [day for day, one, other in zip(course.days, up, down, strict=True) if max(one, other) > course.limit]
    if beyond:
        summary = t.count("evidence.cusum.beyond", len(beyond), first=t.date(beyond[0], "day"))
        summary = " ".join([summary, t("evidence.cusum.no_alarm")])
    else:
        highest = max(max(up), max(down))
        summary = t("evidence.cusum.within", value=t.number(highest, 1), limit=t.number(course.limit, 1))
    keys = [
        Key(t("evidence.up"), theme.accent, "line"),
        Key(t("evidence.down"), theme.drop, "dashed"),
        Key(t("evidence.limit"), theme.ink, "dashed"),
    ]
    columns = [
        Column(t("monitor.day")),
        Column(t("evidence.surprise"), number=True),
        Column(t("evidence.up"), number=True),
        Column(t("evidence.down"), number=True),
    ]
    score = course.score.tolist()
    rows = [
        [t.date(day, "day"), t.number(one, 2), t.number(high, 2), t.number(low, 2)]
        for day, one, high, low in list(zip(course.days, score, up, down, strict=True))[-MOST_ROWS:][::-1]
    ]
    return chart(
        t, "cusum", title, cusum_figure(t, theme, course.days, up, down, course.limit), summary,
        text_table(title, columns, rows, class_name="tm-tall"), height=300,
        subtitle=t("evidence.cusum.how", n=t.number(per_year, 2)), keys=keys,
    )  # fmt: skip


def _evidence(t: Words, theme: Theme, course: Any, name: str, limits: tuple[float, ...]) -> html.Figure:
    values = course.evidence.tolist()
    title = t("evidence.title", measure=name)
    highest = max(range(len(values)), key=lambda n: values[n])
    key = "strong" if values[highest] > limits[-1] else "some" if values[highest] > limits[0] else "weak"
    summary = t(
        f"evidence.{key}",
        value=t.about(values[highest]),
        day=t.date(course.days[highest], "day"),
        now=t.about(values[-1]) if values[-1] >= 0.1 else t("evidence.tiny", least=t.number(0.1, 1)),
    )
    if not course.seasonal:
        summary = " ".join([summary, t("evidence.season")])
    if key != "weak":
        summary = " ".join([summary, t("evidence.no_alarm")])
    dashed = zip(limits, LIMIT_DASHES, strict=True)
    keys = [
        Key(t("evidence.evidence"), theme.accent, "line"),
        *(Key(t("evidence.limit.at", limit=t.number(limit)), theme.ink, mark_of(dash)) for limit, dash in dashed),
    ]
    rows = [[t.date(day, "day"), t.about(one) if one >= 0.1 else t("evidence.tiny", least=t.number(0.1, 1))]
            for day, one in list(zip(course.days, values, strict=True))[-MOST_ROWS:][::-1]]  # fmt: skip
    table = text_table(
        title, [Column(t("monitor.day")), Column(t("evidence.evidence"), number=True)], rows, class_name="tm-tall"
    )
    figure = evidence_figure(t, theme, course.days, values, limits)
    return chart(t, "evidence", title, figure, summary, table, height=300, subtitle=t("evidence.how"), keys=keys)

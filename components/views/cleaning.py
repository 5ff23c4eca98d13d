"""Cleaning: how many lines were read, what each rule dropped and why, and which are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from components import ids, page
from components.chart import chart
from components.cut import cut_cell
from components.figures.palette import Theme
from components.figures.waterfall import waterfall_figure
from components.icons import icon
from components.tables import Column, table, text_table
from components.words import Words, shown

EXAMPLE_COLUMNS = ("time", "invoice", "product", "description", "quantity", "price", "customer", "country")
LONGEST_CELL = 200


def cleaning_card(
    t: Words, theme: Theme, manifest: Any, steps: Sequence[Any], sentences: Mapping[str, str]
) -> html.Figure:
    """``steps``: rule, on, dropped, share, left in order; ``sentences``: what each rule says, in English."""
    active = [step for step in steps if step.on]
    figure = waterfall_figure(
        t, theme, manifest.lines_in, [(t.get(f"rule.{step.rule}", step.rule), step.dropped) for step in active],
        manifest.lines_out,
    )  # fmt: skip
    largest = max(active, key=lambda step: step.dropped, default=None)
    summary = t(
        "explore.cleaning.summary",
        lines_in=t.number(manifest.lines_in),
        lines_out=t.number(manifest.lines_out),
        share=t.percent(manifest.lines_out / manifest.lines_in if manifest.lines_in else 0.0),
    )
    if largest is not None and largest.dropped:
        summary += " " + t(
            "explore.cleaning.largest", rule=t.get(f"rule.{largest.rule}", largest.rule), n=t.number(largest.dropped)
        )
    title = t("explore.cleaning.title")
    extra = html.Div(
        [
            _rules(t, title, steps, sentences),
            _sources(t, manifest),
        ]
    )
    return chart(t, "waterfall", title, figure, summary, height=96 + 40 * len(active), extra=extra, tabled=True)


def _rules(t: Words, caption: str, steps: Sequence[Any], sentences: Mapping[str, str]) -> html.Div:
    columns = [
        Column(t("table.rule")),
        Column(t("table.meaning")),
        Column(t("table.dropped"), number=True),
        Column(t("table.share"), number=True),
        Column(t("table.left"), number=True),
        Column(t("table.examples")),
    ]
    rows = [
        [
            t.get(f"rule.{step.rule}", step.rule),
            t.get(f"rule.{step.rule}.sentence", sentences.get(step.rule, "")),
            t.number(step.dropped) if step.on else t("explore.rule.off"),
            t.percent(step.share, 1) if step.on else "",
            t.number(step.left) if step.on else "",
            _button(t, step),
        ]
        for step in steps
    ]
    return table(
        caption, columns, rows, ["" if step.on else "tm-row-off" for step in steps], class_name="tm-rules", live=True
    )


def _button(t: Words, step: Any) -> Any:
    if not step.dropped:
        return ""
    return html.Button(
        [icon("eye-fill"), html.Span(t("explore.show"))],
        id=ids.rule_button(step.rule),
        type="button",
        className="btn btn-sm btn-outline-secondary",
        **{"aria-label": t("explore.show.of", rule=t.get(f"rule.{step.rule}", step.rule))},
    )


def examples(t: Words, rule: str, lines: Any) -> html.Section:
    """The first lines that a rule dropped, as they were read."""
    names = [name for name in EXAMPLE_COLUMNS if name in lines.columns]
    caption = t("explore.examples.title", rule=t.get(f"rule.{rule}", rule))
    columns = [Column(t(f"line.{name}"), number=name in ("quantity", "price")) for name in names]
    rows = [[line_cell(t, name, row[name]) for name in names] for row in lines.to_dict("records")]
    return page.titled(caption, [text_table(caption, columns, rows)])


def line_cell(t: Words, name: str, value: Any) -> str | tuple[str, str]:
    """A value of a line as a cell of a text_table; long texts are cut."""
    if value is None or value != value:  # NaN and NaT are not equal to themselves
        return t.number(None)
    if name == "time":
        return f"{t.date(value, 'day')} {value:%H:%M}"
    if name == "quantity":
        return t.number(value, 0 if float(value).is_integer() else 2)
    return t.number(value, 2) if name == "price" else cut_cell(str(value))


def _sources(t: Words, manifest: Any) -> html.Details:
    """Where the lines came from and what was noticed while reading."""
    items = [html.Li(t("explore.source", name=source(one), lines=t.number(one.lines))) for one in manifest.sources]
    return html.Details(
        [
            html.Summary(t("explore.sources")),
            html.Ul([*items, *(html.Li(shown(note, None)) for note in manifest.notes)]),
        ],
        className="tm-details",
    )


def source(one: Any) -> str:
    """A file, and the sheet of it where there is one."""
    return f"{shown(one.name)} · {shown(one.sheet)}" if one.sheet else shown(one.name)

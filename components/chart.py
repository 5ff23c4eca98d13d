"""A chart as it would stand in a report: title, picture, one sentence, and the numbers as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from components import ids
from components.figures.template import graph_config
from components.icons import icon
from components.legend import Key, legend
from components.words import Words


def chart(
    t: Words,
    name: str,
    title: str,
    figure: Any,
    summary: str,
    table: Any = None,
    height: int = 340,
    subtitle: str | None = None,
    keys: Sequence[Key] = (),
    extra: Any = None,
    tabled: bool = False,
) -> html.Figure:
    """``summary`` says what the picture shows; ``table`` is what "show as table" opens; ``tabled``: a table of the
    numbers stands open in ``extra`` instead. One of the two there must be: the CSV is made from it.

    The heading travels with the picture and the numbers: assets/charts.js draws it into the PNG and names the files.
    """
    graph_id = ids.graph(name)
    return html.Figure(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H2(title, className="tm-card-title"),
                            html.P(subtitle, className="tm-subtitle") if subtitle else None,
                        ]
                    ),
                    html.Div(
                        [
                            _save("filetype-csv", t("chart.csv"), title, "data-csv", name)
                            if table is not None or tabled
                            else None,
                            _save("image", t("chart.png"), title, "data-export", name),
                        ],
                        className="tm-icon-buttons",
                    ),
                ],
                className="tm-card-head",
            ),
            legend(keys) if keys else None,
            html.Div(
                dcc.Graph(
                    id=graph_id, figure=figure, config=graph_config(t), responsive=True, style={"height": f"{height}px"}
                ),
                role="img",
                className="tm-graph",
                **{"aria-label": f"{title}. {summary}", "data-graph": name},
            ),
            html.Figcaption(summary),
            extra,
            html.Details([html.Summary(t("chart.as_table")), table], className="tm-details", **{"data-numbers": name})
            if table is not None
            else None,
        ],
        className="tm-card tm-chart",
    )


def _save(symbol: str, label: str, title: str, kind: str, name: str) -> html.Button:
    return html.Button(
        icon(symbol),
        type="button",
        className="btn btn-sm tm-icon-button",
        title=label,
        **{"aria-label": f"{label}: {title}", kind: name, "data-title": title},
    )

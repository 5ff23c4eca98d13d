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
) -> html.Figure:
    """``summary`` says what the picture shows; ``table`` is what "show as table" opens.

    The heading and the export button travel with the picture: assets/app.js draws the title into the PNG.
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
                    html.Button(
                        icon("image"),
                        type="button",
                        className="btn btn-sm tm-icon-button",
                        title=t("chart.png"),
                        **{"aria-label": f"{t('chart.png')}: {title}", "data-export": name, "data-title": title},
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
            html.Details([html.Summary(t("chart.as_table")), table], className="tm-details")
            if table is not None
            else None,
        ],
        className="tm-card tm-chart",
    )

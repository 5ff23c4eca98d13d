"""Forecast: one series, any horizon to a year, with intervals, table and download."""

from __future__ import annotations

from dash import dcc, html

from app.i18n import words
from components import controls, ids, page
from components.query import measure_of, text, whole


def layout(measure: str | None = None, segment: str | None = None, horizon: str | None = None, **_: object) -> html.Div:
    """The page for ``/forecast?measure=revenue&segment=total&horizon=28``."""
    t = words()
    here = ids.Forecast
    return page.frame(
        t,
        "forecast",
        [
            controls.measure_picker(t, here.MEASURE, measure_of(measure)),
            controls.segment_picker(t, here.SEGMENT, text(segment, "total")),
            controls.horizon_picker(t, here.PRESET, here.HORIZON, whole(horizon, 28, 1, 365)),
        ],
        [
            page.area(here.BODY, "chart"),
            page.card(
                [
                    html.Div(
                        [
                            html.H2(t("forecast.take"), className="tm-card-title"),
                            controls.action(t, here.CSV, "download", t("forecast.csv")),
                        ],
                        className="tm-card-head",
                    ),
                    html.P(t("forecast.curl.help"), className="tm-note"),
                    html.Div(
                        [
                            html.Pre(html.Code(id=here.CURL), className="tm-code", tabIndex="0"),
                            controls.copy_button(t, here.CURL),
                        ],
                        className="tm-copy",
                    ),
                ]
            ),
            dcc.Download(id=here.DOWNLOAD),
        ],
    )

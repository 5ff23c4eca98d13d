"""Forecast: one series, any horizon to a year: total, chart, what if, how it changed, what drives it, to take along."""

from __future__ import annotations

from dash import dcc, html

from app.i18n import words
from components import controls, ids, page
from components.query import choice, day, measure_of, text, whole
from components.tabs import tab_list
from components.views import forecast_whatif as whatif
from components.words import Words

TABS = ("whatif", "made", "why")
BEST = "best"
SCENARIOS = tuple(f"s{number}" for number in range(1, 6))
LONGEST_SCENARIO = 424


def layout(
    measure: str | None = None,
    segment: str | None = None,
    horizon: str | None = None,
    model: str | None = None,
    level: str | None = None,
    tab: str | None = None,
    **query: object,
) -> html.Div:
    """The page for ``/forecast?measure=revenue&segment=total&horizon=28&model=lstm&level=95&tab=why&day=2011-12-12``,
    and scenarios as ``s1=Sale*up15.2011-12-10.2011-12-20`` to ``s5``."""
    t = words()
    here = ids.Forecast
    shown = choice(tab, TABS, TABS[0])
    scenarios = [found for name in SCENARIOS if (found := text(query.get(name), "", LONGEST_SCENARIO))]
    asked = text(model, BEST, 40)
    models = [{"label": t("forecast.model.best"), "value": BEST}]
    levels = [{"label": t.percent(one / 100), "value": str(one)} for one in (80, 95)]
    return page.frame(
        t,
        "forecast",
        [
            controls.measure_picker(t, here.MEASURE, measure_of(measure)),
            controls.segment_picker(t, here.SEGMENT, text(segment, "total")),
            controls.horizon_picker(t, here.PRESET, here.HORIZON, whole(horizon, 28, 1, 365)),
            controls.select(
                here.MODEL,
                t("control.model"),
                models if asked == BEST else [*models, {"label": t.model(asked), "value": asked}],
                asked,
            ),
            controls.buttons(here.LEVEL, t("forecast.level"), levels, choice(level, ("80", "95"), "80")),
        ],
        [
            page.area(here.BODY, "chart"),
            tab_list(
                here.TABS,
                t("forecast.tabs"),
                [(one, t(f"forecast.tab.{one}")) for one in TABS],
                shown,
                ids.forecast_tab,
                here.PANEL,
            ),
            dcc.Store(id=here.TAB, data=shown),
            dcc.Store(id=here.SCENARIOS, data=scenarios),
            html.Div(
                [
                    controls.date_field(here.DAY, t("forecast.day"), day(query.get("day"))),
                    html.P(t("forecast.day.help"), className="tm-quiet"),
                ],
                id=here.DAY_BOX,
                className="tm-controls",
                hidden=shown == TABS[0],
            ),
            html.Div(
                [
                    html.Div(_whatif(t), id=ids.forecast_panel("whatif"), hidden=shown != "whatif"),
                    *(
                        html.Div(
                            html.Div(id=target, className="tm-area"), id=ids.forecast_panel(one), hidden=shown != one
                        )
                        for one, target in (("made", here.MADE), ("why", here.WHY))
                    ),
                ],
                id=here.PANEL,
                role="tabpanel",
                **{"aria-labelledby": ids.forecast_tab(shown)},
            ),
            _take(t),
            dcc.Download(id=here.DOWNLOAD),
        ],
    )


def _whatif(t: Words) -> list[html.Div]:
    here = ids.Forecast
    return [
        page.titled(
            t("whatif.heading"),
            [
                html.P(t("whatif.intro"), className="tm-subtitle"),
                whatif.form(t),
                html.P(id=here.SAID, className="tm-form-said", role="status"),
                html.Div(id=here.LIST, className="tm-whatif-list"),
                html.Div(id=here.COMPARED, className="tm-whatif-compared"),
            ],
        )
    ]


def _take(t: Words) -> html.Section:
    here = ids.Forecast
    return page.card(
        [
            html.Div(
                [
                    html.H2(t("forecast.take"), className="tm-card-title"),
                    html.Div(
                        [
                            controls.action(t, here.XLSX, "download", t("forecast.xlsx")),
                            controls.action(t, here.CSV, "download", t("forecast.csv")),
                            controls.action(t, here.ICS, "calendar-check", t("forecast.ics")),
                        ],
                        className="tm-take",
                    ),
                ],
                className="tm-card-head tm-take-head",
            ),
            html.P(t("forecast.take.help"), className="tm-note"),
            *_code(t, here.CURL, t("forecast.curl.help")),
            *_code(t, here.PYTHON, t("forecast.python.help")),
        ]
    )


def _code(t: Words, target: str, help_text: str) -> list[html.P | html.Div]:
    return [
        html.P(help_text, className="tm-note"),
        html.Div(
            [html.Pre(html.Code(id=target), className="tm-code", tabIndex="0"), controls.copy_button(t, target)],
            className="tm-copy",
        ),
    ]

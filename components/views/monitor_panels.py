"""Monitor: what stands in each of its tabs before callbacks fill it; the address says what is chosen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dash import dcc, html

from components import controls, ids, page
from components.query import choice, day, measure_of, text, whole
from components.views import models_ask, monitor_ask, monitor_power, monitor_replay, monitor_trial
from components.views.monitor_alerts import sort_of
from components.words import Words

TABS = ("alerts", "features", "forecasts", "try", "policies")
RANGES = ("90", "365", "all")
STANDARD_RANGE = "365"
SHOWS = ("all", "open")
WINDOWS = ("14", "30", "60")
CHOICES = ("training", "year", "season", "fixed")
"""As core.monitoring.inspect.CHOICES."""

Query = Mapping[str, Any]


def tab_of(query: Query) -> str:
    return choice(query.get("tab"), TABS, TABS[0])


def panel(t: Words, query: Query) -> list[Any]:
    """The tab that the address names."""
    return {
        "alerts": alerts,
        "features": features,
        "forecasts": forecasts,
        "try": trial,
        "policies": policies,
    }[tab_of(query)](t, query)


def _range(t: Words, query: Query, tab: str) -> html.Fieldset:
    options = [{"label": t(f"monitor.range.{one}"), "value": one} for one in RANGES]
    wanted = choice(query.get("range"), RANGES, STANDARD_RANGE)
    return controls.buttons(ids.monitor_range(tab), t("monitor.range"), options, wanted)


def _controls(t: Words, *fields: Any) -> html.Div:
    return html.Div(list(fields), className="tm-controls", role="group", **{"aria-label": t("control.group")})


def alerts(t: Words, query: Query) -> list[Any]:
    here = ids.Monitor
    shows = [{"label": t(f"alert.show.{one}"), "value": one} for one in SHOWS]
    return [
        dcc.Store(id=here.ALERT, data=text(query.get("alert"), "", 9)),
        dcc.Store(id=here.SORT, data=sort_of(text(query.get("sort"), "", 20))),
        dcc.Store(id=here.ASKED),
        dcc.Download(id=here.DOWNLOAD),
        _controls(
            t,
            _range(t, query, "alerts"),
            controls.buttons(here.SHOW, t("alert.show"), shows, choice(query.get("show"), SHOWS, SHOWS[0])),
            models_ask.name_field(t),
        ),
        page.area(here.TIMELINE),
        html.Div(id=here.CHOSEN, className="tm-area", **{"aria-live": "polite"}),
        page.card(
            [
                html.Div(
                    [
                        html.H2(t("alert.list"), className="tm-card-title"),
                        controls.action(t, here.CSV, "download", t("alert.csv")),
                    ],
                    className="tm-card-head",
                ),
                html.P(id=here.SAID, className="tm-form-said", role="status"),
                page.area(here.ALERTS, "lead"),
            ]
        ),
        page.titled(
            t("silence.title"), [html.P(t("silence.intro"), className="tm-subtitle"), page.area(here.SILENCES, "lead")]
        ),
        monitor_ask.dialog(t),
    ]


def features(t: Words, query: Query) -> list[Any]:
    here = ids.Monitor
    name, when = text(query.get("feature"), "", 60), day(query.get("day"))
    lengths = [{"label": one, "value": one} for one in WINDOWS]
    references = [{"label": t(f"monitor.choice.{one}"), "value": one} for one in CHOICES]
    chosen = choice(query.get("ref"), CHOICES, CHOICES[0])
    return [
        dcc.Store(id=here.USUAL),
        dcc.Store(id=here.PICKED, data={"feature": bool(name), "day": when is not None}),
        _controls(t, _range(t, query, "features")),
        page.area(here.HEAT),
        page.titled(
            t("monitor.look_closely"),
            [
                html.Div(
                    [
                        controls.select(here.FEATURE, t("monitor.feature"), [], name),
                        controls.date_field(here.DAY, t("monitor.day"), when),
                        controls.buttons(
                            here.DAYS, t("monitor.window"), lengths, choice(query.get("days"), WINDOWS, WINDOWS[1])
                        ),
                        controls.select(here.CHOICE, t("monitor.choice"), references, chosen),
                        html.Div(
                            [
                                controls.date_field(here.FIRST, t("control.from"), day(query.get("from"))),
                                controls.date_field(here.LAST, t("control.to"), day(query.get("to"))),
                            ],
                            id=here.FIXED,
                            hidden=chosen != "fixed",
                            className="tm-field-pair",
                        ),
                    ],
                    className="tm-controls tm-card-pickers",
                ),
            ],
        ),
        page.area(here.DETAIL),
    ]


def forecasts(t: Words, query: Query) -> list[Any]:
    here = ids.Monitor
    return [
        _controls(
            t, controls.measure_picker(t, here.MEASURE, measure_of(query.get("measure"))), _range(t, query, "forecasts")
        ),
        page.area(here.RECORD),
        html.Div(id=here.PROMISE, className="tm-area"),
        page.area(here.EVIDENCE, "two"),
    ]


def trial(t: Words, query: Query) -> list[Any]:
    kind = choice(query.get("kind"), monitor_trial.KINDS, monitor_trial.KINDS[0])
    size = query.get("size")
    known = isinstance(size, str) and re.fullmatch(r"-?[0-9]{1,4}", size)
    percent = min(max(int(str(size)), monitor_trial.LEAST), monitor_trial.MOST) if known else None
    form = monitor_trial.form(t, kind, percent, day(query.get("start")))
    return [
        monitor_trial.card(t, [form]),
        page.area(ids.Monitor.TRIAL, "lead"),
        monitor_power.card(t),
        page.area(ids.Monitor.POWER, "lead"),
    ]


def policies(t: Words, query: Query) -> list[Any]:
    every = whole(query.get("every"), monitor_replay.STANDARD_EVERY, 1, 365)
    form = monitor_replay.form(t, measure_of(query.get("measure")), every)
    return [monitor_replay.card(t, [form]), page.area(ids.Monitor.REPLAYED, "lead")]

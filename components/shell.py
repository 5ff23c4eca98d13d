"""Parts of the frame: brand, navigation, switches, the message in the corner."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import dash_bootstrap_components as dbc
from dash import dcc, html

from components import ids, keys
from components.icons import icon
from components.views import monitor_words as said
from components.words import Words


class PageLink(NamedTuple):
    path: str
    title: str
    icon: str


def header(
    t: Words, languages: Mapping[str, str], pages: Sequence[PageLink], freshness: Any, person: Any = None
) -> html.Header:
    """The side bar on wide screens, the top bar on narrow ones. ``person``: who has signed in, as a component."""
    return html.Header(
        [
            html.Div(
                [
                    html.A(
                        [html.Span(className="tm-logo", **{"aria-hidden": "true"}), html.Span("Tidemark")],
                        href="/",
                        className="tm-brand",
                    ),
                    html.Button(
                        icon("list"),
                        id=ids.NAV_TOGGLE,
                        type="button",
                        className="btn tm-nav-toggle",
                        **{"aria-label": t("shell.menu"), "aria-expanded": "false", "aria-controls": ids.NAV},
                    ),
                ],
                className="tm-bar",
            ),
            html.Div(
                [
                    html.Nav(
                        html.Ul(
                            [
                                html.Li(
                                    dbc.NavLink(
                                        [icon(page.icon), html.Span(page.title)],
                                        href=page.path,
                                        active="exact",
                                        class_name="tm-nav-link",
                                    )
                                )
                                for page in pages
                            ]
                        ),
                        **{"aria-label": t("shell.pages")},
                    ),
                    html.Div(
                        [
                            html.Div(freshness, id=ids.FRESHNESS, className="tm-freshness"),
                            person,
                            html.Div(
                                [_theme_switch(t), keys.button(t), _language_switch(t, languages)],
                                className="tm-switches",
                            ),
                        ],
                        className="tm-nav-foot",
                    ),
                ],
                id=ids.NAV,
                className="tm-nav",
            ),
        ],
        className="tm-side",
    )


def _theme_switch(t: Words) -> html.Button:
    return html.Button(
        [
            icon("moon-stars", "tm-only-light"),
            icon("sun", "tm-only-dark"),
            html.Span(t("shell.theme.dark"), className="tm-only-light"),
            html.Span(t("shell.theme.light"), className="tm-only-dark"),
        ],
        id=ids.THEME_SWITCH,
        type="button",
        className="btn btn-sm tm-switch",
    )


def _language_switch(t: Words, languages: Mapping[str, str]) -> html.Div:
    """One button a language; assets/app.js remembers the choice and loads the page again."""
    return html.Div(
        [
            html.Button(
                code.upper(),
                type="button",
                className="btn btn-sm tm-switch" + (" active" if code == t.lang else ""),
                lang=code,
                title=name,
                **{"data-language": code, "aria-pressed": "true" if code == t.lang else "false", "aria-label": name},
            )
            for code, name in languages.items()
        ],
        id=ids.LANGUAGE,
        className="tm-languages",
        role="group",
        **{"aria-label": t("shell.language")},
    )


def freshness(t: Words, last_day: Any, made: Any, version: str, drift: Any, running: Any | None) -> list[Any]:
    """How old the data are, which version answers, whether an alarm is open (``drift``: see below), and what is being
    made just now (``running``: core's Job)."""
    lines: list[Any] = [
        html.Div([html.Span(t("shell.data_to")), html.Strong(t.date(last_day, "day"))]),
        html.Div(
            [
                html.Span(t("shell.champion")),
                dcc.Link(html.Strong(f"{version} · {t.date(made, 'day')}"), href="/lifecycle"),
            ]
        ),
        drift,
    ]
    if running is not None:
        text = t("shell.running", progress=t.percent(running.progress))
        link = dcc.Link([icon("hourglass-split"), html.Span(text)], href="/lifecycle", className="tm-running")
        lines.append(html.Div(link))
    return lines


def drift(t: Words, alarms: Sequence[Any], looked: bool) -> html.Div:
    """``alarms``: core's alerts that are open and matter, the worst first; ``looked``: whether there is a history."""
    if alarms:
        symbol, kind = said.SEVERITIES[alarms[0].severity]
        text = t.count("shell.alarms", len(alarms), worst=t(f"alert.severity.{alarms[0].severity}"))
    else:
        symbol, kind = ("check-circle-fill", "good") if looked else ("dash-circle", "none")
        text = t("shell.quiet" if looked else "shell.unlooked")
    link = dcc.Link([icon(symbol), html.Span(text)], href="/monitor", className=f"tm-drift tm-drift-{kind}")
    return html.Div([html.Span(t("shell.drift")), link])

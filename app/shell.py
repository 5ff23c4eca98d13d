"""The frame of every page: document head, navigation, theme and language switches, live region, page area."""

from __future__ import annotations

from typing import Any

import dash
from dash import dcc, html
from flask import has_request_context, request

from app import i18n
from app.access.gate import SIGN_OUT
from callbacks import access as visitor
from callbacks import services as context
from callbacks.now import KINDS, state_of, text_of
from callbacks.shell import freshness_of, gate_of
from callbacks.toasts import known_of
from components import access, ids, keys, shell, toasts
from components.words import Words

POLL_MILLISECONDS = 1_000
"""Between two looks of an open page at what goes on; with LOOK_EVERY of the registry a move shows within 2 s."""

KEYS_COOKIE = "tidemark_keys"
"""Says "off" where somebody has switched the keyboard shortcuts off (assets/keys.js)."""

HEAD_SCRIPT = "theme-init.js"
CHARTS = "/_dash-component-suites/plotly/package_data/plotly.min.js"
"""Where the charts' script is: Dash asks for it only when the first chart is drawn."""
PRELOAD = f'<link rel="preload" href="{CHARTS}" as="script">'
CHARTED = frozenset({"/forecast", "/explore", "/compare", "/monitor"})
"""Pages that always draw one."""
HEAD_SCRIPT_PATTERN = r"^theme-init\.js$"
"""Kept out of Dash's own list: it must run in the head, before anything is painted."""

INDEX = """<!DOCTYPE html>
<html lang="{lang}" data-bs-theme="{theme}">
<head>
{%metas%}
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{%title%}</title>
<script src="{head_script}"></script>
{preload}
{%favicon%}
{%css%}
</head>
<body>
{%app_entry%}
<footer>
{%config%}
{%scripts%}
{%renderer%}
</footer>
</body>
</html>"""


class TidemarkDash(dash.Dash):
    """Dash whose document carries the language and the theme of the visitor from its first byte."""

    def _config(self) -> dict[str, Any]:
        """Without all pages at once (160 kB in every document), in which the browser would look for misspelt ids: the
        tests do that."""
        config: dict[str, Any] = super()._config()
        config.pop("validation_layout", None)
        return config | {"suppress_callback_exceptions": True}

    def interpolate_index(self, **parts: Any) -> str:
        document = super().interpolate_index(**parts)
        inside = has_request_context()
        return (
            document.replace("{lang}", i18n.language(), 1)
            .replace("{theme}", context.theme().name if inside else "light", 1)
            .replace("{head_script}", str(self.get_asset_url(HEAD_SCRIPT)), 1)
            .replace("{preload}", PRELOAD if inside and request.path in CHARTED else "", 1)
        )


def layout() -> html.Div:
    """The frame, in the language of the request and with the state of things as it is now."""
    t = i18n.words()
    inside = has_request_context()
    state = state_of(context.services()) if inside else {"ready": None, "changed": None}
    ready = state["ready"]
    person = visitor.person()
    return html.Div(
        [
            dcc.Store(id=ids.READY, data=ready),
            dcc.Store(id=ids.THEME, data=context.theme().name if inside else "light"),
            dcc.Store(id=ids.NOW, data=text_of(state)),
            dcc.Store(id=ids.CHANGED, data=state["changed"]),
            dcc.Store(id=ids.TOASTS_KNOWN, data=known_of(context.services()) if inside else None),
            *(dcc.Store(id=name(kind)) for kind in KINDS for name in (ids.begin, ids.begun)),
            dcc.Interval(id=ids.POLL, interval=POLL_MILLISECONDS),
            html.A(t("shell.skip"), href=f"#{ids.MAIN}", className="tm-skip"),
            shell.header(
                t,
                i18n.LANGUAGES,
                _pages(t),
                freshness_of(context.services(), t) if inside else None,
                access.signed_in(t, person, SIGN_OUT),
            ),
            html.Main(
                [
                    access.left_open(t) if inside and context.services().settings.is_left_open else None,
                    access.viewer_note(t),
                    html.Div(gate_of(context.services(), t) if inside else None, id=ids.GATE),
                    html.Div(dash.page_container, id=ids.PAGE, hidden=ready is None),
                ],
                id=ids.MAIN,
                tabIndex="-1",
                className="tm-main",
            ),
            html.Div(id=ids.LIVE, role="status", className="visually-hidden", **{"aria-live": "polite"}),
            toasts.corner(t),
            keys.dialog(t, _keys(t), on=not inside or request.cookies.get(KEYS_COOKIE) != "off"),
        ],
        className="tm-shell",
        **access.marks(person, visitor.switches(dash.get_app().callback_map) if person else []),
    )


def _pages(t: Words) -> list[shell.PageLink]:
    return [
        shell.PageLink(page["path"], t(f"page.{page['module']}"), page["icon"])
        for page in dash.page_registry.values()
        if "icon" in page
    ]


def _keys(t: Words) -> list[tuple[str, str, str]]:
    """Key, path and title of every page that has a shortcut."""
    return [
        (keys.PAGE_KEYS[page["module"]], page["path"], t(f"page.{page['module']}"))
        for page in dash.page_registry.values()
        if page["module"] in keys.PAGE_KEYS
    ]

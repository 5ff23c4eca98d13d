"""Keyboard shortcuts: which keys lead to which page, and the dialog that lists them and can switch them off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components import ids
from components.icons import icon
from components.still import still
from components.words import Words

PAGE_KEYS = {
    "overview": "o",
    "forecast": "f",
    "explore": "e",
    "compare": "c",
    "monitor": "m",
    "models": "l",
    "data": "d",
}
"""After g: the page with this name."""


def button(t: Words) -> html.Button:
    """Opens the dialog (assets/keys.js), for those who do not know its key or have switched it off."""
    return html.Button(
        icon("keyboard"),
        type="button",
        className="btn btn-sm tm-switch",
        title=t("keys.title"),
        **{"aria-label": t("keys.title"), "aria-haspopup": "dialog", "data-keys": "open"},
    )


def dialog(t: Words, pages: Sequence[tuple[str, str, str]], on: bool) -> html.Dialog:
    """``pages``: key, path and title of each; ``on``: whether the shortcuts are in force. The browser's own dialog: it
    keeps the focus inside, closes with Escape and gives the focus back."""
    then = t("keys.then")
    rows = [_row([html.Kbd("g"), f" {then} ", html.Kbd(key)], title, key, path) for key, path, title in pages]
    rows += [
        _row([html.Kbd("?")], t("keys.help")),
        _row([html.Kbd("Esc")], t("keys.escape")),
        _row([html.Kbd("←"), " ", html.Kbd("→")], t("keys.tabs")),
    ]
    return html.Dialog(
        [
            html.Div(
                [
                    html.H2(t("keys.title"), id=ids.KEYS_TITLE, className="tm-card-title"),
                    html.Button(
                        icon("x-lg"),
                        type="button",
                        className="btn btn-sm tm-icon-button",
                        **{"aria-label": t("keys.close"), "data-keys": "close"},
                    ),
                ],
                className="tm-card-head",
            ),
            html.P(t("keys.how"), className="tm-subtitle"),
            still(html.Dl(rows, className="tm-keys-list")),
            dbc.Switch(id=ids.KEYS_ON, label=t("keys.on"), value=on),
            html.P(t("keys.off"), className="tm-note"),
        ],
        id=ids.KEYS,
        className="tm-keys",
        **{"aria-labelledby": ids.KEYS_TITLE},
    )


def _row(keys: list[Any], text: str, key: str = "", path: str = "") -> html.Div:
    told = {"data-key": key, "data-path": path} if key else {}
    return html.Div([html.Dt(keys), html.Dd(text)], **told)

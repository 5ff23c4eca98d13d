"""Tabs: a row of buttons that says which part of a page is shown; arrows move between them (assets/tabs.js)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dash import html


def tab_list(
    name: str, label: str, tabs: Sequence[tuple[str, str]], chosen: str, target: Callable[[str], str], panel: str
) -> html.Div:
    """``tabs``: value and text; ``target``: the id of a tab's button; ``panel``: the id of what they control."""
    return html.Div(
        [
            html.Button(
                text,
                id=target(value),
                type="button",
                role="tab",
                className="tm-tab",
                tabIndex="0" if value == chosen else "-1",
                **{
                    "aria-selected": "true" if value == chosen else "false",
                    "aria-controls": panel,
                    "data-tab": value,
                },
            )
            for value, text in tabs
        ],
        id=name,
        role="tablist",
        className="tm-tabs",
        **{"aria-label": label},
    )

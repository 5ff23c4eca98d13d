"""The frame of one page: heading, controls, areas that callbacks fill."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from components.words import Words

Children = Any


def frame(t: Words, name: str, pickers: list[Any], body: list[Any]) -> html.Div:
    """A page with its title, one line saying what it answers, its controls and its content."""
    return html.Div(
        [
            html.Div(
                [html.H1(t(f"page.{name}")), html.P(t(f"{name}.intro"), className="tm-intro")],
                className="tm-page-head",
            ),
            html.Div(pickers, className="tm-controls", role="group", **{"aria-label": t("control.group")})
            if pickers
            else None,
            *body,
        ],
        className=f"tm-page tm-page-{name}",
    )


def area(name: str, kind: str = "chart") -> dcc.Loading:
    """Where a callback puts content; a placeholder of the right size keeps the page from jumping."""
    placeholder = html.Div([html.Div(className="tm-skeleton") for _ in range(2 if kind == "two" else 1)],
                           className=f"tm-placeholder tm-placeholder-{kind}")  # fmt: skip
    return dcc.Loading(
        html.Div(placeholder, id=name, className="tm-area"),
        delay_show=400,
        delay_hide=0,
        overlay_style={"visibility": "visible", "opacity": 0.55},
        custom_spinner=html.Div(className="tm-busy"),
        parent_className="tm-loading",
    )


def card(children: Children, class_name: str = "") -> html.Section:
    return html.Section(children, className=f"tm-card {class_name}".strip())


def titled(title: str, children: list[Any], class_name: str = "") -> html.Section:
    """A card with a heading."""
    return card([html.H2(title, className="tm-card-title"), *children], class_name)

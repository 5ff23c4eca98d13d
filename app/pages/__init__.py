"""One module a page: its address, its title and its layout; no data here."""

from __future__ import annotations

from flask import Flask, Response, request

NOT_FOUND = "not_found_404"
EVERY_PATH = "/<path:path>"
"""Dash's route for whatever has no other."""


def register() -> None:
    """Makes the pages known to Dash, in the order of the navigation."""
    import dash

    from app.i18n import words
    from app.pages import compare, data, explore, forecast, models, monitor, not_found, overview
    from components.icons import PAGE_ICONS

    for order, (name, path, module) in enumerate(
        (
            ("overview", "/", overview),
            ("forecast", "/forecast", forecast),
            ("explore", "/explore", explore),
            ("data", "/data", data),
            ("compare", "/compare", compare),
            ("monitor", "/monitor", monitor),
            ("models", "/lifecycle", models),  # /models is the interface for programs
        )
    ):
        dash.register_page(
            name,
            path=path,
            order=order,
            name=name,
            title=lambda name=name, **_: f"{words()(f'page.{name}')} · Tidemark",
            description="Tidemark",
            layout=module.layout,
            icon=PAGE_ICONS[name],
        )
    dash.register_page(NOT_FOUND, layout=not_found.layout, title="Tidemark")


def tell_unknown(server: Flask) -> None:
    """A path without a page gets the page that says so with status 404: programs do not read pages."""
    import dash

    known = {page["path"].strip("/") for page in dash.page_registry.values() if page["module"] != NOT_FOUND}

    @server.after_request
    def status(response: Response) -> Response:
        found = response.status_code == 200  # and no way to the sign-in
        if found and request.endpoint == EVERY_PATH and request.path.strip("/") not in known:
            response.status_code = 404
        return response

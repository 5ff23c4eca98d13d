"""One module a page: its address, its title and its layout; no data here."""

from __future__ import annotations

from contextlib import suppress

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

NOT_FOUND = "not_found_404"
EVERY_PATH = "/<path:path>"
"""Dash's route for whatever has no other, by GET."""
HTML, JSON = "text/html", ("application/json", "application/problem+json")


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
    """A path without a page gets the page that says so with status 404: programs do not read pages. Those that say
    that they are programs, by what they accept or by their method, get the error itself."""
    import dash

    known = {page["path"].strip("/") for page in dash.page_registry.values() if page["module"] != NOT_FOUND}

    def without_page() -> bool:
        return request.path.strip("/") not in known

    @server.before_request
    def refuse() -> None:
        if isinstance(request.routing_exception, MethodNotAllowed) and without_page() and not _routed(server):
            raise NotFound
        if request.endpoint == EVERY_PATH and without_page() and not _reads_pages():
            raise NotFound

    @server.after_request
    def status(response: Response) -> Response:
        if request.endpoint == EVERY_PATH and without_page():
            response.vary.add("Accept")
            if response.status_code == 200:  # and no way to the sign-in
                response.status_code = 404
        return response


def _routed(server: Flask) -> bool:
    """Whether the path of the request has a route of its own, by another method."""
    adapter = server.create_url_adapter(request)
    for method in adapter.allowed_methods() if adapter else ():
        with suppress(HTTPException):
            rule, _ = adapter.match(method=method, return_rule=True)
            if rule.endpoint != EVERY_PATH:
                return True
    return False


def _reads_pages() -> bool:
    """Whether a page is of use to whoever asks; it is to those who do not care."""
    return request.method in ("GET", "HEAD") and request.accept_mimetypes.best_match((HTML, *JSON)) not in JSON

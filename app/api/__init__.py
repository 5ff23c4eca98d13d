"""The HTTP interface beside the pages, on the same server: /predict, /health, /info, /openapi.json, /docs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from flask import Flask, request
from werkzeug.exceptions import MethodNotAllowed, NotFound

from app import prediction_log
from app.api import cors, docs, guard, problems
from app.api.openapi import MODULES

if TYPE_CHECKING:
    from app.settings import Settings

PREFIXES = (
    "predict",
    "health",
    "info",
    "docs",
    "openapi.json",
    "metrics",
    "models",
    "monitoring",
    "transactions",
    "api",
)
"""First parts of a path that belong to the API: what is unknown under them is a 404, not the start page, which
Dash would otherwise give to any GET."""

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def register(server: Flask, settings: Settings) -> None:
    """Adds the routes and the error handlers to the server of the pages."""
    problems.register(server)
    guard.register(server, settings)
    prediction_log.register(server, settings)
    cors.register(server, settings.cors_origins, PREFIXES)
    for blueprint in (*(module.operations.blueprint for module in MODULES), docs.blueprint):
        server.register_blueprint(blueprint)
    served = {rule.rule: sorted(rule.methods or ()) for rule in server.url_map.iter_rules()}

    def nothing_here(rest: str = "") -> NoReturn:
        # These rules take every method, so they also catch the wrong method of a route that there is.
        methods = served.get(request.path.rstrip("/"))
        raise MethodNotAllowed(methods) if methods else NotFound

    for prefix in PREFIXES:
        paths = [f"/{prefix}/<path:rest>"] + ([] if f"/{prefix}" in served else [f"/{prefix}"])
        for path in paths:
            server.add_url_rule(path, f"nothing at {path}", nothing_here, methods=METHODS, strict_slashes=False)

"""The HTTP interface beside the pages, on the same server: /predict, /health, /info, /openapi.json, /docs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound

from app import prediction_log
from app.api import cors, docs, guard, predict_cache, problems
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
    "jobs",
    "audit",
    "v2",
    "api",
)
"""First parts of a path that belong to the API: what is unknown under them is a 404, not the start page, which
Dash would otherwise give to any GET."""

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def register(server: Flask, settings: Settings) -> None:
    """Adds the routes and the error handlers to the server of the pages."""
    problems.register(server)
    guard.register(server, settings)
    prediction_log.register(server, settings)
    predict_cache.register(server)
    cors.register(server, settings.cors_origins, PREFIXES)
    for blueprint in (*(module.operations.blueprint for module in MODULES), docs.blueprint):
        server.register_blueprint(blueprint)
    served: dict[str, set[str]] = {}
    for rule in server.url_map.iter_rules():
        if rule.rule.split("/")[1] in PREFIXES:
            served.setdefault(rule.rule, set()).update(rule.methods or ())

    def other_methods(**parts: str) -> Response:
        methods = served.get(str(request.url_rule))
        if methods is None:
            raise NotFound
        allowed = sorted({*methods, "OPTIONS"})
        if request.method != "OPTIONS":
            raise MethodNotAllowed(allowed)
        return Response(headers={"Allow": ", ".join(allowed)})

    # Every path that is served gets a rule for the methods that it does not have: else the next rule that fits would
    # answer, such as that of /models/{version} to GET /models/retrain.
    unserved = {path: METHODS - methods for path, methods in served.items()}
    for prefix in PREFIXES:
        unserved |= {path: METHODS for path in (f"/{prefix}", f"/{prefix}/<path:rest>") if path not in served}
    for path, methods in unserved.items():
        how: dict[str, Any] = {"methods": methods, "strict_slashes": False, "provide_automatic_options": False}
        server.add_url_rule(path, f"other methods of {path}", other_methods, **how)

    @server.before_request
    def unknown_method() -> None:
        """No rule has a method that nobody knows: Allow would name those of all rules of the path together."""
        adapter = None if request.method in METHODS else server.create_url_adapter(request)
        if adapter is None:
            return
        with suppress(HTTPException):  # no such address: that is told as for any other method
            rule, _ = adapter.match(method="OPTIONS", return_rule=True)
            if rule.rule.split("/")[1] in PREFIXES:
                methods = served.get(rule.rule)
                request.routing_exception = MethodNotAllowed(sorted({*methods, "OPTIONS"})) if methods else NotFound()

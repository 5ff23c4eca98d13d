"""What a page sends to have a callback run: looked at before Dash, which takes any shape for granted and would answer
500 with a traceback in the log."""

from __future__ import annotations

from typing import Any

import dash
from dash._utils import split_callback_id
from flask import request

from app.api.problems import ApiError

PATH = "/_dash-update-component"
MANY = '["ALL'
"""In the name of a pattern for any number of components, ALL and ALLSMALLER."""


def register(app: dash.Dash) -> None:
    """Refuses bodies that no page of ours sends; comes after Dash, which sets itself up before its first request."""

    @app.server.before_request
    def look() -> None:
        if request.path == PATH and request.method == "POST" and not fits(request.get_json(), app.callback_map):
            raise ApiError(400, "The body does not ask for a callback of these pages.")


def fits(body: object, callbacks: dict[str, Any]) -> bool:
    """Whether the body names a callback and has everything that it takes and gives. What the values are is left to the
    callback: an error in there is to be seen as one."""
    if not isinstance(body, dict):
        return False
    output, changed = body.get("output"), body.get("changedPropIds", [])
    if not isinstance(output, str) or output not in callbacks:
        return False
    wanted = callbacks[output]
    return (
        _are_parts(body.get("inputs", []), [one["id"] for one in wanted["inputs"]])
        and _are_parts(body.get("state", []), [one["id"] for one in wanted["state"]])
        and (wanted.get("no_output") or _are_outputs(body.get("outputs"), output))
        and isinstance(changed, list)
        and all(isinstance(one, str) for one in changed)
    )


def _are_outputs(outputs: object, output: str) -> bool:
    """The name of a callback has those of all its outputs; one alone stands for itself."""
    named = split_callback_id(output)
    if isinstance(named, list):
        return _are_parts(outputs, [one["id"] for one in named])
    return _is_part(outputs, named["id"])


def _are_parts(parts: object, names: list[str]) -> bool:
    return isinstance(parts, list) and len(parts) == len(names) and all(map(_is_part, parts, names))


def _is_part(part: object, name: str) -> bool:
    """A property of a component, or of each one that fits a pattern."""
    if MANY in name:
        return isinstance(part, list) and all(_is_property(one) for one in part)
    return _is_property(part)


def _is_property(part: object) -> bool:
    return isinstance(part, dict) and isinstance(part.get("id"), str | dict) and isinstance(part.get("property"), str)

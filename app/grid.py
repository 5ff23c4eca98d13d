"""The scripts of the grid on those pages alone that show one: 1.3 MB that every page would load otherwise.

Dash puts the main script of every component library that was imported into every page. Here that of the grid is marked
as one that comes later, and an answer that holds a grid names it under ``dist``: the browser loads what stands there
before it draws the answer.
"""

from __future__ import annotations

import json
import re

import dash
import dash_ag_grid
from flask import Flask, Response, request

LIBRARY = "dash_ag_grid"
_HOLDS_ONE = re.compile(rb'"namespace":\s*"dash_ag_grid"')


def scripts(app: dash.Dash) -> list[str]:
    """URLs of what a page with a grid loads beforehand; from now on no page of any app links them by itself."""
    main = dash_ag_grid._js_dist[0]
    main.pop("dynamic", None)
    found = [one["url"] for one in app.get_dist([LIBRARY]) if one["type"] == "_js_dist"]
    main["dynamic"] = True
    return found


def register(app: dash.Dash) -> None:
    """To be called after the compression was registered: Flask asks the last one first, and a compressed answer can not
    be added to any more."""
    server: Flask = app.server
    dist = json.dumps([{"type": "_js_dist", "url": url} for url in scripts(app)]).encode()

    @server.after_request
    def name_scripts(response: Response) -> Response:
        if request.path.endswith("/_dash-update-component") and response.mimetype == "application/json":
            body = response.get_data().rstrip()
            if _HOLDS_ONE.search(body) and body.endswith(b"}"):
                response.set_data(body[:-1] + b',"dist":' + dist + b"}")
        return response

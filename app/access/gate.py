"""In front of everything that is not the API, a probe or a file: who are you, and may you do that?

What is not known here is closed: a new route of the pages needs a sign-in without saying so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import dash
from flask import Flask, Response, current_app, redirect, request

from app.access import proxy
from app.access.sessions import Sessions
from app.access.throttle import Throttle
from app.api import PREFIXES
from app.api.problems import ApiError
from app.observe import UNSEEN
from app.routes import STATIC_PREFIXES
from callbacks.access import GATE, PERSON, Person, is_changing
from callbacks.now import PATH as NOW
from components import ids
from core.access.users import Users

if TYPE_CHECKING:
    from app.settings import Settings

SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
CALLBACK = "/_dash-update-component"
BY_ITSELF = {
    f"{store}.data"
    for store in (ids.NOW, ids.CHANGED, ids.READY, ids.Monitor.STAMP, ids.Compare.SOURCE, ids.Intake.SHOWN)
}
"""What changes while nobody does anything."""


class Gate:
    """Whether the pages are closed, and for whom they open."""

    def __init__(self, settings: Settings) -> None:
        self.access, self.users = settings.access, Users(settings.core.users_file)
        folder = settings.core.cache_dir
        self.sessions = Sessions(self.users, self.access.idle, self.access.longest, folder / "signed_out")
        self.throttle = Throttle(folder / "sign_ins")
        self._public_host = urlsplit(settings.core.outlets.public_url or "").netloc
        self._closed = self.access.header is not None or settings.core.users_path is not None or self.users.exists()
        self.users.all()  # what cannot be used in the file is told at the start, not at the first sign-in

    def is_closed(self) -> bool:
        """Whether people have to sign in. Once there was a file of users it stays so: a lost file opens no doors."""
        if not self._closed and self.users.exists():
            self._closed = True
        return self._closed

    def person(self) -> Person | None:
        """Who asks, None for somebody who has to sign in first."""
        return proxy.person_of(self.access, request.environ) or self.sessions.person(_somebody_is_there())

    def comes_from_here(self) -> bool:
        """Whether a page of this site sends the request, and not one of another site that somebody has open.

        Browsers say so themselves over TLS and on this machine; else the origin must be the host that was asked, or the
        one of PUBLIC_URL where a proxy asks for another.
        """
        site = request.headers.get("Sec-Fetch-Site")
        if site is not None:
            return site in ("same-origin", "none")
        origin = request.headers.get("Origin")
        return origin is None or urlsplit(origin).netloc in {request.host, self._public_host} - {""}


VIEWER = "Only editors may change something; you are signed in as a viewer."


def register(app: dash.Dash, settings: Settings) -> None:
    """Asks the gate before anything else of the server of ``app`` does."""
    server = app.server
    gate = server.extensions[GATE] = Gate(settings)
    server.config["SESSION_COOKIE_NAME"] = f"tidemark_session_{settings.port}"
    server.config["SESSION_COOKIE_SECURE"] = (settings.core.outlets.public_url or "").startswith("https://")

    def admit() -> Response | None:
        if UNSEEN in request.environ or is_public(request.path) or not gate.is_closed():
            return None
        if request.method not in ("GET", "HEAD") and not gate.comes_from_here():
            raise ApiError(403, "Pages of other web sites may not ask for this.")
        person = request.environ[PERSON] = gate.person()
        if person is None:
            return _to_sign_in()
        if person.role == "editor" or request.method in ("GET", "HEAD"):
            return None
        if request.path == CALLBACK:
            return _refused(app.callback_map)
        raise ApiError(403, VIEWER)

    server.before_request_funcs.setdefault(None, []).insert(0, admit)

    @server.after_request
    def keep_nothing(response: Response) -> Response:
        """The next one at this browser must not find the pages of the one before."""
        if request.environ.get(PERSON) is not None:
            response.headers["Cache-Control"] = "no-store"
        return response


def pages_gate(server: Flask | None = None) -> Gate:
    """The gate of a server, of the running one unless named."""
    found: Gate = (server or current_app).extensions[GATE]
    return found


def is_public(path: str) -> bool:
    """Whether a path opens without sign-in: files of the product, the API with its own keys, and the way in."""
    return path.startswith(STATIC_PREFIXES) or path in (SIGN_IN, SIGN_OUT) or path.split("/")[1] in PREFIXES


def _somebody_is_there() -> bool:
    """Whether a request is somebody's doing: an open page asks by itself what goes on, is drawn anew when that is
    something else, and asks whether a job that it has begun is done."""
    if request.path == NOW or "cacheKey" in request.args:
        return False
    body = request.get_json(silent=True) if request.path == CALLBACK else None
    changed = body.get("changedPropIds") if isinstance(body, dict) else None
    return not isinstance(changed, list) or any(
        one not in BY_ITSELF and not str(one).endswith(".n_intervals") for one in changed
    )


def _to_sign_in() -> Response:
    """People are led to the sign-in and back; what a page asks by itself learns that it must."""
    if request.method != "GET" or request.path.startswith("/_"):
        raise ApiError(401, "Sign in first: this sign-in is over, or there was none.")
    wanted = request.full_path if request.query_string else request.path
    return redirect(f"{SIGN_IN}?next={quote(wanted)}")  # type: ignore[return-value]


def _refused(known: dict[str, Any]) -> Response | None:
    """The answer to a viewer's call of a callback that changes something, None for one that may pass.

    Pages call such callbacks by themselves when their buttons are drawn or what they look at has changed: that is
    answered as Dash answers what changes nothing. Raises ApiError 403 where somebody has pressed one, and for callbacks
    that nobody knows.
    """
    body = request.get_json(silent=True)
    entry = known.get(str(body.get("output"))) if isinstance(body, dict) else None
    if entry is not None and not is_changing(entry.get("callback")):
        return None
    if entry is not None and not _is_pressed(body.get("inputs")):
        return Response(status=204)
    raise ApiError(403, VIEWER)


def _is_pressed(inputs: Any) -> bool:
    """Whether any input of a call, as Dash sends them, is a button or a field that somebody has pressed or sent."""
    if isinstance(inputs, list):
        return any(_is_pressed(one) for one in inputs)
    return isinstance(inputs, dict) and inputs.get("property") in ("n_clicks", "n_submit") and bool(inputs.get("value"))

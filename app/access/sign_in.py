"""The page to sign in, and the way out. Plain HTML: it works without scripts and before anything else does."""

from __future__ import annotations

import logging
import re
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import dash
from flask import Response, redirect, render_template_string, request

from app import i18n
from app.access.gate import SIGN_IN, SIGN_OUT, Gate, pages_gate
from app.shell import HEAD_SCRIPT
from app.static_files import stylesheets
from callbacks.services import theme
from core.access.users import MAX_NAME
from core.config import PROJECT_ROOT
from core.logs import plain

STYLES = ("10-tokens.css", "20-app.css", "60-access.css")
ASSETS = PROJECT_ROOT / "assets"
_TEMPLATE = Path(__file__).with_name("sign_in.html")

log = logging.getLogger(__name__)


def register(app: dash.Dash) -> None:
    """Adds /sign-in and /sign-out to the server of the pages."""
    server = app.server

    @server.get(SIGN_IN)
    def ask() -> Response:
        gate = pages_gate()
        if not gate.is_closed() or gate.person() is not None:
            return _go(safe(request.args.get("next")))
        return _page(app, gate, safe(request.args.get("next")))

    @server.post(SIGN_IN)
    def answer() -> Response:
        gate, target = pages_gate(), safe(request.form.get("next"))
        if not gate.comes_from_here():
            return _page(app, gate, target, 403, i18n.words()("access.elsewhere"))
        return _signed_in(app, gate, target)

    @server.post(SIGN_OUT)
    def leave() -> Response:
        gate = pages_gate()
        if gate.comes_from_here():
            gate.sessions.end()
        return _go(SIGN_IN)


def _signed_in(app: dash.Dash, gate: Gate, target: str) -> Response:
    """Checks name and password; everything that is wrong with them looks and lasts the same."""
    t = i18n.words()
    name, address = request.form.get("name", "").strip(), request.remote_addr or ""
    minutes = gate.throttle.wait(name, address)
    if minutes:
        log.warning("sign-in as %s from %s: too many attempts", plain(name, MAX_NAME), plain(address, 64))
        return _page(app, gate, target, 429, t.count("access.wait", minutes), {"Retry-After": str(60 * minutes)})
    user = gate.users.check(name, request.form.get("password", ""))
    if user is None:
        log.warning("sign-in as %s from %s: wrong name or password", plain(name, MAX_NAME), plain(address, 64))
        return _page(app, gate, target, 401, t("access.wrong"))
    gate.throttle.passed(name, address)
    gate.sessions.begin(user)
    return _go(target)


def safe(target: str | None) -> str:
    """A path of this site, "/" for everything else: browsers take "//host", "/\\host" and "/<tab>/host" for hosts."""
    if target is None or not re.fullmatch(r"/(?![/\\])[^\\\x00-\x20\x7f]*", target):
        return "/"
    return "/" if target.partition("?")[0] in (SIGN_IN, SIGN_OUT) else target


def _go(target: str) -> Response:
    answer: Any = redirect(target, 303)
    answer.headers["Cache-Control"] = "no-store"
    return answer  # type: ignore[no-any-return]


def _page(
    app: dash.Dash, gate: Gate, target: str, status: int = 200, error: str = "", headers: dict[str, str] | None = None
) -> Response:
    t = i18n.words()
    text = render_template_string(
        _template(),
        t=t,
        theme=theme().name,
        script=_asset(app, HEAD_SCRIPT),
        styles=[*stylesheets(), *(_asset(app, name) for name in STYLES)],
        icon=_asset(app, "favicon.ico"),
        texts={name: t(f"access.{name}") for name in ("title", "intro", "name", "password", "do", "by_proxy")},
        language=t("shell.language"),
        languages=[
            (code, name, f"{SIGN_IN}?{urlencode({'lang': code, 'next': target})}")
            for code, name in i18n.LANGUAGES.items()
        ],
        with_password=gate.users.exists() or gate.access.header is None,
        action=SIGN_IN,
        target=target,
        error=error,
        name=request.form.get("name", "")[:MAX_NAME],
    )
    more = {"Cache-Control": "no-store", "Vary": "Cookie, Accept-Language", **(headers or {})}
    return Response(text, status, more, content_type="text/html; charset=utf-8")


def _asset(app: dash.Dash, name: str) -> str:
    """The address of a file in assets/, with the time of its last change as Dash writes it."""
    return f"{app.get_asset_url(name)}?m={(ASSETS / name).stat().st_mtime}"


@lru_cache(maxsize=1)
def _template() -> str:
    return _TEMPLATE.read_text(encoding="utf-8")

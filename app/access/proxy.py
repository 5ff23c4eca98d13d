"""Who a reverse proxy says that it has signed in: two headers, believed from named addresses alone."""

from __future__ import annotations

import ipaddress
from typing import Any

from app.access.settings import Access, names
from callbacks.access import Person
from core.access.users import MAX_NAME

ORIGINAL = "werkzeug.proxy_fix.orig"
"""Where ProxyFix keeps what the connection itself said."""


def person_of(access: Access, environ: dict[str, Any]) -> Person | None:
    """The person in the headers, None without any or where they are not believed.

    Without a header for roles everybody whom the proxy lets through is an editor.
    """
    if access.header is None or not believed(access, environ):
        return None
    name = _text(environ.get(access.header, ""))
    # Two headers arrive as one text with a comma: which one the proxy has written cannot be told.
    if not name or "," in name or len(name) > MAX_NAME or not name.isprintable():
        return None
    roles = None if access.role_header is None else names(_text(environ.get(access.role_header, "")))
    editor = roles is None or not access.editors.isdisjoint(roles)
    return Person(name, "editor" if editor else "viewer", signed_in_here=False)


def believed(access: Access, environ: dict[str, Any]) -> bool:
    """Whether the connection comes from one of the proxies; with TRUST_PROXY alone every connection does."""
    if not access.proxies:
        return True
    peer = environ.get(ORIGINAL, environ).get("REMOTE_ADDR") or ""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return any((mapped or address) in network for network in access.proxies)


def _text(value: str) -> str:
    """WSGI gives the bytes of a header as Latin-1; names are UTF-8 today."""
    try:
        return value.encode("latin-1").decode("utf-8").strip()
    except (UnicodeEncodeError, UnicodeDecodeError):
        return value.strip()

"""Readers of single settings: each takes the name and the text of a variable and raises ConfigError naming both."""

from __future__ import annotations

import re
from typing import Literal, get_args
from urllib.parse import urlsplit

from core.errors import ConfigError

AccessLogged = Literal["off", "api", "all"]


def access_logged(name: str, text: str) -> AccessLogged:
    """Which requests go into the access log; those of the API where nothing is said."""
    found = text.strip().lower() or "api"
    for known in get_args(AccessLogged):
        if found == known:
            return known
    raise ConfigError(f"{name}={text.strip()} is not known; use off, api or all.")


def share(name: str, text: str, default: float) -> float:
    """A share from 0 to 1, written plainly: float() alone would also take "nan" and "1_0"."""
    text = text.strip()
    if not text:
        return default
    if not re.fullmatch(r"\d{0,9}\.?\d{0,18}", text, re.ASCII) or text == "." or not 0 <= float(text) <= 1:
        raise ConfigError(f"{name}={text} is not a share from 0 to 1, such as 0.01.")
    return float(text)


def origins(name: str, text: str) -> frozenset[str]:
    """Origins as browsers send them: scheme and host in small letters, the port where it is not the usual one."""
    return frozenset(_origin(name, part.strip()) for part in text.split(",") if part.strip())


def _origin(name: str, text: str) -> str:
    wrong = ConfigError(f"{name} has {text}, which is no origin; write each as https://host or http://host:8080.")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise wrong from None
    rest = (parts.path.strip("/"), parts.query, parts.fragment, parts.username, parts.password)
    if parts.scheme not in ("http", "https") or not host or not re.fullmatch(r"[a-z0-9.:-]+", host) or any(rest):
        raise wrong
    usual = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{'' if port in (None, usual) else f':{port}'}"

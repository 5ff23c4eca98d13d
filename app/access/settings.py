"""The settings of the sign-in."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass

from core.errors import ConfigError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
EDITORS = frozenset({"editor"})
LOOPBACK_NAMES = ("localhost", "ip6-localhost")


@dataclass(frozen=True, slots=True)
class Access:
    """``header``: what a proxy names the user in, as WSGI spells it; ``role_header``: the same for roles or groups;
    ``editors``: which of those make an editor; ``proxies``: from where both are believed; ``idle``, ``longest``:
    seconds that a sign-in lasts without use, and at all; ``meant_open``: whether pages without sign-in are wanted."""

    header: str | None = None
    role_header: str | None = None
    editors: frozenset[str] = EDITORS
    proxies: tuple[Network, ...] = ()
    idle: int = 3600
    longest: int = 12 * 3600
    meant_open: bool = False

    @classmethod
    def read(cls, get: Callable[[str], str], trust_proxy: int) -> Access:
        """``get`` gives the text of a variable, "" for none. Raises ConfigError naming the variable."""
        header, role = _header("AUTH_HEADER", get("AUTH_HEADER")), _header("AUTH_ROLES", get("AUTH_ROLES"))
        proxies = _networks("AUTH_PROXIES", get("AUTH_PROXIES"))
        if header and not proxies and not trust_proxy:
            raise ConfigError(
                "AUTH_HEADER needs AUTH_PROXIES, the addresses from which it is believed, or TRUST_PROXY."
            )
        if role and not header:
            raise ConfigError("AUTH_ROLES needs AUTH_HEADER, the header with the name of the user.")
        return cls(
            header=header,
            role_header=role,
            editors=frozenset(names(get("AUTH_EDITORS"))) or EDITORS,
            proxies=proxies,
            idle=60 * _whole("SIGN_IN_IDLE", get("SIGN_IN_IDLE"), 60, 1440),
            longest=3600 * _whole("SIGN_IN_HOURS", get("SIGN_IN_HOURS"), 12, 720),
            meant_open=bool(_whole("OPEN_PAGES", get("OPEN_PAGES"), 0, 1, lowest=0)),
        )


def names(text: str) -> list[str]:
    """A list with commas, or semicolons as some proxies write them, between."""
    return [part.strip() for part in re.split("[,;]", text) if part.strip()]


def is_loopback(host: str) -> bool:
    """Whether an address to listen at can be reached from this machine only."""
    if host.lower() in LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _header(name: str, text: str) -> str | None:
    """X-Forwarded-User as HTTP_X_FORWARDED_USER."""
    if not text:
        return None
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,99}", text):
        raise ConfigError(f"{name}={text} is not the name of a header, such as X-Forwarded-User.")
    return "HTTP_" + text.upper().replace("-", "_")


def _networks(name: str, text: str) -> tuple[Network, ...]:
    try:
        return tuple(ipaddress.ip_network(one) for one in names(text))
    except ValueError as error:
        raise ConfigError(f"{name}: {error}; write addresses or networks such as 127.0.0.1, 10.0.0.0/8.") from None


def _whole(name: str, text: str, default: int, highest: int, *, lowest: int = 1) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 6 and lowest <= int(text) <= highest):
        raise ConfigError(f"{name}={text} is not a whole number from {lowest} to {highest}.")
    return int(text)

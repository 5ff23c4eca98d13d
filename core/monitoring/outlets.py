"""Where messages about alerts go: the settings, from the environment. Secrets never show in a repr or an error."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, cast
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from core.errors import ConfigError
from core.monitoring.signal import SEVERITIES, Severity

Channel = Literal["log", "webhook", "email"]

ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
HOST = re.compile(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]")

SMTP_FORM = "SMTP_URL must look like smtp://user:password@host:587?starttls=1 or smtps://user:password@host."


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server. ``tls``: none, from the beginning, or asked for once connected (starttls)."""

    host: str
    port: int
    tls: Literal["none", "always", "starttls"]
    user: str | None = None
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Outlets:
    """``least``: the least severity that is sent. ``public_url``: address of the pages for links, without a slash at
    the end. The log is always an outlet."""

    webhook: str | None = field(default=None, repr=False)
    webhook_secret: str | None = field(default=None, repr=False)
    recipients: tuple[str, ...] = ()
    sender: str | None = None
    smtp: Smtp | None = None
    least: Severity = "warning"
    public_url: str | None = None

    @classmethod
    def read(cls, get: Callable[[str], str | None]) -> Outlets:
        """From ALERT_WEBHOOK, ALERT_WEBHOOK_SECRET, ALERT_EMAIL, ALERT_FROM, SMTP_URL, ALERT_SEVERITY and PUBLIC_URL;
        ``get`` answers None for one that is not set. Raises ConfigError naming the variable and what would be right."""
        recipients = _recipients(get("ALERT_EMAIL"))
        smtp, sender = _smtp(get("SMTP_URL")), _address("ALERT_FROM", get("ALERT_FROM"))
        if recipients and not (smtp and sender):
            missing = "ALERT_FROM, the address of the sender" if smtp else "SMTP_URL, the mail server"
            raise ConfigError(f"ALERT_EMAIL needs {missing}.")
        url = get("PUBLIC_URL")
        return cls(
            webhook=_web("ALERT_WEBHOOK", get("ALERT_WEBHOOK")),
            webhook_secret=get("ALERT_WEBHOOK_SECRET"),
            recipients=recipients,
            sender=sender,
            smtp=smtp,
            least=_severity(get("ALERT_SEVERITY")),
            public_url=url and (_web("PUBLIC_URL", url) or "").rstrip("/"),
        )

    @property
    def channels(self) -> tuple[Channel, ...]:
        """Those that are configured."""
        found: list[Channel] = ["log"]
        if self.webhook:
            found.append("webhook")
        if self.recipients:
            found.append("email")
        return tuple(found)

    def sends(self, severity: Severity) -> bool:
        """Whether alerts of this severity are sent."""
        return SEVERITIES.index(severity) >= SEVERITIES.index(self.least)

    def link(self, alert_id: int) -> str | None:
        """The page of an alert."""
        return f"{self.public_url}/monitor?alert={alert_id}" if self.public_url else None


def _web(name: str, text: str | None) -> str | None:
    """The address as it is; not shown in the error, since the address of a webhook is often its secret."""
    if text is None:
        return None
    parts = _split(text)
    if parts is None or parts.scheme not in ("http", "https") or parts.username is not None or not text.isascii():
        raise ConfigError(f"{name} must be an address such as https://host/path, without a user or password in it.")
    return text


def _split(text: str) -> SplitResult | None:
    """The parts of an address with a host and, if there is one, a port that can be; None for anything else."""
    try:
        parts = urlsplit(text)
        valid = parts.port != 0 and HOST.fullmatch(parts.netloc.rpartition("@")[2].removesuffix(f":{parts.port}"))
    except ValueError:
        return None
    return parts if valid and text.isprintable() and " " not in text else None


def _smtp(text: str | None) -> Smtp | None:
    if text is None:
        return None
    parts = _split(text)
    query = parse_qs(parts.query, keep_blank_values=True) if parts else {}
    starttls = query.get("starttls", ["0"])[-1]
    if (
        parts is None
        or parts.scheme not in ("smtp", "smtps")
        or parts.path not in ("", "/")
        or set(query) - {"starttls"}
        or starttls not in ("0", "1")
        or (parts.scheme == "smtps" and starttls == "1")
    ):
        raise ConfigError(SMTP_FORM)
    tls: Literal["none", "always", "starttls"] = "starttls" if starttls == "1" else "none"
    tls = "always" if parts.scheme == "smtps" else tls
    port = parts.port or {"none": 25, "starttls": 587, "always": 465}[tls]
    user = unquote(parts.username) if parts.username else None
    return Smtp(parts.hostname or "", port, tls, user, unquote(parts.password or ""))


def _recipients(text: str | None) -> tuple[str, ...]:
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    return tuple(dict.fromkeys(_address("ALERT_EMAIL", part) or "" for part in parts))


def _address(name: str, text: str | None) -> str | None:
    if text is not None and not ADDRESS.fullmatch(text):
        raise ConfigError(f"{name}: {text!r} is not an e-mail address such as ana@example.com.")
    return text


def _severity(text: str | None) -> Severity:
    if text is None:
        return "warning"
    if text.lower() not in SEVERITIES:
        raise ConfigError(f"ALERT_SEVERITY={text} is not known; use {', '.join(SEVERITIES[:-1])} or {SEVERITIES[-1]}.")
    return cast(Severity, text.lower())

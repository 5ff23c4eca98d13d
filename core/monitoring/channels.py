"""How messages leave: the log, a webhook, e-mail. A dead receiver costs a line in the log and a later attempt."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime
from http.client import HTTPException
from typing import Any

from sqlalchemy import Engine

from core.config import Config
from core.monitoring import alert_rows, outbox
from core.monitoring.alert_rows import MONITORING, add_event
from core.monitoring.messages import Message, message, one_line, trial
from core.monitoring.outbox import Notification
from core.monitoring.outlets import Outlets, Smtp
from core.state.engine import reading, writing
from core.state.tables import ALERTS, now

log = logging.getLogger(__name__)

TIMEOUT = 10.0
"""Seconds until a receiver that says nothing counts as dead."""

SIGNATURE = "X-Tidemark-Signature"

DEAD = (OSError, HTTPException, ValueError)
"""What a dead or strange receiver raises; smtplib's and urllib's errors are OSErrors."""

Send = Callable[[Outlets, Message, str], None]
"""Sends a message; the text names it uniquely, so that a receiver can tell a second copy. Raises one of DEAD."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """How many messages were sent, wait for another attempt, and were given up."""

    sent: int = 0
    waiting: int = 0
    failed: int = 0


def deliver(engine: Engine, config: Config, clock: Callable[[], dt.datetime] = now) -> Delivery:
    """Sends every message that is due, each at least once; harmless in several processes at once.

    A channel that fails is left alone until the next call. Raises nothing for a receiver, only for the database.
    """
    counts = {"sent": 0, "waiting": 0, "failed": 0}
    resting: set[str] = set()
    while (one := outbox.claim(engine, clock(), frozenset(resting))) is not None:
        state = _deliver(engine, config.outlets, one, clock)
        counts[state] += 1
        if state != "sent" and one.channel in config.outlets.channels:
            resting.add(one.channel)
    return Delivery(**counts)


def try_channels(config: Config) -> dict[str, str | None]:
    """Sends a test message through every configured channel: what went wrong with each, None where it was sent."""
    outlets = config.outlets
    link = f"{outlets.public_url}/monitor" if outlets.public_url else None
    return {channel: _attempt(outlets, channel, trial(link), "test") for channel in outlets.channels}


def _deliver(engine: Engine, outlets: Outlets, one: Notification, clock: Callable[[], dt.datetime]) -> str:
    with reading(engine) as connection:
        (alert,) = alert_rows.read(connection, ALERTS.c.id == one.alert_id)
    configured = one.channel in outlets.channels
    error = "the channel is not configured any more"
    if configured:
        what = message(alert, one.event, outlets.link(alert.id))
        error = _attempt(outlets, one.channel, what, f"{one.alert_id}-{one.event}-{one.id}") or ""
    with writing(engine) as connection:
        if not error:
            outbox.succeeded(connection, one, clock())
            add_event(connection, alert.id, clock(), MONITORING, "sent", f"{one.event}: {one.channel}")
            return "sent"
        state = outbox.failed(connection, one, error, for_good=not configured)
        if state == "failed":
            note = f"{one.event}: {one.channel}, given up after {one.attempts} attempts: {error}"
            add_event(connection, alert.id, clock(), MONITORING, "not sent", note)
    log.warning("message %s of alert %s by %s not sent (%s): %s", one.event, alert.id, one.channel, state, error)
    return state


def _attempt(outlets: Outlets, channel: str, what: Message, name: str) -> str | None:
    try:
        SENDERS[channel](outlets, what, name)
    except DEAD as error:
        return _reason(error, outlets)
    return None


def _reason(error: Exception, outlets: Outlets) -> str:
    """One line about what went wrong; what a receiver answers could repeat a secret."""
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        return f"the receiver answered {error.code}"
    text = str(error) or type(error).__name__
    for secret in (outlets.webhook, outlets.webhook_secret, outlets.smtp and outlets.smtp.password):
        if secret:
            text = text.replace(secret, "…")
    return one_line(text, 200)


def _to_log(_: Outlets, what: Message, name: str) -> None:
    fields = {"message": name, **what.payload}
    fields.pop("text")
    log.warning("alert %s", json.dumps(fields, default=str))  # in ASCII: names may hold exotic ends of lines


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """What is posted goes to the address that was configured and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _to_webhook(outlets: Outlets, what: Message, name: str) -> None:
    body = json.dumps({"id": name, **what.payload}, ensure_ascii=False, default=str).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "Tidemark"}
    if outlets.webhook_secret:
        headers[SIGNATURE] = signature(outlets.webhook_secret, body)
    request = urllib.request.Request(outlets.webhook or "", body, headers, method="POST")  # noqa: S310 - http(s) only: Outlets.read
    with urllib.request.build_opener(_NoRedirects).open(request, timeout=TIMEOUT):
        pass  # a status of 300 or more has raised


def signature(secret: str, body: bytes) -> str:
    """The header by which a receiver knows that the body comes from us: ``sha256=`` and its HMAC in hex."""
    return f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"


def _to_email(outlets: Outlets, what: Message, name: str) -> None:
    if outlets.smtp is None or outlets.sender is None:
        raise ValueError("SMTP_URL and ALERT_FROM are not set")
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = what.title, outlets.sender, ", ".join(outlets.recipients)
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = f"<tidemark-{name}@{outlets.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(what.text + "\n")
    server = _connected(outlets.smtp)
    try:
        refused: Mapping[str, object] = server.send_message(mail)
        with suppress(*DEAD):  # it is sent, however the goodbye goes
            server.quit()
    finally:
        server.close()
    if refused:  # others got it: trying again would send it to them twice
        log.warning("the mail server refused %d of %d recipients", len(refused), len(outlets.recipients))


def _connected(smtp: Smtp) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if smtp.tls == "always":
        server: smtplib.SMTP = smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(smtp.host, smtp.port, timeout=TIMEOUT)
    try:
        if smtp.tls == "starttls":
            server.starttls(context=context)
        if smtp.user:
            server.login(smtp.user, smtp.password)
    except BaseException:
        server.close()
        raise
    return server


SENDERS: dict[str, Send] = {"log": _to_log, "webhook": _to_webhook, "email": _to_email}

"""The commands around alerts: list, show, acknowledge, resolve, silence, and a test of the channels."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from core.commands.output import Commands, json_option, person, print_json, say
from core.errors import InputError

if TYPE_CHECKING:
    from core.monitoring.alerting import Alert
    from core.monitoring.alerts import Alerts
    from core.monitoring.silences import Silence

NUMBER = click.argument("number", type=int)
NOTE = click.option("--note", default="", help="A note for the history of the alert.")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@click.group(cls=Commands)
def alerts() -> None:
    """Alerts of the monitoring: list, show, acknowledge, resolve, silence."""


@alerts.command("list")
@click.option("--all", "everything", is_flag=True, help="Those that are pending or resolved too, newest first.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="With --all: how many.")
@json_option
def list_alerts(everything: bool, limit: int, as_json: bool) -> None:
    """Open alerts, the worst first, and the silences that hold."""
    from core.monitoring.silences import together

    service = _alerts()
    found = service.recent(limit) if everything else service.open()
    silences = service.silences()
    if as_json:
        print_json({"alerts": [asdict(one) for one in found], "silences": [asdict(one) for one in silences]})
        return
    for one in found:
        say(_line(one))
    for group in together(silences):
        say(_silence_line(group))
    if not found:
        say("No alerts.", err=True)


@alerts.command()
@NUMBER
@json_option
def show(number: int, as_json: bool) -> None:
    """One alert with its history and its messages."""
    from core.monitoring.messages import how_far

    service = _alerts()
    alert, events, messages = service.get(number), service.events(number), service.notifications(number)
    if as_json:
        told = {"events": [asdict(one) for one in events], "messages": [asdict(one) for one in messages]}
        print_json({**asdict(alert), **told})
        return
    say(_line(alert))
    say(f"From {alert.first_day} to {alert.last_day}, at its worst {how_far(alert)}")
    for key, value in alert.evidence.items():
        say(f"  {key}: {value}")
    for event in events:
        say(f"{event.at:%Y-%m-%d %H:%M} {event.who:12} {event.event:12} {event.note}")
    for one in messages:
        say(f"Message {one.event} by {one.channel}: {one.state}{f' ({one.error})' if one.error else ''}")


@alerts.command()
@NUMBER
@NOTE
@json_option
def acknowledge(number: int, note: str, as_json: bool) -> None:
    """Say that somebody looks after an alert."""
    _answer(_alerts().acknowledge(number, person(), note), as_json)


@alerts.command()
@NUMBER
@NOTE
@json_option
def resolve(number: int, note: str, as_json: bool) -> None:
    """Say that an alert is over; should it fire again, it comes back."""
    _answer(_alerts().resolve(number, person(), note), as_json)


@alerts.command()
@click.option("--kind", help="Alerts of this kind only, such as level.")
@click.option("--rule", help="With a kind whose rules are alerts of their own: one of them, such as missing values.")
@click.option("--subject", help="Alerts about this feature or series only.")
@click.option("--for", "duration", required=True, metavar="DURATION", help="How long: 30m, 12h, 7d or 2w.")
@click.option("--why", required=True, help="The reason, three letters or more: it stands beside the silence, with who "
              "asked for it, wherever silences are listed.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="All alerts, of any kind and about anything.")
@json_option
def silence(
    kind: str | None, rule: str | None, subject: str | None, duration: str, why: str, everything: bool, as_json: bool
) -> None:
    """Send no messages about some alerts for a while; they are listed all the same. Asked for again, it gets longer."""
    from core.config import Config
    from core.monitoring.silences import check, replaced
    from core.monitoring.subjects import known_subjects
    from core.state.engine import open_engine

    moment, service = dt.datetime.now(dt.UTC), _alerts()
    until = moment + _duration(duration)
    check(moment, kind, until, why, rule, subject)
    if everything and not kind == subject is None:
        raise InputError("--all is about every alert", hint="Leave out --kind and --subject, or --all.")
    if not everything and kind == subject is None:
        raise InputError("nothing says which alerts", hint="Name --kind or --subject, or use --all for all of them.")
    known = known_subjects(open_engine(Config.from_env().database))
    if subject is not None and subject.strip() not in known:
        raise InputError(f"no alert can be about {subject}", hint=f"Known are {', '.join(known)}.")
    before = service.silences()
    made = service.silence(kind, subject, until, person(), why, rule)
    _answer_silence(made, as_json)
    if made in before:
        say("It holds as long already: nothing has changed.", err=True)
    for one in replaced(before, [made]):
        say(f"It takes the place of {_words(_silence_line((one,)))}", err=True)


@alerts.command()
@NUMBER
@click.option("--together", "whole", is_flag=True, help="Also the others that were made at once with it.")
@json_option
def unsilence(number: int, whole: bool, as_json: bool) -> None:
    """End a silence before its time."""
    if not whole:
        _answer_silence(_alerts().end_silence(number, person()), as_json)
        return
    ended = _alerts().end_together(number, person())
    if as_json:
        print_json([asdict(one) for one in ended])
        return
    say(f"{_silence_line(tuple(ended))}, ended", err=True)


@alerts.command()
@json_option
@click.pass_context
def test(ctx: click.Context, as_json: bool) -> None:
    """Send a test message through every configured channel; exit code 1 when one did not take it."""
    from core.config import Config
    from core.monitoring.channels import try_channels

    found = try_channels(Config.from_env())
    if as_json:
        print_json({channel: {"sent": error is None, "error": error} for channel, error in found.items()})
    else:
        for channel, error in found.items():
            say(f"{channel}: {'sent' if error is None else f'not sent: {error}'}")
    if any(found.values()):
        ctx.exit(1)


def _duration(text: str) -> dt.timedelta:
    if re.fullmatch(r"0+[mhdw]", text.strip().lower(), re.ASCII):
        raise InputError(f"--for {text} is no time at all", hint="A silence is ended with: alerts unsilence NUMBER.")
    match = re.fullmatch(r"([1-9]\d{0,3})([mhdw])", text.strip().lower(), re.ASCII)
    if match is None:
        raise InputError(f"--for {text} is not a duration", hint="Use one such as 30m, 12h, 7d or 2w.")
    return dt.timedelta(**{UNITS[match[2]]: int(match[1])})


def _line(one: Alert) -> str:
    from core.monitoring.messages import WHAT, ended_by, names, one_line

    seen = f", acknowledged by {one.acknowledged_by}" if one.acknowledged_by else ""
    muted = f", muted by alert {one.muted_by}" if one.muted_by else ""
    what = one_line(f"{WHAT[one.kind]} ({names(one.subjects)})")
    if one.resolved_day:
        days = f"{one.first_day} to {one.resolved_day}"
        return f"{one.id:>5} {one.severity:8} {one_line(f'over, {days}, {ended_by(one)}')}: {what}"
    return f"{one.id:>5} {one.severity:8} {one.state}{muted}{seen} since {one.first_day}: {what}"


def _silence_line(group: Sequence[Silence]) -> str:
    """``group``: one, or those that were made at once."""
    one, kind = group[0], group[0].kind or "every kind"
    numbers = ", ".join(str(each.id) for each in group)
    subjects = ", ".join(each.subject or "any subject" for each in group)
    about = f"{kind if one.rule is None else f'{kind}: {one.rule}'}, {subjects}"
    name = "Silence" if len(group) == 1 else "Silences"
    return f"{name} {numbers}: {about}, until {one.until:%Y-%m-%d %H:%M} UTC, {one.who}: {one.reason}"


def _words(line: str) -> str:
    return line[:1].lower() + line[1:]


def _answer(alert: Alert, as_json: bool) -> None:
    if as_json:
        print_json(asdict(alert))
    else:
        say(_line(alert), err=True)


def _answer_silence(one: Silence, as_json: bool) -> None:
    if as_json:
        print_json(asdict(one))
    else:
        say(_silence_line((one,)) + (", ended" if one.ended_at else ""), err=True)


def _alerts() -> Alerts:
    from core.config import Config
    from core.monitoring.alerts import Alerts
    from core.state.engine import open_engine

    config = Config.from_env()
    return Alerts(open_engine(config.database), config.outlets)

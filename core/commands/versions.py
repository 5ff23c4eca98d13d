"""The commands around versions: list, compare, promote, roll back, the audit; and the schedule."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from core.commands.output import DAY, Commands, json_option, person, print_json, say
from core.errors import InputError

if TYPE_CHECKING:
    from core.lifecycle.registry import Registry

LEAST_WHY = 3
"""Letters of a reason, as on the page."""


def _reason(_: click.Context, __: click.Parameter, value: str) -> str:
    if len(value.strip()) < LEAST_WHY:
        raise click.BadParameter(f"give a reason of {LEAST_WHY} letters or more")
    return value.strip()


WHY = click.option("--why", required=True, callback=_reason, help="The reason, for the audit.")


@click.group(cls=Commands)
def versions() -> None:
    """Versions of the models: which there are, which serves, and why."""


@versions.command("list")
@json_option
def list_versions(as_json: bool) -> None:
    """Every version, newest first."""
    from core.lifecycle.overview import overview

    registry = _registry()
    found = overview(registry)
    if as_json:
        print_json({"versions": [asdict(one) for one in found], "problems": list(map(str, registry.problems()))})
        return
    for one in found:
        score = next((score for score in one.scores if score["series"] == "transactions/total"), None)
        error = f"{score['wape']:.1%}" if score and score["wape"] is not None else "–"
        say(f"{one.id:6} {one.status:11} data to {one.last_day}  error {error:>6}  {one.trigger}")
    for problem in registry.problems():
        say(f"Problem: {problem}", err=True)


@versions.command()
@click.argument("version_id")
@json_option
def show(version_id: str, as_json: bool) -> None:
    """Where a version comes from: its manifest."""
    manifest = _registry().open(version_id).manifest
    if as_json:
        print_json(manifest)
        return
    for key in ("created_at", "trigger", "who", "parent", "duration_s", "data", "request", "code"):
        say(f"{key}: {manifest.get(key)}")
    for score in manifest.get("scores", ()):
        if score["wape"] is not None:
            span = "" if score["lo"] is None else f" ({score['lo']:.1%} to {score['hi']:.1%})"
            say(f"{score['series']}: {score['model']}, error {score['wape']:.1%}{span}")


@versions.command()
@click.argument("version_id")
@WHY
@json_option
def promote(version_id: str, why: str, as_json: bool) -> None:
    """Make a version the one in use, at once."""
    _registry().promote(version_id, person(), why)
    _serves(version_id, as_json)


@versions.command()
@WHY
@json_option
def rollback(why: str, as_json: bool) -> None:
    """Go back to the version that was in use before."""
    _serves(_registry().roll_back(person(), why), as_json)


def _serves(version_id: str, as_json: bool) -> None:
    if as_json:
        print_json({"champion": version_id})
    else:
        say(f"Version {version_id} serves.", err=True)


@versions.command()
@click.argument("day", type=DAY)
@json_option
def live(day: dt.datetime, as_json: bool) -> None:
    """Which version was in use at the end of a day (of this machine's clock)."""
    end = (day + dt.timedelta(days=1) - dt.timedelta(microseconds=1)).astimezone()
    if day.date() > dt.date.today():
        raise InputError(f"{day.date()} lies ahead")
    found = _registry().live_at(end)
    if as_json:
        print_json({"day": day.date(), "version": found})
    else:
        say(found or "none")


@versions.command()
@json_option
def audit(as_json: bool) -> None:
    """Every change of what is in use and of the schedule, newest first."""
    from core.config import Config
    from core.lifecycle.audit import entries
    from core.state.engine import open_engine

    found = entries(open_engine(Config.from_env().database))
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        moved = f"{one.from_value or '–'} → {one.to_value or '–'}"
        say(f"{one.at:%Y-%m-%d %H:%M:%S} {one.who:12} {one.subject:10} {moved}: {one.reason}")


@click.command()
@click.option("--daily-at", help="HH:MM of the machine's clock, or off.")
@click.option("--every-days", help="Retrain when the newest version is so many days old, or off.")
@click.option("--on-drift/--not-on-drift", default=None, help="Retrain when the data have drifted.")
@click.option("--on-loss/--not-on-loss", default=None, help="Retrain when forecasts got worse.")
@click.option("--environment", is_flag=True, help="Go back to what MONITOR_AT and RETRAIN say.")
@json_option
def schedule(
    daily_at: str | None,
    every_days: str | None,
    on_drift: bool | None,
    on_loss: bool | None,
    environment: bool,
    as_json: bool,
) -> None:
    """Show or change the schedule of the daily run and of retraining."""
    from core.config import Config
    from core.lifecycle.schedule import Schedule, Settings
    from core.state.engine import open_engine

    config = Config.from_env()
    plan = Schedule(open_engine(config.database), config)
    asked = {"daily_at": daily_at, "every_days": every_days, "on_drift": on_drift, "on_loss": on_loss}
    changes = {name: _value(name, value) for name, value in asked.items() if value is not None}
    if environment and changes:
        raise InputError("--environment stands alone", hint="It goes back to MONITOR_AT and RETRAIN.")
    if environment:
        plan.change(None, person(), "back to the environment")
    elif changes:
        settings, _ = plan.settings()
        plan.change(Settings.read({**settings.to_json(), **changes}), person(), "changed on the command line")
    settings, chosen = plan.settings()
    following = plan.next_time(dt.datetime.now(dt.UTC))
    if as_json:
        print_json({**settings.to_json(), "chosen": chosen, "next": following})
        return
    when = "never" if following is None else f"at {settings.daily_at}, next on {following:%Y-%m-%d %H:%M %Z}"
    reasons = [f"every {settings.every_days} days"] if settings.every_days else []
    reasons += ["on drift"] * settings.on_drift + ["when forecasts got worse"] * settings.on_loss
    click.echo(f"Daily run: {when}\nRetraining: {', '.join(reasons) or 'off'}")


def _value(name: str, value: object) -> object:
    """'off' is None, a number of days a number; what else is wrong with it, Settings.read says."""
    if value == "off":
        return None
    if name != "every_days":
        return value
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        return int(value)
    raise InputError(f"--every-days {value} is not a number of days", hint="Use 1 to 365, or off.")


def _registry() -> Registry:
    from core.config import Config
    from core.lifecycle.registry import Registry

    return Registry(Config.from_env())

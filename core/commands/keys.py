"""The commands around keys of the HTTP interface, and what was asked with them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from core.access.scopes import SCOPES
from core.commands.output import Commands, json_option, print_json, say

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from core.access.keys import Keys


@click.group(cls=Commands)
def keys() -> None:
    """Keys of the HTTP interface: create, list, revoke. The first one closes the interface to everybody without."""


@keys.command()
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(SCOPES), help="May be repeated.")
@click.option("--name", required=True, help="Whose key it is.")
@json_option
def create(scopes: tuple[str, ...], name: str, as_json: bool) -> None:
    """Make a key and show it, this one time."""
    made = _keys().create(name, scopes)
    if as_json:
        print_json({**asdict(made.key), "key": made.text})
        return
    click.echo(made.text)
    say("Keep it: it cannot be shown again. Send it as: Authorization: Bearer KEY", err=True)


@keys.command("list")
@json_option
def list_keys(as_json: bool) -> None:
    """Every key, the revoked ones too, without their secrets."""
    found = _keys().all()
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        state = "in force" if one.revoked_at is None else f"revoked {one.revoked_at:%Y-%m-%d %H:%M}"
        say(f"{one.id} {one.created_at:%Y-%m-%d %H:%M} {state:24} {','.join(one.scopes):20} {one.name}")
    if not found:
        say("No keys: the interface is open to everybody who reaches it.", err=True)


@keys.command()
@click.argument("key_id")
@json_option
def revoke(key_id: str, as_json: bool) -> None:
    """Take a key out of force at once; KEY_ID as the list shows it."""
    gone = _keys().revoke(key_id)
    if as_json:
        print_json(asdict(gone))
        return
    say(f"Key {gone.id} ({gone.name}) is revoked.", err=True)


@click.command()
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="How many, newest first.")
@json_option
def predictions(limit: int, as_json: bool) -> None:
    """The sample of forecasts that were given out over HTTP (setting PREDICTION_LOG)."""
    from core.access.prediction_log import newest

    found = newest(_engine(), limit)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        say(f"{one.at:%Y-%m-%d %H:%M:%S} {one.version_id:6} {one.series:24} {one.model:14} {one.who} {one.asked}")


def _keys() -> Keys:
    from core.access.keys import Keys

    return Keys(_engine())


def _engine() -> Engine:
    from core.config import Config
    from core.state.engine import open_engine

    return open_engine(Config.from_env().database)

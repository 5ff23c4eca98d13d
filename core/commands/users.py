"""The commands around people who sign in to the pages."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, cast

import click

from core.commands.output import Commands, json_option, print_json
from core.errors import InputError

if TYPE_CHECKING:
    from core.access.users import Role, User, Users

ROLES = ("viewer", "editor")


@click.group(cls=Commands)
def users() -> None:
    """People who sign in to the pages. With the first one the pages are closed to everybody else."""


@users.command()
@click.argument("name")
@click.option("--role", required=True, type=click.Choice(ROLES), help="A viewer looks and downloads.")
@json_option
def add(name: str, role: str, as_json: bool) -> None:
    """Let NAME sign in. The password is asked for, or read from the standard input."""
    from core.access.users import usable

    usable(name)
    _tell(_users().add(name, _password(), cast("Role", role)), f"{name} may sign in as {role}.", as_json)


@users.command()
@click.argument("name")
@json_option
def password(name: str, as_json: bool) -> None:
    """Give NAME another password; ends what is signed in under the name."""
    _tell(_users().set_password(name, _password()), f"{name} has a new password.", as_json)


@users.command()
@click.argument("name")
@json_option
def remove(name: str, as_json: bool) -> None:
    """Let NAME sign in no longer; holds for the very next request."""
    _tell(_users().remove(name), f"{name} may not sign in any more.", as_json)


@users.command("list")
@json_option
def list_users(as_json: bool) -> None:
    """Everybody who may sign in, without their passwords."""
    found = _users()
    if as_json:
        print_json([_shown(one) for one in found.all().values()])
        return
    for one in found.all().values():
        click.echo(f"{one.role:8} {one.name}")
    if not found.exists():
        click.echo("No users: the pages are open to everybody who reaches them.", err=True)


def _tell(user: User, text: str, as_json: bool) -> None:
    if as_json:
        print_json(_shown(user))
    else:
        click.echo(text, err=True)


def _shown(user: User) -> dict[str, str]:
    return {"name": user.name, "role": user.role}


def _password() -> str:
    """Typed twice on a terminal, else the first line of the standard input."""
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    found = sys.stdin.readline().rstrip("\r\n")
    if not found:
        raise InputError("no password came; type it, or give it as the first line of the standard input")
    return found


def _users() -> Users:
    from core.access.users import Users
    from core.config import Config

    return Users(Config.from_env().users_file)

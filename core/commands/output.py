"""How commands talk: JSON or plain words, progress bars on a terminal, one clear line and exit code 2 on bad input."""

from __future__ import annotations

import getpass
import json
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from core.errors import TidemarkError
from core.lifecycle.processes import leave
from core.logs import plain

Progress = Callable[[float, str], None]

LINE_EVERY = 5.0
"""Seconds between two lines of progress where the output is not a terminal."""

json_option = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, and nothing else.")


class _Day(click.DateTime):
    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "YYYY-MM-DD"


DAY = _Day(formats=["%Y-%m-%d"])
"""A day as an argument or option; its value is the midnight that begins it."""


class Commands(click.Group):
    """A group whose commands answer a TidemarkError, or a wrong way of calling them, with one line on the standard
    error and exit code 2.

    SIGTERM unwinds instead of killing on the spot, so that jobs are marked and temporary folders go.
    """

    def invoke(self, ctx: click.Context) -> Any:
        before = signal.signal(signal.SIGTERM, leave)
        try:
            return super().invoke(ctx)
        except click.exceptions.NoArgsIsHelpError:  # a group by its name alone: its help is the answer
            raise
        except click.UsageError as error:
            say(f"Error: {' '.join(error.format_message().split())}", err=True)
            ctx.exit(2)
        except TidemarkError as error:
            say(f"Error: {error}", err=True)
            ctx.exit(2)
        finally:
            signal.signal(signal.SIGTERM, before)


def person() -> str:
    """Who runs the command, for the audit."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # no name for the user id, as in some containers
        return "system"


def say(text: str, err: bool = False) -> None:
    """One line, whatever texts of users' data are in it: they neither begin another nor move about on the terminal."""
    click.echo(plain(text), err=err)


def print_json(value: Any) -> None:
    """One JSON document; days and times as ISO text, numbers that are not defined as null."""
    lines = json.dumps(_plain(value), ensure_ascii=False, indent=2, allow_nan=False).split("\n")
    click.echo("\n".join(plain(line, json_escapes=True) for line in lines))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value.isoformat() if hasattr(value, "isoformat") else value


@contextmanager
def progress_bar(title: str, *, enabled: bool = True) -> Iterator[Progress]:
    """A progress function (fraction 0..1, message): a bar on a terminal, a line now and then elsewhere."""
    if not enabled:
        yield lambda fraction, message: None
    elif sys.stderr.isatty():
        with _bar(title) as tell:
            yield tell
    else:
        yield _Lines()


@contextmanager
def _bar(title: str) -> Iterator[Progress]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    columns = (BarColumn(bar_width=24), TaskProgressColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda fraction, message: bar.update(task, completed=fraction, description=_escape(message))


def _escape(message: str) -> str:
    from rich.markup import escape

    return escape(plain(message))


class _Lines:
    """Prints the beginning, the end, and in between a line every few seconds."""

    def __init__(self) -> None:
        self._printed_at = float("-inf")

    def __call__(self, fraction: float, message: str) -> None:
        if 0.0 < fraction < 1.0 and time.monotonic() - self._printed_at < LINE_EVERY:
            return
        self._printed_at = time.monotonic()
        say(f"{fraction:4.0%}  {message}", err=True)

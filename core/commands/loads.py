"""The commands around what was loaded on the page Data: the history, and undo."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from core.commands.output import Commands, json_option, person, print_json, progress_bar

if TYPE_CHECKING:
    from core.intake.loads import Load


@click.group(cls=Commands)
def loads() -> None:
    """What was loaded on the page Data: list, undo."""


@loads.command("list")
@json_option
def list_loads(as_json: bool) -> None:
    """Every load, undo and change of the cleaning rules, newest first."""
    from core.config import Config
    from core.intake.loads import Loads
    from core.transactions.store import Store

    config = Config.from_env()
    found = Loads(config, Store(config.store_dir)).history()
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        click.echo(
            f"{one.number:>4} {one.at:%Y-%m-%d %H:%M} {one.mode:8}{one.state:12}{one.lines_out:>12,} lines, "
            f"{one.first_day} to {one.last_day}  {_what(one)}"
        )


@loads.command()
@click.argument("number", type=int)
@json_option
def undo(number: int, as_json: bool) -> None:
    """Put back the data as they were before load NUMBER, which must be the last in force."""
    from core.config import Config
    from core.intake.apply import load
    from core.intake.asked import LOAD, Wanted
    from core.lifecycle.bootstrap import as_job
    from core.lifecycle.jobs import Jobs
    from core.state.engine import open_engine

    config, wanted, why = Config.from_env(), Wanted("undo", load=number), "asked for on the command line"
    jobs = Jobs(open_engine(config.database))
    with progress_bar("Undoing", enabled=not as_json) as on_progress:
        record = as_job(
            jobs,
            LOAD,
            person(),
            why,
            on_progress,
            lambda run: ((made := load(config, wanted, person(), why, run)), made.result()),
            wanted.to_json(),
        )
    if as_json:
        print_json(record.result())
        return
    click.echo(f"Load {number} is undone: {record.lines_out:,} lines, {record.first_day} to {record.last_day}.")


def _what(one: Load) -> str:
    if one.mode == "undo":
        return f"undoes {one.undoes}"
    return ", ".join(file.name for file in one.files)

"""The command ``merge``: adds lines that were posted to the data."""

from __future__ import annotations

import click

from core.commands.output import json_option, print_json


@click.command()
@click.option("--follow", "follows", is_flag=True, help="Go on with what comes, until nothing has come for 10 minutes.")
@click.option("--parent", type=int, hidden=True, help="The process that starts this one; it ends with it.")
@json_option
def merge(follows: bool, parent: int | None, as_json: bool) -> None:
    """Add lines that were posted over HTTP to the data.

    The server does so by itself; this is for installations whose server does not run.
    """
    from core.config import Config
    from core.lifecycle.merging import follow
    from core.lifecycle.processes import become_job
    from core.transactions.merge import merge as merge_once

    config = Config.from_env()
    if parent is not None:
        become_job(parent, niceness=0)  # a page that waits for new lines waits for this
    if follows:
        follow(config)
        return
    manifest = merge_once(config).manifest
    told = {"generation": manifest.id, "lines_in": manifest.lines_in, "last_batch": manifest.posted,
            "last_day": manifest.last_day}  # fmt: skip
    if as_json:
        print_json(told)
    else:
        click.echo(f"{manifest.lines_in:,} lines, batches up to {manifest.posted}, {manifest.last_day} is the last day")

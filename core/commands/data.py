"""Commands on data: ``sample`` makes some, ``prepare`` reads, cleans and stores."""

from __future__ import annotations

import json
from pathlib import Path

import click

from core.commands.output import json_option, progress_bar, say


@click.command()
@click.option("--rows", type=click.IntRange(min=1), default=None, help="Lines to make; default about 400,000.")
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Same seed, same data.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write: .csv, .parquet or .xlsx.",
)
@json_option
def sample(rows: int | None, seed: int, out: Path, as_json: bool) -> None:
    """Make sample transactions: two years of an invented gift wholesaler, with all the dirt of real ones."""
    from core.transactions.sample import DEFAULT_ROWS, write

    with progress_bar("Making sample data", enabled=not as_json) as on_progress:
        written = write(out, rows or DEFAULT_ROWS, seed, on_progress)
    click.echo(json.dumps({"lines": written, "file": str(out)}) if as_json else f"{written:,} lines written to {out}")


@click.command()
@click.argument("source", required=False, type=click.Path(path_type=Path))
@json_option
def prepare(source: Path | None, as_json: bool) -> None:
    """Read, clean and store the transactions of SOURCE: a file or a folder.

    Without SOURCE: what was loaded on the page Data, else what DATA_PATH names, else the files in data/raw, else
    generated sample data.
    """
    from core.config import Config
    from core.lifecycle.bootstrap import choose_source, prepare_source
    from core.transactions.load import prepare as load

    config = Config.from_env()
    with progress_bar("Preparing data", enabled=not as_json) as on_progress:
        if source is None:
            manifest = prepare_source(config, choose_source(config), on_progress).manifest
        else:
            manifest = load(config, source, on_progress).manifest
    summary = {
        "lines_in": manifest.lines_in,
        "rules": [{"id": count.id, "dropped": count.dropped} for count in manifest.waterfall],
        "lines_out": manifest.lines_out,
        "first_day": manifest.first_day.isoformat(),
        "last_day": manifest.last_day.isoformat(),
    }
    if as_json:
        click.echo(json.dumps(summary))
        return
    say(f"{manifest.lines_in:>12,}  lines in")
    for count in manifest.waterfall:
        say(f"{-count.dropped:>12,}  {count.id}{'' if count.on else ' (off)'}")
    say(f"{manifest.lines_out:>12,}  lines out, {manifest.first_day} to {manifest.last_day}")
    for note in manifest.notes:
        say(f"Note: {note}")

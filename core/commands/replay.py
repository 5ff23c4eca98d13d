"""The command ``replay``: which retraining policy would have paid on these data?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from core.commands.models import MEASURE, NO_CACHE, SEGMENT, WORKERS
from core.commands.output import DAY, json_option, print_json, progress_bar

if TYPE_CHECKING:
    from core.monitoring.replay_result import Outcome, Recommendation, Replay


@click.command()
@MEASURE
@SEGMENT
@click.option("--models", help="Names with commas between; default: those of the setting MODELS.")
@click.option("--first", type=DAY, help="The last day that the first model knows; default: a year before the end.")
@click.option("--last", type=DAY, help="The last day replayed; default: the end of the data.")
@click.option("--step", default=14, show_default=True, help="Days between two possible retrainings.")
@click.option("--policies", help="never, schedule, psi, drift, loss, always, with commas between; default: all.")
@click.option("--every", default=28, show_default=True, help="Days between the retrainings of the policy schedule.")
@click.option("--change", nargs=3, metavar="KIND SIZE DAY", help="Put a change into the data first: level -0.3 DAY, ….")
@WORKERS
@NO_CACHE
@json_option
def replay(
    measure: str,
    segment: str,
    models: str | None,
    first: dt.datetime | None,
    last: dt.datetime | None,
    step: int,
    policies: str | None,
    every: int,
    change: tuple[str, str, str] | None,
    workers: int | None,
    no_cache: bool,
    as_json: bool,
) -> None:
    """Replay retraining policies on the past: their errors, retrainings and costs side by side."""
    from core.commands import tables
    from core.config import Config
    from core.monitoring.replay_job import Request, run_replay

    request = Request.of(
        {
            "measure": measure,
            "segment": segment,
            "models": tables.model_names(models),
            "policies": [one.strip() for one in policies.split(",")] if policies is not None else None,
            "step": step,
            "every": every,
            "first": first and first.date(),
            "last": last and last.date(),
            "change": change and {"kind": change[0], "size": change[1], "start": change[2]},
        }
    )
    with progress_bar("Replaying", enabled=not as_json) as tell:
        found = run_replay(Config.from_env(), request, tell, workers=workers, cache=not no_cache)
    if as_json:
        print_json(found.to_json())
    else:
        click.echo(replay_text(found))


def replay_text(found: Replay) -> str:
    """The table, the recommendation in a sentence, and what the columns mean."""
    from core.monitoring.replay_result import JUDGED_DAYS, MARGIN

    served = ", ".join(dict.fromkeys(found.served))
    lines = [
        f"{found.measure}/{found.segment}, {found.first} to {found.last}: a new model was possible every {found.step} "
        f"days; forecasts by {served}\n",
        f"{'policy':10}{'retrained':>10}{'false':>7}{'delay':>7}{'WAPE':>8}{'p':>7}{'cover80':>9}{'revised':>9}"
        f"{'seconds':>9}",
        *map(_row, found.outcomes),
        "",
        *([_advice(found.recommendation)] if found.recommendation else []),
        f"false: the new model was not {MARGIN:.0%} better over its first {JUDGED_DAYS} days. p: Diebold–Mariano "
        "against the lowest WAPE.\nrevised: change of the next days' forecasts by a retraining, in % of the mean day.",
        f"A fit with its forecasts takes {found.fit_seconds:.1f} s of the processor.",
    ]
    if found.change is not None:
        lines.append(f"delay: days from the change on {found.change} to the next retraining.")
    for name, days in found.rarely.items():
        lines.append(f"{name} was estimated anew every {days} days; in between it went on from the last estimate.")
    if late := max(one.unserved for one in found.outcomes):
        lines.append(f"Up to {late} days lay beyond the forecasts of the model in use; they are in no error.")
    return "\n".join(lines)


def _row(one: Outcome) -> str:
    def number(value: float | int | None, form: str, width: int) -> str:
        return ("–" if value is None else format(value, form)).rjust(width)

    revised = None if one.instability is None else 100 * one.instability
    return (
        f"{one.policy:10}{len(one.retrainings):>10}{one.false_retrainings:>7}{number(one.delay, 'd', 7)}"
        f"{number(one.wape, '.4f', 8)}{number(one.p_value, '.2f', 7)}{number(one.coverage, '.1%', 9)}"
        f"{number(revised, '.1f', 9)}{one.seconds:>9.1f}"
    )


def _advice(advice: Recommendation) -> str:
    costs = f"{advice.retrainings[0]} retrainings, {advice.seconds[0]:.1f} s"
    if advice.rule == "best":
        return f"Advice: {advice.policy} ({costs}) has the lowest error, and no cheaper policy comes close."
    why = "cannot be told apart from that of" if advice.rule == "tied" else "is within 1 % of that of"
    return (
        f"Advice: {advice.policy} ({costs}); its error is {advice.excess:.1%} above and {why} {advice.best} "
        f"({advice.retrainings[1]} retrainings, {advice.seconds[1]:.1f} s)."
    )

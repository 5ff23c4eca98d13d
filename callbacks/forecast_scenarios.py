"""Forecast, what if: changes added and taken away, and every scenario worked out."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dash
from dash import ALL, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from callbacks.chosen import Chosen, chosen
from callbacks.services import words
from components import ids
from components.views import forecast_whatif as view
from components.words import Words
from core.errors import InputError
from core.evaluation.totals import total_interval
from core.lifecycle.serving import forecast_table
from core.lifecycle.totals import total_factors
from core.scenarios.apply import Outcome, apply
from core.scenarios.opening import Known
from core.scenarios.scenario import KINDS, MOST_PERCENT, MOST_SCENARIOS, Change, Scenario, plain_name, read_scenarios

if TYPE_CHECKING:
    from core.series.panel import Series


def known_of(found: Chosen, series: Series) -> Known:
    """History as the version knows it; kept, as the version never changes."""

    def make() -> Known:
        until = found.panel.until(found.version.origin)
        return Known(until.days, until[series], found.version.calendar().is_open(until.days))

    return found.version.keep(("history for scenarios", series), make, of=found.generation.id)


def comparison(
    t: Words, found: Chosen, series: Series, model: str, horizon: int, level: int, texts: list[str] | None
) -> tuple[list[view.Row], list[Outcome]]:
    """The forecast and every scenario over the horizon, with the interval of each total at ``level`` percent."""
    table = forecast_table(found.version, series, model)
    by = total_factors(found.version, series, horizon, model)
    outcomes = [apply(one, table, known_of(found, series)) for one in read_scenarios(texts or [])[0]]
    shown = [(t("whatif.baseline"), "", table), *((one.scenario.name, changes(t, one), one.table) for one in outcomes)]
    rows = []
    for name, said, frame in shown:
        part = frame.head(horizon)
        low, high = total_interval(part, by)[level]
        rows.append(view.Row(name, said, float(part["mean"].sum()), low, high, part))
    return rows, outcomes


def changes(t: Words, outcome: Outcome) -> str:
    return "; ".join(view.said(t, change) for change in outcome.scenario.changes) or t("whatif.unchanged")


def notes_of(t: Words, outcomes: Sequence[Outcome]) -> list[str]:
    """What days that were opened rest on, a sentence for each weekday of a scenario; and changes without effect."""
    found = []
    for outcome in outcomes:
        name = outcome.scenario.name
        alike = Counter((one.date.weekday(), one.like, one.mean is not None) for one in outcome.opened)
        found += [view.note(t, name, weekday, days, like, known) for (weekday, like, known), days in alike.items()]
        found += [t("whatif.note.idle", name=name, change=view.said(t, change)) for change in outcome.idle]
    return found


def listed(ready: str | None, texts: list[str] | None, into: str | None) -> tuple[Any, Any, Any]:
    """The scenarios with their buttons, and what a change can be added to: the last one that there is."""
    chosen(ready)
    t = words()
    scenarios, left_out = read_scenarios(texts or [])
    options = view.into_options(t, [one.name for one in scenarios], MOST_SCENARIOS)
    values = [one["value"] for one in options]
    return view.listed(t, scenarios, left_out), options, no_update if into in values else values[-1]


def add(
    clicks: int | None,
    ready: str | None,
    texts: list[str] | None,
    into: str | None,
    name: str | None,
    kind: str | None,
    percent: int | None,
    first: str | None,
    last: str | None,
) -> tuple[Any, Any, Any, Any]:
    """The scenarios with one more change; a sentence; what the next change is added to; an empty name."""
    if not clicks:
        raise PreventUpdate
    t, scenarios = words(), read_scenarios(texts or [])[0]
    try:
        change = change_of(chosen(ready), kind, percent, first, last)
        place = len(scenarios) if into == view.NEW else int(into or 0)
        if place < len(scenarios):
            old = scenarios[place]
            scenarios[place] = Scenario(old.name, (*old.changes, change))
        elif len(scenarios) < MOST_SCENARIOS:
            names = {one.name for one in scenarios}
            scenarios.append(Scenario(new_name(t, name, names), (change,)))
        else:
            raise InputError("there are enough scenarios", column="many")
    except InputError as error:
        return no_update, t(f"whatif.error.{error.column or 'days'}"), no_update, no_update
    done = t("whatif.added", change=view.said(t, change), name=scenarios[place].name)
    return [str(one) for one in scenarios], done, str(place), ""


def change_of(found: Chosen, kind: str | None, percent: int | None, first: str | None, last: str | None) -> Change:
    """What the form says. Raises InputError; ``column`` names the field."""
    wanted = next((one for one in KINDS if one == kind), "up")
    origin = found.version.origin
    try:
        days = dt.date.fromisoformat(first or ""), dt.date.fromisoformat(last or first or "")
    except ValueError:
        raise InputError("a day is missing", column="days") from None
    reach = len(forecast_table(found.version, found.series(None, None)))
    if min(days) <= origin or max(days) > origin + dt.timedelta(days=reach):
        raise InputError("the days are not ahead", column="days")
    return Change(wanted, *days, int(percent or 0) if wanted in MOST_PERCENT else 0)


def new_name(t: Words, name: str | None, taken: set[str]) -> str:
    """The name given, or a letter that is free. Raises InputError for one that is taken."""
    wanted = plain_name(name or "")
    if wanted in taken:
        raise InputError("there is a scenario of that name", column="taken")
    return wanted or next(
        one for letter in "ABCDEF" if (one := plain_name(t("whatif.name.usual", letter=letter))) not in taken
    )


def remove(clicks: list[int | None], texts: list[str] | None) -> tuple[Any, Any]:
    """The scenarios without the change whose button was pressed, or without all of its scenario."""
    if not any(clicks) or not isinstance(ctx.triggered_id, dict):
        raise PreventUpdate
    t, scenarios = words(), read_scenarios(texts or [])[0]
    place, number = ctx.triggered_id["scenario"], ctx.triggered_id["change"]
    if place >= len(scenarios):
        raise PreventUpdate
    old = scenarios[place]
    if number == "all":
        del scenarios[place]
    else:
        kept = tuple(change for at, change in enumerate(old.changes) if at != number)
        scenarios[place] = Scenario(old.name, kept)
    return [str(one) for one in scenarios], t("whatif.removed", name=old.name)


def register(app: dash.Dash) -> None:
    here = ids.Forecast
    app.callback(
        Output(here.LIST, "children"),
        Output(here.INTO, "options"),
        Output(here.INTO, "value"),
        Input(ids.READY, "data"),
        Input(here.SCENARIOS, "data"),
        State(here.INTO, "value"),
    )(listed)
    fields = (here.INTO, here.NAME, here.KIND, here.PERCENT, here.FIRST, here.LAST)
    app.callback(
        Output(here.SCENARIOS, "data"),
        Output(here.SAID, "children"),
        Output(here.INTO, "value", allow_duplicate=True),
        Output(here.NAME, "value"),
        Input(here.ADD, "n_clicks"),
        State(ids.READY, "data"),
        State(here.SCENARIOS, "data"),
        *(State(field, "value") for field in fields),
        prevent_initial_call=True,
    )(add)
    app.callback(
        Output(here.SCENARIOS, "data", allow_duplicate=True),
        Output(here.SAID, "children", allow_duplicate=True),
        Input(ids.scenario_button(ALL, ALL), "n_clicks"),
        State(here.SCENARIOS, "data"),
        prevent_initial_call=True,
    )(remove)

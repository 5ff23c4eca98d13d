"""Monitor, the features: the map of all of them, and one on one day closely."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import dash
from dash import ALL, ClientsideFunction, Input, Output, State, ctx, no_update
from dash.exceptions import PreventUpdate

from callbacks.models_actions import who
from callbacks.monitor import Watched, watched
from callbacks.services import services, theme, words
from components import ids, states
from components.views import monitor_feature as view
from components.views import monitor_segments as segments_view
from components.views.monitor_heat import heat
from components.views.monitor_panels import WINDOWS
from components.views.monitor_words import SHIFT
from core.lifecycle.bootstrap import MONITOR
from core.monitoring.alerting import Alert
from core.monitoring.features import MODEL_INPUTS
from core.monitoring.inspect import CHOICES, Asked, Choice, explained, inspect
from core.monitoring.levels import ALL as ALL_MEASURES
from core.monitoring.segments import parts_of
from core.monitoring.shown import VERDICTS, NotCountedError, by_season, feature_of, give_back, grid, reference_of
from core.series.panel import MEASURES, Series
from core.transactions.counts import are_counted

STANDARD_WINDOW = 30
LEAST_WORTH = VERDICTS.index("watch")


def names_of(one: Watched) -> list[tuple[str, str]]:
    """Features with their level: those frozen with the version, else of the history, else the measures."""
    frozen = reference_of(one.version)
    if frozen is not None and frozen.features:
        return [(known.name, known.level) for known in frozen.features]
    done = one.history
    if done is not None:
        found = grid(one.services.engine, one.version.id, done.last, done.last)
        return list(zip(found.features, found.levels, strict=True))
    there = one.generation.panel().series
    return [(name, "day") for name in (*MEASURES, *MODEL_INPUTS) if name in MODEL_INPUTS or Series(name) in there]


def draw_heat(ready: str | None, wanted: str | None, _: Any, __: Any) -> Any:
    one, t = watched(ready), words()
    done = one.history
    if done is None:
        return states.nothing(t, t("monitor.heat.none"))
    first, last = one.days(wanted, done.last)
    return heat(t, theme(), grid(one.services.engine, one.version.id, max(first, done.first), last, one.line))


def fill(
    ready: str | None, feature: str | None, day: str | None, picked: dict[str, bool] | None = None
) -> tuple[Any, ...]:
    """The features there are and the days of the data; the worst feature and the last day, unless the address or
    somebody has ``picked`` others: with new data what nobody picked moves on."""
    one, t = watched(ready), words()
    names, manifest = names_of(one), one.generation.manifest
    usual = {"feature": _worst(one, [name for name, _ in names]), "day": manifest.last_day.isoformat()}
    known = (picked or {}).get("feature") and feature in {name for name, _ in names}
    kept = day if (picked or {}).get("day") and day and _inside(one, day) else None
    return (
        view.options(t, names),
        no_update if known else usual["feature"],
        kept or usual["day"],
        manifest.first_day.isoformat(),
        manifest.last_day.isoformat(),
        usual,
    )


def _inside(one: Watched, day: str) -> bool:
    manifest = one.generation.manifest
    return manifest.first_day.isoformat() <= day <= manifest.last_day.isoformat()


def _worst(one: Watched, names: list[str]) -> str:
    """The feature that stands out most on the last day looked at; the first measure where none does."""
    first = names[0] if names else MEASURES[0]
    done = one.history
    if done is None:
        return first
    found = grid(one.services.engine, one.version.id, done.last, done.last, one.line)
    ranked = [(int(found.verdict[n, 0]), float(found.psi[n, 0]), name) for n, name in enumerate(found.features)]
    there = [row for row in ranked if row[2] in names and row[1] == row[1]]
    worst = max(there, default=None)
    return worst[2] if worst is not None and worst[0] >= LEAST_WORTH else first


def asked(day: str | None, days: str | None, choice: str | None, first: str | None, last: str | None) -> Asked | None:
    """None for a day that is none yet."""
    if not (when := _date(day)):
        return None
    length = int(days) if days in WINDOWS else STANDARD_WINDOW
    chosen = cast(Choice, choice) if choice in CHOICES else CHOICES[0]
    return Asked(when, length, chosen, _date(first), _date(last))


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        return None


def draw_detail(
    ready: str | None,
    feature: str | None,
    day: str | None,
    days: str | None,
    choice: str | None,
    first: str | None,
    last: str | None,
    _: Any,
) -> Any:
    one, t = watched(ready), words()
    wanted = asked(day, days, choice, first, last)
    if not feature or wanted is None:
        return states.nothing(t, t("monitor.pick"))
    try:
        found = feature_of(one.generation, one.version.calendar(), feature)
    except NotCountedError:
        return view.counting(t, services().jobs.start(MONITOR, who(None), "counts").id)
    if found is None:
        return view.refused(t, "no such feature")
    seen = inspect(found, one.generation.manifest.first_day, wanted, reference_of(one.version), line=one.line)
    if isinstance(seen, str):
        return view.refused(t, seen)
    as_watched = (wanted.choice, wanted.days) == (CHOICES[0], STANDARD_WINDOW)
    if as_watched and by_season(one.services.engine, one.version.id, feature, wanted.day):
        seen = explained(seen)
    parts = parts_of(one.generation, one.version.calendar(), found, seen.reference, seen.current)
    give_back()
    shift = shift_of(one, feature, wanted.day)
    return [*view.detail(t, theme(), seen, shift), segments_view.where_from(t, theme(), seen, parts)]


def shift_of(one: Watched, feature: str, day: dt.date) -> Alert | None:
    """The newest alert of the day that says that the level of a measure has moved."""
    found = [
        alert
        for alert in (one.alerts.timeline(day, day) if feature in MEASURES else [])
        if alert.evidence.get("rule") == SHIFT and {feature, ALL_MEASURES} & set(alert.subjects)
    ]
    return found[-1] if found else None


def draw_again(ticks: list[int | None], ready: str | None, *asked_for: str | None) -> Any:
    """While the lines are counted, every few seconds: what was ``asked_for``, as draw_detail gets it, or why the job
    did not count them; it is not begun again by itself."""
    if not any(ticks) or not isinstance(ctx.triggered_id, dict):
        raise PreventUpdate
    one, job = watched(ready), services().jobs.get(int(ctx.triggered_id["job"]))
    if job is not None and job.active:
        raise PreventUpdate
    if not are_counted(one.generation):
        return view.not_counted(words(), job)
    return draw_detail(ready, *asked_for, None)


def choose_cell(click: dict[str, Any] | None) -> tuple[Any, Any]:
    """The feature and the day of the cell clicked on."""
    points = (click or {}).get("points") or [{}]
    feature, _, day = str(points[0].get("hovertext") or "").rpartition(" ")
    return (feature, day) if feature and day else (no_update, no_update)


def show_fixed(choice: str | None) -> bool:
    return choice != "fixed"


def register(app: dash.Dash) -> None:
    here = ids.Monitor
    ready, changed = Input(ids.READY, "data"), Input(ids.CHANGED, "data")
    theme_now, wanted = Input(ids.THEME, "data"), Input(ids.monitor_range("features"), "value")
    picked = [Input(one, "value") for one in (here.FEATURE, here.DAY, here.DAYS, here.CHOICE, here.FIRST, here.LAST)]
    app.callback(Output(here.HEAT, "children"), ready, wanted, changed, theme_now)(draw_heat)
    app.callback(
        Output(here.FEATURE, "options"),
        Output(here.FEATURE, "value"),
        Output(here.DAY, "value"),
        Output(here.DAY, "min"),
        Output(here.DAY, "max"),
        Output(here.USUAL, "data"),
        ready,
        State(here.FEATURE, "value"),
        State(here.DAY, "value"),
        State(here.PICKED, "data"),
    )(fill)
    app.callback(Output(here.DETAIL, "children"), ready, *picked, theme_now)(draw_detail)
    app.callback(
        Output(here.DETAIL, "children", allow_duplicate=True),
        Input(ids.counting(ALL), "n_intervals"),
        State(ids.READY, "data"),
        *(State(one.component_id, one.component_property) for one in picked),
        prevent_initial_call=True,
    )(draw_again)
    app.callback(
        Output(here.FEATURE, "value", allow_duplicate=True),
        Output(here.DAY, "value", allow_duplicate=True),
        Input(ids.graph("heat"), "clickData"),
        prevent_initial_call=True,
    )(choose_cell)
    app.clientside_callback(ClientsideFunction("tidemark", "monitorDetail"), Input(here.DETAIL, "children"))
    app.callback(Output(here.FIXED, "hidden"), Input(here.CHOICE, "value"))(show_fixed)
    app.clientside_callback(
        ClientsideFunction("tidemark", "monitorFeaturesUrl"),
        Output(here.PICKED, "data"),
        wanted,
        *picked,
        Input(here.USUAL, "data"),
        State(here.PICKED, "data"),
    )

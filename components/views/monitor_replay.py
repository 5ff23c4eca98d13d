"""Monitor: retraining policies replayed on the past: what each would have cost, and which one to take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components import controls, ids, page, states
from components.chart import chart
from components.figures.palette import Theme
from components.figures.replay import Point, blocks_figure, colour, cost_figure, dash_of
from components.legend import Key, mark_of
from components.moments import duration
from components.tables import Column, table, text_table
from components.views import models_words as told
from components.views.monitor_made import outcome
from components.words import MISSING, Words

STANDARD_EVERY = 28


def form(t: Words, measure: str, every: int) -> html.Div:
    here = ids.Monitor
    days = dbc.Input(id=here.EVERY, type="number", min=1, max=365, step=1, value=every, size="sm", debounce=True)
    return html.Div(
        [
            html.Div(
                [
                    controls.measure_picker(t, here.REPLAY_MEASURE, measure),
                    controls.field(t("replay.every"), days, here.EVERY),
                    html.Button(
                        t("replay.do"), id=here.REPLAY, type="button", className="btn btn-sm btn-primary tm-below-label"
                    ),
                ],
                className="tm-controls",
            ),
            html.P(id=here.REPLAY_SAID, className="tm-form-said", role="status"),
        ],
        className="tm-form",
    )


def card(t: Words, children: list[Any]) -> html.Section:
    return page.titled(t("replay.title"), [html.P(t("replay.intro"), className="tm-subtitle"), *children])


def answer(t: Words, theme: Theme, job: Any | None, done: Any | None = None, stamp: Any = None) -> Any:
    """``job``: the newest of its kind that has ended, or None; ``done``: the newest with an answer, core's Replay as
    JSON; ``stamp``: of what that was made."""
    if job is None:
        return states.nothing(t, t("replay.none"))
    note, shown = outcome(t, job, done, Mapping, t("replay.cancelled"), t("replay.failed"))
    if shown is None:
        return note
    found: Mapping[str, Any] = shown.result
    return html.Div(
        [
            note,
            told.line("trophy-fill", advice(t, found), "tm-alert-lead tm-told"),
            html.P(_period(t, found), className="tm-subtitle"),
            html.Div([_cost(t, theme, found), _blocks(t, theme, found)], className="tm-two"),
            page.titled(t("replay.table"), [_table(t, found), html.P(t("replay.table.note"), className="tm-note")]),
            stamp,
        ],
        className="tm-area",
    )


def policy_name(t: Words, one: Mapping[str, Any]) -> str:
    settings = one.get("settings") or {}
    if one["policy"] == "schedule" and "days" in settings:
        return t.count("replay.policy.schedule.days", int(settings["days"]))
    return t.get(f"replay.policy.{one['policy']}", str(one["policy"]))


def named(t: Words, found: Mapping[str, Any], policy: str) -> str:
    return next((policy_name(t, one) for one in found["outcomes"] if one["policy"] == policy), policy)


def advice(t: Words, found: Mapping[str, Any]) -> str:
    """From the codes of the recommendation."""
    one = found.get("recommendation")
    if not one:
        return t("replay.advice.none")
    (mine, best), (seconds, best_seconds) = one["retrainings"], one["seconds"]
    return t(
        f"replay.advice.{one['rule']}",
        policy=named(t, found, one["policy"]),
        best=named(t, found, one["best"]),
        cost=t.count("replay.times", mine),
        best_cost=t.count("replay.times", best),
        excess=t.percent(one["excess"], 1),
        saved=duration(t, max(best_seconds - seconds, 0.0)),
    )


def _period(t: Words, found: Mapping[str, Any]) -> str:
    return t(
        "replay.period",
        measure=t.measure(found["measure"]),
        first=t.date(found["first"], "day"),
        last=t.date(found["last"], "day"),
        models=", ".join(t.model(one) for one in found["models"]),
    )


def _known(found: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [one for one in found["outcomes"] if one["wape"] is not None]


def _cost(t: Words, theme: Theme, found: Mapping[str, Any]) -> html.Figure:
    advised = (found.get("recommendation") or {}).get("policy")
    points = [Point(one["policy"], policy_name(t, one), len(one["retrainings"]), one["wape"], one["policy"] == advised)
              for one in _known(found)]  # fmt: skip
    title = t("replay.cost")
    columns = [
        Column(t("replay.policy")),
        Column(t("replay.retrainings"), number=True),
        Column(t("metric.wape"), number=True),
    ]
    rows = [[one.name, t.number(one.retrainings), t.percent(one.error, 1)] for one in points]
    low, high = (choose(points, key=lambda one: one.error, default=None) for choose in (min, max))
    summary = (
        t("replay.advice.none")
        if low is None or high is None
        else t(
            "replay.cost.summary",
            best=low.name,
            low=t.percent(low.error, 1),
            worst=high.name,
            high=t.percent(high.error, 1),
        )
    )
    return chart(
        t, "replay-cost", title, cost_figure(t, theme, points), summary, text_table(title, columns, rows), height=340
    )


def _blocks(t: Words, theme: Theme, found: Mapping[str, Any]) -> html.Figure:
    known = _known(found)
    errors = {one["policy"]: list(one["blocks"]) for one in known}
    names = {one["policy"]: policy_name(t, one) for one in known}
    title = t("replay.blocks")
    columns = [Column(t("replay.block")), *(Column(names[one], number=True) for one in errors)]
    rows = [
        [t.date(start, "day"), *(t.percent(errors[one][n] if n < len(errors[one]) else None, 1) for one in errors)]
        for n, start in enumerate(found["starts"])
    ]
    keys = [Key(names[one], colour(theme, one), mark_of(dash_of(one))) for one in errors]
    figure = blocks_figure(t, theme, found["starts"], errors, names)
    return chart(
        t,
        "replay-blocks",
        title,
        figure,
        t("replay.blocks.summary"),
        text_table(title, columns, rows),
        height=340,
        keys=keys,
    )


def _table(t: Words, found: Mapping[str, Any]) -> html.Div:
    columns = [
        Column(t("replay.policy")),
        Column(t("metric.wape"), number=True),
        Column(t("replay.retrainings"), number=True),
        Column(t("replay.false"), number=True, help=t("replay.false.help")),
        Column(t("replay.coverage"), number=True),
        Column(t("replay.instability"), number=True, help=t("replay.instability.help")),
        Column(t("replay.seconds"), number=True),
        Column(t("replay.p"), number=True, help=t("replay.p.help")),
    ]
    advised = (found.get("recommendation") or {}).get("policy")
    rows = [
        [
            policy_name(t, one),
            t.percent(one["wape"], 1),
            t.number(len(one["retrainings"])),
            t.number(sum(made.get("false") is True for made in one["retrainings"])),
            t.percent(one["coverage"], 1),
            t.percent(one["instability"], 1),
            duration(t, one["seconds"]),
            MISSING if one["p_value"] is None else told.p_value(t, one["p_value"]),
        ]
        for one in found["outcomes"]
    ]
    classes = ["tm-row-chosen" if one["policy"] == advised else "" for one in found["outcomes"]]
    return table(t("replay.table"), columns, rows, classes, class_name="tm-features")

"""A backtest of one's own: the form that asks for it, which one is shown, how it stands beside the version's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components import controls, ids, page
from components.icons import icon
from components.moments import duration
from components.tables import Column, text_table
from components.views.models_retrain import WINDOWS
from components.words import Words

OWN = "own"
"""The backtest of the version in use, among those to choose from."""
STANDARD = {"folds": 8, "step": 28, "horizon": 28}
"""As in the training of a version, so that the two can be compared."""
BOUNDS = {"folds": (2, 52), "step": (1, 91), "horizon": (1, 91)}
"""As in core.lifecycle.backtest_job (a test compares)."""


def form(t: Words) -> html.Div:
    """What there is to tick is filled in by a callback."""
    here = ids.Compare
    windows = [{"label": t(f"retrain.window.{name}"), "value": days} for days, name in WINDOWS]
    return html.Div(
        [
            _checklist(t("retrain.models"), here.ASK_MODELS),
            _checklist(t("retrain.measures"), here.ASK_MEASURES),
            _checklist(t("backtest.segments"), here.ASK_SEGMENTS),
            html.Div(
                [
                    _number(t, here.ASK_FOLDS, "folds"),
                    _number(t, here.ASK_STEP, "step"),
                    _number(t, here.ASK_HORIZON, "horizon"),
                    controls.select(here.ASK_WINDOW, t("retrain.window"), windows, "all"),
                    html.Button(
                        t("backtest.do"), id=here.ASK, type="button", className="btn btn-sm btn-primary tm-below-label"
                    ),
                ],
                className="tm-controls",
            ),
            html.P(id=here.GUESS, className="tm-note"),
            html.P(id=here.SAID, className="tm-form-said", role="status"),
            html.P(t("backtest.note"), className="tm-note"),
        ],
        className="tm-form",
    )


def _checklist(label: str, target: str) -> html.Fieldset:
    return html.Fieldset(
        [
            html.Legend(label, className="tm-label"),
            dbc.Checklist(id=target, options=[], value=None, inline=True, class_name="tm-models"),
        ],
        className="tm-field",
    )


def _number(t: Words, target: str, name: str) -> html.Div:
    least, most = BOUNDS[name]
    field = dbc.Input(id=target, type="number", min=least, max=most, step=1, value=STANDARD[name], size="sm")
    return controls.field(t(f"backtest.{name}"), field, target)


def choices(t: Words, values: Iterable[str], kind: str) -> list[dict[str, Any]]:
    """What there is to tick; ``kind``: model, measure or segment, the name of the method of Words that names one."""
    return [{"label": getattr(t, kind)(value), "value": value} for value in values]


def guess(t: Words, seconds: float | None) -> str:
    """How long it may take."""
    return t("backtest.guess.unknown") if seconds is None else t("backtest.guess", time=duration(t, seconds))


def options(t: Words, version: str, manifests: Sequence[Mapping[str, Any]], running: str) -> list[dict[str, str]]:
    """The backtests to choose from, that of the version first; ``running``: one that has no result yet, or empty."""
    own = [{"label": t("backtest.own", version=version), "value": OWN}]
    if running and all(one["id"] != running for one in manifests):
        own.append({"label": t("backtest.running", n=running.removeprefix("b")), "value": running})
    return own + [{"label": _title(t, one), "value": one["id"]} for one in manifests]


def _title(t: Words, one: Mapping[str, Any]) -> str:
    made = t.time(dt.datetime.fromisoformat(one["created_at"]))
    text, part = t("backtest.option", n=one["id"][1:], when=made), one["part"]
    return text if part == "whole" else f"{text} – " + t(f"backtest.part.{part}")


def banner(t: Words, manifest: Mapping[str, Any] | None, version: str, waiting: str, active: bool) -> html.Div | None:
    """What is shown instead of the version's own test; ``waiting``: a backtest that is asked for and not there yet;
    ``active``: whether its job goes on. None where the version's own is shown and meant."""
    if manifest is None:
        if not waiting:
            return None
        text = t("backtest.waiting" if active else "backtest.gone", n=waiting.removeprefix("b"), version=version)
        return _note("hourglass-split" if active else "info-circle", [text], "tm-run-waiting")
    asked = manifest["asked"]
    values = {
        "n": manifest["id"][1:],
        "models": t.count("compare.models.count", len(manifest["models"])),
        "tests": t.count("compare.tests", len(manifest["folds"])),
    }
    texts = [t("backtest.shown", **values), _asked(t, manifest)]
    if manifest["part"] != "whole":
        whole = {
            "models": t.count("compare.models.count", len(asked["models"])),
            "tests": t.count("compare.tests", len(asked["folds"])),
        }
        part = manifest["part"]
        texts = [t(f"backtest.is.{part}", **values), t("backtest.to_come" if active else "backtest.cut", **whole)]
    kind = "tm-run-whole" if manifest["part"] == "whole" else "tm-run-part"
    return _note("info-circle" if manifest["part"] == "whole" else "hourglass-split", texts, kind)


def _note(symbol: str, texts: Sequence[str], kind: str) -> html.Div:
    return html.Div([icon(symbol), html.P(" ".join(texts))], className=f"tm-run {kind}", role="status")


def _asked(t: Words, manifest: Mapping[str, Any]) -> str:
    """What was asked for, and of which data it is."""
    request = manifest["request"]
    window = request.get("window")
    return t(
        "backtest.asked",
        horizon=t.count("control.days", request["horizon"]),
        step=t.count("control.days", request["step"]),
        window=t("models.window.all") if window is None else t.count("models.window.days", window),
        series=t.count("compare.cost.series", len(manifest["best"])),
        last_day=t.date(manifest["data"]["last_day"], "day"),
    )


def versus_card(t: Words, shared: Any, run: str, version: str, note: str) -> html.Section:
    """``shared``: core's errors on shared days, ``run`` against ``version``; ``note``: what else differs, or empty."""
    title = t("backtest.versus", n=run[1:], version=version)
    if shared.empty:
        return page.titled(title, [html.P(t("backtest.versus.none"), className="tm-subtitle")])
    columns = [
        Column(t("table.model")),
        Column(t("backtest.versus.this"), number=True),
        Column(t("backtest.versus.own", version=version), number=True),
        Column(t("backtest.versus.gap"), number=True),
        Column(t("backtest.versus.tests"), number=True),
    ]
    rows = [
        [
            t.model(row["model"]),
            t.percent(row["wape"], 1),
            t.percent(row["wape_other"], 1),
            t("compare.pairs.points", n=t.number(100 * (row["wape"] - row["wape_other"]), 1)),
            t.number(row["folds"]),
        ]
        for row in shared.to_dict("records")
    ]
    told = [html.P(t("backtest.versus.subtitle"), className="tm-subtitle"), text_table(title, columns, rows)]
    return page.titled(title, [*told, html.P(note, className="tm-note") if note else None])

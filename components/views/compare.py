"""Compare: who leads and whether that is real, every score, and where the errors are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from components.icons import icon
from components.views.compare_models import listed
from components.words import Words


def headline(t: Words, lead: Any, measure: str, segment: str, folds: int) -> html.P:
    return html.P(
        [icon("trophy-fill"), html.Span(lead_sentence(t, lead, measure, segment, folds))],
        className="tm-headline tm-headline-small",
        role="status",
    )


def lead_sentence(t: Words, lead: Any, measure: str, segment: str, folds: int) -> str:
    """``lead``: core's Lead, or None. Three cases: a real lead, a shared one, and too few folds to tell.

    The lead is called real only if no model is tied, not even one that comes after the second.
    """
    if lead is None:
        return t("compare.none")
    values = {
        "model": t.model(lead.model),
        "error": t.percent(lead.wape, 1),
        "measure": t.measure(measure).lower(),
        "segment": t.segment(segment, inside=True),
    }
    if lead.second is None:
        return t("compare.lead.only", **values)
    values |= {"margin": t.percent(lead.margin), "second": t.model(lead.second)}
    if lead.real is None:
        return t("compare.lead.unknown", **values, tests=t.count("compare.tests", folds))
    if lead.real and not lead.tied:
        return t("compare.lead.real", **values)
    return t("compare.lead.tied", **values, tied=listed(t, lead.tied or (lead.second,)))


def audit_line(t: Words, audit: Mapping[str, Any] | None) -> html.P | None:
    """What the leak audit of the version found: passed, models → forecasts and folds. None where there was none."""
    if not audit:
        return None
    if not audit.get("passed"):
        return html.P([icon("exclamation-triangle-fill"), t("compare.audit.failed")], className="tm-audit tm-audit-bad")
    models = audit.get("models") or {}
    forecasts = sum(int(one.get("forecasts", 0)) for one in models.values())
    text = t("compare.audit", n=t.number(forecasts), models=t.count("compare.models.count", len(models)))
    return html.P([icon("check-circle-fill"), text], className="tm-audit")


def board_subtitle(t: Words, measure: str, segment: str, folds: int, horizon: int) -> html.P:
    text = t(
        "compare.board.over",
        n=t.count("compare.tests", folds),
        horizon=t.number(horizon),
        measure=t.measure(measure),
        segment=t.segment(segment, inside=True),
    )
    return html.P(text, className="tm-subtitle")

"""/models: which versions of the models there are, where they come from, and when each was in use."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from app.api.operation import Operation, Operations
from app.api.parts import no_such
from app.api.problems import ApiError
from app.api.schemas_models import (
    LiveResponse,
    Manifest,
    ModelsResponse,
    Period,
    Score,
    Verdict,
    VersionResponse,
    VersionSummary,
)
from callbacks.services import services
from core.lifecycle.audit import CHALLENGER, CHAMPION
from core.lifecycle.live import live_on
from core.lifecycle.overview import Facts, overview
from core.series.panel import TOTAL, Series

VERSION = {"version": "The id of a version, champion for the one that serves, or challenger for the one that waits."}

operations = Operations("models")


@operations.operation(
    Operation(
        "/models",
        "get",
        "Which versions there are",
        "Every version of the models, the newest first: where it comes from, how good it was in the tests, what the "
        "gate said of it, and when it was in use.",
        ModelsResponse,
        "read",
    )
)
def list_models() -> ModelsResponse:
    """Every version in short."""
    registry = services().registry
    serving, aliases = registry.champion(), registry.aliases()
    return ModelsResponse(
        serving=None if serving is None else serving.id,
        previous=registry.previous(),
        aliases=aliases,
        versions=[VersionSummary(**summary(one, aliases)) for one in overview(registry)],
        problems=[str(one) for one in registry.problems()],
    )


@operations.operation(
    Operation(
        "/models/{version}",
        "get",
        "Where a version comes from",
        "One version with its whole manifest: data, settings, code, libraries, tests and hashes of its files.",
        VersionResponse,
        "read",
        errors=(404,),
        parts=VERSION,
    )
)
def show_model(version: str) -> VersionResponse:
    """One version with its manifest."""
    registry = services().registry
    name = version_id(version)
    facts = next((one for one in overview(registry) if one.id == name), None)
    found = next((one for one in registry.versions() if one.id == name), None)
    if facts is None or found is None:  # removed just now
        raise no_such("version", version)
    return VersionResponse(**summary(facts, registry.aliases()), manifest=Manifest.model_validate(found.manifest))


@operations.operation(
    Operation(
        "/models/live-on/{date}",
        "get",
        "Which version was in use on a day",
        "By the clock of the server. 404 for days ahead and before the first version.",
        LiveResponse,
        "read",
        errors=(404,),
        parts={"date": "A day as YYYY-MM-DD, today or before."},
    )
)
def show_live(date: str) -> LiveResponse:
    """The version in use at the end of the day."""
    day = _day(date)
    if day > dt.date.today():
        raise ApiError(404, f"{day} lies ahead: nobody knows what will be in use.")
    found = live_on(services().registry, day)
    if found is None:
        raise ApiError(404, f"No version was in use on {day}.")
    return LiveResponse(date=day, version=found.version, since=found.since, during=list(found.during))


def version_id(text: str) -> str:
    """The version that a path names. Raises ApiError 404 where there is none, listing those that there are."""
    registry = services().registry
    if text == CHAMPION and (serving := registry.champion()) is not None:
        return serving.id
    if text == CHALLENGER and (waiting := registry.aliases().get(CHALLENGER)) is not None:
        return waiting
    known = [one.id for one in registry.versions()]
    if text in known:
        return text
    raise no_such("version", text, f"There are {', '.join(known)}." if known else "There is none yet.")


def summary(facts: Facts, aliases: Mapping[str, str]) -> dict[str, Any]:
    """The fields of VersionSummary."""
    same = ("id", "status", "created_at", "trigger", "who", "parent", "first_day", "last_day", "rows", "window",
            "seconds")  # fmt: skip
    return {
        **{name: getattr(facts, name) for name in same},
        "aliases": sorted(name for name, version in aliases.items() if version == facts.id),
        "models": list(facts.models),
        "measures": list(facts.measures),
        "gate": verdict(facts.gate),
        "live": [Period(since=since, until=until) for since, until in facts.live],
        "scores": [Score(**one) for one in facts.scores if Series.parse(one["series"]).segment == TOTAL],
    }


def verdict(gate: Mapping[str, Any] | None) -> Verdict | None:
    """The gate's verdict in short."""
    return None if gate is None else Verdict(**{name: gate.get(name) for name in Verdict.model_fields})


def _day(text: str) -> dt.date:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        day = None
    # fromisoformat also reads 20110131 and 2011-W05-1
    if day is None or day.isoformat() != text:
        raise ApiError(404, "A day is written as YYYY-MM-DD.")
    return day

"""Every version in a row of facts: what pages and commands show of it. Reads manifests, opens no version."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.lifecycle.audit import CHALLENGER, CHAMPION

if TYPE_CHECKING:
    from core.lifecycle.registry import Registry


@dataclass(frozen=True, slots=True)
class Facts:
    """``status``: champion, challenger, past (was champion) or never. ``live``: from, to (None: still) of every time it
    was champion, oldest first. ``scores``: see core.evaluation.choice.served_scores; empty in old versions."""

    id: str
    status: str
    created_at: dt.datetime
    trigger: str
    who: str
    parent: str | None
    first_day: dt.date
    last_day: dt.date
    rows: int
    models: tuple[str, ...]
    measures: tuple[str, ...]
    window: int | None
    seconds: float | None
    scores: Sequence[Mapping[str, Any]]
    gate: Mapping[str, Any] | None
    live: tuple[tuple[dt.datetime, dt.datetime | None], ...]


def overview(registry: Registry) -> list[Facts]:
    """Newest first. What cannot be read is left out, and ``registry.problems()`` says so."""
    aliases, live = registry.aliases(), _live(registry)
    found = []
    for version in registry.versions():
        manifest, data = version.manifest, version.manifest["data"]
        periods = tuple(live.get(version.id, ()))
        status = "past" if periods else "never"
        for alias in (CHALLENGER, CHAMPION):
            status = alias if aliases.get(alias) == version.id else status
        found.append(
            Facts(
                id=version.id,
                status=status,
                created_at=dt.datetime.fromisoformat(version.created_at),
                trigger=str(manifest.get("trigger", "")),
                who=str(manifest.get("who", "")),
                parent=manifest.get("parent"),
                first_day=dt.date.fromisoformat(data["first_day"]),
                last_day=version.origin,
                rows=int(data.get("rows", 0)),
                models=version.models,
                measures=tuple(dict.fromkeys(name.partition("/")[0] for name in manifest["best"])),
                window=(manifest.get("request") or {}).get("window"),
                seconds=manifest.get("duration_s"),
                scores=tuple(manifest.get("scores", ())),
                gate=manifest.get("gate"),
                live=periods,
            )
        )
    return found


def _live(registry: Registry) -> dict[str, list[tuple[dt.datetime, dt.datetime | None]]]:
    """Version id → when it was champion."""
    found: dict[str, list[tuple[dt.datetime, dt.datetime | None]]] = {}
    until: dt.datetime | None = None
    for move in registry.history(limit=None):
        found.setdefault(str(move.to_value), []).insert(0, (move.at, until))
        until = move.at
    return found

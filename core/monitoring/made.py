"""What the answer of a job was made of, kept with it: with other data, version or settings it may be another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.state.tables import now

if TYPE_CHECKING:
    from core.config import Config
    from core.lifecycle.version import Version
    from core.transactions.store import Generation

Made = dict[str, Any]
"""Plain JSON values: generation and last_day of the data, at (ISO moment), and what else the answer follows from:
version, budget (false alarms a year), line (of PSI)."""


def made_of(generation: Generation, version: Version | None, config: Config) -> Made:
    """All of it, as it is now."""
    return {
        "generation": generation.id,
        "last_day": generation.manifest.last_day.isoformat(),
        "at": now().isoformat(timespec="seconds"),
        "version": None if version is None else version.id,
        "budget": config.false_alarms,
        "line": config.psi_line,
    }

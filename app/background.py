"""Where Dash keeps what its background callbacks exchange with their processes."""

from __future__ import annotations

from pathlib import Path

import diskcache
from dash import DiskcacheManager


def make_manager(folder: Path) -> DiskcacheManager:
    """A manager on one folder for all workers.

    The folder is always named: without one every worker gets a folder of its own and callbacks hang silently.
    """
    return DiskcacheManager(diskcache.Cache(str(folder / "background")))

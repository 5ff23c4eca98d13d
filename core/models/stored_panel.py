"""A panel as a small file, for models that are told of the past again when they forecast."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.series.panel import Panel, Series

PANEL_FILE = "panel.npz"


def save_panel(path: Path, panel: Panel) -> None:
    """Writes PANEL_FILE into the folder ``path``."""
    known: dict[str, Any] = {f"known_{name}": values for name, values in panel.known.items()}
    np.savez_compressed(
        path / PANEL_FILE, first_day=np.array(panel.first_day.isoformat()), values=panel.values, **known
    )


def load_panel(path: Path, series: Sequence[Series]) -> Panel:
    """The panel that ``save_panel`` wrote, to the last bit."""
    with np.load(path / PANEL_FILE, allow_pickle=False) as arrays:
        known = {name.removeprefix("known_"): arrays[name] for name in arrays.files if name.startswith("known_")}
        return Panel(tuple(series), dt.date.fromisoformat(str(arrays["first_day"])), arrays["values"], known)

"""What a model costs: seconds of fitting and forecasting, and the memory of the process that did it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROCESS = Path("/proc/self")
RESET_PEAK = "5"
"""What Linux takes in ``clear_refs`` to begin a new peak of the memory of this process."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of the processor; ``megabytes``: by how much the memory of the process grew meanwhile at most, libraries
    included that were not loaded before; None where the system does not tell. Parts of a work add up, of memory the
    largest counts."""

    fit: float = 0.0
    forecast: float = 0.0
    megabytes: float | None = None

    @property
    def seconds(self) -> float:
        return self.fit + self.forecast

    def __add__(self, other: Cost) -> Cost:
        known = [one for one in (self.megabytes, other.megabytes) if one is not None]
        return Cost(self.fit + other.fit, self.forecast + other.forecast, max(known, default=None))

    def told(self) -> dict[str, float]:
        """As a manifest says it, without what is not known."""
        told = {"fit_seconds": self.fit, "forecast_seconds": self.forecast, "megabytes": self.megabytes}
        return {name: value for name, value in told.items() if value is not None}


@contextmanager
def peak_memory() -> Iterator[Callable[[], float | None]]:
    """What it gives tells by how many megabytes this process has grown at most since; None outside of Linux."""
    try:
        (PROCESS / "clear_refs").write_text(RESET_PEAK)
        before = _megabytes("VmRSS")
    except OSError:
        before = None
    yield lambda: None if before is None else max((_megabytes("VmHWM") or before) - before, 0.0)


def _megabytes(name: str) -> float | None:
    found = re.search(rf"{name}:\s+(\d+) kB", (PROCESS / "status").read_text())
    return int(found[1]) / 1024 if found else None

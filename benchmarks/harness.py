"""What every benchmark shares: interleaved timing, peak memory of a fresh process, the row of the result table."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

REFERENCE_DATA = Path(__file__).parents[2] / "shared" / "data" / "online_retail_II.parquet"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: what was measured, our figure, the reference's, their ratio, and the bar it must keep."""

    what: str
    ours: str
    reference: str
    value: float | None
    bar: float | None

    @property
    def kept(self) -> bool:
        return self.bar is None or self.value is None or self.value <= self.bar


def interleaved(runs: int, **candidates: Callable[[], float]) -> dict[str, float]:
    """Median of the seconds that each candidate reports; they take turns, so that a busy moment hits all of them."""
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for _ in range(runs):
        for name, run in candidates.items():
            taken[name].append(run())
    return {name: statistics.median(times) for name, times in taken.items()}


def peak_memory(code: str, *arguments: str) -> tuple[float, dict[str, float]]:
    """Runs ``code`` in a fresh Python; returns its peak resident memory in MB and what it prints last as JSON."""
    tail = "\nimport resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
    done = subprocess.run([sys.executable, "-c", code + tail, *arguments], capture_output=True, text=True, check=True)
    *_, result, peak = done.stdout.strip().splitlines()
    return float(peak), json.loads(result)

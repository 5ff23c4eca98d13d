"""Costs add up; memory that is taken shows, and where the system does not tell nothing is made up."""

from pathlib import Path

import numpy as np
import pytest

from core.evaluation import cost
from core.evaluation.cost import Cost, peak_memory


def test_costs_add_up_and_the_largest_memory_counts() -> None:
    whole = sum([Cost(1.0, 0.5, 100.0), Cost(2.0, 0.25, 300.0), Cost(0.5, 0.0)], Cost())
    assert whole == Cost(3.5, 0.75, 300.0)
    assert whole.seconds == 4.25
    assert whole.told() == {"fit_seconds": 3.5, "forecast_seconds": 0.75, "megabytes": 300.0}
    assert Cost(1.0, 2.0).told() == {"fit_seconds": 1.0, "forecast_seconds": 2.0}


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="this system does not tell peaks of memory")
def test_what_is_taken_for_a_moment_shows() -> None:
    with peak_memory() as small:
        nothing = small()
    with peak_memory() as large:
        np.ones(20_000_000).sum()  # 160 MB
    much = large()
    assert nothing is not None
    assert much is not None
    assert nothing < 20
    assert 140 < much < 250


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cost, "PROCESS", tmp_path / "nothing")
    with peak_memory() as memory:
        pass
    assert memory() is None

"""What the tests of the history share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from core.monitoring import sequential
from core.state.engine import open_engine
from tests.core.monitoring.history_world import REPLICAS, World


@pytest.fixture
def few_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits from a few replicas: quick, and as good for what is tested with them."""
    monkeypatch.setattr(sequential, "REPLICAS", REPLICAS)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    patch = pytest.MonkeyPatch()
    patch.setattr(sequential, "REPLICAS", REPLICAS)
    yield World(tmp_path_factory.mktemp("history"))
    patch.undo()


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'state.sqlite'}")

"""A small real installation: generated data, a short training run, the application around it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dash
import pytest

from app import create_app
from app.settings import Settings
from callbacks.now import ready_of
from core.config import Config


@pytest.fixture(scope="session")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    from core.lifecycle.recipe import Recipe
    from core.lifecycle.training import train
    from core.transactions.load import prepare
    from core.transactions.sample import write

    folder = tmp_path_factory.mktemp("installation")
    write(folder / "sales.parquet", 6_000, 7)
    made = Config(data_dir=folder / "data")
    prepare(made, folder / "sales.parquet")
    train(made, recipe=Recipe(folds=2, models=("seasonal_naive", "sarima")))
    return made


@pytest.fixture(scope="session")
def app(config: Config) -> dash.Dash:
    made = create_app(Settings(core=config, secret_key="a key for the tests"))
    assert made.server.test_client().get("/").status_code == 200
    return made


@pytest.fixture
def ready(app: dash.Dash) -> Iterator[str]:
    """Inside a request in English with light colours; the value says which data and champion are in use."""
    with app.server.test_request_context("/", headers={"Accept-Language": "en"}):
        known = ready_of(app.server.extensions["tidemark"])
        assert known
        yield known


@pytest.fixture
def empty(tmp_path: Path) -> dash.Dash:
    """An application without any data."""
    made = create_app(Settings(core=Config(data_dir=tmp_path), secret_key="a key for the tests"))
    assert made.server.test_client().get("/").status_code == 200
    return made

"""Fixtures of the whole suite."""

from pathlib import Path

import pytest
from hypothesis import settings

from tests.once import made_once

settings.register_profile("tidemark", deadline=None)  # how long an example takes depends on the machine
settings.load_profile("tidemark")


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of the reference data beside the checkout; the test is skipped where it is absent."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not (folder / "online_retail_II.parquet").is_file():
        pytest.skip(f"the reference data are not at {folder}")
    return folder


@pytest.fixture(scope="session")
def reference_generation(reference_data: Path, tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    """The reference data loaded once a run, with default rules; to be read only."""
    from core.config import Config
    from core.transactions.load import prepare
    from core.transactions.store import Store

    source = reference_data / "online_retail_II.parquet"
    folder = made_once(tmp_path_factory, "reference", lambda made: prepare(Config(data_dir=made), source))
    return Store(Config(data_dir=folder).store_dir).current()

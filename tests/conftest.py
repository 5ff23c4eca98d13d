"""Fixtures of the whole suite."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """The folder of the reference data beside the checkout; the test is skipped where it is absent."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not (folder / "online_retail_II.parquet").is_file():
        pytest.skip(f"the reference data are not at {folder}")
    return folder

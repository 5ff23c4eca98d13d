"""The server does what /openapi.json says: asked for whatever that allows, and for what it does not (schemathesis, all
of its checks), with a key and without. TIDEMARK_CASES=5000 asks so many times each; the usual run is shorter."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.conftest import Server, bootstrapped, environment, run_core, serving

CASES = int(os.environ.get("TIDEMARK_CASES", "150"))
OPERATIONS = 30
"""About as many as there are: the cases are given by operation."""
SEED = 20261127

ALLOWED = """
# What is well formed may still name what does not exist, or come at a bad moment.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 304, 401, 403, 404, 406, 409, 413, 414, 415, 422, 503]

# What makes a text good CSV or NDJSON no schema can say.
[[operations]]
include-name = "POST /transactions"
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 401, 403, 406, 409, 413, 414, 415, 422, 503]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 414, 415, 422, 429]
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Two workers on generated data, with models that train at once."""
    data_dir = bootstrapped(tmp_path_factory, 20_000, "seasonal_naive")
    with serving(data_dir, WORKERS="2", MODELS="seasonal_naive", ACCESS_LOG="off") as running:
        yield running


def ask(server: Server, folder: Path, cases: int, *more: str) -> str:
    """What schemathesis says of the server; it must have found nothing."""
    (folder / "schemathesis.toml").write_text(ALLOWED)
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(folder / "schemathesis.toml"),
        "run", f"{server.url}/openapi.json", "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful",
        "--max-examples", str(max(cases // OPERATIONS, 1)), "--seed", str(SEED), "--request-timeout", "30",
        "--continue-on-failure", "--no-color", *more,
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, env={**os.environ, "TERM": "dumb"}, capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    return done.stdout


def generated(said: str) -> int:
    found = re.search(r"([\d,]+) generated", said)
    assert found, said[-2_000:]
    return int(found[1].replace(",", ""))


@pytest.mark.timeout(3600)  # thousands of cases, where they are asked for
def test_the_server_does_what_it_says(server: Server, tmp_path: Path) -> None:
    open_to_all = generated(ask(server, tmp_path, CASES))
    made = run_core(environment(server.data_dir), "keys", "create", "--scope", "admin", "--name", "contract")
    key = made.strip()
    with_key = generated(ask(server, tmp_path, CASES, "--header", f"Authorization: Bearer {key}"))
    sys.stdout.write(f"{open_to_all} cases without keys, {with_key} with one\n")
    assert open_to_all >= CASES
    assert with_key >= CASES

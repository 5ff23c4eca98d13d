"""/predict by version and model: champion, challenger, any version that is whole."""

from __future__ import annotations

import shutil
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.settings import Settings
from core.lifecycle.registry import Registry
from tests.app.conftest import ORIGIN, body, forecast_rows, forecast_value, publish_version
from tests.app.test_predict import pointers, problem


def challenge(settings: Settings) -> str:
    """A version that waits: seasonal_naive is its best of all series."""
    registry = Registry(settings.core)
    manifest = {**registry.champion().manifest, "best": {"transactions/total": "seasonal_naive"}}  # type: ignore[union-attr]
    manifest = {name: value for name, value in manifest.items() if name not in ("id", "files", "seal")}
    with registry.workspace() as folder:
        forecast_rows().to_parquet(folder / "forecasts.parquet")
        version = registry.publish(folder, manifest)
    registry.challenge(version.id, "test", "waits")
    return version.id


def test_the_challenger(client: FlaskClient, settings: Settings) -> None:
    waiting = challenge(settings)
    for sent in ({"version": "challenger"}, {"model": "challenger"}, {"version": "challenger", "model": "challenger"},
                 {"version": waiting}, {"version": waiting, "model": "challenger"}):  # fmt: skip
        answer = body(client.post("/predict", json={"horizon": 1, **sent}))
        assert (answer["version"], answer["model"]) == (waiting, "seasonal_naive"), sent
        assert answer["predictions"][0]["value"] == forecast_value("seasonal_naive", "transactions/total", 1)


def test_a_challenger_that_changes_is_seen_at_once(client: FlaskClient, settings: Settings) -> None:
    first = challenge(settings)
    assert body(client.get("/predict?horizon=1&version=challenger"))["version"] == first
    second = challenge(settings)
    assert body(client.get("/predict?horizon=1&version=challenger"))["version"] == second


def test_an_earlier_version(client: FlaskClient, settings: Settings) -> None:
    publish_version(settings.core, best={"transactions/total": "seasonal_naive"})
    client.application.extensions["tidemark"].registry._looked_at = float("-inf")
    assert body(client.get("/predict?horizon=1"))["version"] == "v2"
    old = body(client.get("/predict?horizon=1&version=v1"))
    assert (old["version"], old["model"]) == ("v1", "sarima")


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ({"version": "challenger"}, ["/version"]),
        ({"model": "challenger"}, ["/model"]),
        ({"version": "v1", "model": "challenger"}, ["/model"]),
        ({"version": "v2"}, ["/version"]),
        ({"version": "../v1"}, ["/version"]),
        ({"version": "v\u0661"}, ["/version"]),
        ({"version": "v1\x00"}, ["/version"]),
        ({"version": ""}, ["/version"]),
        ({"version": "V1"}, ["/version"]),
    ],
)
def test_versions_that_do_not_exist(client: FlaskClient, sent: dict[str, Any], expected: list[str]) -> None:
    found = problem(client.post("/predict", json=sent), 422)
    assert pointers(found) == expected
    if expected == ["/version"]:
        assert "champion, v1" in found["detail"]


def test_a_damaged_version_does_not_exist(client: FlaskClient, settings: Settings) -> None:
    waiting = challenge(settings)
    (settings.core.models_dir / "versions" / waiting / "forecasts.parquet").write_bytes(b"x")
    problem(client.get(f"/predict?version={waiting}"), 422)
    shutil.rmtree(settings.core.models_dir / "versions" / waiting)
    problem(client.get("/predict?version=challenger"), 422)


def test_days_that_are_over_belong_to_no_chosen_version(client: FlaskClient, settings: Settings) -> None:
    waiting = challenge(settings)
    found = problem(client.get(f"/predict?version={waiting}&date={ORIGIN}"), 422)
    assert pointers(found) == ["/date"]
    assert "in force" in found["detail"]

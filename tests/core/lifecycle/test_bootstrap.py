"""What `make run` starts with: which data, and only the work that is missing."""

from dataclasses import replace
from pathlib import Path

import pytest

from core.config import Config
from core.errors import InputError
from core.lifecycle import bootstrap as module
from core.lifecycle import training
from core.lifecycle.bootstrap import JobBusyError, bootstrap, choose_source, sample_path
from core.lifecycle.jobs import Jobs
from core.lifecycle.recipe import Recipe
from core.lifecycle.registry import Registry
from core.state.engine import open_engine
from core.transactions import sample
from core.transactions.load import prepare
from tests.core.lifecycle.shop import write_shop


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """One light model, so that these tests are about what is done, not about forecasts."""
    return Config(data_dir=tmp_path / "data", models=("seasonal_naive",))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write_shop(tmp_path / "shop.csv", 90)


def test_first_start_prepares_and_trains_the_second_does_nothing(config: Config, shop: Path) -> None:
    config = replace(config, data_path=shop)
    told: list[str] = []
    first = bootstrap(config, lambda fraction, message: told.append(message))
    assert (first.prepared, first.trained, first.source.kind) == (True, True, "path")
    assert str(shop) in told[0]
    jobs = Jobs(open_engine(config.database))
    did = [("monitor", "done"), ("train", "done"), ("prepare", "done")]
    assert [(job.kind, job.state) for job in jobs.recent()] == did
    assert jobs.latest("train").result == {"version": "v1", "champion": True}
    watched = jobs.latest("monitor").result
    assert (watched["days"], watched["last_day"]) == (90, first.generation.manifest.last_day.isoformat())
    second = bootstrap(config)
    assert [(job.kind, job.state) for job in jobs.recent()] == [("prepare", "done"), *did]
    assert (second.prepared, second.trained, second.version.id) == (False, False, "v1")
    assert jobs.latest("train").result == {"version": "v1", "champion": True}


def test_new_data_train_again(config: Config, shop: Path) -> None:
    config = replace(config, data_path=shop)
    bootstrap(config)
    write_shop(shop, 97)
    outcome = bootstrap(config)
    assert (outcome.prepared, outcome.trained, outcome.version.id) == (True, True, "v2")


def test_another_recipe_trains_again(config: Config, shop: Path) -> None:
    bootstrap(replace(config, data_path=shop))
    assert bootstrap(replace(config, data_path=shop, holidays_country="FR")).trained


def test_a_version_of_an_earlier_layout_is_trained_anew(config: Config, shop: Path) -> None:
    config = replace(config, data_path=shop)
    prepare(config, shop)
    earlier = training.train(config, recipe=replace(Recipe.of(config), format=3))
    assert Registry(config).champion().id == earlier.id == "v1"
    outcome = bootstrap(config)
    assert (outcome.trained, outcome.version.id) == (True, "v2")
    assert not bootstrap(config).trained


def test_a_finished_version_that_was_never_promoted_is_used(
    config: Config, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = replace(config, data_path=shop)

    def die(*_args: object, **_kwargs: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Registry, "promote", die)
        with pytest.raises(KeyboardInterrupt):
            bootstrap(config)
    assert Registry(config).champion() is None
    outcome = bootstrap(config)
    assert (outcome.trained, outcome.version.id) == (False, "v1")
    assert Registry(config).history()[0].to_value == "v1"


def test_a_choice_made_by_hand_stays(config: Config, shop: Path) -> None:
    config = replace(config, data_path=shop)
    bootstrap(config)
    write_shop(shop, 97)
    bootstrap(config)
    Registry(config).promote("v1", "ana", "v2 is odd")
    outcome = bootstrap(config)
    assert (outcome.trained, outcome.version.id) == (False, "v1")


def test_a_damaged_version_is_replaced(config: Config, shop: Path) -> None:
    config = replace(config, data_path=shop)
    bootstrap(config)
    (config.models_dir / "versions" / "v1" / "forecasts.parquet").write_bytes(b"rubbish")
    outcome = bootstrap(config)
    assert (outcome.trained, outcome.version.id) == (True, "v2")


def test_sources_in_their_order(config: Config, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert choose_source(config).kind == "sample"
    assert "generated sample data" in choose_source(config).sentence
    monkeypatch.setattr(sample, "write", lambda path, on_progress: write_shop(path, 60))
    assert bootstrap(config).source.kind == "sample"
    assert choose_source(config).path == sample_path(config)
    prepare(config, shop)
    assert choose_source(config).kind == "kept"
    assert bootstrap(config).generation.manifest.sources[0].name == "shop.csv"
    config.raw_dir.mkdir()
    (config.raw_dir / ".hidden.csv").touch()
    (config.raw_dir / "notes.md").touch()
    assert choose_source(config).kind == "kept"
    write_shop(config.raw_dir / "mine.csv", 60)
    assert choose_source(config).kind == "raw"
    assert choose_source(replace(config, data_path=shop)).kind == "path"


def test_bad_data_fail_the_job_with_the_sentence_and_keep_what_serves(config: Config, shop: Path) -> None:
    bootstrap(replace(config, data_path=shop))
    bad = shop.with_name("bad.csv")
    bad.write_text("time,quantity,price\n2021-03-01 08:00,many,1.0\n")
    with pytest.raises(InputError):
        bootstrap(replace(config, data_path=bad))
    job = Jobs(open_engine(config.database)).latest("prepare")
    assert job.state == "failed"
    assert "bad.csv" in job.error
    assert Registry(config).champion().id == "v1"


def test_two_at_once(config: Config, shop: Path) -> None:
    config = replace(config, data_path=shop)
    Jobs(open_engine(config.database)).start(module.PREPARE, "ben", "upload")
    with pytest.raises(JobBusyError, match="of ben"):
        bootstrap(config)


def test_progress_reaches_the_job(config: Config, shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = replace(config, data_path=shop)
    jobs = Jobs(open_engine(config.database))
    seen: list[str] = []
    bootstrap(config, lambda fraction, message: seen.append(getattr(jobs.latest("train"), "message", "")))
    assert any("Backtest" in message for message in seen)
    assert training.BACKTEST_SHARE < 1

"""Retraining: the gate at work on real runs, requests of their own, and what a restart makes of it all."""

from pathlib import Path

import pytest

from core.config import Config
from core.errors import InputError
from core.evaluation.cache import code_digest
from core.evaluation.choice import served_in_time
from core.lifecycle import training as training_module
from core.lifecycle.audit import CHALLENGER, CHAMPION
from core.lifecycle.bootstrap import servable
from core.lifecycle.jobs import JobCancelledError
from core.lifecycle.recipe import Recipe, Request
from core.lifecycle.registry import Registry
from core.lifecycle.training import train
from core.series.panel import Series
from core.transactions.load import prepare
from core.transactions.store import Store
from tests.core.lifecycle.shop import write_shop

GOOD, POOR = ("weekday_mean",), ("seasonal_naive",)
"""On a shop whose days differ by weekday and chance alone a mean of weekdays is best, and the last week far worse."""
BOTH = Recipe(models=("seasonal_naive", "weekday_mean"))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    made = Config(data_dir=tmp_path / "data", models=BOTH.models)
    prepare(made, write_shop(tmp_path / "shop.csv", 330))
    return made


def test_worse_waits_better_is_promoted_and_a_tie_goes_to_the_simpler(config: Config) -> None:
    registry = Registry(config)
    first = train(config, request=Request(models=POOR))
    better = train(config, trigger="drift: price", who="ana", request=Request(models=GOOD))
    assert registry.champion().id == better.id
    gate = better.manifest["gate"]
    assert (gate["code"], gate["champion"]) == ("better", first.id)
    assert gate["p_value"] < 0.05
    assert gate["change"] < -0.1
    worse = train(config, request=Request(models=POOR))
    assert registry.champion().id == better.id
    assert registry.aliases()[CHALLENGER] == worse.id
    assert worse.manifest["gate"]["code"] == "worse"
    move = registry.history(CHALLENGER)[0]
    assert move.evidence == worse.manifest["gate"]
    assert move.reason.startswith(f"worse than {better.id}: error +")
    both = train(config)  # serves the same model, so it ties, and is no less simple
    assert (both.manifest["gate"]["code"], registry.champion().id) == ("tied_simpler", both.id)
    assert set(both.manifest["best"].values()) == set(GOOD)


def test_the_champions_recipe_is_judged_on_the_present_data(config: Config, tmp_path: Path) -> None:
    train(config, request=Request(models=GOOD))
    prepare(config, write_shop(tmp_path / "later.csv", 345))
    newer = train(config, request=Request(models=GOOD))
    gate = newer.manifest["gate"]
    assert (gate["code"], gate["change"], gate["p_value"]) == ("tied_newer", 0.0, 1.0)
    assert gate["folds"] == newer.manifest["folds"][1:]


def test_a_window_and_some_measures(config: Config) -> None:
    whole = train(config, request=Request(models=GOOD))
    some = train(config, request=Request(measures=("revenue",), models=GOOD, window=60))
    assert [str(series) for series in some.series()] == ["revenue/total"]
    assert some.manifest["request"] == {"measures": ["revenue"], "models": list(GOOD), "window": 60}
    assert some.manifest["data"]["fingerprint"] == whole.manifest["data"]["fingerprint"]
    assert some.manifest["gate"]["code"] == "lacks"
    assert some.manifest["gate"]["lacks"] == ["transactions", "units"]
    assert Registry(config).champion().id == whole.id
    revenue = [frame[frame["measure"] == "revenue"]["mean"] for frame in (whole.forecasts(), some.forecasts())]
    assert not revenue[0].reset_index(drop=True).equals(revenue[1].reset_index(drop=True))


@pytest.mark.parametrize(
    ("values", "said"),
    [({"models": ["prophet"]}, "no model prophet.*Known are"), ({"measures": ["smiles"]}, "no measure smiles"),
     ({"window": 5}, "28 days or more"), ({"window": "90"}, "28 days"), ({"speed": 1}, "knows no speed")],
)  # fmt: skip
def test_a_wrong_request_is_named(values: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Request.of(values)


def test_measures_that_the_data_lack(config: Config) -> None:
    with pytest.raises(InputError, match=r"no customers.*They have transactions, units, revenue"):
        train(config, request=Request(measures=("customers",)))
    assert Registry(config).versions() == []


def test_a_champion_chosen_by_hand_during_the_training_stays(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry(config)
    first = train(config, request=Request(models=GOOD))
    other = train(config, request=Request(models=POOR))
    judge = training_module.judge

    def slow(*arguments: object) -> object:
        registry.promote(other.id, "ana", "meanwhile")
        return judge(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(training_module, "judge", slow)
    late = train(config, request=Request(models=GOOD))
    assert registry.champion().id == other.id
    assert registry.aliases()[CHALLENGER] == late.id
    assert "another champion was chosen" in registry.history(CHALLENGER)[0].reason
    assert first.id in {move.to_value for move in registry.history()}


def test_what_a_restart_makes_of_it(config: Config, tmp_path: Path) -> None:
    """What the gate refused, and what was asked for once, must not come into use by starting again."""
    registry, store = Registry(config), Store(config.store_dir)
    windowed = train(config, request=Request(window=90))
    assert servable(registry, config, store.current(), "system").id == windowed.id
    train(config, request=Request(models=POOR))
    assert servable(registry, config, store.current(), "system").id == windowed.id
    prepare(config, write_shop(tmp_path / "later.csv", 345))
    assert servable(registry, config, store.current(), "system") is None  # new data: time to train
    train(config, request=Request(models=POOR))
    assert servable(registry, config, store.current(), "system") is None  # that was not the whole recipe
    whole = train(config)
    assert servable(registry, config, store.current(), "system").id == whole.id
    registry.promote(windowed.id, "ana", "by hand")
    assert servable(registry, config, store.current(), "system").id == windowed.id


def test_a_refused_version_stays_refused_after_a_restart(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    registry, generation = Registry(config), Store(config.store_dir).current()
    train(config, request=Request(models=GOOD))
    poor = Config(data_dir=config.data_dir, models=POOR)
    refused = train(poor)
    assert refused.manifest["gate"]["promote"] is False
    assert servable(registry, poor, generation, "system").id == "v1"
    assert registry.aliases() == {CHAMPION: "v1", CHALLENGER: "v2"}


def test_the_manifest_says_everything(config: Config) -> None:
    version = train(config, who="ana", trigger="manual: price list")
    manifest = version.manifest
    assert (manifest["who"], manifest["trigger"]) == ("ana", "manual: price list")
    assert manifest["code"]["sha256"] == code_digest()
    assert manifest["data"]["cleaning"]["duplicate"]["on"] is True
    assert {"calendar.json", "reference.json", "forecasts.parquet", "backtest.parquet"} <= set(manifest["files"])
    rows = served_in_time(version.backtest(), ("transactions", "units", "revenue"))
    for score in manifest["scores"]:
        mine = rows[(rows["measure"] == Series.parse(score["series"]).measure)]
        wape = (mine["y"] - mine["mean"]).abs().sum() / mine["y"].abs().sum()
        assert score["wape"] == pytest.approx(wape)
        assert score["lo"] < score["wape"] < score["hi"]
        assert score["folds"] == 7


def test_old_versions_go(config: Config) -> None:
    few = Config(data_dir=config.data_dir, models=POOR, keep_versions=1)
    train(config, request=Request(models=GOOD))
    for _ in range(3):
        train(few)
    assert [version.id for version in Registry(few).versions()] == ["v4", "v1"]


def test_a_champion_of_measures_that_are_gone_blocks_nothing(config: Config, tmp_path: Path) -> None:
    registry = Registry(config)
    train(config, request=Request(measures=("revenue",), models=GOOD))
    lines = write_shop(tmp_path / "other.csv", 330).read_text().splitlines()
    (tmp_path / "other.csv").write_text("\n".join(line.rpartition(",")[0] for line in lines))  # no prices any more
    prepare(config, tmp_path / "other.csv")
    after = train(config, request=Request(models=GOOD))
    assert registry.champion().id == after.id
    assert registry.history()[0].reason == "v1 knows nothing of the present data"


def test_own_data_replace_the_sample_although_they_are_older(config: Config, tmp_path: Path) -> None:
    registry = Registry(config)
    train(config, request=Request(models=GOOD))
    prepare(config, write_shop(tmp_path / "older.csv", 300))
    older = train(config, request=Request(models=POOR))
    assert (older.manifest["gate"]["code"], registry.champion().id) == ("other_data", older.id)


def test_a_cancel_that_comes_too_late_changes_nothing(config: Config) -> None:
    def stop(fraction: float, message: str) -> None:
        if fraction == 1.0:
            raise JobCancelledError("The job was cancelled.")

    version = train(config, stop, request=Request(models=GOOD))
    assert Registry(config).champion().id == version.id


def test_a_version_that_a_kill_kept_from_serving_does_not_undo_a_choice(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry, generation = Registry(config), Store(config.store_dir).current()
    first = train(config, request=Request(models=POOR))
    train(config, request=Request(models=GOOD))
    other = Config(data_dir=config.data_dir, models=GOOD)
    monkeypatch.setattr(training_module, "_put_to_use", lambda *_: "killed here")
    train(other)
    registry.promote(first.id, "ana", "meanwhile")
    assert servable(registry, other, generation, "system").id == first.id
    assert registry.aliases()[CHAMPION] == first.id

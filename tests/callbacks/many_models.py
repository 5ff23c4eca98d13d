"""A version with all models that the pages know by name; those that were not trained are made up from the others."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from components.figures.palette import LIGHT
from core.config import Config
from core.evaluation.choice import served_models
from core.lifecycle.recipe import Recipe
from core.lifecycle.registry import Registry
from core.lifecycle.version import BACKTEST, FORECASTS, Version
from core.series.panel import Series

MODELS = tuple(LIGHT.models)
BOUNDS = ["lo80", "hi80", "lo95", "hi95"]
SPREAD = {"weekday_mean": 0.25, "ets": 0.16, "theta": 0.18, "gp": 0.08, "xgboost": 0.06, "lstm": 0.1, "ensemble": 0.0}
"""How far a made-up model strays from the best forecast there is: standard deviation on the log scale."""


def publish(config: Config) -> Version:
    """Makes such a version from the champion and promotes it; with compute times and a leak audit in its manifest."""
    registry = Registry(config)
    champion = registry.champion()
    assert champion is not None
    known = list(champion.models)
    added = [model for model in MODELS if model not in known]
    with registry.workspace() as folder:
        shutil.copytree(champion.path, folder, dirs_exist_ok=True)
        (folder / "manifest.json").unlink()
        backtest = _with(champion.backtest(), known[-1], added)
        backtest.to_parquet(folder / BACKTEST)
        _with(champion.forecasts(), known[-1], added).to_parquet(folder / FORECASTS)
        manifest = json.loads((champion.path / "manifest.json").read_text("utf-8"))
        del manifest["files"]
        best = served_models(backtest, ())
        notes = {model: manifest["models"].get(model, {"folder": "", "seconds": 0.1}) for model in MODELS}
        for number, note in enumerate(notes.values()):  # the first has no compute time
            note["backtest_seconds"] = 0.7 * number**2 or None
        manifest |= {
            "recipe": Recipe.of(config).to_json(),  # as of a version that needs no new training
            "models": notes,
            "best": {name: best[Series.parse(name)] for name in manifest["best"]},
            "audit": {"passed": True, "models": {model: {"forecasts": 1000, "folds": 2} for model in MODELS}},
        }
        version = registry.publish(folder, manifest)
    registry.promote(version.id, "test", "all models")
    return version


def _with(rows: pd.DataFrame, base: str, added: list[str]) -> pd.DataFrame:
    """``rows`` with more models: the forecasts of ``base``, moved at random towards nothing or towards the actual."""
    rng = np.random.default_rng(5)
    source = rows[rows["model"] == base]
    frames = [rows.assign(model=rows["model"].astype(str))]
    for model in added:
        factor = np.exp(rng.normal(0, SPREAD[model], len(source)))
        made = source.assign(model=model, mean=source["mean"] * factor)
        if "y" in made and model in ("ensemble", "xgboost"):
            made["mean"] += 0.12 * (made["y"] - made["mean"]).fillna(0) * made["open"]
        made[BOUNDS] = source[BOUNDS].mul(factor, axis=0)
        frames.append(made)
    every = pd.concat(frames, ignore_index=True)
    return every.sort_values("model", key=lambda names: names.map(MODELS.index), kind="stable", ignore_index=True)


def installation(folder: Path, rows: int, seed: int) -> Config:
    """A new data folder with generated data: two models are trained in seconds, the rest is made up."""
    from core.lifecycle.training import train
    from core.transactions.load import prepare
    from core.transactions.sample import write

    write(folder / "sales.parquet", rows, seed)
    config = Config(data_dir=folder)
    prepare(config, folder / "sales.parquet")
    train(config, recipe=Recipe(models=("seasonal_naive", "sarima")))
    publish(config)
    return config

"""The models by name. Importing this is light: a model's libraries are imported when the model is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from core.models.base import Combination, Forecaster

_PLACES = {
    "seasonal_naive": ("core.models.seasonal_naive", "SeasonalNaive"),
    "weekday_mean": ("core.models.weekday_mean", "WeekdayMean"),
    "ets": ("core.models.ets", "Ets"),
    "theta": ("core.models.theta", "Theta"),
    "gp": ("core.models.gp", "GaussianProcess"),
    "sarima": ("core.models.sarima", "Sarima"),
    "xgboost": ("core.models.xgb", "XGBoost"),
    "lstm": ("core.models.lstm", "Lstm"),
    "ensemble": ("core.models.ensemble", "Ensemble"),
}

MODEL_NAMES = tuple(_PLACES)
"""From the simplest to the most demanding."""

COMBINATIONS = frozenset({"ensemble"})
"""Those that are made of the others."""

Model = type[Forecaster] | type[Combination]


class _Catalogue(Mapping[str, Model]):
    """Model name → class. Raises KeyError for an unknown name."""

    def __getitem__(self, name: str) -> Model:
        module, attribute = _PLACES[name]
        model: Model = getattr(import_module(module), attribute)
        return model

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)

    def __contains__(self, name: object) -> bool:
        return name in _PLACES


MODELS: Mapping[str, Model] = _Catalogue()

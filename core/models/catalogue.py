"""The models by name. Importing this is light: a model's libraries are imported when the model is first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module

from core.models.base import Forecaster

_PLACES = {
    "seasonal_naive": ("core.models.seasonal_naive", "SeasonalNaive"),
    "sarima": ("core.models.sarima", "Sarima"),
}

MODEL_NAMES = tuple(_PLACES)
"""From the simplest to the most demanding."""


class _Catalogue(Mapping[str, type[Forecaster]]):
    """Model name → class. Raises KeyError for an unknown name."""

    def __getitem__(self, name: str) -> type[Forecaster]:
        module, attribute = _PLACES[name]
        model: type[Forecaster] = getattr(import_module(module), attribute)
        return model

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)

    def __contains__(self, name: object) -> bool:
        return name in _PLACES


MODELS: Mapping[str, type[Forecaster]] = _Catalogue()

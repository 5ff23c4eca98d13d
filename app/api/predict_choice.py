"""Which version, series, model and days a request means; what does not exist is refused with what does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import NamedTuple

from app.api.problems import ApiError
from app.api.schemas_predict import PredictRequest
from core.errors import InputError
from core.json_types import DEFAULT_HORIZON, MAX_HORIZON
from core.lifecycle.audit import CHALLENGER, CHAMPION
from core.lifecycle.registry import Registry
from core.lifecycle.serving import model_name
from core.lifecycle.version import Version
from core.series.panel import Series

NAMED = 20
"""Versions that a refusal lists, the newest."""

Errors = list[tuple[str, str]]


class Choice(NamedTuple):
    """``asked_model``: None is the best of the series, whichever that was; ``serving``: the version is the champion."""

    version: Version
    series: Series
    model: str
    asked_model: str | None
    serving: bool


class Day(NamedTuple):
    """A day that was asked for and the JSON pointer to it."""

    pointer: str
    day: dt.date


def choose(registry: Registry, champion: Version, wanted: PredictRequest) -> Choice:
    """Raises ApiError 422 for every name that does not exist, all at once."""
    errors: Errors = []
    version = _version(registry, champion, wanted, errors)
    known = version or champion  # so that the other names are judged too
    by_rank = wanted.model in (CHAMPION, CHALLENGER)
    if not by_rank and wanted.model not in known.models:
        there = ", ".join((*_aliases(registry), *known.models))
        errors.append(("/model", f"there is no model {wanted.model}; known are {there}"))
    series = _series(known, wanted, errors)
    if errors or version is None:
        raise ApiError(422, errors[0][1] + ".", errors)
    asked = None if by_rank else wanted.model
    return Choice(version, series, model_name(version, series, asked), asked, version is champion)


def _version(registry: Registry, champion: Version, wanted: PredictRequest, errors: Errors) -> Version | None:
    """None if there is none, which is then among the errors."""
    name = wanted.version
    if wanted.model == CHALLENGER and name == CHAMPION:
        name = CHALLENGER
    if name in (CHAMPION, champion.id):
        version: Version | None = champion
    else:
        version = _other(registry, name)
    if version is None:
        field = "/version" if wanted.version == name else "/model"
        errors.append((field, f"there is no version {name}; known are {_versions(registry)}"))
    elif wanted.model == CHALLENGER and version.id != registry.aliases().get(CHALLENGER):
        errors.append(("/model", f"version {version.id} is not the challenger; leave version or model out"))
    return version


def _other(registry: Registry, name: str) -> Version | None:
    version_id = registry.aliases().get(CHALLENGER) if name == CHALLENGER else name
    if version_id is None:
        return None
    try:
        return registry.open(version_id)
    except InputError:
        return None


def _versions(registry: Registry) -> str:
    ids = [version.id for version in registry.versions()]
    more = [f"and {len(ids) - NAMED} older ones"] if len(ids) > NAMED else []
    return ", ".join([*_aliases(registry), *ids[:NAMED], *more])


def _aliases(registry: Registry) -> list[str]:
    return [alias for alias in (CHAMPION, CHALLENGER) if alias in registry.aliases()]


def _series(version: Version, wanted: PredictRequest, errors: Errors) -> Series:
    series, there = Series(wanted.measure, wanted.segment), version.series()
    measures = list(dict.fromkeys(one.measure for one in there))
    known = wanted.measure in measures
    if not known:
        errors.append(("/measure", f"there is no forecast of {wanted.measure}; known are {', '.join(measures)}"))
    segments = list(dict.fromkeys(one.segment for one in there if not known or one.measure == wanted.measure))
    if wanted.segment not in segments:
        errors.append(("/segment", f"there is no segment {wanted.segment}; known are {', '.join(segments)}"))
    return series


def days_ahead(wanted: PredictRequest, origin: dt.date) -> tuple[Sequence[int], list[Day]]:
    """Days ahead of the origin, ascending, as horizons; and the days that are over.

    Raises ApiError 422 for several ways of asking at once, and for days too far ahead.
    """
    given = [name for name in ("horizon", "date", "dates") if getattr(wanted, name) is not None]
    if len(given) > 1:
        sentence = "give one of horizon, date and dates"
        raise ApiError(422, f"{', '.join(given)}: {sentence}.", [(f"/{name}", sentence) for name in given])
    days = [Day("/date", wanted.date)] if wanted.date else []
    days = days or [Day(f"/dates/{index}", day) for index, day in enumerate(wanted.dates or ())]
    if not days:
        return range(1, (wanted.horizon or DEFAULT_HORIZON) + 1), []
    last = origin + dt.timedelta(days=MAX_HORIZON)
    too_far = f"more than {MAX_HORIZON} days ahead of the data; the last day to forecast is {last}"
    if errors := [(one.pointer, f"{one.day} is {too_far}") for one in days if one.day > last]:
        raise ApiError(422, errors[0][1] + ".", errors)
    ahead = sorted({(one.day - origin).days for one in days if one.day > origin})
    return ahead, [one for one in days if one.day <= origin]

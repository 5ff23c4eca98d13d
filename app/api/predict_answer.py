"""The body of an answer of /predict from stored forecasts, as JSON or CSV."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy.exc import SQLAlchemyError

from app.api.media import CSV, JSON
from app.api.predict_cache import Answer
from app.api.predict_choice import Choice, Day, choose, days_ahead
from app.api.predict_warnings import OpenAlert, warnings
from app.api.problems import ApiError
from app.api.schemas_predict import PredictRequest
from callbacks.services import services
from components.export import csv_text
from core.errors import NotReadyError
from core.lifecycle.in_force import InForce, PastForecasts
from core.lifecycle.serving import UNITS, Prediction, predictions
from core.lifecycle.version import Version

NOT_ANSWERING = "The database does not answer at the moment; ask again in a few seconds."


def tag_of(content: bytes) -> str:
    """What stands for an answer in ETag and prediction log."""
    return hashlib.sha256(content).hexdigest()[:20]


def finished(
    tail: bytes, media: str, *, lasting: bool, steady: bool = True, made_by: tuple[str, str, str] | None = None
) -> Answer:
    """An answer from what its body is without the request id."""
    return Answer(tail, tag_of(tail) if steady else "", media, lasting, made_by)


def make_answer(
    version: Version,
    wanted: PredictRequest,
    today: dt.date,
    alerts: Sequence[OpenAlert] = (),
    media: str = JSON,
) -> Answer:
    """What is wanted of the stored forecasts; ``version`` is the champion. Raises ApiError 422 with what exists for
    what does not, NotReadyError while the database does not answer."""
    try:
        choice = choose(services().registry, version, wanted)
        ahead, over = days_ahead(wanted, choice.version.origin)
        past = _in_force(choice, over) if over else {}
    except SQLAlchemyError as error:
        raise NotReadyError(NOT_ANSWERING) from error
    levels = sorted(set(wanted.levels))
    stored = predictions(choice.version, choice.series, choice.model)
    coming = [stored[horizon - 1] for horizon in ahead]
    # Aliases and the log may change without another champion.
    lasting = choice.serving and not over
    made_by = (choice.version.id, str(choice.series), choice.model)
    if media == CSV:
        return finished(_table(choice, past, coming, levels), media, lasting=lasting, made_by=made_by)
    body = {
        "model": choice.model,
        "version": choice.version.id,
        "measure": choice.series.measure,
        "segment": choice.series.segment,
        "unit": UNITS[choice.series.measure],
        "data_as_of": choice.version.origin,
        "predictions": [_plain_past(one, levels) for one in past.values()] + [_plain(one, levels) for one in coming],
        "warnings": warnings(choice, ahead[-1] if ahead else 0, alerts, today),
    }
    return finished(orjson.dumps(body)[1:], media, lasting=lasting, made_by=made_by)


def _in_force(choice: Choice, over: Sequence[Day]) -> dict[dt.date, InForce]:
    """What had been forecast for days that are over, by day in order. Raises ApiError 422 for days without."""
    if not choice.serving:
        about = f"version {choice.version.id}, which end on {choice.version.origin}"
        more = "without version, days that are over have the forecast that was in force"
        errors = [(one.pointer, f"{one.day} is not ahead of the data of {about}; {more}") for one in over]
        raise ApiError(422, errors[0][1] + ".", errors)
    found = services()
    past = PastForecasts(found.engine, found.registry, choice.series, choice.asked_model)
    there = past.on({one.day for one in over})
    if lacking := [one for one in over if one.day not in there]:
        first = past.first_day() or choice.version.origin + dt.timedelta(days=1)
        which = f"by {choice.asked_model} " if choice.asked_model else ""
        sentence = f"no forecast {which}had been issued for it; the first day that can be asked is {first}"
        errors = [(one.pointer, f"{one.day}: {sentence}") for one in lacking]
        raise ApiError(422, errors[0][1] + ".", errors)
    return {day: there[day] for day in sorted(there)}


def _plain(one: Prediction, levels: Sequence[int]) -> dict[str, Any]:
    return {
        "date": one.date,
        "horizon": one.horizon,
        "value": one.value,
        "open": one.open,
        "intervals": {str(level): one.intervals[level] for level in levels if level in one.intervals},
    }


def _plain_past(one: InForce, levels: Sequence[int]) -> dict[str, Any]:
    made = {"source": one.source, "version": one.version, "model": one.model, "origin": one.origin}
    return _plain(one.prediction, levels) | made


def _table(choice: Choice, past: dict[dt.date, InForce], coming: Sequence[Prediction], levels: Sequence[int]) -> bytes:
    """Columns of docs/api.md; numbers as in JSON, empty where unknown."""
    bounds = [f"{side}{level}" for level in levels for side in ("lo", "hi")]
    names = ("date", "horizon", "value", "open", *bounds)
    columns = [*names, "measure", "segment", "model", "version", "origin", "source"]
    series = (choice.series.measure, choice.series.segment)
    found = [(one.prediction, one.model, one.version, one.origin, one.source) for one in past.values()]
    found += [(one, choice.model, choice.version.id, choice.version.origin, "stored") for one in coming]
    rows = []
    for one, *made in found:
        pairs = [bound for level in levels for bound in one.intervals.get(level, (None, None))]
        rows.append([one.date, one.horizon, one.value, "true" if one.open else "false", *pairs, *series, *made])
    return csv_text(columns, rows, number="", mark="").encode()

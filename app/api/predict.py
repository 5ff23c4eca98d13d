"""GET and POST /predict: the champion's stored forecasts. No model runs here."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import orjson
from flask import Response, request
from sqlalchemy.exc import SQLAlchemyError

from app.api.operation import MAX_BODY_BYTES, Operation, Operations, read_body, read_query
from app.api.problems import ApiError, request_id
from app.api.schemas import DEFAULT_HORIZON, MAX_HORIZON, PredictQuery, PredictRequest, PredictResponse
from callbacks.services import services
from core.errors import NotReadyError
from core.lifecycle.serving import UNITS, model_name, predictions
from core.lifecycle.version import Version
from core.series.panel import Series

MAX_CACHED_BYTES = 8 * 2**20
"""Of answers kept for each version; a client that asks for ever new ones only makes the cache start again."""

MAX_CACHED_BODY = 2048
"""A longer body is answered without being remembered: keys must not fill the memory that is meant for answers."""

STALE_AFTER_DAYS = 7

operations = Operations("predict")

SUMMARY = "Forecast days ahead"
TEXT = (
    "Value and intervals of each day asked for, from the stored forecasts of the models in service. "
    "Closed days are exactly 0. Give one of horizon, date and dates; without any, the next 28 days."
)
TAG = {"ETag": "Changes when the forecast does."}


RequestKey = tuple[str | None, bytes]
"""Content type and body of a POST; None and the query string of a GET."""


class Answer(NamedTuple):
    """A finished answer without its request id: what follows ``{"request_id":"…",`` and the hash of it all."""

    tail: bytes
    tag: str


class AnswerCache:
    """Answers of one version on one day by the raw bytes of the request, so that a repeated one is not even parsed.

    Only good answers enter. Everything is dropped when another version serves, or when a new day changes how old
    the data are. Threads share it: key and dictionary are replaced together, so a late writer fills the old one.
    """

    def __init__(self) -> None:
        self._kept: tuple[tuple[Version, dt.date] | None, dict[RequestKey, Answer]] = (None, {})
        self._bytes = 0

    def answers(self, version: Version, today: dt.date) -> dict[RequestKey, Answer]:
        """What is kept for this version on this day; empty if that is new."""
        key, answers = self._kept
        if key != (version, today) or self._bytes >= MAX_CACHED_BYTES:
            answers = {}
            self._kept, self._bytes = ((version, today), answers), 0
        return answers

    def keep(self, answers: dict[RequestKey, Answer], key: RequestKey, answer: Answer) -> None:
        """Remembers an answer, unless the request is unusually long."""
        if len(key[1]) <= MAX_CACHED_BODY:
            answers[key] = answer
            self._bytes += len(key[1]) + len(answer.tail)


_cache = AnswerCache()


def serving_version() -> Version:
    """The champion. Raises NotReadyError before there is one, and while the database does not answer."""
    try:
        version = services().registry.champion()
    except SQLAlchemyError as error:
        raise NotReadyError("The database does not answer at the moment; ask again in a few seconds.") from error
    if version is None:
        raise NotReadyError("The first forecast is being prepared; ask again in a few seconds.")
    return version


@operations.operation(
    Operation(
        "/predict", "get", SUMMARY, TEXT, PredictResponse, "predict", query=PredictQuery, errors=(304,), headers=TAG
    ),
    raw=True,
)
@operations.operation(
    Operation("/predict", "post", SUMMARY, TEXT, PredictResponse, "predict", body=PredictRequest, headers=TAG), raw=True
)
def predict() -> Response:
    """Answers from the cache, or validates, looks up and keeps the answer."""
    key: RequestKey
    if request.method == "POST":
        request.max_content_length = MAX_BODY_BYTES
        key = (request.content_type or "", request.get_data())
    else:
        key = (None, request.query_string)
    today = dt.date.today()
    version = serving_version()
    answers = _cache.answers(version, today)
    answer = answers.get(key)
    if answer is None:
        wanted: PredictRequest = (
            read_body(PredictRequest) if request.method == "POST" else read_query(PredictQuery, request.args)
        )
        answer = make_answer(version, wanted, today)
        _cache.keep(answers, key, answer)
    return _respond(answer)


def _respond(answer: Answer) -> Response:
    identity = request_id()
    headers = [
        ("Content-Type", "application/json"),
        ("ETag", f'W/"{answer.tag}"'),
        ("Cache-Control", "no-cache"),
        ("X-Request-ID", identity),
    ]
    # Read from the environment: Flask's parsed headers cost more than the rest of a repeated request. The tag is
    # weak, because two answers with it have the same forecast but not the same request id.
    known = request.environ.get("HTTP_IF_NONE_MATCH", "")
    if known and request.method != "POST" and (f'"{answer.tag}"' in known or known.strip() == "*"):
        return Response(status=304, headers=headers[1:])
    return Response(b'{"request_id":"' + identity.encode("ascii") + b'",' + answer.tail, 200, headers)


def make_answer(version: Version, wanted: PredictRequest, today: dt.date) -> Answer:
    """The stored forecast that is wanted. Raises ApiError 422 with what exists for what does not."""
    series, model = _choose(version, wanted)
    horizons = _horizons(wanted, version.origin)
    levels = sorted(set(wanted.levels))
    stored = predictions(version, series, model)
    body = {
        "model": model,
        "version": version.id,
        "measure": series.measure,
        "segment": series.segment,
        "unit": UNITS[series.measure],
        "data_as_of": version.origin,
        "predictions": [
            {
                "date": one.date,
                "horizon": one.horizon,
                "value": one.value,
                "open": one.open,
                "intervals": {str(level): one.intervals[level] for level in levels},
            }
            for one in (stored[horizon - 1] for horizon in horizons)
        ],
        "warnings": _warnings(version, series, model, today),
    }
    content = orjson.dumps(body)
    return Answer(content[1:], hashlib.sha256(content).hexdigest()[:20])


def _choose(version: Version, wanted: PredictRequest) -> tuple[Series, str]:
    """The series and the model's name; collects everything that does not exist before it refuses."""
    errors = []
    if wanted.version not in ("champion", version.id):
        errors.append(("/version", f"there is no version {wanted.version} in service; it is {version.id}"))
    if wanted.model != "champion" and wanted.model not in version.models:
        known = ", ".join(("champion", *version.models))
        errors.append(("/model", f"there is no model {wanted.model}; known are {known}"))
    series = Series(wanted.measure, wanted.segment)
    if series not in (known_series := version.series()):
        measures = list(dict.fromkeys(one.measure for one in known_series))
        if wanted.measure not in measures:
            errors.append(("/measure", f"there is no forecast of {wanted.measure}; known are {', '.join(measures)}"))
        else:
            segments = ", ".join(one.segment for one in known_series if one.measure == wanted.measure)
            errors.append(("/segment", f"there is no segment {wanted.segment}; known are {segments}"))
    if errors:
        raise ApiError(422, errors[0][1] + ".", errors)
    return series, model_name(version, series, None if wanted.model == "champion" else wanted.model)


def _horizons(wanted: PredictRequest, origin: dt.date) -> Sequence[int]:
    """Days ahead of the origin, ascending. Raises ApiError for several ways of asking, and for days out of reach."""
    given = [name for name in ("horizon", "date", "dates") if getattr(wanted, name) is not None]
    if len(given) > 1:
        sentence = "give one of horizon, date and dates"
        raise ApiError(422, f"{', '.join(given)}: {sentence}.", [(f"/{name}", sentence) for name in given])
    days = [("/date", wanted.date)] if wanted.date else []
    days = days or [(f"/dates/{index}", day) for index, day in enumerate(wanted.dates or ())]
    if not days:
        return range(1, (wanted.horizon or DEFAULT_HORIZON) + 1)
    first, last = origin + dt.timedelta(days=1), origin + dt.timedelta(days=MAX_HORIZON)
    errors = [
        (pointer, f"{day} is not ahead of the data, which end on {origin}; the first day to forecast is {first}")
        if day < first
        else (pointer, f"{day} is more than {MAX_HORIZON} days ahead of the data; the last day to forecast is {last}")
        for pointer, day in days
        if not first <= day <= last
    ]
    if errors:
        raise ApiError(422, errors[0][1] + ".", errors)
    return sorted({(day - origin).days for _, day in days})


def _warnings(version: Version, series: Series, model: str, today: dt.date) -> list[str]:
    warnings = []
    age = (today - version.origin).days
    if age > STALE_AFTER_DAYS:
        warnings.append(f"The data end on {version.origin}, {age} days ago; horizons count from that day.")
    if model != (best := version.best(series)):
        warnings.append(f"{model} was asked for; in the backtest of this series {best} was better.")
    return warnings

"""GET and POST /predict: stored forecasts, and quick forecasts of a history that is sent. No model runs here."""

from __future__ import annotations

import datetime as dt

import orjson
from flask import Response, request
from sqlalchemy.exc import SQLAlchemyError

from app import prediction_log
from app.api.media import CSV, JSON, wanted
from app.api.operation import MAX_BODY_BYTES, Operation, Operations, read_query
from app.api.predict_answer import NOT_ANSWERING, Answer, make_answer
from app.api.predict_own import MAX_HISTORY_BYTES, has_history, own_answer, read_large
from app.api.predict_warnings import OpenAlert, OpenAlerts
from app.api.problems import checked, request_id
from app.api.schemas_predict import PredictAnswer, PredictBody, PredictQuery, PredictRequest, PredictResponse
from app.api.who import who
from callbacks.services import services
from core.errors import NotReadyError
from core.lifecycle.version import Version
from core.monitoring.shown import give_back

__all__ = ["MAX_BODY_BYTES", "make_answer", "operations", "predict", "serving_version"]

MAX_CACHED_BYTES = 8 * 2**20
"""Of answers kept for each version; a client that asks for ever new ones only makes the cache start again."""

MAX_CACHED_BODY = 2048
"""A longer body is answered without being remembered: keys must not fill the memory that is meant for answers."""

MAX_CACHED_ANSWER = 2**20
"""Nor must one answer: a year of all series of a call has several times as much."""

operations = Operations("predict")

SUMMARY = "Forecast days ahead"
TEXT = (
    "Value and intervals of each day asked for, from the stored forecasts of the models in service. "
    "Closed days are exactly 0. Give one of horizon, date and dates; without any, the next 28 days. Days that are over "
    "are answered with what had been forecast for them. With Accept: text/csv the answer is a table, without the "
    "warnings: date, horizon, value, open, lo80, hi80, lo95, hi95, measure, segment, model, version, origin, source."
)
OWN_TEXT = (
    " Or send history (one series) or series (several) of your own with horizon, model and levels: the best of a few "
    "quick models is chosen by a short backtest, nothing is kept. When the time of such a call is over, the "
    "series that are left get the simplest model and a warning; then there is no ETag. Columns of the table: id (of "
    "several), date, horizon, value, open, lo80, hi80, lo95, hi95, model, data_as_of."
)
HEADERS = {"ETag": "Changes when the forecast does.", "Vary": "Accept."}


RequestKey = tuple[str, str | None, bytes]
"""Format of the answer; content type and body of a POST; None and the query string of a GET."""

State = tuple[Version, dt.date, tuple[OpenAlert, ...]]
"""What the answers to the same request depend on: the champion, the day of the warnings, the alerts that are open."""


class AnswerCache:
    """Answers in one state by the raw bytes of the request, so that a repeated one is not even parsed.

    Only good answers enter. Everything is dropped when the state is another. Threads share it: key and dictionary are
    replaced together, so a late writer fills the old one.
    """

    def __init__(self) -> None:
        self._kept: tuple[State | None, dict[RequestKey, Answer]] = (None, {})
        self._bytes = 0

    def answers(self, state: State) -> dict[RequestKey, Answer]:
        """What is kept in this state; empty if that is new."""
        key, answers = self._kept
        if key != state or self._bytes >= MAX_CACHED_BYTES:
            answers = {}
            self._kept, self._bytes = (state, answers), 0
        return answers

    def keep(self, answers: dict[RequestKey, Answer], key: RequestKey, answer: Answer) -> None:
        """Remembers an answer, unless it may change before the state does, or request or answer are unusually long."""
        if answer.lasting and answer.tag and len(key[2]) <= MAX_CACHED_BODY and len(answer.tail) <= MAX_CACHED_ANSWER:
            answers[key] = answer
            self._bytes += len(key[2]) + len(answer.tail)


_cache = AnswerCache()
_alerts = OpenAlerts()


def serving_version() -> Version:
    """The champion. Raises NotReadyError before there is one, and while the database does not answer."""
    try:
        version = services().registry.champion()
    except SQLAlchemyError as error:
        raise NotReadyError(NOT_ANSWERING) from error
    if version is None:
        raise NotReadyError("The first forecast is being prepared; ask again in a few seconds.")
    return version


@operations.operation(
    Operation(
        "/predict", "get", SUMMARY, TEXT, PredictResponse, "predict", query=PredictQuery, errors=(304, 406),
        gives=(JSON, CSV), headers=HEADERS,
    ),
    raw=True,
)  # fmt: skip
@operations.operation(
    Operation(
        "/predict", "post", SUMMARY, TEXT + OWN_TEXT, PredictAnswer, "predict", body=PredictBody, errors=(406,),
        gives=(JSON, CSV), headers=HEADERS, max_bytes=MAX_HISTORY_BYTES,
    ),
    raw=True,
)  # fmt: skip
def predict() -> Response:
    """Answers from the cache, or validates, looks up and keeps the answer."""
    media = wanted(request.environ.get("HTTP_ACCEPT", ""))
    version = serving_version()
    key: RequestKey
    if request.method != "POST":
        key = (media, None, request.query_string)
    elif _is_small(request.environ.get("CONTENT_LENGTH", "")):
        key = (media, request.content_type or "", request.get_data(cache=False))
    else:
        own = read_large(media)
        if own.answer is not None:
            return _respond(own.answer, b"")
        key = (media, request.content_type or "", own.body)
    today = dt.date.today()
    alerts = _alerts.now(version)
    answers = _cache.answers((version, today, alerts))
    answer = answers.get(key)
    if answer is None:
        if request.method == "POST" and has_history(key[2]):
            answer = own_answer(key[2], media)
        else:
            answer = make_answer(version, _asked(key[2]), today, alerts, media)
        _cache.keep(answers, key, answer)
    return _respond(answer, key[2])


def _note(identity: str, question: bytes, answer: Answer) -> None:
    """Keeps who was given this forecast; own histories have no version that could be blamed."""
    if answer.media != JSON or not answer.tag or answer.tail.startswith(b'"series"'):
        return
    told = orjson.loads(b"{" + answer.tail)
    if "version" not in told:
        return
    asked = question.decode("utf-8", "replace")
    series = f"{told['measure']}/{told['segment']}"
    prediction_log.note(identity, who(), told["version"], series, told["model"], asked, answer.tag)


def _is_small(length: str) -> bool:
    """By the header Content-Length; a body that comes in parts says nothing of its size."""
    return length.isdigit() and int(length) <= MAX_BODY_BYTES


def _asked(body: bytes) -> PredictRequest:
    """The checked request. Raises ApiError."""
    if request.method == "POST":
        with checked():
            return PredictRequest.model_validate_json(body)
    return read_query(PredictQuery, request.args)


def _respond(answer: Answer, question: bytes) -> Response:
    identity = request_id()
    if prediction_log.picked():
        _note(identity, question, answer)
    headers = [
        ("Content-Type", JSON if answer.media == JSON else f"{CSV}; charset=utf-8"),
        ("ETag", f'W/"{answer.tag}"'),
        ("Cache-Control", "no-cache"),
        ("Vary", "Accept"),
        ("X-Request-ID", identity),
    ]
    if not answer.tag:
        headers[1:3] = [("Cache-Control", "no-store")]
    # Read from the environment: Flask's parsed headers cost more than the rest of a repeated request. The tag is
    # weak, because two answers with it have the same forecast but not the same request id.
    known = request.environ.get("HTTP_IF_NONE_MATCH", "")
    if known and request.method != "POST" and (f'"{answer.tag}"' in known or known.strip() == "*"):
        return Response(status=304, headers=headers[1:])
    if answer.media != JSON:
        return Response(answer.tail, 200, headers)
    head = b'{"request_id":"' + identity.encode("ascii") + b'",'
    if len(answer.tail) > MAX_CACHED_ANSWER:  # not to be copied once more
        size = ("Content-Length", str(len(head) + len(answer.tail)))
        response = Response([head, answer.tail], 200, [*headers, size])
        response.call_on_close(give_back)
        return response
    return Response(head + answer.tail, 200, headers)

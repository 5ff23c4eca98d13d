"""GET and POST /predict: stored forecasts, and quick forecasts of a history that is sent. No model runs here."""

from __future__ import annotations

from flask import Response, request
from sqlalchemy.exc import SQLAlchemyError

from app import prediction_log
from app.api.media import CSV, JSON, wanted
from app.api.operation import MAX_BODY_BYTES, Operation, Operations, read_query, unknown, whole_body
from app.api.predict_answer import NOT_ANSWERING, make_answer
from app.api.predict_cache import MAX_CACHED_ANSWER, Answer, RequestKey, cache, response_of, state_of
from app.api.predict_own import MAX_HISTORY_BYTES, has_history, own_answer, read_large
from app.api.problems import checked, request_id
from app.api.schemas_predict import PredictAnswer, PredictBody, PredictQuery, PredictRequest, PredictResponse
from app.api.who import who
from callbacks.services import services
from core.errors import NotReadyError
from core.lifecycle.version import Version
from core.monitoring.shown import give_back

__all__ = ["MAX_BODY_BYTES", "make_answer", "operations", "predict", "serving_version"]

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
    elif request.args:
        unknown(list(request.args))
    elif _is_small(request.environ.get("CONTENT_LENGTH", "")):
        key = (media, request.content_type or "", whole_body(MAX_BODY_BYTES))
    else:
        own = read_large(media)
        if own.answer is not None:
            return _respond(own.answer, b"")
        key = (media, request.content_type or "", own.body)
    state = state_of(version, services())
    answers = cache.answers(state)
    answer = answers.get(key)
    if answer is None:
        if request.method == "POST" and has_history(key[2]):
            answer = own_answer(key[2], media)
        else:
            answer = make_answer(version, _asked(key[2]), *state[1:], media)
        cache.keep(answers, key, answer)
    return _respond(answer, key[2])


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
    status, headers, body = response_of(answer, request.environ)
    # Own histories have no version that could be blamed, and with 304 nothing is given out.
    if answer.made_by is not None and body and prediction_log.picked():
        asked = question.decode("utf-8", "replace")
        prediction_log.note(request_id(), who(), *answer.made_by, asked, answer.tag)
    # As pieces: a large answer is not to be copied once more. Their length is among the headers.
    response = Response(body, status, headers)
    if len(answer.tail) > MAX_CACHED_ANSWER:
        response.call_on_close(give_back)
    return response

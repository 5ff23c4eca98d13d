"""/predict for a history that comes with the request: given to a process apart, so that the worker stays light."""

from __future__ import annotations

import threading
from typing import NamedTuple

from flask import current_app, request
from pydantic_core import from_json
from werkzeug.exceptions import RequestEntityTooLarge

from app.api.media import CSV, JSON
from app.api.operation import MAX_BODY_BYTES
from app.api.predict_answer import Answer, finished
from app.api.problems import ApiError, refusal
from callbacks.services import services
from core.errors import NotReadyError
from core.evaluation.pool import WorkerLostError
from core.monitoring.shown import give_back
from core.own.answer import answer
from core.own.standby import Standby, busy
from core.series.public_holidays import holiday_country

MAX_HISTORY_BYTES = 8 * 2**20
"""Of a body with a history; others stay at MAX_BODY_BYTES."""

PIECE_BYTES = 64 * 1024

FIELDS = ("history", "series")
_WORDS = tuple(f'"{name}"'.encode() for name in FIELDS)
_EXTENSION = "tidemark.standby"
_making, _large = threading.Lock(), threading.Lock()


class Own(NamedTuple):
    """The answer to a large body with a history, or None and the body, which is small or brings none."""

    answer: Answer | None
    body: bytes


def read_large(media: str) -> Own:
    """Reads the body of the request, however large it may be, and answers it if it is large and brings a history.

    Large ones one at a time in this process, so that it stays small: raises NotReadyError while another one is at it,
    or others have their series forecast; RequestEntityTooLarge; ApiError for another content type, for a large body
    without a history, and for what is wrong in it.
    """
    # one byte more of a body that comes in chunks, of which werkzeug hands out as much as it may as if it were all
    request.max_content_length = MAX_HISTORY_BYTES + (request.content_length is None)
    begun = _read(MAX_BODY_BYTES + 1)
    if len(begun) <= MAX_BODY_BYTES:
        return Own(None, begun)
    standby = _standby()
    if not _large.acquire(blocking=False):
        _read_away()
        raise busy()
    try:
        body = begun + request.get_data(cache=False)
        if len(body) > MAX_HISTORY_BYTES:
            request.max_content_length = MAX_HISTORY_BYTES
            raise RequestEntityTooLarge
        if not has_history(body):
            return Own(None, body)
        with standby.place():
            return Own(_answer(standby, body, media), b"")
    finally:
        _large.release()
        give_back()  # what a thread has freed of large things would stay claimed by this worker


def _read(most: int) -> bytes:
    """The body, but no more than so many bytes of it."""
    pieces, left = [], most
    while left and (piece := request.stream.read(min(left, PIECE_BYTES))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _read_away() -> None:
    """Takes the body piece by piece and keeps none: a client still sending does not hear why it is refused."""
    while request.stream.read(PIECE_BYTES):
        pass


def own_answer(body: bytes, media: str) -> Answer:
    """The forecast of the history in a small body. Raises as ``read_large``."""
    standby = _standby()
    with standby.place():
        return _answer(standby, body, media)


def has_history(body: bytes) -> bool:
    """Whether a body brings a history; large ones are not looked into. Raises ApiError 415 unless the request says that
    it is JSON, 413 for a large body without a history."""
    if request.mimetype != JSON:
        raise ApiError(415, f"Send the body with Content-Type: {JSON}.")
    if not any(word in body for word in _WORDS):
        if len(body) > MAX_BODY_BYTES:
            most = f"at most {MAX_BODY_BYTES:,} bytes are taken without a history"
            raise ApiError(413, f"The body of the request is too large; {most}.")
        return False
    if len(body) > MAX_BODY_BYTES:
        return True
    try:
        plain = from_json(body)
    except ValueError:
        return False
    return isinstance(plain, dict) and any(name in plain for name in FIELDS)


def _answer(standby: Standby, body: bytes, media: str) -> Answer:
    try:
        made = standby.do(answer, body, media == CSV)
    except WorkerLostError as error:
        raise NotReadyError("The work was stopped from outside; ask again in a few seconds.") from error
    if made.refused:
        raise refusal(made.refused)
    return finished(made.content, media, lasting=True, steady=made.steady)


def _standby() -> Standby:
    """The process apart of this worker."""
    extensions = current_app.extensions
    with _making:
        if _EXTENSION not in extensions:
            country = holiday_country(None, services().settings.core.holidays_country)
            extensions[_EXTENSION] = Standby(country)
        standby: Standby = extensions[_EXTENSION]
        return standby

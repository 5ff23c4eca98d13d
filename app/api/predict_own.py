"""/predict for a history that comes with the request: given to a process apart, so that the worker stays light."""

from __future__ import annotations

import threading

from flask import current_app
from pydantic_core import from_json
from werkzeug.exceptions import RequestEntityTooLarge

from app.api.media import CSV
from app.api.operation import MAX_BODY_BYTES
from app.api.predict_answer import Answer, finished
from app.api.problems import refusal
from callbacks.services import services
from core.errors import NotReadyError
from core.evaluation.pool import WorkerLostError
from core.own.answer import answer
from core.own.standby import Standby
from core.series.public_holidays import holiday_country

MAX_HISTORY_BYTES = 8 * 2**20
"""Of a body with a history; others stay at MAX_BODY_BYTES."""

FIELDS = ("history", "series")
_WORDS = tuple(f'"{name}"'.encode() for name in FIELDS)
_EXTENSION = "tidemark.standby"
_making = threading.Lock()


def has_history(body: bytes) -> bool:
    """Whether a body brings a history. Large ones are not read here. Raises RequestEntityTooLarge for one that is large
    without."""
    if not any(word in body for word in _WORDS):
        if len(body) > MAX_BODY_BYTES:
            raise RequestEntityTooLarge
        return False
    if len(body) > MAX_BODY_BYTES:
        return True
    try:
        plain = from_json(body)
    except ValueError:
        return False
    return isinstance(plain, dict) and any(name in plain for name in FIELDS)


def own_answer(body: bytes, media: str) -> Answer:
    """The forecast of the series in a body. Raises ApiError for what is wrong in it, NotReadyError while others have
    their series forecast."""
    try:
        made = _standby().do(answer, body, media == CSV)
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

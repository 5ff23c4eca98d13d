"""Notes a share of the forecasts given out, off the way of the requests; ``python -m core predictions`` shows them."""

from __future__ import annotations

import atexit
import random
from typing import TYPE_CHECKING, Any

from flask import Flask, current_app, request

from app.batches import Batches
from callbacks.services import EXTENSION as SERVICES
from core.access.prediction_log import Given, add
from core.state.tables import now

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from app.settings import Settings

EXTENSION = "tidemark prediction log"
PICKED = "tidemark.picked"
"""Where the environment of a request carries whether it was picked, once that was drawn."""
EVERY_SECONDS = 2.0
"""Each batch is one transaction, which waits for the disk."""
MOST_WAITING = 1_000


class PredictionLog:
    """The share that is noted, from 0 to 1, and where to."""

    def __init__(self, engine: Engine, share: float) -> None:
        self.share = share
        self.batches: Batches[Given] = Batches(
            "prediction log", lambda answers: add(engine, answers), EVERY_SECONDS, MOST_WAITING
        )

    def picks(self, environ: dict[str, Any]) -> bool:
        """By chance, as often as the share says, and once a request: whether its forecast is to be kept."""
        if PICKED not in environ:
            environ[PICKED] = random.random() < self.share  # noqa: S311 - which ones are kept is no secret
        return bool(environ[PICKED])


def register(server: Flask, settings: Settings) -> None:
    """Puts the log of this server in its place; the services are there already."""
    log = PredictionLog(server.extensions[SERVICES].engine, settings.prediction_log)
    server.extensions[EXTENSION] = log
    atexit.register(log.batches.close)


def picked() -> bool:
    """Whether the forecast of this request is to be kept."""
    log: PredictionLog = current_app.extensions[EXTENSION]
    return log.picks(request.environ)


def note(request_id: str, who: str, version: str, series: str, model: str, asked: Any, tag: str) -> None:
    """Keeps a forecast that was picked.

    ``who``: key or address; ``version``: its id; ``series``: measure/segment; ``asked``: the question as plain data
    (a long one is kept as its length only); ``tag``: the hash of the answer.
    """
    log: PredictionLog = current_app.extensions[EXTENSION]
    log.batches.put(Given(now(), request_id, who, version, series, model, asked, tag))

"""Receiving a file for the page Data: the one route that takes more than a few megabytes, straight to the disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from flask import Flask, Response, jsonify, request

from app.access.gate import pages_gate
from app.api.problems import problem
from callbacks.access import person
from core.errors import DiskFullError, InputError
from core.intake.uploads import ADDRESS, TooLargeError, UnknownKindError, Uploads

if TYPE_CHECKING:
    from app.settings import Settings

KIND = "application/octet-stream"
"""Forms of other web sites cannot send this, and their scripts have to ask first."""
PIECE = 256 * 1024
LONGEST_NAME = 100_000
"""Characters of a name that are looked at."""


def register(server: Flask, settings: Settings) -> None:
    """Adds the route; see core.intake.uploads.ADDRESS for what it takes and answers."""
    uploads, most_bytes = Uploads(settings.core), settings.upload_mb * 2**20

    @server.post(ADDRESS)
    def upload() -> Response:
        if (refused := _refused()) is not None:
            return refused
        body = _Body(request.environ["wsgi.input"], request.content_length or 0)
        name = request.args.get("name", "")[-LONGEST_NAME:]
        try:
            signed_in = person()
            who = signed_in.name if signed_in else f"browser at {request.remote_addr}"
            found = uploads.receive(body.pieces(), body.length, name, who, most_bytes)
        except TooLargeError as error:
            return _told(body, most_bytes, 413, str(error))
        except UnknownKindError as error:
            return _told(body, most_bytes, 415, str(error))
        except InputError as error:
            return _told(body, most_bytes, 400, str(error))
        except DiskFullError as error:
            return _told(body, most_bytes, 507, str(error))
        answer = jsonify(upload=found.id, name=found.name, kind=found.kind, size=found.size)
        answer.status_code = 201
        answer.headers["Cache-Control"] = "no-store"
        return answer


class _Body:
    """What the client sends. Flask would count it against the limit of all other routes, so it is read below Flask."""

    def __init__(self, stream: BinaryIO, length: int) -> None:
        self._stream, self.length, self._left = stream, length, length

    def pieces(self) -> Iterator[bytes]:
        """All of it, or what came before the client went away."""
        while self._left > 0:
            piece = self._stream.read(min(PIECE, self._left))
            if not piece:
                return
            self._left -= len(piece)
            yield piece

    def drain(self, most_bytes: int) -> None:
        """Takes what is still to come, up to so much: a client that is busy sending would not see the answer."""
        if self._left <= most_bytes:
            for _ in self.pieces():
                pass


def _refused() -> Response | None:
    """For what is no file of this site's pages."""
    if not pages_gate().comes_from_here():
        return problem(403, "Pages of other web sites may not send files here.")
    if request.mimetype != KIND or request.headers.get("Content-Encoding", "identity") != "identity":
        return problem(415, f"Send the file as it is, with Content-Type: {KIND}.")
    if request.content_length is None:
        return problem(411, "Say in Content-Length how long the file is.")
    return None


def _told(body: _Body, most_bytes: int, status: int, sentence: str) -> Response:
    body.drain(2 * most_bytes)
    return problem(status, sentence)

"""gunicorn's threaded worker, patient with slow clients without giving them its threads.

gunicorn hands every new connection to a thread, which then waits for the client: eight that send nothing, or a byte
now and then, hold all threads of two workers. Here a connection waits in the poller, which costs nothing, until the
head of its request is complete, and after its last answer until the client has closed; a thread that has begun is given
back after a time that any honest client can keep.
"""

from __future__ import annotations

import errno
import logging
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

import orjson
from gunicorn import util
from gunicorn.http.body import Body
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_SECONDS = 10.0
"""From the connection, or the first byte of a further request on it, to the end of the head."""
BODY_SECONDS, SLOWEST_BYTES = 30.0, 16 * 1024
"""For waiting for the body, and a second more for each 16 KiB of it that has come: what is only announced costs nothing
to announce."""
SILENT_SECONDS = 10.0
"""Without a single byte of the body."""
ANSWER_SECONDS = 60.0
"""From what has come last until the answer is ready; more than core.own.standby takes to refuse."""
SEND_SECONDS = 120.0
"""For taking the answer."""

REST_SECONDS, REST_BYTES = 1.0, 64 * 1024
"""Before an answer, for a body that was not read: a small rest is taken, so that the connection can be used again."""

MOST_BYTES = 16 * 2**20
"""Nobody gets more time than for so many, which at the slowest take 17 minutes: larger files have to come faster."""

LINGER_SECONDS, LINGER_BYTES = 2.0, MOST_BYTES
"""For the client to close after the last answer on a connection, and what it may still send meanwhile: one that sends a
large body reads no answer before it has sent all. What comes earns time as a body does."""
LONGEST_HEAD = 16 * 1024
"""A longer one is left to a thread, and to the limits of gunicorn."""
END = b"\r\n\r\n"

log = logging.getLogger("gunicorn.error")


class PatientWorker(ThreadWorker):
    """See the module. Relies on the inside of gunicorn 27; tests with slow clients hold it to that."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._until: dict[socket.socket, float] = {}
        self._seen: dict[socket.socket, int] = {}
        self._lingering: dict[TConn, tuple[int, float]] = {}  # bytes that may still come, and until when at most

    def load_wsgi(self) -> None:
        """Loads the application and goes around it, to know when its answer is ready and whether the connection can be
        used after it: nothing of the answer is sent before."""
        super().load_wsgi()
        util.write_error = write_problem
        inner = self.wsgi

        def answered(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            answer = inner(environ, start_response)
            response = start_response.__self__  # type: ignore[attr-defined]
            if not response.req.should_close() and not _is_read(response.req.body, response.sock):
                response.force_close()  # says so too: gunicorn would promise to keep the connection and then close it
            self._until[environ["gunicorn.socket"]] = time.monotonic() + SEND_SECONDS
            return answer

        self.wsgi = answered

    # -- before a thread has it

    def accept(self, listener: socket.socket) -> None:
        """A new connection waits in the poller; gunicorn would give it a thread at once."""
        try:
            client, address = listener.accept()
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                raise
            return
        self.nr_conns += 1
        self._await_head(TConn(self.cfg, client, address, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """A further request on a connection: it waits in the same way if only a part of its head is there."""
        if self._head_is_there(conn, client):
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_head(conn)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """More of a head has come: a thread takes over once all of it is there."""
        if self._head_is_there(conn, client):
            super().on_pending_socket_readable(conn, client)

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """After an answer. What was read with its request may be the beginning of a further one: gunicorn would give it
        a thread at once, here it waits in the poller like any other."""
        if fs.cancelled() or fs.exception() is not None:
            super().finish_request(conn, fs)
        elif not fs.result():
            self._linger(conn)
        elif (begun := _taken(conn)) and END not in begun and len(begun) < LONGEST_HEAD:
            conn.sock.setblocking(False)
            self._await_head(conn)
        else:
            super().finish_request(conn, fs)

    def _linger(self, conn: TConn) -> None:
        """The last answer is given: the client shall close first (RFC 9112, 9.6), or what it has not read yet is lost.

        gunicorn waits for that up to two seconds, on the thread that all connections need.
        """
        try:
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:  # it has closed already
            self.nr_conns -= 1
            conn.close()
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + LINGER_SECONDS
        self._lingering[conn] = LINGER_BYTES, conn.timeout
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))

    def _drain(self, conn: TConn, client: socket.socket) -> None:
        try:
            data = client.recv(LONGEST_HEAD)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        left, until = self._lingering[conn]
        left, until = left - len(data), until + len(data) / SLOWEST_BYTES
        self._lingering[conn] = left, until
        conn.timeout = min(until, time.monotonic() + LINGER_SECONDS)
        if not data or left <= 0:
            self._end(conn)

    def _end(self, conn: TConn) -> None:
        del self._lingering[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    def _await_head(self, conn: TConn) -> None:
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        ready = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, ready)

    def _head_is_there(self, conn: TConn, client: socket.socket) -> bool:
        """Looks at what has come without taking it; whether a thread could go on without waiting.

        If not, the kernel is told to wake us only when there is more, else the poller would report the same bytes
        for ever. A client that has closed wakes us too, with nothing new: the thread then finds that out.
        """
        try:
            more = client.recv(LONGEST_HEAD, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return self._ready(client)
        head = _taken(conn) + more
        nothing_new = len(more) in (0, self._seen.get(client))
        if self.cfg.is_ssl or END in head or len(head) >= LONGEST_HEAD or nothing_new:
            return self._ready(client)
        self._seen[client] = len(more)
        _wake_at(client, len(more) + 1)
        return False

    def _ready(self, client: socket.socket) -> bool:
        if self._seen.pop(client, None) is not None:
            _wake_at(client, 1)
        return True

    # -- while a thread has it

    def handle(self, conn: TConn) -> Any:
        """One request in a thread, until its time is over."""
        self._until[conn.sock] = time.monotonic() + HEAD_SECONDS
        try:
            return super().handle(conn)
        finally:
            self._until.pop(conn.sock, None)

    def handle_request(self, req: Any, conn: TConn) -> Any:
        """The head is read: the body and the answer have times of their own."""
        unreader, until = conn.parser.unreader, self._until
        receive = unreader.chunk
        waited, received = 0.0, 0

        def receive_in_time(size_hint: int | None = None) -> bytes:
            """Only what the thread waits for the client counts for the body, not what we do in between."""
            nonlocal waited, received
            begun = time.monotonic()
            left = BODY_SECONDS + min(received, MOST_BYTES) / SLOWEST_BYTES - waited
            until[conn.sock] = begun + min(SILENT_SECONDS, left)
            data: bytes = receive(size_hint)
            now = time.monotonic()
            waited, received = waited + now - begun, received + len(data)
            until[conn.sock] = now + ANSWER_SECONDS
            return data

        until[conn.sock] = time.monotonic() + ANSWER_SECONDS
        unreader.chunk = receive_in_time
        try:
            return super().handle_request(req, conn)
        finally:
            del unreader.chunk  # the next head has its own time again

    def murder_pending(self) -> None:
        """At least once a second: closes what waited too long for its head, and ends what a thread waits for."""
        super().murder_pending()
        now = time.monotonic()
        for conn in [one for one in self._lingering if now > one.timeout]:
            self._end(conn)
        for client, until in list(self._until.items()):
            if now > until:
                self._until.pop(client, None)
                _shut(client)
        for client in [one for one in self._seen if one.fileno() < 0]:
            del self._seen[client]


def write_problem(client: socket.socket, status: int, reason: str, message: str) -> None:
    """What gunicorn refuses by itself, such as an address too long, as every other error; it would write HTML."""
    from app.api import problems  # not for the master process, which loads this module too

    identity, detail = problems.request_id_of({}), message or f"{reason}."
    log.warning("request %s was answered with %d: %s", identity, status, detail)
    body = orjson.dumps(problems.document(status, detail, identity))
    head = (
        f"HTTP/1.1 {status} {reason}\r\nConnection: close\r\nContent-Type: {problems.CONTENT_TYPE}\r\n"
        f"Cache-Control: no-store\r\nX-Request-ID: {identity}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(client, head.encode("ascii") + body)


def _is_read(body: Body, client: socket.socket) -> bool:
    """Whether nothing of the body is left to come. A small rest is taken for that, if it comes soon.

    Later it would be too late to tell the client; and what is left would pass for the next request.
    """
    rest = getattr(body.reader, "length", None)  # none of a body that comes in chunks
    if body.failed or (rest is not None and rest > REST_BYTES):
        return False
    if rest == 0:
        return True
    until, left = time.monotonic() + REST_SECONDS, REST_BYTES
    try:
        while left >= 0 and (seconds := until - time.monotonic()) > 0:
            client.settimeout(seconds)
            piece = body.read(1024)
            if not piece:
                return True
            left -= len(piece)
    except (OSError, ParseException):
        return False
    finally:
        client.settimeout(None)
    return False


def _taken(conn: TConn) -> bytes:
    """What gunicorn has read of a further request together with the one before it."""
    return b"" if conn.parser is None else conn.parser.unreader.buf.getvalue()


def _wake_at(client: socket.socket, count: int) -> None:
    """Makes the poller report the client once so many bytes wait. An error here would end the whole worker."""
    with suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)


def _shut(client: socket.socket) -> None:
    """Wakes the thread that reads from or writes to the client, which then ends by itself."""
    with suppress(OSError):  # it has just ended
        client.shutdown(socket.SHUT_RDWR)

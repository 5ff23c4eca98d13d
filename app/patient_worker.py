"""gunicorn's threaded worker, patient with slow clients without giving them its threads.

gunicorn hands every new connection to a thread, which then waits for the client: eight that send nothing, or a byte
now and then, hold all threads of two workers. Here a connection waits in the poller, which costs nothing, until the
head of its request is complete; a thread that has begun is given back after a time that any honest client can keep.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

HEAD_SECONDS = 10.0
"""From the connection, or the first byte of a further request on it, to the end of the head."""
BODY_SECONDS, SLOWEST_BYTES = 30.0, 16 * 1024
"""From the head until the answer is ready, and a second more for each 16 KiB that the client has announced."""
SEND_SECONDS = 120.0
"""For taking the answer."""

MOST_BYTES = 16 * 2**20
"""Nobody gets more time than for the largest body that is taken."""
LONGEST_HEAD = 16 * 1024
"""A longer one is left to a thread, and to the limits of gunicorn."""
END = b"\r\n\r\n"


class PatientWorker(ThreadWorker):
    """See the module. Relies on the inside of gunicorn 27; tests with slow clients hold it to that."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._until: dict[socket.socket, float] = {}
        self._seen: dict[socket.socket, int] = {}

    def load_wsgi(self) -> None:
        """Loads the application and goes around it, to know when its answer is ready."""
        super().load_wsgi()
        inner = self.wsgi

        def answered(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
            answer = inner(environ, start_response)
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
        if self._head_is_there(client):
            super().on_client_socket_readable(conn, client)
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await_head(conn)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """More of a head has come: a thread takes over once all of it is there."""
        if self._head_is_there(client):
            super().on_pending_socket_readable(conn, client)

    def _await_head(self, conn: TConn) -> None:
        conn.timeout = time.monotonic() + HEAD_SECONDS
        self.pending_conns.append(conn)
        ready = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, ready)

    def _head_is_there(self, client: socket.socket) -> bool:
        """Looks at what has come without taking it; whether a thread could go on without waiting.

        If not, the kernel is told to wake us only when there is more, else the poller would report the same bytes
        for ever. A client that has closed wakes us too, with nothing new: the thread then finds that out.
        """
        try:
            head = client.recv(LONGEST_HEAD, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return self._ready(client)
        if self.cfg.is_ssl or END in head or len(head) in (0, LONGEST_HEAD, self._seen.get(client)):
            return self._ready(client)
        self._seen[client] = len(head)
        _wake_at(client, len(head) + 1)
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
        """The head is read: the body and the answer have a time of their own."""
        length = next((value for name, value in req.headers if name == "CONTENT-LENGTH"), "0")
        announced = int(length) if length.isdecimal() and len(length) < 10 else 0
        self._until[conn.sock] = time.monotonic() + BODY_SECONDS + min(announced, MOST_BYTES) / SLOWEST_BYTES
        return super().handle_request(req, conn)

    def murder_pending(self) -> None:
        """At least once a second: closes what waited too long for its head, and ends what a thread waits for."""
        super().murder_pending()
        now = time.monotonic()
        for client, until in list(self._until.items()):
            if now > until:
                self._until.pop(client, None)
                _shut(client)
        for client in [one for one in self._seen if one.fileno() < 0]:
            del self._seen[client]


def _wake_at(client: socket.socket, count: int) -> None:
    """Makes the poller report the client once so many bytes wait. An error here would end the whole worker."""
    with suppress(OSError):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, count)


def _shut(client: socket.socket) -> None:
    """Wakes the thread that reads from or writes to the client, which then ends by itself."""
    with suppress(OSError):  # it has just ended
        client.shutdown(socket.SHUT_RDWR)

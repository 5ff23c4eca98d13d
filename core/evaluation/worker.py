"""The child's side of a pool of processes: takes tasks from a pipe, answers on it, leaves when its parent is gone."""

from __future__ import annotations

import os
import pickle
import threading
import traceback
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any

LOOK_SECONDS = 1.0
"""How often a child looks whether its parent still lives, should the end of the pipe not tell."""


def serve(handle: int) -> None:
    """Works on tasks that come in on the pipe ``handle``; returns never.

    First what all tasks share, then one task after the other: (work, arguments). The answer to each is
    (True, result) or (False, (error, its traceback as text)). All of it pickled by our own parent.
    """
    connection = Connection(handle)
    inbox: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_listen, args=(connection, inbox), name="listen to the parent", daemon=True).start()
    worker = _Worker(inbox.get())
    while True:
        connection.send_bytes(worker.answer(inbox.get()))


def _listen(connection: Connection, inbox: SimpleQueue[bytes]) -> None:
    """Passes messages on, also while the main thread computes: only so is the end of the parent noticed at once."""
    parent = os.getppid()
    try:
        while True:
            while not connection.poll(LOOK_SECONDS):
                if os.getppid() != parent:
                    os._exit(1)
            inbox.put(connection.recv_bytes())
    except (EOFError, OSError):  # the other end of the pipe was closed: the parent has ended, or wants no more
        os._exit(1)


class _Worker:
    def __init__(self, shared: bytes) -> None:
        self._packed: bytes | None = shared
        self._shared: Any = None

    def answer(self, message: bytes) -> bytes:
        try:
            if self._packed is not None:
                self._shared, self._packed = pickle.loads(self._packed), None  # noqa: S301
            work, arguments = pickle.loads(message)  # noqa: S301
            return pickle.dumps((True, work(self._shared, *arguments)), pickle.HIGHEST_PROTOCOL)
        except Exception as error:  # noqa: BLE001 - raised again in the parent
            return pickle.dumps((False, (_portable(error), traceback.format_exc())))


def _portable(error: Exception) -> Exception:
    """The error itself where it survives the way through the pipe, else one with its words."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301
    except Exception:  # noqa: BLE001 - whatever its class does when it is copied
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error

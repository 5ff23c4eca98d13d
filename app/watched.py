"""``python -m app.watched PARENT MODULE …`` runs a module as long as the process PARENT is its parent.

Whatever ends the launcher, kill -9 included, what it started goes too: no orphan keeps the port or goes on training.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

LOOK_SECONDS = 0.5
GRACE_SECONDS = 15


def watch(parent: int) -> None:
    """Ends this process, politely first, once ``parent`` is no longer its parent. Runs in a thread of its own."""
    while os.getppid() == parent:
        time.sleep(LOOK_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


def main() -> None:
    """Starts the watch, then becomes ``python -m MODULE …``."""
    parent, module = int(sys.argv[1]), sys.argv[2]
    threading.Thread(target=watch, args=(parent,), name="watch the launcher", daemon=True).start()
    sys.argv = sys.argv[2:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()

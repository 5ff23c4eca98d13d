"""The WSGI entry: ``server`` is what gunicorn serves. Sets how processes start, builds the app, warms it up, and
starts the scheduler's thread."""

from __future__ import annotations

import multiprocessing

import multiprocess
import pyarrow

# A child forked from a process that has TensorFlow loaded hangs for ever, so children always start afresh.
multiprocessing.set_start_method("spawn", force=True)
multiprocess.set_start_method("spawn", force=True)

# Arrow's own pool claims up to 25 MB more for a moment whenever a page reads a table.
pyarrow.set_memory_pool(pyarrow.system_memory_pool())

from app import create_app  # noqa: E402
from app.observe import UNSEEN  # noqa: E402
from app.settings import Settings  # noqa: E402
from core import logs  # noqa: E402
from core.lifecycle.scheduler import Scheduler  # noqa: E402

logs.set_up()
settings = Settings.from_env()
app = create_app(settings)
server = app.server


def _warm_up() -> None:
    """Asks for the first page: Dash sets itself up in its first request, and fails the parallel ones meanwhile."""
    status = server.test_client().get("/", environ_overrides={UNSEEN: True}).status_code
    if status != 200:
        raise RuntimeError(f"the first page answered {status} at start-up")


# Spawned children import this module as well; they serve nobody.
if multiprocessing.parent_process() is None and multiprocess.parent_process() is None:
    _warm_up()
    Scheduler(settings.core).start()

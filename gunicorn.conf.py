"""How gunicorn serves: light threaded workers, warmed by wsgi.py before they accept. Read by gunicorn itself."""

import os
import shutil
from pathlib import Path
from typing import Any

from app.settings import Settings
from core import logs
from core.lifecycle.processes import end_children

logs.set_up()
_settings = Settings.from_env()

# Where the workers count for /metrics, set before any of them imports prometheus_client: one folder a server, because
# it is emptied when the server starts.
_counts = _settings.core.cache_dir / "metrics" / str(_settings.port)
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_counts)

_memory = Path("/dev/shm")  # noqa: S108 - only for gunicorn's heartbeat files, which it unlinks at once

wsgi_app = "wsgi:server"
bind = f"{f'[{_settings.host}]' if ':' in _settings.host else _settings.host}:{_settings.port}"
worker_class = "app.patient_worker.PatientWorker"
workers = _settings.workers
threads = _settings.threads
# Heartbeats on a real disk stall every worker when the disk does.
worker_tmp_dir = str(_memory) if os.access(_memory, os.W_OK) else None
timeout = 60
graceful_timeout = 10
keepalive = 5
# Above the default of 4,094 bytes a long /predict?dates=… would be refused by gunicorn with an HTML page.
limit_request_line = 8190
# A recycled worker would take the background jobs that it started with it.
max_requests = 0
loglevel = "warning"
# Its default place is one file a user, which two installations would fight for.
control_socket_disable = True


def on_starting(server: Any) -> None:
    """What earlier workers counted is over: Prometheus takes a fall to zero for a restart. Says that pages are open."""
    shutil.rmtree(_counts, ignore_errors=True)
    _counts.mkdir(parents=True, exist_ok=True)
    if _settings.is_left_open:
        server.log.warning(
            "HOST=%s: everybody who reaches this address can see all data and change everything. Close the pages with "
            "python -m core users add NAME --role editor, or by a proxy that signs people in; OPEN_PAGES=1 where that "
            "is meant.",
            _settings.host,
        )


def child_exit(server: Any, worker: Any) -> None:
    """What the worker counted stays; numbers of the moment go with it."""
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def worker_exit(server: Any, worker: Any) -> None:
    """Jobs end with the worker that started them, politely, so that the table says so before the worker waits."""
    end_children()

"""How gunicorn serves: light threaded workers, warmed by wsgi.py before they accept. Read by gunicorn itself."""

import os
from pathlib import Path
from typing import Any

from app.settings import Settings
from core.lifecycle.processes import end_children

_settings = Settings.from_env()
_memory = Path("/dev/shm")  # noqa: S108 - only for gunicorn's heartbeat files, which it unlinks at once

wsgi_app = "wsgi:server"
bind = f"{f'[{_settings.host}]' if ':' in _settings.host else _settings.host}:{_settings.port}"
worker_class = "gthread"
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


def worker_exit(server: Any, worker: Any) -> None:
    """Jobs end with the worker that started them, politely, so that the table says so before the worker waits."""
    end_children()

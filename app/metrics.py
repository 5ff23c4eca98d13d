"""What each request took, counted for Prometheus.

Under gunicorn every worker counts in files of its own, in the folder that PROMETHEUS_MULTIPROC_DIR names (set in
gunicorn.conf.py, before prometheus_client is imported), and whoever is asked adds all of them up. Elsewhere the counts
stay in the process.
"""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, multiprocess
from prometheus_client.values import ValueClass

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

_OWN = CollectorRegistry()
_REQUESTS = Counter("tidemark_requests", "Requests answered.", ["route", "method", "status"], registry=_OWN)
_SECONDS = Histogram(
    "tidemark_request_seconds",
    "Time until the answer was ready to be sent.",
    ["route"],
    buckets=BUCKETS,
    registry=_OWN,
)


def count(route: str, method: str, status: str, seconds: float) -> None:
    """Counts one request; all three texts must come from a bounded set."""
    requests, durations = _children(route, method, status)
    requests.inc()
    durations.observe(seconds)


def registry() -> CollectorRegistry:
    """A new registry with the counts of all workers, to which others may be added."""
    found = CollectorRegistry()
    if ValueClass._multiprocess:
        multiprocess.MultiProcessCollector(found)
    else:
        found.register(_OWN)  # type: ignore[arg-type]
    return found


@lru_cache(maxsize=4096)
def _children(route: str, method: str, status: str) -> tuple[Counter, Histogram]:
    """Looked up once: the library's own look-up costs as much as the counting."""
    return _REQUESTS.labels(route, method, status), _SECONDS.labels(route)

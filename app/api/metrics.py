"""/metrics for Prometheus: what the workers counted, and the present state of forecasts, data and jobs."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterable, Iterator

from flask import Response
from prometheus_client import generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from app import metrics
from app.api.operation import Operation, Operations
from app.api.problems import request_id
from app.api.schemas import TextResponse
from callbacks.services import Services, services
from core import __version__
from core.errors import TidemarkError
from core.lifecycle.version import Version
from core.monitoring import gauges

TEXT = "text/plain"

log = logging.getLogger(__name__)
operations = Operations("metrics")


@operations.operation(
    Operation(
        "/metrics",
        "get",
        "Numbers for Prometheus",
        "Requests and their durations by route, summed over all workers; age of the forecast, drift, open alerts and "
        "jobs, read when asked. In the text format of Prometheus.",
        TextResponse,
        "read",
        gives=(TEXT,),
    )
)
def scrape() -> Response:
    """Everything in the text format; tidemark_up says whether the state could be read."""
    registry = metrics.registry()
    registry.register(State(services()))
    headers = {"Cache-Control": "no-store", "X-Request-ID": request_id()}
    return Response(generate_latest(registry), 200, headers, content_type=CONTENT_TYPE_PLAIN_0_0_4)


class State(Collector):
    """The present state as gauges. Read from the database when asked: a worker's own memory could be out of date."""

    def __init__(self, found: Services) -> None:
        self._services = found

    def describe(self) -> Iterable[Metric]:
        """Nothing: without this the registry would collect once to find out the names."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """What can be read; the rest is left out, as Prometheus wants it."""
        try:
            read = list(self._read())
        except (SQLAlchemyError, TidemarkError, OSError):
            log.exception("the state cannot be read for the metrics")
            read = []
        yield GaugeMetricFamily("tidemark_up", "1 if the state could be read.", value=float(bool(read)))
        yield from read

    def _read(self) -> Iterator[Metric]:
        engine, version = self._services.engine, self._services.registry.champion()
        yield _info(version)
        if version is not None:
            yield GaugeMetricFamily(
                "tidemark_forecast_age_days",
                "Days since the last day that the forecast knows.",
                value=(dt.date.today() - version.origin).days,
            )
            yield from _drift(gauges.last_drift(engine, version.id))
        yield _labelled(
            "tidemark_alerts_open", "Open alerts.", ("severity",), {(k,): n for k, n in _alerts(self._services).items()}
        )
        yield _labelled("tidemark_jobs", "Jobs on record.", ("kind", "state"), gauges.job_states(engine))


def _info(version: Version | None) -> Metric:
    labels = ("software", "version", "trained_at")
    values = (__version__, version.id if version else "", version.created_at if version else "")
    text = "1; the labels say which software runs and which version of the models serves, none before the first."
    return _labelled("tidemark_info", text, labels, {values: 1})


def _drift(found: list[gauges.Drift]) -> Iterator[Metric]:
    indices = {(one.feature,): one.psi for one in found if one.psi is not None}
    limits = {(one.feature,): one.limit for one in found if one.limit is not None}
    yield _labelled("tidemark_drift_psi", "Population stability index, last day monitored.", ("feature",), indices)
    yield _labelled("tidemark_drift_psi_limit", "What the index is held against.", ("feature",), limits)


def _alerts(found: Services) -> dict[str, int]:
    """Zeros too: an alarm rule on a number that comes and goes never rings."""
    return dict.fromkeys(("info", "warning", "critical"), 0) | gauges.open_alerts(found.engine)


def _labelled(
    name: str, text: str, labels: tuple[str, ...], values: dict[tuple[str, ...], float] | dict[tuple[str, str], int]
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for key, value in values.items():
        family.add_metric(key, value)
    return family

"""The daily run: new data, drift against what the champion learnt from, its errors since, and whether to retrain."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.config import Config
from core.errors import InputError, NotReadyError, TidemarkError
from core.lifecycle.bootstrap import PREPARE, Progress, as_job, choose_source, prepare_for_job
from core.lifecycle.jobs import JobCancelledError, JobRun, Jobs
from core.lifecycle.recipe import Recipe, fingerprint
from core.lifecycle.registry import Registry
from core.lifecycle.schedule import Schedule, Settings
from core.state.engine import open_engine
from core.state.tables import now

if TYPE_CHECKING:
    from core.lifecycle.version import Version
    from core.transactions.store import Generation

log = logging.getLogger(__name__)

PAUSE_DAYS = 7
"""Drift and worse forecasts do not retrain more often than this: both last longer than a day, and a new version needs
days of its own before it can be judged."""


@dataclass(frozen=True)
class Findings:
    """What a run found. ``drifted``: what moved by open alerts, None where nothing could be compared; ``worse``:
    whether forecasts got worse, None where it cannot be told; ``news``: the data differ from those of the newest
    version."""

    drifted: tuple[str, ...] | None
    worse: bool | None
    news: bool
    age: dt.timedelta

    def retrain(self, settings: Settings) -> str | None:
        """Why to retrain now, None for no reason. Without new data a retraining would give the same version again."""
        if not self.news:
            return None
        # half a day of grace: a run takes a while, and tomorrow's must not come a day late for it
        if settings.every_days is not None and self.age >= dt.timedelta(days=settings.every_days - 0.5):
            return f"schedule: every {settings.every_days} days"
        if self.age < dt.timedelta(days=PAUSE_DAYS - 0.5):
            return None
        if settings.on_drift and self.drifted:
            return f"drift: {', '.join(self.drifted)}"
        if settings.on_loss and self.worse:
            return "loss: forecasts in use are worse than in any test"
        return None


def daily_run(config: Config, run: JobRun, who: str) -> str | None:
    """Does the run as the job ``run``, whose result says what was found; returns why to retrain, or None.

    Data that cannot be read are reported in the log of the job; what was there before is looked at then.
    """
    run(0.0, "Looking for new data")
    generation, registry = _newest_data(config, run, who), Registry(config)
    version = registry.champion()
    if generation is None or version is None:
        raise NotReadyError("There is no forecast yet: nothing to watch.")
    found = _watch(config, generation, version, run)
    run(0.8, "Comparing forecasts with what came")
    worse, told = _worse(generation, version)
    latest = registry.versions()[0]
    age = now() - dt.datetime.fromisoformat(latest.created_at)
    drifted = None if found is None else tuple(found["drifted"])
    findings = Findings(drifted, worse, _is_news(config, generation, registry), age)
    reason = findings.retrain(Schedule(open_engine(config.database), config).settings()[0])
    run.result = {
        "generation": generation.id,
        "version": version.id,
        "drifted": None if drifted is None else list(drifted),
        "alerts": [] if found is None else found["open"],
        "performance": told,
        "retrain": reason,
    }
    return reason


def _newest_data(config: Config, run: JobRun, who: str) -> Generation | None:
    from core.transactions.store import Store

    def work(tell: Progress) -> tuple[Generation, object]:
        return prepare_for_job(config, choose_source(config), tell)

    jobs = Jobs(open_engine(config.database))
    try:
        return as_job(jobs, PREPARE, who, "daily run", lambda part, text: run(0.4 * part, text), work)
    except JobCancelledError:
        raise
    except TidemarkError as error:
        run.note(f"The data were not read anew: {error}", "warning")
        return Store(config.store_dir).current()


def _watch(config: Config, generation: Generation, version: Version, run: JobRun) -> dict[str, Any] | None:
    """None where nothing could be looked at."""
    from core.monitoring.monitor_job import watch

    try:
        return watch(config, generation, version, lambda part, text: run(0.4 + 0.4 * part, text))
    except (NotReadyError, InputError) as error:
        run.note(str(error), "warning")
        return None
    except JobCancelledError:
        raise
    except Exception as error:  # what is wrong with the watch must not keep the models from being retrained
        log.exception("the monitoring of the daily run has failed")
        run.note(f"The data were not watched: {type(error).__name__}.", "error")
        return None


def _worse(generation: Generation, version: Version) -> tuple[bool | None, dict[str, Any] | None]:
    from core.monitoring.performance import performance

    found = performance(version, generation.panel())
    if found is None:
        return None, None
    told = {"days": found.days, "error": found.error, "tests": list(found.tests), "worse": found.worse}
    return found.worse, told


def _is_news(config: Config, generation: Generation, registry: Registry) -> bool:
    """Whether no version has learnt all of these data by the recipe of the installation."""
    recipe, digest = Recipe.of(config).to_json(), fingerprint(generation.panel())
    return not any(
        version.manifest.get("recipe") == recipe
        and not version.manifest.get("request")
        and version.manifest["data"].get("fingerprint") == digest
        for version in registry.versions()
    )

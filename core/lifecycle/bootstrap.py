"""From nothing, or from what is there, to a forecast that serves: choose the data, prepare them, train if needed."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from core.config import Config
from core.errors import TidemarkError
from core.lifecycle.audit import CHALLENGER
from core.lifecycle.jobs import JobCancelledError, JobRun, Jobs
from core.state.engine import open_engine

if TYPE_CHECKING:
    from core.lifecycle.registry import Registry
    from core.lifecycle.version import Version
    from core.transactions.store import Generation

log = logging.getLogger(__name__)

Progress = Callable[[float, str], None]
Kind = Literal["path", "raw", "sample"]

PREPARE, TRAIN, MONITOR, MERGE = "prepare", "train", "monitor", "merge"
"""Kinds of job; ``monitor`` brings the history of the monitoring up to date, ``merge`` adds lines that were posted."""

T = TypeVar("T")


class JobBusyError(TidemarkError):
    """The same work is being done already, by somebody else."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the data come from: what was loaded on the page Data (``load``: its number), DATA_PATH, the folder ``raw``,
    what was prepared by hand before (``kept``), or a sample. ``path``: None for ``load`` and ``kept``."""

    kind: Kind | Literal["load", "kept"]
    path: Path | None
    sentence: str
    load: int = 0


@dataclass(frozen=True, slots=True)
class Installed:
    """What the installation itself has to offer."""

    kind: Kind
    path: Path
    sentence: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What ``bootstrap`` ended with; ``prepared`` and ``trained`` say whether there was something to do."""

    source: Source
    generation: Generation
    version: Version
    prepared: bool
    trained: bool


def sample_path(config: Config) -> Path:
    """Where the generated sample data are."""
    return config.data_dir / "sample" / "sample_transactions.csv"


def choose_source(config: Config) -> Source:
    """What was loaded on the page Data, else DATA_PATH, else files in ``data/raw``, else data that were prepared
    before, else generated sample data.

    What somebody has loaded goes before what the environment names: a restart must not put the old data back.
    """
    from core.transactions.store import Store

    generation, installed = Store(config.store_dir).current(), choose_installation(config)
    if generation is not None:
        names = ", ".join(dict.fromkeys(source.name for source in generation.manifest.sources))
        if load := generation.manifest.load:
            from core.intake.records import RECORD, Records

            if not (Records(config).folder(load) / RECORD).is_file():
                return Source("kept", None, f"Data: as loaded before, from {names}")
            return Source("load", None, f"Data: as loaded on the page Data (load {load}), from {names}", load)
        if installed.kind == "sample" and not (installed.path.is_file() and _is_of(generation, installed.path)):
            return Source("kept", None, f"Data: as prepared before, from {names}")
    return Source(installed.kind, installed.path, installed.sentence)


def choose_installation(config: Config) -> Installed:
    """DATA_PATH, else files in ``data/raw``, else generated sample data."""
    from core.transactions.kinds import SUFFIXES

    if config.data_path is not None:
        return Installed("path", config.data_path, f"Data: {config.data_path} (DATA_PATH)")
    if config.raw_dir.is_dir():
        files = [path for path in config.raw_dir.iterdir() if path.suffix.lower() in SUFFIXES and path.is_file()]
        if any(not path.name.startswith((".", "~$")) for path in files):
            return Installed("raw", config.raw_dir, f"Data: the files in {config.raw_dir}")
    text = f"Data: generated sample data; for your own, name a file in DATA_PATH or put it into {config.raw_dir}"
    return Installed("sample", sample_path(config), text)


def bootstrap(
    config: Config, on_progress: Progress = lambda fraction, message: None, who: str = "system", why: str = "start"
) -> Outcome:
    """Makes sure that data are prepared and that a version of these data serves; quick when they are.

    Progress (each part from 0 to 1) goes to ``on_progress`` and to the jobs of kind ``prepare`` and ``train``.
    Raises a TidemarkError for data that cannot be used, and JobBusyError when another process is at it.
    """
    from core.lifecycle.registry import Registry
    from core.transactions.store import Store

    jobs = Jobs(open_engine(config.database))
    jobs.reap()
    source = choose_source(config)
    on_progress(0.0, source.sentence)
    before = Store(config.store_dir).current()
    generation = as_job(jobs, PREPARE, who, why, on_progress, lambda run: prepare_for_job(config, source, run))
    prepared = before is None or before.id != generation.id
    registry = Registry(config)
    version, trained = servable(registry, config, generation, who), False
    if version is None:
        from core.lifecycle.training import train_for_job

        version = as_job(jobs, TRAIN, who, why, on_progress, lambda run: train_for_job(config, run, why, who, registry))
        trained = True
    watch_as_job(config, generation, version, who, why, on_progress)
    return Outcome(source, generation, version, prepared, trained)


def watch_as_job(
    config: Config, generation: Generation, version: Version, who: str, why: str, on_progress: Progress
) -> None:
    """Brings the history of the monitoring up to date; that it cannot be is told in the log, and hinders nobody."""
    from core.monitoring.monitor_job import is_due, monitor_for_job

    engine = open_engine(config.database)
    if not is_due(engine, generation, version):
        return
    try:
        as_job(Jobs(engine), MONITOR, who, why, on_progress, lambda run: (None, monitor_for_job(config, run)))
    except JobCancelledError:
        raise
    except TidemarkError as error:
        log.warning("the history of the monitoring is not up to date: %s", error)
    except Exception:  # what is not known must not keep the forecasts from being served
        log.exception("the history of the monitoring is not up to date")


def as_job(
    jobs: Jobs,
    kind: str,
    who: str,
    why: str,
    on_progress: Progress,
    work: Callable[[Progress], tuple[T, object]],
    request: Mapping[str, Any] | None = None,
) -> T:
    """Runs ``work`` as a job: it gets a progress function that writes to the job and to ``on_progress``.

    ``work`` returns its answer and what the job's ``result`` shall be. Raises JobBusyError when such a job runs.
    """
    job = jobs.start(kind, who, why, request)
    if not job.is_new:
        raise JobBusyError(
            f"Another process is at it already: job {job.id} ({kind}) of {job.who}, process {job.pid} on {job.host}."
        )
    with jobs.run(job) as run:
        answer, run.result = work(_both(run, on_progress))
    return answer


def servable(registry: Registry, config: Config, generation: Generation, who: str) -> Version | None:
    """The champion, if training again would change nothing; None when it is time to train.

    A version of these data that was finished but never promoted (the process was killed in between) is promoted.
    A champion that somebody chose by hand although a newer version of these data exists stays, and so does one that
    the gate has kept. Versions of a request of their own (some measures, a window) count only while they serve.
    """
    from core.lifecycle.recipe import Recipe, fingerprint

    champion = registry.champion()
    recipe = Recipe.of(config).to_json()
    digest: list[str] = []

    def fits(version: Version) -> bool:
        if version.manifest.get("recipe") != recipe:
            return False
        if version.manifest["data"].get("generation") == generation.id:
            return True
        digest[:] = digest or [fingerprint(generation.panel())]
        return bool(version.manifest["data"].get("fingerprint") == digest[0])

    if champion is not None and fits(champion):
        return champion
    whole = (version for version in registry.versions() if not version.manifest.get("request"))
    newest = next(whole, None)
    if newest is None or not fits(newest):
        return None
    gate = newest.manifest.get("gate")
    refused = gate is not None and not gate["promote"]
    moves = (*registry.history(limit=None), *registry.history(CHALLENGER, limit=None))
    if champion is not None and (refused or any(move.to_value == newest.id for move in moves)):
        return champion
    try:
        # not over a champion that somebody chose while it was trained
        registry.promote(
            newest.id, who, "finished before, but not yet in use", gate, replacing=newest.manifest.get("replaces")
        )
    except TidemarkError:  # damaged: the registry reports it, and a new training replaces it
        return None
    return registry.champion()


def prepare_source(config: Config, source: Source, on_progress: Progress) -> Generation:
    """The generation of a source that ``choose_source`` named; makes the sample file if it is not there yet."""
    from core.intake.apply import settle_if_needed
    from core.transactions.load import Sources, own_files, prepare_sources
    from core.transactions.merge import merge
    from core.transactions.read import discover
    from core.transactions.sample import write
    from core.transactions.store import Store

    settle_if_needed(config)
    if source.kind == "load":
        from core.intake.records import Records
        from core.intake.states import sources_of

        after = Records(config).get(source.load).after
        return prepare_sources(config, sources_of(config, after, source.load), on_progress, source.load)
    if source.path is None:  # data prepared before are there, or choose_source would name a path
        return merge(config, on_progress)
    if source.kind == "sample" and not source.path.is_file():
        write(source.path, on_progress=lambda fraction, message: on_progress(fraction / 2, f"Making {message}"))
    current = Store(config.store_dir).current()
    rules = None if current is None else current.manifest.rules
    return prepare_sources(config, Sources(own_files(config, discover(source.path)), rules=rules), on_progress, 0)


def prepare_for_job(config: Config, source: Source, on_progress: Progress) -> tuple[Generation, object]:
    """``prepare_source``, and what the result of the job shall say."""
    from core.transactions.store import Store

    before = Store(config.store_dir).current()
    generation = prepare_source(config, source, on_progress)
    if before is not None and before.id == generation.id:
        on_progress(1.0, "The data have not changed")
    return generation, {"generation": generation.id, "source": source.sentence}


def _both(run: JobRun, on_progress: Progress) -> Progress:
    def tell(fraction: float, message: str) -> None:
        run(fraction, message)
        on_progress(fraction, message)

    return tell


def _is_of(generation: Generation, path: Path) -> bool:
    from core.transactions.posted import POSTED

    return {source.name for source in generation.manifest.sources} - {POSTED} == {path.name}

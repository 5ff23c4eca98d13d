"""Loading: what was asked for becomes the data in use, wholly or not at all.

Everything happens under the writer's lock of the store, and all of it becomes true at one moment, when the pointer to
the current generation is replaced: the generation says which load it is of. A process that is killed before leaves the
old state and a folder that the next one removes; killed after it leaves the new one, and the next one, or whoever puts
other data in its place, writes what is missing of the audit and of the record.
"""

from __future__ import annotations

import logging
from pathlib import Path

from sqlalchemy import select

from core.config import Config
from core.errors import InputError
from core.intake.asked import Wanted
from core.intake.records import BASE, KeptFile, Record, Records
from core.intake.states import KEPT_LATER, data_of, keeping, sources_of, state_after, state_now, undone
from core.intake.uploads import Upload, Uploads, still_here
from core.lifecycle import audit
from core.lifecycle.audit import DATA
from core.state.engine import open_engine, writing
from core.state.tables import AUDIT, now
from core.transactions.load import build, fingerprint_of
from core.transactions.posted import batches_of
from core.transactions.publish import link, write_generation, writer_lock
from core.transactions.read import Progress
from core.transactions.store import MANIFEST, Generation, Store
from core.transactions.workspace import MEMORY_LIMIT, workspace

log = logging.getLogger(__name__)


def load(
    config: Config, wanted: Wanted, who: str, why: str, on_progress: Progress = lambda share, text: None
) -> Record:
    """Does a load, an undo or a change of rules, and returns its record. Raises InputError; nothing has changed then.

    The received file belongs to the load from then on and is no longer among those that wait.
    """
    uploads, upload = Uploads(config), None
    if wanted.upload is not None and wanted.mode in ("replace", "add"):
        on_progress(0.0, "Unpacking")
        upload = uploads.checked(wanted.upload)
    with writer_lock(config.store_dir):
        settle(config)
        record = _load(config, wanted, upload, (who, why), on_progress)
    if upload is not None:
        uploads.remove(upload.id)
    return record


def _load(config: Config, wanted: Wanted, upload: Upload | None, by: tuple[str, str], on_progress: Progress) -> Record:
    records, current = Records(config), Store(config.store_dir).current()
    if wanted.data is not None and wanted.data != data_of(current):
        raise InputError("the data have changed since the check", hint="Check again.")
    in_use = 0 if current is None else current.manifest.load
    number, folder = records.begin(in_use)
    try:
        before = state_now(config, current)
        if KEPT_LATER in before.parts and current is not None:
            _keep(current, folder / BASE)
            before = keeping(before, number)
        if wanted.mode == "undo":
            after = undone(records.published(in_use), in_use, wanted.load or 0)
        else:
            after = state_after(config, wanted, number, before)
        files = () if upload is None else (_take(upload, folder),)
        columns = {} if upload is None else dict(wanted.columns)
        undoes = wanted.load if wanted.mode == "undo" else None
        record = Record(number, now().isoformat(), *by, wanted.mode, files, columns, undoes, before, after, in_use)
        records.complete(record)  # the files are read from where they stay
        sources = sources_of(config, after, number)
        with workspace(config.store_dir, MEMORY_LIMIT) as connection:
            fingerprint = fingerprint_of(config, sources)
            built = build(config, connection, sources, fingerprint, on_progress, batches_of(config))
            record = record.made(built.manifest)
            records.complete(record)
            on_progress(0.8, "Writing the cleaned lines")
            write_generation(config.store_dir, connection, built.panel, built.manifest)
    except BaseException:
        if _in_use(config) != number:  # else what failed came after it
            records.abandon(number)
        raise
    try:
        _done(config, record)
    except Exception:  # the data are in use: whatever looks next completes the rest
        log.exception("the load %d is in use; its record is completed later", number)
    return record


def settle(config: Config) -> None:
    """Completes what a killed process has left undone. Needs the writer's lock."""
    in_use, records = _in_use(config), Records(config)
    record = records.published(in_use).get(in_use)
    if record is not None:
        _done(config, record)
    records.settle(in_use)


def settle_if_needed(config: Config) -> None:
    """``settle`` where something is left; takes the lock only then."""
    if Records(config).unsettled():
        with writer_lock(config.store_dir):
            settle(config)


def _done(config: Config, record: Record) -> None:
    """The mark comes last: what has none is settled."""
    _audit(config, record)
    Records(config).mark(record.number)


def _in_use(config: Config) -> int:
    current = Store(config.store_dir).current()
    return 0 if current is None else current.manifest.load


def _take(upload: Upload, folder: Path) -> KeptFile:
    with still_here():
        link(upload.file, folder / upload.file.name)
    return KeptFile(upload.file.name, upload.name, upload.kind, upload.size)


def _keep(generation: Generation, folder: Path) -> None:
    """A second name for every file with lines, which nobody changes: it costs no room while the generation is there."""
    for view in ("lines", "rejected"):
        for file in sorted((generation.path / view).rglob("*.parquet")):
            copy = folder / file.relative_to(generation.path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            link(file, copy)
    link(generation.path / MANIFEST, folder / MANIFEST)


def _audit(config: Config, record: Record) -> None:
    """Tells the audit of a load, once."""
    engine = open_engine(config.database)
    told = {
        "at": record.at,
        "mode": record.mode,
        "files": [one.name for one in record.files],
        "undoes": record.undoes,
        "rules": None if record.after.rules is None else dict(record.after.rules),
        "lines_in": record.lines_in,
        "lines_out": record.lines_out,
        "first_day": record.first_day,
        "last_day": record.last_day,
    }
    with writing(engine) as connection:
        mine = select(AUDIT.c.evidence).where(AUDIT.c.subject == DATA, AUDIT.c.to_value == str(record.number))
        if any(one["at"] == record.at for one in connection.execute(mine).scalars()):
            return
        values = (str(record.number_before) if record.number_before else None, str(record.number))
        audit.record(connection, record.who, DATA, values, record.why, told)

"""What the jobs LOOK, CHECK and LOAD do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from core.config import Config
from core.errors import InputError
from core.intake.apply import load
from core.intake.asked import CHECK, LOOK, Wanted
from core.intake.check import check
from core.intake.loads import Loads
from core.intake.look import look_at
from core.intake.uploads import Uploads, still_here
from core.lifecycle.jobs import Job, JobRun
from core.lifecycle.processes import bounded_memory
from core.transactions.store import Store


def intake_for_job(config: Config, run: JobRun, job: Job) -> Mapping[str, Any]:
    """Does the job and returns its result. Raises InputError for what cannot be read or asked for."""
    request = job.request or {}
    with bounded_memory():
        if job.kind == LOOK:
            return _look(config, run, str(request.get("upload")))
        wanted = Wanted.of(request)
        if job.kind == CHECK:
            return check(config, wanted, run).to_json()
        return load(config, wanted, job.who, job.why, run).result()


def _look(config: Config, run: JobRun, upload: str) -> dict[str, Any]:
    """A file that cannot be read is forgotten."""
    uploads = Uploads(config)
    run(0.0, "Looking at the file")
    found = uploads.checked(upload)
    try:
        known = Loads(config, Store(config.store_dir)).mappings()
        with still_here():
            seen = look_at(found, known)
    except InputError:
        uploads.remove(upload)
        raise
    uploads.keep_look(seen)
    return {"upload": upload, "sheets": len(seen.sheets), "lines": sum(one.lines for one in seen.sheets)}

"""POST /transactions: batches of lines, each kept wholly or not at all, and on the disk before the answer."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pyarrow as pa
from flask import Response, current_app, request
from sqlalchemy.exc import SQLAlchemyError

from app.api.operation import Operation, Operations, respond, unknown, whole_body
from app.api.problems import ApiError
from app.api.schemas_transactions import MAX_LINES, BatchResponse, TransactionBatch
from app.api.transactions_read import CSV, JSON, NDJSON, columns_of, refused
from app.api.who import who
from callbacks.services import Services, services
from core.errors import DiskFullError, NotReadyError
from core.lifecycle.merging import Starter
from core.transactions.checked import LATE_DAYS, Fault, faults_in, table_of
from core.transactions.posted import Batch, Batches, KeyReusedError, digest_of

MAX_BYTES = 8 * 2**20
KEY_HEADER = "Idempotency-Key"
KEY_PATTERN = r"^[!-~]{1,200}$"
STARTER = "tidemark.merging"


operations = Operations("transactions")

TEXT = (
    f"Takes 1 to {MAX_LINES:,} lines as JSON, as NDJSON (a JSON object a line) or as CSV (a header with these names or "
    "those of your files), all or none. What is accepted is on the disk before the answer and part of the data within "
    "about two seconds; forecasts learn from it at the next training. The same batch sent again counts once: it is "
    "known by its Idempotency-Key, without one by its lines. Every fault is listed with a pointer such as "
    "/lines/3/price (lines count from 0, whatever the form), at most 100 of them. Lines of long ago and of days that "
    "have lines already are welcome; a day that lies ahead, or more than 400 days away from all others, is not; "
    "tomorrow is, where clocks of other zones may be already. "
    f"Nor is a day more than {LATE_DAYS} days after the last one known (or than the longest pause in the data, if that "
    "is longer), unless the batch has days between: they would all count as days without a sale."
)


@operations.operation(
    Operation(
        "/transactions",
        "post",
        "Add lines to the data",
        TEXT,
        BatchResponse,
        "write",
        body=TransactionBatch,
        status=201,
        errors=(409,),
        accepts=(JSON, NDJSON, CSV),
        takes={
            KEY_HEADER: {
                "description": "Names the batch: sent again with the same lines it is not added again (the answer says "
                "replayed), with other lines it is refused (409). Keys are shared by all clients.",
                "schema": {"type": "string", "pattern": KEY_PATTERN},
            }
        },
        max_bytes=MAX_BYTES,
    ),
    raw=True,
)
def accept() -> Response:
    """Reads, checks and keeps the batch, and sees to it that somebody merges it."""
    if request.args:
        unknown(list(request.args))
    key, found = _key(), services()
    columns = columns_of(request.mimetype, whole_body(MAX_BYTES), found.settings.core.columns)
    table, faults = table_of(columns)
    if table is None:
        raise _refused(faults)
    digest = digest_of(table)
    batch = Batch(f"key {key}" if key is not None else f"lines {digest}", digest, table)
    try:
        number, is_new = _kept(found, batch)
    except KeyReusedError:
        raise ApiError(409, f"{KEY_HEADER} was used before, for a batch with other lines.") from None
    except DiskFullError as error:
        raise NotReadyError(str(error)) from error
    except SQLAlchemyError as error:
        raise NotReadyError("The database does not answer at the moment; send the batch again.") from error
    if is_new:
        _see_to_merging(found)
    answer = BatchResponse(batch=number, lines=len(table), days=batch.days, replayed=not is_new)
    return respond(answer, 201)


def _kept(found: Services, batch: Batch) -> tuple[int, bool]:
    """Number of the batch, and whether it is new. Raises ApiError for lines that cannot become part of the data."""
    batches = Batches(found.engine)
    known = batches.find(batch.key, batch.digest)
    if known is not None:
        return known, False
    _check(found, batches, batch.table)
    return batches.accept(batch, who())


def _check(found: Services, batches: Batches, table: pa.Table) -> None:
    generation = found.store.current()
    if generation is None:
        raise NotReadyError("The first data are being prepared; send the batch again in a few seconds.")
    if faults := faults_in(table, generation, batches.spans(generation.manifest.posted), dt.date.today()):
        raise _refused(faults)


def _refused(faults: list[Fault]) -> ApiError:
    return refused([(f"/lines/{one.line}/{one.field}", one.sentence) for one in faults], len(faults))


def _key() -> str | None:
    key: str | None = request.headers.get(KEY_HEADER)
    if key is not None and not re.fullmatch(KEY_PATTERN, key):
        sentence = "must be 1 to 200 visible ASCII characters"
        raise ApiError(422, f"{KEY_HEADER}: {sentence}.", [("", f"{KEY_HEADER} {sentence}")])
    return key


def _see_to_merging(found: Services) -> None:
    """The batch is on the disk: that nobody can be started now is no reason to tell the client otherwise."""
    try:
        _starter(found).start()
    except OSError:
        current_app.logger.exception("nobody was started to merge posted lines; the scheduler will try again")


def _starter(found: Services) -> Starter:
    """One a web process."""
    kept: dict[str, Any] = current_app.extensions
    starter: Starter = kept.setdefault(STARTER, Starter(found.settings.core))
    return starter

"""Checking a load before anything changes: everything wrong with the file, or what the data would be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import duckdb

from core.config import Config
from core.errors import InputError
from core.intake.asked import Wanted
from core.intake.effects import effects
from core.intake.facts import MOST_FAULTS, Checked, Fault, Summary
from core.intake.states import data_of, sources_of, state_after, state_now, upload_file
from core.intake.uploads import Uploads
from core.transactions.clean import waterfall
from core.transactions.daily import measures_for
from core.transactions.faults import Faults
from core.transactions.load import TOO_LARGE, Read, Sources, all_dropped, read_sources, refuse_far, sources_in
from core.transactions.outline import clean_all, outline
from core.transactions.posted import POSTED, batches_of, insert_posted
from core.transactions.read import File, Progress
from core.transactions.rules import switched_on, switches
from core.transactions.staging import LINE_COLUMNS, Staged
from core.transactions.store import Generation, Store
from core.transactions.stored import files_of
from core.transactions.workspace import MEMORY_LIMIT, scalar, workspace


def check(config: Config, wanted: Wanted, on_progress: Progress = lambda share, text: None) -> Checked:
    """Raises InputError for a request that cannot be at all; what is wrong with the file is in the answer."""
    uploads, upload = Uploads(config), None
    if wanted.upload is not None and wanted.mode != "rules":
        on_progress(0.0, "Unpacking")
        upload = upload_file(uploads.checked(wanted.upload), wanted)
    current = Store(config.store_dir).current()
    number = 1 if current is None else current.manifest.load + 1
    state = state_after(config, wanted, number, state_now(config, current))
    sources = sources_of(config, state, number, current, upload)
    found = _checked(config, sources, current, upload, on_progress)
    return replace(found, data=data_of(current))


def _checked(
    config: Config, sources: Sources, current: Generation | None, upload: File | None, on_progress: Progress
) -> Checked:
    faults, uploads = Faults(), Uploads(config)
    uploads.root.mkdir(parents=True, exist_ok=True)
    with workspace(uploads.root, MEMORY_LIMIT) as connection:  # that of the store is cleared by whoever writes there
        try:
            found = read_sources(connection, sources, lambda share, text: on_progress(0.6 * share, text), faults)
        except InputError as error:
            faults.add(error)
        if faults.count:
            return Checked(faults=_told(faults), fault_count=faults.count)
        on, off = switches(sources.rules, config.rules_on, config.rules_off)
        return _Check(config, connection, current, found, upload, sources.name).run((on, off), on_progress)


class _Check:
    """What is worked out from ``raw``, which holds all lines but the posted ones."""

    def __init__(
        self,
        config: Config,
        connection: duckdb.DuckDBPyConnection,
        current: Generation | None,
        found: Read,
        upload: File | None,
        name: str,
    ) -> None:
        self._connection, self._current, self._found, self._name = connection, current, found, name
        self._upload, self._batches = upload, batches_of(config)
        self._posted = 0 if found.base is None else found.base.manifest.posted

    def run(self, chosen: tuple[frozenset[str], frozenset[str]], on_progress: Progress) -> Checked:
        connection, columns = self._connection, self._found.columns
        rules = switched_on(columns, *chosen)
        on_progress(0.6, "Cleaning")
        try:
            in_force, remarks = clean_all(connection, rules)
            refuse_far(connection, self._found.origins)
            staged = [*self._found.staged, *self._with_posted()]
            if len(staged) > len(self._found.staged):
                in_force, remarks = clean_all(connection, rules)
        except InputError as error:
            return _refused(error)
        except duckdb.ConversionException:
            return _refused(InputError(TOO_LARGE, file=self._name))
        lines_in, counts, lines_out = waterfall(connection, in_force)
        seen = outline(connection) if lines_out else None
        on_progress(0.75, "Trying each switch")
        switched = tuple(effects(connection, columns, {rule.id for rule in in_force}))
        if seen is None:
            fault = _fault(InputError(all_dropped(counts, lines_in), file=self._name))
            return Checked(faults=(fault,), fault_count=1, rules=switched)
        measures = measures_for(columns)
        after = Summary(
            lines_in, lines_out, seen.first_day, seen.last_day, seen.partial_day, tuple(columns), measures,
            seen.segments, tuple((_name_of(one.name, one.sheet), one.lines) for one in sources_in(staged)),
        )  # fmt: skip
        on_progress(0.9, "Comparing with what is in use")
        now = None if self._current is None else summary(self._current)
        before = () if now is None else now.measures
        return Checked(
            after=after,
            now=now,
            rules=switched,
            **self._of_file(),
            gained=tuple(one for one in measures if now is not None and one not in before),
            lost=tuple(one for one in before if one not in measures),
            notes=(*(note for one in staged for note in one.notes), *remarks),
        )

    def _with_posted(self) -> Sequence[Staged]:
        if self._batches is None:
            return ()
        more = insert_posted(self._connection, self._batches, self._found.columns, self._posted)
        return [Staged(POSTED, None, more.lines, {})] if more.lines else ()

    def _of_file(self) -> dict[str, Any]:
        """What is told of the received file alone; nothing where there is none."""
        if self._upload is None:
            return {}
        mine = [number for number, one in enumerate(self._found.origins) if one.path == self._upload.path]
        where = f"source IN ({', '.join(map(str, mine)) or 'NULL'})"
        lines, first, last = self._connection.execute(
            f"SELECT count(*), min(time)::DATE, max(time)::DATE FROM raw WHERE {where}"
        ).fetchall()[0]
        told: dict[str, Any] = {"file_lines": lines, "file_first": first, "file_last": last}
        if self._current is not None:
            told["shared_days"] = int(
                scalar(
                    self._connection,
                    f"""SELECT count(*) FROM (SELECT DISTINCT time::DATE AS day FROM raw WHERE {where})
                        SEMI JOIN (SELECT DISTINCT time::DATE AS day FROM {_lines(self._current)}) USING (day)""",
                )
            )
            told["shared_lines"] = int(
                scalar(
                    self._connection,
                    f"""SELECT count(*) FROM (SELECT DISTINCT key FROM raw WHERE {where})
                        SEMI JOIN {_lines(self._current)} USING (key)""",
                )
            )
        return told


def summary(generation: Generation) -> Summary:
    """Of the data in use."""
    one = generation.manifest
    sources = tuple((_name_of(source.name, source.sheet), source.lines) for source in one.sources)
    return Summary(
        one.lines_in, one.lines_out, one.first_day, one.last_day, one.partial_day, one.columns, one.measures,
        one.segments, sources,
    )  # fmt: skip


def _lines(generation: Generation) -> str:
    """SQL for the time and the key of every different line of a generation."""
    key = "key" if generation.manifest.further_columns else f"hash({', '.join(LINE_COLUMNS)}) AS key"
    lines, rejected = files_of(generation, "lines", None), files_of(generation, "rejected", None)
    return f"(SELECT time, {key} FROM {lines} UNION ALL SELECT time, {key} FROM {rejected} WHERE rule <> 'duplicate')"


def _name_of(file: str, sheet: str | None) -> str:
    return file if sheet is None else f"{file}, {sheet}"


def _told(faults: Faults) -> tuple[Fault, ...]:
    """In the order of the file."""
    found = [_fault(one) for one in faults.found[:MOST_FAULTS]]
    return tuple(sorted(found, key=lambda one: (one.file or "", one.sheet or "", one.row or 0)))


def _fault(error: InputError) -> Fault:
    texts = (error.problem, error.hint and _cut(error.hint), _cut(str(error)))
    return Fault(error.file, error.sheet, error.row, error.column and _cut(error.column, 100), *texts)


def _cut(text: str, longest: int = 1_000) -> str:
    """Headers of strangers may have names of any length."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _refused(error: InputError) -> Checked:
    return Checked(faults=(_fault(error),), fault_count=1)

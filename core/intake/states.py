"""What the data in use are made from, what they would be made from after a load, and the files that this means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from core.config import Config
from core.errors import InputError, MissingError
from core.intake.asked import Wanted
from core.intake.records import Part, Record, Records, State, can_undo
from core.intake.uploads import Upload
from core.transactions.load import Sources, fingerprint_of, own_files
from core.transactions.posted import POSTED
from core.transactions.publish import known_fingerprint
from core.transactions.read import File, discover
from core.transactions.rules import standard
from core.transactions.store import Generation

KEPT_LATER = Part("kept")
"""The lines of the current generation, which no record keeps yet."""


def data_of(current: Generation | None) -> str:
    """Tells the data in use from others: the id of the generation that was loaded in full, of which posted lines make
    continuations, or "" before the first."""
    return "" if current is None else current.manifest.loaded or current.id


def state_now(config: Config, current: Generation | None) -> State:
    """What the data in use are made from.

    Data that were prepared by hand, from files that nothing here names, are their own source.
    """
    from core.lifecycle.bootstrap import choose_installation

    if current is not None and current.manifest.load:
        try:
            return Records(config).get(current.manifest.load).after
        except MissingError:
            return State(0, (KEPT_LATER,), current.manifest.rules)
    source = choose_installation(config)
    if current is None:
        return State(0, () if source.kind == "sample" else (Part(source.kind),), None)
    own = _is_of(config, current, source.path)
    return State(0, (Part(source.kind),) if own else (KEPT_LATER,), current.manifest.rules)


def _is_of(config: Config, current: Generation, source: Path) -> bool:
    """Whether the data were made from the files that the installation names: these very files (by their names alone
    where an earlier version made the data), or others that were the same."""
    try:
        files = own_files(config, discover(source))
    except InputError:  # nothing is there now
        return False
    paths, names = {str(one.path.absolute()) for one in files}, {one.path.name for one in files}
    there = [one for one in current.manifest.sources if one.name != POSTED]
    if there and all(one.path in paths if one.path else one.name in names for one in there):
        return True
    fingerprint = fingerprint_of(config, Sources(files, rules=current.manifest.rules))
    return fingerprint in (current.manifest.fingerprint, known_fingerprint(config.store_dir, current.id))


def state_after(config: Config, wanted: Wanted, number: int, before: State) -> State:
    """What the data will be made from, once load ``number`` is there. Raises InputError for what cannot be."""
    rules = before.rules if wanted.rules is None else _merged(before.rules, wanted.rules, config)
    match wanted.mode:
        case "replace":
            return State(number, (Part("files", number),), rules)
        case "add":
            return State(number, (*before.parts, Part("files", number)), rules)
        case "rules":
            if not before.parts:
                raise InputError("there are no data yet whose cleaning could change", hint="Load a file first.")
            return State(number, before.parts, None if wanted.rules is None else rules)
        case "undo":
            raise AssertionError("an undo goes back to a state that there was")


def _merged(before: Mapping[str, bool] | None, chosen: Mapping[str, bool], config: Config) -> dict[str, bool]:
    """Every rule with its switch, as chosen now, chosen before, or by the environment."""
    return {**standard(config.rules_on, config.rules_off), **(before or {}), **chosen}


def undone(records: dict[int, Record], current: int, number: int) -> State:
    """The state before ``number``, if that is what can be undone now. Raises InputError, MissingError."""
    if number not in records:
        raise MissingError(f"there is no load {number}")
    if not records[number].before.parts:
        raise InputError(f"there were no data before load {number}")
    if not can_undo(records, current, number):
        raise InputError(f"load {number} is not the last one in force", hint="Undo what came after it first.")
    return records[number].before


def keeping(state: State, number: int) -> State:
    """The state with the lines of the current generation kept by load ``number``."""
    return replace(state, parts=tuple(Part("kept", number) if one == KEPT_LATER else one for one in state.parts))


def sources_of(
    config: Config, state: State, load: int, current: Generation | None = None, upload: File | None = None
) -> Sources:
    """The files and kept lines of a state, for a generation of the number ``load``.

    ``current``: stands for lines that are still to be kept; ``upload``: for the files of load ``load``, which are not
    there yet. Raises InputError for files that are gone.
    """
    records = Records(config)
    files: list[File] = []
    base = None
    for part in state.parts:
        match part.kind:
            case "kept":
                base = current if part.load is None else Generation(records.base(part.load))
            case "files" if part.load == load and upload is not None:
                files.append(upload)
            case "files":
                files.extend(files_in(records, part.load or 0))
            case _:
                files.extend(_installed(config, part))
    return Sources(tuple(files), base, load, state.rules)


def files_in(records: Records, number: int) -> list[File]:
    """The files that a load has kept. Raises MissingError if it is gone."""
    record = records.get(number)
    folder = records.folder(number)
    return [File(folder / one.file, record.columns, one.name) for one in record.files]


def _installed(config: Config, part: Part) -> tuple[File, ...]:
    from core.lifecycle.bootstrap import sample_path

    if part.kind == "path":
        if config.data_path is None:
            raise InputError(
                "DATA_PATH is not set any more, and what was loaded stands beside it",
                hint="Set it again, or load a file that replaces all data.",
            )
        return own_files(config, discover(config.data_path))
    return own_files(config, discover(config.raw_dir if part.kind == "raw" else sample_path(config)))


def upload_file(upload: Upload, wanted: Wanted) -> File:
    """A received file as the readers take it."""
    return File(upload.file, wanted.columns, upload.name)

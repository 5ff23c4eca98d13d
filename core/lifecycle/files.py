"""Files that must survive a power cut: synced writes, hashes, and manifests of folders."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.errors import TidemarkError

MANIFEST, SEAL = "manifest.json", "seal"


class DamagedError(TidemarkError):
    """A folder is not what its manifest says; the text names the file."""


def sha256(data: bytes) -> str:
    """Hexadecimal digest."""
    return hashlib.sha256(data).hexdigest()


def file_sha256(path: Path) -> str:
    """Hexadecimal digest of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Waits until a file's bytes, or a folder's entries, are on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_synced(path: Path, text: str) -> None:
    """Writes a file wholly or not at all: whenever the power goes, a reader finds the old one or the new one."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with temporary.open("w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync(path.parent)


def content(folder: Path) -> list[Path]:
    """All files below a folder but its manifest, sorted by their name relative to it."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / MANIFEST)


def seal(folder: Path, manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Syncs every file, then writes the manifest with their hashes under ``files`` last; returns it.

    ``seal`` in it is the hash of the rest of the manifest, so that every byte of the folder is accounted for.
    """
    files = content(folder)
    for path in files:
        sync(path)
    for path in sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True):
        sync(path)
    sealed: dict[str, Any] = {
        **manifest,
        "files": {path.relative_to(folder).as_posix(): file_sha256(path) for path in files},
    }
    temporary = folder / f".{MANIFEST}"
    sealed[SEAL] = _seal_of(sealed)
    temporary.write_bytes(_written(sealed))
    sync(temporary)
    temporary.replace(folder / MANIFEST)
    sync(folder)
    return sealed


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a sealed folder. Raises DamagedError when it is missing or is not one."""
    try:
        data = (folder / MANIFEST).read_bytes()
        manifest = json.loads(data)
    except FileNotFoundError:
        raise DamagedError(f"{MANIFEST} is missing") from None
    except OSError as error:
        raise DamagedError(f"{MANIFEST} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise DamagedError(f"{MANIFEST} cannot be read ({error})") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise DamagedError(f"{MANIFEST} is not a manifest")
    if manifest.get(SEAL) != _seal_of(manifest) or data != _written(manifest):
        raise DamagedError(f"{MANIFEST} is not the file that was written")
    return manifest


def _written(manifest: Mapping[str, Any]) -> bytes:
    return json.dumps(manifest, indent=1, ensure_ascii=False).encode()


def _seal_of(manifest: Mapping[str, Any]) -> str:
    return sha256(_written({key: value for key, value in manifest.items() if key != SEAL}))


def read_verified(folder: Path, manifest: Mapping[str, Any], name: str) -> bytes:
    """A file's bytes, checked against the manifest. Raises DamagedError."""
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise DamagedError(f"{name} cannot be read ({error.strerror})") from error
    if sha256(data) != manifest["files"].get(name):
        raise DamagedError(f"{name} is not the file that was written")
    return data


def verify(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Compares every file with its hash. Raises DamagedError naming the first that differs."""
    for name, digest in manifest["files"].items():
        try:
            found = file_sha256(folder / name)
        except OSError as error:
            raise DamagedError(f"{name} cannot be read ({error.strerror})") from error
        if found != digest:
            raise DamagedError(f"{name} is not the file that was written")


def traces(folder: Path, manifest: Mapping[str, Any]) -> tuple[object, ...]:
    """What a change of any file of the folder leaves in its directory entry: size, times and number; None: missing."""
    found: list[object] = []
    for name in (MANIFEST, *manifest["files"]):
        try:
            entry = (folder / name).stat()
        except OSError:
            found.append(None)
        else:
            found.append((entry.st_size, entry.st_mtime_ns, entry.st_ctime_ns, entry.st_ino))
    return tuple(found)

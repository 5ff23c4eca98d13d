"""Points of backtests kept on disk: one file a model, named by the hash of all that the points depend on."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import platform
import tempfile
import zipfile
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from core.evaluation.fanout import Work
from core.evaluation.points import Points
from core.models.base import Forecaster
from core.models.catalogue import MODELS
from core.series.fingerprint import fingerprint

log = logging.getLogger(__name__)

MOST_BYTES = 500_000_000
"""What the folder may hold; beyond that the files that were not used for the longest time go."""
SOURCES = ("models", "series", "evaluation")
"""Parts of ``core`` whose code the points depend on: any change of it starts anew."""
PACKAGES = (
    "numpy", "pandas", "scipy", "statsmodels", "scikit-learn", "holidays", "xgboost", "xgboost-cpu", "tensorflow",
    "tensorflow-cpu", "keras",
)  # fmt: skip
DAMAGE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
"""What reading a file raises that was cut off, changed or made by something else."""


class PointsCache:
    """The points of one backtest in ``folder``, which need not exist.

    Only models of the catalogue are kept: of others the code is not known. The folder is never in the way: what cannot
    be read is computed and written again, what cannot be written is logged.
    """

    def __init__(self, folder: Path, work: Work) -> None:
        self.folder = folder
        self._shape = len(work.panel.series), sum(fold.horizon for fold in work.folds)
        self._code = code_digest()
        self._digest = _digest(work, self._code)

    def load(self, model: type[Forecaster]) -> Points | None:
        """None if there is nothing, or nothing that can be used."""
        path = self._path(model)
        if path is None or not path.is_file():
            return None
        try:
            # from memory: of a damaged file numpy would leave the handle open
            with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as data:
                points = Points(data["mean"], data["open"], float(data["seconds"]))
            if points.mean.shape != self._shape or points.is_open.shape != self._shape:
                raise ValueError(f"arrays of shape {points.mean.shape}, not {self._shape}")
            if points.mean.dtype != np.float64 or points.is_open.dtype != np.bool_:
                raise ValueError(f"arrays of {points.mean.dtype} and {points.is_open.dtype}")
            os.utime(path)
        except DAMAGE as error:
            log.warning("%s cannot be used and is made again: %s", path, error)
            return None
        return points

    def store(self, model: type[Forecaster], points: Points) -> None:
        """Keeps the points; whole or not at all, whatever happens meanwhile.

        Not if the code has changed since the key was made: other processes may have computed with the new one.
        """
        path = self._path(model)
        if path is None or code_digest() != self._code:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(path, points)
            _tidy(self.folder, path)
        except OSError as error:
            log.warning("%s cannot be kept: %s", path, error)

    def _path(self, model: type[Forecaster]) -> Path | None:
        if model.name not in MODELS or MODELS[model.name] is not model:
            return None
        return self.folder / f"{model.name}-{hashlib.sha256(f'{self._digest} {model.name}'.encode()).hexdigest()}.npz"


def _digest(work: Work, code: str) -> str:
    """Of everything but the model."""
    parts = {
        "panel": fingerprint(work.panel),
        "folds": [(fold.origin.isoformat(), fold.horizon) for fold in work.folds],
        "calendars": {day.isoformat(): calendar.to_json() for day, calendar in work.calendars.items()},
        "window": work.window,
        "refit_every": work.refit_every,
        "code": code,
        "packages": _versions(),
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def code_digest() -> str:
    """SHA-256 of the sources that points depend on, as they are now."""
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for path in sorted(path for name in SOURCES for path in (root / name).rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@lru_cache(maxsize=1)
def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # a build under another name, or one that is not needed
    return found


def _write(path: Path, points: Points) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".tmp", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            np.savez(stream, mean=points.mean, open=points.is_open, seconds=np.float64(points.seconds))
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _tidy(folder: Path, newest: Path) -> None:
    """Removes the files used longest ago until the rest fits; ``newest`` stays. Other processes may do the same."""
    files = []
    for path in (path for path in folder.iterdir() if path.suffix in (".npz", ".tmp")):
        try:
            found = path.stat()
        except FileNotFoundError:  # removed by another process
            continue
        files.append((found.st_mtime, found.st_size, path))
    room = MOST_BYTES - sum(size for _, size, path in files if path == newest)
    for _, size, path in sorted(files, reverse=True):
        if path == newest:
            continue
        room -= size
        if room < 0:
            path.unlink(missing_ok=True)

"""Frames of forecasts on disk: Parquet that comes out the same, byte by byte, for the same frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

WORDS = ("model", "measure", "segment", "reason")


def write_frame(path: Path, frame: pd.DataFrame, columns: tuple[str, ...]) -> None:
    """Parquet with words as dictionaries and days as dates; the same frame gives the same bytes."""
    arrays: dict[str, pa.Array] = {}
    for name in columns:
        values = frame[name]
        if name in WORDS:
            arrays[name] = pa.array(values.astype(str).to_numpy(object), pa.string()).dictionary_encode()
        elif name in ("date", "cutoff"):
            arrays[name] = pa.array(values.to_numpy("datetime64[ms]"), pa.timestamp("ms"))
        elif name == "open":
            arrays[name] = pa.array(values.to_numpy(bool))
        elif name == "horizon":
            arrays[name] = pa.array(values.to_numpy(np.int32))
        else:
            arrays[name] = pa.array(values.to_numpy(np.float64), from_pandas=False)
    pq.write_table(pa.table(arrays), path, compression="zstd")

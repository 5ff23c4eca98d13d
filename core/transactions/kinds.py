"""Kinds of files that can be read, by the end of their names."""

from __future__ import annotations

from typing import Literal

Kind = Literal["csv", "xlsx", "parquet"]

CSV = (".csv", ".tsv", ".txt")
XLSX = (".xlsx", ".xlsm")
PARQUET = (".parquet", ".pq")
SUFFIXES = CSV + XLSX + PARQUET


def kind_of(suffix: str) -> Kind | None:
    """Of a suffix such as .CSV; None for one that cannot be read."""
    kinds: tuple[tuple[tuple[str, ...], Kind], ...] = ((CSV, "csv"), (XLSX, "xlsx"), (PARQUET, "parquet"))
    return next((kind for suffixes, kind in kinds if suffix.lower() in suffixes), None)

"""Every fault of a file instead of the first: readers that are given a collector note cells that cannot be used."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import duckdb

from core.errors import InputError

MOST = 100
"""Faults that are kept; more are only counted."""


@dataclass(slots=True)
class Faults:
    """What cannot be used. Where there is anything in it, the lines that were read are to be thrown away."""

    found: list[InputError] = field(default_factory=list)
    count: int = 0

    def add(self, fault: InputError) -> None:
        self.count += 1
        if len(self.found) < MOST:
            self.found.append(fault)

    def add_cells(
        self, connection: duckdb.DuckDBPyConnection, query: str, where: dict[str, Any], says: str, hint: str
    ) -> None:
        """Every cell of a query (row, text; in order) as ``says`` words it, with {} for the text in quotes."""
        rows = connection.execute(f"SELECT row, value, count(*) OVER () FROM ({query}) ORDER BY row LIMIT {MOST}")
        cells = rows.fetchall()
        for row, value, _ in cells:
            self.add(InputError(says.format(quoted(value)), row=row, hint=hint, **where))
        if cells:
            self.count += int(cells[0][2]) - len(cells)

    def back_to(self, mark: tuple[int, int]) -> None:
        """Forgets what was added since ``mark``, for a file that is read again."""
        self.count, kept = mark
        del self.found[kept:]

    @property
    def mark(self) -> tuple[int, int]:
        return self.count, len(self.found)


def quoted(value: str) -> str:
    """A cell's text in quotes, cut where it is long."""
    return f"'{value}'" if len(value) <= 40 else f"'{value[:40]}…'"

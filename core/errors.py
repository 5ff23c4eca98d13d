"""Errors whose message is meant for the user: one clear sentence, never a stack trace."""

from __future__ import annotations


class TidemarkError(Exception):
    """Anything that is shown to the user as one sentence."""


class ConfigError(TidemarkError):
    """A setting has a wrong value; the message names the setting and what would be right."""


class NotReadyError(TidemarkError):
    """What is asked for does not exist yet (no data loaded, no forecast made)."""


class InputError(TidemarkError):
    """Data from outside cannot be used; says where it is and what would be right.

    ``str(error)`` reads like ``sales.csv, row 12, column InvoiceDate: '31/31/2010' is not a date. Write …``.
    Rows are counted as a spreadsheet or editor shows them: the header is row 1.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: str | None = None,
        sheet: str | None = None,
        row: int | None = None,
        column: str | None = None,
        hint: str | None = None,
    ) -> None:
        self.problem, self.file, self.sheet, self.row, self.column, self.hint = problem, file, sheet, row, column, hint
        super().__init__(problem)

    def __str__(self) -> str:
        place = [
            text
            for text in (
                self.file,
                f"sheet {self.sheet}" if self.sheet else None,
                f"row {self.row:,}" if self.row is not None else None,
                f"column {self.column}" if self.column else None,
            )
            if text
        ]
        sentence = f"{', '.join(place)}: {self.problem}" if place else self.problem
        sentence = sentence if sentence.endswith((".", "!", "?")) else sentence + "."
        return f"{sentence} {self.hint}" if self.hint else sentence


class MissingError(InputError):
    """What somebody names does not exist."""


DISK_FULL = "The disk is full. Nothing was lost; make room under DATA_DIR and try again."


class DiskFullError(TidemarkError):
    """There is no room to write what must be written."""

    def __init__(self) -> None:
        super().__init__(DISK_FULL)

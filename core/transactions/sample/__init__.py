"""Generated sample data: two years of an invented gift wholesaler, with the columns and dirt of Online Retail II."""

from core.transactions.sample.files import DEFAULT_ROWS, chunks, write

__all__ = ["DEFAULT_ROWS", "chunks", "write"]

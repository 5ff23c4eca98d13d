"""Turns the arrays of a block into the table that is written: the columns of Online Retail II."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import ArrayLike, NDArray

from core.transactions.sample import extras, words
from core.transactions.sample.catalogue import Catalogue

PREFIXES = ("", "C", "A")
SCHEMA = pa.schema(
    [
        ("Invoice", pa.dictionary(pa.int32(), pa.string())),
        ("StockCode", pa.dictionary(pa.int32(), pa.string())),
        ("Description", pa.dictionary(pa.int32(), pa.string())),
        ("Quantity", pa.int64()),
        ("InvoiceDate", pa.timestamp("s")),
        ("Price", pa.float64()),
        ("Customer ID", pa.int64()),
        ("Country", pa.dictionary(pa.int32(), pa.string())),
    ]
)


@dataclass
class Lines:
    """The lines of a block, one entry per line in every array; the steps that make a block write into it."""

    basket: NDArray[np.int64]
    new: NDArray[np.bool_]
    """An invoice begins here."""
    prefix: NDArray[np.int64]
    product: NDArray[np.int64]
    """Index into the codes: products, then extras."""
    name: NDArray[np.int64]
    """Index into the names: products, extras, remarks; −1: none."""
    quantity: NDArray[np.int64]
    price: NDArray[np.float64]
    customer: NDArray[np.int64]
    """−1: none."""
    country: NDArray[np.int64]
    copied: NDArray[np.bool_]

    def write(
        self,
        at: NDArray[np.int64],
        *,
        product: ArrayLike | None = None,
        name: ArrayLike | None = None,
        quantity: ArrayLike | None = None,
        price: ArrayLike | None = None,
    ) -> None:
        """Write over the lines ``at``; a product brings its name with it."""
        if product is not None:
            self.product[at] = self.name[at] = product
        if name is not None:
            self.name[at] = name
        if quantity is not None:
            self.quantity[at] = quantity
        if price is not None:
            self.price[at] = price


class Names:
    """The words behind the numbers."""

    def __init__(self, catalogue: Catalogue, countries: Sequence[str]) -> None:
        self.extra = len(catalogue.codes)
        self.remark = self.extra + len(extras.EXTRAS)
        self.codes = pa.array([*catalogue.codes, *(one.code for one in extras.EXTRAS)])
        self.names = pa.array([*catalogue.names, *(one.name for one in extras.EXTRAS), *words.STOCK_REMARKS])
        self.countries = pa.array(countries)


def to_table(
    lines: Lines,
    names: Names,
    ordinal: NDArray[np.int64],
    numbers: NDArray[np.int64],
    minute: NDArray[np.int64],
    repeats: NDArray[np.int64],
) -> pa.Table:
    """``ordinal``: invoice of each line; ``numbers``: number of each invoice; ``repeats``: how often a line stands."""
    which: NDArray[np.int64] = np.repeat(np.arange(lines.basket.size), repeats) if repeats.max() > 1 else np.arange(0)
    pick = which if which.size else slice(None)
    prefix = pa.DictionaryArray.from_arrays(pa.array(lines.prefix[lines.new].astype(np.int32)), pa.array(PREFIXES))
    invoices = pc.binary_join_element_wise(prefix.cast(pa.string()), pa.array(numbers).cast(pa.string()), "")
    columns = [
        _words(ordinal[pick], invoices),
        _words(lines.product[pick], names.codes),
        _words(lines.name[pick], names.names),
        pa.array(lines.quantity[pick]),
        pa.array(minute[pick] * 60).cast(pa.timestamp("s")),
        pa.array(lines.price[pick]),
        pa.array(lines.customer[pick], mask=lines.customer[pick] < 0),
        _words(lines.country[pick], names.countries),
    ]
    return pa.table(columns, schema=SCHEMA)


def _words(index: NDArray[np.int64], dictionary: pa.Array) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array(index.astype(np.int32), mask=index < 0), dictionary)

"""Which column of a table is which: known spellings, and the user's own mapping."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from core.config import COLUMN_NAMES
from core.errors import InputError

REQUIRED = ("time", "quantity")

SPELLINGS: dict[str, tuple[str, ...]] = {
    # a date before a bare time: where a till writes both, the day is what counts
    "time": ("invoicedate", "timestamp", "datetime", "orderdate", "saledate", "soldat", "createdat", "transactiondate",
             "transactiontime", "orderedat", "purchasedate", "date", "ds", "time"),
    "quantity": ("quantity", "qty", "units", "pieces", "amountsold", "quantite", "menge", "count"),
    "price": ("price", "unitprice", "priceeach", "itemprice", "prixunitaire", "prix", "preis"),
    "invoice": ("invoice", "invoiceno", "invoicenumber", "invoiceid", "order", "orderid", "orderno", "ordernumber",
                "receipt", "receiptid", "transactionid", "basket", "basketid", "facture"),
    "customer": ("customerid", "customer", "customerno", "customernumber", "clientid", "client", "userid", "buyer"),
    "product": ("stockcode", "product", "productid", "productcode", "sku", "item", "itemid", "article", "articleid"),
    "description": ("description", "productname", "itemname", "productdescription", "designation"),
    "country": ("country", "countryname", "market", "pays", "land"),
}  # fmt: skip
"""Lower-case letters and digits of the header, most usual spelling first."""


MOST_NAMES, LONGEST_NAME = 40, 40
"""Columns that a sentence lists, and characters of each."""


class MissingColumnsError(InputError):
    """A table without a column that none can do without."""


def plain(name: str) -> str:
    """'Customer ID', 'customer_id' and 'CustomerID' are one spelling."""
    return re.sub(r"[^a-z0-9]", "", name.lower().replace("é", "e"))


def guess(header: Sequence[str]) -> dict[str, str]:
    """Our column name → the header's, for every column whose spelling is known."""
    by_spelling: dict[str, str] = {}
    for name in header:
        by_spelling.setdefault(plain(name), name)
    found: dict[str, str] = {}
    for ours, spellings in SPELLINGS.items():
        match = next((by_spelling[one] for one in spellings if one in by_spelling), None)
        if match is not None:
            found[ours] = match
    return found


def _listed(header: Sequence[str]) -> str:
    """The names, or the beginning of them: a header may be of any length."""
    names = [name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…" for name in header[:MOST_NAMES]]
    more = [f"and {len(header) - MOST_NAMES:,} more"] if len(header) > MOST_NAMES else []
    return ", ".join([*(name or "(unnamed)" for name in names), *more])


def named(mapping: Mapping[str, str]) -> dict[str, str]:
    """The part of a user's mapping that names columns; "" says that there is none, and that none is to be guessed."""
    return {ours: theirs for ours, theirs in mapping.items() if theirs}


def standing(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, str]:
    """The part of a mapping that is about this header: the names that stand in it, and what there is none of."""
    return {ours: theirs for ours, theirs in mapping.items() if not theirs or theirs in header}


def resolve(
    header: Sequence[str], mapping: Mapping[str, str], *, file: str, sheet: str | None = None, row: int = 1
) -> dict[str, str]:
    """Our column name → the header's: the user's ``mapping`` first, the rest guessed.

    Raises InputError naming what is missing (MissingColumnsError: the time or the quantity) or named twice, and what
    the file has instead.
    """

    where: dict[str, Any] = {"file": file, "sheet": sheet, "row": row}
    has = f"The file has the columns {_listed(header)}."
    repeated = sorted({name for name in header if name and header.count(name) > 1})
    found = guess(header)
    found = {ours: theirs for ours, theirs in found.items() if mapping.get(ours) != ""}
    for ours, theirs in named(mapping).items():
        if theirs not in header:
            raise InputError(f"there is no column '{theirs}', which is named for {ours}", hint=has, **where)
        found = {key: name for key, name in found.items() if name != theirs}
        found[ours] = theirs
    if missing := [name for name in REQUIRED if name not in found]:
        example = f'DATA_COLUMNS={{"{missing[0]}": "{_listed(header[:1]) or "…"}"}}'
        hint = f"{has} Say which it is, on the page Data or for example by {example}."
        raise MissingColumnsError(f"there is no column for {' and '.join(missing)}", hint=hint, **where)
    if twice := [name for name in found.values() if name in repeated]:
        raise InputError(f"the column '{twice[0]}' stands more than once in the header", **where)
    return {name: found[name] for name in COLUMN_NAMES if name in found}

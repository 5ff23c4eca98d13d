"""Puts the sample together, one bounded block of lines after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from core.transactions.sample import baskets, catalogue, customers, extras, goods, returns, rhythm
from core.transactions.sample.baskets import ABSURD, ABSURD_CANCEL, CANCEL, MISC, SALE, STOCK, WEB, Baskets
from core.transactions.sample.table import Lines, Names, to_table

BLOCK = 131_072
"""Lines drawn at a time: memory depends on it, not on the number of rows."""
FIRST_INVOICE = 536_365 + 1_000
_COPIED = 0.0125
"""Chance that a line of a basket stands there twice."""
_FREE_WEB, _FREE = 0.0042, 0.00009
_POSTED, _CARRIED, _WEB_POSTED = (0.06, 0.75), (0.03, 0.5), (0.0068, 1.0)
"""Chance of a line of postage abroad, of carriage and of web shop postage: per line of the order, and at most."""
_VOUCHER = 0.0004
_WEB_ABROAD = 0.006


@dataclass(frozen=True)
class Business:
    """Everything that stays the same from block to block."""

    seed: int
    rhythm: rhythm.Rhythm
    catalogue: catalogue.Catalogue
    customers: customers.Customers
    cutter: baskets.Cutter
    quantities: NDArray[np.int64]
    names: Names
    remembered: float


@dataclass
class Memory:
    """What a block hands to the next one; its size is bounded."""

    sales: returns.Sales
    invoice: int = FIRST_INVOICE


def business(rows: int, seed: int) -> Business:
    """Calendar, catalogue and customers of ``rows`` lines; the catalogue depends on the seed only."""
    plan = rhythm.plan(rows, _stream(seed, 1))
    goods_list = catalogue.build(_stream(seed, 2))
    cheap = np.flatnonzero((goods_list.prices[0] >= 1.0) & (goods_list.prices[0] <= 2.1))
    cutter = baskets.cutter(plan, baskets.absurd_orders(plan, cheap, _stream(seed, 3)))
    people = customers.build(rows * cutter.sales_per_line, _stream(seed, 4))
    part = returns.remembered_part(float(plan.lines.mean()))
    return Business(
        seed, plan, goods_list, people, cutter, goods.quantity_table(), Names(goods_list, customers.COUNTRIES), part
    )


def tables(rows: int, seed: int) -> Iterator[pa.Table]:
    shop = business(rows, seed)
    memory = Memory(returns.none())
    lines = int(shop.rhythm.starts[-1])
    for number, begin in enumerate(range(0, lines, BLOCK)):
        yield _block(shop, memory, begin, min(begin + BLOCK, lines), _stream(seed, 5, number))


def _stream(seed: int, *place: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *place])))


def _block(shop: Business, memory: Memory, begin: int, end: int, rng: np.random.Generator) -> pa.Table:
    cut = baskets.cut(shop.cutter, shop.rhythm, begin, end, rng)
    lines = _sales(shop, cut, rng)
    _post(shop, cut, lines, rng)
    _stock(shop, cut, lines, rng)
    _entries(shop, cut, lines, rng)
    _absurd(shop, cut, lines, begin)
    _cancel(shop, memory, cut, lines, rng)
    ordinal = np.cumsum(lines.new) - 1
    gaps = 1 + (rng.random(int(ordinal[-1]) + 1) < 0.08)  # numbers of orders that came to nothing
    numbers = memory.invoice + np.cumsum(gaps)
    memory.invoice = int(numbers[-1])
    repeats = shop.rhythm.repeats[cut.day][lines.basket]
    return to_table(lines, shop.names, ordinal, numbers, cut.minute[lines.basket], repeats)


def _sales(shop: Business, cut: Baskets, rng: np.random.Generator) -> Lines:
    """All lines as if they were sales; other kinds are written over them."""
    month = shop.rhythm.month[cut.day]
    web = np.isin(cut.kind, (WEB, STOCK))
    when = (shop.rhythm.days[cut.day] - shop.rhythm.days[0]).astype(np.float64)
    country, slot = shop.customers.draw(when / when_span(shop), rng)
    abroad = rng.integers(1, 12, cut.kind.size)
    country = np.where(web, np.where((cut.kind == WEB) & (rng.random(web.size) < _WEB_ABROAD), abroad, 0), country)
    scale = np.where(web, 1, shop.customers.scale[slot])
    basket = np.repeat(np.arange(cut.size.size), cut.size)
    product = goods.products(shop.catalogue, cut.start, cut.size, month, rng)
    quantity = goods.quantities(shop.quantities, shop.catalogue.price_class[product], web[basket], rng) * scale[basket]
    price = goods.prices(shop.catalogue, product, month[basket], quantity, web[basket])
    price[rng.random(basket.size) < np.where(web[basket], _FREE_WEB, _FREE)] = 0.0
    new = np.zeros(basket.size, dtype=bool)
    new[cut.start] = True
    copied = (rng.random(basket.size) < _COPIED) & ~new & np.isin(cut.kind, (SALE, WEB))[basket]
    source = np.maximum.accumulate(np.where(copied, 0, np.arange(basket.size)))
    customer = np.where(web, -1, shop.customers.ids[slot])
    return Lines(
        basket=basket,
        new=new,
        prefix=np.zeros(basket.size, dtype=np.int64),
        product=product[source],
        name=product[source],
        quantity=quantity[source],
        price=price[source],
        customer=customer[basket],
        country=country[basket],
        copied=copied,
    )


def when_span(shop: Business) -> float:
    """Days from the first to the last one."""
    return float((shop.rhythm.days[-1] - shop.rhythm.days[0]).astype(np.int64))


def _post(shop: Business, cut: Baskets, lines: Lines, rng: np.random.Generator) -> None:
    """Postage as the last line of parcels abroad and of web orders; a few vouchers among the web orders."""
    last = cut.start + cut.size - 1
    country = lines.country[cut.start]
    chance = rng.random(cut.size.size)
    several = cut.size > 1
    abroad = (cut.kind == SALE) & (country != customers.HOME) & several
    eire = country == customers.EIRE
    voucher = np.flatnonzero(
        (cut.kind == WEB)[lines.basket] & (rng.random(lines.basket.size) < _VOUCHER) & ~lines.copied
    )
    places = (
        (last[abroad & ~eire & (chance < _per_line(_POSTED, cut.size))], extras.POST),
        (last[abroad & eire & (chance < _per_line(_CARRIED, cut.size))], extras.CARRIAGE),
        (last[(cut.kind == WEB) & several & (chance < _per_line(_WEB_POSTED, cut.size))], extras.DOT),
        (voucher[::2], extras.VOUCHER),
        (voucher[1::2], extras.VOUCHER + 1),
    )
    for at, extra in places:
        price = extras.amounts(np.full(at.size, extra), rng)
        lines.write(at, product=shop.names.extra + extra, quantity=1, price=price)
    lines.quantity[places[0][0]] = rng.choice((1, 1, 1, 2, 3), places[0][0].size)


def _per_line(chance: tuple[float, float], size: NDArray[np.int64]) -> NDArray[np.float64]:
    limited: NDArray[np.float64] = (size * chance[0]).clip(max=chance[1])
    return limited


def _stock(shop: Business, cut: Baskets, lines: Lines, rng: np.random.Generator) -> None:
    at = np.flatnonzero((cut.kind == STOCK)[lines.basket])
    quantity, remark = extras.stock_corrections(at.size, rng)
    name = np.where(remark < 0, -1, shop.names.remark + remark)
    lines.write(at, name=name, quantity=quantity, price=0.0)


def _entries(shop: Business, cut: Baskets, lines: Lines, rng: np.random.Generator) -> None:
    at = np.flatnonzero((cut.kind == MISC)[lines.basket])
    drawn = extras.entries(at.size, rng)
    lines.write(at, product=shop.names.extra + drawn.extra, quantity=np.where(drawn.negative, -1, 1), price=drawn.price)
    lines.customer[at] = np.where(drawn.named, lines.customer[at], -1)
    lines.country[at] = np.where(drawn.named, lines.country[at], customers.HOME)
    lines.prefix[at] = np.where(drawn.negative, 1, np.where(drawn.extra == extras.BAD_DEBT, 2, 0))


def _absurd(shop: Business, cut: Baskets, lines: Lines, begin: int) -> None:
    for one in shop.cutter.absurd:
        for kind, line, sign in ((ABSURD, one.line, 1), (ABSURD_CANCEL, one.cancel_line, -1)):
            at = cut.start[(cut.kind == kind) & (cut.start == line - begin)]
            price = shop.catalogue.prices[0, one.product]
            lines.write(at, product=one.product, quantity=sign * one.quantity, price=price)
            lines.customer[at], lines.country[at] = customers.FIRST_ID + one.number, customers.HOME
            lines.prefix[at] = int(sign < 0)


def _cancel(shop: Business, memory: Memory, cut: Baskets, lines: Lines, rng: np.random.Generator) -> None:
    """Write the cancelled lines over, and remember this block's sales for the next ones."""
    minute = cut.minute[lines.basket]
    kept = (cut.kind == SALE) & (rng.random(cut.kind.size) < shop.remembered)
    fresh = np.flatnonzero(kept[lines.basket] & ~lines.copied & (lines.price > 0))
    sales = memory.sales.then(
        returns.Sales(
            minute[fresh],
            memory.invoice + lines.basket[fresh],
            lines.product[fresh],
            lines.quantity[fresh],
            lines.price[fresh],
            lines.customer[fresh],
            lines.country[fresh],
        )
    )
    at = np.flatnonzero((cut.kind == CANCEL)[lines.basket])
    basket = lines.basket[at]
    lag = rng.random(cut.kind.size)[basket]
    found = returns.choose(sales, minute[at], at - cut.start[basket], lag)
    # a sale from before the first day: product and customer of the line as drawn, its quantity taken back
    lines.write(at, quantity=-lines.quantity[at])
    lines.prefix[at] = 1
    known, sold = at[found >= 0], sales.take(found[found >= 0])
    lines.write(known, product=sold.product, quantity=returns.taken_back(sold.quantity, rng), price=sold.price)
    lines.customer[known], lines.country[known] = sold.customer, sold.country
    # lines that take back different sales are different invoices
    lines.new[known[1:]] |= (np.diff(known) == 1) & (np.diff(sold.invoice) != 0)
    lines.new[at[1:]] |= (np.diff(at) == 1) & ((found[1:] < 0) != (found[:-1] < 0))
    free = np.ones(len(sales), dtype=bool)
    free[found[found >= 0]] = False
    memory.sales = sales.take(free).take(slice(-returns.LIMIT, None))

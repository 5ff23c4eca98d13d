"""A change in everything that is watched: days before it are the same, after it lines and panel tell one story."""

import datetime as dt

import numpy as np
import pytest

from core.errors import InputError, NotReadyError
from core.monitoring import power as power_module
from core.monitoring.findings import Rules, Watched
from core.monitoring.injected import inject
from core.monitoring.injection import KINDS, Change
from core.monitoring.power import Found, power, read_request, starts_in
from core.series.panel import Panel, Series
from tests.core.monitoring.business import FIRST, business

START = 400


@pytest.fixture(scope="module")
def shop() -> Watched:
    look = business(460).watched(told=False)
    parts = [Series("transactions", f"country:{name}") for name in ("A", "B")]
    share = np.array([[0.75], [0.25]])
    values = np.concatenate([look.panel.values, share * look.panel.values[:1]])
    return Watched(look.counts, Panel((*look.panel.series, *parts), FIRST, values), look.is_open)


def change(kind: str, size: float = 0.4) -> Change:
    return Change(kind, FIRST + dt.timedelta(days=START), size)


@pytest.mark.parametrize("kind", KINDS)
def test_days_before_are_the_same_and_the_same_seed_gives_the_same(shop: Watched, kind: str) -> None:
    made, again = inject(shop, change(kind)), inject(shop, change(kind))
    assert (made.panel.values[:, :START] == shop.panel.values[:, :START]).all()
    for before, after, other in zip(shop.counts.features, made.counts.features, again.counts.features, strict=True):
        assert after.name == before.name
        for day in (0, 123, START - 1):
            known = dict(zip(before.values, before.between(day, day), strict=True))
            now = dict(zip(after.values, after.between(day, day), strict=True))
            assert {key: count for key, count in now.items() if count} == {k: c for k, c in known.items() if c}
        assert (after.count == other.count).all()
        assert (np.diff(after.day) >= 0).all()


def lines(look: Watched, name: str) -> float:
    feature = look.counts[name]
    return float(feature.between(START, look.counts.n_days - 1).sum())


def test_lines_go_with_the_level(shop: Watched) -> None:
    made = inject(shop, change("level"))
    assert lines(made, "quantity") == pytest.approx(1.4 * lines(shop, "quantity"), rel=0.01)
    assert lines(made, "transactions") == lines(shop, "transactions")  # as many days


def test_returns_become_cancellations(shop: Watched) -> None:
    made = inject(shop, change("returns"))
    names = made.counts["outcome"].values.tolist()
    before = dict(zip(shop.counts["outcome"].values, shop.counts["outcome"].between(START, 459), strict=True))
    after = dict(zip(names, made.counts["outcome"].between(START, 459), strict=True))
    assert after["used"] == pytest.approx(0.8 * before["used"], rel=0.01)
    assert after["cancellation"] + after["used"] == pytest.approx(before["cancellation"] + before["used"], rel=0.01)


def test_another_mix_keeps_the_lines(shop: Watched) -> None:
    made = inject(shop, change("mix"))
    before, after = (one.counts["country"].between(START, 459) for one in (shop, made))
    assert after.sum() == pytest.approx(before.sum(), rel=0.01)
    assert after.max() == pytest.approx(0.6 * before.max(), rel=0.02)


def test_another_currency_moves_prices_and_nothing_else(shop: Watched) -> None:
    made = inject(shop, change("currency"))
    assert (made.counts["quantity"].between(0, 459) == shop.counts["quantity"].between(0, 459)).all()
    assert (made.panel[Series("revenue")][START:] == 1.4 * shop.panel[Series("revenue")][START:]).all()


def test_power_grows_with_the_change(shop: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power_module, "STARTS", 2)
    told: list[float] = []
    small, large = power(shop, "level", (0.02, 0.5), Rules(), lambda share, _: told.append(share))
    assert small.share <= large.share == 1.0
    assert large.median is not None
    assert large.median <= 5
    assert set(large.kinds) <= {"level", "shape"}
    assert told == sorted(told)
    assert large.to_json()["days"] == list(large.days)


def test_a_median_needs_half_of_the_starts() -> None:
    starts = (FIRST,) * 4
    assert Found("level", 0.1, starts, (3, None, None, None), ("level", None, None, None)).median is None
    assert Found("level", 0.1, starts, (3, 5, None, None), ("level", "level", None, None)).share == 0.5


def test_requests_and_short_data(shop: Watched) -> None:
    assert read_request(None)[0] == "level"
    assert read_request({"kind": "mix", "sizes": [0.2]}) == ("mix", (0.2,))
    for wrong in ({"kind": "magic"}, {"kind": "mix", "sizes": [2]}, {"kind": "level", "sizes": ["much"]}):
        with pytest.raises(InputError):
            read_request(wrong)
    with pytest.raises(NotReadyError, match="180 days before"):
        starts_in(business(120).watched(told=False))

"""Kept limits: the same with and without, across processes, and without harm when the store is damaged."""

from pathlib import Path

import numpy as np

from core.monitoring.memo import Memo, digest


def test_once_is_enough(tmp_path: Path) -> None:
    made: list[int] = []

    def make() -> dict[str, float]:
        made.append(1)
        return {"limit": 0.1 + 0.2, "nothing": float("nan")}

    parts = ("limit", np.arange(3.0), 7)
    first = Memo.on_disk(tmp_path).of(parts, make)
    again = Memo.on_disk(tmp_path).of(parts, make)
    assert (first["limit"], again["limit"], len(made)) == (0.1 + 0.2, 0.1 + 0.2, 1)
    Memo.on_disk(tmp_path).of(("limit", np.arange(4.0), 7), make)
    Memo().of(parts, make)
    assert len(made) == 3


def test_parts_are_told_apart() -> None:
    one = np.arange(4)
    different = [(one,), (one.astype(float),), (one.reshape(2, 2),), ("a", "b"), ("ab",), (1,), (1.0,), ("1",)]
    assert len({digest(parts) for parts in different}) == len(different)


def test_a_damaged_store_costs_time_and_nothing_else(tmp_path: Path) -> None:
    Memo.on_disk(tmp_path).of((1,), lambda: 5)
    (tmp_path / "cache.db").write_bytes(b"rubbish" * 1000)
    for extra in tmp_path.glob("cache.db-*"):
        extra.unlink()
    assert Memo.on_disk(tmp_path).of((1,), lambda: 6) == 6


def test_a_store_that_fails_later_is_left_alone() -> None:
    class Broken:
        def get(self, key: str) -> str:
            raise OSError("gone")

        def set(self, key: str, value: str) -> None:
            raise OSError("gone")

    memo = Memo(Broken())
    assert [memo.of((1,), lambda: 6), memo.of((1,), lambda: 7), memo.of((2,), lambda: 8)] == [6, 6, 8]

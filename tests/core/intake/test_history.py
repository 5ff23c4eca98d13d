"""Whatever is loaded, undone and switched in whatever order: the data are what an independent account says."""

from __future__ import annotations

import datetime as dt
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.config import Config
from core.transactions.load import prepare
from tests.core.intake.conftest import lines_of, text_of
from tests.core.intake.history import loaded, started_anew, told, totals, undo

Step = tuple[str, int, int]


class Model:
    """The data as a pile of decisions: an independent account of what ought to be in use."""

    def __init__(self) -> None:
        self.files: tuple[tuple[str, ...], ...] = (tuple(lines_of(1, 2)),)
        self.strict, self.done = True, []  # type: ignore[var-annotated]

    def state(self) -> tuple[object, ...]:
        return self.files, self.strict

    def back(self, state: Iterable[object]) -> None:
        self.files, self.strict = state  # type: ignore[assignment]

    def totals(self) -> Counter[dt.date]:
        lines = {line for file in self.files for line in file}
        kept = [line for line in lines if int(line.split(",")[1]) > 0 or not self.strict]
        return Counter(dt.date.fromisoformat(line[:10]) for line in kept)


steps = st.lists(
    st.tuples(st.sampled_from(["replace", "add", "rules", "undo", "redo"]), st.integers(1, 6), st.integers(0, 2)),
    min_size=2,
    max_size=4,
)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_the_data_are_what_the_history_says(plan: list[Step]) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        _play(Config(data_dir=folder / "data"), plan)
    finally:
        shutil.rmtree(folder)


def _play(config: Config, plan: list[Step]) -> None:
    model, first = Model(), config.data_dir / "first.csv"
    config.data_dir.mkdir()
    first.write_bytes(text_of(lines_of(1, 2)))
    prepare(config, first)
    before: dict[int, tuple[object, ...]] = {}
    for what, day, quantity in plan:
        undoable = [number for number, mode, _, can in told(config) if can and (mode == "undo") == (what == "redo")]
        if what in ("undo", "redo") and not undoable:
            continue
        earlier, lines = model.state(), tuple(lines_of(day, day + 1, 2, quantity))
        if what in ("undo", "redo"):
            record = undo(config, undoable[0])
            model.back(before[undoable[0]])
        elif what == "rules":
            model.strict = quantity > 0
            record = loaded(config, "rules", rules={"quantity": model.strict})
        else:
            model.files = (lines,) if what == "replace" else (*model.files, lines)
            if not model.totals():  # it would be refused
                model.back(earlier)
                continue
            record = loaded(config, what, text_of(lines))
        before[record.number] = earlier
        assert totals(config) == model.totals()
        started_anew(config)
        assert totals(config) == model.totals()

"""Compare: the backtest that is shown, of one series; every derived frame is made once a backtest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import pandas as pd
from dash.exceptions import PreventUpdate

from callbacks.chosen import Chosen, chosen
from callbacks.services import Services
from core.errors import InputError
from core.evaluation.breakdown import by
from core.evaluation.intervals import realised_coverage
from core.evaluation.leaderboard import leaderboard
from core.evaluation.many_tests import holm
from core.evaluation.residuals import diagnose, residuals_of
from core.evaluation.significance import pairwise
from core.evaluation.where_better import Dimension, split, where_better
from core.lifecycle.backtests import Backtests
from core.series.panel import Series

GROUNDS: tuple[Dimension, ...] = ("week", "weekday", "month", "segment")

_opened = lru_cache(maxsize=4)(Backtests)


def backtests(found: Services) -> Backtests:
    """The kept backtests of the installation: one object a process."""
    return _opened(found.settings.core.backtests_dir)


def run_of(source: str | None) -> str:
    """The kept backtest that the page shows, empty for the version's own. ``source``: data, version, and then the
    backtest and its part if there is one."""
    parts = (source or "").split()
    return parts[2] if len(parts) > 2 else ""


@dataclass(frozen=True, slots=True)
class Tested:
    """The backtest of one series, and what is derived from it. ``own``: the version in use; ``found``: what is shown,
    the same or a kept backtest."""

    own: Chosen
    found: Chosen
    series: Series

    @property
    def rows(self) -> pd.DataFrame:
        return self.found.backtest(self.series)

    @property
    def models(self) -> list[str]:
        return [str(model) for model in self.rows["model"].unique()]

    @property
    def in_use(self) -> str:
        try:
            return self.own.version.best(self.series)
        except InputError:  # the data had a series that the version does not know
            return ""

    @property
    def folds(self) -> list[str]:
        """Origins as ISO dates, the latest first."""
        return [day.date().isoformat() for day in sorted(self.rows["cutoff"].unique(), reverse=True)]

    @property
    def board(self) -> pd.DataFrame:
        return self._keep("leaderboard", lambda: leaderboard(self.rows, self._seconds()))

    @property
    def pairs(self) -> pd.DataFrame:
        """With ``p_all``, the p-values that allow for all pairs."""
        return self._keep("pairwise", lambda: pairwise(self.rows).assign(p_all=lambda one: holm(one["p_value"])))

    @property
    def cover(self) -> pd.DataFrame:
        return self._keep("coverage", lambda: realised_coverage(self.rows))

    @property
    def grounds(self) -> dict[str, Any]:
        """By dimension where the first model wins and loses against the second."""
        first, second = self.board["model"].iloc[:2]
        return self._keep(
            "grounds", lambda: {one: split(where_better(self.rows_for(one), first, second, one)) for one in GROUNDS}
        )

    def residuals(self, model: str) -> tuple[pd.DataFrame, Any]:
        """Of one model, and core's Diagnosis of them."""

        def make() -> tuple[pd.DataFrame, Any]:
            left = residuals_of(self.rows[self.rows["model"] == model])
            return left, diagnose(left["residual"].to_numpy())

        return self._keep(("residuals", model), make)

    def errors(self, dimension: Any) -> pd.DataFrame:
        """Scores by a dimension; by segment those of all segments of the measure."""
        key = self.series.measure if dimension == "segment" else self.series
        return self.found.version.keep(("errors by", dimension, key), lambda: by(self.rows_for(dimension), dimension))

    def shown(self, models: Sequence[str] | None) -> list[str]:
        """Those of ``models`` that there are, in the order of the backtest."""
        return [model for model in self.models if model in (models or ())]

    def main(self, models: Sequence[str]) -> str:
        """What sentences are about: the model in use if it is shown, else the first that is."""
        return self.in_use if self.in_use in models else models[0]

    def rows_for(self, dimension: str) -> pd.DataFrame:
        if dimension != "segment":
            return self.rows
        rows = self.found.version.backtest()
        return rows[rows["measure"] == self.series.measure]

    def _keep(self, what: object, make: Callable[[], Any]) -> Any:
        return self.found.version.keep((what, self.series), make)

    def _seconds(self) -> dict[str, float]:
        notes = self.found.version.manifest["models"].items()
        return {name: float(note["backtest_seconds"]) for name, note in notes if note.get("backtest_seconds")}


def shown_of(source: str | None) -> tuple[Chosen, Chosen]:
    """The version in use, and what the page shows. Raises PreventUpdate as long as there is no first forecast."""
    own, run = chosen(source), run_of(source)
    kept = backtests(own.services).get(run) if run else None
    if kept is None:
        return own, own
    learnt_from = own.services.store.named(str(kept.manifest["data"]["generation"]))
    return own, Chosen(own.services, learnt_from or own.generation, kept)


def tested(source: str | None, measure: str | None, segment: str | None) -> Tested:
    own, found = shown_of(source)
    return Tested(own, found, found.series(measure, segment))


def on_tab(name: str, draw: Callable[..., Any]) -> Callable[..., Any]:
    """``draw`` for as long as its tab is shown: what nobody sees is not drawn. The tab is the first argument."""

    def drawn(tab: str | None, *values: Any) -> Any:
        if tab != name:
            raise PreventUpdate
        return draw(*values)

    return drawn

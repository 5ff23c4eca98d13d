"""The gate: may a new version take the place of the champion by itself? Both are judged on the same recent folds.

**What is compared.** Not two sets of numbers that were made at different times, but what the two recipes would have
served: in every fold each chooses its models by the folds that had ended by then, and its forecasts of that fold count.
The champion's recipe is run on the present data, so both know the same days. With the same recipe both are equal.

**Loss of a fold**: mean |error| / scale over its days, averaged over the totals of the measures; tested by
Diebold–Mariano (core.evaluation.significance). Fewer than MIN_PERIODS folds tell nothing: that counts as a tie.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.evaluation.choice import served_in_time
from core.evaluation.significance import MIN_PERIODS, diebold_mariano
from core.models.catalogue import MODEL_NAMES
from core.series.panel import TOTAL, Series, Values

ALPHA = 0.05
"""Level of the test, two-sided."""

KEYS, VALUES = ["measure", "segment", "cutoff", "horizon"], ["y", "scale", "mean"]


@dataclass(frozen=True)
class Contender:
    """``id``: empty before a version has one. ``backtest``: BACKTEST_COLUMNS of its recipe on the present data;
    ``best``: series id → model, as it serves; ``last_day``: the last day that it learnt from, ISO; ``data``: the
    fingerprint of all that; ``lacks``: measures that the data have and it does not."""

    id: str
    backtest: pd.DataFrame
    best: Mapping[str, str]
    last_day: str
    data: str
    lacks: Sequence[str] = ()


@dataclass(frozen=True)
class Verdict:
    """``code``: other_data, better, tied_newer, tied_simpler, tied_complex, worse, segment_worse or lacks."""

    promote: bool
    code: str
    reason: str
    evidence: dict[str, Any]


def judge(challenger: Contender, champion: Contender, summing: Collection[str], limit: float) -> Verdict:
    """Better, or tied and of the present data, or tied and no less simple: promoted; unless a segment is worse by more
    than ``limit`` (a share) or a measure would be lost. A champion that knows days which the data no longer have learnt
    from something else: its forecasts are of no use, whatever its recipe is worth.

    ``summing``: measures whose segments sum to their total. Simple: the mean place in the catalogue, which goes from
    simple to complex, of the models that serve.
    """
    losses = _losses(challenger, champion, summing)
    evidence = _evidence(challenger, champion, losses, limit)
    code = _code(evidence, challenger, champion)
    promote = code in ("other_data", "better", "tied_newer", "tied_simpler")
    return Verdict(promote, code, _sentence(code, evidence), {"code": code, "promote": promote, **evidence})


def _losses(challenger: Contender, champion: Contender, summing: Collection[str]) -> pd.DataFrame:
    """Rows that both have, indexed by KEYS: y, scale, and the absolute errors ``new`` and ``old``."""
    new, old = (
        served_in_time(one.backtest, summing).astype({"measure": str, "segment": str}).set_index(KEYS)[VALUES]
        for one in (challenger, champion)
    )
    both = new.join(old["mean"].rename("old"), how="inner").rename(columns={"mean": "new"})
    both = both[both["y"].notna()]
    return both.assign(new=(both["new"] - both["y"]).abs(), old=(both["old"] - both["y"]).abs())


def _evidence(challenger: Contender, champion: Contender, losses: pd.DataFrame, limit: float) -> dict[str, Any]:
    scale = losses["scale"].where(losses["scale"] > 0)
    scaled = losses[["new", "old"]].div(scale, axis=0).dropna()
    totals = scaled[scaled.index.get_level_values("segment") == TOTAL]
    by_measure = totals.groupby(level=["cutoff", "measure"]).mean().groupby(level="cutoff").mean()
    new, old = (by_measure[name].to_numpy(np.float64) for name in ("new", "old"))
    enough = len(by_measure) >= MIN_PERIODS
    test = diebold_mariano(new, old)
    return {
        "champion": champion.id,
        "folds": [_day(cutoff) for cutoff in by_measure.index],
        "challenger_loss": new.tolist(),
        "champion_loss": old.tolist(),
        "change": _change(new, old),
        "p_value": _number(test.p_value) if enough else None,
        "statistic": _number(test.statistic) if enough else None,
        "alpha": ALPHA,
        "limit": limit,
        "segments": _segments(scaled),
        "series": _series(losses),
        "complexity": [complexity(challenger.best.values()), complexity(champion.best.values())],
        "last_days": [challenger.last_day, champion.last_day],
        "lacks": list(challenger.lacks),
    }


def _code(evidence: Mapping[str, Any], challenger: Contender, champion: Contender) -> str:
    if champion.last_day > challenger.last_day:
        return "other_data"
    if evidence["lacks"]:
        return "lacks"
    sure = evidence["p_value"] is not None and evidence["p_value"] < ALPHA
    if sure and evidence["change"] > 0:
        return "worse"
    if any(one["change"] is not None and one["change"] > evidence["limit"] for one in evidence["segments"]):
        return "segment_worse"
    if sure:
        return "better"
    if challenger.data != champion.data:
        return "tied_newer"
    new, old = evidence["complexity"]
    return "tied_simpler" if new <= old else "tied_complex"


def _segments(scaled: pd.DataFrame) -> list[dict[str, Any]]:
    """Mean loss by segment, measures alike; the worst change first."""
    table = scaled.groupby(level=["segment", "measure"]).mean().groupby(level="segment").mean()
    rows = [
        {
            "segment": str(segment),
            "challenger": new,
            "champion": old,
            "change": _change(np.array([new]), np.array([old])),
        }
        for segment, new, old in zip(table.index, table["new"].tolist(), table["old"].tolist(), strict=True)
    ]
    return sorted(rows, key=lambda row: math.inf if row["change"] is None else -row["change"])


def _series(losses: pd.DataFrame) -> list[dict[str, Any]]:
    """WAPE of both by total series and fold."""
    totals = losses[losses.index.get_level_values("segment") == TOTAL]
    sums = totals.assign(volume=totals["y"].abs()).groupby(level=["measure", "cutoff"], sort=False).sum()
    sums = sums[sums["volume"] > 0]
    return [
        {
            "series": str(Series(str(measure))),
            "fold": _day(cutoff),
            "challenger": new / volume,
            "champion": old / volume,
        }
        for (measure, cutoff), new, old, volume in zip(
            sums.index, sums["new"].tolist(), sums["old"].tolist(), sums["volume"].tolist(), strict=True
        )
    ]


def complexity(models: Collection[str]) -> float:
    """Mean place of the models in the catalogue, 0 the simplest; of one that it does not know, the last."""
    places = [MODEL_NAMES.index(model) if model in MODEL_NAMES else len(MODEL_NAMES) for model in models]
    return sum(places) / len(places) if places else 0.0


def _sentence(code: str, evidence: Mapping[str, Any]) -> str:
    champion, change, folds = evidence["champion"], evidence["change"], len(evidence["folds"])
    how = "no common test period" if change is None else f"error {change:+.1%} over {folds} test periods"
    if evidence["p_value"] is not None:
        how += f", p = {evidence['p_value']:.3f}"
    worst = evidence["segments"][0] if evidence["segments"] else None
    return {
        "other_data": f"the data that {champion} learnt from, to {evidence['last_days'][1]}, are no longer there",
        "lacks": f"has no forecasts of {', '.join(evidence['lacks'])}, which {champion} has",
        "worse": f"worse than {champion}: {how}",
        "segment_worse": ""
        if worst is None
        else f"{worst['segment']} would be {worst['change'] or 0:.0%} worse than "
        f"with {champion} (limit {evidence['limit']:.0%})",
        "better": f"better than {champion}: {how}",
        "tied_newer": f"tied with {champion} ({how}) and knows the present data",
        "tied_simpler": f"tied with {champion} ({how}) and no less simple",
        "tied_complex": f"tied with {champion} ({how}), which is simpler",
    }[code]


def _change(new: Values, old: Values) -> float | None:
    """How much larger the mean of ``new`` is, as a share; None where there is nothing to compare."""
    if not new.size:
        return None
    before, after = float(old.mean()), float(new.mean())
    if before > 0:
        return after / before - 1
    return 0.0 if after == 0 else None


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _day(moment: Any) -> str:
    return str(pd.Timestamp(moment).date().isoformat())

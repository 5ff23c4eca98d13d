"""The gate: hand-made backtests of which the answer is known, and every kind of verdict with its evidence."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from core.evaluation.significance import diebold_mariano
from core.lifecycle.gate import Contender, Verdict, complexity, judge

FOLDS = pd.date_range("2021-01-31", periods=8, freq="28D")
SEGMENTS = ("total", "country:France", "country:other")


def rows(errors: dict[str, float], measures: tuple[str, ...] = ("transactions",), seed: int = 0) -> pd.DataFrame:
    """A backtest in which each model misses every day by its own error, up to a little chance that is the same for
    models of one ``seed``; a key ``model country:France`` gives the error of one segment."""
    frames = []
    for measure in measures:
        for segment in SEGMENTS:
            for number, cutoff in enumerate(FOLDS):
                chance = np.random.default_rng((seed, number)).normal(0, 0.5, 28)
                date = cutoff + pd.to_timedelta(np.arange(1, 29), unit="D")
                for model in dict.fromkeys(key.split(" ")[0] for key in errors):
                    off = errors.get(f"{model} {segment}", errors[model])
                    frames.append(
                        pd.DataFrame(
                            {
                                "model": model, "measure": measure, "segment": segment, "cutoff": cutoff, "date": date,
                                "horizon": np.arange(1, 29), "y": 100.0, "mean": 100.0 + off + chance, "scale": 10.0,
                            }
                        )
                    )  # fmt: skip
    return pd.concat(frames, ignore_index=True)


def contender(name: str, backtest: pd.DataFrame, model: str, last_day: str = "2021-10-01", data: str = "") -> Contender:
    best = {f"transactions/{segment}": model for segment in SEGMENTS}
    return Contender(name, backtest, best, last_day, data or f"data to {last_day}")


def verdict(new: pd.DataFrame, old: pd.DataFrame, models: tuple[str, str], last_day: str = "2021-10-01") -> Verdict:
    found = judge(
        contender("", new, models[0], last_day), contender("v1", old, models[1]), ("transactions",), limit=0.10
    )
    json.dumps(found.evidence, allow_nan=False)
    assert found.evidence["code"] == found.code
    assert found.evidence["promote"] == found.promote
    return found


def test_a_worse_challenger_waits() -> None:
    found = verdict(rows({"theta": 12}, seed=1), rows({"ets": 10}), ("theta", "ets"))
    assert (found.promote, found.code) == (False, "worse")
    assert found.evidence["change"] == pytest.approx(0.2, abs=0.02)
    assert found.evidence["p_value"] < 0.05
    assert "worse than v1: error +" in found.reason


def test_a_better_challenger_is_promoted_on_the_evidence_of_the_folds() -> None:
    found = verdict(rows({"lstm": 8}, seed=1), rows({"ets": 10}), ("lstm", "ets"))
    assert (found.promote, found.code) == (True, "better")
    evidence = found.evidence
    assert evidence["folds"] == [day.date().isoformat() for day in FOLDS[1:]]  # nothing to choose by before the first
    assert np.mean(evidence["challenger_loss"]) == pytest.approx(0.8, abs=0.01)
    test = diebold_mariano(np.array(evidence["challenger_loss"]), np.array(evidence["champion_loss"]))
    assert evidence["p_value"] == test.p_value
    assert [(row["series"], row["fold"]) for row in evidence["series"]] == [
        ("transactions/total", day) for day in evidence["folds"]
    ]
    assert all(row["challenger"] == pytest.approx(0.08, abs=0.01) for row in evidence["series"])


def test_a_tie_goes_to_the_simpler_and_among_equals_to_the_newer_version() -> None:
    one, other = rows({"ets": 10}, seed=1), rows({"lstm": 10}, seed=2)
    assert verdict(one, other, ("ets", "lstm")).code == "tied_simpler"
    found = verdict(other, one, ("lstm", "ets"))
    assert (found.promote, found.code) == (False, "tied_complex")
    assert found.reason.endswith("which is simpler")
    same = verdict(one, one, ("ets", "ets"))
    assert (same.promote, same.code, same.evidence["change"], same.evidence["p_value"]) == (True, "tied_simpler", 0, 1)


def test_a_tie_goes_to_the_version_that_knows_newer_days() -> None:
    found = verdict(rows({"lstm": 10}, seed=2), rows({"ets": 10}, seed=1), ("lstm", "ets"), "2021-10-02")
    assert (found.promote, found.code) == (True, "tied_newer")


def test_a_tie_goes_to_the_version_of_the_present_data_even_if_they_end_on_the_same_day() -> None:
    new, old = rows({"lstm": 10}, seed=2), rows({"ets": 10}, seed=1)
    mended = contender("", new, "lstm", data="the same days, mended")
    assert judge(mended, contender("v1", old, "ets"), (), limit=0.10).code == "tied_newer"


def test_a_champion_of_data_that_are_gone_has_no_say() -> None:
    """As of the sample data, when somebody's own data end earlier."""
    new, old = rows({"lstm": 12}, seed=2), rows({"ets": 10}, seed=1)
    found = judge(contender("", new, "lstm"), contender("v1", old, "ets", "2025-12-09"), (), limit=0.10)
    assert (found.promote, found.code) == (True, "other_data")
    assert "to 2025-12-09, are no longer there" in found.reason


def test_a_segment_without_any_error_before_does_not_hide_the_worst() -> None:
    new = rows({"lstm": 8, "lstm country:France": 12}, seed=1)
    old = rows({"ets": 10, "ets country:other": 0}, seed=1)
    quiet = (old["segment"] == "country:other").to_numpy()
    old.loc[quiet, "mean"] = old.loc[quiet, "y"]
    found = verdict(new, old, ("lstm", "ets"))
    assert found.code == "segment_worse"
    assert found.reason.startswith("country:France would be 2")
    assert found.evidence["segments"][-1]["change"] is None


def test_no_segment_may_get_much_worse_even_if_the_total_gets_better() -> None:
    new = rows({"lstm": 8, "lstm country:France": 11.5}, seed=1)
    found = verdict(new, rows({"ets": 10}), ("lstm", "ets"))
    assert (found.promote, found.code) == (False, "segment_worse")
    assert found.evidence["segments"][0]["segment"] == "country:France"
    assert found.evidence["segments"][0]["change"] == pytest.approx(0.15, abs=0.02)
    assert found.reason.startswith("country:France would be 1")
    new = rows({"lstm": 8, "lstm country:France": 10.5}, seed=1)
    assert verdict(new, rows({"ets": 10}), ("lstm", "ets")).code == "better"


def test_measures_that_would_be_lost_keep_a_version_waiting() -> None:
    old = rows({"ets": 10}, ("transactions", "revenue"))
    new = Contender("", rows({"ets": 5}), {"transactions/total": "ets"}, "2022-01-01", "new", lacks=("revenue",))
    found = judge(new, contender("v1", old, "ets"), (), limit=0.10)
    assert (found.promote, found.code) == (False, "lacks")
    assert "revenue" in found.reason


def test_too_few_folds_tell_nothing() -> None:
    few = [frame[frame["cutoff"] <= FOLDS[3]] for frame in (rows({"ets": 10.5}, seed=1), rows({"lstm": 10}))]
    found = verdict(*few, ("ets", "lstm"))
    assert (found.promote, found.code, found.evidence["p_value"]) == (True, "tied_simpler", None)
    none = verdict(few[0].head(0), few[1].head(0), ("ets", "lstm"))
    assert (none.promote, none.code, none.evidence["change"]) == (True, "tied_simpler", None)


def test_each_fold_is_served_by_what_had_ended_before_it() -> None:
    """Of two models one was good early and bad later: the choice follows with a delay, never ahead."""
    backtest = rows({"ets": 10, "theta": 6})
    late = (backtest["cutoff"] >= FOLDS[4]) & (backtest["model"] == "theta")
    backtest.loc[late, "mean"] += 20
    found = verdict(backtest, rows({"ets": 10}), ("theta", "ets"))
    losses = dict(zip(found.evidence["folds"], found.evidence["challenger_loss"], strict=True))
    assert losses[FOLDS[1].date().isoformat()] == pytest.approx(0.6, abs=0.02)
    assert losses[FOLDS[4].date().isoformat()] == pytest.approx(2.6, abs=0.02)  # not known yet
    assert losses[FOLDS[7].date().isoformat()] == pytest.approx(1.0, abs=0.02)


def test_complexity_follows_the_catalogue() -> None:
    assert complexity(["seasonal_naive"]) == 0
    assert complexity(["seasonal_naive", "ets"]) == 1
    assert complexity(["ensemble"]) > complexity(["lstm"]) > complexity(["sarima"])
    assert complexity(["of another time"]) > complexity(["ensemble"])

"""Why the first model leads: where it is better than the next and where not, and what of that is more than chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from components import page
from components.icons import icon
from components.views.compare_errors import label
from components.views.compare_pairs import against_leader
from components.words import Words

DIMENSIONS = ("week", "weekday", "month", "segment")
MOST_NAMED = 3
"""Places that a sentence names; of more it gives the number."""

Grounds = Mapping[str, tuple[Sequence[Any], Sequence[Any]]]
"""By dimension where the leader wins and where it loses: core's Place, the largest difference first."""


def why_card(t: Words, board: Any, pairs: Any, grounds: Grounds, folds: int) -> html.Section | None:
    """``board``, ``pairs``: core's leaderboard and pairwise tests of the same rows. None for a single model."""
    if len(board) < 2:
        return None
    first, second = (t.model(name) for name in board["model"].iloc[:2])
    told = [(name, grounds[name]) for name in DIMENSIONS if sum(map(len, grounds.get(name, ()))) > 1]
    return page.titled(
        t("compare.why.title", model=first),
        [
            html.P([icon("trophy-fill"), html.Span(overall(t, board, pairs, folds))], className="tm-told"),
            html.Dl(
                [
                    part
                    for name, (wins, losses) in told
                    for part in (
                        html.Dt(t(f"compare.why.{name}")),
                        html.Dd([html.P(text) for text in sentences(t, name, wins, losses)]),
                    )
                ],
                className="tm-why",
            ),
            html.P(t("compare.why.note", model=first, other=second), className="tm-note"),
        ],
        "tm-why-card",
    )


def overall(t: Words, board: Any, pairs: Any, folds: int) -> str:
    """Over all days, and whether that is real."""
    first, second = board["model"].iloc[0], board["model"].iloc[1]
    next_one = against_leader(board, pairs)[0]
    return t(
        f"compare.why.overall.{next_one['verdict']}",
        model=t.model(first),
        other=t.model(second),
        low=t.percent(board["wape"].iloc[0], 1),
        high=t.percent(board["wape"].iloc[1], 1),
        gain=points(t, next_one["wape"]),
        tests=t.count("compare.tests", folds),
    )


def sentences(t: Words, dimension: str, wins: Sequence[Any], losses: Sequence[Any]) -> list[str]:
    """Where it wins and loses and by how much; then what of it is more than chance, or why that is not known."""
    count = len(wins) + len(losses)
    values: dict[str, Any] = {"won": t.number(len(wins)), "n": t.number(count)}
    if wins:
        values |= {"best": _place(t, dimension, wins[0].place), "gain": points(t, wins[0].gain)}
    if losses:
        values |= {"worst": _place(t, dimension, losses[0].place), "loss": points(t, -losses[0].gain)}
    kind = "some" if wins and losses else "all" if wins else "none"
    return [t(f"compare.why.{kind}", **values), support(t, dimension, wins, losses)]


def support(t: Words, dimension: str, wins: Sequence[Any], losses: Sequence[Any]) -> str:
    """Never more than the tests say."""
    every = [*wins, *losses]
    if not any(one.tested for one in every):
        return t("compare.why.untested")
    better, worse = ([one.place for one in some if one.real] for some in (wins, losses))
    if not better and not worse:
        return t("compare.why.chance")
    values = {"better": _named(t, dimension, better), "worse": _named(t, dimension, worse)}
    return t(f"compare.why.real.{'both' if better and worse else 'better' if better else 'worse'}", **values)


def points(t: Words, share: float) -> str:
    return t("compare.pairs.points", n=t.number(100 * share, 1 if abs(share) >= 0.0005 else 2))


def _place(t: Words, dimension: str, place: Any) -> str:
    """Its name inside a sentence."""
    text = label(t, dimension, place)
    return text[0].lower() + text[1:] if dimension == "week" else text


def _named(t: Words, dimension: str, places: Sequence[Any]) -> str:
    """Names in the order of the dimension; places come by the size of their difference."""
    names = [_place(t, dimension, place) for place in (sorted(places) if dimension != "segment" else places)]
    if len(names) > MOST_NAMED + 1:
        names = [*names[:MOST_NAMED], t.count("compare.others", len(names) - MOST_NAMED)]
    return t("compare.and", first=", ".join(names[:-1]), last=names[-1]) if len(names) > 1 else "".join(names)

"""What the browser is to build: everything that was said, nothing that a callback would look for in vain."""

from typing import Any

import pytest
from dash import dcc, html
from hypothesis import given
from hypothesis import strategies as st

from components.still import still
from tests.stills import unfolded

TEXTS = st.one_of(st.none(), st.text(), st.integers(-(10**9), 10**9))
TREES = st.recursive(
    TEXTS,
    lambda inner: st.builds(
        lambda kind, content, told: kind(content, **told),
        st.sampled_from([html.Span, html.Td, html.Strong]),
        st.lists(inner, max_size=3),
        st.fixed_dictionaries(
            {},
            optional={
                "className": st.text(),
                "title": st.text(),
                "data-x": st.text(),
                "style": st.just({"top": "1px"}),
            },
        ),
    ),
    max_leaves=12,
)


def told(node: Any) -> list[Any]:
    """Tags, attributes and texts in their order."""
    if isinstance(node, list):
        return [one for child in node for one in told(child)]
    if isinstance(node, dict):
        props = {name: value for name, value in node["props"].items() if name != "children" and value is not None}
        return [(node["type"], props), *told(node["props"].get("children"))]
    return [] if node is None else [str(node)]


@given(st.lists(TREES, max_size=4))
def test_nothing_is_lost(content: list[Any]) -> None:
    plain = told(unfolded(html.Ul(content)))
    assert told(unfolded(still(html.Ul(content)))) == plain


def test_one_in_another() -> None:
    inner = still(html.Ul([html.Li("a")], className="b"))
    assert told(unfolded(still(html.Div(inner)))) == [("Div", {}), ("Ul", {"className": "b"}), ("Li", {}), "a"]


@pytest.mark.parametrize("one", [html.Span(id="x"), dcc.Link("x", href="/"), html.Div([html.B(["a", html.I(id="y")])])])
def test_what_callbacks_know_is_refused(one: Any) -> None:
    with pytest.raises(TypeError):
        still(html.Div(one))

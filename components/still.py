"""Parts of a page that never change by themselves, put together in the browser from data.

Every Dash component is asked at every change anywhere on the page whether it concerns it, so a table of five hundred
cells as components makes each of them slow; as data it costs nothing once it is drawn.
"""

from __future__ import annotations

import json
from typing import Any

from dash import html
from dash.development.base_component import Component

_HTML = html.Div.__module__.rpartition(".")[0]
_NAMES = {"className": "class", "colSpan": "colspan", "tabIndex": "tabindex"}


def still(root: Component) -> Component:
    """The same element, whose content assets/still.js builds: elements of ``dash.html``, no ids, nothing to click that
    a callback listens to. Raises TypeError for anything else."""
    content, root.children = root.children, None
    setattr(root, "data-still", json.dumps(_plain(content), ensure_ascii=False, separators=(",", ":")))
    return root


def _plain(node: Any) -> Any:
    """Texts as they are, children as lists, elements as [tag, attributes, children] in an object of one key."""
    if node is None or isinstance(node, str):
        return node
    if isinstance(node, int | float):
        return str(node)
    if isinstance(node, list | tuple):
        return [_plain(one) for one in node if one is not None]
    if not isinstance(node, Component) or not node.__module__.startswith(_HTML):
        raise TypeError(f"{node!r} is not a plain element")
    told = {
        name: value
        for name, value in node.to_plotly_json()["props"].items()
        if value is not None and value is not False
    }
    if "id" in told:
        raise TypeError(f"{told['id']} has an id: callbacks cannot reach it there")
    children = told.pop("children", None)
    children = json.loads(told.pop("data-still")) if "data-still" in told else _plain(children)
    return {"e": [node._type.lower(), {_NAMES.get(name, name): value for name, value in told.items()}, children]}

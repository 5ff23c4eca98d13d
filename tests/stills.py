"""Reads what the browser will build: the content of components.still as the components that it was made from."""

from __future__ import annotations

import json
from typing import Any

from dash._utils import to_json

_NAMES = {"class": "className", "colspan": "colSpan", "tabindex": "tabIndex"}


def unfolded(shown: Any) -> Any:
    """Components as plain dictionaries (type, props), with the content of still ones in its place."""
    return _unfold(json.loads(to_json(shown)))


def _unfold(node: Any) -> Any:
    if isinstance(node, list):
        return [_unfold(one) for one in node]
    if not isinstance(node, dict):
        return node
    if "data-still" in node.get("props", {}):
        props = {**node["props"], "children": _component(json.loads(node["props"]["data-still"]))}
        del props["data-still"]
        return {**node, "props": props}
    return {name: _unfold(value) for name, value in node.items()}


def _component(content: Any) -> Any:
    if isinstance(content, list):
        return [_component(one) for one in content]
    if not isinstance(content, dict):
        return content
    tag, told, children = content["e"]
    props = {_NAMES.get(name, name): value for name, value in told.items()}
    return {
        "type": tag.capitalize(),
        "namespace": "dash_html_components",
        "props": {**props, "children": _component(children)},
    }


def plain(shown: Any) -> str:
    """Everything that components say, as JSON."""
    return json.dumps(unfolded(shown), ensure_ascii=False)

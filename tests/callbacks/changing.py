"""Which callbacks change something, found out from the code: what they call, and what that calls in turn."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

CORE = Path(__file__).parents[2] / "core"
WRITES = {"writing", "write_text", "write_bytes", "to_parquet", "rename", "unlink", "rmtree", "symlink_to"}
"""Calls by which a function of core changes the database or a file."""


@lru_cache(maxsize=1)
def writers() -> frozenset[str]:
    """Names of functions and methods of core that change something, themselves or by what stands beside them."""
    found: set[str] = set()
    for path in sorted(CORE.rglob("*.py")):
        if "commands" in path.parts:
            continue
        tree = ast.parse(path.read_text("utf-8"))
        calls = {
            node.name: {name for name, _ in called(node)}
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef)
        }
        mine = {name for name, names in calls.items() if names & WRITES}
        while more := {name for name, names in calls.items() if names & mine} - mine:
            mine |= more
        found |= {name for name in mine if not name.startswith("_")}
    return frozenset(found)


def called(node: ast.AST) -> Iterator[tuple[str, bool]]:
    """Names of what is called inside, and whether as an attribute of something; names also where they are handed on."""
    for one in ast.walk(node):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute):
            yield one.func.attr, True
        elif isinstance(one, ast.Name):
            yield one.id, False


def changes_of(function: Callable[..., Any], seen: set[Any] | None = None) -> set[str]:
    """Names of core's changing functions that a callback reaches, within the package callbacks."""
    seen = set() if seen is None else seen
    function = inspect.unwrap(function)
    if function in seen or not getattr(function, "__module__", "").startswith("callbacks"):
        return set()
    seen.add(function)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    space = vars(importlib.import_module(function.__module__))
    found: set[str] = set()
    for name, is_attribute in called(tree):
        if is_attribute:
            found |= {name} & writers()
        elif callable(space.get(name)):
            target = space[name]
            if getattr(target, "__module__", "").startswith("core") and getattr(target, "__name__", "") in writers():
                found.add(name)
            elif inspect.isfunction(inspect.unwrap(target)):
                found |= changes_of(target, seen)
    return found

"""Every address under one of a few names, so that numbers and logs stay bounded whatever is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable

CALLBACK, STATIC, NOW, PAGE, UNKNOWN = "callback", "static", "now", "page", "unknown"
"""Not operations of the API: a callback of a page, a file, the poll of open pages, a page, and an address under the
API's prefixes where nothing is."""

STATIC_PREFIXES = ("/assets/", "/vendor/", "/_dash-component-suites/", "/favicon.ico", "/_favicon.ico")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"


class Routes:
    """Names of addresses. ``operations``: paths as OpenAPI writes them; ``prefixes``: first parts of the API's."""

    def __init__(self, operations: Iterable[str], prefixes: Iterable[str]) -> None:
        paths = dict.fromkeys(operations)
        self._exact = {path: path for path in paths if "{" not in path} | {
            "/": PAGE, "/_dash-update-component": CALLBACK, "/_tidemark/now": NOW,
        }  # fmt: skip
        self._patterns = [(_pattern(path), path) for path in paths if "{" in path]
        self._prefixes = frozenset(prefixes)

    def of(self, path: str) -> str:
        """The path of an operation, or one of the words above."""
        return self._exact.get(path) or self._look_up(path)

    def _look_up(self, path: str) -> str:
        if path.startswith(STATIC_PREFIXES):
            return STATIC
        bare = path.rstrip("/")
        if bare in self._exact:
            return self._exact[bare]
        for pattern, name in self._patterns:
            if pattern.fullmatch(bare):
                return name
        return UNKNOWN if path.lstrip("/").partition("/")[0] in self._prefixes else PAGE


def is_api(route: str) -> bool:
    """Whether a name of a route is of the API and not of the pages."""
    return route.startswith("/") or route == UNKNOWN


def method_of(text: str) -> str:
    """A method that exists, or "other": clients may send any word."""
    return text if text in METHODS else OTHER


def _pattern(path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]+\}", path)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))

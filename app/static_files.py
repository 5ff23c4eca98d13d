"""Files that never change while the server runs: Bootstrap and icons from their package, and everything precompressed.

``python -m app.static_files`` asks the finished app for every script and style that a browser will ask for and
keeps best-level compressed copies by content hash in build/static; ``wrap`` serves them from there. What the
manifest does not know (an asset edited since, a package updated since) falls through to the app.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import sys
from collections.abc import Callable, Iterable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from flask import Flask, Response, abort, request
from flask_compress import Compress

from components.icons import ICONS
from core.config import PROJECT_ROOT

STATIC_DIR = PROJECT_ROOT / "build" / "static"

ENCODINGS = ("br", "gzip")
"""Best first. No zstd: every browser that takes it takes br as well, and br at its best level is smaller."""

FOR_EVER = "public, max-age=31536000, immutable"
FOR_AN_HOUR = "public, max-age=3600, stale-while-revalidate=604800"
"""For files whose URL stays the same when their content changes (plotly.min.js, Dash's async chunks)."""

PACKAGES = ("dash", "plotly", "dash-bootstrap-components", "dash-ag-grid", "Bootstrap-Flask")


class VendorFile(NamedTuple):
    """A file of an installed package under a URL that changes with its content."""

    url: str
    content: bytes
    mimetype: str


ICON_BASE = """/*! Bootstrap Icons v1.13.1, Copyright 2019-2024 The Bootstrap Authors, MIT */
.bi::before{content:"";display:inline-block;width:1em;height:1em;vertical-align:-.125em;background:currentcolor;\
-webkit-mask:var(--icon) no-repeat center/contain;mask:var(--icon) no-repeat center/contain;print-color-adjust:exact}
@media(forced-colors:active){.bi::before{background:CanvasText}}
"""
"""An icon is a mask over the colour of the text around it, also on paper and in the colours of a high contrast."""


@lru_cache(maxsize=1)
def vendor_files() -> tuple[VendorFile, ...]:
    """Bootstrap's CSS, and one with the icons in use, both from the package Bootstrap-Flask. Its font of all 2,000
    icons would be 145 kB of the first load."""
    spec = importlib.util.find_spec("flask_bootstrap")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package Bootstrap-Flask is not installed")
    folder = Path(spec.origin).parent / "static" / "bootstrap5"
    bootstrap = (folder / "css" / "bootstrap.min.css").read_bytes()
    icons = _icon_css((folder / "icons" / "bootstrap-icons.svg").read_text("utf-8")).encode()
    return tuple(
        VendorFile(f"/vendor/{name}.{_digest(content)[:10]}.css", content, "text/css")
        for name, content in (("bootstrap", bootstrap), ("bootstrap-icons", icons))
    )


def _icon_css(sprite: str) -> str:
    """Raises RuntimeError for an icon that the package does not have."""
    css = [ICON_BASE]
    for name in sorted(set(ICONS)):
        found = re.search(rf'<symbol [^>]*viewBox="([^"]+)" id="{name}">(.*?)</symbol>', sprite, re.S)
        if found is None:
            raise RuntimeError(f"the package Bootstrap-Flask has no icon {name}")
        picture = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='{found[1]}'>{found[2]}</svg>"
        coded = quote(picture.replace('"', "'"), safe=" ='/:,")
        css.append(f'.bi-{name}::before{{--icon:url("data:image/svg+xml,{coded}")}}\n')
    return "".join(css)


def stylesheets() -> list[str]:
    """URLs of Bootstrap and of its icons, for Dash's ``external_stylesheets``."""
    return [file.url for file in vendor_files() if file.mimetype == "text/css"]


def wrap(server: Flask, folder: Path = STATIC_DIR) -> None:
    """Adds the /vendor/ files and puts the precompressed files of ``folder`` in front of the server."""
    known = {file.url: file for file in vendor_files()}

    @server.get("/vendor/<path:name>")
    def vendor(name: str) -> Response:
        file = known.get(f"/vendor/{name}") or abort(404)
        response = Response(file.content, mimetype=file.mimetype)
        response.headers["Cache-Control"] = FOR_EVER
        response.set_etag(_digest(file.content)[:20])
        return response.make_conditional(request)

    _compress_pages(server)
    server.wsgi_app = Precompressed(server.wsgi_app, folder)  # type: ignore[method-assign]


def _compress_pages(server: Flask) -> None:
    """Compresses Dash's JSON and the pages, request by request; the API's small answers are left alone."""
    server.config.update(COMPRESS_REGISTER=False, COMPRESS_ALGORITHM=["zstd", "gzip"], COMPRESS_MIN_SIZE=1000)
    server.config["COMPRESS_ZSTD_LEVEL"] = 9  # 4 ms for the largest answer of a page, and 15 % less of it than by 3
    compress = Compress(server)

    @server.after_request
    def compress_dynamic(response: Response) -> Response:
        if request.endpoint and request.endpoint.startswith("predict."):
            return response
        dynamic = request.path.startswith("/_dash-") and response.mimetype == "application/json"
        sent = compress.after_request(response) if dynamic or response.mimetype == "text/html" else response
        if request.path == "/_dash-dependencies" and request.method == "GET" and sent.status_code == 200:
            # the list of callbacks is the same as long as the server runs: a browser that has it need not load it
            sent.headers["Cache-Control"] = "no-cache"
            sent.add_etag(overwrite=True)
            sent.make_conditional(request)
        return sent


class Entry(NamedTuple):
    """One precompressed file: its bytes by encoding ("" is uncompressed) and the headers they share."""

    digest: str
    mimetype: str
    cache: str
    encodings: tuple[str, ...]


class Precompressed:
    """WSGI middleware that answers GET and HEAD of known URLs from memory; everything else goes on to ``app``.

    A URL is known with its query string (``/assets/app.css?m=…``), so an edited asset is never served stale; the
    whole manifest is ignored when a package was updated since it was made.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], folder: Path) -> None:
        self.app = app
        self.folder = folder
        self.entries = _load_manifest(folder)
        self._bodies: dict[tuple[str, str], bytes] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] in ("GET", "HEAD") and self.entries:
            query = environ.get("QUERY_STRING")
            entry = self.entries.get(f"{environ['PATH_INFO']}?{query}" if query else environ["PATH_INFO"])
            if entry is not None:
                return self._answer(entry, environ, start_response)
        return self.app(environ, start_response)

    def _answer(self, entry: Entry, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        encoding = _choose(environ.get("HTTP_ACCEPT_ENCODING", ""), entry.encodings)
        etag = f'"{entry.digest[:20]}{"-" + encoding if encoding else ""}"'
        headers = [
            ("Cache-Control", entry.cache),
            ("ETag", etag),
            ("Vary", "Accept-Encoding"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if etag in environ.get("HTTP_IF_NONE_MATCH", ""):
            start_response("304 Not Modified", headers)
            return ()
        body = self._body(entry.digest, encoding)
        headers += [("Content-Type", entry.mimetype), ("Content-Length", str(len(body)))]
        if encoding:
            headers.append(("Content-Encoding", encoding))
        start_response("200 OK", headers)
        return () if environ["REQUEST_METHOD"] == "HEAD" else (body,)

    def _body(self, digest: str, encoding: str) -> bytes:
        key = (digest, encoding)
        if key not in self._bodies:
            self._bodies[key] = (self.folder / _file_name(digest, encoding)).read_bytes()
        return self._bodies[key]


def stamp() -> str:
    """What the files depend on beside their URL: the versions of the packages that they come from."""
    return " ".join(f"{name}={version(name)}" for name in PACKAGES) + f" python={sys.version_info[:2]}"


def _load_manifest(folder: Path) -> dict[str, Entry]:
    try:
        manifest = json.loads((folder / "manifest.json").read_bytes())
    except FileNotFoundError:
        return {}
    if manifest["stamp"] != stamp():
        return {}
    return {
        url: Entry(one["digest"], one["mimetype"], FOR_EVER if one["fingerprinted"] else FOR_AN_HOUR,
                   tuple(one["encodings"]))
        for url, one in manifest["files"].items()
    }  # fmt: skip


def _choose(accepted: str, available: tuple[str, ...]) -> str:
    """The best encoding that the client takes, "" for none; a client refuses one by ``;q=0``."""
    offers = dict(part.strip().partition(";")[::2] for part in accepted.lower().split(","))
    for encoding in available:
        quality = offers.get(encoding)
        if quality is not None and quality.replace(" ", "").removeprefix("q=") not in ("0", "0.0", "0.00", "0.000"):
            return encoding
    return ""


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _file_name(digest: str, encoding: str) -> str:
    return f"{digest[:20]}.{encoding or 'raw'}"


if __name__ == "__main__":
    from app.static_build import main

    main()

"""Builds the precompressed static files: collects what a browser will ask for, compresses it, writes a manifest."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import brotli
import dash
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import grid
from app.static_files import ENCODINGS, STATIC_DIR, _digest, _file_name, stamp

BROTLI_BEST = 11

NEVER_ASKED = ("async-enterprise.js",)
"""Scripts that no page loads: of features of the grid that have to be paid for."""

LEAST_SAVING = 0.95
"""A compressed copy is kept where it is smaller than this share of the file (images are not)."""


class Collected(NamedTuple):
    """One answer of the app: what to serve under ``url``."""

    url: str
    content: bytes
    mimetype: str
    fingerprinted: bool


class _Links(HTMLParser):
    """Collects the URLs of scripts, styles and icons of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        url = values.get("src") if tag == "script" else values.get("href") if tag == "link" else None
        if url and url.startswith("/"):
            self.urls.append(url)


def collect(app: dash.Dash) -> Iterator[Collected]:
    """Everything under a fixed URL: what "/" links to, what Dash loads later, and the /vendor/ files.

    Raises RuntimeError if the page or one of its files does not answer 200.
    """
    server = app.server
    server.wsgi_app = Flask.wsgi_app.__get__(server)  # without the files of an earlier build in front
    client = server.test_client()
    links = _Links()
    links.feed(_get(client, "/").get_data(as_text=True))
    # An asset without its time in the URL could be edited and still be served as it was: the app serves those.
    linked = [url for url in links.urls if is_fingerprinted(url) or not url.startswith("/assets/")]
    for url in sorted({*linked, *grid.scripts(app), *_later_scripts(app)}):
        response = _get(client, url)
        yield Collected(url, response.get_data(), response.headers["Content-Type"], is_fingerprinted(url))


def is_fingerprinted(url: str) -> bool:
    """Whether the URL changes when the content does: Dash's ``.v1_2m123.`` and ``?m=123``, our /vendor/ hashes."""
    return bool(re.search(r"\.v[\d_a-z.]+m\d+\.|[?&]m=[\d.]+$|^/vendor/.*\.[0-9a-f]{10}\.css$", url))


def _later_scripts(app: dash.Dash) -> Iterator[str]:
    """Scripts that the page loads only when it needs them (plotly.js, chunks of the component libraries)."""
    for package, paths in app.registered_paths.items():
        for path in paths:
            if path.endswith((".js", ".css")) and path not in NEVER_ASKED:
                yield f"/_dash-component-suites/{package}/{path}"


def _get(client: FlaskClient, url: str) -> TestResponse:
    response = client.get(url, buffered=True)  # closes the file that Flask streams from
    if response.status_code != 200:
        raise RuntimeError(f"{url} answered {response.status_code} while the static files were built")
    return response


def compress(content: bytes, encoding: str) -> bytes:
    """``content`` at the best level of ``encoding``: about 9 s for plotly.min.js, once a version of it."""
    if encoding == "gzip":
        return gzip.compress(content, compresslevel=9, mtime=0)
    return brotli.compress(content, quality=BROTLI_BEST)


def build(app: dash.Dash, folder: Path = STATIC_DIR) -> dict[str, dict[str, object]]:
    """Writes the copies and the manifest into a new folder and puts it in place of ``folder``; returns the manifest.

    Copies of unchanged files are taken from the folder that is replaced.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", dir=folder.parent))
    draft.chmod(0o755)
    files = list(collect(app))
    # Both compressors release the interpreter's lock; the largest file first keeps the two threads equally busy.
    work = sorted({_digest(one.content): one.content for one in files}.items(), key=lambda item: -len(item[1]))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        encodings = dict(pool.map(lambda item: (item[0], _write(*item, draft, folder)), work))
    manifest = {
        one.url: {
            "digest": _digest(one.content),
            "mimetype": one.mimetype,
            "fingerprinted": one.fingerprinted,
            "encodings": encodings[_digest(one.content)],
        }
        for one in files
    }
    (draft / "manifest.json").write_text(json.dumps({"stamp": stamp(), "files": manifest}, indent=1), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return manifest


def _write(digest: str, content: bytes, draft: Path, earlier: Path) -> list[str]:
    """Writes the copies of one file; returns the encodings that were worth it, best first."""
    (draft / _file_name(digest, "")).write_bytes(content)
    kept = []
    for encoding in ENCODINGS:
        name = _file_name(digest, encoding)
        before = earlier / name
        packed = before.read_bytes() if before.is_file() else compress(content, encoding)
        if len(packed) < LEAST_SAVING * len(content):
            (draft / name).write_bytes(packed)
            kept.append(encoding)
    return kept


def main() -> None:
    """Builds from an app with an empty data folder: needs no data, touches none."""
    from app import create_app
    from app.settings import Settings
    from core.config import Config

    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        manifest = build(create_app(Settings(core=Config(data_dir=Path(scratch)))))
    sys.stdout.write(f"Compressed {len(manifest)} static files in {time.perf_counter() - started:.0f} s.\n")

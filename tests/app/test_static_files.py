"""Static files are compressed once and served by content; nothing stale, nothing from elsewhere."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import brotli
import dash
import pytest
from dash import dcc, html
from flask.testing import FlaskClient

from app import create_app, static_build, static_files
from app.settings import Settings
from app.static_files import Precompressed, stylesheets, vendor_files
from components.icons import ICONS

ALL = "br, gzip, zstd, deflate"


def make_app(assets: Path) -> dash.Dash:
    """A small Dash app with an asset of its own and a component that loads its script late."""
    app = dash.Dash("tests", assets_folder=str(assets), external_stylesheets=stylesheets())
    app.layout = html.Div([dcc.DatePickerSingle(), html.P("text")])
    return app


@pytest.fixture(scope="module")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("assets")
    (folder / "own.css").write_text("p { color: red }\n" * 200)
    return folder


@pytest.fixture(scope="module")
def built(assets: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the build wrote, at the quickest levels: what is tested is not how small it gets."""
    folder = tmp_path_factory.mktemp("build") / "static"
    app = make_app(assets)
    static_files.wrap(app.server, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(static_build, "BROTLI_BEST", 1)
        static_build.build(app, folder)
    return folder


@pytest.fixture
def client(assets: Path, built: Path) -> FlaskClient:
    app = make_app(assets)
    static_files.wrap(app.server, built)
    return app.server.test_client()


def manifest(built: Path) -> dict[str, dict[str, object]]:
    return json.loads((built / "manifest.json").read_text())["files"]


def linked(client: FlaskClient) -> list[str]:
    page = client.get("/").get_data(as_text=True)
    return [url for url in re.findall(r'(?:src|href)="(/[^"]+)"', page) if not url.startswith("/_favicon")]


def test_stylesheets_are_bootstrap_and_icons_from_here() -> None:
    bootstrap, icons = vendor_files()[:2]
    assert stylesheets() == [bootstrap.url, icons.url]
    assert b"Bootstrap  v5" in bootstrap.content[:200]
    pictures = re.findall(r'--icon:url\("data:image/svg\+xml,([^"]+)"\)', icons.content.decode())
    assert len(pictures) == len(set(ICONS))
    for one in pictures:  # what a browser would draw
        assert ElementTree.fromstring(unquote(one))[0].tag == "{http://www.w3.org/2000/svg}path"
    for file in (bootstrap, icons):
        assert hashlib.sha256(file.content).hexdigest()[:10] in file.url
        assert not re.findall(rb"""(?:@import|url\(["']?)\s*["']?(?:https?:)?//""", file.content)


def test_vendor_files_without_a_build(assets: Path, tmp_path: Path) -> None:
    app = make_app(assets)
    static_files.wrap(app.server, tmp_path / "nothing")
    client = app.server.test_client()
    answer = client.get(stylesheets()[0])
    assert answer.status_code == 200
    assert answer.mimetype == "text/css"
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get("/vendor/nothing.css").status_code == 404
    assert client.get("/vendor/../secret").status_code == 404


def test_the_page_misses_nothing(client: FlaskClient, built: Path) -> None:
    assert set(linked(client)) - {"/_dash-config"} <= set(manifest(built))
    assert any("plotly.min.js" in url for url in manifest(built))
    assert any("/async-datepicker" in url for url in manifest(built))
    assert not any(url.endswith(".map") for url in manifest(built))
    assert any(url.startswith("/assets/own.css?m=") for url in manifest(built))


def test_every_copy_is_the_file_itself(client: FlaskClient, built: Path, assets: Path) -> None:
    """Compares with the answer of the app without the middleware."""
    plain = make_app(assets)
    static_files.wrap(plain.server, built / "nothing")
    original = plain.server.test_client()
    original.get("/")
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
    for url in manifest(built):
        content = original.get(url, buffered=True).get_data()
        for accepted in ("br", "gzip", "identity"):
            answer = client.get(url, headers={"Accept-Encoding": accepted})
            assert answer.status_code == 200
            assert unpack[answer.headers.get("Content-Encoding")](answer.get_data()) == content, url
            assert int(answer.headers["Content-Length"]) == len(answer.get_data())
            assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [(ALL, "br"), ("gzip", "gzip"), ("gzip;q=1.0, br;q=0", "gzip"), ("identity", None), ("", None), ("zstd", None),
     ("BR", "br"), ("br;q=0.5, gzip", "br"), ("br; q=0.000", None), ("*", None), ("brx", None)],
)  # fmt: skip
def test_the_client_chooses(client: FlaskClient, accepted: str, chosen: str | None) -> None:
    answer = client.get(stylesheets()[0], headers={"Accept-Encoding": accepted})
    assert answer.headers.get("Content-Encoding") == chosen


def test_fingerprinted_files_are_kept_for_ever_and_others_not(client: FlaskClient, built: Path) -> None:
    for url in manifest(built):
        cache = client.get(url).headers["Cache-Control"]
        changes = "m=" in url or re.search(r"\.v\d+_", url) or url.startswith("/vendor/")
        assert ("immutable" in cache) is bool(changes), url


def test_etag(client: FlaskClient) -> None:
    url = stylesheets()[0]
    first = client.get(url, headers={"Accept-Encoding": "br"})
    again = client.get(url, headers={"Accept-Encoding": "br", "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert again.get_data() == b""
    other = client.get(url, headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["ETag"]})
    assert other.status_code == 200


def test_head_has_no_body(client: FlaskClient) -> None:
    answer = client.head(stylesheets()[0], headers={"Accept-Encoding": "br"})
    assert answer.status_code == 200
    assert answer.get_data() == b""
    assert int(answer.headers["Content-Length"]) > 1000


def test_an_edited_asset_is_served_as_it_is(built: Path, tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text("p { color: blue }")
    app = make_app(tmp_path)
    static_files.wrap(app.server, built)
    client = app.server.test_client()
    (url,) = [url for url in linked(client) if "own.css" in url]
    assert url not in manifest(built)
    assert client.get(url, buffered=True).get_data() == b"p { color: blue }"


def test_after_an_update_nothing_old_is_served(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Precompressed(lambda *_: (), built).entries
    monkeypatch.setattr(static_files, "stamp", lambda: "dash=99")
    assert not Precompressed(lambda *_: (), built).entries


def test_a_second_build_takes_over_what_is_unchanged(
    assets: Path, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = manifest(built)
    monkeypatch.setattr(static_build, "compress", lambda *_: pytest.fail("compressed again"))
    folder = built
    app = make_app(assets)
    static_files.wrap(app.server, folder)
    unpacked = [url for url, one in before.items() if set(one["encodings"]) != set(static_files.ENCODINGS)]
    if unpacked:  # files that are not worth a copy are tried again
        monkeypatch.setattr(static_build, "compress", lambda content, _: content)
    assert static_build.build(app, folder) == before


def test_dash_json_is_compressed_and_small_answers_are_not(client: FlaskClient) -> None:
    layout = client.get("/_dash-dependencies", headers={"Accept-Encoding": "gzip"})
    assert layout.status_code == 200
    assert "Content-Encoding" not in layout.headers  # two bytes
    page = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert page.headers["Content-Encoding"] == "gzip"
    assert b"_dash-config" in gzip.decompress(page.get_data())


def test_the_real_pages_miss_nothing(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the script in the head, whose URL does not change with its content, is left to the app."""
    monkeypatch.setattr(static_build, "compress", lambda content, _: content)
    static_build.build(create_app(settings), tmp_path / "static")
    built = set(manifest(tmp_path / "static"))
    monkeypatch.setattr(static_files, "STATIC_DIR", tmp_path / "static")
    client = create_app(settings).server.test_client()
    for page in ("/", "/forecast", "/docs"):
        urls = re.findall(r'(?:src|href)="(/(?:_dash|assets|vendor)[^"]+)"', client.get(page).get_data(as_text=True))
        assert len(urls) >= 4
        assert set(urls) - built <= {"/assets/theme-init.js", "/assets/favicon.ico"}

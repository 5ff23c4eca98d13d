"""The sign-in: who gets in, by a password or a proxy, what viewers may, and how it ends."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import dash
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from app import create_app
from app.access.gate import Gate, is_public, pages_gate
from app.access.settings import Access, is_loopback
from app.access.sign_in import safe
from app.access.throttle import MINUTES, OF_ADDRESS, WITH_NAME, Throttle
from app.settings import Settings
from core.access import passwords
from core.config import Config
from core.errors import ConfigError

GOOD = "correct horse"
LOOKS, DOES = "overview-body.children", "..begin-train.data...retrain-said.children.."


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> dash.Dash:
    """An installation that others reach, with an editor and a viewer."""
    core = Config(data_dir=tmp_path_factory.mktemp("access"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "COST", 16)
        patch.setattr(passwords, "PARALLEL", 1)
        made = create_app(Settings(core=core, secret_key="a key for the tests", host="0.0.0.0", access_log="off"))
        assert made.server.test_client().get("/").status_code == 200
        gate = pages_gate(made.server)
        gate.users.add("anna", GOOD, "editor")
        gate.users.add("vic", GOOD, "viewer")
    return made


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "COST", 16)
    monkeypatch.setattr(passwords, "PARALLEL", 1)


@pytest.fixture
def gate(app: dash.Dash) -> Gate:
    """Its gate, with nothing counted."""
    found = pages_gate(app.server)
    found.throttle._counts.clear()
    return found


@pytest.fixture
def client(app: dash.Dash, gate: Gate) -> FlaskClient:
    return app.server.test_client()


def sign_in(client: FlaskClient, name: str = "anna", password: str = GOOD, **more: Any) -> TestResponse:
    target = more.pop("target", "/forecast?horizon=7")
    return client.post("/sign-in", data={"name": name, "password": password, "next": target}, **more)


def call(client: FlaskClient, output: object, **more: Any) -> int:
    pressed = [{"id": "button", "property": "n_clicks", "value": 1}]
    return client.post("/_dash-update-component", json={"output": output, "inputs": pressed}, **more).status_code


def problem(answer: TestResponse) -> tuple[int, str]:
    assert answer.mimetype == "application/problem+json"
    return answer.status_code, answer.get_json()["detail"]


def test_what_cannot_be_used_of_the_file_is_told_at_the_start(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "users").write_text("anna:scrypt$16$8$1$" + "a" * 25 + "$" + "b" * 43 + ":editor\n", "utf-8")
    gate = Gate(Settings(core=Config(data_dir=tmp_path), secret_key="a key for the tests"))
    assert gate.is_closed()
    assert "line 1 of the file of users is left out" in caplog.text
    assert gate.users.check("anna", GOOD) is None


# -- what is closed --------------------------------------------------------------------------------------------------


def test_everything_of_the_pages_is_closed_and_nothing_is_told(client: FlaskClient, app: dash.Dash) -> None:
    shown = {"/health", "/health/live", "/health/ready", "/metrics", "/docs", "/openapi.json"}
    shown |= {"/v2", "/v2/health/live", "/v2/health/ready"}
    for rule in app.server.url_map.iter_rules():
        path = re.sub(r"<[^>]+>", "x", rule.rule)
        method = "POST" if "GET" not in (rule.methods or ()) else "GET"
        answer = client.open(path, method=method, json={} if method == "POST" else None)
        if path.rstrip("/") in shown or path.startswith(("/assets/", "/vendor/", "/_dash-component-suites/")):
            assert answer.status_code != 401, path
        elif path in ("/sign-in", "/sign-out") or path.endswith("favicon.ico"):
            assert answer.status_code in (200, 303, 401, 404)
        else:
            closed = answer.status_code in (401, 404, 405) or answer.headers.get("Location", "").startswith("/sign-in?")
            assert closed, (path, answer.status_code)


@pytest.mark.parametrize("path", ["/", "/forecast", "/lifecycle", "/nowhere", "//x", "/predictable"])
def test_a_page_leads_to_the_sign_in_and_back(client: FlaskClient, path: str) -> None:
    answer = client.get(f"{path}?a=b c&d=é")
    assert answer.status_code in (302, 308)
    assert client.get("/forecast?a=b").headers["Location"] == "/sign-in?next=/forecast%3Fa%3Db"


@pytest.mark.parametrize("path", ["/_tidemark/now", "/_dash-layout", "/_dash-dependencies", "/_anything/new"])
def test_what_a_page_asks_for_says_that_it_must(client: FlaskClient, path: str) -> None:
    assert problem(client.get(path))[0] == 401


def test_the_words_of_a_path_are_compared_whole() -> None:
    assert [is_public(path) for path in ("/predict", "/health/live", "/assets/x.css", "/sign-in")] == [True] * 4
    closed = ("/", "/predictx", "/sign-in/x", "/lifecycle", "/_tidemark/now", "/ assets/", "//health", "/%2e./health")
    assert not any(is_public(path) for path in closed)


def test_open_without_users_and_closed_by_the_first_for_good(tmp_path: Path) -> None:
    made = create_app(Settings(core=Config(data_dir=tmp_path), secret_key="a key for the tests"))
    client, users = made.server.test_client(), pages_gate(made.server).users
    assert [client.get(path).status_code for path in ("/", "/sign-in", "/models")] == [200, 303, 200]
    users.add("anna", GOOD, "editor")
    assert [client.get(path).status_code for path in ("/", "/sign-in", "/models")] == [302, 200, 401]
    users.remove("anna")
    users.path.unlink()
    assert client.get("/").status_code == 302


def test_a_file_that_was_asked_for_closes_even_before_it_is_there(tmp_path: Path) -> None:
    core = Config(data_dir=tmp_path, users_path=tmp_path / "elsewhere")
    made = create_app(Settings(core=core, secret_key="a key for the tests"))
    assert made.server.test_client().get("/").status_code == 302


# -- with a password -------------------------------------------------------------------------------------------------


def test_signing_in_opens_the_pages_and_signing_out_closes_them(client: FlaskClient) -> None:
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/forecast?horizon=7")
    (cookie,) = answer.headers.getlist("Set-Cookie")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    page = client.get("/")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    assert client.get("/sign-in?next=/explore").headers["Location"] == "/explore"
    kept = client.get_cookie("tidemark_session_8050")
    assert kept is not None
    assert client.post("/sign-out").headers["Location"] == "/sign-in"
    assert client.get("/_tidemark/now").status_code == 401
    client.set_cookie(kept.key, kept.value)  # a copy of the cookie
    assert client.get("/_tidemark/now").status_code == 401


@pytest.mark.parametrize(
    ("name", "password"), [("anna", "wrong words"), ("nobody", GOOD), ("", ""), ("anna", "x" * 999)]
)
def test_what_is_wrong_is_not_told(client: FlaskClient, name: str, password: str) -> None:
    answer = sign_in(client, name, password)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (401, False)
    assert "The name or the password is not right" in answer.text
    assert 'role="alert"' in answer.text


def test_what_was_typed_is_text(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = sign_in(client, '"><script>x</script>\u202e\n\x1b[2J', "wrong words", target='"><script>y</script>')
    assert "<script>x" not in answer.text
    assert "<script>y" not in answer.text
    (record,) = caplog.records
    assert "\n" not in record.getMessage()
    assert "\x1b" not in record.getMessage()
    assert r"\u202e" in record.getMessage()
    assert "wrong words" not in caplog.text


def test_the_page_speaks_the_language_and_links_the_other(client: FlaskClient) -> None:
    page = client.get("/sign-in?next=/explore", headers={"Accept-Language": "fr"}).text
    assert '<html lang="fr"' in page
    assert "Se connecter" in page
    assert 'href="/sign-in?lang=en&amp;next=%2Fexplore"' in page


def test_behind_tls_the_cookie_is_for_tls(client: FlaskClient) -> None:
    assert "Secure" in sign_in(client, base_url="https://shop.example").headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "https://evil.example"}, 403), ({"Origin": "null"}, 403), ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost"}, 403), ({"Origin": "http://localhost"}, 303),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://rewritten.example"}, 303), ({}, 303),
    ],
)  # fmt: skip
def test_only_forms_of_this_site_sign_in(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    assert sign_in(client, headers=headers).status_code == status
    if status == 303:
        other = {"Origin": "https://evil.example"}
        assert call(client, LOOKS, headers=other) == 403
        client.post("/sign-out", headers=other)
        assert client.get("/_tidemark/now").status_code == 200


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "\\\\evil", "javascript:x", "",
     "/sign-in", "/sign-out?x", "/a\r\nSet-Cookie: x=y", "/a\x00", None, "forecast", " /x"],
)  # fmt: skip
def test_nobody_is_led_away(target: str | None) -> None:
    assert safe(target) == "/"


@given(st.text(alphabet="/\\:.?#@ \t\nhtpev", max_size=8))
def test_what_is_safe_stays_on_the_site(target: str) -> None:
    found = safe(target)
    assert re.match(r"/($|[^/\\])", found)
    assert not re.search(r"[\\\s]", found)


# -- how it ends -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "query", "used"),
    [
        (["now.data"], "", False), (["changed.data", "ready.data"], "", False), ([], "", False),
        (['{"job":1,"type":"counting"}.n_intervals'], "", False), (["begin-train.data"], "?cacheKey=a&job=1", False),
        (["ready.data", "horizon.value"], "", True), (["_pages_location.pathname"], "", True),
    ],
)  # fmt: skip
def test_a_page_that_is_drawn_anew_by_itself_is_no_use(
    gate: Gate, client: FlaskClient, monkeypatch: pytest.MonkeyPatch, changed: list[str], query: str, used: bool
) -> None:
    clock = [1_000_000.0]
    monkeypatch.setattr(gate.sessions, "_clock", lambda: clock[0])
    sign_in(client)
    clock[0] += 1800
    body = {"output": "nothing.children", "inputs": [], "changedPropIds": changed}
    assert client.post(f"/_dash-update-component{query}", json=body).status_code not in (401, 403)
    clock[0] += 1801
    assert client.get("/_tidemark/now").status_code == (200 if used else 401)


def test_it_ends_without_use_and_after_a_day_of_work(
    app: dash.Dash, gate: Gate, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1_000_000.0]
    monkeypatch.setattr(gate.sessions, "_clock", lambda: clock[0])
    sign_in(client)
    clock[0] += 3600
    assert client.get("/_tidemark/now").status_code == 200  # an open page that asks by itself is no use
    clock[0] += 1
    assert client.get("/_tidemark/now").status_code == 401
    sign_in(client)
    for _ in range(24):
        clock[0] += 1800
        assert client.get("/").status_code == 200
    clock[0] += 1
    assert client.get("/").status_code == 302


def test_another_password_another_role_and_the_end_of_a_user_count_at_once(gate: Gate, client: FlaskClient) -> None:
    gate.users.add("cleo", GOOD, "viewer")
    sign_in(client, "cleo")
    assert call(client, DOES) == 403
    gate.users.remove("cleo")
    assert client.get("/_tidemark/now").status_code == 401
    gate.users.add("cleo", GOOD, "viewer")
    assert client.get("/_tidemark/now").status_code == 401
    sign_in(client, "cleo")
    gate.users.path.write_text(gate.users.path.read_text().replace(":viewer\n", ":editor\n"))
    assert call(client, DOES) != 403
    gate.users.path.write_text(re.sub(r"(vic:.*:)editor", r"\1viewer", gate.users.path.read_text()))
    gate.users.set_password("cleo", GOOD)
    assert client.get("/_tidemark/now").status_code == 401
    gate.users.remove("cleo")


def test_a_cookie_of_another_key_is_nobody(client: FlaskClient, tmp_path: Path) -> None:
    other = create_app(Settings(core=Config(data_dir=tmp_path), secret_key="some other key here"))
    pages_gate(other.server).users.add("anna", GOOD, "editor")
    forger = other.server.test_client()
    sign_in(forger)
    cookie = forger.get_cookie("tidemark_session_8050")
    assert cookie is not None
    client.set_cookie(cookie.key, cookie.value)
    assert client.get("/_tidemark/now").status_code == 401


# -- how often -------------------------------------------------------------------------------------------------------


def test_after_a_few_wrong_ones_nothing_is_tried_for_a_while(
    gate: Gate, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    real = gate.users.check
    monkeypatch.setattr(gate.users, "check", lambda name, word: asked.append(word) or real(name, word))
    for _ in range(WITH_NAME):
        assert sign_in(client, password="wrong words").status_code == 401
    refused = sign_in(client)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, str(60 * MINUTES))
    assert f"in {MINUTES} minutes" in refused.text
    assert len(asked) == WITH_NAME
    assert sign_in(client, "vic").status_code == 303  # another name from here
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    assert sign_in(client, environ_overrides=elsewhere).status_code == 303  # the same name from elsewhere


def test_strangers_cannot_keep_a_person_out(tmp_path: Path) -> None:
    throttle = Throttle(tmp_path)
    for number in range(200):
        throttle.wait("anna", f"192.0.2.{number}")
    assert throttle.wait("anna", "198.51.100.1") == 0


def test_counts_of_an_address_and_their_end(tmp_path: Path) -> None:
    clock = [5_000_000.0]
    throttle = Throttle(tmp_path, lambda: clock[0])
    assert [throttle.wait(f"name {n}", "2001:db8::1") for n in range(OF_ADDRESS)] == [0] * OF_ADDRESS
    clock[0] += 60
    assert throttle.wait("anna", "2001:db8::2") == MINUTES - 1  # one network is one client
    clock[0] += 60 * (MINUTES - 1)
    assert throttle.wait("anna", "2001:db8::2") == 0


def test_what_was_right_does_not_count(tmp_path: Path) -> None:
    throttle = Throttle(tmp_path)
    for _ in range(OF_ADDRESS + 5):
        assert throttle.wait("anna", "192.0.2.1") == 0
        throttle.passed("anna", "192.0.2.1")


# -- roles -----------------------------------------------------------------------------------------------------------


def test_viewers_look_and_editors_do(app: dash.Dash, gate: Gate) -> None:
    viewer, editor = app.server.test_client(), app.server.test_client()
    sign_in(viewer, "vic")
    sign_in(editor, "anna")
    changing = [key for key, entry in app.callback_map.items() if getattr(entry.get("callback"), "changes", False)]
    assert DOES in changing
    assert {call(viewer, key) for key in changing} == {403}
    assert {call(viewer, wrong) for wrong in ("no such", None, ["x"], {})} == {403}
    assert viewer.post("/_dash-update-component", data="{", content_type="application/json").status_code == 403
    assert call(viewer, LOOKS) != 403
    assert call(editor, DOES) != 403
    by_itself = [{"id": "retrain", "property": "n_clicks"}], [{"id": "changed", "property": "data", "value": "3"}]
    for inputs in by_itself:  # as pages do
        drawn = {"output": DOES, "inputs": [inputs]}
        assert viewer.post("/_dash-update-component", json=drawn).status_code == 204


def test_a_viewer_is_told_which_buttons_are_off(app: dash.Dash, gate: Gate) -> None:
    viewer, editor = app.server.test_client(), app.server.test_client()
    sign_in(viewer, "vic")
    sign_in(editor, "anna")
    of_viewer, of_editor = (one.get("/_dash-layout").get_json()["props"] for one in (viewer, editor))
    assert (of_viewer["data-role"], of_editor["data-role"]) == ("viewer", "editor")
    assert '"retrain"' in of_viewer["data-switches"]
    assert "data-switches" not in of_editor
    assert '"vic"' in viewer.get("/_dash-layout").text


# -- the API ---------------------------------------------------------------------------------------------------------


def test_the_api_takes_keys_and_no_cookie(app: dash.Dash, client: FlaskClient) -> None:
    from callbacks.services import EXTENSION
    from core.access.keys import Keys

    sign_in(client)
    assert problem(client.get("/models"))[0] == 401
    assert problem(client.post("/models/retrain", json={}))[0] == 401
    assert [client.get(path).status_code for path in ("/health", "/health/live", "/metrics", "/docs")] == [200] * 4
    key = Keys(app.server.extensions[EXTENSION].engine).create("till", ["read"])
    bearer = {"Authorization": f"Bearer {key.text}"}
    assert client.get("/models", headers=bearer).status_code == 200
    assert app.server.test_client().get("/_tidemark/now", headers=bearer).status_code == 401


# -- behind a proxy --------------------------------------------------------------------------------------------------


def behind(tmp_path: Path, trust_proxy: int = 0, **env: str) -> FlaskClient:
    access = Access.read(lambda name: env.get(name, ""), trust_proxy)
    settings = Settings(core=Config(data_dir=tmp_path), secret_key="a key for the tests", access=access)
    return create_app(replace(settings, trust_proxy=trust_proxy)).server.test_client()


def test_a_header_is_believed_from_the_proxy_alone(tmp_path: Path) -> None:
    client = behind(tmp_path, AUTH_HEADER="X-Forwarded-User", AUTH_PROXIES="10.0.0.0/8, 2001:db8::/32")
    named = {"X-Forwarded-User": "anna"}

    def status(address: str, headers: dict[str, str] = named) -> int:
        return client.get("/_tidemark/now", headers=headers, environ_overrides={"REMOTE_ADDR": address}).status_code

    assert [status(one) for one in ("10.1.2.3", "2001:db8::5", "::ffff:10.1.2.3")] == [200] * 3
    assert [status(one) for one in ("192.0.2.1", "127.0.0.1", "", "10.1.2.3.4", "2001:db9::1")] == [401] * 5
    spoofed = {**named, "X-Forwarded-For": "10.1.2.3"}
    assert status("192.0.2.1", spoofed) == 401
    odd = ("", " ", "anna,bea", "a\u202eb", "x" * 101)
    assert {status("10.1.2.3", {"X-Forwarded-User": one.encode().decode("latin-1")}) for one in odd} == {401}
    assert "it has not named anybody" in client.get("/sign-in").text


def test_the_proxy_counts_and_not_the_address_that_it_forwards(tmp_path: Path) -> None:
    client = behind(tmp_path, 1, AUTH_HEADER="X-Forwarded-User", AUTH_PROXIES="10.0.0.1")
    sent = {"X-Forwarded-User": "anna", "X-Forwarded-For": "203.0.113.5"}
    for address, status in (("10.0.0.1", 200), ("203.0.113.5", 401)):
        answer = client.get("/_tidemark/now", headers=sent, environ_overrides={"REMOTE_ADDR": address})
        assert answer.status_code == status
    spoofed = {"X-Forwarded-User": "anna", "X-Forwarded-For": "10.0.0.1"}
    answer = client.get("/_tidemark/now", headers=spoofed, environ_overrides={"REMOTE_ADDR": "203.0.113.5"})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("roles", "status"), [("staff, forecast-admins", 200), ("Editor", 403), ("", 403), ("editor", 403), (None, 403)]
)
def test_groups_make_editors(tmp_path: Path, roles: str | None, status: int) -> None:
    client = behind(
        tmp_path, 1, AUTH_HEADER="Remote-User", AUTH_ROLES="Remote-Groups", AUTH_EDITORS="forecast-admins;owners"
    )
    headers = {"Remote-User": "Zoë".encode().decode("latin-1")} | ({} if roles is None else {"Remote-Groups": roles})
    client.get("/", headers=headers)
    assert (call(client, DOES, headers=headers) == 403) == (status == 403)
    layout = client.get("/_dash-layout", headers=headers).get_json()
    assert layout["props"]["data-role"] == ("editor" if status == 200 else "viewer")
    assert '"Zo\\u00eb"' in client.get("/_dash-layout", headers=headers).text or "Zoë" in str(layout)


@pytest.mark.parametrize(
    ("env", "named"),
    [
        ({"AUTH_HEADER": "X-User"}, "AUTH_PROXIES"), ({"AUTH_HEADER": "X User", "AUTH_PROXIES": "::1"}, "AUTH_HEADER"),
        ({"AUTH_HEADER": "X_User", "AUTH_PROXIES": "::1"}, "AUTH_HEADER"), ({"AUTH_ROLES": "X-Groups"}, "AUTH_HEADER"),
        ({"AUTH_PROXIES": "proxy.example"}, "AUTH_PROXIES"), ({"AUTH_PROXIES": "10.0.0.1/8"}, "AUTH_PROXIES"),
        ({"SIGN_IN_IDLE": "0"}, "SIGN_IN_IDLE"), ({"SIGN_IN_HOURS": "721"}, "SIGN_IN_HOURS"),
        ({"OPEN_PAGES": "yes"}, "OPEN_PAGES"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be(env: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        Access.read(lambda name: env.get(name, ""), 0)


# -- open pages ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("localhost", True), ("::1", True), ("127.8.8.8", True), ("0.0.0.0", False), ("::", False),
     ("192.168.1.5", False), ("shop.example", False)],
)  # fmt: skip
def test_addresses_of_this_machine_alone(host: str, alone: bool) -> None:
    assert is_loopback(host) == alone


def test_pages_that_everybody_reaches_say_so(tmp_path: Path) -> None:
    settings = Settings(core=Config(data_dir=tmp_path), secret_key="a key for the tests", host="0.0.0.0")
    meant = Access(meant_open=True)
    for one, told in (
        (settings, True),
        (replace(settings, host="::1"), False),
        (replace(settings, access=meant), False),
    ):
        client = create_app(one).server.test_client()
        client.get("/")
        assert ("These pages are open" in client.get("/_dash-layout").text) == told

"""Settings come from the environment; a wrong one is named in one sentence."""

from __future__ import annotations

import ast
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.settings import SETTINGS_TABLE, Settings, settings_markdown
from core.config import PROJECT_ROOT
from core.errors import ConfigError


def read(tmp_path: Path, **env: str) -> Settings:
    return Settings.from_env({"DATA_DIR": str(tmp_path / "data"), **env})


def test_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path, PORT=" ", HOST="")
    assert (settings.host, settings.port, settings.workers, settings.threads) == ("127.0.0.1", 8050, 2, 4)
    assert settings.core.data_dir == tmp_path / "data"
    assert settings.url == "http://127.0.0.1:8050"


def test_models_are_those_named_in_the_order_of_the_catalogue(tmp_path: Path) -> None:
    assert read(tmp_path).core.models is None
    assert read(tmp_path, MODELS="ensemble, sarima").core.models == ("sarima", "ensemble")


def test_values(tmp_path: Path) -> None:
    settings = read(tmp_path, HOST="0.0.0.0", PORT="65535", WORKERS="1", THREADS="8", SECRET_KEY="s" * 16)
    assert (settings.host, settings.port, settings.workers, settings.threads) == ("0.0.0.0", 65535, 1, 8)
    assert settings.secret_key == "s" * 16
    assert settings.url == "http://127.0.0.1:65535"
    assert read(tmp_path, HOST="::1").url == "http://[::1]:8050"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "0"), ("PORT", "65536"), ("PORT", "-1"), ("PORT", "80.5"), ("PORT", "http"), ("PORT", "²"),
        ("PORT", "9" * 5000), ("WORKERS", "0"), ("WORKERS", "many"), ("THREADS", "65"), ("HOST", "http://x"),
        ("HOST", "two words"), ("SECRET_KEY", "my dog"), ("HOLIDAYS_COUNTRY", "ZZ"), ("DATA_COLUMNS", "{"),
        ("RULES_ON", "everything"), ("MODELS", "crystal_ball"), ("RATE_LIMIT", "0"), ("RATE_LIMIT", "1000001"),
        ("TRUST_PROXY", "11"), ("TRUST_PROXY", "yes"), ("CORS_ORIGINS", "*"), ("CORS_ORIGINS", "shop.example"),
        ("CORS_ORIGINS", "https://a.example, https://b.example/path"), ("CORS_ORIGINS", "https://x:port"),
        ("ACCESS_LOG", "some"), ("PREDICTION_LOG", "1.5"), ("PREDICTION_LOG", "nan"), ("PREDICTION_LOG", "-0.1"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_named(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, **{name: value})
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    assert name != "SECRET_KEY" or value not in str(caught.value)


def test_protection_is_off_and_observation_on_by_default(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert (settings.rate_limit, settings.trust_proxy, settings.cors_origins) == (None, 0, frozenset())
    assert (settings.access_log, settings.prediction_log) == ("api", 0.01)


def test_protection_and_observation(tmp_path: Path) -> None:
    settings = read(
        tmp_path, RATE_LIMIT="600", TRUST_PROXY="1", ACCESS_LOG="All", PREDICTION_LOG="1",
        CORS_ORIGINS="https://Shop.example/, http://localhost:3000,https://x.example:443",
    )  # fmt: skip
    assert (settings.rate_limit, settings.trust_proxy, settings.access_log) == (600, 1, "all")
    assert settings.prediction_log == 1.0
    expected = {"https://shop.example", "http://localhost:3000", "https://x.example"}  # as browsers write them
    assert settings.cors_origins == expected


def test_the_secret_is_kept_and_private(tmp_path: Path) -> None:
    first = read(tmp_path).secret_key
    assert read(tmp_path).secret_key == first
    assert len(first) == 64
    file = tmp_path / "data" / "secret_key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["secret_key"]
    assert first not in repr(read(tmp_path))


def test_two_installations_have_two_secrets(tmp_path: Path) -> None:
    assert read(tmp_path / "a").secret_key != read(tmp_path / "b").secret_key


def test_starting_at_once_agrees_on_one_secret(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: read(tmp_path).secret_key, range(16)))) == 1


def test_a_data_dir_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(ConfigError, match="DATA_DIR"):
        read(tmp_path)


def test_the_table_has_every_variable_that_is_read() -> None:
    """Compares with the names that the modules look up in the environment."""
    read_names = set()
    for path in ("core/config.py", "core/monitoring/outlets.py", "app/settings.py", "app/access/settings.py"):
        for node in ast.walk(ast.parse((PROJECT_ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in ("get", "_whole_number"):
                    read_names |= {arg.value for arg in node.args if isinstance(arg, ast.Constant)} - {"", 2, 4}
    read_names = {name for name in read_names if isinstance(name, str) and name.isupper()}
    assert {variable.name for variable in SETTINGS_TABLE} == read_names


def test_the_table_shows_the_real_defaults(tmp_path: Path) -> None:
    settings = read(tmp_path)
    shown = {variable.name: variable.default for variable in SETTINGS_TABLE}
    assert (shown["HOST"], shown["PORT"]) == (settings.host, str(settings.port))
    assert (shown["WORKERS"], shown["THREADS"]) == (str(settings.workers), str(settings.threads))
    assert settings_markdown().count("\n") == len(SETTINGS_TABLE) + 1

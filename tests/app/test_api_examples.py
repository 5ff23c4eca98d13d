"""docs/api.md is true: every example on it runs against a real server, and the answers that it shows have that form."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from core.config import PROJECT_ROOT
from tests.browser.conftest import bootstrapped, environment, serving

PAGE = (PROJECT_ROOT / "docs" / "api.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ROWS = 20_000
WRONG = "When something is wrong"
"""The heading of a problem document, which is shown word for word."""
EXPORTED = "set -a; [ ! -f exported ] || . ./exported; set +a\n{0}\nexport -p > exported\n"


class Example(NamedTuple):
    """A block of code, the heading that it stands under, and the answer shown after it, if any."""

    heading: str
    language: str
    code: str
    shown: Any


def examples(page: str) -> list[Example]:
    found: list[Example] = []
    for match in BLOCK.finditer(page):
        language, code = match.groups()
        heading = re.findall(r"^#+ (.*)$", page[: match.start()], re.MULTILINE)[-1]
        if language == "json":
            found[-1] = found[-1]._replace(shown=json.loads(code))
        else:
            found.append(Example(heading, language, code, None))
    return found


def run(example: Example, folder: Path, env: dict[str, str]) -> str:
    """What the example prints; what a shell block exports is there for the next one."""
    command = {
        "sh": ["bash", "-euo", "pipefail", "-c", EXPORTED.format(example.code)],
        "python": ["bash", "-euo", "pipefail", "-c", EXPORTED.format('"$0" -c "$1"'), sys.executable, example.code],
    }[example.language]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{example.heading}:\n{example.code}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def sentences(problem: Any) -> Any:
    """What a problem document says to people."""
    return problem["detail"], problem["errors"]


def form(value: Any) -> Any:
    """Names and types of a JSON document without its values; of a list, those of its first element."""
    if isinstance(value, dict):
        return {name: form(one) for name, one in value.items()}
    if isinstance(value, list):
        return [form(one) for one in value[:1]]
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def as_shown(answer: Any, shown: Any) -> bool:
    """Whether an answer has the form of the one on the page; where that has an empty list, anything may be in it."""
    if isinstance(shown, dict):
        names = isinstance(answer, dict) and answer.keys() == shown.keys()
        return names and all(as_shown(answer[name], one) for name, one in shown.items())
    if isinstance(shown, list):
        return isinstance(answer, list) and (not shown or (answer != [] and as_shown(answer[0], shown[0])))
    return bool(form(answer) == form(shown))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment of a reader of the page: a server, and the command line of its installation."""
    data_dir = bootstrapped(tmp_path_factory, ROWS, "seasonal_naive")
    with serving(data_dir, WORKERS="2", MODELS="seasonal_naive,theta") as running:
        yield {
            **environment(data_dir),
            "TIDEMARK": running.url,
            "PYTHONPATH": str(PROJECT_ROOT),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }


def test_every_example_runs(server: dict[str, str], tmp_path: Path):
    """One after the other, as on the page: the key that one makes is used by the next."""
    found = examples(PAGE)
    assert {"A key", "Forecasts", "Sending transactions", "Models", WRONG} <= {example.heading for example in found}
    for example in found:
        printed = run(example, tmp_path, server)
        if example.shown is not None:
            first, _ = json.JSONDecoder().raw_decode(printed)
            assert as_shown(first, example.shown), f"{example.heading}: shown is\n{example.shown}\nbut came\n{first}"
            if example.heading == WRONG:
                assert sentences(first) == sentences(example.shown)


def test_an_example_that_fails_is_noticed(tmp_path: Path):
    for language, code in (("sh", "false | cat\n"), ("python", "import os\nassert os.environ['NONE']\n")):
        with pytest.raises(AssertionError, match="somewhere"):
            run(Example("somewhere", language, code, None), tmp_path, dict(os.environ))


def test_an_answer_of_another_form_is_noticed():
    shown = {"a": 1, "b": [{"c": "text"}], "d": []}
    assert as_shown({"a": 2.5, "b": [{"c": ""}, {}], "d": [1]}, shown)
    others: list[Any] = [{}, {**shown, "e": 1}, {**shown, "a": "1"}, {**shown, "b": []}, {**shown, "b": [{"c": None}]}]
    assert not any(as_shown(other, shown) for other in others)

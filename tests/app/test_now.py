"""What every open page asks once a second: small, cheap, and different whenever something began or ended."""

import dash
import pytest
from sqlalchemy.exc import OperationalError

from app import create_app
from app.settings import Settings
from callbacks import now
from callbacks.services import EXTENSION
from tests.app.conftest import publish_version


@pytest.fixture
def app(settings: Settings) -> dash.Dash:
    publish_version(settings.core)
    return create_app(settings)


def ask(app: dash.Dash) -> dict[str, object]:
    answer = app.server.test_client().get(now.PATH)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert len(answer.data) < 500
    return dict(answer.json)


def test_it_changes_when_something_begins_moves_or_ends(app: dash.Dash) -> None:
    found = app.server.extensions[EXTENSION]
    idle = ask(app)
    assert (idle["ready"], idle["jobs"]) == (None, [])  # a version, but no data
    assert ask(app) == idle
    job = found.jobs.start("train", "ana", "by hand")
    queued = ask(app)
    assert queued["changed"] != idle["changed"]
    with found.jobs.run(job) as run:
        run(0.5, "Testing")
        running = ask(app)
        assert running["jobs"] == [[job.id, "running", 0.5, "Testing", False]]
        found.jobs.cancel(job.id)
        assert ask(app)["jobs"] == [[job.id, "running", 0.5, "Testing", True]]
        assert ask(app)["changed"] == running["changed"]
    done = ask(app)
    assert (done["jobs"], done["changed"] == running["changed"]) == ([], False)
    found.registry.challenge("v1", "ana", "again")
    assert ask(app)["changed"] != done["changed"]


def test_a_silent_database_is_no_error_of_the_page(app: dash.Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(now, "state_of", silent)
    answer = app.server.test_client().get(now.PATH)
    assert (answer.status_code, answer.json) == (503, {})


def test_a_long_job_stays_in_sight_however_many_came_after_it(app: dash.Dash) -> None:
    jobs = app.server.extensions[EXTENSION].jobs
    long = jobs.start("train", "ana", "by hand")
    with jobs.run(long) as run:
        run(0.1, "Testing")
        for _ in range(now.NEWEST + 1):
            with jobs.run(jobs.start("prepare", "ben", "again")):
                pass
        seen = ask(app)
        assert seen["jobs"] == [[long.id, "running", 0.1, "Testing", False]]
    assert ask(app)["changed"] != seen["changed"]

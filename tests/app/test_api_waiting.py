"""/monitoring before there is anything to watch."""

from flask.testing import FlaskClient

from tests.app.api_help import bad, good

REASON = {"reason": "because of the test"}


def test_before_the_first_forecast(waiting: FlaskClient) -> None:
    for path in ("/monitoring/drift", "/monitoring/performance"):
        bad(waiting.get(path), 503)
    assert good(waiting.get("/monitoring/alerts")) == {"alerts": [], "next": None}
    assert good(waiting.get("/monitoring/silences")) == {"silences": []}
    bad(waiting.get("/monitoring/alerts/1"), 404)
    bad(waiting.post("/monitoring/alerts/1/acknowledge", json={}), 404)
    bad(waiting.post("/monitoring/alerts/1/resolve", json=REASON), 404)
    bad(waiting.post("/monitoring/alerts/1/silence", json=REASON), 404)
    bad(waiting.post("/monitoring/silences/1/end"), 404)


def test_a_forecast_without_data(client: FlaskClient) -> None:
    """The data are loaded anew: what needs only the version is there, what needs the data waits."""
    assert good(client.get("/monitoring/drift"))["day"] is None
    bad(client.get("/monitoring/performance"), 503)

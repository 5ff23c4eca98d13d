"""A Flask server with one route that returns fixed bytes: what /predict is compared with. Served by gunicorn."""

import os
from pathlib import Path

from flask import Flask, Response

CONTENT = Path(os.environ["BARE_CONTENT"]).read_bytes()
server = Flask("bare")


@server.route("/predict", methods=["GET", "POST"])
def predict() -> Response:
    return Response(CONTENT, content_type="application/json")

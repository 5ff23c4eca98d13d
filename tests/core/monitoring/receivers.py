"""A web server and a mail server on this machine that keep what they get, and answer as they are told."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any


class Hook:
    """What a webhook received: (headers, body). ``answers``: statuses of the next answers, then 200;
    ``followed``: redirects that were."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.followed = 0
        self.url = ""


@contextmanager
def hook() -> Iterator[Hook]:
    kept = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append((dict(self.headers), body))
            self.send_response(kept.answers.pop(0) if kept.answers else 200)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            kept.followed += 1
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with _serving(HTTPServer(("127.0.0.1", 0), Handler)) as port:
        kept.url = f"http://127.0.0.1:{port}/hook"
        yield kept


class Mailbox:
    """What a mail server received. ``refuse``: recipients it does not want; ``user``: AUTH it got, if any."""

    def __init__(self) -> None:
        self.mails: list[str] = []
        self.recipients: list[str] = []
        self.auth: list[str] = []
        self.refuse: set[str] = set()
        self.polite = True
        self.port = 0


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    kept = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(ConnectionError):  # one that wanted encryption has hung up
                self._talk()

        def _talk(self) -> None:
            self._say("220 here")
            while line := self.rfile.readline().decode(errors="replace").strip():
                verb = line.split()[0].upper()
                if verb == "DATA":
                    self._say("354 go on")
                    kept.mails.append(self._data())
                    self._say("250 kept")
                elif verb == "QUIT":
                    if kept.polite:
                        self._say("221 bye")
                    return
                else:
                    self._say(self._answer(verb, line))

        def _answer(self, verb: str, line: str) -> str:
            if verb == "EHLO":
                return "250-here\r\n250 AUTH PLAIN"
            if verb == "AUTH":
                kept.auth.append(line)
                return "235 welcome"
            if verb == "RCPT":
                address = line.partition("<")[2].partition(">")[0]
                if address in kept.refuse:
                    return "550 unknown"
                kept.recipients.append(address)
            return "250 fine"

        def _data(self) -> str:
            lines: list[str] = []
            while (line := self.rfile.readline().decode()) != ".\r\n":
                lines.append(line)
            return "".join(lines)

        def _say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

    with _serving(socketserver.TCPServer(("127.0.0.1", 0), Handler)) as port:
        kept.port = port
        yield kept


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])

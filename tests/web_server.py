"""A real web server on loopback, whose pages a test sets, changes and makes misbehave."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Handler = BaseHTTPRequestHandler


@dataclass
class Page:
    """An answer: its body and headers. With an ETag or Last-Modified, conditional requests get a 304."""

    body: bytes | str = b""
    content_type: str | None = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, handler: Handler) -> None:
        content = self.body.encode() if isinstance(self.body, str) else self.body
        unchanged = any(
            name in self.headers and handler.headers.get(condition) == self.headers[name]
            for name, condition in (("ETag", "If-None-Match"), ("Last-Modified", "If-Modified-Since"))
        )
        handler.send_response(304 if unchanged else self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        if unchanged:
            handler.send_header("Content-Length", "0")
            handler.end_headers()
            return
        if self.content_type:
            handler.send_header("Content-Type", self.content_type)
        if "Content-Length" not in self.headers:
            handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)


class Listening(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader that went away is what some tests want; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


@dataclass
class Asked:
    """A request that the server got."""

    path: str
    headers: dict[str, str]


class WebServer:
    """`pages` maps a path (with its query) to a `Page` or to a function that is given the handler."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self.pages: dict[str, Callable[[Handler], None]] = {}
        self.asked: list[Asked] = []
        server = self

        class Answering(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 10

            def do_GET(self) -> None:
                server.asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}))
                page = server.pages.get(self.path, Page("not here", status=404))
                try:
                    page(self)
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True  # the reader had enough, as some tests want

            def log_message(self, *_: object) -> None:
                pass

        self._server = Listening((address, 0), Answering)
        self.host = f"{address}:{self._server.server_port}"
        self.url = f"http://{self.host}"

    def paths(self) -> list[str]:
        """The paths that were asked for, robots.txt left out."""
        return [a.path for a in self.asked if a.path != "/robots.txt"]

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def serving() -> Iterator[WebServer]:
    server = WebServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def redirect(to: str, status: int = 302) -> Page:
    return Page("moved", status=status, headers={"Location": to})


def raw(answer: bytes) -> Callable[[Handler], None]:
    """These very bytes, after which the connection is closed."""

    def send(handler: Handler) -> None:
        handler.wfile.write(answer)
        handler.close_connection = True

    return send


def dripping(pieces: int, piece: bytes, pause: float, head: bytes) -> Callable[[Handler], None]:
    """The head, then a piece every `pause` seconds."""

    def send(handler: Handler) -> None:
        handler.close_connection = True
        handler.wfile.write(head)
        waiting = threading.Event()
        for _ in range(pieces):
            handler.wfile.write(piece)
            handler.wfile.flush()
            waiting.wait(pause)

    return send


def in_turn(*pages: Callable[[Handler], None]) -> Callable[[Handler], None]:
    """The first page for the first request, and so on; the last for all after it."""
    left = list(pages)

    def send(handler: Handler) -> None:
        (left.pop(0) if len(left) > 1 else left[0])(handler)

    return send


class Clock:
    """Seconds that pass only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def live_blog(*entries: tuple[str, str, str]) -> str:
    """A page whose JSON-LD has these entries: day and time in March 2026, heading, body."""
    data = {
        "@context": "https://schema.org",
        "@type": "LiveBlogPosting",
        "headline": "Flood in the valley",
        "liveBlogUpdate": [
            {
                "@type": "BlogPosting",
                "headline": h,
                "datePublished": f"2026-03-{when}:00+00:00",
                "articleBody": body,
            }
            for when, h, body in entries
        ],
    }
    return f'<html><head><script type="application/ld+json">{json.dumps(data)}</script></head><body></body></html>'

"""A server on loopback that takes alerts, and answers them as a test asks."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any


@dataclass
class Hook:
    """What was taken, each time it came, and how it is answered: first `statuses` in turn, then `status`."""

    address: str
    taken: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    status: int = 204
    seconds: float = 0.0


@contextmanager
def taking_alerts() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(found.seconds)
            found.taken.append(json.loads(body))
            self.send_response(found.statuses.pop(0) if found.statuses else found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Hook(f"http://127.0.0.1:{server.server_port}/alerts?key=secret")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()


def change_settings(root: Path, **settings: str) -> None:
    """Put settings into a project's sources.toml, in place of those of these names."""
    path = root / "sources.toml"
    lines = [
        line
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.partition(" =")[0] not in settings
    ]
    at = lines.index("[settings]") + 1
    lines[at:at] = [f'{name} = "{value}"' for name, value in settings.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

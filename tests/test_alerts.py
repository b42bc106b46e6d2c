"""Alerts reach the log and the address that the settings name, and what that address does stops nothing."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from projects import FERRY, make_project, refresh

from assets import alerts
from assets.alerts import alert_of_warnings, alert_on_failure, alert_on_warnings
from pipeline.settings import load_settings


@dataclass
class Hook:
    """A server on loopback that takes alerts, and how it answers them."""

    address: str
    taken: list[dict[str, Any]] = field(default_factory=list)
    status: int = 204
    seconds: float = 0.0


@pytest.fixture
def hook() -> Iterator[Hook]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            time.sleep(found.seconds)
            found.taken.append(json.loads(body))
            self.send_response(found.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        found = Hook(f"http://127.0.0.1:{server.server_port}/alerts?key=secret")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def told_to(root: Path, address: str) -> None:
    """Name the address in the project's settings."""
    path = root / "sources.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("[settings]", f'[settings]\nalert_webhook = "{address}"', 1), encoding="utf-8"
    )


@pytest.fixture
def root(tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = make_project(tmp_path / "p", ferry=FERRY)
    told_to(project, hook.address)
    monkeypatch.chdir(project)
    return project


def sense(
    sensor: dg.SensorDefinition, result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance
) -> None:
    """What the daemon does when it meets the run's last event."""
    last = next(
        event for event in reversed(result.all_events) if event.event_type_value.startswith("PIPELINE_")
    )
    context = dg.build_run_status_sensor_context(
        sensor_name=sensor.name,
        dagster_event=last,
        dagster_instance=instance,
        dagster_run=result.dagster_run,
    )
    sensor(context.for_run_failure() if sensor is alert_on_failure else context)


def test_a_run_that_fails_is_told_of_with_its_reason(root: Path, hook: Hook) -> None:
    (root / "trackers.toml").write_text("[[tracker", encoding="utf-8")
    with dg.DagsterInstance.ephemeral() as instance:
        result = refresh(root, instance=instance)
        assert not result.success
        sense(alert_on_failure, result, instance)
    assert len(hook.taken) == 1
    told = hook.taken[0]
    assert (told["kind"], told["job"], told["run_id"]) == ("failure", "refresh", result.run_id)
    assert "trackers.toml" in told["messages"][0]
    assert told["text"].startswith("fact-figures, refresh ")


def test_checks_that_warn_are_told_of_and_a_run_without_any_is_not(root: Path, hook: Hook) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        sense(alert_on_warnings, refresh(root, instance=instance), instance)
        assert hook.taken == []
        (root / "articles" / "torn.txt").write_bytes(b"\x00\x01\x02")
        result = refresh(root, instance=instance)
        assert result.success
        sense(alert_on_warnings, result, instance)
    assert [told["kind"] for told in hook.taken] == ["warning"]
    assert any("everything_was_read" in message for message in hook.taken[0]["messages"])


@pytest.mark.parametrize("trouble", ["refuses", "answers 500", "is slow", "is not there"])
def test_an_address_that_does_not_work_is_said_in_the_log_and_stops_nothing(
    root: Path, hook: Hook, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "TIMEOUT_SECONDS", 0.3)
    match trouble:
        case "refuses":
            hook.status = 403
        case "answers 500":
            hook.status = 500
        case "is slow":
            hook.seconds = 1.0
        case _:
            told_to(root, "http://127.0.0.1:9/")
            path = root / "sources.toml"
            path.write_text(
                path.read_text().replace(f'alert_webhook = "{hook.address}"\n', ""), encoding="utf-8"
            )
    run = dg.DagsterRun(job_name="refresh")
    problem = alerts.post(alerts.alert("failure", run, ["x"]), load_settings(root, {}))
    assert problem is not None
    assert problem.startswith("the alert could not be delivered to alert_webhook: ")
    assert "secret" not in problem


def test_without_an_address_nothing_is_posted(tmp_path: Path) -> None:
    run = dg.DagsterRun(job_name="refresh")
    assert alerts.post(alerts.alert("failure", run, ["x"]), load_settings(tmp_path, {})) is None


def test_alerts_are_short_and_plain() -> None:
    told = alerts.alert("warning", dg.DagsterRun(job_name="refresh"), ["a\x1b[2Jb\n c" + "x" * 9000])
    assert "\x1b" not in json.dumps(told)
    assert len(told["messages"][0]) <= alerts.MOST_CHARACTERS
    assert len(told["text"]) <= alerts.MOST_CHARACTERS


def test_a_run_that_nobody_knows_has_no_warnings() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        assert alert_of_warnings(instance, dg.DagsterRun(job_name="refresh")) is None

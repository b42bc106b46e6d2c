"""`dg dev` as people start it: the UI's server, its daemon, a run of all assets, a file put into the inbox."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from alert_server import Hook, change_settings, taking_alerts
from projects import FERRY, HARBOUR, ROOT, add_article, make_project

pytestmark = pytest.mark.slow

DG = Path(sys.executable).with_name("dg")
WAIT_SECONDS = 180.0

REPOSITORY = 'repositorySelector: {repositoryName: "__repository__", repositoryLocationName: "fact_figures"}'
TICKS = "ticks(limit: 100) { status runIds skipReason error { message } }"
AUTOMATION = f"""{{
  schedulesOrError({REPOSITORY}) {{ ... on Schedules {{ results {{ name scheduleState {{ status }} }} }} }}
  sensorsOrError({REPOSITORY}) {{ ... on Sensors {{ results {{ name sensorState {{ status }} }} }} }}
}}"""
RUNS = """{ runsOrError { ... on Runs { results {
  runId status jobName parentRunId tags { key value }
} } } }"""
EVENTS = """query Events($run: ID!) { runOrError(runId: $run) { ... on Run { eventConnection { events {
  __typename
  ... on ExecutionStepUpForRetryEvent { stepKey error { message cause { message } } }
  ... on ExecutionStepFailureEvent { stepKey error { message cause { message } } }
} } } } }"""
SCHEDULE_TICKS = f"""{{ scheduleOrError(scheduleSelector: {{
  repositoryName: "__repository__", repositoryLocationName: "fact_figures", scheduleName: "refresh_daily"
}}) {{ ... on Schedule {{ scheduleState {{ {TICKS} }} }} }} }}"""
SENSOR_TICKS = f"""query Ticks($name: String!) {{ sensorOrError(sensorSelector: {{
  repositoryName: "__repository__", repositoryLocationName: "fact_figures", sensorName: $name
}}) {{ ... on Sensor {{ sensorState {{ {TICKS} }} }} }} }}"""
ASSETS = """{ assetsOrError { ... on AssetConnection { nodes {
  key { path }
  definition { groupName description jobNames isPartitioned }
  assetMaterializations(limit: 10) { runId }
} } } }"""
CHECKS = """query Checks($key: AssetKeyInput!) { assetChecksOrError: assetNodeOrError(assetKey: $key) { ... on AssetNode {
  assetChecksOrError { ... on AssetChecks { checks {
    name blocking executionForLatestMaterialization { status }
  } } }
} } }"""
LAUNCH = """mutation { launchPipelineExecution(executionParams: {
  selector: { repositoryName: "__repository__", repositoryLocationName: "fact_figures", jobName: "__ASSET_JOB",
              assetSelection: SELECTION }
  runConfigData: {} mode: "default"
}) { __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""


class Server:
    """A `dg dev` in a folder, asked through GraphQL."""

    def __init__(self, root: Path, port: int) -> None:
        self.root = root
        self.address = f"http://127.0.0.1:{port}/graphql"
        environment = {k: v for k, v in os.environ.items() if k not in ("DAGSTER_HOME", "FIGURES_DATA")}
        self.log = (root / "dg.log").open("w")
        self.process = subprocess.Popen(
            [str(DG), "dev", "--host", "127.0.0.1", "--port", str(port)],
            cwd=root,
            env=environment,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # A shell that starts the tests behind an "&" has them ignore interrupts, by which the server stops its own.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
        )

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(self.address, body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            found = json.load(answer)
        assert "errors" not in found, found["errors"]
        return dict(found["data"])

    def wait_for(self, what: str, condition: Callable[[], Any]) -> Any:
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            assert self.process.poll() is None, f"the server ended:\n{self.tail()}"
            try:
                if found := condition():
                    return found
            except (urllib.error.URLError, ConnectionError, TimeoutError, KeyError):
                pass  # not up yet
            time.sleep(0.25)
        raise AssertionError(f"waited {WAIT_SECONDS:g} s in vain for {what}:\n{self.tail()}")

    def tail(self) -> str:
        return (self.root / "dg.log").read_text(errors="replace")[-3000:]

    def runs(self, status: str) -> list[dict[str, Any]]:
        return [run for run in self.ask(RUNS)["runsOrError"]["results"] if run["status"] == status]

    def runs_of(self, tag: str = "", value: str = "", status: str = "") -> set[str]:
        """The ids of the runs that have a tag and a status."""
        return {
            run["runId"]
            for run in self.ask(RUNS)["runsOrError"]["results"]
            if (not tag or {"key": tag, "value": value} in run["tags"]) and status in ("", run["status"])
        }

    def parents(self, status: str) -> set[str]:
        """The ids of the runs that were done again with this status."""
        return {str(run["parentRunId"]) for run in self.runs(status)}

    def skipped(self) -> set[str]:
        """Why the inbox asked for nothing."""
        ticks = self.ask(SENSOR_TICKS, name="inbox")["sensorOrError"]["sensorState"]["ticks"]
        return {tick["skipReason"] for tick in ticks if tick["skipReason"]}

    def is_idle(self) -> bool:
        return not any(self.runs(status) for status in ("QUEUED", "NOT_STARTED", "STARTING", "STARTED"))

    def stop(self) -> int:
        if self.process.poll() is not None:
            return self.process.returncode
        os.killpg(self.process.pid, signal.SIGTERM)
        try:
            return self.process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise
        finally:
            self.log.close()


def claims(server: Server) -> pd.DataFrame:
    """The claims of the newest release."""
    return pd.read_parquet(server.root / "data/releases/latest/claims.parquet")


def whole_since_long(file: Path) -> None:
    """Let a file look as if it had been written long ago, so that the inbox need not wait for its end."""
    old = time.time() - 3600
    os.utime(file, (old, old))


def link(path: Path, to: Path) -> None:
    """Make a path a link to another, in one step."""
    new = path.with_name("link")
    new.symlink_to(to)
    new.replace(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def hook() -> Iterator[Hook]:
    with taking_alerts() as found:
        yield found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, hook: Hook) -> Iterator[Server]:
    root = make_project(tmp_path_factory.mktemp("server") / "project", ferry=FERRY)
    change_settings(root, schedule="* * * * *", alert_webhook=hook.address)
    whole_since_long(root / "articles" / "ferry.txt")
    (root / "disk").mkdir()
    link(root / "data", root / "disk")
    shutil.copy(ROOT / "pyproject.toml", root)
    for package in ("assets", "pipeline"):
        (root / package).symlink_to(ROOT / package)
    running = Server(root, free_port())
    try:
        running.wait_for("the UI", lambda: running.ask("{ version }"))
        yield running
    finally:
        running.stop()


def test_schedules_and_sensors_run_by_themselves(server: Server) -> None:
    found = server.ask(AUTOMATION)
    schedules = {s["name"]: s["scheduleState"]["status"] for s in found["schedulesOrError"]["results"]}
    assert schedules == {"refresh_daily": "RUNNING", "maintenance_weekly": "RUNNING"}
    sensors = {s["name"]: s["sensorState"]["status"] for s in found["sensorsOrError"]["results"]}
    assert sensors == dict.fromkeys(
        ["inbox", "abandoned_runs", "alert_on_failure", "alert_on_warnings"], "RUNNING"
    )


def test_what_lies_in_the_folders_is_published_without_a_hand(server: Server) -> None:
    server.wait_for("the sensor's run", lambda: server.runs("SUCCESS"))
    assert "$45 million" in set(claims(server)["exact"])


def test_a_click_on_materialize_all_runs_everything(server: Server) -> None:
    nodes = [node for node in server.ask(ASSETS)["assetsOrError"]["nodes"] if node["definition"]]
    assert {node["definition"]["groupName"] for node in nodes} == {"fact_figures"}
    assert not any(node["definition"]["isPartitioned"] for node in nodes)
    selection = ", ".join(f'{{path: ["{node["key"]["path"][0]}"]}}' for node in nodes)
    launched = server.ask(LAUNCH.replace("SELECTION", f"[{selection}]"))["launchPipelineExecution"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    server.wait_for("the launched run", lambda: run_id in {run["runId"] for run in server.runs("SUCCESS")})
    for node in server.ask(ASSETS)["assetsOrError"]["nodes"]:
        assert run_id in [found["runId"] for found in node["assetMaterializations"]]
    checks = server.ask(CHECKS, key={"path": ["claims"]})["assetChecksOrError"]["assetChecksOrError"][
        "checks"
    ]
    states = {check["name"]: check["executionForLatestMaterialization"]["status"] for check in checks}
    assert states["exact_in_document"] == "SUCCEEDED"
    assert set(states.values()) == {"SUCCEEDED"}


def test_a_file_dropped_into_the_inbox_is_in_the_release(server: Server) -> None:
    before = server.runs_of("dagster/sensor_name", "inbox")
    add_article(server.root, "harbour", HARBOUR)
    (run,) = server.wait_for(
        "the refresh", lambda: server.runs_of("dagster/sensor_name", "inbox", "SUCCESS") - before
    )
    assert "€120m" in set(claims(server)["exact"])
    ticks = server.ask(SENSOR_TICKS, name="inbox")["sensorOrError"]["sensorState"]["ticks"]
    assert [tick["status"] for tick in ticks if run in tick["runIds"]] == ["SUCCESS"]
    server.wait_for("a look that finds nothing", lambda: "nothing new among 2 files" in server.skipped())


def test_the_schedule_ticks_and_its_run_goes_through(server: Server) -> None:
    done = server.wait_for(
        "a scheduled run", lambda: server.runs_of("dagster/schedule_name", "refresh_daily", "SUCCESS")
    )
    ticks = server.ask(SCHEDULE_TICKS)["scheduleOrError"]["scheduleState"]["ticks"]
    asked = {run for tick in ticks if tick["status"] == "SUCCESS" for run in tick["runIds"]}
    assert done <= asked
    assert not [tick for tick in ticks if tick["error"]]


def test_a_run_that_fails_for_a_passing_reason_is_told_of_and_done_again(server: Server, hook: Hook) -> None:
    """The disk with the data goes away, until Dagster has given up the run, and comes back."""
    server.wait_for("the runs to end", server.is_idle)
    link(server.root / "data", server.root / "not there")
    theatre = HARBOUR.replace("a harbour with 14 berths", "3 theatres")
    whole_since_long(add_article(server.root, "theatre", theatre))
    (failed, *_) = server.wait_for("a run to fail", lambda: sorted(server.runs_of(status="FAILURE")))
    events = server.ask(EVENTS, run=failed)["runOrError"]["eventConnection"]["events"]
    again = [event for event in events if event["__typename"] == "ExecutionStepUpForRetryEvent"]
    ended = [event for event in events if event["__typename"] == "ExecutionStepFailureEvent"]
    assert (len(again), len(ended)) == (2, 1), "each step is tried thrice before the run is given up"
    assert "StorageError" in ended[0]["error"]["message"] + ended[0]["error"]["cause"]["message"]
    link(server.root / "data", server.root / "disk")
    server.wait_for("the run's retry", lambda: failed in server.parents("SUCCESS"))
    server.wait_for("the new article", lambda: "theatre" in " ".join(claims(server)["sentence"]))
    (told,) = server.wait_for("the alert", lambda: [one for one in hook.taken if one["run_id"] == failed])
    assert told["tried_again"]
    assert "is tried again" in told["text"]


def test_it_stops_when_it_is_told_to_and_leaves_its_state_in_one_place(server: Server) -> None:
    server.wait_for("the runs to end", server.is_idle)
    assert server.stop() in (0, -signal.SIGTERM, 128 + signal.SIGTERM)
    made = {path.name for path in server.root.iterdir()}
    assert {"data", ".dagster"} <= made
    assert not [name for name in made if name.startswith(".tmp_dagster_home")]

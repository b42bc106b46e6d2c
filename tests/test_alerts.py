"""Alerts reach the log and the address that the settings name, and what that address does stops nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest
from alert_server import Hook, change_settings, taking_alerts
from projects import FERRY, make_project, refresh

from assets import alerts
from assets.alerts import alert_of_warnings, alert_on_failure, alert_on_warnings
from pipeline.settings import load_settings


@pytest.fixture
def hook() -> Iterator[Hook]:
    with taking_alerts() as found:
        yield found


@pytest.fixture
def root(tmp_path: Path, hook: Hook, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = make_project(tmp_path / "p", ferry=FERRY)
    change_settings(project, alert_webhook=hook.address)
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


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr(alerts, "PAUSES_SECONDS", (0.01, 0.02))


def posted(root: Path) -> str | None:
    run = dg.DagsterRun(job_name="refresh")
    return alerts.post(alerts.alert("failure", run, ["x"]), load_settings(root, {}))


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(
    ("trouble", "times"), [("refuses", 1), ("answers 500", 3), ("is slow", 3), ("is not there", 0)]
)
def test_an_address_that_does_not_work_is_said_in_the_log_and_stops_nothing(
    root: Path, hook: Hook, trouble: str, times: int
) -> None:
    match trouble:
        case "refuses":
            hook.status = 403
        case "answers 500":
            hook.status = 500
        case "is slow":
            hook.seconds = 1.0
        case _:
            change_settings(root, alert_webhook="http://127.0.0.1:9/")
    problem = posted(root)
    assert problem is not None
    assert problem.startswith("the alert could not be delivered to alert_webhook")
    assert "secret" not in problem
    if trouble != "is slow":
        assert len(hook.taken) == times


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("statuses", [[503], [429, 500], []])
def test_an_alert_is_posted_again_until_it_is_taken(root: Path, hook: Hook, statuses: list[int]) -> None:
    asked = len(statuses) + 1
    hook.statuses = statuses
    assert posted(root) is None
    assert len(hook.taken) == asked
    assert all(told == hook.taken[0] for told in hook.taken)


def test_all_tries_together_take_less_time_than_a_sensor_has() -> None:
    tries = len(alerts.PAUSES_SECONDS) + 1
    assert tries * alerts.TIMEOUT_SECONDS + sum(alerts.PAUSES_SECONDS) < 60


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

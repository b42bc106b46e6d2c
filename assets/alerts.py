"""Alerts: a run that failed, and checks that warn, to the log and to an address that [settings] names."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
from dagster._core.storage.tags import WILL_RETRY_TAG

from pipeline.display import plain
from pipeline.errors import FiguresError
from pipeline.settings import Settings, load_settings

TIMEOUT_SECONDS = 10.0
# Between one try to post an alert and the next. All together must end before the sensor's minute does.
PAUSES_SECONDS = (1.0, 3.0, 9.0)
# Answers after which the same request may succeed, as RFC 9110 and RFC 6585 have them.
PASSING_ANSWERS = frozenset({408, 425, 429, 500, 502, 503, 504})
MOST_CHARACTERS = 2000
LOOK_EVERY_SECONDS = 15


@dg.run_failure_sensor(
    name="alert_on_failure",
    description="Tells of a run that failed: in the log, and at `alert_webhook` of [settings] in sources.toml",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
)
def alert_on_failure(context: dg.RunFailureSensorContext) -> None:
    """Tell of a run that failed, with the first step's reason."""
    tell(alert_of_failure(context), context)


@dg.run_status_sensor(
    name="alert_on_warnings",
    run_status=dg.DagsterRunStatus.SUCCESS,
    description="Tells of checks that warned in a run that went through",
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
)
def alert_on_warnings(context: dg.RunStatusSensorContext) -> None:
    """Tell of a run in which checks did not pass; of one in which all did, nothing."""
    alert = alert_of_warnings(context.instance, context.dagster_run)
    if alert is not None:
        tell(alert, context)


def alert_of_failure(context: dg.RunFailureSensorContext) -> dict[str, Any]:
    """What is told of a run that failed."""
    reasons = []
    for event in context.get_step_failure_events():
        failure = event.step_failure_data
        said = failure.user_failure_data.description if failure.user_failure_data else None
        error = failure.error.cause if failure.error and failure.error.cause else failure.error
        reasons.append(f"{event.step_key}: {said or (error.message if error else 'no reason is known')}")
    message = reasons[0] if reasons else context.failure_event.message or "no reason is known"
    run = context.instance.get_run_by_id(context.dagster_run.run_id) or context.dagster_run
    # A run of the command line is nobody's to do again.
    again = run.tags.get(WILL_RETRY_TAG) == "true" and run.remote_job_origin is not None
    return alert("failure", run, [message], again=again)


def alert_of_warnings(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dict[str, Any] | None:
    """What is told of checks that did not pass in a run, None if all did."""
    entries = instance.all_logs(run.run_id, of_type=dg.DagsterEventType.ASSET_CHECK_EVALUATION)
    found = [entry.dagster_event.event_specific_data for entry in entries if entry.dagster_event]
    failed = [
        f"{check.asset_key.to_user_string()}, {check.check_name}: {check.description}"
        for check in found
        if isinstance(check, dg.AssetCheckEvaluation) and not check.passed
    ]
    return alert("warning", run, failed) if failed else None


def alert(kind: str, run: dg.DagsterRun, messages: Sequence[str], *, again: bool = False) -> dict[str, Any]:
    """An alert as it is posted: JSON of short plain strings. `text` is what chat services show.

    `again` is true of a run that failed and that Dagster does again by itself.
    """
    said = [plain(" ".join(message.split()))[:MOST_CHARACTERS] for message in messages]
    failed = "the run failed and is tried again" if again else "the run failed"
    warned = "1 check warns" if len(said) == 1 else f"{len(said)} checks warn"
    title = failed if kind == "failure" else warned
    return {
        "kind": kind,
        "job": run.job_name,
        "run_id": run.run_id,
        "tried_again": again,
        "messages": said,
        "text": f"fact-figures, {run.job_name} {run.run_id[:8]}: {title}: {'; '.join(said)}"[
            :MOST_CHARACTERS
        ],
    }


def tell(told: dict[str, Any], context: dg.RunStatusSensorContext) -> None:
    """Put the alert into the log, and post it where the settings say. What the address answers stops nothing."""
    context.log.warning(told["text"])
    try:
        problem = post(told, load_settings(Path.cwd(), os.environ))
    except FiguresError as error:
        problem = str(error)
    if problem:
        context.log.error(problem)


def post(told: dict[str, Any], settings: Settings) -> str | None:
    """Post an alert to the settings' webhook, if there is one; why it could not be delivered, or None.

    What may pass is tried again after each of PAUSES_SECONDS.
    """
    if settings.alert_webhook is None:
        return None
    for pause in (*PAUSES_SECONDS, None):
        problem, may_pass = post_once(told, settings.alert_webhook)
        if problem is None:
            return None
        if pause is None or not may_pass:
            break
        time.sleep(pause)
    return f"the alert could not be delivered to alert_webhook: {problem}"


def post_once(told: dict[str, Any], address: str) -> tuple[str | None, bool]:
    """Post an alert; what went wrong, or None, and whether it may pass. Of the answer only its head is read."""
    try:
        with httpx.stream(
            "POST", address, json=told, timeout=TIMEOUT_SECONDS, follow_redirects=False
        ) as answer:
            if answer.is_success:
                return None, False
            return f"it answered {answer.status_code}", answer.status_code in PASSING_ANSWERS
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"{type(error).__name__}: {error}", isinstance(error, httpx.TransportError)

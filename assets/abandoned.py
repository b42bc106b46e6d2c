"""Runs whose process went without a word, as in a power cut: they are said to have failed, and so hold up no other.

Dagster finds a process that died while its own server lived. What was under way when the whole machine went would be
under way for ever, and as one refresh is done at a time, no other would begin. But a run that is at work holds the data
folder (`turn`), and the system takes that from it when its process ends, however it ends.
"""

import json
import os
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from pipeline.errors import FiguresError
from pipeline.settings import load_settings
from pipeline.turns import is_taken

LOOK_EVERY_SECONDS = 30
# A run takes the data folder some seconds after it has begun, and gives it back just before it has ended: only one
# that began this long ago, and is without it at two looks, is abandoned.
LONGEST_BEGINNING_SECONDS = 60
UNDER_WAY = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
WHY = "its process is gone, as after a power cut; nothing that was stored is lost, and the next run goes on from here"


@dg.sensor(
    name="abandoned_runs",
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Finds runs whose process is gone and says that they have failed, so that they hold up no other",
)
def abandoned_runs(context: dg.SensorEvaluationContext) -> dg.SensorResult:
    """Fail the runs that were without the data folder at the last look and still are; the cursor holds their ids."""
    suspected = without_data_folder(context.instance, datetime.now(UTC))
    seen_before = json.loads(context.cursor) if context.cursor else []
    gone = fail(context.instance, suspected, seen_before)
    said = f"{len(gone)} runs had no process any more" if gone else "every run that is under way is at work"
    return dg.SensorResult(skip_reason=said, cursor=json.dumps([run.run_id for run in suspected]))


def without_data_folder(instance: dg.DagsterInstance, now: datetime) -> list[dg.DagsterRun]:
    """The runs that are under way by what Dagster knows, and whose data folder nobody holds."""
    records = instance.get_run_records(dg.RunsFilter(statuses=UNDER_WAY))
    begun = now.timestamp() - LONGEST_BEGINNING_SECONDS
    return [
        record.dagster_run
        for record in records
        if (record.start_time or 0) < begun and not may_be_at_work(record.dagster_run)
    ]


def may_be_at_work(run: dg.DagsterRun) -> bool:
    """Whether somebody holds the data folder of a run, or that can't be known."""
    config = run.run_config.get("resources", {}).get("project", {}).get("config", {})
    try:
        settings = load_settings(
            Path(config.get("root", ".")).absolute(), os.environ, data=config.get("data")
        )
        return "://" in settings.data or is_taken(settings.data)
    except FiguresError:
        return True


def fail(
    instance: dg.DagsterInstance, suspected: Collection[dg.DagsterRun], seen_before: Collection[str]
) -> list[dg.DagsterRun]:
    """Say of the runs that are suspected a second time that they failed; which these were."""
    gone = [run for run in suspected if run.run_id in seen_before]
    for run in gone:
        instance.report_run_failed(run, WHY)
    return gone

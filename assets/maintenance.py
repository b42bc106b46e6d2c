"""Maintenance by itself, once a week: what is kept, and for how long, [settings] in sources.toml says."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log.sqlite import SqliteEventLogStorage

from assets.automation import scheduled
from assets.automation import settings as settings_at_start
from assets.charts import markdown
from assets.resources import Project
from assets.stage import RETRIES, clear_errors
from pipeline.maintenance import Maintained, maintain

# However old: what the UI shows of the assets comes from these.
RUNS_KEPT_ALWAYS = 20
RUNS_AT_ONCE = 200


@dg.op(name="maintain", retry_policy=RETRIES, description="Check, compact and clean the data folder")
def maintain_data(context: dg.OpExecutionContext, project: Project) -> None:
    """Check every row, remove releases and versions that are no longer to be kept, put small files together."""
    with clear_errors():
        done = maintain(
            project.store(),
            project.settings(),
            now=datetime.now(UTC),
            commit={"run_id": context.run.run_id, "maintenance": "weekly"},
        )
        context.log_event(
            dg.AssetObservation(asset_key="release", description=told(done), metadata=numbers(done))
        )


@dg.op(
    name="forget",
    ins={"after": dg.In(dg.Nothing)},
    description="Remove the history and logs of old runs from .dagster/",
)
def forget_runs(context: dg.OpExecutionContext, project: Project) -> None:
    """Remove what Dagster keeps of runs that ended longer ago than `keep_history_days`."""
    before = datetime.now(UTC) - timedelta(days=project.settings().keep_history_days)
    gone = forget_old_runs(context.instance, before)
    context.log.info(f"{gone} runs that ended before {before:%Y-%m-%d} were removed from the history")


def forget_old_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Remove runs that ended before a time, with their events and logs, but never the newest; how many."""
    newest = {record.dagster_run.run_id for record in instance.get_run_records(limit=RUNS_KEPT_ALWAYS)}
    ended = [
        dg.DagsterRunStatus.SUCCESS,
        dg.DagsterRunStatus.FAILURE,
        dg.DagsterRunStatus.CANCELED,
    ]
    old = instance.get_run_records(
        dg.RunsFilter(statuses=ended, updated_before=before), limit=RUNS_AT_ONCE, ascending=True
    )
    gone = [record.dagster_run.run_id for record in old if record.dagster_run.run_id not in newest]
    for run_id in gone:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
        shutil.rmtree(Path(instance.storage_directory()) / run_id, ignore_errors=True)
        instance.delete_run(run_id)
        remove_events_file(instance, run_id)
    return len(gone)


def remove_events_file(instance: dg.DagsterInstance, run_id: str) -> None:
    """Remove the file of a run's events, which SQLite's storage leaves behind, empty."""
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        file = Path(storage.path_for_shard(run_id))
        for path in (file, file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")):
            path.unlink(missing_ok=True)


def told(done: Maintained) -> str:
    """What maintenance did, in a sentence."""
    return (
        f"{len(done.compacted)} tables compacted, {sum(done.removed_files.values())} old files and "
        f"{len(done.removed_releases)} releases removed"
    )


def numbers(done: Maintained) -> dict[str, dg.MetadataValue]:
    """The same for the UI."""
    return {
        "tables_compacted": dg.MetadataValue.int(len(done.compacted)),
        "files_removed": dg.MetadataValue.int(sum(done.removed_files.values())),
        "releases_removed": dg.MetadataValue.md(markdown(", ".join(done.removed_releases) or "none")),
    }


@dg.job(
    name="maintenance",
    description="Checks every row, compacts the tables, removes versions and releases that are not to be kept, and "
    "the history of old runs",
)
def maintenance() -> None:
    """First the data, then the history."""
    forget_runs(after=maintain_data())


maintenance_weekly = scheduled(
    "maintenance_weekly", maintenance, settings_at_start, "maintenance_schedule", "Once a week"
)

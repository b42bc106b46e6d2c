"""One refresh in this process, on the instance that dagster.yaml describes, so that the UI's history has it."""

import logging
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME, SqliteEventLogStorage
from dagster._core.utils import make_new_run_id

from pipeline.errors import ConfigurationError
from pipeline.progress import Progress, silent

CONFIGURATION = "dagster.yaml"
UNREADABLE = "everything_was_read"
UNCAPTURED = {
    "compute_logs": {
        "module": "dagster._core.storage.noop_compute_log_manager",
        "class": "NoOpComputeLogManager",
    }
}


@dataclass(frozen=True)
class Outcome:
    """How a refresh went.

    `stages` has what each asset reported (its metadata), by the asset's name; `failed` counts the documents of this
    run that could not be read, `unreadable` has the first thousand with their reasons; `warnings` is what the checks
    want looked at; `errors` why the run failed, empty if it did not.
    """

    run_id: str
    stages: Mapping[str, Mapping[str, Any]]
    failed: int
    unreadable: Sequence[Mapping[str, Any]]
    warnings: Sequence[str]
    errors: Sequence[str]


def refresh(*, data: str, paths: Sequence[Path] = (), progress: Progress = silent) -> Outcome:
    """Materialise all assets for the project in the working directory, with nothing written to the terminal.

    `paths` are read instead of the sources of sources.toml; `data` is the data folder.
    """
    from assets.definitions import defs

    config = {
        "ops": {"read": {"config": {"paths": [str(path) for path in paths]}}},
        "resources": {"project": {"config": {"data": data}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    run_id = make_new_run_id()
    with quiet(), instance(Path.cwd()) as history, held_open(history, run_id):
        result = defs.resolve_job_def("refresh").execute_in_process(
            run_config=config,
            instance=history,
            raise_on_error=False,
            run_id=run_id,
            resources={"progress": progress},
        )
    return outcome(result)


def instance(root: Path) -> dg.DagsterInstance:
    """The instance of DAGSTER_HOME, else of the folder's dagster.yaml, else of the one beside this package.

    What the steps print is not captured: it would take processes that outlive an interrupt. ConfigurationError if
    the instance can't be opened.
    """
    home = os.environ.get("DAGSTER_HOME")
    folders = [Path(home)] if home else [root, Path(__file__).parent.parent]
    described = next((folder for folder in folders if (folder / CONFIGURATION).is_file()), folders[0])
    try:
        ref = InstanceRef.from_dir(home or str(root), config_dir=str(described), overrides=UNCAPTURED)
        return dg.DagsterInstance.from_ref(ref)
    except Exception as error:  # of Dagster, of its configuration, of sqlite and of files
        raise ConfigurationError(
            f"Dagster can't keep its history: {' '.join(str(error).split())}; see {CONFIGURATION}, and DAGSTER_HOME "
            "if it is set"
        ) from error


@contextmanager
def held_open(history: dg.DagsterInstance, run_id: str) -> Iterator[None]:
    """Hold the files of a run's events open meanwhile, where they are SQLite's.

    Dagster opens and closes them for each event, and who closes such a file last puts its journal away, which takes
    longer than to write the event.
    """
    storage = history.event_log_storage
    with ExitStack() as held:
        if isinstance(storage, SqliteEventLogStorage):
            for shard in (INDEX_SHARD_NAME, run_id):
                with storage.run_connection(shard):
                    pass  # makes the file if it is not there
                file = held.enter_context(closing(sqlite3.connect(storage.path_for_shard(shard))))
                file.execute("SELECT 1 FROM event_logs LIMIT 1").fetchone()
        yield


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the loggers of Dagster and its libraries below errors meanwhile."""
    loggers = [logging.getLogger(name) for name in ("dagster", "alembic", "sqlalchemy")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def outcome(result: dg.ExecuteInProcessResult) -> Outcome:
    """What of a run's events a person wants to know."""
    stages = {
        str(event.asset_key.to_user_string()): {
            name: entry.value for name, entry in event.materialization.metadata.items()
        }
        for event in result.all_events
        if event.is_step_materialization and event.asset_key is not None
    }
    failed = [check for check in result.get_asset_check_evaluations() if not check.passed]
    said = [
        (check, f"{check.asset_key.to_user_string()}, {check.check_name}: {check.description}")
        for check in failed
    ]
    unreadable = next((check for check in failed if check.check_name == UNREADABLE), None)
    return Outcome(
        run_id=result.run_id,
        stages=stages,
        failed=int(str(unreadable.metadata["failed"].value)) if unreadable else 0,
        unreadable=_records(unreadable, "reasons"),
        warnings=[text for check, text in said if not check.blocking and check is not unreadable],
        errors=[text for check, text in said if check.blocking] + list(_step_errors(result)),
    )


def _records(check: dg.AssetCheckEvaluation | None, entry: str) -> Sequence[Mapping[str, Any]]:
    found = check.metadata.get(entry) if check is not None else None
    return [dict(record.data) for record in found.records] if isinstance(found, dg.TableMetadataValue) else []


def _step_errors(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    """Why steps failed; a failed check speaks for itself."""
    for event in result.all_events:
        if event.is_step_failure:
            failure = event.step_failure_data
            error = failure.error.cause if failure.error and failure.error.cause else failure.error
            if failure.user_failure_data and failure.user_failure_data.description:
                yield f"{event.step_key}: {failure.user_failure_data.description}"
            elif error is not None and error.cls_name != "DagsterAssetCheckFailedError":
                told = re.sub(r"^[\w.]+: ", "", " ".join(error.message.split()))
                yield f"{event.step_key}: {told}"

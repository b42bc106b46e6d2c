"""When a refresh happens by itself: every day, and when something is put into a folder that is read."""

import hashlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._utils.schedules import is_valid_cron_schedule

from pipeline.documents import files
from pipeline.errors import ConfigurationError, FiguresError
from pipeline.settings import Settings, load_settings
from pipeline.sources import load_sources

# A file that was written to this short a time ago may not be whole yet.
SETTLED_SECONDS = 2.0
LOOK_EVERY_SECONDS = 10

settings = load_settings(Path.cwd(), os.environ)

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Reads all sources, extracts and links what is new, checks it, publishes a release if it changed",
)


def scheduled(
    name: str, job: Any, settings: Settings, setting: str, description: str
) -> dg.ScheduleDefinition:
    """The schedule that a setting asks for, and that is on. ConfigurationError for a time or zone that there isn't."""
    cron = getattr(settings, setting)
    if not is_valid_cron_schedule(cron):
        raise ConfigurationError(
            f'{settings.sources}, [settings]: {setting} must be a cron expression such as "0 6 * * *", not {cron!r}'
        )
    try:
        return dg.ScheduleDefinition(
            name=name,
            job=job,
            cron_schedule=cron,
            execution_timezone=settings.timezone,
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=f"{description}, or when `{setting}` under [settings] in sources.toml says",
        )
    except dg.DagsterInvalidDefinitionError as error:
        raise ConfigurationError(
            f"{settings.sources}, [settings]: timezone must be a name such as Europe/Kyiv, not {settings.timezone!r}"
        ) from error


refresh_daily = scheduled("refresh_daily", refresh, settings, "schedule", "Reads all sources once a day")


@dg.sensor(
    name="inbox",
    job=refresh,
    minimum_interval_seconds=LOOK_EVERY_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Looks into the folders of sources.toml and starts a refresh when a document is new or changed",
)
def inbox(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Ask for a run when the documents' content differs from that of the last look.

    The cursor holds two digests: one of names, sizes and times, which is cheap and tells whether to look closer,
    and one of the content itself, so that a file that is only touched or copied anew starts nothing.
    """
    try:
        found = documents_in_sources()
    except FiguresError as error:
        return dg.SkipReason(f"the sources can't be looked at: {error}")
    cursor = json.loads(context.cursor) if context.cursor else {}
    outside = digest(f"{path}\0{status.st_size}\0{status.st_mtime_ns}" for path, status in found)
    if outside == cursor.get("outside"):
        return dg.SkipReason(f"nothing new among {len(found)} files")
    if any(time.time() - status.st_mtime < SETTLED_SECONDS for _, status in found):
        return dg.SkipReason("a file is still being written; it is looked at again next time")
    content = digest(f"{path}\0{file_digest(path)}" for path, _ in found)
    looked_at = json.dumps({"outside": outside, "content": content})
    if content == cursor.get("content"):
        return dg.SensorResult(skip_reason="files were touched, their content is the same", cursor=looked_at)
    return dg.SensorResult(
        run_requests=[dg.RunRequest(run_key=content, tags={"files": str(len(found))})], cursor=looked_at
    )


def documents_in_sources() -> list[tuple[Path, os.stat_result]]:
    """The files of all sources, by path, as they are now; one that vanishes meanwhile is left out."""
    now = load_settings(Path.cwd(), os.environ)
    found = {}
    for source in load_sources(now.sources):
        for path in files(source, root=now.root):
            try:
                found[path] = path.stat()
            except OSError:
                continue  # gone since it was listed, or a link to nothing: the refresh itself records it
    return sorted(found.items())


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content; of one that can't be read, or is gone, the reason."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return type(error).__name__


def digest(parts: Iterable[str]) -> str:
    """One hash of many strings."""
    whole = hashlib.sha256()
    for part in parts:
        whole.update(part.encode("utf-8", "surrogateescape") + b"\n")
    return whole.hexdigest()

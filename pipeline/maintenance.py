"""Maintenance of a data folder: fewer files, no old versions that nobody asked to keep, no old releases.

Nothing that a kept release was made from is given up, and nothing at all before every row has been checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipeline import integrity, release
from pipeline.errors import ConfigurationError, StorageError
from pipeline.settings import KEEP_RELEASES, Settings
from pipeline.store import Store
from pipeline.tables import TABLES


@dataclass(frozen=True, slots=True)
class Maintained:
    """What was done: tables whose files were put together, files removed by table, releases removed."""

    compacted: Sequence[str]
    removed_files: Mapping[str, int]
    removed_releases: Sequence[str]


def maintain(
    store: Store, settings: Settings, *, now: datetime, commit: Mapping[str, str] | None = None
) -> Maintained:
    """Check every row, remove releases by `keep_releases`, compact the tables, give up versions by age.

    StorageError, with nothing given up, if a check finds something or the latest release is not whole.
    """
    refuse_to_give_up_what_is_wrong(store)
    removed = prune(store.data_root, settings.keep_releases) if store.is_local else []
    compacted = [name for name in TABLES if store.compact(name, commit=commit) is not None]
    kept = versions_of_releases(store)
    files = {
        name: len(
            store.vacuum(
                name,
                older_than=timedelta(days=settings.keep_versions_days),
                now=now,
                keep=kept.get(name, ()),
            )
        )
        for name in TABLES
    }
    # The rows are those that were checked; compacting put them into other files.
    integrity.remember(store)
    return Maintained(compacted, {name: count for name, count in files.items() if count}, removed)


def refuse_to_give_up_what_is_wrong(store: Store) -> None:
    """StorageError where a blocking check finds something in any row, or the latest release was changed."""
    for check in integrity.BLOCKING:
        finding = next(check.findings(store), None)
        if finding is not None:
            raise StorageError(
                f"{store.path(check.table)}: nothing was given up, because {check.name} found: {finding}; "
                "restore the table from a copy, or run the pipeline to its end"
            )
    if store.is_local and release.latest(store.data_root) is not None:
        release.verify(store.data_root)


def prune(root: str, rule: str) -> list[str]:
    """Remove the releases that a rule does not keep: "all", "last 30" or "one a day"; the removed ones.

    The newest stays always, and the one that `latest` points to.
    """
    found = KEEP_RELEASES.fullmatch(rule)
    if found is None:
        raise ConfigurationError(f"no rule of releases to keep is called {rule!r}")
    if rule == "all":
        return []
    if rule == "one a day":
        return release.prune(root, keep_last=1, one_a_day=True)
    return release.prune(root, keep_last=int(found[1]))


def versions_of_releases(store: Store) -> dict[str, set[int]]:
    """Of each table the versions that the releases under the same data folder were made from."""
    if not store.is_local:
        return {}
    versions: dict[str, set[int]] = {}
    for made in release.releases(store.data_root):
        for name, version in made.table_versions.items():
            versions.setdefault(name, set()).add(version)
    return versions

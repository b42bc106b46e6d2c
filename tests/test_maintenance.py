"""Maintenance gives up what nobody asked to keep, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from deltalake import write_deltalake
from made_rows import NOW, fill, filled, links, rows
from projects import FERRY, FERRY_LATER, HARBOUR, add_article, errors, make_project, refresh, store_of

from assets.definitions import defs
from assets.maintenance import forget_old_runs
from assets.run import instance
from pipeline import integrity, release
from pipeline.errors import ConfigurationError, StorageError, UnknownVersionError
from pipeline.maintenance import maintain, prune
from pipeline.release import publish
from pipeline.settings import Settings, load_settings
from pipeline.store import FILES_TO_COMPACT, Store
from pipeline.tables import DOCUMENTS

LATER = datetime(2124, 1, 1, tzinfo=UTC)


def settings(root: Path, **changed: object) -> Settings:
    lines = "\n".join(f"{name} = {value!r}".replace("'", '"') for name, value in changed.items())
    root.mkdir(parents=True, exist_ok=True)
    (root / "sources.toml").write_text(f"[settings]\n{lines}\n", encoding="utf-8")
    return load_settings(root, {})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three releases, of one article, two and three."""
    root = make_project(tmp_path / "p", ferry=FERRY)
    assert errors(refresh(root)) == []
    for name, text in (("harbour", HARBOUR), ("later", FERRY_LATER)):
        add_article(root, name, text)
        assert errors(refresh(root)) == []
    return root


def test_every_version_that_a_kept_release_names_still_reads(project: Path) -> None:
    store = store_of(project)
    oldest, *_, newest = release.releases(store.data_root)
    before = {name: store.read(name, version=v) for name, v in oldest.table_versions.items()}
    done = maintain(store, load_settings(project, {}), now=LATER)
    assert done.removed_releases == []
    assert done.removed_files.keys() >= {"review"} or done.removed_files == {}
    for name, version in oldest.table_versions.items():
        assert store.read(name, version=version).equals(before[name])
    for made in (oldest, newest):
        release.verify(store.data_root, made.version)


def test_what_only_removed_releases_named_is_given_up(project: Path) -> None:
    store = store_of(project)
    before = {name: store.read(name) for name in ("figures", "claims")}
    oldest = release.releases(store.data_root)[0]
    used = sum(path.stat().st_size for path in Path(store.data_root).rglob("*.parquet"))
    done = maintain(store, settings(project, keep_releases="last 1"), now=LATER)
    assert len(done.removed_releases) == 2
    assert [made.version for made in release.releases(store.data_root)] == [newest_version(store)]
    assert done.removed_files["figures"] >= 1
    assert sum(path.stat().st_size for path in Path(store.data_root).rglob("*.parquet")) < used
    with pytest.raises((StorageError, UnknownVersionError)):
        store.read("figures", version=oldest.table_versions["figures"])
    assert {name: store.read(name) for name in before} == before
    add_article(project, "again", HARBOUR.replace("14 berths", "15 berths"))
    (project / "sources.toml").write_text(
        '[[sources]]\nid = "articles"\npaths = ["articles"]\n', encoding="utf-8"
    )
    assert errors(refresh(project)) == []
    assert all(not list(check.findings(store)) for check in integrity.BLOCKING)


def newest_version(store: Store) -> str:
    newest = release.latest(store.data_root)
    assert newest is not None
    return newest.version


def test_young_versions_stay(project: Path) -> None:
    store = store_of(project)
    done = maintain(
        store, settings(project, keep_releases="last 1", keep_versions_days=7), now=datetime.now(UTC)
    )
    assert done.removed_files == {}
    assert store.read("figures", version=1).num_rows > 0


def test_many_small_files_are_put_together_and_known_to_be_checked(tmp_path: Path) -> None:
    store = filled(tmp_path / "data")
    for n in range(FILES_TO_COMPACT):
        store.append("documents", rows(DOCUMENTS, {"document_id": f"more{n:03}"}))
    before = store.read("documents")
    # The rows made by hand are no articles: what the checks would find of them is not what is tested here.
    done = maintain_unchecked(store, settings(tmp_path))
    assert done == ["documents"]
    assert store.read("documents").equals(before)
    assert list(store.scan("documents", since=integrity.checked(store)["documents"])) == []


def maintain_unchecked(store: Store, found: Settings) -> list[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(integrity, "BLOCKING", ())
        return list(maintain(store, found, now=datetime.now(UTC)).compacted)


def test_nothing_is_given_up_where_something_is_wrong(project: Path) -> None:
    store = store_of(project)
    write_deltalake(
        store.path("figure_claims"),
        links("nobody", figure_id="nothing").replace_schema_metadata(None),
        mode="append",
    )
    with pytest.raises(StorageError, match="nothing was given up"):
        maintain(store, settings(project, keep_releases="last 1", keep_versions_days=0), now=LATER)
    assert len(release.releases(store.data_root)) == 3
    assert store.read("figures", version=1).num_rows > 0


@pytest.mark.parametrize(
    ("rule", "left"),
    [("all", ["05.001", "05.002", "06.001"]), ("one a day", ["05.002", "06.001"]), ("last 2", ["05.002", "06.001"]),
     ("last 1", ["06.001"])],
)  # fmt: skip
def test_rules_of_releases_to_keep(tmp_path: Path, rule: str, left: list[str]) -> None:
    store = filled(tmp_path / "data")
    for number, now in enumerate((NOW, NOW, NOW + timedelta(days=1)), start=1):
        fill(store, documents=number + 1)
        assert publish(store, code_version="1", now=now) is not None
    prune(store.data_root, rule)
    assert [made.version.removeprefix("2024-12-") for made in release.releases(store.data_root)] == left


@pytest.mark.parametrize(
    "line",
    ['keep_releases = "some"', 'keep_releases = "last 0"', 'keep_versions_days = "30"', "keep_versions_days = -1",
     "keep_history_days = 0", "keep_versions_days = true", 'alert_webhook = "ftp://alerts.example/"'],
)  # fmt: skip
def test_rules_that_cannot_be_used_are_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "sources.toml").write_text(f"[settings]\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=rf"\[settings\]: {line.split()[0]} must be"):
        load_settings(tmp_path, {})


def test_the_schedule_is_on_and_its_job_goes_through(project: Path) -> None:
    schedule = defs.resolve_schedule_def("maintenance_weekly")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert schedule.cron_schedule == "0 3 * * 0"
    (project / "sources.toml").write_text('[settings]\nkeep_releases = "last 1"\n', encoding="utf-8")
    resources = {"project": {"config": {"root": str(project), "data": str(project / "data")}}}
    result = defs.resolve_job_def("maintenance").execute_in_process(
        run_config={"resources": resources, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        instance=dg.DagsterInstance.ephemeral(),
    )
    assert result.success
    assert len(release.releases(project / "data")) == 1


def test_old_runs_and_their_logs_go_and_the_newest_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    monkeypatch.setattr("assets.maintenance.RUNS_KEPT_ALWAYS", 1)
    root = make_project(tmp_path / "p", ferry=FERRY)
    monkeypatch.chdir(root)
    with instance(root) as history:
        runs = [
            refresh(root, instance=history, only=["documents", "failures", "fetches"]).run_id
            for _ in range(3)
        ]
        before = {
            path for path in (root / ".dagster").rglob("*") if any(run in str(path) for run in runs[:2])
        }
        assert before, "each run left something"
        assert forget_old_runs(history, datetime.now(UTC) - timedelta(days=1)) == 0
        assert forget_old_runs(history, LATER) == 2
        assert [record.dagster_run.run_id for record in history.get_run_records()] == runs[2:]
        assert not [
            path for path in (root / ".dagster").rglob("*") if any(run in str(path) for run in runs[:2])
        ]
        assert history.get_latest_materialization_event(dg.AssetKey("documents")) is not None
        assert errors(refresh(root, instance=history)) == []

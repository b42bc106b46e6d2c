"""Refreshes that nobody starts: the daily schedule, and the sensor on the folders that are read."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import yaml
from projects import FERRY, HARBOUR, ROOT, add_article, errors, make_project, refresh, store_of

from assets import automation
from assets.automation import inbox, refresh_daily
from assets.definitions import defs
from pipeline import release
from pipeline.errors import ConfigurationError, StorageError
from pipeline.integrity import BLOCKING
from pipeline.settings import load_settings
from pipeline.turns import turn

LONG_AGO = time.time() - 3600


def age(root: Path) -> None:
    """Let all articles have been written long ago."""
    for path in (root / "articles").iterdir():
        os.utime(path, (LONG_AGO, LONG_AGO))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = make_project(tmp_path / "p", ferry=FERRY)
    monkeypatch.chdir(project)
    age(project)
    return project


def look(cursor: str | None = None) -> dg.SensorResult | dg.SkipReason:
    found = inbox(dg.build_sensor_context(cursor=cursor))
    assert isinstance(found, dg.SensorResult | dg.SkipReason)
    return found


def run_keys(found: dg.SensorResult | dg.SkipReason) -> list[str | None]:
    return (
        [request.run_key for request in found.run_requests or []]
        if isinstance(found, dg.SensorResult)
        else []
    )


def cursor_of(found: dg.SensorResult | dg.SkipReason) -> str:
    assert isinstance(found, dg.SensorResult)
    assert found.cursor
    return found.cursor


# The schedule


def test_the_schedule_is_on_and_runs_every_asset_once_a_day() -> None:
    schedule = defs.resolve_schedule_def("refresh_daily")
    assert schedule.default_status == dg.DefaultScheduleStatus.RUNNING
    assert schedule.cron_schedule == "0 6 * * *"
    context = dg.build_schedule_context(
        scheduled_execution_time=datetime(2024, 12, 5, 6, tzinfo=UTC),
        instance=dg.DagsterInstance.ephemeral(),
        repository_def=defs.get_repository_def(),
    )
    tick = schedule.evaluate_tick(context)
    assert tick.skip_message is None
    assert len(tick.run_requests or []) == 1
    job = defs.resolve_job_def(schedule.job_name)
    assert job.asset_layer.executable_asset_keys == {spec.key for spec in defs.resolve_all_asset_specs()}


def test_the_schedule_follows_the_settings(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[settings]\nschedule = "*/5 * * * *"\ntimezone = "Europe/Kyiv"\n')
    found = load_settings(tmp_path, {})
    assert (found.schedule, found.timezone) == ("*/5 * * * *", "Europe/Kyiv")
    assert refresh_daily.execution_timezone == automation.settings.timezone


@pytest.mark.parametrize(
    ("setting", "written", "said"),
    [
        ("schedule", "every morning", "must be a cron expression such as"),
        ("maintenance_schedule", "weekly, please", "must be a cron expression such as"),
        ("timezone", "Europe/Nowhere", "must be a name such as Europe/Kyiv"),
    ],
)
def test_a_time_that_there_is_not_is_named(tmp_path: Path, setting: str, written: str, said: str) -> None:
    (tmp_path / "sources.toml").write_text(f'[settings]\n{setting} = "{written}"\n', encoding="utf-8")
    asked = setting if setting != "timezone" else "schedule"
    with pytest.raises(ConfigurationError, match=rf"sources\.toml, \[settings\]: {setting} {said}"):
        automation.scheduled("s", automation.refresh, load_settings(tmp_path, {}), asked, "Now and then")


# The sensor


def test_the_sensor_is_on() -> None:
    assert defs.resolve_sensor_def("inbox").default_status == dg.DefaultSensorStatus.RUNNING


def test_the_first_look_asks_for_a_run_and_the_next_finds_nothing_new(root: Path) -> None:
    first = look()
    assert len(run_keys(first)) == 1
    again = look(cursor_of(first))
    assert isinstance(again, dg.SkipReason)
    assert again.skip_message == "nothing new among 1 files"


def test_a_new_file_asks_for_another_run(root: Path) -> None:
    first = look()
    add_article(root, "harbour", HARBOUR)
    age(root)
    second = look(cursor_of(first))
    assert len(run_keys(second)) == 1
    assert run_keys(second) != run_keys(first)


def test_a_file_that_is_only_touched_asks_for_none(root: Path) -> None:
    first = look()
    os.utime(root / "articles" / "ferry.txt", (LONG_AGO + 60, LONG_AGO + 60))
    second = look(cursor_of(first))
    assert run_keys(second) == []
    assert isinstance(look(cursor_of(second)), dg.SkipReason), "the touched state is remembered"


def test_a_change_of_the_same_size_is_seen(root: Path) -> None:
    first = look()
    add_article(root, "ferry", FERRY.replace("12", "13"))
    os.utime(root / "articles" / "ferry.txt", (LONG_AGO + 60, LONG_AGO + 60))
    assert len(run_keys(look(cursor_of(first)))) == 1


def test_a_file_that_is_being_written_is_left_for_the_next_look(root: Path) -> None:
    first = look()
    add_article(root, "harbour", HARBOUR[:20])
    second = look(cursor_of(first))
    assert isinstance(second, dg.SkipReason)
    assert "still being written" in (second.skip_message or "")


def test_a_file_that_cannot_be_opened_stops_nothing(root: Path) -> None:
    (root / "articles" / "gone.txt").symlink_to(root / "nowhere.txt")
    assert len(run_keys(look())) == 1


def test_sources_that_cannot_be_read_are_a_reason_not_an_error(root: Path) -> None:
    (root / "sources.toml").write_text("[[sources", encoding="utf-8")
    found = look()
    assert isinstance(found, dg.SkipReason)
    assert "not valid TOML" in (found.skip_message or "")


# One at a time


def test_a_second_refresh_waits_for_its_turn(root: Path) -> None:
    told: list[str] = []
    data = str(root / "data")
    with turn(data), pytest.raises(StorageError, match="another refresh has been at work"):  # noqa: SIM117
        with turn(data, wait_seconds=0.3, on_wait=told.append):
            pass
    assert told == [f"another refresh is at work on {data}; this one waits for it"]
    with turn(data, wait_seconds=0, on_wait=told.append):
        assert len(told) == 1


def test_a_data_folder_whose_disk_is_away_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(tmp_path / "disk")
    said = r"data: is a link to .*disk, which is not there; is its disk mounted"
    with pytest.raises(StorageError, match=said), turn(str(tmp_path / "data")):
        pass
    (tmp_path / "disk").mkdir()
    with turn(str(tmp_path / "data")):
        assert list((tmp_path / "disk").iterdir())


def test_a_run_has_its_turn_until_it_ends_well_or_badly(root: Path) -> None:
    assert errors(refresh(root)) == []
    with turn(str(root / "data"), wait_seconds=0):
        pass
    (root / "sources.toml").write_text("[[sources", encoding="utf-8")
    assert errors(refresh(root))
    with turn(str(root / "data"), wait_seconds=0):
        pass


def test_two_refreshes_at_once_end_as_one_after_the_other(root: Path) -> None:
    add_article(root, "harbour", HARBOUR)
    script = (
        f"import sys; sys.path.insert(0, {str(ROOT / 'tests')!r}); from pathlib import Path; "
        f"from projects import errors, refresh; sys.exit(errors(refresh(Path({str(root)!r}))) or None)"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(2)
    ]
    assert [(process.wait(), process.stderr.read()) for process in both if process.stderr] == [(0, b"")] * 2
    assert len(release.releases(root / "data")) == 1
    assert all(not list(check.findings(store_of(root))) for check in BLOCKING)


# What may pass is done again


def test_only_a_run_that_failed_for_a_passing_reason_is_done_again(root: Path) -> None:
    from dagster._core.storage.tags import RETRY_ON_ASSET_OR_OP_FAILURE_TAG

    asked = {}
    with dg.DagsterInstance.ephemeral() as instance:
        (root / "data").symlink_to(root / "away")
        asked["disk"] = refresh(root, instance=instance).run_id
        (root / "data").unlink()
        (root / "trackers.toml").write_text("[[tracker", encoding="utf-8")
        asked["tracker"] = refresh(root, instance=instance).run_id
        tags = {name: instance.get_run_by_id(run).tags for name, run in asked.items()}
    assert tags["disk"][RETRY_ON_ASSET_OR_OP_FAILURE_TAG] == "true"
    assert RETRY_ON_ASSET_OR_OP_FAILURE_TAG not in tags["tracker"]


# The instance


def test_the_instance_keeps_its_state_in_one_folder_and_runs_one_refresh_at_a_time() -> None:
    instance = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    folders = [
        instance["storage"]["sqlite"]["base_dir"],
        instance["local_artifact_storage"]["config"]["base_dir"],
        instance["compute_logs"]["config"]["base_dir"],
    ]
    assert all(folder.startswith(".dagster/") for folder in folders)
    assert instance["concurrency"]["runs"]["max_concurrent_runs"] == 1
    assert instance["run_queue"]["dequeue_interval_seconds"] == 1
    assert instance["run_monitoring"]["enabled"] is True
    assert instance["telemetry"]["enabled"] is False
    assert instance["nux"]["enabled"] is False


def test_the_log_of_events_keeps_its_journals_open_until_the_run_ends(root: Path) -> None:
    from assets.run import held_open, instance

    with instance(root) as history:
        with held_open(history, "run"):
            assert history.all_logs("run") == []
            assert history.get_latest_materialization_event(dg.AssetKey("release")) is None
            assert sorted(path.stem for path in root.rglob("*.db-wal")) == ["index", "run"]
        assert not list(root.rglob("*.db-wal"))


def test_a_run_leaves_nothing_outside_the_data_folder_and_dot_dagster(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assets.run import instance

    monkeypatch.delenv("DAGSTER_HOME", raising=False)
    before = {path.name for path in root.iterdir()}
    with instance(root) as history:
        assert errors(refresh(root, instance=history)) == []
    assert {path.name for path in root.iterdir()} - before == {"data", ".dagster"}

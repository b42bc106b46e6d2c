"""A run whose process is gone holds up no other; one that is at work is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.events import DagsterEvent, DagsterEventType
from projects import make_project

from assets.abandoned import LONGEST_BEGINNING_SECONDS, WHY, abandoned_runs, without_data_folder
from assets.definitions import defs
from pipeline.turns import LOCK, is_taken, turn

LATER = timedelta(seconds=LONGEST_BEGINNING_SECONDS + 5)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = make_project(tmp_path / "p")
    monkeypatch.chdir(project)
    for name in ("FIGURES_DATA", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    return project


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def begun(instance: dg.DagsterInstance, data: Path | None = None) -> dg.DagsterRun:
    """A run that has begun, as it stands in the history after its machine went."""
    config = {"resources": {"project": {"config": {"data": str(data)}}}} if data else {}
    run = instance.create_run_for_job(defs.resolve_job_def("refresh"), run_config=config)
    for kind in (DagsterEventType.RUN_STARTING, DagsterEventType.RUN_START):
        instance.report_dagster_event(DagsterEvent(kind.value, job_name="refresh"), run_id=run.run_id)
    return run


def status(instance: dg.DagsterInstance, run: dg.DagsterRun) -> dg.DagsterRunStatus:
    found = instance.get_run_by_id(run.run_id)
    assert found is not None
    return found.status


def look(instance: dg.DagsterInstance, cursor: str | None = None) -> str:
    """What the sensor remembers after one look, an hour later than it is."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    found = abandoned_runs(context)
    assert isinstance(found, dg.SensorResult)
    assert found.cursor is not None
    return found.cursor


@pytest.fixture
def an_hour_later(monkeypatch: pytest.MonkeyPatch) -> None:
    import assets.abandoned

    monkeypatch.setattr(assets.abandoned, "LONGEST_BEGINNING_SECONDS", -3600)


@pytest.mark.usefixtures("an_hour_later")
def test_a_run_without_its_process_fails_at_the_second_look(root: Path, instance: dg.DagsterInstance) -> None:
    run = begun(instance)
    seen = look(instance)
    assert json.loads(seen) == [run.run_id]
    assert status(instance, run) == dg.DagsterRunStatus.STARTED
    look(instance, seen)
    assert status(instance, run) == dg.DagsterRunStatus.FAILURE
    logged = [entry.user_message or str(entry.message) for entry in instance.all_logs(run.run_id)]
    assert any(WHY in text for text in logged)
    assert json.loads(look(instance, seen)) == []


@pytest.mark.usefixtures("an_hour_later")
def test_a_run_that_is_at_work_is_left_alone(
    root: Path, instance: dg.DagsterInstance, tmp_path: Path
) -> None:
    here, elsewhere = begun(instance), begun(instance, tmp_path / "other")
    with turn(str(root / "data")), turn(str(tmp_path / "other")):
        assert json.loads(look(instance, look(instance))) == []
    with turn(str(root / "data")):
        assert json.loads(look(instance)) == [elsewhere.run_id]
    assert status(instance, here) == dg.DagsterRunStatus.STARTED


def test_a_run_that_has_just_begun_is_left_alone(root: Path, instance: dg.DagsterInstance) -> None:
    run = begun(instance)
    assert without_data_folder(instance, datetime.now(UTC)) == []
    assert [found.run_id for found in without_data_folder(instance, datetime.now(UTC) + LATER)] == [
        run.run_id
    ]


@pytest.mark.usefixtures("an_hour_later")
def test_what_can_not_be_known_is_left_alone(root: Path, instance: dg.DagsterInstance) -> None:
    begun(instance)
    (root / "sources.toml").write_text("[settings]\ndata = 's3://bucket/data'\n", encoding="utf-8")
    assert json.loads(look(instance)) == []
    (root / "sources.toml").write_text("[[sources", encoding="utf-8")
    assert json.loads(look(instance)) == []


def test_a_folder_is_taken_while_somebody_has_his_turn(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    assert not is_taken(data)
    with turn(data):
        assert is_taken(data)
    assert (tmp_path / "data" / LOCK).is_file()
    assert not is_taken(data)

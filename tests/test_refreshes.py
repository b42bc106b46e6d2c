"""Whole refreshes under bad conditions: killed, on a full disk, on a read-only one, with files damaged."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from deltalake import DeltaTable
from kills import content, kill_at_random, released, undisturbed
from projects import (
    FERRY,
    HARBOUR,
    add_article,
    errors,
    failed_checks,
    make_project,
    metadata,
    refresh,
    store_of,
)

import pipeline.claims
from pipeline import release
from pipeline.claims import passage_claims

KILLS = 3


def test_killed_at_random_moments_a_refresh_loses_and_doubles_nothing(tmp_path: Path) -> None:
    """`python -m benchmarks.killed` does the same sixty times."""
    found = undisturbed(tmp_path)
    for moment, wrong in kill_at_random(tmp_path, found, KILLS, random.Random(3)):
        assert not wrong, f"killed after {moment:.2f} s: {wrong}"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("made") / "p", ferry=FERRY)
    assert errors(refresh(root)) == []
    return root


@pytest.fixture
def project(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "p", symlinks=True))


# Disks


def mounted(folder: Path, options: str) -> str:
    """Mount a small file system of memory; why that can't be done, or nothing."""
    if sys.platform != "linux" or os.getuid() != 0:
        return "only root can mount a small disk, and only on Linux"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, check=False
    )
    return done.stderr.decode().strip() if done.returncode else ""


def remount(folder: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(folder)], check=True, capture_output=True)


@pytest.fixture
def disk(project: Path) -> Iterator[Path]:
    """The project with its data on a disk of its own, of a megabyte more than they need."""
    data = project / "data"
    used = sum(path.stat().st_blocks * 512 for path in data.rglob("*"))
    aside = Path(shutil.move(data, project / "aside"))
    data.mkdir()
    problem = mounted(data, f"size={used + 1_000_000}")
    if problem:
        pytest.skip(f"no disk of a given size can be mounted here: {problem}")
    try:
        shutil.copytree(aside, data, symlinks=True, dirs_exist_ok=True)
        yield data
    finally:
        subprocess.run(["umount", "--lazy", str(data)], check=True, capture_output=True)


def test_a_full_disk_leaves_everything_as_it_was_and_the_next_refresh_goes_on(
    project: Path, disk: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = released(project)
    filler = disk / "filler"
    free = os.statvfs(disk)
    filler.write_bytes(b"x" * (free.f_bavail * free.f_frsize - 8192))
    add_article(project, "harbour", HARBOUR)
    told = errors(refresh(project))
    assert len(told) == 1
    assert "free some space and run again" in told[0]
    assert "panicked" not in capfd.readouterr().err
    assert released(project) == before
    filler.unlink()
    assert errors(refresh(project)) == []
    assert len(release.releases(disk)) == 2


def test_a_read_only_disk_is_said_in_a_sentence_and_still_reads(project: Path, disk: Path) -> None:
    before = released(project)
    add_article(project, "harbour", HARBOUR)
    remount(disk, "ro")
    told = errors(refresh(project))
    assert told
    assert all("ead-only file system" in text for text in told)
    assert released(project) == before
    remount(disk, "rw")
    assert errors(refresh(project)) == []


# Damage


def newest_file(root: Path, table: str) -> Path:
    delta = DeltaTable(store_of(root).path(table))
    return Path(store_of(root).path(table), str(delta.get_add_actions(flatten=True)["path"][0].as_py()))


def newest_log_entry(root: Path, table: str) -> Path:
    return max(Path(store_of(root).path(table), "_delta_log").glob("*.json"))


DATA = (newest_file, "a data file is damaged: restore it from a copy")
LOG = (newest_log_entry, "log is damaged; restore it")


@pytest.mark.parametrize(
    ("table", "file", "told"),
    [
        ("documents", *DATA),
        ("claims", *DATA),
        ("figure_claims", *DATA),
        ("passages", *LOG),
        ("revisions", *LOG),
    ],
)
def test_a_cut_file_is_named_and_nothing_is_lost(
    project: Path, table: str, file: Callable[[Path, str], Path], told: str
) -> None:
    before, everything = released(project), content(project)
    path = file(project, table)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    said = errors(refresh(project))
    assert any(told in text and table in text for text in said), said
    assert released(project) == before
    path.write_bytes(whole)
    assert errors(refresh(project)) == []
    assert content(project) == everything
    assert len(release.releases(project / "data")) == 1


# Documents that make a stage fail


def test_a_passage_that_cannot_be_searched_is_recorded_tried_again_and_stops_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(passage: dict[str, object]) -> list[dict[str, object]]:
        if "harbour" in str(passage["text"]):
            raise RecursionError("too deep")
        return passage_claims(passage)

    add_article(project, "harbour", HARBOUR)
    add_article(project, "later", HARBOUR.replace("harbour", "theatre"))
    with monkeypatch.context() as patch:
        patch.setattr(pipeline.claims, "passage_claims", fails)
        result = refresh(project)
        again = refresh(project)
    for one in (result, again):
        assert errors(one) == []
        assert "claims/every_passage_could_be_searched" in failed_checks(one)
        assert metadata(one, "claims")["passages_failed"].value > 0
    failures = store_of(project).read("failures").to_pylist()
    assert failures
    assert {row["stage"] for row in failures} == {"claims"}
    assert {row["uri"].partition("#")[0] for row in failures} == {"articles/harbour.txt"}
    assert {row["error"] for row in failures} == {"RecursionError"}
    assert all("too deep" in row["reason"] for row in failures)
    found = {row["sentence"] for row in release.read(project / "data", "claims").to_pylist()}
    assert any("theatre" in sentence for sentence in found)
    assert not any("harbour" in sentence for sentence in found)
    mended = refresh(project)
    assert errors(mended) == []
    assert failed_checks(mended) == {}
    assert store_of(project).read("failures").num_rows == 0
    found = {row["sentence"] for row in release.read(project / "data", "claims").to_pylist()}
    assert any("harbour" in sentence for sentence in found)


def test_a_document_that_cannot_be_cut_is_recorded_tried_again_and_stops_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import assets.passages

    split = assets.passages.split_batch

    def fails(documents: object) -> object:
        if any("harbour" in text for text in documents.column("text").to_pylist()):  # type: ignore[attr-defined]
            raise ValueError("no end in sight")
        return split(documents)

    add_article(project, "harbour", HARBOUR)
    add_article(project, "later", HARBOUR.replace("harbour", "theatre"))
    with monkeypatch.context() as patch:
        patch.setattr(assets.passages, "split_batch", fails)
        assert errors(refresh(project)) == []
    (failure,) = store_of(project).read("failures").to_pylist()
    assert (failure["stage"], failure["uri"], failure["error"]) == (
        "passages",
        "articles/harbour.txt",
        "ValueError",
    )
    assert len(set(store_of(project).read("passages").column("document_id").to_pylist())) == 2
    assert errors(refresh(project)) == []
    assert store_of(project).read("failures").num_rows == 0
    assert len(set(store_of(project).read("passages").column("document_id").to_pylist())) == 3


# What need not be done again


def test_an_unchanged_world_is_linked_once(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline import tracking

    calls = []
    tables_of = tracking.tables_of
    monkeypatch.setattr(
        tracking, "tables_of", lambda *given, **named: calls.append(1) or tables_of(*given, **named)
    )
    before = content(project)
    assert errors(refresh(project)) == []
    assert (calls, content(project)) == ([], before)
    (project / "trackers.toml").write_text("", encoding="utf-8")
    assert errors(refresh(project)) == []
    assert calls == [1]
    (project / "data/tables/.linking.sqlite").unlink()
    (project / "data/tables/.made.json").write_text("{", encoding="utf-8")
    assert errors(refresh(project)) == []
    assert calls == [1, 1]


def test_what_was_checked_is_not_looked_at_again_but_what_is_new_is(project: Path) -> None:
    from pipeline.integrity import BLOCKING, checked

    store = store_of(project)
    since = checked(store)
    assert since.keys() == {"documents", "failures", "fetches"} | since.keys()
    assert all(list(store.scan(name, since=version)) == [] for name, version in since.items())
    bad = store.read("claims").slice(0, 1).to_pylist()[0] | {
        "claim_id": "planted",
        "exact": "nothing like it",
    }
    from pipeline.tables import CLAIMS

    store.append("claims", CLAIMS.from_rows([bad]))
    found = {check.name: list(check.findings(store, since)) for check in BLOCKING if check.table == "claims"}
    assert len(found["exact_in_document"]) == 1
    (project / "data/tables/.checked.json").write_text("[]", encoding="utf-8")
    assert checked(store) == {}

"""A release is whole or not there, never changes, and is made only when something did."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_rows import NOW, fill, filled, rows

from pipeline import release, release_cut, release_files, release_rows
from pipeline.errors import StorageError, UnknownVersionError
from pipeline.release import Release, publish
from pipeline.store import Store
from pipeline.tables import CLAIMS, COMPARABLE_CLAIMS, DOCUMENTS, FIGURE_CLAIMS, NORMALISED_CLAIMS, PASSAGES

TABLES = (
    "documents",
    "passages",
    "claims",
    "claim_relations",
    "figures",
    "figure_claims",
    "revisions",
    "correction_outcomes",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return filled(tmp_path / "data", documents=2)


def published(store: Store, **more: object) -> Release:
    made = publish(store, **({"code_version": "1", "now": NOW} | more))  # type: ignore[arg-type]
    assert made is not None
    return made


def folder(store: Store) -> Path:
    return Path(store.data_root) / "releases"


def hashes(path: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(path.glob("*.parquet"))
    }


# What is published


def test_a_release_holds_the_tables_and_loads_in_pandas(store: Store) -> None:
    made = published(store)
    assert made.version == "2024-12-05.001"
    assert sorted(p.name for p in made.path.iterdir()) == sorted(
        [*(f"{name}.parquet" for name in TABLES), "datapackage.json"]
    )
    claims = pd.read_parquet(folder(store) / "latest" / "claims.parquet")
    assert list(claims.columns) == [c.name for c in COMPARABLE_CLAIMS.columns]
    assert claims["claim_id"].tolist() == ["c0000e1", "c0001e1"]
    assert claims["normalise_status"].tolist() == ["ok", "ok"]
    assert made.rows == {
        "documents": 2,
        "passages": 2,
        "claims": 2,
        "claim_relations": 0,
        "figures": 1,
        "figure_claims": 2,
        "revisions": 2,
        "correction_outcomes": 0,
    }
    assert release.read(store.data_root, "figures").num_rows == 1
    assert release.latest(store.data_root) == made


def test_an_empty_store_has_a_release_too(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.create()
    made = published(store)
    assert set(made.rows.values()) == {0}
    assert release.read(tmp_path, "claims").schema.names == COMPARABLE_CLAIMS.schema.names


def test_the_description_says_what_the_files_are(store: Store) -> None:
    made = published(store)
    package = json.loads((made.path / "datapackage.json").read_text(encoding="utf-8"))
    assert package["version"] == made.version
    assert package["created"] == "2024-12-05T12:00:00+00:00"
    assert package["code_version"] == "1"
    assert package["cut"]["extractor_version"] == "e1"
    assert package["cut"]["tables"]["claims"]["version"] == store.version("claims")
    assert package["sources"] == [{"source": "x", "title": "The Gazette", "license": "not stated"}]
    assert [resource["name"] for resource in package["resources"]] == list(TABLES)
    for resource in package["resources"]:
        path = made.path / resource["path"]
        assert resource["bytes"] == path.stat().st_size
        assert resource["hash"] == "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
        schema = pq.read_schema(path)
        assert [field["name"] for field in resource["schema"]["fields"]] == schema.names
        assert all(field["description"] for field in resource["schema"]["fields"])
        for reference in resource["schema"]["foreignKeys"]:
            target = next(
                r
                for r in package["resources"]
                if r["name"] == (reference["reference"]["resource"] or resource["name"])
            )
            assert reference["reference"]["fields"][0] in [f["name"] for f in target["schema"]["fields"]]


def test_no_release_of_what_is_published_already(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    made = published(store)
    later = NOW + timedelta(days=3)
    assert publish(store, code_version="1", now=later) is None
    assert publish(store, code_version="2", now=later) is None, "other code, same content"
    store.append("extractions", rows(release_files.TABLES["extractions"], {}))
    store.replace("figure_claims", lambda t: t.set_column(2, "score", pa.array([0.5, 0.5])))
    store.replace("figure_claims", lambda t: t.set_column(2, "score", pa.array([1.0, 1.0])))
    assert publish(store, code_version="1", now=later) is None, "other versions of the tables, same content"
    assert [r.version for r in release.releases(store.data_root)] == [made.version]
    assert not list(folder(store).glob(".publishing-*"))


def test_the_files_bytes_follow_from_the_rows_alone(store: Store, tmp_path: Path) -> None:
    """The same rows in other batches, in another order, at another time: the same bytes."""
    other = Store(tmp_path / "other")
    other.create()
    for name in ("documents", "passages", "claims", "normalised_claims"):
        table = store.read(name)
        for start in reversed(range(table.num_rows)):
            other.append(name, table.slice(start, 1))
    for name in ("figures", "figure_claims", "revisions"):
        other.replace(name, store.read(name))
    one = published(store)
    two = published(other, now=NOW + timedelta(days=1), code_version="2")
    assert hashes(one.path) == hashes(two.path)


def test_bytes_don_t_depend_on_how_large_tables_were_stored(tmp_path: Path) -> None:
    count = release_rows.ROWS_IN_GROUP + 3000
    noise = random.Random(1)
    texts = [noise.randbytes(200).hex() for _ in range(count)]  # several pages to a row group
    documents = rows(
        release_files.DOCUMENTS, *({"document_id": f"{n:06}", "text": text} for n, text in enumerate(texts))
    )
    found = []
    for name, parts in (("one", 1), ("many", 7)):
        store = Store(tmp_path / name)
        store.create()
        size = documents.num_rows // parts + 1
        for start in reversed(range(0, documents.num_rows, size)):
            store.append("documents", documents.slice(start, size))
        found.append(hashes(published(store).path))
    assert found[0] == found[1]
    file = pq.ParquetFile(tmp_path / "one" / "releases" / "latest" / "documents.parquet")
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [
        release_rows.ROWS_IN_GROUP,
        3000,
    ]
    assert file.read().equals(documents)


def test_a_table_that_is_as_it_was_is_not_written_again(store: Store) -> None:
    one = published(store)
    store.replace("figure_claims", lambda t: t.set_column(2, "score", pa.array([0.5, 0.5])))
    two = published(store)
    changed = {n for n, h in hashes(two.path).items() if h != hashes(one.path)[n]}
    assert changed == {"figure_claims.parquet"}
    for name in TABLES:
        same_file = (one.path / f"{name}.parquet").samefile(two.path / f"{name}.parquet")
        assert same_file == (name != "figure_claims"), name


def test_a_file_of_the_release_before_that_was_changed_is_not_taken_over(store: Store) -> None:
    one = published(store)
    before = hashes(one.path)
    damaged = one.path / "claims.parquet"
    damaged.chmod(0o644)
    damaged.write_bytes(b"else")
    (one.path / "documents.parquet").unlink()
    store.replace("figure_claims", lambda t: t.set_column(2, "score", pa.array([0.5, 0.5])))
    two = published(store)
    assert release.verify(store.data_root, two.version) == two
    assert hashes(two.path) | {"figure_claims.parquet": ""} == before | {"figure_claims.parquet": ""}


@pytest.fixture
def small_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (release_rows, release_files):
        monkeypatch.setattr(module, "ROWS_IN_GROUP", 7)


@pytest.fixture
def put_in_order(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that were read whole and put into order, each time."""
    names: list[str] = []
    whole = Store.ordered

    def ordered(store: Store, table: str, **how: Any) -> Iterator[pa.Table]:
        names.append(table)
        return whole(store, table, **how)

    monkeypatch.setattr(Store, "ordered", ordered)
    return names


@pytest.mark.usefixtures("small_groups")
@pytest.mark.parametrize("seed", range(6))
def test_rows_that_came_are_put_among_those_of_the_release_before(
    tmp_path: Path, seed: int, put_in_order: list[str]
) -> None:
    chance = random.Random(seed)
    every, store = filled(tmp_path / "every", documents=60), Store(tmp_path / "by-and-by")
    store.create()
    names = {"documents", "passages", "claims", "normalised_claims"}
    versions = {"extractor_version": "e1", "normaliser_version": "n1"}
    left = chance.sample(range(60), 60)
    for portion in (9, 1, 30, 2, 18):
        some, left = sorted(left[:portion]), left[portion:]
        for name in names:
            store.append(name, every.read(name).take(some))
        put_in_order.clear()
        by_and_by = published(store, **versions)
        assert names.isdisjoint(put_in_order) == (portion != 9), "all are read the first time alone"
        anew = tmp_path / f"anew-{portion}"
        shutil.copytree(store.data_root, anew, ignore=shutil.ignore_patterns("releases"))
        assert hashes(by_and_by.path) == hashes(published(Store(anew), **versions).path)


def test_rows_of_the_release_before_are_taken_only_where_all_are_there_still(
    store: Store, put_in_order: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    published(store)
    put_in_order.clear()
    more = [{"document_id": f"e{n}"} for n in range(3)]
    store.append("documents", rows(DOCUMENTS, *more))
    monkeypatch.setattr(release_rows, "MOST_ADDED", 2)
    assert published(store).rows["documents"] == 5
    assert put_in_order == ["documents"], "more came than should be held"
    put_in_order.clear()
    store.replace("documents", lambda t: t.slice(0, 4))
    assert published(store).rows["documents"] == 4
    assert put_in_order == ["documents"], "a row went"
    damaged = release.latest(store.data_root).path / "documents.parquet"  # type: ignore[union-attr]
    damaged.chmod(0o644)
    damaged.write_bytes(b"else")
    put_in_order.clear()
    store.append("documents", rows(DOCUMENTS, more[2]))
    assert published(store).rows["documents"] == 5
    assert put_in_order == ["documents"], "the file is not what it was"


def test_a_new_row_that_refers_to_nothing_is_not_published(store: Store) -> None:
    published(store)
    store.append("passages", rows(PASSAGES, {"document_id": "nowhere", "passage_id": "p"}))
    with pytest.raises(StorageError, match=r"1 rows of passages refer to rows of documents .* nowhere."):
        published(store)


def test_tables_larger_than_memory_should_hold_are_joined_and_checked_in_parts(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, documents=40)
    more = [{"claim_id": f"c{n:04}", "normaliser_version": "n1"} for n in range(60)]  # of no claim
    store.append("normalised_claims", rows(NORMALISED_CLAIMS, *more))
    whole = published(store, extractor_version="e1", normaliser_version="n1")
    monkeypatch.setattr(release_rows, "ROWS_IN_GROUP", 7)
    monkeypatch.setattr(release_files, "ROWS_IN_GROUP", 7)
    monkeypatch.setattr(release_files, "KEYS_AT_ONCE", 3)
    shutil.rmtree(folder(store))
    parts = published(store, extractor_version="e1", normaliser_version="n1")
    assert whole.rows["claims"] == 40
    for name in TABLES:
        assert pq.read_table(parts.path / f"{name}.parquet").num_rows == whole.rows[name]
    store.append("figure_claims", rows(FIGURE_CLAIMS, {"figure_id": "f", "claim_id": "nowhere"}))
    with pytest.raises(StorageError, match=r"1 rows of figure_claims .* .claim_id nowhere."):
        published(store, extractor_version="e1", normaliser_version="n1")


def test_claims_are_those_of_the_newest_extractor_and_normaliser(store: Store) -> None:
    published(store)
    fill(store, documents=2, extractor="e2", normaliser="n2")
    made = published(store)
    claims = release.read(store.data_root, "claims")
    assert set(claims.column("extractor_version").to_pylist()) == {"e2"}
    assert set(claims.column("normaliser_version").to_pylist()) == {"n2"}
    assert made.version == "2024-12-05.002"
    before = release.read(store.data_root, "claims", "2024-12-05.001")
    assert set(before.column("extractor_version").to_pylist()) == {"e1"}


def test_the_versions_can_be_named_and_must_be_where_no_commit_names_them(tmp_path: Path) -> None:
    store = filled(tmp_path)
    store.append("claims", rows(CLAIMS, {"claim_id": "other", "extractor_version": "e0"}), commit={})
    assert published(store, extractor_version="e1", normaliser_version="n1").rows["claims"] == 1
    bare = Store(tmp_path / "bare")
    bare.create()
    bare.append("claims", rows(CLAIMS, {"claim_id": "a", "extractor_version": "e1"}))
    bare.append("claims", rows(CLAIMS, {"claim_id": "b", "extractor_version": "e2"}))
    with pytest.raises(StorageError, match=r"rows of several versions .e1, e2. and no commit says"):
        published(bare)


def test_a_claim_without_conversion_is_not_left_out_in_silence(store: Store) -> None:
    made = published(store)
    more = {"claim_id": "new", "document_id": "d0000", "passage_id": "p0000", "extractor_version": "e1"}
    store.append("claims", rows(CLAIMS, more), commit={"extractor_version": "e1"})
    with pytest.raises(StorageError, match="1 of 3 claims have no normalised row; run the pipeline"):
        published(store)
    assert release.latest(store.data_root) == made
    normalised = {"claim_id": "new", "normaliser_version": "n1"}
    store.append(
        "normalised_claims", rows(NORMALISED_CLAIMS, normalised), commit={"normaliser_version": "n1"}
    )
    assert published(store).rows["claims"] == 3


def test_a_row_that_refers_to_nothing_is_not_published(store: Store) -> None:
    store.replace("figure_claims", rows(FIGURE_CLAIMS, {"figure_id": "f", "claim_id": "nowhere"}))
    with pytest.raises(
        StorageError, match=r"1 rows of figure_claims refer to rows of claims .* .claim_id nowhere."
    ):
        published(store)
    assert release.releases(store.data_root) == []
    assert release.latest(store.data_root) is None
    assert [p.name for p in folder(store).iterdir()] == [".lock"]


def test_every_table_of_a_release_is_looked_up() -> None:
    assert set(release_cut.STORED) == set(TABLES) | {"normalised_claims"}


# Finding and reading


def test_releases_are_found_by_version_and_by_time(store: Store) -> None:
    for day in range(3):
        store.append("documents", rows(release_files.DOCUMENTS, {"document_id": f"new{day}"}))
        published(store, now=NOW + timedelta(days=day))
    root = store.data_root
    versions = [r.version for r in release.releases(root)]
    assert versions == ["2024-12-05.001", "2024-12-06.001", "2024-12-07.001"]
    assert release.find(root).version == versions[2]
    assert release.find(root, version=versions[0]).rows["documents"] == 3
    assert release.find(root, as_of=date(2024, 12, 6)).version == versions[1]
    assert release.find(root, as_of=NOW + timedelta(days=1, hours=-1)).version == versions[0]
    assert release.read(root, "documents", as_of=date(2024, 12, 5), columns=["document_id"]).num_rows == 3
    with pytest.raises(UnknownVersionError, match="there is no release made by 2024-12-04"):
        release.find(root, as_of=date(2024, 12, 4))
    with pytest.raises(UnknownVersionError, match="there is no release 2001"):
        release.read(root, "claims", "2001")
    with pytest.raises(KeyError, match="holds no table 'failures'"):
        release.read(root, "failures")


def test_nothing_published_yet(tmp_path: Path) -> None:
    assert release.releases(tmp_path) == []
    assert release.latest(tmp_path) is None
    with pytest.raises(UnknownVersionError, match="nothing was published yet"):
        release.read(tmp_path, "claims")


def test_versions_sort_even_if_the_clock_goes_back() -> None:
    next_version = release._next_version
    assert next_version(NOW, None) == "2024-12-05.001"
    assert next_version(NOW, "2024-12-05.001") == "2024-12-05.002"
    assert next_version(NOW, "2024-12-05.999") == "2024-12-05.1000"
    assert next_version(NOW, "2025-01-01.004") == "2025-01-01.005"
    assert max(["2024-12-05.999", "2024-12-05.1000"], key=release._order) == "2024-12-05.1000"


def test_old_releases_go_by_rule_and_the_latest_never(store: Store) -> None:
    for hours in (0, 1, 30, 31, 60):
        store.append("documents", rows(release_files.DOCUMENTS, {"document_id": f"{hours}"}))
        published(store, now=NOW + timedelta(hours=hours))
    root = store.data_root
    before = ["2024-12-05.001", "2024-12-05.002", "2024-12-06.001", "2024-12-06.002", "2024-12-08.001"]
    assert [r.version for r in release.releases(root)] == before
    assert release.prune(root, keep_last=9) == []
    assert release.prune(root, keep_last=1, one_a_day=True) == ["2024-12-05.001", "2024-12-06.001"]
    (folder(store) / "latest").unlink()
    (folder(store) / "latest").symlink_to("2024-12-05.002")
    assert release.prune(root, keep_last=0) == ["2024-12-06.002"]
    assert [r.version for r in release.releases(root)] == ["2024-12-05.002", "2024-12-08.001"]
    assert release.prune(Path(root) / "nothing", keep_last=1) == []


def test_what_a_kept_release_was_made_from_survives_maintenance(store: Store) -> None:
    made = published(store)
    before = store.read("figures", version=made.table_versions["figures"])
    for n in range(3):
        store.replace("figures", lambda t, n=n: t.set_column(1, "label", pa.array([f"{n}"])))  # type: ignore[misc]
    for name, version in made.table_versions.items():
        store.vacuum(name, older_than=timedelta(0), now=datetime.now(UTC), keep=[version])
    assert store.read("figures", version=made.table_versions["figures"]).equals(before)
    published(store)
    assert publish(store, code_version="1", now=NOW) is None


def test_verify_names_what_was_changed(store: Store) -> None:
    made = published(store)
    assert release.verify(store.data_root) == made
    path = made.path / "claims.parquet"
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"\n")
    (made.path / "figures.parquet").unlink()
    with pytest.raises(
        StorageError, match=r"claims.parquet was changed; .*figures.parquet is gone"
    ) as caught:
        release.verify(store.data_root, made.version)
    assert "passages" not in str(caught.value)


def test_files_are_read_only_and_open_to_readers(store: Store) -> None:
    made = published(store)
    assert all(path.stat().st_mode & 0o777 == 0o444 for path in made.path.iterdir())
    assert made.path.stat().st_mode & 0o055 == 0o055


def test_a_damaged_description_is_named(store: Store) -> None:
    made = published(store)
    (made.path / "datapackage.json").chmod(0o644)
    (made.path / "datapackage.json").write_text("{")
    with pytest.raises(StorageError, match=r"2024-12-05.001/datapackage.json: can't be read"):
        release.latest(store.data_root)


def test_latest_is_a_relative_link_and_survives_a_move(store: Store, tmp_path: Path) -> None:
    made = published(store)
    assert not (folder(store) / "latest").readlink().is_absolute()
    moved = Path(shutil.move(store.data_root, tmp_path / "moved"))
    assert pq.read_table(moved / "releases" / "latest" / "claims.parquet").num_rows == 2
    copied = Path(shutil.copytree(moved, tmp_path / "copied", symlinks=False))
    found = release.latest(copied)
    assert found is not None
    assert found.version == made.version
    fill(Store(copied), documents=3)
    assert published(Store(copied)).version == "2024-12-05.002"
    assert (copied / "releases" / "latest").readlink() == Path("2024-12-05.002")


def test_without_symbolic_links_a_file_names_the_latest(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    made = published(store)
    assert (folder(store) / "latest.txt").read_text() == f"{made.version}\n"
    assert release.latest(store.data_root) == made
    assert publish(store, code_version="1", now=NOW) is None


def test_a_release_goes_to_a_folder_only() -> None:
    with pytest.raises(StorageError, match="to a folder only"):
        publish(Store("s3://bucket/data"), code_version="1", now=NOW)


# Killed, crowded, full

KILLED = """
import os, shutil, sys
from itertools import count
sys.path.insert(0, sys.argv[3])
from made_rows import NOW
from pipeline import release, release_files
from pipeline.store import Store

def counted(function):
    def wrapper(*arguments, **more):
        calls[0] += 1
        if calls[0] == stop_at:
            os.kill(os.getpid(), 9)
        return function(*arguments, **more)
    return wrapper

calls = [0]
for stop_at in count(1):
    root = shutil.copytree(sys.argv[1], f"{sys.argv[2]}/{stop_at}", symlinks=True)
    pid = os.fork()  # before any thread was started
    if not pid:
        for name in ("fsync", "rename", "replace", "symlink", "mkdir", "link"):
            setattr(os, name, counted(getattr(os, name)))
        release_files._resource = counted(release_files._resource)
        release._write_text = counted(release._write_text)
        release.publish(Store(root), code_version="1", now=NOW)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(status, flush=True)
    if status != -9:
        break
"""


def child(code: str, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def check_whole(store: Store, *allowed: dict[str, str]) -> None:
    """`latest` is a whole release, with one of these contents, and so is everything beside it."""
    for made in release.releases(store.data_root):
        release.verify(store.data_root, made.version)
    current = release.latest(store.data_root)
    assert current is not None
    assert hashes(current.path) in allowed
    assert hashes(folder(store) / "latest") == hashes(current.path)


def test_killed_before_any_of_its_steps_a_publish_leaves_latest_whole(tmp_path: Path) -> None:
    """Every call that touches the disk in turn is the last one that the process lives to."""
    store = filled(tmp_path / "data")
    before = hashes(published(store).path)
    fill(store, documents=3)
    undisturbed = shutil.copytree(store.data_root, tmp_path / "undisturbed", symlinks=True)
    (tmp_path / "killed").mkdir()
    after = hashes(published(Store(undisturbed)).path)
    process = child(KILLED, store.data_root, tmp_path / "killed", Path(__file__).parent)
    output, errors = process.communicate(timeout=600)
    *killed, last = map(int, output.split())
    assert (set(killed), last) == ({-signal.SIGKILL}, 0), errors.decode()
    assert len(killed) >= 20
    for step in range(1, len(killed) + 1):
        here = Store(tmp_path / "killed" / str(step))
        check_whole(here, before, after)
        publish(here, code_version="1", now=NOW)
        check_whole(here, after)
        assert sorted(p.name for p in folder(here).iterdir()) == [
            ".lock", "2024-12-05.001", "2024-12-05.002", "latest"
        ]  # fmt: skip
        assert publish(here, code_version="1", now=NOW) is None


REPEATED = """
import sys
sys.path.insert(0, sys.argv[2])
from made_rows import NOW, rows
from pipeline.release import publish
from pipeline.store import Store
from pipeline.tables import DOCUMENTS
store = Store(sys.argv[1])
print("ready", flush=True)
for n in range(int(sys.argv[4])):
    store.append("documents", rows(DOCUMENTS, {"document_id": f"{sys.argv[3]}-{n}"}))
    publish(store, code_version="1", now=NOW)
"""


def test_killed_at_random_moments(tmp_path: Path) -> None:
    store = filled(tmp_path / "data")
    published(store)
    moments = random.Random(7)
    for attempt in range(6):
        process = child(REPEATED, store.data_root, Path(__file__).parent, attempt, 1000)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(moments.uniform(0.02, 0.25))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        current = release.latest(store.data_root)
        assert current is not None
        release.verify(store.data_root)
    publish(store, code_version="1", now=NOW)
    current = release.latest(store.data_root)
    assert current is not None
    assert current == release.releases(store.data_root)[-1]
    assert current.rows["documents"] == store.read("documents").num_rows > 1
    assert not list(folder(store).glob(".publishing-*"))


def test_two_publishers_at_once_wait_for_each_other(tmp_path: Path) -> None:
    store = filled(tmp_path / "data")
    processes = [child(REPEATED, store.data_root, Path(__file__).parent, name, 8) for name in "AB"]
    for process in processes:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors.decode()
    found = release.releases(store.data_root)
    for made in found:
        release.verify(store.data_root, made.version)
    assert release.latest(store.data_root) == found[-1]
    assert found[-1].rows["documents"] == 17
    contents = [tuple(hashes(made.path).values()) for made in found]
    assert len(contents) == len(set(contents))


FULL = """
import resource, signal, sys
sys.path.insert(0, sys.argv[2])
from made_rows import NOW
from pipeline.errors import StorageError
from pipeline.release import publish
from pipeline.store import Store
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
try:
    publish(Store(sys.argv[1]), code_version="1", now=NOW)
except StorageError as error:
    print(error)
    sys.exit(2)
"""


@pytest.mark.parametrize("limit", [100, 6000, 12000])
def test_a_full_disk_leaves_the_last_release(tmp_path: Path, limit: int) -> None:
    store = filled(tmp_path / "data")
    made = published(store)
    fill(store, documents=2)
    process = child(FULL, store.data_root, Path(__file__).parent, limit)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 2, errors.decode()
    assert b"cannot read or write the release" in output
    assert b"free some space and run again" in output
    assert release.latest(store.data_root) == made
    assert sorted(p.name for p in folder(store).iterdir()) == [".lock", made.version, "latest"]
    assert published(store).version == "2024-12-05.002"

"""Storage keeps every version, writes nothing for nothing, and fails without losing what was there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_rows import NOW, fill, filled, links, rows

from pipeline import data_files
from pipeline import store as store_module
from pipeline.errors import SchemaError, StorageError, UnknownVersionError
from pipeline.opened import Opened
from pipeline.row_order import canonical
from pipeline.spill import Spill
from pipeline.store import Store
from pipeline.tables import DOCUMENTS, FIGURE_CLAIMS, TABLES, Column, Table

LINKS = "figure_claims"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = Store(tmp_path / "data")
    made.create()
    return made


def ids(table: pa.Table) -> list[str]:
    return [str(value) for value in table.column("claim_id").to_pylist()]


def log_entries(store: Store, table: str) -> list[Path]:
    return sorted(Path(store.path(table), "_delta_log").glob("*.json"))


# Versions


def test_tables_are_made_once_and_keep_their_history(store: Store) -> None:
    store.create()
    for name in TABLES:
        delta = DeltaTable(store.path(name))
        assert delta.version() == 0
        assert delta.metadata().configuration["delta.enableExpiredLogCleanup"] == "false"
        assert "36500 days" in delta.metadata().configuration["delta.deletedFileRetentionDuration"]
        assert store.read(name).schema.equals(TABLES[name].schema)


def test_append_leaves_out_what_is_there_and_writes_nothing_for_nothing(store: Store) -> None:
    assert store.append(LINKS, links("b", "a", "b", reason="first")) == 1
    assert store.append(LINKS, links("a", "b", reason="second")) is None
    assert store.append(LINKS, links("c", "a", reason="third")) == 2
    assert store.append(LINKS, FIGURE_CLAIMS.empty()) is None
    found = store.read(LINKS)
    assert ids(found) == ["a", "b", "c"]
    assert found.column("reason").to_pylist() == ["first", "first", "third"]


def test_append_with_a_key_of_several_columns(store: Store) -> None:
    passages = TABLES["passages"]
    assert store.append("passages", rows(passages, {"document_id": "d", "passage_id": "p"})) == 1
    more = [{"document_id": "d", "passage_id": "q"}, {"document_id": "e", "passage_id": "p"}]
    assert store.append("passages", rows(passages, *more, {"document_id": "d", "passage_id": "p"})) == 2
    assert store.read("passages").num_rows == 3


def test_of_two_rows_with_one_key_the_first_goes_in(store: Store) -> None:
    both = pa.concat_tables([links("a", reason="first"), links("a", reason="second")])
    store.append(LINKS, both)
    assert store.read(LINKS).column("reason").to_pylist() == ["first"]


def test_replace_writes_only_what_differs(store: Store) -> None:
    assert store.replace(LINKS, links("b", "a")) == 1
    assert store.replace(LINKS, links("a", "b")) is None, "another order is the same content"
    assert store.replace(LINKS, links("a")) == 2
    assert store.replace(LINKS, FIGURE_CLAIMS.empty()) == 3
    assert store.replace(LINKS, FIGURE_CLAIMS.empty()) is None
    assert ids(store.read(LINKS, version=1)) == ["a", "b"]
    assert ids(store.read(LINKS, version=2)) == ["a"]


def test_replace_looks_past_volatile_columns(store: Store) -> None:
    document = {"document_id": "d"}
    assert store.replace("documents", rows(DOCUMENTS, document)) == 1
    later = document | {"fetched_at": NOW + timedelta(days=1)}
    assert store.replace("documents", rows(DOCUMENTS, later)) is None
    assert store.replace("documents", rows(DOCUMENTS, later | {"text": "other"})) == 2


def test_replace_refuses_two_rows_with_one_key(store: Store) -> None:
    with pytest.raises(SchemaError, match=r"another row has; one is \{'claim_id': 'a'\}"):
        store.replace(LINKS, links("a", "b", "a"))
    assert store.version(LINKS) == 0


def test_a_value_that_does_not_fit_is_refused_and_not_rounded(store: Store) -> None:
    wrong = rows(TABLES["extractions"], {}).set_column(2, "claims", pa.array([1.9]))
    for write in (store.append, store.replace):
        with pytest.raises(SchemaError, match="column claims"):
            write("extractions", wrong)
    assert store.version("extractions") == 0


def test_other_arrow_types_of_the_same_values_are_the_same_content(store: Store) -> None:
    plain = links("a", "b")
    store.replace(LINKS, plain)
    encoded = plain.set_column(0, "figure_id", plain.column("figure_id").dictionary_encode())
    large = encoded.set_column(1, "claim_id", plain.column("claim_id").cast(pa.large_string()))
    assert store.replace(LINKS, large) is None


def test_what_a_commit_says_of_itself_can_be_read_back(store: Store) -> None:
    started = datetime.now(UTC) - timedelta(seconds=1)
    store.append(LINKS, links("a", "b"), commit={"run_id": "r1", "lexicon": "abc"})
    store.append(LINKS, links("c"), commit={"run_id": "r2"})
    store.replace(LINKS, links("c"))
    versions = store.versions(LINKS)
    assert [v.version for v in versions] == [0, 1, 2, 3]
    assert [v.rows for v in versions] == [0, 2, 3, 1]
    assert [dict(v.metadata) for v in versions] == [
        {},
        {"run_id": "r1", "lexicon": "abc"},
        {"run_id": "r2"},
        {},
    ]
    assert all(started <= v.committed_at <= datetime.now(UTC) for v in versions)
    for version in versions:
        assert store.read(LINKS, version=version.version).num_rows == version.rows


def test_as_of_goes_by_the_log_and_survives_a_copy(store: Store, tmp_path: Path) -> None:
    store.append(LINKS, links("a"))
    time.sleep(0.02)
    between = datetime.now(UTC)
    time.sleep(0.02)
    store.append(LINKS, links("b"))
    assert ids(store.read(LINKS, as_of=store.versions(LINKS)[1].committed_at)) == ["a"], "at the very moment"
    copy = Store(shutil.copytree(store.data_root, tmp_path / "copy"))
    for entry in Path(copy.path(LINKS)).rglob("*"):
        os.utime(entry, (0, 0))
    for one in (store, copy):
        assert ids(one.read(LINKS, as_of=between)) == ["a"]
        assert ids(one.read(LINKS, as_of=between.replace(tzinfo=None))) == ["a"], "without a zone it is UTC"
        assert ids(one.read(LINKS, as_of=datetime.now(UTC).date())) == ["a", "b"], "a date is its end"
        with pytest.raises(UnknownVersionError, match="did not exist yet at 2001-02-03"):
            one.read(LINKS, as_of=date(2001, 2, 3))


@pytest.mark.parametrize("version", [7, -1])
def test_a_version_that_never_was(store: Store, version: int) -> None:
    with pytest.raises(UnknownVersionError, match=f"has no version {version}; its newest is 0"):
        store.read(LINKS, version=version)


def test_a_data_folder_without_tables(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no table; run the pipeline once"):
        Store(tmp_path / "nothing").read(LINKS)
    with pytest.raises(KeyError):
        Store(tmp_path / "nothing").read("no such table")


# Reading


def test_read_picks_columns_and_rows_in_the_order_of_keys(store: Store) -> None:
    store.append(LINKS, links("b", origin_id="x"))
    store.append(LINKS, links("c", "a", origin_id="y"))
    assert store.read(LINKS, columns=["origin_id"]).to_pydict() == {"origin_id": ["y", "x", "y"]}
    assert ids(store.read(LINKS, where={"origin_id": "y"})) == ["a", "c"]
    assert ids(store.read(LINKS, where={"origin_id": "y", "claim_id": "c"})) == ["c"]
    assert store.read(LINKS, where={"origin_id": "z"}).num_rows == 0


def test_scan_gives_every_row_in_small_batches(store: Store) -> None:
    for part in range(3):
        store.append(LINKS, links(*(f"{part}-{n:04}" for n in range(1000))))
    batches = list(store.scan(LINKS, columns=["claim_id"], batch_rows=128))
    assert max(batch.num_rows for batch in batches) <= 128
    assert sorted(ids(pa.Table.from_batches(batches))) == ids(store.read(LINKS))
    only = list(store.scan(LINKS, columns=["claim_id"], where={"claim_id": "1-0007"}))
    assert ids(pa.Table.from_batches(only)) == ["1-0007"]


@pytest.mark.parametrize("size", [1, 10_000, 10**9])
@pytest.mark.parametrize("slice_rows", [1, 7, 100])
def test_ordered_gives_the_same_slices_however_much_memory_it_takes(
    store: Store, monkeypatch: pytest.MonkeyPatch, size: int, slice_rows: int
) -> None:
    for part in range(4):
        store.append(LINKS, links(*(f"{n * 7919 % 211:03}" for n in range(part * 10, part * 10 + 12))))
    monkeypatch.setattr(data_files, "BYTES_IN_ORDER", size)
    slices = list(store.ordered(LINKS, slice_rows=slice_rows, columns=["claim_id"]))
    found = [i for part in slices for i in ids(part)]
    assert found == sorted(f"{n * 7919 % 211:03}" for n in range(42))
    assert all(part.num_rows == slice_rows for part in slices[:-1])
    assert list(store.ordered(LINKS, where={"claim_id": "none"})) == []


def test_pending_is_what_a_stage_has_still_to_do(store: Store) -> None:
    fill(store, documents=3)
    assert len(store.pending("documents", "passages", on=["document_id"])) == 0
    store.append("documents", rows(DOCUMENTS, {"document_id": "d9"}))
    left = store.pending("documents", "passages", on=["document_id"])
    assert [part.to_pydict() for part in left.batches(rows=2, columns=["document_id"])] == [
        {"document_id": ["d9"]}
    ]
    done = {"normaliser_version": "n1"}
    assert len(store.pending("claims", "normalised_claims", on=["claim_id"], where=done)) == 0
    other = store.pending("claims", "normalised_claims", on=["claim_id"], where={"normaliser_version": "n2"})
    assert pa.concat_tables(other.batches(rows=2)).equals(store.read("claims"))
    assert [part.num_rows for part in other.batches(rows=2)] == [2, 1]


def test_pending_since_a_version_asks_about_what_was_added(store: Store) -> None:
    fill(store, documents=3)
    version = store.version("documents")
    other = {"normaliser_version": "n2"}
    assert len(store.pending("documents", "passages", on=["document_id"], since=version)) == 0
    store.append("documents", rows(DOCUMENTS, {"document_id": "d8"}, {"document_id": "d0001"}))
    left = store.pending("documents", "passages", on=["document_id"], since=version)
    assert left.keys.column("document_id").to_pylist() == ["d8"]
    assert left.version == store.version("documents") == version + 1
    version = store.version("claims")
    assert len(store.pending("claims", "normalised_claims", on=["claim_id"], where=other, since=version)) == 0
    assert len(store.pending("claims", "normalised_claims", on=["claim_id"], where=other)) == 3


@pytest.mark.parametrize("parts", [1, 5])
def test_absent_are_the_rows_that_a_table_does_not_have(store: Store, parts: int) -> None:
    """In whatever batches either comes, each of the rows that is not there is told once, in order."""
    for part in range(parts):
        store.append(LINKS, links(*(f"{n:05}" for n in range(part, 20_000, parts) if n % 3)))
    asked = pa.table({"claim_id": [f"{n:05}" for n in reversed(range(20_000))] * 2})
    places = store.absent(LINKS, asked, on=["claim_id"]).to_pylist()
    assert places == sorted(places)
    assert ids(asked.take(pa.array(places))) == [f"{n:05}" for n in reversed(range(20_000)) if n % 3 == 0] * 2
    assert store.absent(LINKS, asked, on=["claim_id"], where={"figure_id": "none"}).to_pylist() == list(
        range(40_000)
    )
    assert len(store.absent("no such table", asked.slice(0, 0), on=["claim_id"])) == 0


def test_pending_rows_can_be_narrowed_and_are_those_of_its_moment(store: Store) -> None:
    fill(store, documents=5)
    left = store.pending("claims", "normalised_claims", on=["claim_id"], where={"normaliser_version": "n2"})
    some = left.only(pa.array([3, 1]))
    fill(store, documents=9)
    assert ids(pa.concat_tables(some.batches(rows=10))) == ["c0001e1", "c0003e1"]
    assert len(left) == 5


def test_scan_since_a_version_gives_what_was_added_and_what_was_written_anew(store: Store) -> None:
    store.append(LINKS, links("a"))
    store.append(LINKS, links("b"))
    version = store.version(LINKS)
    assert list(store.scan(LINKS, since=version)) == []
    store.append(LINKS, links("c"))
    assert [ids(pa.Table.from_batches([batch])) for batch in store.scan(LINKS, since=version)] == [["c"]]
    store.replace(LINKS, links("a", "d"))
    assert sorted(
        row["claim_id"] for batch in store.scan(LINKS, since=version) for row in batch.to_pylist()
    ) == ["a", "d"]


def test_a_table_whose_columns_were_described_in_other_words_takes_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older = {
        table.name: replace(table, columns=tuple(replace(c, description="As it was") for c in table.columns))
        for table in TABLES.values()
    }
    with monkeypatch.context() as before:
        before.setattr(store_module, "TABLES", older)
        first = Store(tmp_path / "data")
        first.create()
        first.append(LINKS, links("a"))
    store = Store(tmp_path / "data")
    store.create()
    store.append(LINKS, links("b"))
    store.amend(LINKS, links("b", reason="amended"), column="claim_id", values=["b"])
    assert store.read(LINKS).column("reason").to_pylist() == ["x", "amended"]
    with Spill(FIGURE_CLAIMS.schema, 1) as renewed:
        renewed.put(links("a", "b", "c"), np.zeros(3, np.int64))
        store.renew(LINKS, renewed)
    store.replace(LINKS, lambda rows: rows.slice(1))
    assert ids(store.read(LINKS)) == ["b", "c"]
    assert store.read(LINKS).schema.equals(FIGURE_CLAIMS.schema, check_metadata=True)


def test_a_column_that_was_declared_later_is_added_and_null(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.append(LINKS, links("a"))
    grown = Table(
        LINKS,
        FIGURE_CLAIMS.description,
        FIGURE_CLAIMS.key,
        (*FIGURE_CLAIMS.columns, Column("remark", pa.string(), "")),
    )
    monkeypatch.setattr(store_module, "TABLES", TABLES | {LINKS: grown})
    assert store.read(LINKS).column("remark").to_pylist() == [None], "before the table has it"
    store.create()
    store.append(LINKS, grown.from_rows([links("b").to_pylist()[0] | {"remark": "new"}]))
    assert store.read(LINKS).column("remark").to_pylist() == [None, "new"]
    assert store.read(LINKS, version=1).column("remark").to_pylist() == [None]
    assert [v.rows for v in store.versions(LINKS)] == [0, 1, 1, 2]


def test_a_moved_folder_reads_and_writes(store: Store, tmp_path: Path) -> None:
    store.append(LINKS, links("a"))
    moved = Store(shutil.move(store.data_root, tmp_path / "elsewhere"))
    assert moved.append(LINKS, links("b")) == 2
    assert ids(moved.read(LINKS)) == ["a", "b"]


def test_relative_and_odd_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageError, match="has an escape like %20; rename it"):
        Store("per%20cent").create()
    for name in ("relative", "with space", "100% data", "ünï#code?"):
        store = Store(name)
        store.create()
        store.append(LINKS, links("a"))
        store.replace(LINKS, lambda before: pa.concat_tables([before, links("b")]))
        assert ids(store.read(LINKS)) == ["a", "b"], name


def test_an_address_works_as_a_folder_does(tmp_path: Path) -> None:
    store = Store(f"file://{tmp_path}/data")
    assert not store.is_local
    store.create()
    store.append(LINKS, links("a"))
    store.replace(LINKS, links("a", "b"))
    assert ids(store.read(LINKS)) == ["a", "b"]
    assert ids(pa.Table.from_batches(list(store.scan(LINKS)))) == ["a", "b"]
    assert store.vacuum(LINKS, older_than=timedelta(0), now=datetime.now(UTC)) != []
    with pytest.raises(StorageError, match="there is no table"):
        Store("file:///nowhere").read(LINKS)


# Several at once


def test_what_another_writer_did_in_between_is_seen(store: Store) -> None:
    """A commit made from an old version is refused, and made again from the new one."""
    other = Store(store.data_root)
    seen = []

    def grow(before: pa.Table) -> pa.Table:
        seen.append(ids(before))
        if len(seen) == 1:
            other.append(LINKS, links("theirs"))
        return pa.concat_tables([before, links("ours")])

    assert store.replace(LINKS, grow) == 2
    assert seen == [[], ["theirs"]]
    assert ids(store.read(LINKS)) == ["ours", "theirs"]


WRITER = """
import sys
sys.path.insert(0, sys.argv[2])
from made_rows import links
from pipeline.store import Store
store = Store(sys.argv[1])
store.create()
for n in range(12):
    store.append("figure_claims", links(f"{n:02}", f"{sys.argv[3]}-{n:02}", reason=sys.argv[3]))
"""


def python(code: str, *arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def test_two_writers_from_the_first_moment_lose_and_double_nothing(tmp_path: Path) -> None:
    writers = [python(WRITER, tmp_path / "data", Path(__file__).parent, name) for name in "AB"]
    for writer in writers:
        _, errors = writer.communicate(timeout=60)
        assert writer.returncode == 0, errors.decode()
    expected = {f"{n:02}" for n in range(12)} | {f"{name}-{n:02}" for name in "AB" for n in range(12)}
    found = ids(Store(tmp_path / "data").read(LINKS))
    assert len(found) == len(set(found)) == 36
    assert set(found) == expected
    assert all(len(log_entries(Store(tmp_path / "data"), name)) == 1 for name in TABLES if name != LINKS)


KILLED = """
import sys
sys.path.insert(0, sys.argv[2])
from made_rows import links
from pipeline.store import Store
store = Store(sys.argv[1])
print("ready", flush=True)
for n in range(1000):
    store.append("figure_claims", links(f"{n:04}", f"{n:04}b"))
    print(n, flush=True)
"""


def test_killed_at_any_moment_a_writer_leaves_whole_versions(store: Store) -> None:
    for pause in (0.0, 0.003, 0.011, 0.018, 0.025):
        writer = python(KILLED, store.data_root, Path(__file__).parent)
        assert writer.stdout is not None
        writer.stdout.readline()
        before = store.read(LINKS).num_rows
        while not store.version(LINKS) or store.read(LINKS).num_rows == before < 12:
            pass  # until it writes
        time.sleep(pause)
        writer.send_signal(signal.SIGKILL)
        said = writer.communicate()[0].decode().split()
        found = ids(store.read(LINKS))
        assert len(found) == len(set(found))
        assert len(found) % 2 == 0, "each commit has two rows"
        assert len(found) // 2 >= len(said), "what was said to be written is there"
    assert store.append(LINKS, links("after")) is not None


# Maintenance


def test_compacting_changes_files_and_no_rows(store: Store) -> None:
    for n in range(store_module.FILES_TO_COMPACT - 1):
        store.append(LINKS, links(f"{n:02}"))
    assert store.compact(LINKS) is None, "too few files to be worth it"
    store.append(LINKS, links("last"))
    before = store.read(LINKS)
    assert store.compact(LINKS, commit={"run_id": "r"}) == store_module.FILES_TO_COMPACT + 1
    assert len(DeltaTable(store.path(LINKS)).file_uris()) == 1
    assert store.read(LINKS).equals(before)
    assert store.compact(LINKS) is None
    newest = store.versions(LINKS)[-1]
    assert (newest.rows, dict(newest.metadata)) == (before.num_rows, {"run_id": "r"})
    assert ids(store.read(LINKS, version=3)) == ["00", "01", "02"], "older versions are still there"


def test_vacuum_gives_up_old_versions_and_never_those_that_are_kept(store: Store) -> None:
    for n in range(5):
        store.replace(LINKS, links(f"{n}"))
    now = datetime.now(UTC)
    assert store.vacuum(LINKS, older_than=timedelta(hours=1), now=now) == [], "all are younger than that"
    assert store.version(LINKS) == 5
    abandoned = Path(store.path(LINKS), "part-0.parquet#1")
    abandoned.write_bytes(b"x")
    os.utime(abandoned, (0, 0))
    removed = store.vacuum(LINKS, older_than=timedelta(0), now=now, keep=[2])
    assert len(removed) == 4
    assert not abandoned.exists()
    assert ids(store.read(LINKS)) == ["4"]
    assert ids(store.read(LINKS, version=2)) == ["1"]
    with pytest.raises(StorageError, match="maintenance gave this version up"):
        store.read(LINKS, version=1)
    version = store.version(LINKS)
    assert store.vacuum(LINKS, older_than=timedelta(0), now=now, keep=[2]) == []
    assert store.version(LINKS) == version, "nothing to do, nothing written"
    assert store.append(LINKS, links("5")) == version + 1
    assert [v.rows for v in store.versions(LINKS)][-2:] == [1, 2]


# What is open


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tables that were opened, each time."""
    names: list[str] = []
    once = Store._opened

    def opened(store: Store, table: str, version: int | None) -> Opened:
        names.append(table)
        return once(store, table, version)

    monkeypatch.setattr(Store, "_opened", opened)
    return names


def test_a_table_is_opened_once_while_its_log_is_as_it_was(store: Store, opened: list[str]) -> None:
    store.append(LINKS, links("a"))
    opened.clear()
    for _ in range(3):
        assert (store.count(LINKS), store.version(LINKS), ids(store.read(LINKS))) == (1, 1, ["a"])
        assert store.read(LINKS, version=0).num_rows == 0
    assert opened == [LINKS, LINKS], "the newest version, and the past one"


def test_what_is_open_is_opened_again_when_its_log_has_changed(store: Store, opened: list[str]) -> None:
    assert store.count(LINKS) == 0
    other = Store(store.data_root)
    other.append(LINKS, links("a"))
    assert ids(store.read(LINKS)) == ["a"], "another writer's commit"
    store.append(LINKS, links("b"))
    assert ids(store.read(LINKS)) == ["a", "b"], "its own"
    assert ids(store.read(LINKS, version=1)) == ["a"]
    assert store.read(LINKS, version=0).num_rows == 0
    was = store.table_id(LINKS)
    shutil.rmtree(store.path(LINKS))
    with pytest.raises(StorageError, match="there is no table"):
        store.read(LINKS)
    other.create()
    other.append(LINKS, links("c"))
    other.append(LINKS, links("d"))
    assert store.table_id(LINKS) != was
    assert ids(store.read(LINKS)) == ["c", "d"], "made anew, up to the same version"
    assert ids(store.read(LINKS, version=1)) == ["c"]


# What files do


def spoil_log(store: Store, content: Callable[[bytes], bytes]) -> Path:
    entry = log_entries(store, LINKS)[-1]
    entry.write_bytes(content(entry.read_bytes()))
    return entry


@pytest.mark.parametrize(
    "content",
    [lambda b: b[: len(b) // 2], lambda b: b"\0" * len(b), lambda b: b"", lambda b: b"not json"],
    ids=["cut", "zeroes", "empty", "text"],
)
def test_a_damaged_log_entry_is_named(store: Store, content: Callable[[bytes], bytes]) -> None:
    store.append(LINKS, links("a"))
    store.append(LINKS, links("b"))
    good = log_entries(store, LINKS)[-1].read_bytes()
    entry = spoil_log(store, content)
    attempts: list[Callable[[], object]] = [
        lambda: store.read(LINKS),
        lambda: store.append(LINKS, links("c")),
        lambda: store.replace(LINKS, links("c")),
        lambda: store.versions(LINKS),
        lambda: list(store.scan(LINKS)),
        store.create,
    ]
    for attempt in attempts:
        with pytest.raises(StorageError, match="entry of the table's log is damaged") as caught:
            attempt()
        assert str(entry) in str(caught.value)
    entry.write_bytes(good)
    assert ids(store.read(LINKS)) == ["a", "b"], "nothing was lost meanwhile"


@pytest.mark.parametrize(
    "content",
    [lambda b: b[:-20], lambda b: b"", lambda b: b[:60] + b"\0" * 40 + b[100:]],
    ids=["cut", "empty", "overwritten"],
)
def test_a_damaged_data_file_is_reported_and_older_versions_read(
    store: Store, content: Callable[[bytes], bytes]
) -> None:
    store.append(LINKS, links("a"))
    store.append(LINKS, links("b"))
    delta = DeltaTable(store.path(LINKS))
    file = Path(store.path(LINKS), str(delta.get_add_actions(flatten=True)["path"][0].as_py()))
    file.write_bytes(content(file.read_bytes()))
    for attempt in (lambda: store.read(LINKS), lambda: store.append(LINKS, links("a", "b", "c"))):
        with pytest.raises(StorageError, match="a data file is damaged: restore it from a copy"):
            attempt()
    assert store.version(LINKS) == 2
    whole = [v for v in (1, 2) if file.name not in str(DeltaTable(store.path(LINKS), version=v).file_uris())]
    for version in whole:
        assert store.read(LINKS, version=version).num_rows == version


def test_a_data_file_that_is_gone(store: Store) -> None:
    store.append(LINKS, links("a"))
    next(Path(store.path(LINKS)).glob("*.parquet")).unlink()
    with pytest.raises(
        StorageError, match="a data file is gone: maintenance gave this version up, or restore it"
    ):
        store.read(LINKS)


LIMITED = """
import os, resource, signal, sys
sys.path.insert(0, sys.argv[2])
from made_rows import links
from pipeline.errors import StorageError
from pipeline.store import Store
store = Store(sys.argv[1])
store.read("figure_claims")
rows = links(*(f"{n * 7919 % 100003}" for n in range(5000)))
if sys.argv[3] == "file size":
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
elif os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    (store.create if sys.argv[3] == "create" else lambda: store.append("figure_claims", rows))()
except StorageError as error:
    print(error)
    sys.exit(2)
"""


def limited(store: Store, limit: str) -> str:
    child = python(LIMITED, store.data_root, Path(__file__).parent, limit)
    output, errors = child.communicate(timeout=60)
    assert child.returncode == 2, errors.decode()
    return output.decode()


def test_a_full_disk_loses_nothing(store: Store) -> None:
    store.append(LINKS, links("a"))
    assert "free some space and run again" in limited(store, "file size")
    assert ids(store.read(LINKS)) == ["a"]
    assert store.append(LINKS, links("b")) == 2


@pytest.mark.parametrize("action", ["append", "create"])
def test_a_folder_that_may_not_be_written(store: Store, tmp_path: Path, action: str) -> None:
    store.append(LINKS, links("a"))
    folders = [Path(store.data_root), *filter(Path.is_dir, Path(store.data_root).rglob("*"))]
    if os.getuid() == 0:  # the child becomes nobody, who must find the way
        for folder in (tmp_path, *tmp_path.parents):
            if folder.is_relative_to(tempfile.gettempdir()) and folder != Path(tempfile.gettempdir()):
                folder.chmod(0o755)
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert "make the folder writable for this user or name another data folder" in limited(store, action)
    finally:
        for folder in folders:
            folder.chmod(0o755)
    assert ids(store.read(LINKS)) == ["a"]


READER = """
import sys
from pipeline.store import Store
store = Store(sys.argv[1])
for name in ("documents", "claims", "figure_claims"):
    store.read(name)
    list(store.scan(name))
"""


def test_a_process_that_read_ends_well(tmp_path: Path) -> None:
    """Delta's own file system for Arrow aborts one process in some tens at its end (status 134)."""
    store = filled(tmp_path / "data", documents=50)
    for _ in range(4):
        readers = [python(READER, store.data_root) for _ in range(2)]
        for reader in readers:
            _, errors = reader.communicate(timeout=60)
            assert reader.returncode == 0, errors.decode()


# Properties

KEYS = st.lists(st.text(alphabet="abcde", min_size=1, max_size=2), max_size=12)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(KEYS, max_size=4))
def test_appends_come_to_the_set_of_their_keys(
    tmp_path_factory: pytest.TempPathFactory, batches: list[list[str]]
) -> None:
    store = Store(tmp_path_factory.mktemp("store"))
    store._create_table(FIGURE_CLAIMS)
    expected: set[str] = set()
    version = 0
    for batch in batches:
        version += bool(set(batch) - expected)
        expected |= set(batch)
        store.append(LINKS, links(*batch))
        assert store.version(LINKS) == version
    assert ids(store.read(LINKS)) == sorted(expected)


@given(keys=st.lists(st.text(max_size=3), unique=True), seed=st.randoms())
def test_canonical_content_knows_no_order(keys: list[str], seed: st.DataObject) -> None:
    mixed = list(keys)
    seed.shuffle(mixed)  # type: ignore[attr-defined]
    assert canonical(FIGURE_CLAIMS, links(*mixed)).equals(canonical(FIGURE_CLAIMS, links(*keys)))

"""What need not be done again is not, and is done again as soon as it may come out otherwise."""

from __future__ import annotations

from pathlib import Path

from made_rows import fill, filled, rows

from pipeline import derived
from pipeline.store import Store
from pipeline.tables import DOCUMENTS, EXTRACTIONS

WHERE = {"extractor_version": "e1"}


def pending(store: Store) -> derived.Pending:
    return derived.pending(store, "passages", "extractions", on=["passage_id"], where=WHERE)


def searched(store: Store, *numbers: int) -> None:
    done = [{"passage_id": f"p{n:04}", "extractor_version": "e1"} for n in numbers]
    store.append("extractions", rows(EXTRACTIONS, *done))


def test_what_is_worked_out_of_tables_is_once_for_each_of_their_states(tmp_path: Path) -> None:
    store = filled(tmp_path, documents=2)
    asked: list[int] = []

    def count() -> list[int]:
        asked.append(store.count("documents"))
        return [asked[-1]]

    def found() -> object:
        return derived.worked_out(store, "count", ["documents", "passages"], count)

    assert [found(), found()] == [[2], [2]]
    store.append("documents", rows(DOCUMENTS, {"document_id": "new"}))
    assert [found(), found()] == [[3], [3]]
    assert derived.worked_out(store, "another", ["documents"], count) == [3]
    assert asked == [2, 3, 3]
    (tmp_path / "tables" / derived.WORKED_OUT).write_text("{cut sho", encoding="utf-8")
    assert found() == [3]
    assert asked == [2, 3, 3, 3]


def test_only_rows_that_are_new_since_all_were_done_are_asked_about(tmp_path: Path) -> None:
    store = filled(tmp_path, documents=3)
    todo = pending(store)
    assert len(todo) == 3
    searched(store, 0, 1, 2)
    derived.note_all_done(store, todo, "extractions", where=WHERE)
    for path in tmp_path.glob("tables/passages/*.parquet"):
        path.rename(path.with_suffix(".away"))  # what is not asked about need not be there
    assert len(pending(store)) == 0
    for path in tmp_path.glob("tables/passages/*.away"):
        path.rename(path.with_suffix(".parquet"))
    fill(store, documents=5)
    assert pending(store).keys.column("passage_id").to_pylist() == ["p0003", "p0004"]
    other = {"extractor_version": "e2"}
    assert len(derived.pending(store, "passages", "extractions", on=["passage_id"], where=other)) == 5


def test_all_rows_are_asked_about_once_their_results_are_not_as_they_were_left(tmp_path: Path) -> None:
    store = filled(tmp_path, documents=3)
    todo = pending(store)
    searched(store, 0, 1, 2)
    derived.note_all_done(store, todo, "extractions", where=WHERE)
    store.replace("extractions", lambda done: done.slice(1))
    assert pending(store).keys.column("passage_id").to_pylist() == ["p0000"]


def test_a_note_of_a_table_that_was_made_anew_says_nothing(tmp_path: Path) -> None:
    store = filled(tmp_path / "one", documents=3)
    todo = pending(store)
    searched(store, 0, 1, 2)
    derived.note_all_done(store, todo, "extractions", where=WHERE)
    other = filled(tmp_path / "two", documents=4)
    (tmp_path / "one" / "tables" / "passages").rename(tmp_path / "gone")
    (tmp_path / "two" / "tables" / "passages").rename(tmp_path / "one" / "tables" / "passages")
    assert pending(store).keys.column("passage_id").to_pylist() == ["p0003"]
    assert len(pending(Store(other.data_root.replace("two", "one")))) == 1

"""The declared schemas hold together, and the data dictionary says what they say."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.data_dictionary import data_dictionary
from pipeline.errors import SchemaError
from pipeline.tables import FAILURES, TABLES, Column, Table

ROOT = Path(__file__).parent.parent


def test_dictionary_in_docs_is_the_one_made_from_the_schemas() -> None:
    written = (ROOT / "docs" / "data-dictionary.md").read_text(encoding="utf-8")
    assert written == data_dictionary(), "run `make docs` and commit docs/data-dictionary.md"


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda t: t.name)
def test_keys_and_references_name_declared_columns(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert len(names) == len(set(names))
    assert set(table.key) <= {column.name for column in table.columns if column.required}
    assert set(table.volatile) <= set(names)
    for column, target in table.references:
        assert column in names
        assert target in TABLES


def test_cast_fills_what_may_be_null_and_refuses_the_rest() -> None:
    row = {"source_id": "a", "uri": "b", "stage": "documents", "sha256": "", "reason": "c", "error": "d"}
    complete = FAILURES.from_rows([row | {"failed_at": 0}])
    assert FAILURES.cast(complete).schema.equals(FAILURES.schema)
    with pytest.raises(SchemaError, match="column failed_at is missing"):
        FAILURES.cast(complete.drop_columns(["failed_at"]))
    with pytest.raises(SchemaError, match="does not declare: surprise"):
        FAILURES.cast(complete.append_column("surprise", pa.array([1])))
    with pytest.raises(SchemaError, match="column uri has 1 nulls"):
        FAILURES.cast(FAILURES.from_rows([{k: v for k, v in row.items() if k != "uri"}]))


def test_cast_does_not_round() -> None:
    table = Table("lengths", "", ("n",), (Column("n", pa.int64(), "a whole number", True),))
    assert table.cast(pa.table({"n": [2.0]})).column("n").to_pylist() == [2]
    with pytest.raises(SchemaError, match="column n"):
        table.cast(pa.table({"n": [1.5]}))

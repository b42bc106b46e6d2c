"""The checks find what is planted, and nothing of it is published."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from made_rows import filled
from projects import FERRY, HARBOUR, add_article, errors, failed_checks, make_project, refresh, store_of

from assets.checks import judged, share_result
from pipeline import integrity, release
from pipeline.claims import extractor_version
from pipeline.errors import StorageError
from pipeline.integrity import (
    BLOCKING,
    lacking,
    lost,
    misquoted,
    repeated_keys,
    without_number,
    wrong_columns,
)
from pipeline.store import Store
from pipeline.tables import CLAIMS, FAILURES, FIGURE_CLAIMS, TABLES


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = make_project(tmp_path_factory.mktemp("published"), ferry=FERRY)
    assert errors(refresh(root)) == []
    return root


def findings(store: Store, name: str) -> list[str]:
    """What the check 'table.name' finds."""
    table, _, check = name.partition(".")
    found = [c for c in BLOCKING if (c.table, c.name) == (table, check)]
    assert len(found) == 1
    return list(found[0].findings(store))


def test_all_is_well_with_what_a_run_made(published: Path) -> None:
    store = store_of(published)
    assert {f"{c.table}.{c.name}": list(c.findings(store)) for c in BLOCKING} == {
        f"{c.table}.{c.name}": [] for c in BLOCKING
    }


def plant(root: Path, table: str, rows: pa.Table) -> None:
    """Write rows past the store, which would refuse some of them."""
    write_deltalake(
        DeltaTable(store_of(root).path(table)), rows.replace_schema_metadata(None), mode="overwrite"
    )


def changed(row: dict[str, Any], **values: Any) -> pa.Table:
    return CLAIMS.from_rows([row | values])


PLANTED = {
    "claims.exact_in_document": lambda row: [row | {"start": row["start"] + 1, "end": row["end"] + 1}],
    "claims.keys_unique": lambda row: [row, row],
    "claims.references_exist": lambda row: [row | {"passage_id": "0" * 16}],
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_claim_is_found_and_not_published(tmp_path: Path, name: str) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    assert errors(refresh(root)) == []
    before = release.latest(root / "data")
    rows = store_of(root).read("claims").to_pylist()
    plant(root, "claims", CLAIMS.from_rows([*rows[1:], *PLANTED[name](rows[0])]))
    assert findings(store_of(root), name)

    add_article(root, "harbour", HARBOUR)
    result = refresh(root)
    assert [error.split(":")[0] for error in errors(result)] == [name.replace(".", ", ")]
    assert release.latest(root / "data") == before, "latest moved though a blocking check failed"
    assert "figures" not in {
        e.asset_key.to_user_string() for e in result.all_events if e.is_step_materialization
    }

    alone = refresh(root, only=["release"])
    assert any("not published" in error for error in errors(alone)), "published without its checks"
    assert release.latest(root / "data") == before


def test_wrong_columns_are_named() -> None:
    stored = pa.schema([f for f in FAILURES.schema if f.name != "reason"] + [pa.field("extra", pa.int64())])
    stored = stored.set(stored.get_field_index("uri"), pa.field("uri", pa.int64()))
    assert list(wrong_columns(FAILURES, stored)) == [
        "column extra is stored and not declared",
        "column reason is declared and not stored",
        "column uri is stored as int64, declared as string",
    ]
    assert [list(wrong_columns(table, table.schema)) for table in TABLES.values()] == [[]] * len(TABLES)


def test_nulls_where_a_value_must_be_are_counted() -> None:
    assert list(lacking({"claim_id": 2, "figure_id": 0})) == [
        "column claim_id must have a value and has none in 2 rows"
    ]


def test_repeated_keys_and_dangling_references(tmp_path: Path) -> None:
    rows = pa.table({"claim_id": ["a", "b", "a"]})
    assert list(repeated_keys(FIGURE_CLAIMS, rows)) == ["2 rows have the key claim_id a"]
    store = filled(tmp_path, documents=2)
    asked = pa.array(["d0001", None, "c", "b"])
    assert list(lost(asked, "x", "documents", "document_id", store)) == [
        "x b is not in table documents",
        "x c is not in table documents",
    ]


def test_a_repeated_key_is_found_among_more_keys_than_are_looked_at_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(integrity, "KEYS_AT_ONCE", 3)
    store = filled(tmp_path, documents=20)
    (keys,) = (c for c in BLOCKING if (c.table, c.name) == ("documents", "keys_unique"))
    assert list(keys.findings(store)) == []
    then = {"documents": store.version("documents")}
    again = store.read("documents").slice(7, 1)
    write_deltalake(DeltaTable(store.path("documents")), again.replace_schema_metadata(None), mode="append")
    assert (
        list(keys.findings(store))
        == list(keys.findings(store, then))
        == ["2 rows have the key document_id d0007"]
    )
    assert list(keys.findings(store, {"documents": store.version("documents")})) == []
    write_deltalake(
        DeltaTable(store.path("documents")),
        pa.concat_tables([again] * 5).replace_schema_metadata(None),
        mode="append",
    )
    assert list(keys.findings(store, then)) == ["7 rows have the key document_id d0007"]


def test_a_check_reads_nothing_where_what_it_reads_is_as_it_was(tmp_path: Path) -> None:
    """Checked up to now, even a table whose files are gone is believed; asked anew, it is not."""
    store = filled(tmp_path, documents=2)
    then = {name: store.version(name) for name in TABLES}
    for path in tmp_path.glob("tables/*/*.parquet"):
        path.unlink()
    assert [list(check.findings(store, then)) for check in BLOCKING] == [[]] * len(BLOCKING)
    with pytest.raises(StorageError):
        findings(store, "claims.exact_in_document")


@pytest.mark.parametrize(
    ("values", "count"),
    [
        ({}, 0),
        ({"start": 9, "end": 11}, 3),
        ({"exact": "13"}, 1),
        ({"prefix": "at most "}, 1),
        ({"suffix": " dead"}, 1),
        ({"prefix": "", "suffix": ""}, 0),
        ({"prefix": "x" * 40}, 1),
        ({"document_id": "another"}, 0),
    ],
)
def test_misquoted(values: dict[str, Any], count: int) -> None:
    text = "At least 12 people died."
    row = {
        "document_id": "d",
        "start": 9,
        "end": 11,
        "exact": "12",
        "prefix": "At least ",
        "suffix": " people died.",
    }
    shifted = {"start": 8, "end": 10} if values.get("start") == 9 else values
    assert len(list(misquoted(pa.Table.from_pylist([row | shifted]), {"d": text}, "exact"))) == count


def test_a_number_lost_in_conversion_is_found() -> None:
    claims = pa.table(
        {"claim_id": ["a", "b", "c"], "value": [1.0, 2.0, None], "low": [None, None, 3.0], "high": [None] * 3}
    )
    claims = claims.set_column(3, "high", pa.array([None] * 3, pa.float64()))
    nothing = dict.fromkeys(
        ("si_value", "amount_base", "si_low", "amount_base_low", "si_high", "amount_base_high")
    )
    schema = pa.schema(
        [
            ("claim_id", pa.string()),
            ("normalise_status", pa.string()),
            *((name, pa.float64()) for name in nothing),
        ]
    )
    rows = [
        {"claim_id": "a", "normalise_status": "ok", **nothing},
        {"claim_id": "c", "normalise_status": "no_rate", **nothing},
    ]
    assert list(without_number(claims, pa.Table.from_pylist(rows, schema=schema))) == [
        "claim a has value 1, its conversion has none and is called ok",
    ]


def test_shares_warn_above_what_is_usual() -> None:
    assert share_result(0, 0, 0.1, "rows").passed
    assert share_result(1, 10, 0.1, "rows").passed
    above = share_result(2, 10, 0.1, "rows")
    assert not above.passed
    assert above.severity == dg.AssetCheckSeverity.WARN


def test_examples_of_findings_are_escaped() -> None:
    result = judged("c", ["<b>x</b> [y](z)\x1b[2J"], severity=dg.AssetCheckSeverity.ERROR)
    assert not result.passed
    shown = result.metadata["examples"].value
    assert "<b>" not in shown
    assert "](z)" not in shown
    assert "\x1b" not in shown


def test_money_without_a_rate_warns(tmp_path: Path) -> None:
    root = make_project(
        tmp_path / "p", hryvnia="Kyiv, 4 June 2024\n\nThe bridge cost 12bn hryvnias, the mayor said.\n"
    )
    result = refresh(root)
    assert errors(result) == []
    warning = failed_checks(result)["normalised_claims/money_has_rate"]
    assert warning.severity == dg.AssetCheckSeverity.WARN
    assert warning.metadata["share"].value == 1.0
    assert "no date" not in (warning.description or "")
    (root / "articles" / "undated.txt").write_text("The quay cost £12m, the mayor said.\n", encoding="utf-8")
    warning = failed_checks(refresh(root))["normalised_claims/money_has_rate"]
    assert (warning.description or "").endswith("; of 1 of them the document has no date")


def test_a_correction_that_no_longer_finds_its_words_warns(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    (root / "corrections.toml").write_text(
        '[[correction]]\nid = "gone"\naction = "reject"\nwho = "Ada"\nwhen = 2024-05-04\nwhy = "typing error"\n'
        'claims = [{ exact = "13", quote = "13 people" }]\nexpects = { value = 13 }\n',
        encoding="utf-8",
    )
    result = refresh(root)
    assert errors(result) == []
    assert "gone" in (failed_checks(result)["correction_outcomes/corrections_applied"].description or "")


def test_a_rejected_claim_is_in_no_figure_and_nothing_is_missed(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    (root / "corrections.toml").write_text(
        '[[correction]]\nid = "r"\naction = "reject"\nwho = "Ada"\nwhen = 2024-05-04\nwhy = "not the toll"\n'
        'claims = [{ exact = "12", quote = "At least 12 people died when" }]\nexpects = { value = 12 }\n',
        encoding="utf-8",
    )
    result = refresh(root)
    assert errors(result) == []
    store = store_of(root)
    rejected = store.read("correction_outcomes").to_pylist()[0]["claim_ids"]
    assert len(rejected) == 1
    assert not set(rejected) & set(store.read("figure_claims")["claim_id"].to_pylist())
    assert set(rejected) <= set(
        store.read("claims", where={"extractor_version": extractor_version()})["claim_id"].to_pylist()
    )

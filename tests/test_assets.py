"""The stages as Dagster runs them: from files to a release, again, and with trouble on the way."""

from __future__ import annotations

import base64
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import dagster as dg
import pandas as pd
import pytest
from projects import (
    FERRY,
    FERRY_LATER,
    HARBOUR,
    ROOT,
    add_article,
    errors,
    failed_checks,
    make_project,
    metadata,
    refresh,
    store_of,
)

from assets.definitions import defs
from pipeline import release
from pipeline.integrity import BLOCKING
from pipeline.tables import EXTRACTIONS, TABLES

ASSETS = {*TABLES, "release"} - {EXTRACTIONS.name}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dg.ExecuteInProcessResult]:
    root = make_project(tmp_path_factory.mktemp("first"), ferry=FERRY, harbour=HARBOUR)
    return root, refresh(root)


# What is declared


def test_definitions_load() -> None:
    dg.Definitions.validate_loadable(defs)


def test_every_table_is_an_asset_of_one_group_that_explains_itself() -> None:
    specs = {spec.key.to_user_string(): spec for spec in defs.resolve_all_asset_specs()}
    assert specs.keys() == ASSETS
    for name, spec in specs.items():
        assert spec.group_name == "fact_figures"
        assert spec.partitions_def is None
        assert spec.owners == ["team:data-desk"]
        assert spec.description
        assert spec.code_version
        assert spec.kinds
        if name in TABLES:
            declared = spec.metadata["dagster/column_schema"].columns
            assert [column.name for column in declared] == [column.name for column in TABLES[name].columns]
            assert all(column.description for column in declared)


def test_steps_run_in_one_process() -> None:
    assert defs.resolve_job_def("refresh").executor_def is dg.in_process_executor


def test_every_table_has_its_blocking_checks() -> None:
    graph = defs.resolve_asset_graph()
    for check in BLOCKING:
        asset = "claims" if check.table == EXTRACTIONS.name else check.table
        assert graph.get_check_spec(dg.AssetCheckKey(dg.AssetKey(asset), check.name)).blocking
    assert {check.table for check in BLOCKING} == set(TABLES)


# A run


def test_a_run_makes_every_asset_and_passes_its_checks(first: tuple[Path, dg.ExecuteInProcessResult]) -> None:
    _, result = first
    assert errors(result) == []
    assert failed_checks(result) == {}
    for name in ASSETS:
        found = metadata(result, name)
        assert type(found["dagster/row_count"].value) is int, f"{name}: not a Python number"
    assert metadata(result, "documents")["new_rows"].value == 2


def test_the_release_holds_what_the_articles_say(first: tuple[Path, dg.ExecuteInProcessResult]) -> None:
    root, _ = first
    claims = pd.read_parquet(root / "data/releases/latest/claims.parquet")
    said = {(row.exact, row.kind, row.value, row.modifier) for row in claims.itertuples()}
    assert ("12", "count", 12.0, "at_least") in said
    assert ("$45 million", "money", 45e6, "exact") in said
    assert ("€120m", "money", 120e6, "exact") in said
    euros = claims.loc[claims["exact"] == "€120m"].iloc[0]
    assert euros["base_currency"] == "USD"
    assert euros["amount_base"] == pytest.approx(130e6, rel=0.02)
    text = pd.read_parquet(root / "data/releases/latest/documents.parquet").set_index("document_id")["text"]
    for row in claims.itertuples():
        assert text[row.document_id][row.start : row.end] == row.exact


def test_samples_are_small_and_plots_are_pictures(first: tuple[Path, dg.ExecuteInProcessResult]) -> None:
    _, result = first
    plots = 0
    for name in TABLES.keys() & ASSETS:
        found = metadata(result, name)
        assert len(found["sample"].schema.columns) <= 6
        for entry in found.values():
            if isinstance(entry, dg.MarkdownMetadataValue) and (match := SVG.search(entry.value)):
                plots += 1
                picture = ElementTree.fromstring(base64.b64decode(match[1]))
                assert picture.tag.endswith("svg")
                assert len(entry.value) < 1000, "the UI would hide it behind a link"
    assert plots >= 8


SVG = re.compile(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)")


def test_lineage_names_columns_of_the_tables_before(first: tuple[Path, dg.ExecuteInProcessResult]) -> None:
    _, result = first
    lineage = metadata(result, "claims")["dagster/column_lineage"].value.deps_by_column
    assert [dep.asset_key.to_user_string() for dep in lineage["passage_id"]] == ["passages"]


def test_commits_say_which_run_and_which_inputs(first: tuple[Path, dg.ExecuteInProcessResult]) -> None:
    root, result = first
    for table in ("passages", "claims", "normalised_claims", "figures", "figure_claims", "revisions"):
        newest = store_of(root).versions(table)[-1].metadata
        assert newest["run_id"] == result.run_id
        assert any(name.startswith("input_") for name in newest)


def versions(root: Path) -> dict[str, Any]:
    store = store_of(root)
    return {name: store.version(name) for name in TABLES} | {"releases": len(release.releases(root / "data"))}


def test_a_run_of_the_same_adds_nothing_and_a_new_article_is_the_only_one_worked_on(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    assert errors(refresh(root)) == []
    before = versions(root)
    again = refresh(root)
    assert errors(again) == []
    assert versions(root) == before, "nothing changed: no table version, no release"
    assert metadata(again, "release")["published_now"].value is False
    assert metadata(again, "claims")["passages_searched"].value == 0

    old = store_of(root).read("claims", columns=["claim_id"])["claim_id"].to_pylist()
    add_article(root, "later", FERRY_LATER)
    result = refresh(root)
    assert errors(result) == []
    assert metadata(result, "documents")["new_rows"].value == 1
    assert metadata(result, "passages")["documents_split"].value == 1
    assert set(old) < set(store_of(root).read("claims", columns=["claim_id"])["claim_id"].to_pylist())
    assert len(release.releases(root / "data")) == 2


def test_a_changed_page_is_another_snapshot_and_its_unchanged_passages_are_not_searched_again(
    tmp_path: Path,
) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    before = metadata(refresh(root), "claims")["passages_searched"].value
    add_article(root, "ferry", FERRY + "\nDivers found 3 lifeboats on Friday.\n")
    result = refresh(root)
    assert errors(result) == []
    assert metadata(result, "documents")["dagster/row_count"].value == 2
    assert 1 <= metadata(result, "claims")["passages_searched"].value < before + 1
    assert store_of(root).read("claims", columns=["exact"])["exact"].to_pylist().count("$45 million") == 1


def test_paths_given_to_a_run_are_read_instead_of_the_sources(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    other = tmp_path / "elsewhere.txt"
    other.write_text(HARBOUR, encoding="utf-8")
    assert errors(refresh(root, paths=[other])) == []
    assert store_of(root).read("documents")["uri"].to_pylist() == ["../elsewhere.txt"]


def test_the_examples_run_through(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p")
    shutil.rmtree(root / "articles")
    shutil.copytree(ROOT / "examples", root / "articles")
    result = refresh(root)
    assert errors(result) == []
    figures = pd.read_parquet(root / "data/releases/latest/figures.parquet")
    assert len(figures) > 50
    followed = figures.sort_values("mentions").drop_duplicates("tracker", keep="last").set_index("tracker")
    updated = followed.loc[["awol-cases", "children-taken", "energy-damage"]]
    assert list(updated["value"]) == [100_000, 380, 60e9]
    assert set(updated["status"]) == {"updated"}
    assert {"followed: awol-cases", "followed: energy-damage"} <= metadata(result, "revisions").keys()


# Trouble


def test_what_cannot_be_read_is_recorded_and_tried_again_and_the_rest_is_done(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    articles = root / "articles"
    (articles / "empty.txt").write_bytes(b"")
    (articles / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (articles / "huge.txt").write_bytes(b"12 people died. " * 3_200_000)
    (articles / "picture.jpg").write_bytes(b"\xff\xd8\xff\xe0")
    result = refresh(root)
    assert errors(result) == [], "a bad document must not stop the run"
    failures = {row["uri"]: row for row in store_of(root).read("failures").to_pylist()}
    assert failures.keys() == {
        f"articles/{name}" for name in ("empty.txt", "binary.txt", "huge.txt", "picture.jpg")
    }
    assert "empty" in failures["articles/empty.txt"]["reason"]
    assert "51.2 MB" in failures["articles/huge.txt"]["reason"]
    assert metadata(result, "documents")["new_rows"].value == 1
    warning = failed_checks(result)["failures/everything_was_read"]
    assert warning.severity == dg.AssetCheckSeverity.WARN
    assert "4 could not be read" in (warning.description or "")

    before = versions(root)["failures"]
    (articles / "empty.txt").write_text(FERRY_LATER, encoding="utf-8")
    result = refresh(root)
    assert versions(root)["failures"] == before, "the same failure is recorded once"
    assert metadata(result, "documents")["new_rows"].value == 1
    assert "3 could not be read" in (failed_checks(result)["failures/everything_was_read"].description or "")


def test_settings_that_cannot_be_used_fail_at_once_with_their_own_sentence(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY)
    (root / "sources.toml").write_text('[[sources]]\nid = "a"\npath = "b"\n', encoding="utf-8")
    result = refresh(root)
    assert not result.success
    failure = next(event.step_failure_data for event in result.all_events if event.is_step_failure)
    assert "unknown key" in failure.user_failure_data.description
    assert not any(event.event_type_value == "STEP_UP_FOR_RETRY" for event in result.all_events)


HOSTILE = """</script><script>alert(1)</script> [x](javascript:alert(1)) \x1b[31mred\x1b[0m \u202egnp.exe
1 May 2024

At least 7 ![x](https://example.org/x.png)<img src=x onerror=alert(1)> people | `died` \x1b]0;title\x07 on \u202eTuesday.
"""


def test_hostile_text_reaches_the_ui_as_text(tmp_path: Path) -> None:
    root = make_project(tmp_path / "p", hostile=HOSTILE)
    result = refresh(root)
    assert errors(result) == []
    for name in ASSETS:
        for entry in metadata(result, name).values():
            for text in texts(entry):
                assert "\x1b" not in text
                assert "\u202e" not in text
            if isinstance(entry, dg.MarkdownMetadataValue):
                assert "<script" not in entry.value
                assert "<img" not in entry.value
                assert "](javascript" not in entry.value


def texts(entry: dg.MetadataValue[Any]) -> list[str]:
    if isinstance(entry, dg.TableMetadataValue):
        return [str(value) for record in entry.records for value in record.data.values()]
    if isinstance(entry, dg.TextMetadataValue | dg.MarkdownMetadataValue):
        return [entry.value or ""]
    return []


# A run that is killed

KILLED = """
import os, sys
from pathlib import Path
import deltalake, pipeline.store
sys.path.insert(0, {tests!r})
write, left = pipeline.store.write_deltalake, [{commits}]
def write_and_die(*given, **options):
    write(*given, **options)
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), 9)
pipeline.store.write_deltalake = write_and_die
from projects import refresh
refresh(Path({root!r}))
"""


def content(root: Path) -> Mapping[str, Any]:
    """The tables without what tells runs apart."""
    store = store_of(root)
    return {
        name: store.read(name).drop_columns(list(table.volatile)).to_pylist()
        for name, table in TABLES.items()
    }


@pytest.mark.parametrize("commits", [1, 3, 6])
def test_after_a_kill_the_next_run_ends_as_if_nothing_had_been(
    tmp_path: Path, commits: int, first: tuple[Path, dg.ExecuteInProcessResult]
) -> None:
    root = make_project(tmp_path / "p", ferry=FERRY, harbour=HARBOUR)
    script = KILLED.format(tests=str(ROOT / "tests"), commits=commits, root=str(root))
    killed = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()[-500:]
    assert release.latest(root / "data") is None
    assert errors(refresh(root)) == []
    assert content(root) == content(first[0])

"""Imports go one way: a module knows its own stage, those before it and the leaves; pipeline/ has no Dagster."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PIPELINE = {path.stem: path for path in sorted((ROOT / "pipeline").rglob("*.py")) if path.stem != "__init__"}
PACKAGES = {
    "assets",
    "pipeline",
    *(f"pipeline.{path.parent.name}" for path in (ROOT / "pipeline").glob("*/__init__.py")),
}
ASSETS = {path.stem: path for path in sorted((ROOT / "assets").glob("*.py")) if path.stem != "__init__"}

# In the order of the data's way. A new module gets its place here.
STAGES: dict[str, set[str]] = {
    "leaves": {
        "cues",
        "display",
        "engine",
        "errors",
        "lexicon",
        "memory",
        "numerals",
        "precision",
        "progress",
        "rates",
        "rows",
        "sentences",
        "settings",
        "spill",
        "tables",
        "tokens",
        "toml_files",
        "turns",
        "types",
        "vocabulary",
    },
    "reading": {
        "addresses",
        "answers",
        "archives",
        "bylines",
        "compressed",
        "connections",
        "contents",
        "decoding",
        "documents",
        "feeds",
        "fetching",
        "files",
        "layout",
        "live_blogs",
        "live_pages",
        "markup",
        "robots",
        "sources",
        "web",
    },
    "passages": {"passages"},
    "claims": {
        "ages",
        "amounts",
        "attribution",
        "candidates",
        "changes",
        "claims",
        "combinations",
        "currency_evidence",
        "entities",
        "exclusions",
        "explain",
        "headlines",
        "modality",
        "modifiers",
        "money_stages",
        "money",
        "noun_phrases",
        "parts_of_speech",
        "phrases",
        "places",
        "proximity",
        "quantities",
        "quantity",
        "quotations",
        "ratios",
        "rules",
        "speaker_grammar",
        "speakers",
        "speech_forms",
        "tagging",
        "time_grammar",
        "times",
        "units",
    },
    "normalised_claims": {"normalise"},
    "figures": {
        "arithmetic",
        "weights",
        "comparison",
        "constraints",
        "corrections",
        "encoding",
        "figures",
        "history",
        "identity",
        "origins",
        "pages",
        "outlines",
        "placing",
        "prepared",
        "rarity",
        "relations",
        "reports",
        "revisions",
        "state",
        "stated",
        "trackers",
        "wording",
    },
    "release": {
        "current",
        "data_files",
        "derived",
        "freshness",
        "integrity",
        "maintenance",
        "opened",
        "release",
        "release_cut",
        "release_files",
        "release_rows",
        "row_order",
        "store",
        "tracking",
    },
    "surface": {"browse", "cli", "cli_output", "cli_run", "cli_tables", "data_dictionary", "review"},
}
PLACE = {module: place for place, modules in enumerate(STAGES.values()) for module in modules}

# The one call from the pipeline into Dagster: `figures run` starts a run, and imports it only then.
INTO_DAGSTER = ("cli_run", "assets.run")
# A claim explains itself, and the explanation needs the claim's type: the import waits until it is asked for.
LATE = ("types", "pipeline.extraction.explain")


@dataclass(frozen=True)
class Import:
    """A module that is imported, and whether only inside a function or for type checking."""

    module: str
    late: bool


def imports(path: Path) -> Iterator[Import]:
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    late = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or _is_type_checking(node)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module in PACKAGES else [module]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (Import(name, id(node) in late) for name in names)


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def test_module_names_are_unique_so_that_one_word_names_a_module() -> None:
    names = [path.stem for path in (ROOT / "pipeline").rglob("*.py") if path.stem != "__init__"]
    assert len(names) == len(set(names))


def test_every_module_has_its_place() -> None:
    assert sorted(PLACE) == sorted(set(PLACE) & set(PIPELINE)), "a place is kept for a module that is gone"
    assert not set(PIPELINE) - set(PLACE), "say in STAGES where these modules stand"


@pytest.mark.parametrize("name", PIPELINE)
def test_a_module_imports_only_what_stands_before_it(name: str) -> None:
    for found in imports(PIPELINE[name]):
        package, _, module = found.module.partition(".")
        if package == "pipeline" and module and (name, found.module) != LATE:
            module = module.rpartition(".")[2]
            assert PLACE[module] <= PLACE[name], f"{name} imports {module}, which comes after it"


def test_no_modules_import_each_other_in_a_circle() -> None:
    known = {
        name: {
            i.module.split(".")[-1] for i in imports(path) if i.module.startswith("pipeline.") and not i.late
        }
        for name, path in PIPELINE.items()
    }
    while known:
        free = [name for name, needed in known.items() if not needed & known.keys() - {name}]
        assert free, f"these import each other: {sorted(known)}"
        for name in free:
            assert name not in known[name]
            del known[name]


@pytest.mark.parametrize("name", PIPELINE)
def test_the_pipeline_knows_no_dagster(name: str) -> None:
    for found in imports(PIPELINE[name]):
        root = found.module.partition(".")[0]
        assert not root.startswith("dagster"), f"{name} imports {found.module}"
        if root == "assets":
            assert (name, found.module) == INTO_DAGSTER, f"{name} imports {found.module}"
            assert found.late, f"{name} must import {found.module} where it calls it"


@pytest.mark.parametrize("name", ASSETS)
def test_assets_know_no_command_line_and_keep_annotations_as_objects(name: str) -> None:
    found = {i.module for i in imports(ASSETS[name])}
    assert not any(module.startswith(("pipeline.cli", "pipeline.terminal")) for module in found)
    # Dagster reads the type of `context` from the annotation itself.
    assert "__future__" not in found

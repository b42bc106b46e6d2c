"""The corpus: examples of our own, one meaning and many surfaces, and what is no quantity beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import lexicon
from pipeline.claims import extract_claims
from pipeline.extraction.ages import AGES
from pipeline.extraction.combinations import COMBINATIONS
from pipeline.extraction.exclusions import EXCLUSIONS
from pipeline.extraction.quantities import read_all
from pipeline.extraction.rules import Nodes
from pipeline.extraction.tokens import Sentence
from pipeline.types import Claim

CORPUS = Path(__file__).parent / "corpus"
MARK = re.compile(r"\[\[(.*?)\]\]")
NUMBERS = ("value", "low", "high", "from_value", "to_value")


def entries() -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    for path in sorted(CORPUS.glob("quantities*.yaml")):
        found += [(path.stem, entry) for entry in yaml.safe_load(path.read_text(encoding="utf-8"))]
    return found


def examples() -> Iterator[Any]:
    for name, entry in entries():
        for example in entry["examples"]:
            marks = (
                [pytest.mark.xfail(reason=entry["known_wrong"], strict=True)]
                if "known_wrong" in entry
                else []
            )
            yield pytest.param(entry, example, id=f"{name}: {example}", marks=marks)


def unmarked(example: str) -> tuple[str, list[str]]:
    """The text of an example without its marks, and what they mark."""
    return MARK.sub(r"\1", example), MARK.findall(example)


def field(claim: Claim, name: str) -> object:
    found = getattr(claim, name)
    return None if found is None else found.quantize(Decimal("1e-9")) if name in NUMBERS else found


def wanted(name: str, value: object) -> object:
    return (
        None if value is None else Decimal(str(value)).quantize(Decimal("1e-9")) if name in NUMBERS else value
    )


@pytest.mark.parametrize(("entry", "example"), list(examples()))
def test_example(entry: dict[str, Any], example: str) -> None:
    text, marked = unmarked(example)
    claims = extract_claims(text, country=entry.get("country"))
    assert [claim.exact for claim in claims] == marked
    meanings = (
        entry["meaning"]
        if isinstance(entry.get("meaning"), list)
        else [entry.get("meaning", {})] * len(claims)
    )
    for claim, meaning in zip(claims, meanings, strict=True):
        found = {name: field(claim, name) for name in meaning}
        assert found == {name: wanted(name, value) for name, value in meaning.items()}, claim.rule


def test_the_corpus_is_large() -> None:
    assert sum(len(entry["examples"]) for _, entry in entries()) >= 600


def surfaces() -> Iterator[tuple[str, str]]:
    """Every surface of the lexicon that names a currency, a unit or a modifier, and where it stands."""
    for currency in lexicon.currencies():
        for surface in (
            *currency.names,
            *currency.doubtful,
            *currency.signs,
            *currency.minor,
            *currency.minor_signs,
            currency.code,
        ):
            yield "currencies", surface
    for unit in lexicon.units():
        for surface in (*unit.words, *unit.symbols):
            yield "units", surface
    for modifier in lexicon.modifiers():
        for surface in (*modifier.before, *modifier.after):
            yield "modifiers", surface


def test_every_surface_of_the_lexicon_has_an_example() -> None:
    text = "\n".join(unmarked(example)[0] for _, entry in entries() for example in entry["examples"])
    missing = [f"{table}: {surface}" for table, surface in surfaces() if surface not in text]
    assert not missing


def test_every_rule_that_joins_or_makes_has_an_example() -> None:
    seen = {
        claim.rule
        for _, entry in entries()
        for e in entry["examples"]
        for claim in extract_claims(unmarked(e)[0])
    }
    lists_and_glosses = {"list", "gloss"}  # name the claims that they join by what made these
    missing = {rule.name for rule in (*COMBINATIONS, *AGES)} - seen - lists_and_glosses
    assert not missing
    assert any(rule.startswith("list_") for rule in seen)


def test_every_exclusion_leaves_nothing_of_an_example() -> None:
    """Each rule of exclusion is what keeps some example free of claims."""
    texts = [
        unmarked(e)[0] for name, entry in entries() if name == "quantities_none" for e in entry["examples"]
    ]
    used = set()
    for text in texts:
        sentence = Sentence(text, 0, len(text))
        nodes = Nodes(sentence, read_all(sentence))
        for rule in EXCLUSIONS:
            if any(rule.build(nodes, start, end) == [] for start, end in rule.spans(nodes)):
                used.add(rule.name)
    assert {rule.name for rule in EXCLUSIONS} - used == set()

"""What a text says of a quantity besides its value: who says it, as what, when and where."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from pipeline import extract_claims

CORPUS = yaml.safe_load((Path(__file__).parent / "corpus" / "context.yaml").read_text(encoding="utf-8"))
EXAMPLES = [tuple(example) for group in CORPUS.values() for example in group]


@pytest.mark.parametrize(
    ("marked", "source", "modality", "time", "place"), EXAMPLES, ids=[example[0] for example in EXAMPLES]
)
def test_context(marked: str, source: str | None, modality: str, time: str | None, place: str | None) -> None:
    position = marked.index("{")
    text = marked.replace("{", "").replace("}", "")
    claims = extract_claims(text, published=date(2024, 12, 4))
    claim = next(claim for claim in claims if claim.end > position)
    assert (claim.source, claim.modality, claim.time_text, claim.place) == (source, modality, time, place)

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline.extraction.places import BOUNDS, spans
from pipeline.extraction.proximity import nearest
from tests.timed import grows_with_the_text

CORPUS = yaml.safe_load((Path(__file__).parent / "corpus" / "places.yaml").read_text(encoding="utf-8"))
EXAMPLES = [tuple(example) for group in CORPUS.values() for example in group]


def place_of(marked: str) -> str | None:
    start, end = marked.index("{"), marked.index("}") - 1
    text = marked.replace("{", "").replace("}", "")
    found = nearest(text, spans(text, 0, len(text)), 0, (start, end), BOUNDS)
    return None if found is None else text[slice(*found)]


@pytest.mark.parametrize(("marked", "place"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_place(marked: str, place: str | None) -> None:
    assert place_of(marked) == place


@given(
    st.lists(
        st.sampled_from(["in", "the", "Paris", "eastern", "Ukraine’s", "region", ",", "US", "40"]),
        max_size=30,
    )
)
def test_any_order_of_words_gives_places_that_quote(words: list[str]) -> None:
    text = " ".join(words)
    for start, end in spans(text, 0, len(text)):
        assert 0 <= start < end <= len(text)
        assert text[start:end].strip() == text[start:end]


@pytest.mark.parametrize(
    "piece", ["in ", "in Paris ", "in the A", "in A B ", "Aa ", "in eastern and ", "in city of "]
)
def test_time_is_linear(piece: str) -> None:
    assert grows_with_the_text(lambda text: spans(text, 0, len(text)), piece)

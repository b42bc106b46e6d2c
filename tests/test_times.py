from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline import lexicon
from pipeline.extraction.proximity import nearest
from pipeline.extraction.times import BOUNDS, resolve, spans
from tests.timed import grows_with_the_text

CORPUS = yaml.safe_load((Path(__file__).parent / "corpus" / "times.yaml").read_text(encoding="utf-8"))
EXAMPLES = [tuple(example) for group in CORPUS.values() for example in group]
PHRASES = lexicon.read("times")["phrases"]
WORDS = [
    *("in", "on", "since", "by", "the", "from", "to", "between", "and", "2004", "1999", "March", "31", "30", "3", "last"),
    *("next", "past", "first", "two", "months", "years", "year", "quarter", "half", "Monday", ",", "early", "late"),
    *("end", "of", "ago", "decades", "century", "9999", "February"),
]  # fmt: skip
PUBLISHED = date(2024, 12, 4)


def time_of(marked: str, published: date | None) -> tuple[str | None, date | None, date | None]:
    start, end = marked.index("{"), marked.index("}") - 1
    text = marked.replace("{", "").replace("}", "")
    span = nearest(text, spans(text, 0, len(text)), 0, (start, end), BOUNDS)
    if span is None:
        return None, None, None
    found = resolve(text, span, 0, published)
    assert text[found.start : found.end] == found.text
    return found.text, found.valid_from, found.valid_to


@pytest.mark.parametrize(
    ("marked", "words", "first", "last"), EXAMPLES, ids=[example[0] for example in EXAMPLES]
)
def test_time(marked: str, words: str | None, first: date | None, last: date | None) -> None:
    assert time_of(marked, PUBLISHED) == (words, first, last)


@pytest.mark.parametrize("example", CORPUS["against_published"], ids=lambda example: example[0])
def test_without_a_date_of_publication_there_are_no_days(example: list[str]) -> None:
    assert time_of(example[0], None) == (example[1], None, None)


UNDATED = lexicon.read("times")["undated"]


@pytest.mark.parametrize("name", [*UNDATED["seasons"], *UNDATED["feasts"]])
@pytest.mark.parametrize("lead", ["before", "at the end of", "last"])
def test_every_season_and_feast_is_a_time_without_days(name: str, lead: str) -> None:
    assert time_of(f"Some {{40}} mills closed {lead} {name}.", PUBLISHED) == (f"{lead} {name}", None, None)


@pytest.mark.parametrize("name", PHRASES["names"])
def test_every_name_with_a_weekday_is_no_time(name: str) -> None:
    assert time_of(f"Some {{40}} mills closed on {name} Friday.", PUBLISHED) == (None, None, None)


@given(
    st.lists(st.sampled_from(WORDS), max_size=12),
    st.dates(),
)
def test_any_order_of_words_gives_days_in_order(words: list[str], published: date) -> None:
    text = " ".join(words)
    for span in spans(text, 0, len(text)):
        found = resolve(text, span, 0, published)
        assert text[found.start : found.end] == found.text


@pytest.mark.parametrize(
    "piece",
    ["in ", "in the ", "the last ", "March ", "on 3 ", "between March and ", "2004 ", "from 2004 to ", "a "],
)
def test_time_is_linear(piece: str) -> None:
    assert grows_with_the_text(lambda text: spans(text, 0, len(text)), piece)


@pytest.mark.parametrize(
    "phrase", [*PHRASES["unresolved"], *PHRASES["today"], *PHRASES["yesterday"], *PHRASES["tomorrow"]]
)
def test_every_phrase_is_a_time(phrase: str) -> None:
    assert time_of(f"Some {{40}} mills closed {phrase}.", None) == (phrase, None, None)
    assert time_of(f"{phrase.capitalize()}, {{40}} mills closed.", None)[0] == phrase.capitalize()

"""How far money has come, by the words around its amount."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline import extract_claims, lexicon
from pipeline.extraction.money_stages import find_money_stage
from tests.timed import grows_with_the_text

CORPUS = yaml.safe_load((Path(__file__).parent / "corpus" / "money_stages.yaml").read_text(encoding="utf-8"))
EXAMPLES = [(stage, marked) for stage, examples in CORPUS.items() for marked in examples]
WORDS = {stage: words for stage, words in lexicon.read("money_stages").items() if "verbs" in words}
SENTENCES = {
    "verbs": "On Monday it {} a sum of $5m.",
    "to_give": "On Monday it {} to lend $5m.",
    "nouns": "The {} of $5m came on Monday.",
    "participles": "Some $5m {} by Lund lay there.",
}
SURFACES = [
    (stage, sentence.format(word))
    for stage, words in WORDS.items()
    for place, sentence in SENTENCES.items()
    for word in words.get(place, ())
]


@pytest.mark.parametrize(("stage", "marked"), EXAMPLES, ids=[marked for _, marked in EXAMPLES])
def test_stage(stage: str, marked: str) -> None:
    at = marked.index("{")
    found = {claim.start: claim for claim in extract_claims(marked.replace("{", "").replace("}", ""))}
    assert found[at].money_stage == (None if stage == "none" else stage)


@pytest.mark.parametrize(("stage", "text"), SURFACES, ids=[text for _, text in SURFACES])
def test_every_word_of_the_lexicon(stage: str, text: str) -> None:
    (claim,) = (claim for claim in extract_claims(text) if claim.kind == "money")
    assert claim.money_stage == stage


def test_only_the_sentence_counts() -> None:
    text = "Lund pledged it. The $5m was there. It has been delivered."
    amount = text.index("$5m")
    assert find_money_stage(text, (17, 35), (amount, amount + 3)) is None


@given(
    st.text(st.sampled_from("pledged to give of ,$5m"), max_size=200), st.integers(0, 200), st.integers(0, 5)
)
def test_any_text(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    find_money_stage(text, (0, len(text)), (start, min(start + length, len(text))))


def test_time_grows_with_the_text() -> None:
    assert grows_with_the_text(extract_claims, "pledged promised aid of $5m sent ")

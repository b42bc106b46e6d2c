from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from pipeline import lexicon
from pipeline.extraction.attribution import governing, reported
from pipeline.extraction.sentences import split
from tests.timed import grows_with_the_text

CORPUS = yaml.safe_load((Path(__file__).parent / "corpus" / "attribution.yaml").read_text(encoding="utf-8"))
EXAMPLES = [tuple(example) for group in CORPUS.values() for example in group]


def asked(marked: str) -> tuple[str, int]:
    """The text without its braces, and where they stood."""
    return marked.replace("{", "", 1).replace("}", "", 1), marked.index("{")


def source_at(text: str, position: int) -> tuple[str | None, str | None]:
    sentences = split(text)
    index = next(i for i, (start, end) in enumerate(sentences) if start <= position < end)
    found = governing(reported(text, sentences, index), position)
    if found is None:
        return None, None
    assert text[found.start : found.end] == found.source
    return found.source, found.cue


@pytest.mark.parametrize(("marked", "source", "cue"), EXAMPLES, ids=[example[0] for example in EXAMPLES])
def test_who_says_it(marked: str, source: str | None, cue: str | None) -> None:
    assert source_at(*asked(marked)) == (source, cue)


@pytest.mark.parametrize(
    ("marked", "source", "cue"),
    [example for example in CORPUS["before"] + CORPUS["after"] + CORPUS["according_to"] if example[1]],
)
def test_text_around_changes_nothing(marked: str, source: str, cue: str) -> None:
    text, position = asked(marked)
    before = "Rain fell on the hills for a week.\n\n"
    after = "\n\nThe hills are green again."
    assert source_at(before + text + after, position + len(before)) == (source, cue)


VERBS = lexicon.read("attribution")["verbs"]


@pytest.mark.parametrize("verb", [*VERBS["speech"], *VERBS["strict"]])
@pytest.mark.parametrize("subject", ["ministry", "officials"])
def test_every_verb_of_speech_takes_a_clause_with_that(verb: str, subject: str) -> None:
    plural = verb + "s" in [*VERBS["speech"], *VERBS["strict"]] and verb != "forecast"
    if plural and subject == "ministry":
        assert source_at(*asked(f"The ministry {verb} that {{40}} boats had sunk.")) == (None, None)
    else:
        assert source_at(*asked(f"The {subject} {verb} that {{40}} boats had sunk.")) == (subject, verb)


@pytest.mark.parametrize("verb", VERBS["told"])
def test_every_verb_of_telling_takes_a_hearer(verb: str) -> None:
    assert source_at(*asked(f"The officials {verb} reporters that {{40}} boats had sunk.")) == (
        "officials",
        verb,
    )


@pytest.mark.parametrize("verb", VERBS["finding"])
def test_every_verb_of_finding_takes_a_document(verb: str) -> None:
    marked = f"Figures from the Office of Harbours {verb} {{40}} boats had sunk."
    assert source_at(*asked(marked)) == ("Office of Harbours", verb)


LABELS = lexicon.read("attribution")["labels"]


@pytest.mark.parametrize("who", [*LABELS["speakers"], *LABELS["names"]])
@pytest.mark.parametrize("headline", ["{who}: {{40}} dead", "{{40}} dead: {who}", "{{40}} dead – {who}"])
def test_every_label_of_a_headline_speaks(who: str, headline: str) -> None:
    assert source_at(*asked(headline.format(who=who))) == (who, ":")
    assert source_at(*asked(headline.format(who=who) + ".")) == (None, None)


@pytest.mark.parametrize("verb", lexicon.read("attribution")["by_anyone"]["verbs"])
def test_every_verb_of_anyone_takes_a_noun_that_is_not_known(verb: str) -> None:
    assert source_at(*asked(f"The mill {verb} that {{40}} carts were lost.")) == ("mill", verb)
    assert source_at(*asked(f"The mill {verb} {{40}} carts.")) == (None, None)


PASSIVES = lexicon.read("attribution")["passives"]


@pytest.mark.parametrize("verb", PASSIVES["at"])
@pytest.mark.parametrize("rest", ["at {40} crowns by the ministry", "by the ministry at {40} crowns"])
def test_every_passive_of_estimating_takes_an_agent(verb: str, rest: str) -> None:
    assert source_at(*asked(f"The damage was {verb} {rest}.")) == ("ministry", verb)
    assert source_at(*asked(f"The damage was {verb} at {{40}} crowns by June.")) == (None, None)


@pytest.mark.parametrize("verb", PASSIVES["to"])
def test_every_passive_of_saying_takes_an_agent_and_an_infinitive(verb: str) -> None:
    assert source_at(*asked(f"The storm is {verb} by the ministry to have sunk {{40}} boats.")) == (
        "ministry",
        verb,
    )


def test_passives_are_of_cues() -> None:
    cues = {verb for kind in VERBS.values() for verb in kind}
    assert {*PASSIVES["at"], *PASSIVES["to"]} <= cues


@pytest.mark.parametrize("cue", lexicon.read("attribution")["prepositions"]["cues"])
def test_every_preposition_takes_a_source(cue: str) -> None:
    assert source_at(*asked(f"Some {{40}} boats had sunk, {cue} the ministry.")) == ("ministry", cue)


@pytest.mark.parametrize("noun", lexicon.read("attribution")["nouns"]["documents"])
def test_every_document_can_show(noun: str) -> None:
    marked = f"The {noun} by the Office of Harbours showed that {{40}} boats had sunk."
    assert source_at(*asked(marked)) == ("Office of Harbours", "showed")


def test_one_attribution_for_each_sentence() -> None:
    text = "The storm is over. The ministry said 40 boats sank. “We lost nets,” said Lena Marsh."
    found = [
        governing(reported(text, split(text), index), text.index(word))
        for index, word in enumerate(("storm", "40", "nets"))
    ]
    assert [a and a.source for a in found] == [None, "ministry", "Lena Marsh"]


@given(
    st.lists(
        st.sampled_from(
            [
                "said",
                "the",
                "ministry",
                "according to",
                "“",
                "”",
                '"',
                ",",
                ".",
                "\n",
                "It",
                "he",
                "Mr Brandt",
                "40",
            ]
        ),
        max_size=60,
    )
)
def test_any_order_of_words_gives_sources_that_quote(words: list[str]) -> None:
    text = " ".join(words)
    sentences = split(text)
    for index in range(len(sentences)):
        for part in reported(text, sentences, index):
            if part.attribution:
                assert text[part.attribution.start : part.attribution.end] == part.attribution.source
                assert part.attribution.source


@pytest.mark.parametrize(
    "piece",
    [
        "said ",
        "according to ",
        "“",
        '"',
        "Mr A, ",
        "the the ",
        ", said X, said ",
        "A and B said ",
        "A – b – said ",
        "put at a by ",
        "said by X ",
        "a" * 50 + " said ",
    ],
)
def test_cost_of_a_cue_is_bounded(piece: str) -> None:
    """A sentence eight times as long takes no more than about eight times as long."""
    assert grows_with_the_text(lambda text: reported(text, [(0, len(text))], 0), piece, size=4_000)

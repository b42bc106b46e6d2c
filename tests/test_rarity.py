"""How rare words are in news, as linking weighs what two passages share."""

from __future__ import annotations

import math

from benchmarks.rarity import FEWEST, counted, written
from pipeline import lexicon
from pipeline.linking.identity import NAME_MARK
from pipeline.linking.rarity import RARE, rarity, total, total_of_set
from pipeline.linking.vocabulary import load


def test_what_many_passages_hold_is_less_rare() -> None:
    vocabulary = load()
    government, harvest = (rarity(vocabulary.concept(word)) for word in ("government", "harvest"))
    assert government < RARE < harvest
    assert harvest <= rarity("quoxville") == math.log(lexicon.read("rarity")["passages"])


def test_a_name_is_as_rare_with_its_mark() -> None:
    (name,) = load().find_names("of Blair")
    assert rarity(f"{NAME_MARK}{name}") == rarity(name) < rarity("quoxville")


def test_rarity_adds_up() -> None:
    words = frozenset({load().concept("government"), "quoxville"})
    assert math.isclose(total(words), sum(rarity(word) for word in words))
    assert total_of_set(words) == total(words) == total(sorted(words, reverse=True))
    assert total(()) == 0


def test_every_word_of_the_file_is_one_that_linking_compares() -> None:
    vocabulary = load()
    listed = [w for words in lexicon.read("rarity")["held_by"].values() for w in words.split()]
    assert len(listed) > 4000
    assert not [
        w
        for w in listed
        if not (vocabulary.find_names(f"of {w}") if w[0].isupper() else vocabulary.content([w]))
    ]


def test_words_are_counted_once_a_passage_and_as_their_concept() -> None:
    texts = [
        "Ferries sank off Lund. A ferry sank.",
        *["The ferries left Lund."] * (FEWEST - 1),
        "A barge left Lund.",
    ]
    counts = counted(texts)
    assert counts["ferries"] == FEWEST
    assert counts["Lund"] == FEWEST + 1
    assert "barge" not in counts
    assert f'{FEWEST} = """\\\nferries' in written(counts, len(texts))

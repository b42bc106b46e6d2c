"""How rare a word is in news: two passages that share "siphon" have more in common than two that share "price"."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cache, lru_cache

from pipeline import lexicon
from pipeline.linking.identity import NAME_MARK
from pipeline.linking.vocabulary import load

# The rarity from which on few passages that are not of one story share a word: it stands in one of about 150.
RARE = 5.0


def rarity(word: str) -> float:
    """How rare a concept or a name is, in nats: the inverse document frequency (Spärck Jones 1972), smoothed."""
    return _known().get(word.removeprefix(NAME_MARK), _rarest())


def total(words: Iterable[str]) -> float:
    """The rarity of some words together, the same in whichever order they come."""
    known, rarest = _known(), _rarest()
    return math.fsum(known.get(word.removeprefix(NAME_MARK), rarest) for word in words)


@lru_cache(maxsize=20_000)
def total_of_set(words: frozenset[str]) -> float:
    """The rarity of a set of words together, remembered: a passage is compared with many."""
    return total(words)


@cache
def _rarest() -> float:
    return math.log(lexicon.read("rarity")["passages"])


@cache
def _known() -> dict[str, float]:
    """Rarity of the concepts and names that more than a few passages hold, from rarity.toml."""
    vocabulary, read = load(), lexicon.read("rarity")
    counts: dict[str, int] = {}
    for count, listed in read["held_by"].items():
        for word in listed.split():
            for concept in (
                vocabulary.find_names(f"of {word}") if word[0].isupper() else vocabulary.content([word])
            ):
                counts[concept] = max(counts.get(concept, 0), int(count))
    return {concept: math.log(read["passages"] / (count + 1)) for concept, count in counts.items()}

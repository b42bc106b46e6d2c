"""Parts of speech and singulars of single words, from lemminflect's word lists, which lie in its package."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Word:
    """The parts of speech that a word can have, whether it is a form in -ed or -ing, and its lemma as a noun."""

    noun: bool
    verb: bool
    adjective: bool
    adverb: bool
    participle: bool
    lemma: str


@lru_cache(maxsize=65536)
def look_up(word: str) -> Word:
    """What lemminflect knows of a word in lower case; a word that it doesn't know is a noun."""
    from lemminflect import getAllLemmas

    lemmas: dict[str, tuple[str, ...]] = getAllLemmas(word)
    if not lemmas:
        lemma = (
            word[:-1]
            if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
            else word
        )
        return Word(True, False, False, False, False, lemma)
    nouns = lemmas.get("NOUN") or lemmas.get("PROPN") or ()
    return Word(
        noun=bool(nouns),
        verb="VERB" in lemmas or "AUX" in lemmas,
        adjective="ADJ" in lemmas,
        adverb="ADV" in lemmas,
        participle=word.endswith(("ed", "ing")) and word not in lemmas.get("VERB", (word,)),
        lemma=_singular(word, nouns),
    )


_KEEP = frozenset(
    ["data", "media", "police", "people", "series", "species", "news", "headquarters", "staff", "premises"]
)


def _singular(word: str, nouns: Sequence[str]) -> str:
    if not nouns or word in _KEEP:
        return word
    different = [noun for noun in nouns if noun != word]
    if different and (word.endswith("s") or word not in nouns):
        return different[0]
    return nouns[0]


def singular(word: str) -> str:
    """A noun in the singular, in lower case unless it is a name."""
    lower = word.lower()
    lemma = look_up(lower).lemma
    return lemma


def is_plural(word: str) -> bool:
    """Whether a word is the plural of a noun, or a noun that has only one form and means several."""
    known = look_up(word)
    return known.noun and (known.lemma != word or word in _MANY)


_MANY = frozenset(
    [
        "people",
        "police",
        "staff",
        "personnel",
        "cattle",
        "fish",
        "sheep",
        "aircraft",
        "crew",
        "troops",
        "data",
        "clergy",
        "deer",
        "offspring",
        "youth",
        "folk",
        "folks",
        "spacecraft",
        "poultry",
        "livestock",
        "infantry",
    ]
)


@lru_cache(maxsize=16384)
def is_known_plural(word: str) -> bool:
    """Whether a word is known as a plural; of a name whose ending is all there is to go by, no."""
    from lemminflect import getAllLemmas

    nouns = getAllLemmas(word).get("NOUN", ())
    return word in _MANY or bool(nouns and any(noun != word for noun in nouns))


@lru_cache(maxsize=16384)
def is_verb_only(word: str) -> bool:
    """Whether a word can be a verb and no noun ("spent", "raised"), though perhaps an adjective."""
    known = look_up(word)
    return known.verb and not known.noun


class _Certain(dict[str, str]):
    """The part of speech of words that have only one: n, v, j (adjective) or e (adverb); else an empty string."""

    LIMIT = 100_000

    def __missing__(self, word: str) -> str:
        known = look_up(word)
        parts = [known.noun and "n", known.verb and "v", known.adjective and "j", known.adverb and "e"]
        found = [part for part in parts if part]
        part = found[0] if len(found) == 1 and not known.participle else ""
        if len(self) >= self.LIMIT:
            self.clear()
        self[word] = part
        return part


CERTAIN = _Certain()

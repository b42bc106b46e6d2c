"""Parts of speech and singulars of single words, from lemminflect's word lists, which lie in its package."""

from __future__ import annotations

import gzip
from bisect import bisect_left
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipeline import lexicon
from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence


class Word(NamedTuple):
    """The parts of speech that a word can have, whether it is a form in -ed or -ing, and its lemma as a noun."""

    noun: bool
    verb: bool
    adjective: bool
    adverb: bool
    participle: bool
    lemma: str


@cache
def _word_list() -> list[str]:
    """The lines of lemminflect's list, in order, one for each part of speech of a word: "rose,verb,rise".

    The list is read from its file: lemminflect's own reading of it takes most of the time of a first call. Lines are
    looked up by halving, for most of its words are never asked for, and they are plain strings, which the collection
    of garbage passes over. ConfigurationError if it isn't there.
    """
    package = find_spec("lemminflect")
    folders = list(package.submodule_search_locations or ()) if package else []
    path = Path(folders[0]) / "resources" / "lemma_lu.csv.gz" if folders else None
    if path is None or not path.exists():
        raise ConfigurationError("lemminflect's list of words is missing: install lemminflect 0.2.3 or later")
    return sorted(gzip.decompress(path.read_bytes()).decode("utf-8").splitlines())


def _lemmas(word: str) -> dict[str, tuple[str, ...]]:
    """The lemmas of a word for each part of speech that it can have: noun, verb, adj, adv, aux."""
    lines, key = _word_list(), f"{word},"
    lemmas: dict[str, tuple[str, ...]] = {}
    i = bisect_left(lines, key)
    while i < len(lines) and lines[i].startswith(key):
        part, _, written = lines[i].removeprefix(key).partition(",")
        lemmas[part] = tuple(written.split("/"))
        i += 1
    return lemmas


def _may_be_plural(word: str) -> bool:
    """Whether a word is the plural of a noun for which the list has none, being seldom counted: "e-mails", "oils"."""
    return len(word) > 3 and word not in lexicon.words("phrases", "verbs") and "noun" in _lemmas(word[:-1])


@lru_cache(maxsize=65536)
def look_up(word: str) -> Word:
    """What lemminflect's list knows of a word in lower case; one that it doesn't know is a noun, or a verb in -ed."""
    lemmas = _lemmas(word)
    if not lemmas and len(word) > 5 and word.endswith("ed"):
        return Word(False, True, False, False, True, word)
    if not lemmas:
        plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
        return Word(True, False, False, False, False, word[:-1] if plural else word)
    nouns = lemmas.get("noun", ())
    if not nouns and word.endswith("s") and not word.endswith("ss") and _may_be_plural(word):
        nouns = (word[:-1],)
    return Word(
        noun=bool(nouns),
        verb="verb" in lemmas or "aux" in lemmas,
        adjective="adj" in lemmas,
        adverb="adv" in lemmas,
        participle=word.endswith(("ed", "ing")) and word not in lemmas.get("verb", (word,)),
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
    return look_up(word.lower()).lemma


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
    nouns = _lemmas(word).get("noun", ())
    return word in _MANY or bool(nouns and any(noun != word for noun in nouns))

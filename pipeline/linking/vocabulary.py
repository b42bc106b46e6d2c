"""What linking knows of words: synonyms, names, contrasts and cues, from lexicon/synonyms.toml.

A leaf. Words are compared as stems, so that "packages" and "package", "taken" and "takes" meet.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from lemminflect import getAllLemmas

# Characters before a number that say how it is meant.
NEAR = 40
PATH = Path(__file__).parent.parent / "lexicon" / "synonyms.toml"
WORD = re.compile(r"[^\W\d_]+(?:[-‑][^\W\d_]+)*")
NUMBER_IN_TEXT = re.compile(
    r"\d[\d,.]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?)\b",
    re.IGNORECASE,
)
OPENING = " “\"'‘(-–"
POSSESSIVE = re.compile(r"['’ʼ‘]s\b")


@dataclass(frozen=True)
class Vocabulary:
    """The word lists of linking, with words as stems where they are looked up by word."""

    generic: frozenset[str]
    stop: frozenset[str]
    common: frozenset[str]
    general_heads: frozenset[str]
    instances: frozenset[str]
    people: frozenset[str]
    persons: frozenset[str]
    cues: dict[str, re.Pattern[str]]
    earlier: re.Pattern[str]
    contrasts: dict[str, dict[str, dict[str, str]]]
    contrast_patterns: dict[str, dict[str, re.Pattern[str]]]
    concepts: dict[str, str]
    names: dict[str, str]
    name_pattern: re.Pattern[str]

    def concept(self, word: str) -> str:
        """The concept that a word belongs to, or its stem."""
        key = stem(word)
        return self.concepts.get(key, key)

    def content(self, words: Iterable[str]) -> list[str]:
        """The concepts of the words that say something, in order, each once."""
        found: dict[str, None] = {}
        for word in words:
            lower = word.lower()
            if len(lower) > 1 and lower not in self.stop and lower not in self.generic:
                key = stem(lower)
                if key not in self.stop and key not in self.generic:
                    found[self.concepts.get(key, key)] = None
        return list(found)

    def find_names(self, text: str) -> frozenset[str]:
        """Countries and peoples under one name, and other capitalised words that don't start the text."""
        found = {self.names[m.group().lower()] for m in self.name_pattern.finditer(text)}
        rest = self.name_pattern.sub(" ", text)
        first = len(rest) - len(rest.lstrip(OPENING))
        for match in WORD.finditer(rest):
            word = match.group()
            lower = word.lower()
            leads = match.start() <= first
            empty = lower in self.stop or lower in self.generic or len(lower) < 2
            if word[0].isupper() and not empty and (not leads or not is_known(lower)):
                found.add(stem(lower))
        return frozenset(found)

    def is_earlier(self, before: str) -> bool:
        """Whether the words before a number say that it is what was said before ("up from", "compared with")."""
        return self.earlier.search(before[-NEAR:]) is not None

    def has_cue(self, kind: str, text: str) -> bool:
        """Whether a cue of this kind (correction, update, cumulative, rate, event) stands in the text."""
        return self.cues[kind].search(text) is not None


def words(text: str) -> list[str]:
    """The words of a text without numbers and possessive endings."""
    return WORD.findall(POSSESSIVE.sub("", text))


@lru_cache(maxsize=200_000)
def is_known(word: str) -> bool:
    """Whether a word in lower case is an English one, so that a capital at a sentence's start means nothing."""
    return bool(getAllLemmas(word))


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """A word without its commonest English endings, in lower case."""
    text = word.lower()
    if len(text) > 4 and text.endswith("ies"):
        return text[:-3] + "y"
    if len(text) > 3 and text.endswith("s") and not text.endswith(("ss", "us", "is")):
        text = text[:-2] if text.endswith(("sses", "shes", "ches", "xes")) else text[:-1]
    for ending, shortest in (("ing", 6), ("ed", 5)):
        if len(text) >= shortest and text.endswith(ending):
            text = text[: -len(ending)]
            if len(text) > 2 and text[-1] == text[-2] and text[-1] not in "lsz":
                text = text[:-1]
            break
    return text[:-1] if len(text) > 4 and text.endswith("e") else text


def _alternation(surfaces: Iterable[str]) -> str:
    return "|".join(re.escape(s) for s in sorted(surfaces, key=lambda s: (-len(s), s)))


def _phrases(surfaces: Iterable[str]) -> re.Pattern[str]:
    # "A month" is a rate, "a month ago" is a time.
    return re.compile(
        rf"(?<![\w-])(?:{_alternation(surfaces)})(?![\w-])(?!\s(?:ago|earlier|later)\b)",
        re.IGNORECASE,
    )


@cache
def load(path: Path = PATH) -> Vocabulary:
    """The vocabulary of a synonyms.toml; read once."""
    data = tomllib.loads(path.read_text("utf-8"))
    surfaces = {s: name for name, listed in data["names"].items() for s in listed}
    # "us" is a pronoun unless in capitals; longer names can't be mistaken.
    short = [s.upper() for s in surfaces if len(s.replace(".", "")) <= 2]
    long = [s for s in surfaces if len(s.replace(".", "")) > 2]
    concepts = {stem(word): concept for concept, listed in data["concepts"].items() for word in listed}
    return Vocabulary(
        generic=frozenset(data["generic"]),
        stop=frozenset(data["stop"]),
        common=frozenset(concepts.get(stem(word), stem(word)) for word in data["common"])
        | frozenset(data["names"]),
        general_heads=frozenset(concepts.get(stem(word), stem(word)) for word in data["general_heads"]),
        instances=frozenset(data["instances"]),
        people=frozenset(concepts.get(stem(w), stem(w)) for w in data["persons"]["general"]),
        persons=frozenset(concepts.get(stem(w), stem(w)) for w in data["persons"]["special"]),
        earlier=re.compile(
            rf"(?<![\w-])(?:{_alternation(data['cues']['earlier'])})\s+(?:the\s+|an?\s+|its\s+|[\w-]+ly\s+|about\s+|"
            r"around\s+|some\s+|almost\s+|more than\s+|over\s+|at least\s+)*$",
            re.IGNORECASE,
        ),
        cues={kind: _phrases(listed) for kind, listed in data["cues"].items()},
        contrasts={
            scope: {
                group: {s: value for value, listed in values.items() for s in listed}
                for group, values in groups.items()
            }
            for scope, groups in data["contrasts"].items()
        },
        contrast_patterns={
            scope: {
                group: _phrases(s for listed in values.values() for s in listed)
                for group, values in groups.items()
            }
            for scope, groups in data["contrasts"].items()
        },
        concepts=concepts,
        names=surfaces,
        name_pattern=re.compile(
            rf"(?<![\w-])(?:(?:{_alternation(short)})|(?i:{_alternation(long)}))(?![\w-])"
        ),
    )

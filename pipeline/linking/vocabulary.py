"""What linking knows of words: synonyms, names, contrasts and cues, kinds, classes of nouns.

From synonyms.toml, kinds.toml and classes.toml of the lexicon. Words are compared as stems, so that "packages" and "package", "taken" and "takes" meet.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from lemminflect import getAllLemmas

from pipeline import lexicon

# Characters before a number that say how it is meant.
NEAR = 40
WORD = re.compile(r"[^\W\d_]+(?:[-‑][^\W\d_]+)*")
NUMBER_IN_TEXT = re.compile(
    r"\d[\d,.]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?)\b",
    re.IGNORECASE,
)
# "In a week" and "after a year" are times.
NOT_BEFORE_A_RATE = ("after", "in", "within", "for", "than", "of", "once", "over")
# Characters of what can hold a name, with the word that leads to it.
SHORTEST_NAME = 5
# What stands in kinds.toml beside the words of a group.
SETTINGS = ("of", "exclusive")
OPENING = " “\"'‘(-–"
# "European Central Bank", later said as "ECB".
LONG_NAME = re.compile(r"\b[A-Z][a-z]+(?: (?:of |for |and |the )?[A-Z][a-z]+){2,4}\b")
POSSESSIVE = re.compile(r"['’ʼ‘]s\b")


# A tree of letters; where a surface ends stands `END`.
Letters = dict[str, "Letters"]
END = ""


@dataclass(frozen=True, slots=True)
class Surface:
    """Words that tell a kind of quantity: the stems after the first, and what they tell."""

    rest: tuple[str, ...]
    group: str
    value: str


@dataclass(frozen=True, slots=True)
class Told:
    """A kind of quantity that a text tells, and where."""

    start: int
    end: int
    group: str
    value: str


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
    classes: dict[str, frozenset[str]]
    cues: dict[str, re.Pattern[str]]
    earlier: re.Pattern[str]
    moved: re.Pattern[str]
    contrasts: dict[str, dict[str, str]]
    contrast_patterns: dict[str, re.Pattern[str]]
    kinds: dict[str, tuple[Surface, ...]]
    kinds_of: dict[str, frozenset[str]]
    exclusive: frozenset[str]
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
        if len(text) < SHORTEST_NAME:
            return frozenset()
        found: set[str] = set()

        def known(match: re.Match[str]) -> str:
            found.add(self.names[match.group().lower()])
            return " "

        for long in LONG_NAME.finditer(text):
            found.add("".join(word[0] for word in long.group().split() if word[0].isupper()).lower())
        rest = self.name_pattern.sub(known, text)
        first = len(rest) - len(rest.lstrip(OPENING))
        for match in WORD.finditer(rest):
            word = match.group()
            if not word[0].isupper():
                continue
            lower = word.lower()
            empty = lower in self.stop or lower in self.generic or len(lower) < 2 or self._is_number(lower)
            if not empty and (match.start() > first or not is_known(lower)):
                found.add(name_stem(lower))
        return frozenset(found)

    def _is_number(self, word: str) -> bool:
        """Whether every part of a word is one that says nothing ("sixty-four")."""
        return "-" in word and all(part in self.stop for part in word.split("-"))

    def is_earlier(self, before: str) -> bool:
        """Whether the words before a number say that it is what was said before ("up from", "compared with")."""
        return self.earlier.search(before[-NEAR:]) is not None

    def kinds_in(self, text: str, kind: str) -> list[Told]:
        """What the words of a text tell of a quantity of this kind of claim; of words at one place the longest."""
        groups = self.kinds_of.get(kind, frozenset())
        tokens = [(m.start(), m.end(), m.group().lower()) for m in WORD.finditer(text)]
        found: list[Told] = []
        free: dict[str, int] = {}
        for number, (start, _, word) in enumerate(tokens):
            for surface in self.kinds.get(word) or self.kinds.get(f"{stem(word)}*", ()):
                last = number + len(surface.rest)
                if surface.group not in groups or last >= len(tokens) or start < free.get(surface.group, 0):
                    continue
                if self._goes_on(tokens, number, surface):
                    found.append(Told(start, tokens[last][1], surface.group, surface.value))
                    free[surface.group] = tokens[last][1]
        return found

    @staticmethod
    def _goes_on(tokens: list[tuple[int, int, str]], number: int, surface: Surface) -> bool:
        return all(
            tokens[number + n][2] == word or stem(tokens[number + n][2]) == stem(word)
            for n, word in enumerate(surface.rest, 1)
        )

    def movement(self, before: str) -> int:
        """1 or -1 if the words before a number say that something went up or down to it, else 0."""
        match = self.moved.search(before[-2 * NEAR :])
        return 0 if match is None else 1 if match["up"] else -1

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


@lru_cache(maxsize=200_000)
def name_stem(word: str) -> str:
    """A name in lower case without the ending of a people or an adjective: "Velmoran" and "Velmora" meet."""
    name = stem(word)
    name = name[:-1] if len(name) > 5 and name.endswith("is") else name
    for ending in ("ian", "an", "ese", "er"):
        if len(name) >= 5 + len(ending) - 1 and name.endswith(ending):
            name = name[: -len(ending)]
            break
    return name.rstrip("aeiou") if len(name) > 4 else name


def alternation(surfaces: Iterable[str]) -> str:
    """A pattern of the longest of some surfaces, as a tree of their letters: a text is not held to each in turn."""
    tree: Letters = {}
    for surface in surfaces:
        place = tree
        for letter in surface:
            place = place.setdefault(letter, {})
        place[END] = {}
    return _branches(tree)


def _branches(tree: Letters) -> str:
    goes_on = [re.escape(letter) + _branches(rest) for letter, rest in sorted(tree.items()) if letter != END]
    if not goes_on:
        return ""
    return f"(?:{'|'.join(goes_on)}){'?' if END in tree else ''}"


def _phrases(surfaces: Iterable[str], *, not_after: Iterable[str] = ()) -> re.Pattern[str]:
    # "A month" is a rate, "a month ago" is a time.
    guard = "".join(rf"(?<!\b{re.escape(word)} )" for word in not_after)
    return re.compile(
        rf"(?<![\w-]){guard}(?:{alternation(surfaces)})(?![\w-])(?!\s(?:ago|earlier|later|before|of)\b)",
        re.IGNORECASE,
    )


def _surfaces(kinds: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, tuple[Surface, ...]]:
    """First word as listed, and its stem with an asterisk, to the surfaces that begin so: longer ones first."""
    listed: dict[str, dict[Surface, None]] = {}
    for group, values in kinds.items():
        for value, surfaces in values.items():
            if value in SETTINGS:
                continue
            for words_of in (s.removeprefix("=").split() for s in surfaces):
                surface = Surface(tuple(words_of[1:]), group, value)
                fixed = f"={' '.join(words_of)}" in surfaces
                for key in (words_of[0],) if fixed else (words_of[0], f"{stem(words_of[0])}*"):
                    listed.setdefault(key, {})[surface] = None
    return {key: tuple(sorted(found, key=lambda s: -len(s.rest))) for key, found in listed.items()}


def _classes(kinds: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, frozenset[str]]:
    """Stem of a noun to the classes that it can belong to."""
    found: dict[str, set[str]] = {}
    for kind, classes in kinds.items():
        for name, nouns in classes.items():
            for noun in nouns:
                found.setdefault(stem(noun.split()[-1]), set()).add(f"{kind} {name}")
    return {noun: frozenset(names) for noun, names in found.items()}


def _kinds_of(kinds: Mapping[str, Mapping[str, Sequence[str]]]) -> dict[str, frozenset[str]]:
    """Kind of claim to the groups that tell claims of that kind apart."""
    of = {kind for values in kinds.values() for kind in values["of"]}
    return {kind: frozenset(g for g, values in kinds.items() if kind in values["of"]) for kind in sorted(of)}


@cache
def load() -> Vocabulary:
    """The vocabulary; read once."""
    data = lexicon.read("synonyms")
    kinds = lexicon.read("kinds")
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
            rf"(?<![\w-])(?:{alternation(data['cues']['earlier'])})\s+(?:the\s+|an?\s+|its\s+|[\w-]+ly\s+|about\s+|"
            r"around\s+|some\s+|almost\s+|more than\s+|over\s+|at least\s+)*$",
            re.IGNORECASE,
        ),
        moved=re.compile(
            rf"\b(?:(?P<up>{alternation(data['cues']['upward'])})|(?:{alternation(data['cues']['downward'])}))[a-z]*\s"
            rf"[^.;:]{{0,{NEAR}}}?\bto (?:(?:an?|some|about|around|almost|nearly|at least|more than|over|up|only|just)\s)*$",
            re.IGNORECASE,
        ),
        classes=_classes(lexicon.read("classes")),
        cues={
            kind: _phrases(listed, not_after=NOT_BEFORE_A_RATE if kind == "rate" else ())
            for kind, listed in data["cues"].items()
            if kind not in ("upward", "downward")
        },
        contrasts={
            group: {s: value for value, listed in values.items() for s in listed}
            for group, values in data["contrasts"].items()
        },
        contrast_patterns={
            group: _phrases(s for listed in values.values() for s in listed)
            for group, values in data["contrasts"].items()
        },
        kinds=_surfaces(kinds),
        kinds_of=_kinds_of(kinds),
        exclusive=frozenset(group for group, values in kinds.items() if values.get("exclusive")),
        concepts=concepts,
        names=surfaces,
        name_pattern=re.compile(rf"(?<![\w-])(?:(?:{alternation(short)})|(?i:{alternation(long)}))(?![\w-])"),
    )

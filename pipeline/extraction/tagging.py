"""The part of speech of each word of a sentence, decided by its neighbours among those that word lists give it."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from itertools import compress
from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction import cues
from pipeline.extraction.combinations import directions
from pipeline.extraction.parts_of_speech import is_plural, look_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.extraction.quantity import Quantity
    from pipeline.extraction.tokens import Sentence

_COMPOUND = re.compile(r"(?<=[eicp])-|-(?=[eicvgb])|(?<=-[→o&])-")
# Before a noun of time these say which one: "last year".
WHICH = frozenset(["last", "this", "next", "past", "same"])
_BEFORE_PARTICIPLE = "atdQj&'oip"
_NUMBERS = dict.fromkeys("12345678", "n") | dict.fromkeys("09/", "#")


def tag_words(sentence: Sentence, quantities: Sequence[Quantity]) -> str:
    """The tags of a sentence, with every word as noun n, name N, adjective j, verb v, participle g or adverb e.

    Nouns of time are T, numbers that are no quantities part of a name (#), and the words of a quantity Q. A dash
    is a comma, and the full stop of an abbreviation ˙.
    """
    parts = list(sentence.tags)
    _mark_quantities(parts, sentence, quantities)
    _decide(parts, sentence)
    if sentence.cues & cues.TEMPORAL:
        _mark_times(parts, sentence.lower)
    if "&" in sentence.words:
        _mark_ampersands(parts, sentence)
    if "/" in sentence.words:
        _mark_slashes(parts, sentence)
    if "." in parts[1:-1]:
        _mark_abbreviations(parts, sentence)
    if "v" not in parts:
        _find_verb(parts, sentence)
    return _compounded(parts, sentence) if "-" in parts else "".join(parts)


def _mark_quantities(parts: list[str], sentence: Sentence, quantities: Sequence[Quantity]) -> None:
    """Quantities with their modifiers, but for verbs ("exceeds"), and with words of size ("a record $5m")."""
    sizes = lexicon.words("phrases", "sizes")
    for quantity in quantities:
        first = quantity.outer_first
        for i in range(first, quantity.first):
            said = parts[i] in "nN" and look_up(sentence.lower[i]).verb
            if not said or sentence.tags[i - 1 : i] == "a" or sentence.words[i + 1] == "-":
                parts[i] = "Q"
        if quantity.kind != "count" and first and sentence.lower[first - 1] in sizes:
            parts[first - 1] = "Q"
            if first > 1 and parts[first - 2] == "a":
                parts[first - 2] = "Q"
        parts[quantity.first : quantity.last] = "Q" * (quantity.last - quantity.first)


def _decide(parts: list[str], sentence: Sentence) -> None:
    """Put the part of speech of each word in the place of its tag, from left to right."""
    lower, tags, last = sentence.lower, sentence.tags, len(parts) - 1
    adjectives = lexicon.words("phrases", "adverb_or_adjective")
    modals = lexicon.words("phrases", "modals")
    previous = "."
    for i, tag in enumerate(parts):
        if tag == "N" and previous != ".":
            pass
        elif tag in "nN":
            word = lower[i]
            part, traits = _KNOWN[word]
            if not part or previous == "Q" or tag == "N":
                if previous == "v" and tags[i - 1] != "v":
                    previous = "V"
                elif previous == "v" and lower[i - 1] in modals:
                    previous = "→"
                elif previous == "Q" and lower[i - 1] == "old" and word.endswith("s"):
                    previous = "O"
                elif previous == "e" and i > 1 and parts[i - 2] in "atdoi":
                    previous = parts[i - 2]  # "the newly formed club"
                plural = previous in "nN" and is_plural(lower[i - 1])
                following = _following(parts, lower, i)
                if (
                    following == "Q"
                    and previous == "n"
                    and word.endswith("s")
                    and _is_object(parts, sentence, i)
                ):
                    following = "."
                part = _part_of_speech(traits, tag, previous, following, plural)
                if part == "n" and previous in "nN" and "v" in traits and _is_helped(parts, lower, i):
                    part = "v"
                if part == "n" and previous == "j" and following in "Qq" and _is_cost(traits, lower[i - 1]):
                    parts[i - 1], part = "n", "v"
                if part == "j" and parts[i - 1] == "e" != previous and lower[i - 1].endswith("ly"):
                    parts[i - 1] = "j"
            parts[i] = part
        elif tag in _NUMBERS:
            parts[i] = "v" if tag == "8" and lower[i].endswith("ed") else _NUMBERS[tag]
            if lower[i] == "once":
                parts[i] = "e"
            elif tag == "4" and lower[i].endswith(("th", "rd")):
                parts[i] = "°"
        elif tag == '"' and previous in "nN" and _is_possessive(sentence, i):
            parts[i] = "'"
        elif (
            tag == "e"
            and previous in "atdQ'"
            and lower[i] in adjectives
            and i < last
            and parts[i + 1] in "nN"
        ):
            parts[i] = "j"
        elif tag == "d" and previous in "nN" and _begins_relative(parts, lower, i):
            parts[i] = "r"
        elif tag == "i" and lower[i] == "worth" and lower[i - 1] in ("net", "total"):
            parts[i] = "n"
        previous = parts[i]


def _is_possessive(sentence: Sentence, i: int) -> bool:
    """Whether token i is the apostrophe of a plural: "the members' votes"."""
    sign = sentence.words[i]
    follows = sentence.tags[i + 1 : i + 2] in ("n", "N") and not sentence.glued(i + 1)
    after_s = sentence.glued(i) and sentence.lower[i - 1].endswith("s")
    return sign in ("'", "’") and follows and after_s and not {"'", "‘"} & set(sentence.words[:i])


def _is_cost(traits: str, before: str) -> bool:
    """Whether a form in -s before a quantity is a verb, its noun being taken for an adjective: "a flat costs £5"."""
    return {"v", "s"}.issubset(traits) and look_up(before).noun


def _is_helped(parts: list[str], lower: list[str], i: int) -> bool:
    """Whether a bare form before a noun is what "help" or "helped" is to: "helped the mill boost income"."""
    if parts[i + 1 : i + 2] not in (["n"], ["N"], ["a"], ["t"]) or lower[i].endswith("s"):
        return False
    k = i - 1
    while k > 0 and parts[k] in "nNjatd'°":
        k -= 1
    return k < i - 1 and lower[k] in _HELPS and not (parts[k + 1] == "n" and look_up(lower[k + 1]).verb)


_HELPS = frozenset(["help", "helps", "helped", "helping"])


def _begins_relative(parts: list[str], lower: list[str], i: int) -> bool:
    """Whether "that" after a noun is the subject of a verb, which an article or a number follows: "races that entail a swim"."""
    if lower[i] != "that" or i + 2 >= len(parts) or parts[i + 1] != "n":
        return False
    return look_up(lower[i + 1]).verb and parts[i + 2] in "atdQ"


def _is_object(parts: list[str], sentence: Sentence, i: int) -> bool:
    """Whether the nouns that end before word i are the object of a verb: "cut interest rates 1%"."""
    k = i - 1
    while k > 0 and parts[k] in "njtad":
        k -= 1
    return parts[k] == "v" and sentence.tags[k] == "n" and sentence.lower[k] in directions()


def _following(parts: list[str], lower: list[str], i: int) -> str:
    """What stands after word i: its tag, or v for a verb, l for an adverb, w for a time and q for "at" and a quantity."""
    if i + 1 >= len(parts):
        return "."
    following = parts[i + 1]
    second = parts[i + 2] if i + 2 < len(parts) else "."
    if following == "n":
        certain, traits = _KNOWN[lower[i + 1]]
        if "V" in traits or ("v" in traits and "n" not in traits):
            return "v"
        if second == "Q" and "D" in traits:
            return "v"
        return "l" if certain == "e" else following
    changes = following in "b→←" and lower[i] in directions()
    level = following in "ib→←" and lower[i] in lexicon.words("entities", "measuring_verbs")
    if second == "Q" and (changes or level):
        return "q"  # "the fund stands at $4bn"
    if following == "e" and second == "n" and look_up(lower[i + 2]).verb and lower[i].endswith("s"):
        return "l"  # "prices still hold at"
    if following == "d" and lower[i + 1] == "such":
        return "."  # "firms such as"
    if following == "d" and second != "." and lower[i + 2] in lexicon.words("phrases", "temporal"):
        return "w"
    return following


def _mark_times(parts: list[str], lower: list[str]) -> None:
    """Nouns of time, unless they are part of another noun or measured: "year levels", "a time of 5 minutes"."""
    temporal = lexicon.words("phrases", "temporal")
    for i, word in enumerate(lower):
        if word in temporal and parts[i] in "nN":
            which = i > 0 and lower[i - 1] in WHICH
            if which:
                parts[i - 1] = "j"
            if which or i + 1 == len(parts) or parts[i + 1] not in "no-":
                parts[i] = "T"


def _find_verb(parts: list[str], sentence: Sentence) -> None:
    """The verb of a sentence that seems to have none: what can be one and agrees with the noun before it.

    "80% of surfers visit", "the review forecasts growth".
    """
    for i in range(1, len(parts) - 1):
        if parts[i - 1] == parts[i] == sentence.tags[i - 1] == "n" and parts[i + 1] in "ne":
            noun, word = sentence.lower[i - 1], look_up(sentence.lower[i])
            if not word.verb or word.participle or noun in lexicon.words("phrases", "plural_modifiers"):
                continue
            if is_plural(noun) != is_plural(sentence.lower[i]) and _agrees(parts, i):
                parts[i] = "v"
                return


def _agrees(parts: list[str], i: int) -> bool:
    """Whether a noun phrase with an article or a quantity begins before word i: not in a headline or a list."""
    k = i - 1
    while k and parts[k - 1] in "nNj":
        k -= 1
    return k > 0 and parts[k - 1] in "atdoT'"


def _mark_abbreviations(parts: list[str], sentence: Sentence) -> None:
    """Full stops that end no sentence: "Smith Inc. is"."""
    for i, word in enumerate(sentence.lower[:-1]):
        if word == "." and i and parts[i - 1] == "N" and sentence.glued(i):
            parts[i] = "˙"


def _mark_ampersands(parts: list[str], sentence: Sentence) -> None:
    """Names with a sign for "and": "AT&T"."""
    for i, word in enumerate(sentence.words[:-1]):
        if (
            word == "&"
            and i
            and sentence.glued(i)
            and sentence.glued(i + 1)
            and "Q" not in parts[i - 1 : i + 2]
        ):
            parts[i - 1] = parts[i + 1] = "N"


def _mark_slashes(parts: list[str], sentence: Sentence) -> None:
    """Names with a stroke: "the S&P/ASX 200"."""
    for i, word in enumerate(sentence.words[:-1]):
        if (
            word == "/"
            and i
            and sentence.glued(i)
            and sentence.glued(i + 1)
            and parts[i - 1] == parts[i + 1] == "N"
        ):
            parts[i] = "N"


def _compounded(parts: list[str], sentence: Sentence) -> str:
    """The tags with adverbs and prepositions in a hyphenated word as parts of it: "long-term", "start-up"."""
    for k, tag in enumerate(parts):
        if tag == "-" and not (sentence.glued(k) and sentence.glued(k + 1)):
            parts[k] = ","
    for match in _COMPOUND.finditer("".join(parts)):
        k = match.start()
        if parts[k - 1] in "eicp→o&":
            parts[k - 1] = "j"
        if parts[k + 1] in "eicb":
            parts[k + 1] = "n"
        elif parts[k + 1] in "vg" and sentence.tags[k + 1] == "n":
            parts[k + 1] = "j"
    return "".join(parts)


class _Known(dict[str, tuple[str, str]]):
    """What is known of words: the only part of speech that a word can be (n, v, j, e; else empty), and its traits.

    Traits are all that its part of speech can depend on, a letter each; most are those of many words.
    n, v, j, e: it can be a noun, a verb, an adjective, an adverb. p: it is a participle. m: a noun that means several.
    g, d, s: it ends with -ing, -ed, -s. P, V, C, I, D, G, A, J, L: see `_listed`.
    """

    LIMIT = 100_000

    def __missing__(self, word: str) -> tuple[str, str]:
        known = look_up(word)
        parts = "".join(compress("nvje", known))
        ending = (
            "g" if word.endswith("ing") else "d" if word.endswith("ed") else "s" if word[-1] == "s" else ""
        )
        several = "m" if is_plural(word) else ""
        participle = "p" if known.participle else ""
        if len(self) >= self.LIMIT:
            self.clear()
        listed = _listed().get(word, "")
        depends = participle or not {"J", "L"}.isdisjoint(listed)
        found = self[word] = (
            parts if len(parts) == 1 and not depends else "",
            parts + participle + several + ending + listed,
        )
        return found


_KNOWN = _Known()


@cache
def _listed() -> dict[str, str]:
    """The lexicon's verbs in the past (P), those seldom nouns (V), after a count (C) and before an infinitive (I),
    its words of change (D), nouns in -ing (G), forms in -ing that describe (A), adjectives that are no nouns (J),
    and participles without an ending (L)."""
    listed: dict[str, str] = {}
    for letter, words in (
        ("P", lexicon.words("phrases", "past")),
        ("V", lexicon.words("phrases", "verbs")),
        ("C", lexicon.words("phrases", "after_count")),
        ("I", lexicon.words("phrases", "before_infinitive")),
        ("D", directions()),
        ("G", lexicon.words("phrases", "gerunds")),
        ("A", lexicon.words("phrases", "attributive")),
        ("J", lexicon.words("phrases", "adjectives")),
        ("L", lexicon.words("phrases", "irregular_participles")),
    ):
        for word in words:
            listed[word] = listed.get(word, "") + letter
    return listed


@lru_cache(maxsize=32768)
def _part_of_speech(traits: str, tag: str, previous: str, following: str, after_plural: bool) -> str:
    """What a word is between its neighbours' tags: noun n, name N, adjective j, verb v, participle g, adverb e."""
    if tag == "N" and previous != ".":
        return "N"
    noun, verb, adjective = "n" in traits, "v" in traits, "j" in traits
    if ("J" in traits and following not in ".,oibe") or (
        "L" in traits and previous in "oib" and following in "nN"
    ):
        return "j"
    gerund = noun and (
        previous in "atdo"
        or ("g" in traits and (following == "o" or previous == "j" or (previous == "." and following == "i")))
    )
    if "g" in traits and previous in "nNj." and following == "v":
        return "n"  # "consumer spending grew"
    if "G" in traits and previous != "v":
        acts = following in "atdQq$h" or (previous == "i" and following == "e")
        acts = acts or (following in "nNj" and previous != ".")  # but "Borrowing costs rose"
        if not acts:
            return "n"
    describes = adjective or "A" in traits
    if "p" in traits and describes and not gerund and previous in "oib" and following in "nNj":
        return "j"  # "an index of leading shares"
    if "p" in traits and not gerund:
        return (
            "j"
            if previous in (_BEFORE_PARTICIPLE if "d" in traits else "atdQj&'") and following in "nNj"
            else "g"
            if "g" in traits
            or previous == "v"
            or (previous == "," and following != "Q" and not (following == "q" and "D" in traits))
            else "v"
        )
    if previous == "Q" and verb and "s" in traits and following in ".,&)":
        return "n"  # "31 points and 11 assists"
    if verb and not noun and not adjective:
        return "v"
    if previous == "e" and noun and "P" in traits:
        return "v"
    if previous == "→" and verb and not noun and following not in "nNj":
        return "v"
    if previous == "Q" and (
        "C" in traits
        or ("V" in traits and "s" not in traits and following in ("NatdhQn" if "P" in traits else "NatdhQ"))
        or (verb and not noun and following in "ib")
        or (verb and following in "atdhQqe" and "P" in traits)
    ):
        return "v"
    if previous == "O" and verb and "s" in traits:
        return "v" if "V" in traits or following in "atdh→" else "n"  # "the 60-year-old works the land"
    if verb and noun:
        if _is_verb(traits, previous, following, after_plural):
            return "v"
        return "N" if tag == "N" else "n"
    if verb and previous in "nN#)" and following in "Qqatd$h":
        return "v"
    if adjective and (not noun or (following in "nNj" and "s" not in traits)):
        return "j"
    if "e" in traits and not noun:
        return "e"
    return "N" if tag == "N" else "n"


def _is_verb(traits: str, previous: str, following: str, after_plural: bool) -> bool:
    """Whether a word that can be noun or verb is a verb between these tags."""
    if previous == "→":
        return "m" not in traits
    if previous in "hvr" or (previous == "e" and following in "atQq@i"):
        return True
    if previous == "e" and "V" in traits:
        return True
    if "D" in traits and previous in "nN#·˙)jm,-" and following in "Qqeb→≥←↔":
        return True
    if previous == "," and ("s" in traits or "P" in traits):
        return following in "Qqatde"
    if previous not in "nN#·˙)":
        return False
    if following == "→" and "I" in traits and ("s" in traits or after_plural):
        return True
    if "P" in traits and previous == following == "N":
        return True  # "Lee beat Ortiz"
    if "P" in traits:
        return following in "atQqd@$ehi→b≥.,←↔" or (after_plural and following in "nNj")
    if "V" in traits:
        return True
    if "s" in traits:
        return following in "atdQq@$eh≥c"
    return after_plural and following in "atdQq@$h↔←≥"

"""Modifiers: what the words beside a quantity do to it, from the truth table in lexicon/modifiers.toml."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction.phrases import Phrases

if TYPE_CHECKING:
    from pipeline.extraction.quantity import Quantity
    from pipeline.extraction.tokens import Sentence
    from pipeline.lexicon import ModifierEntry


# Of races on tracks and in pools, in metres.
_DISTANCES = frozenset([50, 60, 100, 200, 400, 800, 1000, 1500, 3000, 5000, 10000])


@cache
def phrases_before() -> Phrases[ModifierEntry]:
    """The phrases that stand before a number, in lower case."""
    return Phrases((phrase, entry) for entry in lexicon.modifiers() for phrase in entry.before)


@cache
def phrases_after() -> Phrases[ModifierEntry]:
    """The phrases that stand after a number and its unit."""
    return Phrases((phrase, entry) for entry in lexicon.modifiers() for phrase in entry.after)


def modify(sentence: Sentence, quantity: Quantity) -> None:
    """Set the modifier, its words and the bound of a quantity from the phrases straight before and after it.

    Several may stand in a row ("just over", "at least another"): the nearest that says more than "exact" counts.
    """
    number = first = max(quantity.first, quantity.valued_at)
    chosen: ModifierEntry | None = None
    for _ in range(3):
        found = phrases_before().before(sentence.lower, first)
        if found is None:
            break
        entry, start = found
        if _is_other(sentence, quantity, start, first):
            break
        if chosen is None or (chosen.meaning in ("exact", "approximate") and entry.meaning != "exact"):
            chosen = entry
        first = start
    if chosen is not None:
        quantity.modifier_first = min(first, quantity.first)
        quantity.modifier_text = sentence.phrase(first, number)
    after = phrases_after().at(sentence.lower, quantity.last)
    if (
        after is not None
        and (chosen is None or chosen.meaning == "exact")
        and _stands_after(sentence, quantity, after[1])
    ):
        chosen = after[0]
        quantity.modifier_text = sentence.phrase(quantity.last, after[1])
    if chosen is None or chosen.meaning == "exact":
        return
    if quantity.value is None:
        return
    quantity.modifier = chosen.meaning
    if chosen.bound == "low":
        quantity.low = quantity.value
    elif chosen.bound == "high":
        quantity.high = quantity.value


def inherit(quantity: Quantity, main: Quantity) -> None:
    """Give a quantity the modifier of the one that it repeats: "more than 100 km (60 miles)"."""
    if quantity.value is None or main.modifier in ("range", "vague"):
        return
    quantity.modifier, quantity.modifier_text = main.modifier, main.modifier_text
    quantity.low = quantity.value if main.low is not None else None
    quantity.high = quantity.value if main.high is not None else None


def _is_other(sentence: Sentence, quantity: Quantity, start: int, end: int) -> bool:
    """Whether the words modify nothing here: "went up to 5%", "over two days"."""
    before = sentence.lower[start - 1] if start else ""
    words = sentence.lower[start:end]
    if words == ["up", "to"]:
        return before in lexicon.words("times", "moving_verbs")
    if words == ["over"] and before in lexicon.words("modifiers", "handed"):
        return True  # "handed over $5m"
    if words == ["over"] and quantity.unit == "meter" and quantity.value in _DISTANCES:
        return sentence.says_any(lexicon.words("lengths", "races"))  # "won over 1500m"
    if (
        quantity.kind != "duration"
        or len(words) > 1
        or words[0] not in lexicon.words("modifiers", "prepositions")
    ):
        return False
    return before not in lexicon.words("modifiers", "unless_after")


def _stands_after(sentence: Sentence, quantity: Quantity, end: int) -> bool:
    word = sentence.lower[quantity.last]
    if word in ("plus", "+", "odd"):
        return sentence.glued(quantity.last) or (word == "+" and sentence.tags[end : end + 1] in ("n", ""))
    return True

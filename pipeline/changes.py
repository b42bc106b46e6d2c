"""Rises and falls: "rose 3%", "down 19 cents", "a 3 percent drop", "increased by $43.6bn"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.combinations import directions

if TYPE_CHECKING:
    from pipeline.quantity import Quantity
    from pipeline.tokens import Sentence
    from pipeline.types import Change

_BETWEEN = frozenset(
    [
        "by",
        "a",
        "an",
        "about",
        "another",
        "further",
        "some",
        "around",
        "nearly",
        "almost",
        "more",
        "than",
        "over",
        "least",
        "at",
        "up",
        "as",
        "much",
        "to",
        "just",
        "only",
        "even",
        "slightly",
        "sharply",
        "overnight",
        "the",
        "extra",
        "additional",
    ]
)


def mark_changes(sentence: Sentence, quantities: list[Quantity]) -> None:
    """Set `change` on quantities that are the amount of a rise or fall."""
    previous: Quantity | None = None
    for quantity in quantities:
        if quantity.change != "level" or quantity.kind in ("age", "ratio"):
            continue
        direction = _before(sentence, quantity) or _restated(sentence, quantity, previous)
        previous = quantity
        if direction is not None:
            quantity.change = direction


def _restated(sentence: Sentence, quantity: Quantity, previous: Quantity | None) -> Change | None:
    """ "lost 190 points, or 0.6%": the same change in another unit."""
    if previous is None or previous.change == "level" or previous.unit == quantity.unit:
        return None
    between = sentence.lower[previous.last : quantity.outer_first]
    return previous.change if between in (["or"], [",", "or"]) else None


def _before(sentence: Sentence, quantity: Quantity) -> Change | None:
    first = quantity.outer_first
    k = first - 1
    if k >= 0 and sentence.lower[k] == "by":
        for j in range(k - 1, max(-1, k - 5), -1):
            direction = directions().get(sentence.lower[j])
            if direction is not None:
                return direction
        return None
    steps = 0
    while k >= 0 and steps < 2:
        word = sentence.lower[k]
        direction = directions().get(word)
        if direction is not None:
            if (
                word in ("up", "down")
                and k
                and sentence.lower[k - 1] in lexicon.words("times", "particle_verbs")
            ):
                return None
            if quantity.kind == "money" and word in ("raise", "raised", "raises", "raising"):
                return None
            if quantity.kind == "duration" or (
                word
                in (
                    "up",
                    "lower",
                    "higher",
                    "hike",
                    "raise",
                    "raised",
                    "cut",
                    "cuts",
                    "add",
                    "added",
                    "adds",
                    "lose",
                    "lost",
                    "loses",
                    "losing",
                )
                and quantity.kind == "count"
            ):
                return None
            return direction
        if not word.endswith("ly") and word not in ("another", "further", "a", "an", "as"):
            return None
        k -= 1
        steps += 1
    return None

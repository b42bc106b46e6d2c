"""Rises and falls: "rose 3%", "down 19 cents", "a 3 percent drop", "increased by $43.6bn"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.combinations import directions

if TYPE_CHECKING:
    from pipeline.amounts import Quantity
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
    for quantity in quantities:
        if quantity.change != "level" or quantity.kind in ("age", "ratio"):
            continue
        direction = _before(sentence, quantity)
        if direction is not None:
            quantity.change = direction


def _before(sentence: Sentence, quantity: Quantity) -> Change | None:
    first = quantity.modifier_first if quantity.modifier_first >= 0 else quantity.first
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

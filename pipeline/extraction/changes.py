"""Rises and falls: "rose 3%", "down 19 cents", "increased by $43.6bn", "lost 70 points, or 0.4%"."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction.combinations import directions
from pipeline.extraction.parts_of_speech import look_up

if TYPE_CHECKING:
    from pipeline.extraction.quantity import Quantity
    from pipeline.extraction.tokens import Sentence
    from pipeline.types import Change

_BY_WINDOW = 4
_FILLERS = 2
_GAP = 8
_RESTATED = 3
_OBJECT = 3
_CLAUSE = frozenset("v.:r")
# Between two changes that one verb tells: where the first was, and what else changed.
_GAPPED = re.compile(r"(?:i[tad]?[nNmw]{1,3})?(?:,&?|&)(?P<noun>[tad]?[nN#·]{0,4})b?")
_ENDS_CHANGE = frozenset(["", ".", ",", "i", "b", "c", "&", "e", "m", "w"])


def mark_changes(sentence: Sentence, quantities: list[Quantity]) -> None:
    """Set `change` on quantities that are the amount of a rise or fall."""
    previous: Quantity | None = None
    for quantity in quantities:
        if quantity.change == "level" and quantity.kind not in ("age", "ratio", "duration"):
            quantity.change = (
                _changed_by(sentence, quantity, previous)
                or _changed(sentence, quantity)
                or _changed_after(sentence, quantity)
                or _restated(sentence, quantity, previous)
                or _gapped(sentence, quantity, previous)
                or "level"
            )
        main = quantity.gloss_of
        if main is not None and main.from_value is None:
            quantity.change = main.change
        previous = quantity


def _changed_after(sentence: Sentence, quantity: Quantity) -> Change | None:
    """ "closed 2% lower", "was 3% up at 340p": a direction after a share or amount, and nothing that it describes."""
    if quantity.kind not in ("share", "money") and quantity.unit != "point":
        return None
    word = sentence.lower[quantity.last] if quantity.last < len(sentence.lower) else ""
    directed = word in lexicon.words("changes", "after") or (
        word in ("up", "down")
        and quantity.unit == "percent"
        and sentence.tags[quantity.outer_first - 1] == "v"
    )
    following = sentence.tags[quantity.last + 1 : quantity.last + 2]
    return directions()[word] if directed and following in _ENDS_CHANGE else None


def _changed_by(sentence: Sentence, quantity: Quantity, previous: Quantity | None) -> Change | None:
    """ "grew by 3%", "fell sharply by 3%", and "exports by 5%" after it."""
    by = quantity.outer_first - 1
    if by < 0 or sentence.lower[by] != "by":
        return None
    words = reversed(sentence.lower[max(0, by - _BY_WINDOW) : by])
    said = next((directions()[word] for word in words if word in directions()), None)
    if (
        said is None
        and previous is not None
        and previous.change != "level"
        and previous.unit == quantity.unit
    ):
        between = sentence.tags[previous.last : by]
        if len(between) <= _GAP and not set(between) & _CLAUSE:
            return previous.change
    return said


def _changed(sentence: Sentence, quantity: Quantity) -> Change | None:
    """ "rose 3%", "was down another 3%": a word of change before, with few words between."""
    if sentence.lower[quantity.outer_first] == "to":
        return None  # "rose to more than 60" is a level
    k = quantity.outer_first - 1
    if quantity.kind == "share":
        k = _before_object(sentence, k)
    for _ in range(_FILLERS):
        if k < 0:
            return None
        word = sentence.lower[k]
        if word in directions():
            return None if _means_otherwise(sentence, quantity, k) else directions()[word]
        if not word.endswith("ly") and word not in lexicon.words("changes", "between"):
            return None
        k -= 1
    return None


def _before_object(sentence: Sentence, k: int) -> int:
    """Where a verb of change stands whose object ends at token k: "lifted interest rates 0.2%"; else k."""
    verb = k
    while (
        verb > k - _OBJECT
        and verb > 0
        and sentence.tags[verb] == "n"
        and sentence.lower[verb] not in directions()
    ):
        verb -= 1
    transitive = sentence.lower[verb] in lexicon.words("changes", "transitive")
    return verb if verb < k and transitive and sentence.tags[verb] == "n" else k


def _means_otherwise(sentence: Sentence, quantity: Quantity, k: int) -> bool:
    """Whether the word of change at token k is none here: "make up 14%", "raised $5m", "lost two players"."""
    word = sentence.lower[k]
    attributive = (
        not (quantity.unit_text or "s").endswith("s")
        and sentence.tags[quantity.last : quantity.last + 1] == "n"
    )
    if quantity.kind == "measure" and attributive and word in lexicon.words("changes", "of_things"):
        return True  # "added a 30 yard run"
    ends = k > 0 and sentence.lower[k - 1] == "ended" and (word == "down" or quantity.kind == "share")
    if word in ("up", "down") and k and sentence.lower[k - 1] in lexicon.words("times", "particle_verbs"):
        return not ends  # "the index ended down 1%"
    if quantity.kind == "money":
        return word in lexicon.words("changes", "collecting")
    return quantity.kind == "count" and word in lexicon.words("changes", "of_things")


def _restated(sentence: Sentence, quantity: Quantity, previous: Quantity | None) -> Change | None:
    """ "lost 70 points, or 0.4%": the same change in another unit."""
    if previous is None or previous.change == "level" or previous.unit == quantity.unit:
        return None
    between = sentence.lower[previous.last : quantity.outer_first]
    repeats = between[-1:] == ["or"] and len(between) <= _RESTATED
    return previous.change if repeats and "v" not in sentence.tags[previous.last : quantity.first] else None


def _gapped(sentence: Sentence, quantity: Quantity, previous: Quantity | None) -> Change | None:
    """ "wheat rose 3%, barley 2%", "fell 5% in Rome and 3% in Nice": one verb for both."""
    if previous is None or previous.change == "level" or previous.unit != quantity.unit:
        return None
    if quantity.unit is None or previous.to_value is not None:
        return None
    between = _GAPPED.fullmatch(sentence.tags, previous.last, quantity.outer_first)
    if between is None or sentence.tags[quantity.last : quantity.last + 1] not in _ENDS_CHANGE:
        return None
    others = sentence.lower[between.start("noun") : between.end("noun")]
    acts = any((word := look_up(other)).verb and not word.noun for other in others)
    return None if acts else previous.change

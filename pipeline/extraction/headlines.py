"""Who says it in headlines and key points: "Minister: 40 dead", "40 dead in ferry fire - police"."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from pipeline import lexicon
from pipeline.lexicon import any_of

# A label has at most so many characters.
_LONGEST_LABEL = 60


class Label(NamedTuple):
    """A speaker at the head or the end of a headline: where the name stands, and what it says."""

    name: tuple[int, int]
    said: tuple[int, int]


def label(text: str, start: int, end: int) -> Label | None:
    """The label of a line without a stop that names who says the rest of it, if it names one who surely speaks."""
    if text[end - 1] in ".!?…":
        return None
    colon = text.find(": ", start, start + _LONGEST_LABEL)
    if 0 < colon < end:
        quoted = text.startswith(("'", "‘", "“", '"'), colon + 2)
        if (_quoting() if quoted else _speaker()).fullmatch(text, start, colon):
            return Label((start, colon), (colon + 2, end))
    mark = _MARK.search(text, max(start, end - _LONGEST_LABEL), end)
    if mark and _speaker().fullmatch(text, mark.end(), end):
        return Label((mark.end(), end), (start, mark.start()))
    return None


# The last colon or dash.
_MARK = re.compile(r"(?:: | [-–—] )(?=[^:–—]*\Z)")


@cache
def _speaker() -> re.Pattern[str]:
    """A phrase with the head of one who speaks in labels, or a body's name: "Norland health officials", "UN"."""
    words = lexicon.read("attribution")["labels"]
    return re.compile(rf"(?:[\w’'.&-]+ ){{0,4}}(?i:{any_of(words['speakers'])})|(?:{any_of(words['names'])})")


@cache
def _quoting() -> re.Pattern[str]:
    """What may stand before a colon and a quotation: a label as above, or any name of up to three words."""
    return re.compile(rf"{_speaker().pattern}|[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){{0,2}}")

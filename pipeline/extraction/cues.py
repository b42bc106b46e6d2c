"""Words that tell what a sentence can hold. A stage or rule that finds nothing without one of its words has a cue here.

A cue is a bit. Each token has the bits of the cues that it is a word of (see tokens.py), and a sentence those of all
its tokens: so one look tells what need not be searched for.
"""

from __future__ import annotations

from functools import cache

from pipeline import lexicon
from pipeline.extraction import numerals
from pipeline.lexicon import plural

(
    SPEECH,
    TIME,
    MODALITY,
    CONTRACTED,
    TEMPORAL,
    LABEL,
    LAST,
    ONE,
    ERA,
    FRACTION,
    AGED,
    CLOCK,
    PICTURE,
    SLASHED,
    AT,
    SIDES,
    HEIGHT,
    LENS,
    FOR,
    OUT,
    MONEY_STAGE,
) = (1 << bit for bit in range(21))

_ERAS = ["ad", "bc", "bce", "ce", "a.d.", "b.c.", "b.c.e.", "c.e."]


@cache
def of_words() -> dict[str, int]:
    """The cues that a word, in lower case, is one of."""
    cues: dict[str, int] = {}
    for cue, words in (
        (SPEECH, _speech()), (TIME, _time()), (MODALITY, _modality()),
        (TEMPORAL, lexicon.words("phrases", "temporal")), (LABEL, lexicon.words("labels", "words")),
        (LAST, lexicon.words("labels", "last")), (ONE, {"one"}), (ERA, frozenset(_ERAS)),
        (FRACTION, frozenset(numerals.words().fractions)), (AGED, {"aged", "age", "ages", "turned", "turns"}),
        (CLOCK, {"o'clock", "o’clock", "past"}), (PICTURE, {"k"}), (AT, {"at"}), (SIDES, {"by", "x", "×"}),
        (HEIGHT, {"foot", "feet", "ft", "stone", "metre", "meter", "m"}), (LENS, {"f"}),
        (FOR, {"for"}), (OUT, lexicon.words("scores", "out")), (MONEY_STAGE, _money_stages()),
    ):  # fmt: skip
        for word in words:
            cues[word] = cues.get(word, 0) | cue
    return cues


def _speech() -> set[str]:
    """The longest word of every cue of attribution."""
    entries = lexicon.read("attribution")
    verbs: dict[str, list[str]] = entries["verbs"]
    every = [*entries["prepositions"]["cues"], *(cue for kind in verbs.values() for cue in kind)]
    return {max(cue.split(), key=len) for cue in every}


def _time() -> set[str]:
    """Words of which every time expression has one, if it has no year or date."""
    words = lexicon.read("times")
    phrases = words["phrases"]
    unresolved = [word for phrase in phrases["unresolved"] for word in phrase.split() if len(word) > 6]
    days = [
        word for name in ("today", "yesterday", "tomorrow") for day in phrases[name] for word in day.split()
    ]
    return {
        *words["units"],
        *(plural(unit) for unit in words["units"]),
        *words["anchors"],
        *unresolved,
        *(word for word in days if word not in ("this", "last")),
        *words["months"],
        *words["weekdays"],
        *words["undated"]["seasons"],
        *(feast.lower() for feast in words["undated"]["feasts"]),
        *("centuries", "currently", "recently", "q1", "q2", "q3", "q4"),
    }


def _money_stages() -> set[str]:
    """The first word of what tells how far money has come."""
    stages = [entry for entry in lexicon.read("money_stages").values() if "verbs" in entry]
    return {cue.partition(" ")[0] for entry in stages for cues in entry.values() for cue in cues}


def _modality() -> set[str]:
    """The first word of every cue of modality."""
    entries = lexicon.read("modality")
    kinds = [entries[name] for name in ("target", "forecast", "hypothetical", "denied")]
    return {cue.split()[0] for kind in kinds for place in ("before", "after") for cue in kind.get(place, ())}

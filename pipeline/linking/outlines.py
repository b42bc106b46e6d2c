"""What of a claim's identity is quickly looked at, as numbers: a score that comparing two claims does not exceed.

Most figures that a claim is compared with have another value, and most other values are too far away for one figure,
whatever the words say. So they need not be read, nor the words be set side by side.
"""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np

from pipeline.linking.comparison import MODES, WITH_OTHER_VALUE
from pipeline.linking.identity import Identity

# Twice the float noise that is allowed where values are compared: what is told apart here is so there.
NOISE = 2e-9
# A ratio of values, as its logarithm, from which on they are apart; at most so much of it counts.
DOUBLE, TENFOLD, FARTHEST = 0.301 + NOISE, 1.0 + NOISE, 1.5
HEADS = ("same head", "people", "head named", "other head", "no head")
BITS_OF_A_SET = 64

Numbers: TypeAlias = np.ndarray[Any, np.dtype[Any]]

OUTLINE = np.dtype(
    [
        *((name, "f8") for name in ("near_low", "near_high", "low", "high", "size")),
        *((name, "u8") for name in ("kinds", "exclusive")),
        *((name, "u4") for name in ("head", "template", "passage", "event_day", "flags", "claim")),
    ]
)
SIZE = OUTLINE.itemsize
PACKED, NUMBER = struct.Struct("=5d2Q6I"), struct.Struct("=I")

# Evidence that follows from a flag that one of the two has and the other has not; both ways, of two flags.
OF_ONE_ALONE = (
    "part of one",
    "increment of one",
    *(f"{mode} and not" for mode in MODES),
    "period of one alone",
    "role of one alone",
    "quarter of one alone",
    "plan and fact",
)
# Evidence that there can only be if one of the two has the flag.
OF_EITHER = (
    "moved as told",
    "words of change",
    "correction",
    "starts from that value",
    "in place of that number",
)
PERIOD, QUARTER = (1 << OF_ONE_ALONE.index(name) for name in ("period of one alone", "quarter of one alone"))
EITHER = len(OF_ONE_ALONE)
EXCLUDING = EITHER + len(OF_EITHER)
EARLIER, POSITIVE, NEGATIVE = (1 << EXCLUDING + n for n in range(3))
OTHERWISE_KNOWN = (
    "start",
    "same kind",
    "same period",
    "same quarter",
    "same day told",
    "said again in one passage",
    "in its place in one passage",
    "told by another in one passage",
    "one story, one exclusive kind",
    "one story, one kind that moved",
    "same sentence but for numbers",
    "value that a bound allows",
    "value apart",
    "value apart beyond double",
    "value apart while it develops",
    "value ten times as large",
)


def outline(identity: Identity) -> bytes:
    """The outline of a claim, one `OUTLINE`, without the claim's number."""
    near, interval, anchor = identity.near, identity.interval, identity.anchor
    groups = {group for group, _ in identity.kinds}
    flags = (
        identity.part,
        identity.increment,
        *(identity.mode == mode for mode in MODES),
        identity.period is not None,
        "role" in groups,
        "quarter" in groups,
        identity.modality == "planned",
        identity.direction != 0,
        identity.updates,
        identity.corrects,
        identity.start is not None,
        bool(identity.replaced),
        identity.earlier,
        bool(anchor and anchor > 0),
        bool(anchor and anchor < 0),
    )
    return PACKED.pack(
        near.low,
        near.high + NOISE * abs(near.high),
        interval.low,
        interval.high + NOISE * abs(interval.high),
        math.log10(abs(anchor)) if anchor else 0.0,
        _mask(identity.kinds),
        _mask(identity.exclusive),
        0 if identity.head is None else crc32(identity.head.encode()),
        # A sentence that is the same but for numbers says so only on the same day.
        crc32(f"{identity.template}\n{identity.day}".encode()),
        crc32(identity.passage_id.encode()),
        identity.event_day.toordinal() if identity.event_day else 0,
        sum(1 << place for place, flag in enumerate(flags) if flag),
        0,
    )


def numbered(outlined: bytes, claim: int) -> bytes:
    """The outline with the number of its claim."""
    return outlined[: -NUMBER.size] + NUMBER.pack(claim)


def _mask(pairs: tuple[tuple[str, str], ...]) -> int:
    """A set of pairs as 64 bits: sets that share a pair share a bit."""
    mask = 0
    for pair in pairs:
        mask |= 1 << _bit(pair)
    return mask


@cache
def _bit(pair: tuple[str, str]) -> int:
    return crc32(" ".join(pair).encode()) % BITS_OF_A_SET


@dataclass(frozen=True)
class Odds:
    """The most that evidence can add up to, in log-odds, for claims of one kind whose values differ.

    `always` is what there may be of what an outline does not tell; `same_head` may come on top where the heads are
    the same; the tables are looked up by the flags that one alone has, and by those that either has.
    """

    always: float
    same_head: float
    one_alone: Numbers
    either: Numbers


@cache
def _odds(kind: str) -> Odds:
    weights = WITH_OTHER_VALUE
    known = {*OTHERWISE_KNOWN, *OF_ONE_ALONE, *OF_EITHER}
    heads = {h: weights.get(h, 0.0) + weights.get(f"{h} of a {kind}", 0.0) for h in HEADS}
    best = max(heads[h] for h in HEADS if h != "same head")
    rest = sum(w for name, w in weights.items() if w > 0 and name not in known and not name.startswith(HEADS))
    return Odds(
        weights["start"] + rest + best,
        max(heads["same head"] - best, 0.0),
        _sums([weights.get(name, 0.0) for name in OF_ONE_ALONE]),
        _sums([_most(name) for name in OF_EITHER]),
    )


def _most(name: str) -> float:
    return max(WITH_OTHER_VALUE.get(name, 0.0), 0.0)


def _sums(weights: list[float]) -> Numbers:
    """Of each set of flags, as a number, what their weights add up to."""
    return np.array(
        [sum(w for place, w in enumerate(weights) if n >> place & 1) for n in range(1 << len(weights))]
    )


APART, BEYOND_DOUBLE, DEVELOPING, TEN_TIMES = (
    min(WITH_OTHER_VALUE.get(name, 0.0), 0.0)
    for name in (
        "value apart",
        "value apart beyond double",
        "value apart while it develops",
        "value ten times as large",
    )
)
SAME_KIND, SAME_PERIOD, SAME_QUARTER, SAME_DAY, SAME_PASSAGE, SAME_TEMPLATE, BOUND = (
    sum(_most(name) for name in names)
    for names in (
        ("same kind", "one story, one exclusive kind", "one story, one kind that moved"),
        ("same period",),
        ("same quarter",),
        ("same day told",),
        ("said again in one passage", "in its place in one passage", "told by another in one passage"),
        ("same sentence but for numbers",),
        ("value that a bound allows",),
    )
)


def at_most(dimension: str, outlined: bytes, others: Numbers) -> Numbers:
    """Scores that comparing a claim with others of its dimension, given as `OUTLINE`s, does not exceed."""
    (one,) = np.frombuffer(outlined, OUTLINE)
    odds = _odds(dimension.partition(":")[0])
    flags, mine = others["flags"], one["flags"]
    differ, either, both = flags ^ mine, flags | mine, flags & mine
    told = odds.always + odds.one_alone[differ & ((1 << EITHER) - 1)]
    told += odds.either[(either >> EITHER) & ((1 << len(OF_EITHER)) - 1)]
    if one["head"]:
        told += odds.same_head * (others["head"] == one["head"])
    told += SAME_KIND * ((others["kinds"] & one["kinds"]) != 0)
    if mine & PERIOD:
        told += SAME_PERIOD * ((both & PERIOD) != 0)
    if mine & QUARTER:
        told += SAME_QUARTER * ((both & QUARTER) != 0)
    if one["event_day"]:
        told += SAME_DAY * (others["event_day"] == one["event_day"])
    told += SAME_PASSAGE * (others["passage"] == one["passage"])
    told += SAME_TEMPLATE * (others["template"] == one["template"])
    if mine & (POSITIVE | NEGATIVE):
        told += _of_values(one, others)
    told[((differ & EARLIER) != 0) & (others["passage"] != one["passage"])] = -math.inf
    same = (others["near_low"] <= one["near_high"]) & (one["near_low"] <= others["near_high"])
    told[same] = math.inf
    return np.asarray(1 / (1 + np.exp(-told)))


def _of_values(one: np.void, others: Numbers) -> Numbers:
    """What values that differ and have one sign speak against one figure, or for it where a bound allows both."""
    alike = ((others["flags"] ^ one["flags"]) & (POSITIVE | NEGATIVE)) == 0
    ratio = np.abs(others["size"] - one["size"])
    counted = np.minimum(ratio, FARTHEST)
    apart = APART * counted + BEYOND_DOUBLE * (ratio > DOUBLE)
    if one["exclusive"]:
        developing = (others["exclusive"] & one["exclusive"]) != 0
        apart = np.where(developing, np.maximum(apart, DEVELOPING * counted), apart)
    allowed = (ratio <= TENFOLD) & (others["low"] <= one["high"]) & (one["low"] <= others["high"])
    return np.asarray((apart + TEN_TIMES * (ratio > TENFOLD) + BOUND * allowed) * alike)

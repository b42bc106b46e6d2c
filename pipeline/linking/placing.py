"""Placing claims, one after the other in the order in which they became known, into figures.

Each is compared with the figures that share a head noun or a value and at least one word with it; it joins the one
that is left above the threshold, founds a figure of its own if there is none, and waits for a person (and stands alone)
if two are too close to choose between. Nothing that comes later changes what was decided before.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import lru_cache
from hashlib import blake2b, sha256
from itertools import groupby

import numpy as np

from pipeline.linking.comparison import MARGIN, THRESHOLD, Comparison, compare
from pipeline.linking.constraints import Constraints
from pipeline.linking.identity import NAME_MARK, WORD_WEIGHT, Identity, identify, said_in
from pipeline.linking.outlines import OUTLINE, SIZE, at_most
from pipeline.linking.pages import Pages
from pipeline.linking.state import POSTINGS, Figure, Placed, State
from pipeline.linking.vocabulary import Vocabulary

# Figures that a claim is compared with: with other bounds on the work for one claim, the whole grows with the number
# of claims and no faster.
CANDIDATES = 16
# What the mean of a figure's mentions counts for beside the mention that agrees best.
OTHERS = 0.4
# Where the most that a score can be is below the threshold by this much, rounding can't lift the score to it.
ROUNDING = 0.001
# Names of a passage that lead to figures which its other sentences don't name.
MOST_NAMES = 8
# With fewer telling words, common ones lead to figures too.
FEWEST_WORDS = 4
# Characters of a passage that are read for its topic.
LONGEST_TOPIC = 3000

Row = Mapping[str, object]


def known_on(row: Row, pages: Pages) -> str:
    """The day on which a claim became known."""
    published = row["published"]
    day = pages.observed(published if isinstance(published, date) else None, str(row["document_id"]))
    return (day or date.max).isoformat()


class Placing:
    """Puts claims into the figures of a state."""

    def __init__(self, state: State, constraints: Constraints, vocabulary: Vocabulary) -> None:
        """Figures that claims are put into are touched from now on."""
        self.state = state
        self.constraints = constraints
        self.vocabulary = vocabulary
        self.touched: set[int] = set()

    def place(self, rows: Iterable[Row], days: Iterable[str], texts: Mapping[str, str]) -> None:
        """Place claims that come in the order in which they became known, with the days on which they did.

        `texts` has the texts of passages that are new. A claim that repeats another in another unit comes after the
        others of its passage that became known on its day.
        """
        known = zip(rows, days, strict=True)
        for (passage_id, _), claims in groupby(known, key=lambda one: (str(one[0]["passage_id"]), one[1])):
            self._place_passage(passage_id, list(claims), texts)

    def _place_passage(
        self, passage_id: str, claims: Sequence[tuple[Row, str]], texts: Mapping[str, str]
    ) -> None:
        topic = self.state.topic(passage_id)
        if topic is None:
            topic = said_in(texts[passage_id][:LONGEST_TOPIC], self.vocabulary)
            self.state.set_topic(passage_id, topic)
        ids = {row["claim_id"] for row, _ in claims}
        repeats = []
        for row, day in claims:
            target = row.get("gloss_of")
            if (
                target is not None
                and target != row["claim_id"]
                and (target in ids or self._is_placed(target))
            ):
                repeats.append((row, day))
            else:
                self._keep(self._joined(identify(row, self.vocabulary, topic)), row, day)
        for row, day in repeats:
            self._keep(self._repeated(identify(row, self.vocabulary), str(row["gloss_of"])), row, day)

    def _is_placed(self, claim_id: object) -> bool:
        return self.state.figure_of(str(claim_id)) is not None

    def _keep(self, placed: Placed, row: Row, day: str) -> None:
        claim = self.state.place(placed, row, day)
        self.touched.add(placed.figure)
        if not placed.is_gloss:
            self.state.post(keys(placed.identity), claim, placed.figure)
        self.state.make_room()

    def _joined(self, identity: Identity) -> Placed:
        """A claim with its figure, or with one that it founds."""
        partners = self.constraints.partners.get(identity.claim_id, ())
        for partner in sorted(partners):
            figure = self.state.figure_of(partner)
            if figure is not None:
                return Placed(identity, figure, 1.0, "by a correction")
        scored = self._scored(identity)
        if not scored:
            return self._founded(identity, "first mention")
        if len(scored) == 1 or scored[0][0].score - scored[1][0].score >= MARGIN:
            comparison, figure = scored[0]
            return Placed(identity, figure, comparison.score, comparison.reason)
        candidates = tuple((figure, c.score, c.reason) for c, figure in scored)
        return self._founded(identity, f"fits {len(scored)} figures", candidates)

    def _repeated(self, identity: Identity, target: str) -> Placed:
        """A repeat in another unit with the figure of what it repeats."""
        figure = self.state.figure_of(target)
        if figure is None:
            return self._founded(identity, "first mention")
        return Placed(identity, figure, 1.0, "repeats the quantity in another unit", is_gloss=True)

    def _founded(
        self, identity: Identity, reason: str, candidates: tuple[tuple[int, float, str], ...] = ()
    ) -> Placed:
        figure_id = next(name for name in _names(identity) if not self.state.has_figure_id(name))
        return Placed(identity, self.state.found(figure_id), 1.0, reason, candidates=candidates)

    def _scored(self, identity: Identity) -> list[tuple[Comparison, int]]:
        """Figures that reach the threshold, the best first; of equals the older."""
        near = self._possible(identity, self._nearest(identity))
        compared = ((agreement(identity, self.state.figure(n)), n) for n in near)
        scored = [(c, n) for c, n in compared if c.score >= THRESHOLD]
        strangers = self.constraints.strangers.get(identity.claim_id)
        if strangers:
            theirs = {self.state.figure_of(claim_id) for claim_id in strangers}
            scored = [(c, n) for c, n in scored if n not in theirs]
        return sorted(scored, key=lambda item: (-item[0].score, item[1]))

    def _nearest(self, identity: Identity) -> list[int]:
        """The figures that most of its keys lead to, of equals the older."""
        shared: Counter[int] = Counter()
        for entries in self.state.postings(keys(identity)):
            shared.update(_last_figures(entries))
        if len(shared) > CANDIDATES:
            fewest = sorted(shared.values(), reverse=True)[CANDIDATES - 1]
            shared = Counter({figure: count for figure, count in shared.items() if count >= fewest})
        return sorted(sorted(shared), key=shared.__getitem__, reverse=True)[:CANDIDATES]

    def _possible(self, identity: Identity, figures: Sequence[int]) -> Sequence[int]:
        """Those of some figures that can reach the threshold, in their order."""
        if not figures:
            return figures
        outlines = self.state.outlines(figures)
        starts = np.cumsum([0, *(len(one) // SIZE for one in outlines)])
        scores = at_most(identity, np.frombuffer(b"".join(outlines), OUTLINE))
        best = np.maximum.reduceat(scores, starts[:-1])
        mean = np.add.reduceat(scores, starts[:-1]) / np.diff(starts)
        can = best * (1 - OTHERS) + mean * OTHERS >= THRESHOLD - ROUNDING
        return [number for number, reaches in zip(figures, can.tolist(), strict=True) if reaches]


def _last_figures(entries: array[int]) -> array[int]:
    """The figures of the last postings, which hold a claim and its figure in turn."""
    return entries[max(len(entries) - 2 * POSTINGS + 1, 1) :: 2]


def agreement(identity: Identity, figure: Figure) -> Comparison:
    """The best agreement of a claim with one of a figure's mentions, less if others agree less; none may exclude it."""
    best = Comparison(0.0, "nothing in common")
    total = 0.0
    for member in figure.members:
        comparison = compare(identity, member)
        if comparison.excludes:
            return comparison
        total += comparison.score
        if comparison.score > best.score:
            best = comparison
    mean = total / max(len(figure.members), 1)
    return replace(best, score=round(best.score * (1 - OTHERS) + mean * OTHERS, 4))


def keys(identity: Identity) -> list[int]:
    """Blocking keys: head noun or value, each with a word of the claim; without a head its telling words alone."""
    value = "" if identity.anchor is None else f"{identity.anchor:.3g}"
    telling = [w for w, weight in identity.weights.items() if weight >= WORD_WEIGHT]
    head = f"head {identity.head}" if identity.head else "no head"
    beside = telling if len(telling) >= FEWEST_WORDS else list(identity.weights)
    paired = (
        _key(identity.dimension, kind, word) for kind in (head, f"value {value}") for word in (*beside, "")
    )
    named = sorted(word[1:] for word in identity.topic if word[0] == NAME_MARK)[:MOST_NAMES]
    return list(
        dict.fromkeys([*paired, *(_key(identity.dimension, "word", word) for word in (*telling, *named))])
    )


@lru_cache(maxsize=50_000)
def _key(dimension: str, kind: str, word: str) -> int:
    """A key as a number of 64 bits. Where two meet, a claim is compared with a figure more than it need be."""
    said = f"{dimension}\x1f{kind}\x1f{word}".encode()
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big", signed=True)


def _names(founder: Identity) -> Iterator[str]:
    """Ids for a figure, from what it is founded on: what is counted and the number first said of it.

    The same text gives the same id whichever document it came in and in whichever order documents were read. Two
    figures that agree in all that are told apart by their first sentences, then by a number.
    """
    parts = [
        founder.dimension,
        founder.change,
        founder.modality,
        founder.head or "",
        " ".join(sorted(founder.modifiers)),
        repr(founder.quantity.anchor),
    ]
    yield _hash(parts)
    yield _hash([*parts, founder.sentence])
    number = 2
    while True:
        yield _hash([*parts, founder.sentence, str(number)])
        number += 1


def _hash(parts: Iterable[str]) -> str:
    return "fig_" + sha256("\x1f".join(parts).encode()).hexdigest()[:16]

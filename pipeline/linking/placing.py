"""Placing claims, one after the other in the order in which they became known, into figures.

Each is compared with the figures that share a head noun or a value and at least one word with it; it joins the one
that is left above the threshold, founds a figure of its own if there is none, and waits for a person (and stands alone)
if two are too close to choose between. Nothing that comes later changes what was decided before.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from hashlib import sha256
from itertools import groupby, islice

import numpy as np

from pipeline.linking.comparison import MARGIN, THRESHOLD, Comparison, compare
from pipeline.linking.constraints import Constraints
from pipeline.linking.identity import Identity
from pipeline.linking.outlines import OUTLINE, SIZE, at_most
from pipeline.linking.pages import Pages
from pipeline.linking.prepared import Prepared
from pipeline.linking.state import POSTINGS, Placed, State

# Figures that a claim is compared with: with other bounds on the work for one claim, the whole grows with the number
# of claims and no faster.
CANDIDATES = 16
# Claims in one passage: more are a table.
MOST_IN_PROSE = 30
# What the mean of a figure's mentions counts for beside the mention that agrees best.
OTHERS = 0.4
# Where the most that a score can be is below this, rounding can't lift it to the threshold.
CAN_REACH = THRESHOLD - 0.001
NO_CONSTRAINTS = Constraints()

Row = Mapping[str, object]


def known_on(row: Row, pages: Pages) -> str:
    """The day on which a claim became known."""
    published = row["published"]
    day = pages.observed(published if isinstance(published, date) else None, str(row["document_id"]))
    return (day or date.max).isoformat()


# The number of a figure's mention, and a score that comparing a claim with it does not exceed.
Member = tuple[int, float]


class Placing:
    """Puts claims into the figures of a state."""

    def __init__(self, state: State, constraints: Constraints) -> None:
        """Figures that claims are put into are touched from now on."""
        self.state = state
        self.constraints = constraints
        self.touched: set[int] = set()
        self._compared: dict[tuple[str, int], Comparison] = {}
        self._looked_up: dict[str, dict[str, list[tuple[Comparison, int]]]] = {}

    def place(self, claims: Iterable[tuple[Prepared, str]]) -> None:
        """Place claims that come in the order in which they became known, each with the day on which it did.

        A claim that repeats another in another unit comes after the others of its passage that became known on its
        day.
        """
        for (passage_id, day), some in groupby(claims, key=lambda one: (one[0].identity.passage_id, one[1])):
            self._place_passage(passage_id, [claim for claim, _ in some], day)

    def _place_passage(self, passage_id: str, claims: Sequence[Prepared], day: str) -> None:
        self._compared.clear()
        self._looked_up.clear()
        topic = self.state.topic(passage_id)
        if topic is None:
            topic = claims[0].identity.topic
            self.state.set_topic(passage_id, topic)
        ids = {claim.claim_id for claim in claims}
        repeats = []
        told = []
        for claim in claims:
            target = claim.gloss_of
            if target not in (None, claim.claim_id) and (target in ids or self._is_placed(target)):
                repeats.append(claim)
            else:
                told.append(claim.about(topic))
        for claim in self._surest_first(told):
            self._keep(self._joined(claim), day)
        for claim in repeats:
            self._keep(self._repeated(claim), day)

    def _surest_first(self, told: Sequence[Prepared]) -> Sequence[Prepared]:
        """The claims of a passage, those that agree best with a figure first; in a table, as they stand.

        So in "33 of the 48 tanks" the figure of the 48 is left to the 48.
        """
        if not 1 < len(told) <= MOST_IN_PROSE:
            return told
        best = [max((c.score for c, _ in self._scored(claim)), default=0.0) for claim in told]
        return [told[n] for n in sorted(range(len(told)), key=lambda n: -best[n])]

    def _is_placed(self, claim_id: object) -> bool:
        return self.state.figure_of(str(claim_id)) is not None

    def _keep(self, placed: Placed, day: str) -> None:
        number = self.state.place(placed, day)
        self.touched.add(placed.figure)
        if not placed.is_gloss:
            self.state.post(placed.claim.keys, number, placed.figure)
        self._forget_what_may_differ(placed.claim)
        self.state.make_room()

    def _forget_what_may_differ(self, placed: Prepared) -> None:
        """A claim that was placed changes what those of its dimension find; corrections join any with any."""
        if self.constraints == NO_CONSTRAINTS:
            self._looked_up.pop(placed.identity.dimension, None)
        else:
            self._looked_up.clear()

    def _joined(self, claim: Prepared) -> Placed:
        """A claim with its figure, or with one that it founds."""
        partners = self.constraints.partners.get(claim.claim_id, ())
        for partner in sorted(partners):
            figure = self.state.figure_of(partner)
            if figure is not None:
                return Placed(claim, figure, 1.0, "by a correction")
        scored = self._scored(claim)
        if not scored:
            return self._founded(claim, "first mention")
        if len(scored) == 1 or scored[0][0].odds - scored[1][0].odds >= MARGIN:
            comparison, figure = scored[0]
            return Placed(claim, figure, comparison.score, comparison.reason)
        candidates = tuple((figure, c.score, c.reason) for c, figure in scored)
        return self._founded(claim, f"fits {len(scored)} figures", candidates)

    def _repeated(self, claim: Prepared) -> Placed:
        """A repeat in another unit with the figure of what it repeats."""
        figure = self.state.figure_of(str(claim.gloss_of))
        if figure is None:
            return self._founded(claim.about(frozenset()), "first mention")
        return Placed(claim, figure, 1.0, "repeats the quantity in another unit", is_gloss=True)

    def _founded(
        self, claim: Prepared, reason: str, candidates: tuple[tuple[int, float, str], ...] = ()
    ) -> Placed:
        figure_id = next(name for name in _names(claim.identity) if not self.state.has_figure_id(name))
        return Placed(claim, self.state.found(figure_id), 1.0, reason, candidates=candidates)

    def _scored(self, claim: Prepared) -> list[tuple[Comparison, int]]:
        """Figures that reach the threshold, the best first; of equals the older."""
        of_dimension = self._looked_up.setdefault(claim.identity.dimension, {})
        if claim.claim_id not in of_dimension:
            of_dimension[claim.claim_id] = self._look_up(claim)
        return of_dimension[claim.claim_id]

    def _look_up(self, claim: Prepared) -> list[tuple[Comparison, int]]:
        near = list(self._possible(claim, self._nearest(claim)))
        # Those that are looked at first, all at once.
        self.state.identities([max(members, key=_most)[0] for _, members in near])
        compared = ((agreement(partial(self._compare, claim), members), n) for n, members in near)
        scored = [(c, n) for c, n in compared if c.score >= THRESHOLD]
        strangers = self.constraints.strangers.get(claim.claim_id)
        if strangers:
            theirs = {self.state.figure_of(claim_id) for claim_id in strangers}
            scored = [(c, n) for c, n in scored if n not in theirs]
        return sorted(scored, key=lambda item: (-item[0].score, item[1]))

    def _compare(self, claim: Prepared, mention: int) -> Comparison:
        """A claim compared with a mention, once for all the times that its passage asks."""
        asked = claim.claim_id, mention
        if asked not in self._compared:
            self._compared[asked] = compare(claim.identity, self.state.identity(mention))
        return self._compared[asked]

    def _nearest(self, claim: Prepared) -> list[int]:
        """The figures that most of its keys lead to, of equals the older."""
        shared: Counter[int] = Counter()
        for entries in self.state.postings(claim.keys):
            shared.update(_last_figures(entries))
        if len(shared) > CANDIDATES:
            fewest = sorted(shared.values(), reverse=True)[CANDIDATES - 1]
            shared = Counter({figure: count for figure, count in shared.items() if count >= fewest})
        return sorted(sorted(shared), key=shared.__getitem__, reverse=True)[:CANDIDATES]

    def _possible(self, claim: Prepared, figures: Sequence[int]) -> Iterator[tuple[int, list[Member]]]:
        """Those of some figures that can reach the threshold, in their order, with their members."""
        if not figures:
            return
        outlines = self.state.outlines(figures)
        known = np.frombuffer(b"".join(outlines), OUTLINE)
        most = at_most(claim.identity.dimension, claim.outline, known).tolist()
        each = zip(known["claim"].tolist(), most, strict=True)
        for number, outlined in zip(figures, outlines, strict=True):
            members = list(islice(each, len(outlined) // SIZE))
            if _together([score for _, score in members]) >= CAN_REACH:
                yield number, members


def _last_figures(entries: array[int]) -> array[int]:
    """The figures of the last postings, which hold a claim and its figure in turn."""
    return entries[max(len(entries) - 2 * POSTINGS + 1, 1) :: 2]


def agreement(compared_with: Callable[[int], Comparison], members: Sequence[Member]) -> Comparison:
    """The best agreement of a claim with one of a figure's mentions, less if others agree less; none may exclude it.

    Where the threshold turns out to be out of reach, the rest is not looked at.
    """
    scores = [most for _, most in members]
    compared: dict[int, Comparison] = {}
    for place in sorted(range(len(scores)), key=scores.__getitem__, reverse=True):
        if _together(scores) < CAN_REACH:
            return Comparison(0.0, "too little in common")
        comparison = compared_with(members[place][0])
        if comparison.excludes:
            return comparison
        compared[place] = comparison
        scores[place] = comparison.score
    best = compared[max(range(len(scores)), key=scores.__getitem__)]
    return replace(best, score=round(_together(scores), 4))


def _most(member: Member) -> float:
    return member[1]


def _together(scores: Sequence[float]) -> float:
    """The score of a figure from those of its mentions."""
    return max(scores) * (1 - OTHERS) + sum(scores) / len(scores) * OTHERS


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

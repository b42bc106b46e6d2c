"""Which claims repeat one text: repeats are not evidence.

Claims of a figure are of one origin if they stand in one passage, if one is a heading or key point of a page on
which another stands in the body, or if they give the same number in nearly the same sentence (an agency's sentence in
ten outlets).
Nearly the same means that the word shingles of the shorter are mostly those of the longer (Broder 1997).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from pipeline.linking.vocabulary import POSSESSIVE

TOKEN = re.compile(r"\w+(?:[.,]\d+)*")
SHINGLE = 3
# Part of the shorter sentence's shingles that the longer must have.
CONTAINMENT = 0.5
SHORTEST = 4
# A shingle that more distinct sentences than this share says nothing about where they come from.
COMMONEST = 100


@dataclass(frozen=True, slots=True)
class Mention:
    """What is needed of a claim to find its origin."""

    claim_id: str
    page: str
    passage_id: str
    role: str
    sentence: str
    value: float | None


def origins(mentions: Sequence[Mention]) -> dict[str, str]:
    """The origin of each claim of one figure, by claim_id: a hash of its first text.

    Mentions in the order in which they became known. Linear in their number but for sentences that share words.
    """
    group = _Groups([m.claim_id for m in mentions])
    first_in: dict[str, str] = {}
    spoken = {sentence: _tokens(sentence) for sentence in dict.fromkeys(m.sentence for m in mentions)}
    text = {sentence: " ".join(tokens) for sentence, tokens in spoken.items()}
    for mention in mentions:
        for place in (f"passage {mention.passage_id}", f"text {text[mention.sentence]}"):
            group.join(first_in.setdefault(place, mention.claim_id), mention.claim_id)
    _join_headings(mentions, group)
    _join_near_duplicates(mentions, spoken, group)
    said = {m.claim_id: m.sentence for m in mentions}
    return {c: _hash(said[group.first(c)]) for c in said}


def _join_headings(mentions: Sequence[Mention], group: _Groups) -> None:
    body: dict[str, str] = {}
    for mention in mentions:
        if mention.role not in ("heading", "key_point"):
            body.setdefault(mention.page, mention.claim_id)
    for mention in mentions:
        if mention.role in ("heading", "key_point") and mention.page in body:
            group.join(body[mention.page], mention.claim_id)


def _join_near_duplicates(
    mentions: Sequence[Mention], spoken: Mapping[str, Sequence[str]], group: _Groups
) -> None:
    first: dict[tuple[str, float | None], tuple[str, frozenset[str]]] = {}
    for mention in mentions:
        tokens = spoken[mention.sentence]
        key = (mention.sentence, mention.value)
        if len(tokens) >= SHORTEST and key not in first:
            first[key] = (mention.claim_id, _shingles(tokens))
    holders: dict[tuple[str, float | None], list[int]] = {}
    known = list(first.values())
    for number, ((_, value), (claim_id, shingles)) in enumerate(first.items()):
        shared: dict[int, int] = {}
        for shingle in sorted(shingles):
            having = holders.setdefault((shingle, value), [])
            if len(having) < COMMONEST:
                for other in having:
                    shared[other] = shared.get(other, 0) + 1
                having.append(number)
        for other, count in shared.items():
            if count >= CONTAINMENT * min(len(shingles), len(known[other][1])):
                group.join(known[other][0], claim_id)


def _tokens(sentence: str) -> list[str]:
    return TOKEN.findall(POSSESSIVE.sub("", sentence).lower())


def _shingles(spoken: Sequence[str]) -> frozenset[str]:
    return frozenset(" ".join(spoken[n : n + SHINGLE]) for n in range(len(spoken) - SHINGLE + 1))


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


class _Groups:
    """Disjoint sets whose representative is the member that came first."""

    def __init__(self, members: Sequence[str]) -> None:
        self._rank: Mapping[str, int] = {m: n for n, m in enumerate(members)}
        self._parent = {m: m for m in members}

    def first(self, member: str) -> str:
        while self._parent[member] != member:
            self._parent[member] = self._parent[self._parent[member]]
            member = self._parent[member]
        return member

    def join(self, one: str, other: str) -> None:
        first, second = sorted((self.first(one), self.first(other)), key=self._rank.__getitem__)
        self._parent[second] = first

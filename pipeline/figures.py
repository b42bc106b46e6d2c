"""Linking: which claims are mentions of the same figure.

Claims are taken in the order in which they became known. Each is compared with the figures that share a head noun or
a value and at least one word with it; it joins the one that is left above the threshold, founds a figure of its own
if there is none, and waits for a person (and stands alone) if two are too close to choose between. Nothing that
comes later changes what was decided before, so that a run over everything gives what runs day by day gave.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import sha256

import pyarrow as pa

from pipeline.linking.comparison import MARGIN, THRESHOLD, Comparison, compare
from pipeline.linking.constraints import Constraints
from pipeline.linking.history import Report, fold
from pipeline.linking.identity import WORD_WEIGHT, Identity, around, identify, said_in
from pipeline.linking.origins import Mention, origins
from pipeline.linking.pages import Pages, read_pages
from pipeline.linking.reports import known_in_order, reports
from pipeline.linking.rows import rows_of
from pipeline.linking.vocabulary import Vocabulary, load
from pipeline.tables import FIGURE_CLAIMS, FIGURES, REVIEW
from pipeline.trackers import Tracker, first_match

# Bounds on the work for one claim, so that the whole grows with the number of claims and no faster.
POSTINGS = 48
CANDIDATES = 16
MEMBERS = 6
# With fewer telling words, common ones lead to figures too.
FEWEST_WORDS = 4
# What the mean of a figure's mentions counts for beside the mention that agrees best.
OTHERS = 0.4
# Names of a passage that lead to figures which its other sentences don't name.
MOST_NAMES = 8
# Characters of a passage that are read for its topic.
LONGEST_TOPIC = 3000
NO_CONSTRAINTS = Constraints()

Row = dict[str, object]
Claims = Sequence[Mapping[str, object]]
Key = tuple[str, str, str]


@dataclass(frozen=True)
class Linked:
    """Tables made by linking: figures, which claims are their mentions, and what waits for a decision."""

    figures: pa.Table
    figure_claims: pa.Table
    review: pa.Table


@dataclass(slots=True)
class _Figure:
    """A figure while it is being put together."""

    founder: Identity
    members: list[Identity]
    links: dict[str, Comparison]
    contrasts: dict[str, set[str]] = field(default_factory=dict)

    def add(self, identity: Identity, link: Comparison) -> None:
        self.links[identity.claim_id] = link
        if len(self.members) < MEMBERS:
            self.members.append(identity)
        else:
            self.members[1:] = [*self.members[2:], identity]
        for group, value in identity.contrasts:
            self.contrasts.setdefault(group, set()).add(value)

    def compare(self, identity: Identity) -> Comparison:
        """The best agreement with one of the mentions, less if the others agree less; no mention may exclude it."""
        best = Comparison(0.0, "nothing in common")
        total = 0.0
        for member in self.members:
            comparison = compare(identity, member)
            if comparison.excludes:
                return comparison
            total += comparison.score
            if comparison.score > best.score:
                best = comparison
        return replace(best, score=round(best.score * (1 - OTHERS) + OTHERS * total / len(self.members), 4))


def link(
    claims: pa.Table,
    figures: pa.Table | None = None,
    figure_claims: pa.Table | None = None,
    *,
    trackers: Sequence[Tracker] = (),
    documents: pa.Table | None = None,
    passages: pa.Table | None = None,
    constraints: Constraints = NO_CONSTRAINTS,
    until: date | None = None,
    vocabulary: Vocabulary | None = None,
) -> Linked:
    """Figures from claims.

    `claims` has the columns of claims joined with those of normalised_claims, in any order. `figures` and
    `figure_claims` are those of the version before: a figure whose id changes keeps the old one in `former_ids`.
    `documents` and `passages` tell snapshots of one page apart from pages of their own; without them a changed page
    is not recognised as such. `constraints` are what corrections by hand say of linking. What vanished after
    the day `until` still stands. Every claim is a mention of exactly one figure.
    """
    words = vocabulary or load()
    pages = read_pages(documents, passages, until=until)
    rows = sorted(rows_of(claims), key=lambda row: known_in_order(row, pages))
    found, waiting = _group(rows, words, constraints, _topics(rows, passages, words))
    by_id = {str(row["claim_id"]): row for row in rows}
    made = [_Made.of(figure, [by_id[c] for c in figure.links], pages, trackers, words) for figure in found]
    made = _with_ids(made, _former(figures, figure_claims))
    id_of = {claim_id: m.figure_id for m in made for claim_id in m.figure.links}
    review = [_review_row(w, id_of) for w in waiting]
    return Linked(
        FIGURES.from_rows(sorted((m.row for m in made), key=lambda r: str(r["figure_id"]))),
        FIGURE_CLAIMS.from_rows(sorted((r for m in made for r in m.links), key=lambda r: str(r["claim_id"]))),
        REVIEW.from_rows(sorted(review, key=lambda r: str(r["claim_id"]))),
    )


def figures_as_of(
    day: date,
    claims: pa.Table,
    *,
    trackers: Sequence[Tracker] = (),
    documents: pa.Table | None = None,
    passages: pa.Table | None = None,
    constraints: Constraints = NO_CONSTRAINTS,
) -> Linked:
    """What was known at the end of a day: the figures that the claims until then give."""
    return link(
        known_by(day, claims, documents, passages),
        trackers=trackers,
        documents=documents,
        passages=passages,
        constraints=constraints,
        until=day,
    )


def known_by(
    day: date, claims: pa.Table, documents: pa.Table | None = None, passages: pa.Table | None = None
) -> pa.Table:
    """Claims that were known at the end of a day: from their passage's date on, or their document's."""
    pages = read_pages(documents, passages)
    columns = (claims.column(name).to_pylist() for name in ("published", "document_id"))
    observed = [pages.observed(*row) for row in zip(*columns, strict=True)]
    return claims.filter(pa.array([d is not None and d <= day for d in observed], pa.bool_()))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A claim that fits two figures too nearly alike to choose: claim ids of their founders, with the scores."""

    claim_id: str
    candidates: tuple[tuple[str, float, str], ...]


def _group(
    rows: Claims,
    vocabulary: Vocabulary,
    constraints: Constraints,
    topics: Mapping[str, frozenset[str]],
) -> tuple[list[_Figure], list[_Waiting]]:
    """Figures from rows in the order in which they became known, and the claims that could not be placed."""
    linking = _Linking(constraints)
    known = {row["claim_id"] for row in rows}
    glosses: list[Mapping[str, object]] = []
    for row in rows:
        if row.get("gloss_of") in known and row["gloss_of"] != row["claim_id"]:
            glosses.append(row)
        else:
            linking.place(identify(row, vocabulary, topics[str(row["passage_id"])]))
    for row in glosses:
        linking.place_gloss(identify(row, vocabulary), str(row["gloss_of"]))
    return linking.found, linking.waiting


def _topics(rows: Claims, passages: pa.Table | None, vocabulary: Vocabulary) -> dict[str, frozenset[str]]:
    """What each passage with claims is about: from its text, else from the sentences that hold claims."""
    texts: dict[str, str] = {}
    if passages is not None:
        columns = (passages.column(name).to_pylist() for name in ("passage_id", "text"))
        texts = {passage_id: text[:LONGEST_TOPIC] for passage_id, text in zip(*columns, strict=True)}
    said: dict[str, dict[str, None]] = {}
    for row in rows:
        said.setdefault(str(row["passage_id"]), {})[str(row["sentence"])] = None
    return {
        passage_id: said_in(texts.get(passage_id) or " ".join(sentences)[:LONGEST_TOPIC], vocabulary)
        for passage_id, sentences in said.items()
    }


class _Linking:
    """The figures found so far, indexed by blocking keys."""

    def __init__(self, constraints: Constraints) -> None:
        self.constraints = constraints
        self.found: list[_Figure] = []
        self.waiting: list[_Waiting] = []
        self.figure_of: dict[str, int] = {}
        self.index: dict[Key, list[int]] = {}

    def place(self, identity: Identity) -> None:
        """Link a claim to its figure, or found one."""
        keys = _keys(identity)
        number = self._decided(identity)
        if number is not None:
            self.found[number].add(identity, Comparison(1.0, "by a correction"))
        else:
            number = self._linked(identity, keys)
        self.figure_of[identity.claim_id] = number
        for key in keys:
            postings = self.index.setdefault(key, [])
            if not postings or postings[-1] != number:
                postings.append(number)
            if len(postings) > POSTINGS:  # those before are never looked at again
                del postings[0]

    def place_gloss(self, identity: Identity, target: str) -> None:
        """Put a repeat in another unit into the figure of what it repeats."""
        if target in self.figure_of:
            number = self.figure_of[target]
            self.found[number].links[identity.claim_id] = Comparison(
                1.0, "repeats the quantity in another unit"
            )
        else:
            number = self._founded(identity, "first mention")
        self.figure_of[identity.claim_id] = number

    def _decided(self, identity: Identity) -> int | None:
        """The figure that a person's decision puts the claim into."""
        partners = self.constraints.partners.get(identity.claim_id, ())
        return next((self.figure_of[c] for c in sorted(partners) if c in self.figure_of), None)

    def _linked(self, identity: Identity, keys: Sequence[Key]) -> int:
        scored = _scored(identity, keys, self.index, self.found)
        strangers = self.constraints.strangers.get(identity.claim_id)
        if strangers:
            scored = [(c, n) for c, n in scored if not strangers & self.found[n].links.keys()]
        if not scored:
            return self._founded(identity, "first mention")
        if len(scored) == 1 or scored[0][0].score - scored[1][0].score >= MARGIN:
            comparison, number = scored[0]
            self.found[number].add(identity, comparison)
            return number
        candidates = [(self.found[n].founder.claim_id, c.score, c.reason) for c, n in scored]
        self.waiting.append(_Waiting(identity.claim_id, tuple(candidates)))
        return self._founded(identity, f"fits {len(scored)} figures")

    def _founded(self, identity: Identity, reason: str) -> int:
        figure = _Figure(identity, [], {})
        figure.add(identity, Comparison(1.0, reason))
        self.found.append(figure)
        return len(self.found) - 1


def _keys(identity: Identity) -> list[Key]:
    """Blocking keys: head noun or value, each with a word of the claim; without a head its telling words alone."""
    anchor = identity.anchor
    value = "" if anchor is None else f"{anchor:.3g}"
    telling = sorted(w for w, weight in identity.weights.items() if weight >= WORD_WEIGHT)
    head = f"head {identity.head}" if identity.head else "no head"
    beside = telling if len(telling) >= FEWEST_WORDS else sorted(identity.weights)
    keys = [(identity.dimension, kind, word) for kind in (head, f"value {value}") for word in (*beside, "")]
    about = sorted(identity.about)[:MOST_NAMES]
    return keys + [
        (identity.dimension, "word", word) for word in {**dict.fromkeys(telling), **dict.fromkeys(about)}
    ]


def _scored(
    identity: Identity, keys: Sequence[Key], index: Mapping[Key, list[int]], found: Sequence[_Figure]
) -> list[tuple[Comparison, int]]:
    """Figures that reach the threshold, the best first; of equals the older."""
    shared: dict[int, int] = {}
    for key in keys:
        for number in index.get(key, ())[-POSTINGS:]:
            shared[number] = shared.get(number, 0) + 1
    nearest = heapq.nsmallest(CANDIDATES, shared, key=lambda n: (-shared[n], n))
    scored = [(found[n].compare(identity), n) for n in nearest]
    return sorted(
        ((c, n) for c, n in scored if c.score >= THRESHOLD), key=lambda item: (-item[0].score, item[1])
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """A figure with its row and the rows of its claims, before and after ids are settled."""

    figure: _Figure
    figure_id: str
    row: Row
    links: list[Row]

    @classmethod
    def of(
        cls,
        figure: _Figure,
        rows: Claims,
        pages: Pages,
        trackers: Sequence[Tracker],
        vocabulary: Vocabulary,
    ) -> _Made:
        """The figure's row, with its current value from the history of its claims."""
        in_order = reports(rows, pages, vocabulary)
        history = fold(in_order)
        current = history.current.report
        by_id = {str(row["claim_id"]): row for row in rows}
        first = by_id[figure.founder.claim_id]
        told = next((by_id[r.claim_id] for r in in_order if _tells(by_id[r.claim_id])), first)
        mentions = [_mention(by_id[r.claim_id], r) for r in in_order]
        origin = origins(mentions)
        collected = {c: first_match(row, trackers, vocabulary) for c, row in by_id.items()}
        tracker = _prevailing(collected.values())
        days = [r.observed for r in in_order if r.observed is not None]
        row: Row = {
            "label": label(told),
            "tracker": tracker.id if tracker else None,
            "kind": first["kind"],
            "unit": figure.founder.unit,
            "entity": told.get("entity"),
            "entity_head": told.get("entity_head"),
            "place": next(
                (r["place"] for r in (by_id[x.claim_id] for x in in_order) if r.get("place")), None
            ),
            "low": current.shown.low,
            "value": current.shown.value,
            "high": current.shown.high,
            "modifier": current.shown.modifier,
            "status": history.status,
            "reported_by": history.reported_by(),
            "current_claim_id": current.claim_id,
            "first_published": min(days, default=None),
            "last_published": max(days, default=None),
            "mentions": len(rows),
            "documents": len({r.document_id for r in in_order}),
            "independent_origins": len(set(origin.values())),
        }
        links: list[Row] = [
            {
                "claim_id": claim_id,
                "score": comparison.score,
                "reason": comparison.reason,
                "origin_id": origin[claim_id],
                "flags": [f for f in [tracker.flag(by_id[claim_id]) if tracker else None] if f],
            }
            for claim_id, comparison in figure.links.items()
        ]
        return cls(figure, "", row, links)

    def named(self, figure_id: str, former: Sequence[str]) -> _Made:
        """The same with its id filled in everywhere."""
        row = {"figure_id": figure_id, **self.row, "former_ids": list(former)}
        return replace(
            self, figure_id=figure_id, row=row, links=[{"figure_id": figure_id, **r} for r in self.links]
        )


def _tells(row: Mapping[str, object]) -> bool:
    """Whether a claim says in its text, not in a heading, what it counts."""
    return row.get("entity") is not None and row["role"] not in ("heading", "key_point")


def _prevailing(collected: Iterable[Tracker | None]) -> Tracker | None:
    """The tracker that collects most of a figure's claims: the rest say the same in fewer words."""
    count: dict[str, int] = {}
    by_id: dict[str, Tracker] = {}
    for tracker in collected:
        if tracker is not None:
            count[tracker.id] = count.get(tracker.id, 0) + 1
            by_id[tracker.id] = tracker
    best = max(count, key=lambda name: (count[name], name), default=None)
    return None if best is None else by_id[best]


def _with_ids(made: Sequence[_Made], former: Mapping[str, str]) -> list[_Made]:
    """Ids from what a figure is founded on: what is counted and the number first said of it.

    The same text gives the same id whichever document it came in and in whichever order documents were read. Two
    figures that agree in all that are told apart by their first sentences, then by a number.
    """
    taken: set[str] = set()
    named = []
    for one in made:
        founder = one.figure.founder
        parts = [
            founder.dimension,
            founder.change,
            founder.modality,
            founder.head or "",
            " ".join(sorted(founder.modifiers)),
            repr(founder.quantity.anchor),
        ]
        figure_id = _hash(parts)
        if figure_id in taken:
            figure_id = _hash([*parts, founder.sentence])
        number = 2
        while figure_id in taken:
            figure_id = _hash([*parts, founder.sentence, str(number)])
            number += 1
        taken.add(figure_id)
        before = {former[c] for c in one.figure.links if c in former} - {figure_id}
        named.append(one.named(figure_id, sorted(before)))
    return named


def _former(figures: pa.Table | None, figure_claims: pa.Table | None) -> dict[str, str]:
    """The id that the figure of each claim had in the version before."""
    if figures is None or figure_claims is None:
        return {}
    return dict(
        zip(
            figure_claims.column("claim_id").to_pylist(),
            figure_claims.column("figure_id").to_pylist(),
            strict=True,
        )
    )


def _hash(parts: Iterable[str]) -> str:
    return "fig_" + sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _mention(row: Mapping[str, object], report: Report) -> Mention:
    return Mention(
        report.claim_id,
        report.page,
        report.passage_id,
        str(row["role"]),
        str(row["sentence"]),
        report.quantity.anchor,
    )


def _review_row(waiting: _Waiting, id_of: Mapping[str, str]) -> Row:
    return {
        "claim_id": waiting.claim_id,
        "figure_id": id_of[waiting.claim_id],
        "candidates": [id_of[founder] for founder, _, _ in waiting.candidates],
        "scores": [score for _, score, _ in waiting.candidates],
        "reason": "; ".join(f"{score:.2f}: {reason}" for _, score, reason in waiting.candidates),
    }


DETERMINER = re.compile(
    r"^(?:(?:a|an|the|another|its|their|his|her|some|such|these|those|this|that)\s+)+", re.IGNORECASE
)
WHAT_HAPPENED = re.compile(
    r"^\s*(?:,?\s*(?:who|which|that)\s+)?(?:(?:have|has|had)\s+been\s+|(?:was|were|are|is)\s+(?:being\s+)?)?"
    r"((?:[a-z]+ed|taken|lost|sent|held|made|sold|built|hit|shot down|brought|given|left|seen|born|found|paid)\b"
    r"(?:\s+(?:to|in|from|into|by|off|out of|since|against|for)\s+(?:the\s+)?"
    r"(?:[A-Z][\w’'-]*(?:\s+[A-Z][\w’'-]*){0,3}|\d{4}))?)"
)


def label(row: Mapping[str, object]) -> str:
    """What a figure is, in a line: what is counted or measured, what happened to it, or of whom.

    Without an entity, the quantity and the words that follow it.
    """
    entity = " ".join(str(row.get("entity") or "").split())
    _, after = around(row)
    if not entity:
        near = " ".join(after.split()[:6]).strip(" ,.;:")
        return f"{row['exact']} {near}".strip()
    text = DETERMINER.sub("", entity) or entity
    place = after.find(entity)
    happened = WHAT_HAPPENED.match(after[place + len(entity) :]) if 0 <= place <= 2 else None
    if happened and row.get("kind") == "count":
        text = f"{text} {happened.group(1)}"
    subject = " ".join(str(row.get("subject") or "").split())
    speaks = subject and subject in str(row.get("source") or "")
    if (
        len(text.split()) == 1
        and subject != subject.lower()
        and not speaks
        and text.lower() not in subject.lower()
    ):
        text = f"{text} ({subject})"
    return text

"""A claim as its sentence states it, and a relation that the text states between two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.linking.identity import measured, place_in_sentence
from pipeline.linking.precision import Interval, Quantity

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Stated:
    """A claim with its number, its place in the sentence and the words around it."""

    claim_id: str
    exact: str
    kind: str
    dimension: str
    quantity: Quantity
    sentence: str
    start: int
    end: int
    ends_there: bool
    gloss_of: str | None
    row: Row

    @property
    def interval(self) -> Interval:
        """What the words leave possible."""
        return self.quantity.interval

    def gap(self, other: Stated) -> str:
        """The words between this claim and a later one of the sentence."""
        return self.sentence[self.end : other.start]

    def before(self, most: int) -> str:
        """The words before this claim in its sentence, so many characters at most."""
        return self.sentence[max(self.start - most, 0) : self.start]

    def after(self, most: int) -> str:
        """The words after this claim in its sentence, so many characters at most."""
        return self.sentence[self.end : self.end + most]


@dataclass(frozen=True, slots=True)
class Related:
    """A stated relation of two claims and the outcome of its check: ok, impossible or unchecked, and why."""

    claim: Stated
    relation: str
    to: Stated
    cue: str
    check: str
    reason: str


def stated(row: Row) -> Stated:
    """A row of claims, with the columns of normalised_claims, as its sentence states it."""
    start = place_in_sentence(row)
    sentence, exact = str(row["sentence"]), str(row["exact"])
    dimension, _, quantity = measured(row)
    gloss = row.get("gloss_of")
    return Stated(
        claim_id=str(row["claim_id"]),
        exact=exact,
        kind=str(row["kind"]),
        dimension=dimension,
        quantity=quantity,
        sentence=sentence,
        start=start,
        end=start + len(exact),
        ends_there=row.get("to_value") is not None,
        gloss_of=None if gloss is None else str(gloss),
        row=row,
    )

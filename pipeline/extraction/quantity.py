"""A quantity while it is being read: where it stands in its sentence, and what the rules have made of it so far."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from pipeline.extraction.numerals import plain

if TYPE_CHECKING:
    from pipeline.types import Change, CurrencyBasis, Kind, Modifier


@dataclass(slots=True)
class Quantity:
    """A quantity in a sentence: the tokens from `first` to `last` (exclusive), and what they mean.

    The fields that a claim has too mean what they mean there. `factor` is what a minor unit made of the number as written. `style` is that of its number (digits, words,
    fraction, vague), `scaled` says that a word or letter multiplied it, `hyphenated` that it stands before what it
    counts with a hyphen ("15-member"), `year` that its digits could be a year. `modifier_first` is the first token
    of the modifier before it, or -1; `valued_at` that of the number that gives its value, where another one stands
    before that, or -1.
    """

    first: int
    last: int
    kind: Kind
    rule: str
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    significant_digits: int | None = None
    unit: str | None = None
    unit_text: str | None = None
    currency_basis: CurrencyBasis | None = None
    currency_candidates: tuple[str, ...] = ()
    modifier: Modifier = "exact"
    modifier_text: str | None = None
    modifier_first: int = -1
    valued_at: int = -1
    change: Change = "level"
    from_value: Decimal | None = None
    to_value: Decimal | None = None
    gloss_of: Quantity | None = None
    factor: Decimal = Decimal(1)
    style: str = "digits"
    scaled: bool = False
    hyphenated: bool = False
    year: bool = False

    @property
    def symbol(self) -> str:
        """The tag by which rules know it: see tokens.TAGS."""
        if self.year:
            return "Y"
        if self.kind == "count":
            return "V" if self.style == "vague" else "C"
        return {"money": "M", "share": "S"}.get(self.kind, "U")

    @property
    def bare(self) -> bool:
        """Whether it is digits alone: no unit, no scale."""
        return self.style == "digits" and self.unit is None and not self.scaled

    @property
    def outer_first(self) -> int:
        """Its first token, or that of the modifier before it."""
        return self.modifier_first if self.modifier_first >= 0 else self.first


def scale_by(quantity: Quantity, factor: Decimal) -> None:
    """Multiply what the quantity states by the factor."""
    if quantity.value is not None:
        quantity.value = plain(quantity.value * factor)
    if quantity.low is not None:
        quantity.low = plain(quantity.low * factor)
    if quantity.high is not None:
        quantity.high = plain(quantity.high * factor)

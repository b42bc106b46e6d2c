"""What the extractor gives: a claim, and the closed sets of words that its fields are made of."""

from __future__ import annotations

from dataclasses import dataclass, fields, make_dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

Kind = Literal[
    "count", "money", "share", "ratio", "measure", "duration", "age", "temperature", "date", "ordinal"
]
Modifier = Literal[
    "exact",
    "approximate",
    "nearly",
    "at_least",
    "more_than",
    "at_most",
    "less_than",
    "range",
    "vague",
]
Change = Literal["level", "rise", "fall"]
Modality = Literal["asserted", "target", "forecast", "hypothetical", "denied"]
MoneyStage = Literal["requested", "pledged", "approved", "delivered"]
Role = Literal["body", "heading", "key_point", "caption", "quote"]
CurrencyBasis = Literal["code", "name", "symbol", "context", "default"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One quantitative mention: the quantity as written, what it means, and what the sentence says of it.

    Offsets are characters of the text that was given: `text[start:end] == exact`, always. `exact` is the
    quantity with its unit and without its modifier. Amounts are decimals as the source wrote them, scaled by
    their multiplier; a point has `value`, a range `low` and `high`, a bound its `value` and one side.
    """

    start: int
    end: int
    exact: str
    kind: Kind
    value: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    modifier: Modifier = "exact"
    modifier_text: str | None = None
    significant_digits: int | None = None
    change: Change = "level"
    from_value: Decimal | None = None
    to_value: Decimal | None = None
    unit: str | None = None
    unit_text: str | None = None
    entity: str | None = None
    entity_lemma: str | None = None
    entity_head: str | None = None
    subject: str | None = None
    source: str | None = None
    cue: str | None = None
    modality: Modality = "asserted"
    money_stage: MoneyStage | None = None
    time_text: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    place: str | None = None
    gloss_of: int | None = None
    currency_basis: CurrencyBasis | None = None
    currency_candidates: tuple[str, ...] = ()
    role: Role = "body"
    sentence_start: int = 0
    sentence_end: int = 0
    rule: str = ""

    def explain(self) -> str:
        """The steps from the words to the value, one a line."""
        from pipeline.extraction.explain import explain

        return explain(self)


# A claim in the making: the same fields, all of them to be given, and not frozen, which makes it three times as
# quick to fill. It becomes a claim when its class is set to Claim.
if TYPE_CHECKING:
    ClaimDraft = Claim
else:
    ClaimDraft = make_dataclass(
        "ClaimDraft", [(field.name, field.type) for field in fields(Claim)], slots=True, kw_only=True
    )

"""The steps from the words of a claim to its value, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from decimal import Decimal

    from pipeline.types import Claim


def explain(claim: Claim) -> str:
    """The steps from the words to the value, one a line."""
    steps = [f"“{claim.exact}” at {claim.start}–{claim.end}, found by the rule {claim.rule}"]
    kind = {"money": "an amount of money", "age": "an age"}.get(claim.kind, f"a {claim.kind}")
    steps.append(f"is {kind}{_amount(claim)}")
    if claim.unit:
        written = f", written “{claim.unit_text}”" if claim.unit_text else ""
        basis = f", known by its {claim.currency_basis}" if claim.currency_basis else ""
        steps.append(f"in {claim.unit}{written}{basis}")
    if claim.currency_candidates:
        steps.append(f"its currency could have been {', '.join(claim.currency_candidates)}")
    if claim.modifier != "exact":
        by = f" by “{claim.modifier_text}”" if claim.modifier_text else ""
        steps.append(f"modified{by}: {claim.modifier}{_bounds(claim)}")
    if claim.significant_digits is not None:
        digits = "digit" if claim.significant_digits == 1 else "digits"
        steps.append(f"to {claim.significant_digits} significant {digits}")
    if claim.change != "level":
        path = ""
        if claim.from_value is not None and claim.to_value is not None:
            path = f" from {_plain(claim.from_value)} to {_plain(claim.to_value)}"
        steps.append(f"as a {claim.change}{path}")
    if claim.gloss_of is not None:
        steps.append(f"repeats the claim at {claim.gloss_of} in another unit")
    if claim.entity:
        steps.append(f"of “{claim.entity}” (head: {claim.entity_head})")
    if claim.subject:
        steps.append(f"about “{claim.subject}”")
    if claim.source or claim.cue:
        steps.append(f"according to {claim.source or 'someone'} (“{claim.cue}”)")
    if claim.modality != "asserted":
        steps.append(f"not asserted: {claim.modality}")
    if claim.money_stage:
        steps.append(f"which is {claim.money_stage}")
    if claim.time_text:
        steps.append(f"at the time “{claim.time_text}”{_period(claim)}")
    if claim.place:
        steps.append(f"in {claim.place}")
    return "\n".join(steps)


def _period(claim: Claim) -> str:
    """The days that the time means, as far as it says them."""
    first, last = claim.valid_from, claim.valid_to
    if first is None and last is None:
        return ""
    if first == last:
        return f" ({first})"
    days = ([f"from {first}"] if first else []) + ([f"to {last}"] if last else [])
    return f" ({' '.join(days)})"


def _amount(claim: Claim) -> str:
    if claim.value is not None:
        return f" of {_plain(claim.value)}"
    return f" between {_plain(claim.low)} and {_plain(claim.high)}"


def _bounds(claim: Claim) -> str:
    if claim.value is None:
        return ""
    if claim.low is not None:
        return f", from {_plain(claim.low)}"
    if claim.high is not None:
        return f", to {_plain(claim.high)}"
    return ""


def _plain(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount:,f}"

"""How precise a reported number is: the interval that its words leave open.

A leaf: linking, revisions and the arithmetic checks all compare numbers as intervals, never as points.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# Half a unit in the last significant digit, but never more than this part of the value: "100" and "1,000" are
# usually meant more precisely than their one digit says.
LARGEST_ROUNDING = 0.05
# "About" and "nearly" allow at least this part of the value.
APPROXIMATION = 0.05
JUST_WITHIN = 0.99
# Numbers that are said to be the same thing differ at most by so much of the value.
NEARNESS = 0.03
DIGITS_OF_A_FLOAT = 15


@dataclass(frozen=True, slots=True)
class Interval:
    """Closed interval of the values that a report leaves possible; either end may be infinite."""

    low: float
    high: float

    def overlaps(self, other: Interval) -> bool:
        """Whether some value is possible in both, float noise apart."""
        return self.low <= other.high + _noise(other.high) and other.low <= self.high + _noise(self.high)

    def refines(self, other: Interval) -> bool:
        """Whether it leaves less possible than the other, and nothing that the other excludes."""
        return (
            self.low >= other.low - _noise(other.low)
            and self.high <= other.high + _noise(other.high)
            and self.high - self.low < other.high - other.low
        )

    def scaled(self, factor: float) -> Interval:
        """The interval of `factor` (0 or more) times the value."""
        return Interval(self.low * factor, self.high * factor)

    def plus(self, other: Interval) -> Interval:
        """The interval of the sum of the two values."""
        return Interval(self.low + other.low, self.high + other.high)


def _noise(value: float) -> float:
    return 0.0 if math.isinf(value) else 1e-9 * abs(value)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as reported: point or range, its modifier, and its significant digits where they are known."""

    value: float | None
    low: float | None
    high: float | None
    modifier: str
    significant_digits: int | None = None

    @property
    def anchor(self) -> float | None:
        """The number that was said: the point, or the middle of a range (geometric for a vague count)."""
        if self.value is not None:
            return self.value
        if self.low is not None and self.high is not None:
            if self.modifier == "vague" and self.low > 0:
                return math.sqrt(self.low * self.high)
            return (self.low + self.high) / 2
        return self.low if self.low is not None else self.high

    @property
    def interval(self) -> Interval:
        """What the words leave possible; everything if no number is known."""
        if self.value is None:
            return Interval(
                -math.inf if self.low is None else self.low, math.inf if self.high is None else self.high
            )
        rounding = self.rounding
        value = self.value
        match self.modifier:
            case "at_least" | "more_than":
                return Interval(value - rounding, math.inf)
            case "at_most" | "less_than":
                return Interval(-math.inf, value + rounding)
            case "nearly":
                return Interval(value - max(2 * rounding, APPROXIMATION * abs(value)), value)
            case "approximate":
                slack = max(2 * rounding, APPROXIMATION * abs(value))
                return Interval(value - slack, value + slack)
            case _:
                return Interval(value - rounding, value + rounding)

    @property
    def near(self) -> Interval:
        """The number said, with its rounding on the side that its modifier leaves open.

        "At least 314" leaves 500 possible, yet nobody who says 500 repeats it: this is what repeats are
        recognised by.
        """
        if self.value is None:
            return self.interval
        value = self.value
        # Just within the rounding, so that 1.1 and 1.2 million do not meet at 1.15.
        rounding = min(JUST_WITHIN * self.rounding, NEARNESS * abs(value))
        match self.modifier:
            case "approximate":
                return Interval(value - NEARNESS * abs(value), value + NEARNESS * abs(value))
            case "nearly":
                return Interval(value - NEARNESS * abs(value), value)
            case "at_most" | "less_than":
                return Interval(value - rounding, value)
            case "at_least" | "more_than":
                return Interval(value, value + rounding)
            case _:
                return Interval(value - rounding, value + rounding)

    @property
    def rounding(self) -> float:
        """Half a unit in the last significant digit, at most `LARGEST_ROUNDING` of the value."""
        if not self.value:
            return 0.0
        digits = self.significant_digits or significant_digits(self.value)
        unit: float = 10.0 ** (math.floor(math.log10(abs(self.value))) - digits + 1)
        if unit <= 1 and float(self.value).is_integer() and digits >= len(str(abs(int(self.value)))):
            return 0.0
        return min(unit / 2, LARGEST_ROUNDING * abs(self.value))


def significant_digits(value: float) -> int:
    """Significant digits of a number whose source string is not known: trailing zeros don't count."""
    mantissa = f"{abs(value):.{DIGITS_OF_A_FLOAT - 1}e}".split("e")[0]
    return max(len(mantissa.replace(".", "").rstrip("0")), 1)

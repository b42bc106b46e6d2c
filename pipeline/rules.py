"""What a rule is: a name, a pattern over the tags of a sentence, and what to build where it matches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.quantity import Quantity
from pipeline.tokens import TAGS, Sentence, pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Nodes:
    """A sentence whose quantities are one node each: `symbols` has a tag for every node, `tokens` where it begins.

    `quantities` maps the nodes that are quantities to them.
    """

    __slots__ = ("country", "quantities", "sentence", "symbols", "tokens")

    def __init__(self, sentence: Sentence, quantities: list[Quantity], country: str | None) -> None:
        self.sentence = sentence
        self.country = country
        self.quantities: dict[int, Quantity] = {}
        symbols: list[str] = []
        self.tokens: list[int] = []
        position = 0
        for quantity in quantities:
            symbols.append(sentence.tags[position : quantity.first])
            self.tokens.extend(range(position, quantity.first))
            self.quantities[len(self.tokens)] = quantity
            symbols.append(quantity.symbol)
            self.tokens.append(quantity.first)
            position = quantity.last
        symbols.append(sentence.tags[position:])
        self.tokens.extend(range(position, len(sentence.words)))
        self.symbols = "".join(symbols)

    def lower(self, node: int) -> str:
        """The word at a node, in lower case; empty outside the sentence."""
        return self.sentence.lower[self.tokens[node]] if 0 <= node < len(self.tokens) else ""

    def word(self, node: int) -> str:
        """The word at a node as written; empty outside the sentence."""
        return self.sentence.words[self.tokens[node]] if 0 <= node < len(self.tokens) else ""

    def tag(self, node: int) -> str:
        """The tag of a node; empty outside the sentence."""
        return self.symbols[node] if 0 <= node < len(self.symbols) else ""

    def glued(self, node: int) -> bool:
        """Whether nothing stands between a node and the one before it."""
        return 0 < node < len(self.tokens) and self.sentence.glued(self.tokens[node])

    def within(self, start: int, end: int) -> list[Quantity]:
        """The quantities of the nodes from start to end, exclusive."""
        return [self.quantities[node] for node in range(start, end) if node in self.quantities]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: where `pattern` (see tokens.pattern) matches, `build` says what the quantities there become.

    build gets the nodes and the first and last node (exclusive) of the match and gives the quantities that
    replace those of the match, an empty list if they are none, or None where the rule does not apply after all.
    """

    name: str
    pattern: str
    build: Callable[[Nodes, int, int], list[Quantity] | None]

    def compiled(self) -> tuple[str, Callable[..., Iterator[re.Match[str]]]]:
        """The tag that a sentence must have for the pattern to match (the rarest, or none), and its search."""
        outside = re.sub(r"\([^()]*\)(?:[?*]|\{[^}]*\})?", " ", self.pattern)
        while "(" in outside:
            outside = re.sub(r"\([^()]*\)(?:[?*]|\{[^}]*\})?", " ", outside)
        needed = [TAGS[name] for name in re.findall(r"\b([A-Za-z_]+)\b(?![?*{])", outside)]
        rarest = min(needed, key=lambda tag: (tag in "CYMSU", tag in _COMMON), default="")
        return rarest, pattern(self.pattern).finditer


_COMMON = "nNtaio.,"

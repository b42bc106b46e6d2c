"""What a rule is: a name, a pattern over the tags of a sentence, and what to build where it matches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.extraction.quantity import Quantity
from pipeline.extraction.tokens import TAGS, Sentence, pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


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

    def spans(self, nodes: Nodes) -> list[tuple[int, int]]:
        """Every place where the pattern matches: first node and last node (exclusive)."""
        return [match.span() for match in pattern(self.pattern).finditer(nodes.symbols)]

    def compiled(self) -> tuple[int, int, Callable[..., Iterator[re.Match[str]]]]:
        """Two sets of tags of which a sentence must have one each for the pattern to match, and its search.

        A set is a number with a bit for each tag: see `tag_set`.
        """
        needed = [tag_set(TAGS[name] for name in part.split("|")) for part in _mandatory(self.pattern)]
        needed.sort(key=lambda tags: (tags & _COMMON != 0, tags.bit_count()))
        first, second, *_ = [*needed, ANY, ANY]
        return first, second, pattern(self.pattern).finditer


_BITS = {tag: 1 << place for place, tag in enumerate(TAGS.values())}
ANY = (1 << len(_BITS)) - 1


def tag_set(tags: Iterable[str]) -> int:
    """A set of tags as a number with a bit for each."""
    bits = 0
    for tag in tags:
        bits |= _BITS[tag]
    return bits


_COMMON = tag_set("nNtaio.,")


_PART = re.compile(r"(\w+|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))([?*]|\{0)?")
_CHOICE = re.compile(r"\(\s*\w+\s*(?:\|\s*\w+\s*)*\)")


def _mandatory(source: str) -> list[str]:
    """The names, or choices of names, without which a pattern cannot match: "COUNT", "COUNT|YEAR"."""
    found = []
    for part, optional in _PART.findall(source):
        if optional or (part[0] == "(" and not _CHOICE.fullmatch(part)):
            continue
        found.append(part.strip("()").replace(" ", ""))
    return [part for part in found if not part.isdigit()]

"""What a rule is: a name, a pattern over the tags of a sentence, and what to build where it matches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from pipeline.extraction.quantity import Quantity
from pipeline.extraction.tokens import TAGS, Sentence, pattern

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Nodes:
    """A sentence whose quantities are one node each: `symbols` has a tag for every node, `tokens` where it begins.

    `quantities` maps the nodes that are quantities to them.
    """

    __slots__ = ("quantities", "sentence", "symbols", "tokens")

    def __init__(self, sentence: Sentence, quantities: list[Quantity]) -> None:
        self.sentence = sentence
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
    It applies to no sentence without `cue` (see cues.py), if it has one.
    """

    name: str
    pattern: str
    build: Callable[[Nodes, int, int], list[Quantity] | None]
    cue: int = 0

    def spans(self, nodes: Nodes) -> list[tuple[int, int]]:
        """Every place where the pattern matches: first node and last node (exclusive)."""
        return [match.span() for match in pattern(self.pattern).finditer(nodes.symbols)]

    def places(self) -> Iterator[tuple[str, str, str]]:
        """The places of the first number in the ways through the pattern: the tags before it, its own, and after it.

        Empty where the pattern begins or ends with the number: any tag may stand there. A sentence that has no
        number at one of these places holds no match that concerns a number.
        """
        for path in _paths(_PART.findall(self.pattern)[::-1]):
            before = ""
            for tags, after in zip(path, (*path[1:], ""), strict=True):
                numbers = "".join(tag for tag in tags if tag in NUMBERS)
                if numbers:
                    yield before, numbers, after
                if numbers == tags:
                    break
                before = tags


# The tags of quantities, and of "5th".
NUMBERS = "CYMSUVº"

_PART = re.compile(r"[?*]|\{\d+,\d+\}|\w+|[(|)]")
_REPEATS = {"?": (0, 1), "*": (0, 1, 2)}


def _paths(parts: list[str]) -> list[tuple[str, ...]]:
    """The ways through a pattern whose parts stand in the list, the first part last: the tags of each step.

    What may be repeated comes twice at most, which is enough to see what may stand beside what.
    """
    choices: list[tuple[str, ...]] = []
    paths: list[tuple[str, ...]] = [()]
    while parts and (part := parts.pop()) != ")":
        if part == "|":
            choices, paths = choices + paths, [()]
            continue
        steps = _paths(parts) if part == "(" else [(TAGS[part],)]
        repeats: tuple[int, ...] = (1,)
        if parts and parts[-1][0] in "?*{":
            repeat = parts.pop()
            repeats = _REPEATS.get(repeat, (0, 1, 2) if repeat.startswith("{0") else (1, 2))
        repeated = [sum(way, ()) for times in repeats for way in product(steps, repeat=times)]
        paths = [path + way for path in paths for way in repeated]
    choices += paths
    return [("".join(tags for (tags,) in choices),)] if all(len(path) == 1 for path in choices) else choices

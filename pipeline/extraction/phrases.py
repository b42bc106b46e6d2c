"""Tables of phrases, looked up in the words of a sentence: the longest phrase wins."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Generic, TypeVar

from pipeline.extraction.tokens import words_of

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")
_Table = dict[str, dict[str, list[tuple[tuple[str, ...], T]]]]


class Phrases(Generic[T]):
    """A table from phrases to meanings. Phrases and sentences are cut into words in the same way."""

    def __init__(self, entries: Iterable[tuple[str, T]], *, whole: bool = False) -> None:
        """Of a phrase that comes twice the first meaning counts. `whole`: a phrase may also stand as one
        token, as "$US" does before digits."""
        table: dict[tuple[str, ...], T] = {}
        for phrase, meaning in entries:
            table.setdefault(words_of(phrase), meaning)
            if whole:
                table.setdefault((phrase,), meaning)
        self._longest_first = sorted(table.items(), key=lambda item: -len(item[0]))

    @cached_property
    def by_first(self) -> _Table[T]:
        """The phrases by their first word and then their second, or an empty one: the longest first."""
        return self._by(0, 1)

    @cached_property
    def _by_last(self) -> _Table[T]:
        return self._by(-1, -2)

    def _by(self, outer: int, inner: int) -> _Table[T]:
        table: _Table[T] = {}
        for words, meaning in self._longest_first:
            beside = words[inner] if len(words) > 1 else ""
            table.setdefault(words[outer], {}).setdefault(beside, []).append((words, meaning))
        return table

    def at(self, words: list[str], i: int) -> tuple[T, int] | None:
        """The meaning of the longest phrase that begins at word i, and where it ends."""
        if not 0 <= i < len(words):
            return None
        by_second = self.by_first.get(words[i])
        if by_second is None:
            return None
        for phrase, meaning in by_second.get(words[i + 1], ()) if i + 1 < len(words) else ():
            end = i + len(phrase)
            if len(phrase) == 2 or tuple(words[i:end]) == phrase:
                return meaning, end
        for _, meaning in by_second.get("", ()):
            return meaning, i + 1
        return None

    def before(self, words: list[str], i: int) -> tuple[T, int] | None:
        """The meaning of the longest phrase that ends before word i, and where it begins."""
        if i <= 0:
            return None
        by_second_last = self._by_last.get(words[i - 1])
        if by_second_last is None:
            return None
        for phrase, meaning in by_second_last.get(words[i - 2], ()) if i > 1 else ():
            start = i - len(phrase)
            if len(phrase) == 2 or (start >= 0 and tuple(words[start:i]) == phrase):
                return meaning, start
        for _, meaning in by_second_last.get("", ()):
            return meaning, i - 1
        return None

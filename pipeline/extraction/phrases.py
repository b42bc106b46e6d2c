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
    """A table from phrases to meanings. Phrases and sentences are cut into words in the same way.

    Phrases of one word, which most are, stand in a table of their own.
    """

    def __init__(self, entries: Iterable[tuple[str, T]], *, whole: bool = False) -> None:
        """Of a phrase that comes twice the first meaning counts. `whole`: a phrase may also stand as one
        token, as "$US" does before digits."""
        self._alone: dict[str, T] = {}
        longer: dict[tuple[str, ...], T] = {}
        for phrase, meaning in entries:
            words = words_of(phrase)
            if whole or len(words) == 1:
                self._alone.setdefault(phrase if whole else words[0], meaning)
            if len(words) > 1:
                longer.setdefault(words, meaning)
        self._longest_first = sorted(longer.items(), key=lambda item: -len(item[0]))

    @cached_property
    def first_words(self) -> frozenset[str]:
        """The words that a phrase begins with."""
        return frozenset([*self._alone, *self._by_first])

    @cached_property
    def _by_first(self) -> _Table[T]:
        """The longer phrases by their first word and then their second: the longest first."""
        return self._by(0, 1)

    @cached_property
    def _by_last(self) -> _Table[T]:
        return self._by(-1, -2)

    def _by(self, outer: int, inner: int) -> _Table[T]:
        table: _Table[T] = {}
        for words, meaning in self._longest_first:
            table.setdefault(words[outer], {}).setdefault(words[inner], []).append((words, meaning))
        return table

    def at(self, words: list[str], i: int) -> tuple[T, int] | None:
        """The meaning of the longest phrase that begins at word i, and where it ends."""
        if not 0 <= i < len(words):
            return None
        word = words[i]
        by_second = self._by_first.get(word)
        if by_second is not None and i + 1 < len(words):
            for phrase, meaning in by_second.get(words[i + 1], ()):
                end = i + len(phrase)
                if len(phrase) == 2 or tuple(words[i:end]) == phrase:
                    return meaning, end
        return (self._alone[word], i + 1) if word in self._alone else None

    def before(self, words: list[str], i: int) -> tuple[T, int] | None:
        """The meaning of the longest phrase that ends before word i, and where it begins."""
        if i <= 0:
            return None
        word = words[i - 1]
        by_second_last = self._by_last.get(word)
        if by_second_last is not None and i > 1:
            for phrase, meaning in by_second_last.get(words[i - 2], ()):
                start = i - len(phrase)
                if len(phrase) == 2 or (start >= 0 and tuple(words[start:i]) == phrase):
                    return meaning, start
        return (self._alone[word], i - 1) if word in self._alone else None

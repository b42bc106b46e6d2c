"""How much of a processor work on a text takes, and whether it grows no faster than the text."""

from __future__ import annotations

from collections.abc import Callable
from time import process_time


def grows_with_the_text(work: Callable[[str], object], piece: str, size: int = 20_000) -> bool:
    """Whether a text of the piece repeated takes, eight times as long, no more than about eight times the time."""
    short, long = (piece * (length // len(piece)) for length in (size, 8 * size))
    return seconds(work, long) < 8 * 3 * seconds(work, short) + 0.05


def seconds(work: Callable[[str], object], text: str) -> float:
    """The best of three."""

    def once() -> float:
        before = process_time()
        work(text)
        return process_time() - before

    return min(once() for _ in range(3))

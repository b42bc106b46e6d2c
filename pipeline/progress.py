"""How a stage tells how far it is, to whoever watches."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Whoever wants to know how far a stage is."""

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """`done` of `total` of this stage is done; total is None where nobody knows."""


def silent(stage: str, done: int, total: int | None) -> None:
    """The progress of a run that nobody watches."""

"""Finds the figures that articles and live blogs report, and tracks them with their exact sources."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.claims import extract_claims
    from pipeline.terminal.browse import figures_as_of
    from pipeline.types import Claim

__all__ = ["Claim", "extract_claims", "figures_as_of"]


def __getattr__(name: str) -> object:
    """Import each only when it is asked for, so that `import pipeline` costs nothing."""
    if name == "extract_claims":
        from pipeline.claims import extract_claims

        return extract_claims
    if name == "figures_as_of":
        from pipeline.terminal.browse import figures_as_of

        return figures_as_of
    if name == "Claim":
        from pipeline.types import Claim

        return Claim
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

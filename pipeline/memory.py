"""Memory that is free again, given back to the system: Arrow and the C library keep it for what may come."""

from __future__ import annotations

import ctypes

import pyarrow as pa


def give_back() -> None:
    """Give the system what nothing uses any more, so that a step does not hold what the one before it needed."""
    pa.default_memory_pool().release_unused()
    # Of the GNU C library alone.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)

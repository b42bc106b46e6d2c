"""Every error that this package raises on purpose.

Each names what was wrong and what to do, and doubles as the builtin that a caller would expect, so that
`except ValueError` works without knowing this module.
"""

from __future__ import annotations


class FiguresError(Exception):
    """Base of the errors below: something that the user can put right."""


class ConfigurationError(FiguresError, ValueError):
    """A file of settings (sources, trackers, rates, lexicon) says something that can't be used."""


class DocumentError(FiguresError, ValueError):
    """A document can't be read: empty, too large, binary, not decodable, or missing."""


class UnknownFigureError(FiguresError, LookupError):
    """No figure has this id or label."""


class UnknownVersionError(FiguresError, LookupError):
    """No table version or release has this number or was there at this date."""


class StorageError(FiguresError, OSError):
    """The data folder can't be read or written as it should."""


class SchemaError(FiguresError, TypeError):
    """Rows don't fit the schema that tables.py declares."""


class FetchError(DocumentError):
    """An address can't be read. `temporary` tells whether the same request may succeed later."""

    def __init__(self, message: str, *, temporary: bool = False) -> None:
        super().__init__(message)
        self.temporary = temporary


class EngineError(FiguresError, RuntimeError):
    """What runs the work lost a process. The same work may succeed when it is done again."""

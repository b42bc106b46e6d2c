"""Claims and their identities as compact bytes for the linking state: JSON by the types that are declared, and deflated.

Nothing in these bytes can run when they are read.
"""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pipeline.linking.identity import Identity
from pipeline.tables import COMPARABLE_CLAIMS, DAY

Row = Mapping[str, object]
Decoder = Callable[[Any], Any]

NAMES = tuple(field.name for field in fields(Identity))
TOPIC = "topic"
NO_WORDS: frozenset[str] = frozenset()
FASTEST = 1
DAYS = frozenset(column.name for column in COMPARABLE_CLAIMS.columns if column.type == DAY)
NOTHING: dict[str, object] = dict.fromkeys(column.name for column in COMPARABLE_CLAIMS.columns)
# What is in most of these bytes anyway, so that it takes no room in each.
COMMON = json.dumps(
    [c.name for c in COMPARABLE_CLAIMS.columns]
    + ["claim_id", "published", "exact", "asserted", "level", "count"]
).encode()


def encode_row(row: Row) -> bytes:
    """A claim's row, without what is null in it."""
    return _deflated(
        {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in row.items()
            if value is not None
        }
    )


def decode_row(data: bytes) -> dict[str, object]:
    """The row that was encoded, with a null in every column that has no value."""
    row: dict[str, object] = NOTHING | json.loads(_inflated(data))
    for name in DAYS:
        value = row[name]
        if value is not None:
            row[name] = date.fromisoformat(str(value))
    return row


def held_once(words: Collection[str]) -> frozenset[str]:
    """A set of words that takes little memory: each word is there once for all sets, and so is the set that has none."""
    return frozenset(map(sys.intern, words)) if words else NO_WORDS


def encode_words(words: Collection[str]) -> bytes:
    """A set of words."""
    return _deflated(sorted(words))


def decode_words(data: bytes) -> frozenset[str]:
    """The set of words that was encoded."""
    return held_once(json.loads(_inflated(data)))


def encode_identity(identity: Identity) -> bytes:
    """An identity without its topic, which it shares with the other claims of its passage."""
    return _deflated([None if name == TOPIC else getattr(identity, name) for name in NAMES])


def decode_identity(data: bytes, topic: frozenset[str]) -> Identity:
    """The identity that was encoded, with the topic of its passage."""
    values = json.loads(_inflated(data))
    for place, decode in _identity_decoders():
        if values[place] is not None:
            values[place] = decode(values[place])
    values[NAMES.index(TOPIC)] = topic
    return Identity(*values)


@cache
def _identity_decoders() -> Sequence[tuple[int, Decoder]]:
    decoders = _decoders(Identity).values()
    return [(place, decode) for place, decode in enumerate(decoders) if decode is not None]


def _decoders(kind: type) -> dict[str, Decoder | None]:
    hints = get_type_hints(kind)
    return {field.name: _decoder(hints[field.name]) for field in fields(kind)}


def _decoder(kind: Any) -> Decoder | None:
    """What makes a value of this type from its JSON; None if JSON gives it as it is."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        (one,) = (k for k in inner if k is not type(None))
        return _decoder(one)
    if origin is frozenset:
        return held_once
    if origin is tuple:
        part = _decoder(inner[0])
        return tuple if part is None else lambda values: tuple(map(part, values))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return lambda values: {sys.intern(name): value for name, value in values.items()}
    if kind is date:
        return date.fromisoformat
    if isinstance(kind, type) and is_dataclass(kind):
        parts = _decoders(kind)
        return lambda values: kind(
            *(v if v is None or d is None else d(v) for v, d in zip(values, parts.values(), strict=True))
        )
    return None


def _plain(value: object) -> object:
    """What JSON does not know, as what it does."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date):
        return value.isoformat()
    if is_dataclass(value):
        return [getattr(value, field.name) for field in fields(value)]
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be kept in the linking state")


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain)


def _deflated(value: object) -> bytes:
    deflate = zlib.compressobj(FASTEST, zlib.DEFLATED, -15, zdict=COMMON)
    return deflate.compress(_JSON.encode(value).encode()) + deflate.flush()


def _inflated(data: bytes) -> bytes:
    return zlib.decompressobj(-15, zdict=COMMON).decompress(data)

"""What placing a claim needs of the claim alone, so that another process can work it out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import pyarrow as pa

from pipeline.linking.encoding import decode_identity, encode_identity, encode_row, held_once
from pipeline.linking.identity import NAME_MARK, WORD_WEIGHT, Identity, identify, said_in
from pipeline.linking.outlines import outline
from pipeline.linking.vocabulary import Vocabulary, load

# Names of a passage that lead to figures which its other sentences don't name.
MOST_NAMES = 8
# With fewer telling words, common ones lead to figures too.
FEWEST_WORDS = 4
# Characters of a passage that are read for its topic.
LONGEST_TOPIC = 3000

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A claim: its identity, what it repeats in another unit, its blocking keys; the rest as bytes to be kept."""

    identity: Identity
    gloss_of: str | None
    keys: tuple[int, ...]
    outline: bytes
    row: bytes
    encoded: bytes

    def __reduce__(self) -> tuple[Any, ...]:
        """On its way from a worker the identity goes as the bytes that are there anyway: sooner read, and smaller."""
        topic = self.identity.topic
        return _restored, (self.encoded, topic, self.gloss_of, self.keys, self.outline, self.row)

    @property
    def claim_id(self) -> str:
        """The id of the claim."""
        return self.identity.claim_id

    def about(self, topic: frozenset[str]) -> Prepared:
        """The same with this as the topic of its passage."""
        if self.identity.topic == topic:
            return self
        identity = replace(self.identity, topic=topic)
        return replace(self, identity=identity, keys=keys(identity))


def _restored(
    encoded: bytes,
    topic: frozenset[str],
    gloss_of: str | None,
    keys: tuple[int, ...],
    outline: bytes,
    row: bytes,
) -> Prepared:
    return Prepared(decode_identity(encoded, _topic(topic)), gloss_of, keys, outline, row, encoded)


# The claims of a passage come together.
_topic = lru_cache(maxsize=1)(held_once)


def prepare(rows: Iterable[Row], texts: Mapping[str, str], vocabulary: Vocabulary) -> Iterator[Prepared]:
    """Claims prepared, with topics from the texts of passages; fastest where a passage's claims are together."""
    passage_id, topic = "", frozenset[str]()
    for row in rows:
        if row["passage_id"] != passage_id:
            passage_id = str(row["passage_id"])
            topic = said_in(texts[passage_id][:LONGEST_TOPIC], vocabulary)
        identity = identify(row, vocabulary, topic)
        gloss_of = row.get("gloss_of")
        yield Prepared(
            identity,
            None if gloss_of is None else str(gloss_of),
            keys(identity),
            outline(identity),
            encode_row(row),
            encode_identity(identity),
        )


def prepare_batch(claims: pa.Table) -> list[Prepared]:
    """Claims, given with the texts of their passages, prepared with the vocabulary of linking."""
    texts = dict(zip(*(claims.column(name).to_pylist() for name in ("passage_id", "text")), strict=True))
    return list(prepare(claims.drop_columns(["text"]).to_pylist(), texts, load()))


def keys(identity: Identity) -> tuple[int, ...]:
    """Blocking keys: head noun or value, each with a word of the claim; without a head its telling words alone."""
    value = "" if identity.anchor is None else f"{identity.anchor:.3g}"
    telling = [w for w, weight in identity.weights.items() if weight >= WORD_WEIGHT]
    head = f"head {identity.head}" if identity.head else "no head"
    beside = telling if len(telling) >= FEWEST_WORDS else list(identity.weights)
    paired = (
        _key(identity.dimension, kind, word) for kind in (head, f"value {value}") for word in (*beside, "")
    )
    named = sorted(word[1:] for word in identity.topic if word[0] == NAME_MARK)[:MOST_NAMES]
    alone = (_key(identity.dimension, "word", word) for word in (*telling, *named))
    return tuple(dict.fromkeys((*paired, *alone)))


@lru_cache(maxsize=50_000)
def _key(dimension: str, kind: str, word: str) -> int:
    """A key as a number of 64 bits. Where two meet, a claim is compared with a figure more than it need be."""
    said = f"{dimension}\x1f{kind}\x1f{word}".encode()
    return int.from_bytes(blake2b(said, digest_size=8).digest(), "big", signed=True)

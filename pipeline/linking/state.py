"""What linking remembers of the claims that it has placed, in SQLite: so that memory does not grow with their number.

Claims are numbered in the order in which they were placed, which is that in which they became known, and figures in
the order in which they were founded. So what was known at an earlier claim is what is numbered below it, and `rewind`
goes back there, for claims that arrive late. It can go back as far as `floor`; blocking keys forget what is older.

What was looked at last is in memory; the rest is in the file, in one transaction until `commit`. The file holds nothing
that the tables don't: it can be removed at any time.
"""

from __future__ import annotations

import json
import sqlite3
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Generic, TypeVar

from pipeline.linking.encoding import (
    decode_identity,
    decode_row,
    decode_words,
    encode_words,
)
from pipeline.linking.identity import Identity
from pipeline.linking.outlines import SIZE, numbered, outline
from pipeline.linking.prepared import Prepared

# Figures that a blocking key leads to: the last ones that it came with.
POSTINGS = 48
# Mentions that a claim is compared with: the first and the last ones.
MEMBERS = 6
# How much is in memory, twice.
KEYS_HELD, OUTLINES_HELD, FIGURES_HELD, IDENTITIES_HELD, TOPICS_HELD = (
    200_000,
    100_000,
    20_000,
    30_000,
    20_000,
)
# How many claims wait before they are written.
CLAIMS_HELD = 2_000
PAGE_CACHE_KILOBYTES = 64_000
SOME = 500

SCHEMA = """
CREATE TABLE notes (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE postings (key INTEGER PRIMARY KEY, entries BLOB NOT NULL);
CREATE TABLE outlines (figure INTEGER PRIMARY KEY, outlines BLOB NOT NULL);
CREATE TABLE passages (number INTEGER PRIMARY KEY, passage_id TEXT NOT NULL UNIQUE, topic BLOB NOT NULL);
CREATE TABLE figures (number INTEGER PRIMARY KEY, figure_id TEXT NOT NULL UNIQUE, mentions BLOB, glosses BLOB);
CREATE TABLE claims (number INTEGER PRIMARY KEY, claim_id TEXT NOT NULL UNIQUE, passage INTEGER NOT NULL,
    figure INTEGER NOT NULL, score REAL NOT NULL, reason TEXT NOT NULL, known TEXT NOT NULL, candidates TEXT,
    row BLOB NOT NULL, identity BLOB NOT NULL);
CREATE INDEX claims_of_passage ON claims (passage);
CREATE TABLE documents (document_id TEXT PRIMARY KEY, place INTEGER NOT NULL);
CREATE TABLE touched (figure_id TEXT PRIMARY KEY);
"""

Row = Mapping[str, object]
Key = TypeVar("Key")
Value = TypeVar("Value")
Asked = TypeVar("Asked", int, str)


@dataclass(frozen=True, slots=True)
class Placed:
    """A claim with the number of its figure and why it is there; `candidates` are those that it fits as well."""

    claim: Prepared
    figure: int
    score: float
    reason: str
    is_gloss: bool = False
    candidates: tuple[tuple[int, float, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What is known of a placed claim for the tables: its row, its figure, why, and what else it fits."""

    claim_id: str
    figure: int
    score: float
    reason: str
    candidates: Sequence[tuple[int, float, str]]
    row: dict[str, object]


@dataclass(slots=True)
class Figure:
    """The numbers of a figure's claims: its mentions, and what repeats them in another unit."""

    mentions: array[int]
    glosses: array[int]


class Recent(Generic[Key, Value]):
    """What was used last of something that is larger than memory should hold: at most twice `most` values.

    Of two halves the older is let go, by `leave`, when the newer is full; what is used moves to the newer.
    """

    def __init__(self, most: int, leave: Callable[[dict[Key, Value]], None]) -> None:
        self.most = most
        self.leave = leave
        self.new: dict[Key, Value] = {}
        self.old: dict[Key, Value] = {}

    def get(self, key: Key) -> Value | None:
        """The value, if it is held."""
        found = self.new.get(key)
        if found is None:
            found = self.old.pop(key, None)
            if found is not None:
                self.new[key] = found
        return found

    def put(self, key: Key, value: Value) -> None:
        """Hold a value that was not."""
        self.new[key] = value

    def make_room(self) -> None:
        """Let go of the older half if the newer is full. Values that were handed out before may be among them."""
        if len(self.new) > self.most:
            self.leave(self.old)
            self.old, self.new = self.new, {}

    def let_go(self) -> None:
        """Let go of everything."""
        self.leave(self.old)
        self.leave(self.new)
        self.old, self.new = {}, {}


class State:
    """The claims and figures of linking so far. sqlite3.Error where the file can't be used."""

    def __init__(self, path: str | Path = ":memory:") -> None:
        """Open the state in a file, or an empty one in memory; nothing is kept before `commit`."""
        self._database = sqlite3.connect(path, isolation_level=None, cached_statements=256)
        self._database.execute(f"PRAGMA cache_size = -{PAGE_CACHE_KILOBYTES}")
        self._database.execute("PRAGMA temp_store = MEMORY")
        self._database.execute("BEGIN IMMEDIATE")
        if not self._database.execute("SELECT 1 FROM sqlite_master WHERE name = 'notes'").fetchone():
            for statement in filter(str.strip, SCHEMA.split(";")):
                self._database.execute(statement)
        self.claims = self._next("claims")
        self.figures = self._next("figures")
        self._passages = self._next("passages")
        self.floor = int(self.note("floor") or 0)
        self._waiting: dict[str, tuple[int, tuple[object, ...]]] = {}
        self._dirty: set[int] = set()
        self._postings: Recent[int, array[int]] = Recent(KEYS_HELD, self._leave_postings)
        self._outlines: Recent[int, bytes] = Recent(OUTLINES_HELD, self._leave_outlines)
        self._outlined: set[int] = set()
        self._figures: Recent[int, Figure] = Recent(FIGURES_HELD, self._leave_figures)
        # What was not written can't be read again.
        self._identities: Recent[int, Identity] = Recent(IDENTITIES_HELD, lambda _: self._write_claims())
        self._topics: Recent[int, frozenset[str]] = Recent(TOPICS_HELD, lambda _: None)
        self._passage_numbers: dict[str, int] = {}

    def _next(self, table: str) -> int:
        last = self._database.execute(f"SELECT max(number) FROM {table}").fetchone()[0]
        return 0 if last is None else int(last) + 1

    def close(self) -> None:
        """Leave the file as it was at the last `commit`."""
        self._database.close()

    def commit(self) -> None:
        """Keep everything, and go on."""
        self._note("floor", str(self.floor))
        self.let_go()
        self._database.execute("COMMIT")
        self._database.execute("BEGIN IMMEDIATE")

    def let_go(self) -> None:
        """Have everything in the file and nothing in memory: for what comes after placing."""
        for held in (self._postings, self._outlines, self._figures, self._identities, self._topics):
            held.let_go()
        self._write_claims()

    def note(self, name: str) -> str | None:
        """What was noted beside the claims under this name."""
        found = self._database.execute("SELECT value FROM notes WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def _note(self, name: str, value: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO notes VALUES (?, ?)", (name, value))

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """Note these beside the claims."""
        for name, value in notes.items():
            self._note(name, value)

    # Placing: what `pipeline.linking.placing` needs of it.

    def topic(self, passage_id: str) -> frozenset[str] | None:
        """What a passage is about, if it was said before."""
        number = self._passage(passage_id)
        return None if number is None else self._topic(number)

    def set_topic(self, passage_id: str, topic: frozenset[str]) -> None:
        """Say what a new passage is about."""
        number = self._passages
        self._passages += 1
        values = (number, passage_id, encode_words(topic))
        self._database.execute("INSERT INTO passages VALUES (?, ?, ?)", values)
        self._topics.put(number, topic)
        self._topics.make_room()
        if len(self._passage_numbers) >= CLAIMS_HELD:
            self._passage_numbers.clear()
        self._passage_numbers[passage_id] = number

    def _passage(self, passage_id: str) -> int | None:
        number = self._passage_numbers.get(passage_id)
        if number is None:
            found = self._database.execute(
                "SELECT number FROM passages WHERE passage_id = ?", (passage_id,)
            ).fetchone()
            number = None if found is None else int(found[0])
        return number

    def _topic(self, number: int) -> frozenset[str]:
        topic = self._topics.get(number)
        if topic is None:
            found = self._database.execute(
                "SELECT topic FROM passages WHERE number = ?", (number,)
            ).fetchone()
            topic = decode_words(found[0])
            self._topics.put(number, topic)
        return topic

    def postings(self, keys: Sequence[int]) -> list[array[int]]:
        """Of each key the figures that it leads to, oldest first: a claim's number and its figure's in turn."""
        held = self._postings
        held.make_room()
        absent = [key for key in keys if held.get(key) is None]
        for some in _some(absent, SOME):
            asked = "SELECT key, entries FROM postings WHERE key IN (" + ",".join("?" * len(some)) + ")"
            for key, entries in self._database.execute(asked, some):
                held.put(key, array("I", entries))
        return [self._posting(key) for key in keys]

    def _posting(self, key: int) -> array[int]:
        found = self._postings.get(key)
        if found is None:
            found = array("I")
            self._postings.put(key, found)
        return found

    def post(self, keys: Sequence[int], claim: int, figure: int) -> None:
        """Let keys, which were just looked up, lead to a figure from a claim on."""
        for key in keys:
            entries = self._posting(key)
            if not entries or entries[-1] != figure:
                entries.extend((claim, figure))
                self._dirty.add(key)
                # An entry that has so many behind it below the floor is never looked at again.
                while len(entries) > 2 * POSTINGS and entries[2 * POSTINGS] < self.floor:
                    del entries[:2]

    def _leave_postings(self, held: dict[int, array[int]]) -> None:
        changed = sorted(self._dirty & held.keys())
        self._dirty.difference_update(changed)
        self._database.executemany(
            "INSERT OR REPLACE INTO postings VALUES (?, ?)", ((key, held[key].tobytes()) for key in changed)
        )

    def outlines(self, numbers: Sequence[int]) -> list[bytes]:
        """Of each figure the outlines of its members, oldest first; all have some."""
        held = self._outlines
        held.make_room()
        absent = [number for number in numbers if held.get(number) is None]
        for some in _some(absent, SOME):
            asked = (
                "SELECT figure, outlines FROM outlines WHERE figure IN (" + ",".join("?" * len(some)) + ")"
            )
            for number, outlines in self._database.execute(asked, some):
                held.put(number, outlines)
        return [held.get(number) or b"" for number in numbers]

    def _outline(self, number: int, outlines: bytes) -> None:
        self._outlines.get(number)
        self._outlines.put(number, outlines)
        self._outlined.add(number)

    def _leave_outlines(self, held: dict[int, bytes]) -> None:
        changed = sorted(self._outlined & held.keys())
        self._outlined.difference_update(changed)
        self._database.executemany(
            "INSERT OR REPLACE INTO outlines VALUES (?, ?)", ((number, held[number]) for number in changed)
        )

    def _figure(self, number: int) -> Figure:
        found = self._figures.get(number)
        if found is None:
            mentions, glosses = self._database.execute(
                "SELECT mentions, glosses FROM figures WHERE number = ?", (number,)
            ).fetchone()
            found = Figure(array("I", mentions), array("I", glosses))
            self._figures.put(number, found)
        return found

    def make_room(self) -> None:
        """Let go of what was not looked at lately; no figure that was handed out before may be changed then."""
        self._figures.make_room()
        self._identities.make_room()

    def identities(self, numbers: Sequence[int]) -> list[Identity]:
        """The identities of claims by their numbers."""
        held = self._identities
        absent = [number for number in numbers if held.get(number) is None]
        for some in _some(absent, SOME):
            asked = "SELECT number, identity, passage FROM claims WHERE number IN ("
            for number, identity, passage in self._database.execute(
                asked + ",".join("?" * len(some)) + ")", some
            ).fetchall():
                held.put(number, decode_identity(identity, self._topic(passage)))
        return [found for found in map(held.get, numbers) if found is not None]

    def identity(self, number: int) -> Identity:
        """The identity of a claim by its number."""
        return self._identities.get(number) or self.identities([number])[0]

    def _leave_figures(self, held: dict[int, Figure]) -> None:
        self._database.executemany(
            "UPDATE figures SET mentions = ?, glosses = ? WHERE number = ?",
            (
                (figure.mentions.tobytes(), figure.glosses.tobytes(), number)
                for number, figure in held.items()
            ),
        )

    def has_figure_id(self, figure_id: str) -> bool:
        """Whether a figure has this id."""
        asked = "SELECT 1 FROM figures WHERE figure_id = ?"
        return self._database.execute(asked, (figure_id,)).fetchone() is not None

    def found(self, figure_id: str) -> int:
        """A new figure, without claims; its number."""
        number = self.figures
        self.figures += 1
        self._database.execute("INSERT INTO figures (number, figure_id) VALUES (?, ?)", (number, figure_id))
        self._figures.put(number, Figure(array("I"), array("I")))
        self._outlines.put(number, b"")
        return number

    def figure_of(self, claim_id: str) -> int | None:
        """The number of a claim's figure, if the claim was placed."""
        if claim_id in self._waiting:
            return self._waiting[claim_id][0]
        found = self._database.execute("SELECT figure FROM claims WHERE claim_id = ?", (claim_id,)).fetchone()
        return None if found is None else int(found[0])

    def place(self, placed: Placed, known: str) -> int:
        """Keep a claim with its figure, which it joins; the claim's number. `known` is the day on which it was."""
        claim, identity, number = placed.claim, placed.claim.identity, self.claims
        self.claims += 1
        figure = self._figure(placed.figure)
        if placed.is_gloss:
            figure.glosses.append(number)
        else:
            figure.mentions.append(number)
            self._identities.put(number, identity)
            (known_of,) = self.outlines([placed.figure])
            full = len(known_of) == MEMBERS * SIZE
            others = known_of[:SIZE] + known_of[2 * SIZE if full else SIZE :]
            self._outline(placed.figure, others + numbered(claim.outline, number))
        passage = self._passage(identity.passage_id)
        if passage is None:
            self.set_topic(identity.passage_id, identity.topic)
            passage = self._passages - 1
        candidates = json.dumps(placed.candidates) if placed.candidates else None
        self._waiting[identity.claim_id] = (
            placed.figure,
            (
                number,
                identity.claim_id,
                passage,
                placed.figure,
                placed.score,
                placed.reason,
                known,
                candidates,
                claim.row,
                claim.encoded,
            ),
        )
        if len(self._waiting) >= CLAIMS_HELD:
            self._write_claims()
        return number

    def _write_claims(self) -> None:
        self._database.executemany(
            "INSERT INTO claims VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [values for _, values in self._waiting.values()],
        )
        self._waiting.clear()

    # Going back.

    def first_known_on(self, day: str) -> int:
        """The number of the first claim that became known on this day or later."""
        self._write_claims()
        low, high = 0, self.claims
        while low < high:  # claims are numbered in the order of the days
            middle = (low + high) // 2
            found = self._database.execute("SELECT known FROM claims WHERE number = ?", (middle,)).fetchone()
            low, high = (middle + 1, high) if found[0] < day else (low, middle)
        return low

    def rewind(
        self, claim: int, keys_of: Callable[[Identity], Sequence[int]]
    ) -> Iterator[tuple[dict[str, object], str]]:
        """Forget the claim of this number (from `floor` on) and all that were placed after it.

        Yields the row of each with the id that its figure had; nothing is forgotten before all were taken.
        """
        self.let_go()
        keys: set[int] = set()
        smaller: set[int] = set()
        asked = """SELECT c.number, c.figure, f.figure_id, c.row, c.identity, c.passage FROM claims c
            JOIN figures f ON f.number = c.figure WHERE c.number >= ? ORDER BY c.number"""
        for _, figure, figure_id, row, identity, passage in self._database.execute(asked, (claim,)):
            keys.update(keys_of(decode_identity(identity, self._topic(passage))))
            smaller.add(figure)
            yield decode_row(row), figure_id
        for some in _some(sorted(keys), SOME):
            for entries, key in zip(self.postings(some), some, strict=True):
                while entries and entries[-2] >= claim:
                    del entries[-2:]
                self._dirty.add(key)
        for number in sorted(smaller):
            self._shrink(number, claim)
        self._database.execute("DELETE FROM claims WHERE number >= ?", (claim,))
        self.claims, self.figures = claim, self._next("figures")

    def _shrink(self, number: int, claim: int) -> None:
        """Take the claims from this one on out of a figure; one that none are left of goes."""
        mentions, glosses = (
            array("I", blob)
            for blob in self._database.execute(
                "SELECT mentions, glosses FROM figures WHERE number = ?", (number,)
            ).fetchone()
        )
        left, left_glosses = (
            array("I", (n for n in numbers if n < claim)) for numbers in (mentions, glosses)
        )
        if not left:
            self._database.execute("DELETE FROM figures WHERE number = ?", (number,))
            self._database.execute("DELETE FROM outlines WHERE figure = ?", (number,))
            return
        members = _members(left)
        outlines = (
            numbered(outline(identity), number)
            for number, identity in zip(members, self.identities(members), strict=True)
        )
        self._database.execute("INSERT OR REPLACE INTO outlines VALUES (?, ?)", (number, b"".join(outlines)))
        self._database.execute(
            "UPDATE figures SET mentions = ?, glosses = ? WHERE number = ?",
            (left.tobytes(), left_glosses.tobytes(), number),
        )

    # For the tables.

    def numbers(self, figure_ids: Iterable[str]) -> list[int]:
        """The numbers of the figures that have these ids, in order."""
        found: list[int] = []
        for some in _some(figure_ids, SOME):
            asked = "SELECT number FROM figures WHERE figure_id IN (" + ",".join("?" * len(some)) + ")"
            found += (number for (number,) in self._database.execute(asked, some))
        return sorted(found)

    def figure_ids(self, numbers: Iterable[int]) -> dict[int, str]:
        """The ids of figures."""
        found: dict[int, str] = {}
        for some in _some(numbers, SOME):
            asked = (
                "SELECT number, figure_id FROM figures WHERE number IN (" + ",".join("?" * len(some)) + ")"
            )
            found.update(self._database.execute(asked, some).fetchall())
        return found

    def kept(self, numbers: Sequence[int]) -> list[tuple[int, str, list[Kept]]]:
        """Figures with these numbers: number, id, and the claims, its mentions first; all written before."""
        self._figures.let_go()
        self._write_claims()
        asked = "SELECT number, figure_id, mentions, glosses FROM figures WHERE number IN ("
        figures = [
            (number, figure_id, [*array("I", mentions), *array("I", glosses)])
            for some in _some(numbers, SOME)
            for number, figure_id, mentions, glosses in self._database.execute(
                asked + ",".join("?" * len(some)) + ") ORDER BY number", some
            ).fetchall()
        ]
        wanted = sorted(claim for _, _, claims in figures for claim in claims)
        kept = {claim: found for some in _some(wanted, SOME) for claim, found in self._kept(some)}
        return [(number, figure_id, [kept[c] for c in claims]) for number, figure_id, claims in figures]

    def _kept(self, numbers: Sequence[int]) -> Iterator[tuple[int, Kept]]:
        asked = (
            "SELECT number, claim_id, figure, score, reason, candidates, row FROM claims WHERE number IN ("
        )
        for number, claim_id, figure, score, reason, candidates, row in self._database.execute(
            asked + ",".join("?" * len(numbers)) + ")", numbers
        ).fetchall():
            others = [tuple(c) for c in json.loads(candidates)] if candidates else []
            yield number, Kept(claim_id, figure, score, reason, others, decode_row(row))

    def placed(self, claim_ids: Iterable[str]) -> set[str]:
        """Those of these claims that were placed."""
        found: set[str] = set(claim_ids) & self._waiting.keys()
        for some in _some(claim_ids, SOME):
            asked = "SELECT claim_id FROM claims WHERE claim_id IN (" + ",".join("?" * len(some)) + ")"
            found.update(claim_id for (claim_id,) in self._database.execute(asked, some))
        return found

    def figures_of_passages(self, passage_ids: Iterable[str]) -> set[int]:
        """The figures that have claims in these passages."""
        self._write_claims()
        found: set[int] = set()
        for some in _some(passage_ids, SOME):
            asked = f"""SELECT DISTINCT figure FROM claims WHERE passage IN
                (SELECT number FROM passages WHERE passage_id IN ({",".join("?" * len(some))}))"""
            found.update(figure for (figure,) in self._database.execute(asked, some))
        return found

    def places(self) -> dict[str, int]:
        """The documents that were known, each with its place among the snapshots of its page."""
        return dict(self._database.execute("SELECT document_id, place FROM documents").fetchall())

    def set_places(self, places: Mapping[str, int]) -> None:
        """Note documents with their places."""
        self._database.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?)", places.items())

    def touch(self, figure_ids: Iterable[str]) -> None:
        """Note figures whose histories are to be written."""
        self._database.executemany("INSERT OR IGNORE INTO touched VALUES (?)", ((f,) for f in figure_ids))

    def touched(self) -> list[str]:
        """The figures that were noted since `untouch`."""
        return [f for (f,) in self._database.execute("SELECT figure_id FROM touched ORDER BY figure_id")]

    def untouch(self) -> None:
        """Their histories were written."""
        self._database.execute("DELETE FROM touched")


def _some(values: Iterable[Asked], size: int) -> Iterator[list[Asked]]:
    """The values, so many at once."""
    left = iter(values)
    while some := list(islice(left, size)):
        yield some


def _members(mentions: Sequence[int]) -> list[int]:
    """Of the numbers of a figure's mentions those that claims are compared with: the first and the last ones."""
    return [*mentions[:1], *mentions[1:][-(MEMBERS - 1) :]]

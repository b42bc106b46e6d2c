"""The lexicon: what the rules know of words, read from the TOML files in lexicon/.

Each function reads its file once. `lexicon_version` identifies their content, so that a claim can say which
lexicon it was made with.
"""

from __future__ import annotations

import hashlib
import logging
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from pipeline.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pint

    from pipeline.types import Kind, Modifier

FOLDER = Path(__file__).parent / "lexicon"


@dataclass(frozen=True, slots=True)
class Currency:
    """A currency: ISO 4217 code, its names and signs, those of its parts, and what speaks for it in a text.

    `doubtful` are names that mean other things too, except of large amounts. `minor` says how many of each of its
    parts make one.
    `dominant`: what it shares with others means it unless something speaks for another; `everywhere`: in stories
    about the others' countries too.
    """

    code: str
    names: tuple[str, ...]
    doubtful: tuple[str, ...]
    signs: tuple[str, ...]
    minor: dict[str, int]
    minor_signs: tuple[str, ...]
    dominant: bool
    everywhere: bool
    nations: tuple[str, ...]
    countries: tuple[str, ...]
    places: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its pint expression, the kind of claim it makes, its words and its symbols (after digits only)."""

    expression: str
    kind: Kind
    words: tuple[str, ...]
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModifierEntry:
    """A row of the truth table of modifiers.

    `bound` is the side that the number gives ("low" or "high", else None); `strict` that the number itself is
    excluded.
    """

    meaning: Modifier
    bound: str | None
    strict: bool
    before: tuple[str, ...]
    after: tuple[str, ...]


@cache
def read(name: str) -> dict[str, Any]:
    """The content of lexicon/<name>.toml. ConfigurationError, naming file and place, if it can't be read."""
    path = FOLDER / f"{name}.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"lexicon/{name}.toml: {error}") from error


@cache
def words(place: str, key: str) -> frozenset[str]:
    """A list of words as a set: of a table of contexts.toml ("dates", "months"), or "file.table" of another."""
    file, _, table = place.rpartition(".")
    return frozenset(read(file or "contexts")[table][key])


@cache
def lexicon_version() -> str:
    """Hash of all files of the lexicon: 16 hexadecimal characters."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.iterdir()):
        if path.suffix in (".toml", ".txt"):
            digest.update(path.name.encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def any_of(words: Iterable[str], *, capitals: bool = False) -> str:
    """An alternation for a pattern, longest first, grouped by first letter so that a mismatch costs little.

    capitals: each word may also begin with a capital.
    """
    groups: dict[str, list[str]] = {}
    for word in sorted(set(words), key=lambda word: (-len(word), word)):
        first = re.escape(word[0])
        first = f"[{word[0].upper()}{word[0]}]" if capitals and word[0].islower() else first
        groups.setdefault(first, []).append(re.escape(word[1:]))
    rests = {first: rest[0] if len(rest) == 1 else f"(?:{'|'.join(rest)})" for first, rest in groups.items()}
    return "|".join(first + rest for first, rest in sorted(rests.items()))


def plural(word: str) -> str:
    """The regular plural of a noun or of a phrase that ends with one."""
    if word.endswith(("s", "x", "ch", "sh")):
        return word + "es"
    return word + "s"


@cache
def currencies() -> tuple[Currency, ...]:
    """Every currency of currencies.toml, in its order: the first that has a shared name is its default."""
    return tuple(_currency(entry) for entry in read("currencies")["currency"])


@cache
def dominant_currencies() -> frozenset[str]:
    """The codes of those that their shared signs and names mean unless something speaks for another."""
    return frozenset(currency.code for currency in currencies() if currency.dominant)


@cache
def everywhere_currencies() -> frozenset[str]:
    """The codes of those that their shared signs and names mean even where places speak for another."""
    return frozenset(currency.code for currency in currencies() if currency.everywhere)


def _currency(entry: dict[str, Any]) -> Currency:
    singular: list[str] = entry.get("names", [])
    forms = singular + (entry.get("plurals") or [plural(name) for name in singular])
    nations = entry.get("nations", [])
    national = [f"{nation} {form}" for nation in nations for form in forms]
    return Currency(
        code=entry["code"],
        names=tuple(dict.fromkeys(national + entry.get("alone", forms) + entry.get("other", []))),
        doubtful=tuple(entry.get("doubtful", ())),
        signs=tuple(entry.get("signs", ())),
        minor=dict.fromkeys(entry.get("minor", ()), entry.get("parts", 100)) | entry.get("other_parts", {}),
        minor_signs=tuple(entry.get("minor_signs", ())),
        dominant=entry.get("dominant", False),
        everywhere=entry.get("everywhere", False),
        nations=tuple(nations),
        countries=tuple(entry.get("countries", ())),
        places=tuple(entry.get("places", ())),
    )


@cache
def units() -> tuple[Unit, ...]:
    """Every unit of units.toml, the kinds of share among them, with those that prefixes make of them."""
    shares = tuple(
        Unit(expression, "share", tuple(surfaces), ())
        for expression, surfaces in read("units")["shares"].items()
    )
    return shares + tuple(unit for entry in read("units")["unit"] for unit in _units_of(entry))


def _units_of(entry: dict[str, Any]) -> Iterator[Unit]:
    words = list(entry["words"])
    expression, kind = entry["expression"], cast("Kind", entry.get("kind", "measure"))
    plurals = entry.get("plural") or [plural(word) for word in words]
    forms = tuple(dict.fromkeys(words + plurals))
    yield Unit(expression, kind, forms, tuple(entry.get("symbols", ())))
    for prefix in entry.get("prefixes", ()):
        symbols = [
            sign + symbol
            for sign in read("units")["prefixes"][prefix]
            for symbol in entry.get("prefixed", ())
        ]
        yield Unit(
            prefix + expression,
            kind,
            tuple(prefix + form for form in forms if form.isalpha()),
            tuple(symbols),
        )


@cache
def shared_symbols() -> dict[str, tuple[tuple[frozenset[str], Unit], ...]]:
    """Symbols that several units have: each unit with the words of which one must stand near, none if empty."""
    by_expression = {unit.expression: unit for unit in reversed(units())}
    found: dict[str, list[tuple[frozenset[str], Unit]]] = {}
    for entry in read("units")["shared"]:
        for symbol in entry["symbols"]:
            unit = by_expression[entry["expression"]]
            found.setdefault(symbol, []).append((frozenset(entry["near"]), unit))
    return {symbol: tuple(meant) for symbol, meant in found.items()}


@cache
def modifiers() -> tuple[ModifierEntry, ...]:
    """The truth table of modifiers."""
    return tuple(
        ModifierEntry(
            meaning=entry["meaning"],
            bound=entry.get("bound"),
            strict=entry.get("strict", False),
            before=tuple(dict.fromkeys(entry["before"])),
            after=tuple(dict.fromkeys(entry["after"])),
        )
        for entry in read("modifiers")["modifier"]
    )


@cache
def unit_registry() -> pint.UnitRegistry[Any]:
    """pint's registry with the units of units.txt, the denominators of units.toml and every currency.

    Each currency and each thing that is counted under "per" is a dimension of its own: prices in two currencies
    don't convert, and a price per person is no price per share.
    """
    import pint

    logging.getLogger("pint.util").setLevel(logging.ERROR)
    registry: pint.UnitRegistry[Any] = pint.UnitRegistry(on_redefinition="ignore")
    registry.load_definitions(str(FOLDER / "units.txt"))
    for currency in currencies():
        registry.define(f"{currency.code} = [currency_{currency.code}]")
    for word in read("units")["denominators"]["counted"]:
        registry.define(f"{word} = [counted_{word}]")
    return registry

"""What is read: the entries of sources.toml, and paths given by hand."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import ConfigurationError
from pipeline.toml_files import read_toml

MEGABYTE = 1_000_000
PATHS, PAGES, FEEDS, SITEMAPS, ARCHIVES = "paths", "pages", "feeds", "sitemaps", "archives"
_KINDS = (PATHS, PAGES, FEEDS, SITEMAPS, ARCHIVES)
_WEB = (PAGES, FEEDS, SITEMAPS)
_EVERY = ("refresh", "hour", "day", "week")
_KEYS = (
    "id",
    *_KINDS,
    "publisher",
    "country",
    "language",
    "licence",
    "every",
    "optional",
    "max_megabytes",
    "most_pages",
    "allow_private",
)
_TABLES = ("sources", "settings")
_ARGUMENTS = "arguments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One place that documents come from, and what holds for all of them.

    `paths` are folders (read with all folders below), files, or patterns with `*`, `?`, `[...]` and `**`,
    relative to the folder of sources.toml. `country` is the ISO 3166 code of the outlet's country, used to read
    "$" and "pounds"; `language` an ISO 639 code. `every` says how often an address is asked again at most: at each
    refresh, or once in an hour, day or week. A path that is not there is an error unless the source is `optional`.
    `named` is true for paths given by hand. Files, pages and records of more than `max_bytes` bytes are not read,
    and in one refresh no more than `most_pages` pages are asked for.
    """

    id: str
    paths: tuple[str, ...]
    kind: str = PATHS
    publisher: str | None = None
    country: str | None = None
    language: str | None = "en"
    licence: str | None = None
    every: str = "refresh"
    optional: bool = False
    named: bool = False
    max_bytes: int = 20 * MEGABYTE
    most_pages: int = 200
    allow_private: bool = False

    @property
    def is_web(self) -> bool:
        """Whether it is read from the web."""
        return self.kind in _WEB


def load_sources(path: Path) -> list[Source]:
    """The `[[sources]]` entries of a file, in its order; its `[settings]` are not looked at.

    ConfigurationError, naming file, entry, key and reason, for a file that is absent or not TOML, for a table that
    is neither, and for an entry that can't be used.
    """
    tables = _read(path)
    for name in tables:
        if name not in _TABLES:
            raise ConfigurationError(f"{path}: {name}: unknown; {_hint(name, ('[[sources]]', '[settings]'))}")
    entries = tables.get("sources", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigurationError(f"{path}: sources must be written as [[sources]], once for each source")
    sources: list[Source] = []
    for number, entry in enumerate(entries, start=1):
        source = _source(path, number, entry)
        if any(source.id == other.id for other in sources):
            raise ConfigurationError(f"{path}, source {source.id!r}: id: two sources have this id")
        sources.append(source)
    return sources


def source_for_paths(paths: Sequence[Path]) -> Source:
    """The source of paths given by hand; they are taken as they are, so that no character makes a pattern."""
    return Source(id=_ARGUMENTS, paths=tuple(str(path) for path in paths), named=True)


def _read(path: Path) -> dict[str, Any]:
    found = read_toml(path)
    if found is None:
        raise ConfigurationError(f"{path}: there is no such file; it lists what is read")
    return found


def _source(path: Path, number: int, entry: Mapping[str, Any]) -> Source:
    name = entry.get("id")
    where = f"{path}, source {name!r}" if isinstance(name, str) and name else f"{path}, source {number}"
    for key in entry:
        if key not in _KEYS:
            raise ConfigurationError(f"{where}: {key}: unknown key; {_hint(key, _KEYS)}")
    kind = _kind(where, entry)
    return Source(
        id=_id(where, entry),
        kind=kind,
        paths=_paths(where, entry, kind),
        publisher=_text(where, entry, "publisher"),
        country=_country(where, entry),
        language=_matching(where, entry, "language", r"[a-z]{2,3}", "an ISO 639 code such as en") or "en",
        licence=_text(where, entry, "licence"),
        every=_every(where, entry),
        optional=_boolean(where, entry, "optional"),
        max_bytes=_max_bytes(where, entry),
        most_pages=_most_pages(where, entry),
        allow_private=_boolean(where, entry, "allow_private"),
    )


def _hint(written: str, there: Sequence[str]) -> str:
    """What somebody may have meant, or what there is."""
    near = difflib.get_close_matches(written, there, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(there)}"


def _id(where: str, entry: Mapping[str, Any]) -> str:
    name = _matching(
        where, entry, "id", r"[a-z0-9][a-z0-9_.-]{0,63}", "lower-case letters, digits, - _ and ."
    )
    if not name:
        raise ConfigurationError(f"{where}: id: missing; every source needs one")
    if name == _ARGUMENTS:
        raise ConfigurationError(
            f"{where}: id: {_ARGUMENTS!r} is kept for paths given by hand; choose another"
        )
    return name


def _kind(where: str, entry: Mapping[str, Any]) -> str:
    given = [kind for kind in _KINDS if kind in entry]
    if not given:
        raise ConfigurationError(
            f'{where}: paths: missing; for example paths = ["articles"] (or {", ".join(_KINDS[1:])})'
        )
    if len(given) > 1:
        raise ConfigurationError(
            f"{where}: {given[1]}: a source has either {given[0]} or {given[1]}; make it two"
        )
    only_web = [key for key in ("most_pages", "allow_private") if key in entry]
    if only_web and given[0] not in _WEB:
        raise ConfigurationError(f"{where}: {only_web[0]}: only a source with {', '.join(_WEB)} has it")
    return given[0]


def _paths(where: str, entry: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    paths = entry[kind]
    if isinstance(paths, str):
        paths = [paths]
    if not isinstance(paths, list) or not paths or not all(isinstance(p, str) and p.strip() for p in paths):
        what = "addresses" if kind in _WEB else "folders, files or patterns"
        raise ConfigurationError(f"{where}: {kind}: must be a list of {what}, not {paths!r}")
    for given in paths:
        if "\0" in given:
            raise ConfigurationError(f"{where}: {kind}: {given!r} has a NUL character in it")
        is_address = bool(re.match(r"[A-Za-z][A-Za-z+.-]+://", given))
        if kind in _WEB and not re.match(r"https?://[^\s/]+", given):
            raise ConfigurationError(
                f"{where}: {kind}: {given!r} is not an address that begins with https:// or http://"
            )
        host = re.split(r"[/?#]", given.partition("://")[2], maxsplit=1)[0]
        if kind in _WEB and "@" in host:
            raise ConfigurationError(
                f"{where}: {kind}: the address at {host.rpartition('@')[2]} has a user name or password in it, which would stand in "
                "every release; name a page that needs none"
            )
        if kind not in _WEB and is_address:
            raise ConfigurationError(
                f"{where}: {kind}: {given!r} is an address; {kind} are folders or files, and addresses are written "
                f"as {', '.join(_WEB[:-1])} or {_WEB[-1]}"
            )
    return tuple(paths)


def _text(where: str, entry: Mapping[str, Any], key: str) -> str | None:
    value = entry.get(key)
    if value is not None and (not isinstance(value, str) or not value.strip()):
        raise ConfigurationError(f"{where}: {key}: must be text in quotes, not {value!r}")
    return value


def _matching(where: str, entry: Mapping[str, Any], key: str, pattern: str, what: str) -> str | None:
    value = _text(where, entry, key)
    if value is not None and not re.fullmatch(pattern, value):
        raise ConfigurationError(f"{where}: {key}: must be {what}, not {value!r}")
    return value


def _country(where: str, entry: Mapping[str, Any]) -> str | None:
    if entry.get("country") == "UK":
        raise ConfigurationError(f"{where}: country: the ISO 3166 code of the United Kingdom is GB, not UK")
    return _matching(where, entry, "country", r"[A-Z]{2}", "an ISO 3166 code such as GB or US")


def _every(where: str, entry: Mapping[str, Any]) -> str:
    value = entry.get("every", "refresh")
    if value not in _EVERY:
        raise ConfigurationError(
            f"{where}: every: must be {', '.join(_EVERY[:-1])} or {_EVERY[-1]}, not {value!r}"
        )
    return str(value)


def _boolean(where: str, entry: Mapping[str, Any], key: str) -> bool:
    value = entry.get(key, False)
    if not isinstance(value, bool):
        raise ConfigurationError(f"{where}: {key}: must be true or false, not {value!r}")
    return value


def _max_bytes(where: str, entry: Mapping[str, Any]) -> int:
    value = entry.get("max_megabytes", 20)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1000:
        raise ConfigurationError(
            f"{where}: max_megabytes: must be a number above 0 and up to 1000, not {value!r}"
        )
    return int(value * MEGABYTE)


def _most_pages(where: str, entry: Mapping[str, Any]) -> int:
    value = entry.get("most_pages", 200)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= 50_000:
        raise ConfigurationError(
            f"{where}: most_pages: must be a whole number from 1 to 50000, not {value!r}"
        )
    return value

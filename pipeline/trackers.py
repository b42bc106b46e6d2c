"""Figures that the user follows by name: trackers.toml, and which claims belong to which tracker."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pipeline.display import toml_text
from pipeline.errors import ConfigurationError
from pipeline.lexicon import unit_registry
from pipeline.linking.identity import IN_SI, measured
from pipeline.linking.vocabulary import Vocabulary, load
from pipeline.toml_files import read_entries

KINDS = ("count", "money", "share", "ratio", "measure", "duration", "age", "temperature")
FIELDS = {"id", "label", "kind", "unit", "what", "must", "must_not", "place", "plausible"}
ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


@dataclass(frozen=True)
class Tracker:
    """A figure that is followed by name.

    `what` holds head nouns: a claim is collected if it counts or measures one of them. Of each group of `must` one
    word has to stand in the claim's sentence, and none of `must_not`. `unit` is a currency, or for measures and
    durations any unit of what is measured. `plausible` is a range in `unit`, of shares in percent; a claim outside
    it is flagged, not dropped.
    """

    id: str
    label: str
    kind: str
    what: tuple[str, ...]
    unit: str | None = None
    must: tuple[tuple[str, ...], ...] = ()
    must_not: tuple[str, ...] = ()
    place: str | None = None
    plausible: tuple[float, float] = (-math.inf, math.inf)

    @cached_property
    def _must(self) -> tuple[re.Pattern[str], ...]:
        return tuple(_any_of(group) for group in self.must)

    @cached_property
    def _must_not(self) -> re.Pattern[str] | None:
        return _any_of(self.must_not) if self.must_not else None

    def collects(self, row: Mapping[str, object], vocabulary: Vocabulary | None = None) -> bool:
        """Whether a claim (a row of claims joined with its normalised columns) belongs to this tracker."""
        known = vocabulary or load()
        if row["kind"] != self.kind or not self._measures(row):
            return False
        head = row.get("entity_head")
        if self.what and (
            head is None or known.concept(str(head)) not in {known.concept(w) for w in self.what}
        ):
            return False
        text = f"{row.get('sentence') or ''} ; {row.get('entity') or ''} ; {row.get('subject') or ''}"
        if self.place and self.place.lower() not in f"{text} ; {row.get('place') or ''}".lower():
            return False
        if self._must_not and self._must_not.search(text):
            return False
        return all(pattern.search(text) for pattern in self._must)

    def _measures(self, row: Mapping[str, object]) -> bool:
        """Whether the claim is in this currency, or in a unit that can be converted to this one."""
        if self.unit is None or self.kind not in ("money", *IN_SI):
            return True
        if self.kind == "money":
            return row["unit"] == self.unit
        unit = row.get("si_unit")
        return unit is not None and unit_registry().Unit(self.unit).is_compatible_with(str(unit))

    def flag(self, row: Mapping[str, object]) -> str | None:
        """What is wrong with the value of a claim that it collects, if it lies outside the plausible range."""
        _, unit, quantity = measured(row)
        anchor = quantity.anchor
        if anchor is not None and self.unit and self.kind in IN_SI:
            anchor = float(unit_registry().Quantity(anchor, unit).to(self.unit).magnitude)
        low, high = self.plausible
        if anchor is None or low <= anchor <= high:
            return None
        return f"{row['exact']} is outside the plausible range {low:,.15g} to {high:,.15g} of {self.id}"


def load_trackers(path: Path) -> list[Tracker]:
    """The trackers of a trackers.toml, in its order; none if there is no such file.

    ConfigurationError names the file, the entry and the field that can't be used.
    """
    entries = enumerate(read_entries(path, "tracker"), 1)
    trackers = [_tracker(entry, f"{path}: tracker {number}") for number, entry in entries]
    seen: set[str] = set()
    for tracker in trackers:
        if tracker.id in seen:
            raise ConfigurationError(f"{path}: two trackers have the id {tracker.id}")
        seen.add(tracker.id)
    return trackers


def first_match(
    row: Mapping[str, object], trackers: Iterable[Tracker], vocabulary: Vocabulary | None = None
) -> Tracker | None:
    """The first tracker that collects the claim."""
    return next((t for t in trackers if t.collects(row, vocabulary)), None)


def propose(row: Mapping[str, object], taken: Sequence[str] = (), label: str | None = None) -> str:
    """A [[tracker]] entry, as TOML text, for the figure that a claim (a row as in `collects`) reports.

    `taken` holds the ids in use; the proposed one differs from them. `label` says what the figure is; else the
    claim's entity does, and the words of either have to stand in what the tracker collects. The plausible range is a hundredth to a
    hundred times the value. ConfigurationError if the claim does not say what it counts or measures.
    """
    entity, head = row.get("entity"), row.get("entity_head")
    if not entity or not head:
        raise ConfigurationError(
            f"“{row['exact']}” does not say what it counts or measures; write the tracker by hand"
        )
    vocabulary = load()
    label = " ".join((label or str(entity)).split())
    base = "-".join(re.findall(r"[a-z0-9]+", label.lower())[:5]) or "figure"
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    other = [
        w for w in vocabulary.content(re.findall(r"[^\W\d_]+", label)) if w != vocabulary.concept(str(head))
    ]
    must = [[w] for w in re.findall(r"[^\W\d_]+", label) if vocabulary.concept(w) in other][:2]
    anchor = _in_own_unit(row) if row["kind"] in IN_SI else measured(row)[2].anchor
    lines = [
        "[[tracker]]",
        f"id = {toml_text(name)}",
        f"label = {toml_text(label)}",
        f"kind = {toml_text(str(row['kind']))}",
        *([f"unit = {toml_text(str(row['unit']))}"] if row.get("unit") else []),
        f"what = [{toml_text(str(head))}]",
        *([f"must = [{', '.join('[' + toml_text(w[0]) + ']' for w in must)}]"] if must else []),
        *([f"place = {toml_text(str(row['place']))}"] if row.get("place") else []),
        *([f"plausible = [{anchor / 100:.15g}, {anchor * 100:.15g}]"] if anchor and anchor > 0 else []),
    ]
    return "\n".join(lines) + "\n"


def _in_own_unit(row: Mapping[str, object]) -> float | None:
    """The number of a measure as it was written."""
    numbers = [row.get(name) for name in ("value", "low", "high")]
    return next((float(number) for number in numbers if isinstance(number, int | float)), None)


def _tracker(entry: object, where: str) -> Tracker:
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{where}: expected a table")
    unknown = sorted(set(entry) - FIELDS)
    if unknown:
        raise ConfigurationError(f"{where}: unknown field {', '.join(unknown)}")
    name = _string(entry, "id", where)
    if not ID.fullmatch(name):
        raise ConfigurationError(f"{where}: id {name!r} must be lower-case words joined by hyphens")
    kind = _string(entry, "kind", where)
    if kind not in KINDS:
        raise ConfigurationError(f"{where}: kind {kind!r} must be one of {', '.join(KINDS)}")
    must = entry.get("must", [])
    if not isinstance(must, list):
        raise ConfigurationError(f"{where}: must has to be a list of words or of groups of words")
    return Tracker(
        id=name,
        label=_string(entry, "label", where),
        kind=kind,
        what=_strings(entry.get("what", []), where, "what"),
        unit=_unit(entry, kind, where) if "unit" in entry else None,
        must=tuple(_strings(g if isinstance(g, list) else [g], where, "must") for g in must),
        must_not=_strings(entry.get("must_not", []), where, "must_not"),
        place=_string(entry, "place", where) if "place" in entry else None,
        plausible=_range(entry.get("plausible"), where),
    )


def _unit(entry: Mapping[str, object], kind: str, where: str) -> str:
    unit = _string(entry, "unit", where)
    if kind == "money" and not re.fullmatch(r"[A-Z]{3}(?:/\w+)?", unit):
        raise ConfigurationError(f"{where}: unit of money must be an ISO 4217 code such as USD, not {unit!r}")
    if kind in IN_SI:
        try:
            unit_registry().parse_units(unit)
        except Exception as error:  # pint raises errors of several kinds for what is no unit
            raise ConfigurationError(
                f"{where}: unit {unit!r} is none that is known; write it as kilometer, tonne or mile/hour"
            ) from error
    return unit


def _string(entry: Mapping[str, object], name: str, where: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{where}: {name} must be a text that is not empty")
    return value


def _strings(value: object, where: str, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise ConfigurationError(f"{where}: {name} must be a list of words")
    return tuple(value)


def _range(value: object, where: str) -> tuple[float, float]:
    if value is None:
        return (-math.inf, math.inf)
    numbers = value if isinstance(value, list) else []
    if len(numbers) != 2 or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in numbers):
        raise ConfigurationError(f"{where}: plausible must be two numbers, the lowest and the highest")
    low, high = float(numbers[0]), float(numbers[1])
    if not low <= high:
        raise ConfigurationError(
            f"{where}: plausible goes from {low:g} to {high:g}; write the lower one first"
        )
    return low, high


def _any_of(phrases: Sequence[str]) -> re.Pattern[str]:
    listed = "|".join(re.escape(p) for p in sorted(phrases, key=lambda p: (-len(p), p)))
    return re.compile(rf"(?<!\w)(?:{listed})(?!\w)", re.IGNORECASE)

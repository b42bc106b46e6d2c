"""Corrections by hand: corrections.toml, and what becomes of each.

A correction names its claims by quoted words, never by id, so that it survives re-extraction and new extractor
versions. It says who made it, when and why, and what it expects to find; where the source or the extractor no longer
says so it is not applied, and its outcome says what was found instead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.display import toml_text
from pipeline.errors import ConfigurationError
from pipeline.linking.constraints import Constraints
from pipeline.tables import CLAIMS, CORRECTION_OUTCOMES
from pipeline.toml_files import read_entries

Action = Literal["confirm", "reject", "edit", "split", "merge"]
Row = dict[str, object]

ACTIONS = ("confirm", "reject", "edit", "split", "merge")
FIELDS = {"id", "action", "who", "when", "why", "claims", "from", "expects", "set"}
SELECTOR_FIELDS = {"uri", "exact", "quote"}
# What a person may set: what the words mean, never the words or where they stand.
EDITABLE = (
    "kind",
    "value",
    "low",
    "high",
    "modifier",
    "significant_digits",
    "change",
    "from_value",
    "to_value",
    "unit",
    "entity",
    "entity_lemma",
    "entity_head",
    "subject",
    "source",
    "modality",
    "money_stage",
    "valid_from",
    "valid_to",
    "place",
    "published",
)
GUARDED = (*EDITABLE, "sentence", "exact")


@dataclass(frozen=True)
class Selector:
    """Finds claims by words: `exact` is the quantity as written, `quote` words around it, `uri` the page."""

    exact: str
    quote: str
    uri: str | None = None

    def matches(self, row: Mapping[str, object], uri: str | None) -> bool:
        """Whether a claim is the quantity that the quoted words hold."""
        return (
            row["exact"] == self.exact
            and (self.uri is None or self.uri == uri)
            and _flat(self.quote) in _flat(str(row["sentence"]))
        )

    @property
    def words(self) -> str:
        """The selector as a reader would say it."""
        place = f" of {self.uri}" if self.uri else ""
        return f"“{self.exact}” in “{self.quote}”{place}"


@dataclass(frozen=True)
class Correction:
    """One decision of a person. `others` are the mentions that a split takes the claims away from."""

    id: str
    action: Action
    who: str
    when: date
    why: str
    claims: tuple[Selector, ...]
    others: tuple[Selector, ...] = ()
    expects: Mapping[str, object] = field(default_factory=dict)
    set: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Corrected:
    """Claims after corrections, what they say of linking, and the outcome of each correction.

    `claims` lacks the rejected ones.
    """

    claims: pa.Table
    constraints: Constraints
    outcomes: pa.Table


def load_corrections(path: Path) -> list[Correction]:
    """The corrections of a file, or of all .toml files of a folder in the order of their names; none if absent.

    ConfigurationError names the file, the entry and the field that can't be used.
    """
    found = [
        _correction(entry, f"{one}: correction {number}")
        for one in (sorted(path.glob("*.toml")) if path.is_dir() else [path])
        for number, entry in enumerate(read_entries(one, "correction"), 1)
    ]
    ids = [c.id for c in found]
    twice = sorted({i for i in ids if ids.count(i) > 1})
    if twice:
        raise ConfigurationError(f"{path}: several corrections have the id {', '.join(twice)}")
    return found


def apply(
    claims: pa.Table,
    corrections: Sequence[Correction],
    *,
    documents: pa.Table | None = None,
    normalise: Callable[[pa.Table], pa.Table] | None = None,
) -> Corrected:
    """Claims with the corrections applied, in their order. The claims table itself is not changed.

    `claims` has the columns of claims joined with those of normalised_claims; `documents` gives the page of each
    claim, for corrections that name one; `normalise` takes edited rows of CLAIMS and gives their normalised rows.
    """
    uri = _uris(documents)
    # No other claims can be meant: of millions only these are unpacked.
    words = pa.array(quoted(corrections), pa.string())
    concerned = claims.filter(pc.is_in(claims.column("exact"), value_set=words))
    rows: dict[str, Row] = {str(r["claim_id"]): r for r in concerned.to_pylist()}
    by_exact: dict[str, list[str]] = {}
    for claim_id in sorted(rows):
        by_exact.setdefault(str(rows[claim_id]["exact"]), []).append(claim_id)
    state = _State(rows, by_exact, uri)
    outcomes = [state.apply(correction) for correction in corrections]
    edited = sorted(state.edited - state.rejected)
    if edited and normalise is not None:
        state.renormalise(edited, normalise, claims.schema)
    constraints = Constraints(tuple(state.together), tuple(state.apart))
    return Corrected(
        _corrected(claims, [rows[c] for c in edited], state.rejected),
        constraints,
        CORRECTION_OUTCOMES.from_rows([dict(o) for o in outcomes]),
    )


def quoted(corrections: Sequence[Correction]) -> list[str]:
    """The words of quantities that corrections name: a claim with others is meant by none."""
    return sorted({s.exact for c in corrections for s in (*c.claims, *c.others)})


def _corrected(claims: pa.Table, edited: Sequence[Row], rejected: Collection[str]) -> pa.Table:
    """The claims in their order, without the rejected ones and with the edited rows in place of their own."""
    gone = pa.array(sorted(rejected), pa.string())
    kept = claims.filter(pc.invert(pc.is_in(claims.column("claim_id"), value_set=gone))) if gone else claims
    if not edited:
        return kept
    new = pa.Table.from_pylist(list(edited), schema=claims.schema)
    both = pa.concat_tables([new, kept])
    # The first place of each id: that of its edited row, if it has one.
    ids = both.column("claim_id").combine_chunks()
    return both.take(pc.index_in(kept.column("claim_id"), value_set=ids))


class _State:
    """Claims while corrections are applied to them, one after the other."""

    def __init__(
        self, rows: dict[str, Row], by_exact: Mapping[str, Sequence[str]], uri: Mapping[str, str]
    ) -> None:
        self.rows = rows
        self.by_exact = by_exact
        self.uri = uri
        self.rejected: set[str] = set()
        self.edited: set[str] = set()
        self.together: list[frozenset[str]] = []
        self.apart: list[tuple[frozenset[str], frozenset[str]]] = []

    def apply(self, correction: Correction) -> Row:
        """Apply one correction if everything it expects is there; its outcome as a row."""
        selected: list[str] = []
        for selector in (*correction.claims, *correction.others):
            found, problem = self.select(selector)
            if problem:
                return _outcome(correction, "not_found", problem, [])
            if selector in correction.claims:
                selected.extend(found)
        mismatch = self.mismatch(correction, selected)
        if mismatch:
            return _outcome(correction, "guard_failed", mismatch, selected)
        self.carry_out(correction, selected)
        return _outcome(correction, "applied", correction.why, selected)

    def select(self, selector: Selector) -> tuple[list[str], str]:
        """Claims that the words select: repeats of one sentence are all meant; different sentences are too many."""
        found = [
            c
            for c in self.by_exact.get(selector.exact, ())
            if selector.matches(self.rows[c], self.uri.get(str(self.rows[c]["document_id"])))
        ]
        if not found:
            return [], f"no claim has {selector.words}; the source or the extractor no longer says so"
        sentences = {_flat(str(self.rows[c]["sentence"])) for c in found}
        if len(sentences) > 1:
            return (
                [],
                f"{len(sentences)} different sentences have {selector.words}; quote more of the one that is meant",
            )
        return found, ""

    def mismatch(self, correction: Correction, selected: Sequence[str]) -> str:
        """What differs from what the correction expects, or nothing."""
        for claim_id in selected:
            for name, expected in correction.expects.items():
                found = self.rows[claim_id].get(name)
                if found != expected and not (
                    name == "sentence" and _flat(str(expected)) in _flat(str(found))
                ):
                    return f"expected {name} to be {expected!r} and found {found!r} in “{self.rows[claim_id]['sentence']}”"
        return ""

    def carry_out(self, correction: Correction, selected: Sequence[str]) -> None:
        """Do what the correction says."""
        match correction.action:
            case "reject":
                self.rejected.update(selected)
            case "confirm":
                pass  # its outcome says it, and what was confirmed no longer waits
            case "edit":
                for claim_id in selected:
                    self.rows[claim_id].update(correction.set)
                self.edited.update(selected)
            case "merge":
                self.together.append(frozenset(selected))
            case "split":
                others = frozenset(c for s in correction.others for c in self.select(s)[0])
                self.together.append(frozenset(selected))
                self.apart.append((frozenset(selected), others))

    def renormalise(
        self, edited: Sequence[str], normalise: Callable[[pa.Table], pa.Table], schema: pa.Schema
    ) -> None:
        """Comparable units of the edited claims."""
        columns = [c.name for c in CLAIMS.columns]
        given = pa.Table.from_pylist(
            [{n: self.rows[c].get(n) for n in columns} for c in edited], schema=CLAIMS.schema
        )
        for row in normalise(given).to_pylist():
            known = {k: v for k, v in row.items() if k in schema.names}
            self.rows[str(row["claim_id"])].update(known)


def confirmed(outcomes: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """The claims that a person has confirmed, from rows of the table `correction_outcomes`."""
    return frozenset(
        claim_id
        for row in outcomes
        if (row["action"], row["outcome"]) == ("confirm", "applied")
        for claim_id in row["claim_ids"]
    )


def propose(claim: Mapping[str, Any], others: Sequence[Mapping[str, Any]], today: date) -> str:
    """A [[correction]] entry, as TOML text, to be completed: a claim (a row of claims) is one figure with the
    first of the others, or, where there are none, is right as it is. `who` and `why` are left to be filled in.
    """
    chosen, rest = others[:1], others[1:]
    value = "" if others or claim["value"] is None else f", value = {claim['value']!r}"
    lines = [
        "[[correction]]",
        f"id = {toml_text('claim-' + str(claim['claim_id']))}",
        f'action = "{"merge" if others else "confirm"}"',
        'who = ""',
        f"when = {today.isoformat()}",
        'why = ""',
        "claims = [",
        *(f"  {_quoting(one)}," for one in (claim, *chosen)),
        *(f"  # or {_quoting(one)}," for one in rest),
        "]",
        f"expects = {{ kind = {toml_text(str(claim['kind']))}{value} }}",
    ]
    return "\n".join(lines) + "\n"


def _quoting(claim: Mapping[str, Any]) -> str:
    """The selector of a claim, as TOML."""
    exact, quote = (toml_text(" ".join(str(claim[name]).split())) for name in ("exact", "sentence"))
    return f"{{ exact = {exact}, quote = {quote} }}"


def failed(outcomes: pa.Table) -> list[str]:
    """A sentence for each correction that was not applied."""
    return [
        f"correction {row['correction_id']} ({row['action']}, {row['who']}): {row['detail']}"
        for row in outcomes.to_pylist()
        if row["outcome"] != "applied"
    ]


def _outcome(correction: Correction, outcome: str, detail: str, selected: Sequence[str]) -> Row:
    return {
        "correction_id": correction.id,
        "action": correction.action,
        "who": correction.who,
        "when": correction.when,
        "why": correction.why,
        "outcome": outcome,
        "detail": detail,
        "claim_ids": sorted(selected),
    }


def _uris(documents: pa.Table | None) -> dict[str, str]:
    if documents is None:
        return {}
    return dict(
        zip(documents.column("document_id").to_pylist(), documents.column("uri").to_pylist(), strict=True)
    )


def _flat(text: str) -> str:
    """Text with straight quotes and single spaces, as people type it."""
    return " ".join(text.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}).split())


def _correction(entry: object, where: str) -> Correction:
    if not isinstance(entry, dict):
        raise ConfigurationError(f"{where}: expected a table")
    unknown = sorted(set(entry) - FIELDS)
    if unknown:
        raise ConfigurationError(f"{where}: unknown field {', '.join(unknown)}")
    action = entry.get("action")
    if action not in ACTIONS:
        raise ConfigurationError(f"{where}: action {action!r} must be one of {', '.join(ACTIONS)}")
    when = entry.get("when")
    if not isinstance(when, date):
        raise ConfigurationError(f"{where}: when must be a date, such as 2024-12-05")
    correction = Correction(
        id=_text(entry, "id", where),
        action=action,
        who=_text(entry, "who", where),
        when=when,
        why=_text(entry, "why", where),
        claims=_selectors(entry.get("claims"), where, "claims"),
        others=_selectors(entry["from"], where, "from") if "from" in entry else (),
        expects=_values(entry.get("expects", {}), GUARDED, where, "expects"),
        set=_values(entry.get("set", {}), EDITABLE, where, "set"),
    )
    _check_shape(correction, where)
    return correction


def _check_shape(correction: Correction, where: str) -> None:
    """That a correction has what its action needs."""
    if not correction.expects:
        raise ConfigurationError(f"{where}: expects must say what the correction expects to find")
    if (correction.action == "edit") != bool(correction.set):
        raise ConfigurationError(f"{where}: set belongs to edit, and edit needs it")
    if (correction.action == "split") != bool(correction.others):
        raise ConfigurationError(f"{where}: from belongs to split, and split needs it")
    if correction.action == "merge" and len(correction.claims) < 2:
        raise ConfigurationError(f"{where}: merge needs two claims or more")


def _selectors(value: object, where: str, name: str) -> tuple[Selector, ...]:
    if not isinstance(value, list) or not value:
        raise ConfigurationError(f"{where}: {name} must be a list of {{exact, quote}} tables")
    found = []
    for one in value:
        if not isinstance(one, dict) or set(one) - SELECTOR_FIELDS:
            raise ConfigurationError(f"{where}: {name} takes exact, quote and uri")
        exact, quote = _text(one, "exact", where), _text(one, "quote", where)
        if _flat(exact) not in _flat(quote):
            raise ConfigurationError(f"{where}: the quote “{quote}” does not hold “{exact}”")
        found.append(Selector(exact, quote, _text(one, "uri", where) if "uri" in one else None))
    return tuple(found)


def _values(value: object, allowed: Sequence[str], where: str, name: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where}: {name} must be a table of fields")
    unknown = sorted(set(value) - set(allowed))
    if unknown:
        raise ConfigurationError(
            f"{where}: {name} cannot have {', '.join(unknown)}; it can have {', '.join(allowed)}"
        )
    return {
        key: float(v)
        if isinstance(v, int) and key in ("value", "low", "high", "from_value", "to_value")
        else v
        for key, v in value.items()
    }


def _text(entry: Mapping[str, object], name: str, where: str) -> str:
    value = entry.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ConfigurationError(f"{where}: {name} must be a text that is not empty")
    return value

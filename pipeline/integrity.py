"""What must hold of the tables before they are published. A check gives its findings: none where all is well.

A finding is a sentence that names an example. No check stops at the first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.claims import extractor_version
from pipeline.display import plain, shortened
from pipeline.store import Store
from pipeline.tables import EXTRACTIONS, TABLES, Table

CONTEXT = 32
DOCUMENTS_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold of a table: a name, what it asks for, and the function that finds the breaches."""

    table: str
    name: str
    asks: str
    findings: Callable[[Store], Iterator[str]]


def wrong_columns(table: Table, stored: pa.Schema) -> Iterator[str]:
    """Columns that the stored table lacks, has besides the declared ones, or has with another type."""
    declared = {column.name: column.type for column in table.columns}
    found = {field.name: field.type for field in stored}
    for name in sorted(declared.keys() | found.keys()):
        if name not in found:
            yield f"column {name} is declared and not stored"
        elif name not in declared:
            yield f"column {name} is stored and not declared"
        elif found[name] != declared[name]:
            yield f"column {name} is stored as {found[name]}, declared as {declared[name]}"


def missing_values(table: Table, rows: pa.Table) -> Iterator[str]:
    """Required columns that have nulls."""
    for column in table.columns:
        if column.required and (nulls := rows.column(column.name).null_count):
            yield f"column {column.name} must have a value and has none in {nulls} rows"


def repeated_keys(table: Table, rows: pa.Table) -> Iterator[str]:
    """Keys that more than one row has."""
    counted = rows.group_by(list(table.key)).aggregate([([], "count_all")])
    for row in counted.filter(pc.field("count_all") > 1).to_pylist():
        key = ", ".join(f"{name} {plain(str(row[name]))}" for name in table.key)
        yield f"{row['count_all']} rows have the key {key}"


def dangling(column: str, values: pa.ChunkedArray, target: str, known: pa.ChunkedArray) -> Iterator[str]:
    """Values that refer to a row of `target` that is not there; nulls refer to nothing."""
    lost = values.filter(pc.invert(pc.is_in(values, value_set=known))).drop_null().unique()
    for value in lost.to_pylist():
        yield f"{column} {plain(str(value))} is not in table {target}"


def misquoted(rows: pa.Table, texts: Mapping[str, str], quote: str) -> Iterator[str]:
    """Rows whose column `quote` is not what their document says from `start` to `end`, or for claims whose
    prefix or suffix is not what stands around it. Rows of documents that are not in `texts` are passed over.
    """
    for row in rows.to_pylist():
        text = texts.get(row["document_id"])
        if text is None:
            continue
        start, end = row["start"], row["end"]
        expected = {quote: text[start:end]}
        if "prefix" in row:
            before, after = min(len(row["prefix"]), CONTEXT), min(len(row["suffix"]), CONTEXT)
            expected |= {"prefix": text[max(start - before, 0) : start], "suffix": text[end : end + after]}
        for name, words in expected.items():
            if row[name] != words:
                yield (
                    f"{name} says {_quoted(row[name])}, document {row['document_id']} says "
                    f"{_quoted(words)} at {start} to {end}"
                )


def unconverted(claims: pa.Table, normalised: pa.Table) -> Iterator[str]:
    """Claims that no row of normalised_claims stands for, and conversions called ok that lost a number."""
    done = normalised.column("claim_id")
    yield from dangling("claim_id", claims.column("claim_id"), "normalised_claims", done)
    joined = normalised.join(claims, "claim_id", join_type="inner")
    ok = pc.field("normalise_status") == "ok"
    for number, targets in _CONVERSIONS.items():
        nothing = pc.field(targets[0]).is_null() & pc.field(targets[1]).is_null()
        for row in joined.filter(ok & pc.field(number).is_valid() & nothing).to_pylist():
            yield f"claim {row['claim_id']} has {number} {row[number]:g}, its conversion has none and is called ok"


_CONVERSIONS = {
    "value": ("si_value", "amount_base"),
    "low": ("si_low", "amount_base_low"),
    "high": ("si_high", "amount_base_high"),
}


def miscounted(figures: pa.Table, figure_claims: pa.Table) -> Iterator[str]:
    """Figures whose mentions are not as many as the claims linked to them, or whose current claim is not one."""
    linked: dict[str, set[str]] = {}
    for row in figure_claims.select(["figure_id", "claim_id"]).to_pylist():
        linked.setdefault(row["figure_id"], set()).add(row["claim_id"])
    for row in figures.select(["figure_id", "mentions", "current_claim_id"]).to_pylist():
        claims = linked.get(row["figure_id"], set())
        if len(claims) != row["mentions"]:
            yield f"figure {row['figure_id']} says {row['mentions']} mentions, {len(claims)} claims are linked to it"
        if row["current_claim_id"] not in claims:
            yield f"figure {row['figure_id']} takes its value from claim {row['current_claim_id']}, not linked to it"


def unlinked(claims: pa.Table, figure_claims: pa.Table, outcomes: pa.Table) -> Iterator[str]:
    """Claims that are a mention of no figure, though no correction rejected them."""
    rejected = {
        claim_id
        for row in outcomes.select(["action", "outcome", "claim_ids"]).to_pylist()
        if (row["action"], row["outcome"]) == ("reject", "applied")
        for claim_id in row["claim_ids"] or []
    }
    linked = pa.chunked_array(
        [*figure_claims.column("claim_id").chunks, pa.array(sorted(rejected), pa.string())], pa.string()
    )
    return dangling("claim_id", claims.column("claim_id"), "figure_claims", linked)


def _quoted(words: str | None) -> str:
    return f"“{shortened(plain(words or ''), 60)}”"


def _schema(table: Table) -> Callable[[Store], Iterator[str]]:
    def findings(store: Store) -> Iterator[str]:
        wrong = list(wrong_columns(table, store.schema(table.name)))
        yield from wrong
        if not wrong:
            required = [column.name for column in table.columns if column.required]
            yield from missing_values(table, store.read(table.name, columns=required))

    return findings


def _keys(table: Table) -> Callable[[Store], Iterator[str]]:
    return lambda store: repeated_keys(table, store.read(table.name, columns=table.key))


def _references(table: Table) -> Callable[[Store], Iterator[str]]:
    def findings(store: Store) -> Iterator[str]:
        rows = store.read(table.name, columns=[column for column, _ in table.references])
        for column, target in table.references:
            key = column if column in TABLES[target].schema.names else TABLES[target].key[0]
            known = store.read(target, columns=[key]).column(key)
            yield from dangling(column, rows.column(column), target, known)

    return findings


def _quotes(table: str, quote: str, columns: list[str]) -> Callable[[Store], Iterator[str]]:
    def findings(store: Store) -> Iterator[str]:
        rows = store.read(table, columns=["document_id", "start", "end", quote, *columns])
        for batch in store.scan("documents", columns=["document_id", "text"], batch_rows=DOCUMENTS_AT_ONCE):
            texts = dict(zip(batch.column(0).to_pylist(), batch.column(1).to_pylist(), strict=True))
            here = rows.filter(pc.is_in(rows.column("document_id"), value_set=batch.column(0)))
            yield from misquoted(here, texts, quote)

    return findings


def _searched(store: Store) -> Iterator[str]:
    passages = store.read("passages", columns=["passage_id"]).column("passage_id")
    searched = store.read("extractions", columns=["passage_id"]).column("passage_id")
    return dangling("passage_id", passages, "extractions", searched)


def _converted(store: Store) -> Iterator[str]:
    claims = store.read("claims", columns=["claim_id", "value", "low", "high"])
    columns = ["claim_id", "normalise_status", *(name for pair in _CONVERSIONS.values() for name in pair)]
    return unconverted(claims, store.read("normalised_claims", columns=columns))


def _counted(store: Store) -> Iterator[str]:
    return miscounted(store.read("figures"), store.read("figure_claims"))


def _linked(store: Store) -> Iterator[str]:
    current = store.read("claims", columns=["claim_id"], where={"extractor_version": extractor_version()})
    return unlinked(current, store.read("figure_claims"), store.read("correction_outcomes"))


def _recorded(store: Store) -> Iterator[str]:
    figures = store.read("figures", columns=["figure_id"]).column("figure_id")
    recorded = store.read("revisions", columns=["figure_id"]).column("figure_id")
    return dangling("figure_id", figures, "revisions", recorded)


def _checks_of(table: Table) -> Iterator[Check]:
    """The checks that follow from a table's declaration alone."""
    # The extractor's own record is no asset; its checks stand beside those of the claims.
    before = "extractions_" if table is EXTRACTIONS else ""
    asks = "Columns and types are those of tables.py, and no required value is missing"
    yield Check(table.name, f"{before}schema_as_declared", asks, _schema(table))
    asks = f"No two rows have the same {' and '.join(table.key)}"
    yield Check(table.name, f"{before}keys_unique", asks, _keys(table))
    if table.references:
        targets = " and ".join(sorted({target for _, target in table.references}))
        asks = f"What a row refers to in {targets} is there"
        yield Check(table.name, f"{before}references_exist", asks, _references(table))


BLOCKING: tuple[Check, ...] = (
    *(check for table in TABLES.values() for check in _checks_of(table)),
    Check(
        "passages",
        "text_in_document",
        "A passage's text is what its document says from start to end",
        _quotes("passages", "text", []),
    ),
    Check(
        "claims",
        "exact_in_document",
        "A claim's exact words, and those around it, are what its document says from start to end",
        _quotes("claims", "exact", ["prefix", "suffix"]),
    ),
    Check("claims", "every_passage_searched", "No passage was left out by the extractor", _searched),
    Check(
        "normalised_claims",
        "no_value_lost",
        "Every claim has its conversion, and each of its numbers is in it or a status says why not",
        _converted,
    ),
    Check(
        "figure_claims",
        "mentions_counted",
        "A figure has as many mentions as claims are linked to it, and its current claim is one of them",
        _counted,
    ),
    Check(
        "figure_claims",
        "every_claim_linked",
        "Every claim is a mention of one figure, unless a correction rejected it",
        _linked,
    ),
    Check("revisions", "every_figure_has_a_history", "Every figure has at least one revision", _recorded),
)

"""What must hold of the tables before they are published. A check gives its findings: none where all is well.

A finding is a sentence that names an example. No check stops at the first. What was checked once and is in the same
files still is not looked at again (`checked`, `remember`); what a table's new rows mean for the old ones is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.claims import extractor_version
from pipeline.display import plain, shortened
from pipeline.spill import Spill, part_of, parts_for
from pipeline.store import Store
from pipeline.tables import EXTRACTIONS, TABLES, Table

CONTEXT = 32
CHARACTERS_AT_ONCE = 32_000_000
ROWS_AT_ONCE = 16_384
KEYS_AT_ONCE = 200_000
# Beside the tables: which versions of them have been checked, and by what.
CHECKED = ".checked.json"


@dataclass(frozen=True, slots=True)
class Rows:
    """What a check reads: all rows of a table, or those that no earlier check has seen.

    `since` has the checked version of each table that was checked; of a table that is not in it all rows are new.
    """

    store: Store
    since: Mapping[str, int] = field(default_factory=dict)

    def new(
        self, table: str, columns: Sequence[str], among: Mapping[str, pa.Array] | None = None
    ) -> Iterator[pa.Table]:
        """The rows that were not checked yet, batch by batch; with `among`, those that have these values."""
        return self._batches(table, columns, among, self.since.get(table))

    def all(
        self, table: str, columns: Sequence[str], among: Mapping[str, pa.Array] | None = None
    ) -> Iterator[pa.Table]:
        """All rows, batch by batch; with `among`, those that have these values."""
        return self._batches(table, columns, among, None)

    def new_values(self, table: str, column: str) -> pa.Array:
        """The different values of a column in the rows that were not checked yet."""
        found = [pc.unique(rows.column(0)) for rows in self.new(table, [column])]
        return pc.unique(pa.chunked_array(found, TABLES[table].schema.field(column).type))

    def _batches(
        self, table: str, columns: Sequence[str], among: Mapping[str, pa.Array] | None, since: int | None
    ) -> Iterator[pa.Table]:
        names = list(dict.fromkeys(columns))
        found = self.store.scan(table, columns=names, among=among, since=since, batch_rows=ROWS_AT_ONCE)
        return (pa.Table.from_batches([batch]) for batch in found)


@dataclass(frozen=True, slots=True)
class Check:
    """Something that must hold of a table: a name, what it asks for, the function that finds the breaches, what it reads."""

    table: str
    name: str
    asks: str
    look: Callable[[Rows], Iterator[str]]
    reads: tuple[str, ...]

    def findings(self, store: Store, since: Mapping[str, int] | None = None) -> Iterator[str]:
        """The breaches; with `since`, those that may have come since these versions of the tables."""
        if since and all(since.get(name) == store.version(name) for name in self.reads):
            return iter(())
        return self.look(Rows(store, since or {}))


def checked(store: Store) -> dict[str, int]:
    """The version of each table up to which it passed these checks; nothing where that is not known."""
    if not store.is_local:
        return {}
    try:
        told = json.loads(_record(store).read_text(encoding="utf-8"))
        versions = {name: (table["id"], table["version"]) for name, table in told["tables"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}  # never checked, or not as a whole: then everything is
    if told.get("by") != checks_version():
        return {}
    now = {name: store.state(name) for name in versions if name in TABLES}
    return {
        name: versions[name][1]
        for name, (table_id, version) in now.items()
        if versions[name][0] == table_id and versions[name][1] <= version
    }


def remember(store: Store) -> None:
    """Note that the tables, as they are now, passed all checks."""
    if store.is_local:
        states = {name: store.state(name) for name in TABLES}
        tables = {name: {"id": table_id, "version": version} for name, (table_id, version) in states.items()}
        path = _record(store)
        new = path.with_suffix(".new")
        new.write_text(json.dumps({"by": checks_version(), "tables": tables}), encoding="utf-8")
        new.replace(path)


def checks_version() -> str:
    """A hash of the checks and of the declared schemas: with others everything is checked again."""
    schemas = repr([(table.name, table.key, table.references, table.columns) for table in TABLES.values()])
    return hashlib.sha256(Path(__file__).read_bytes() + schemas.encode()).hexdigest()[:16]


def _record(store: Store) -> Path:
    return Path(store.data_root) / "tables" / CHECKED


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


def lacking(nulls: Mapping[str, int]) -> Iterator[str]:
    """Required columns that have nulls, from the number of nulls in each."""
    for name, count in nulls.items():
        if count:
            yield f"column {name} must have a value and has none in {count} rows"


def repeated_keys(table: Table, rows: pa.Table) -> Iterator[str]:
    """Keys that more than one row has."""
    counted = rows.group_by(list(table.key)).aggregate([([], "count_all")])
    for row in counted.filter(pc.field("count_all") > 1).to_pylist():
        key = ", ".join(f"{name} {plain(str(row[name]))}" for name in table.key)
        yield f"{row['count_all']} rows have the key {key}"


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


def without_number(claims: pa.Table, normalised: pa.Table) -> Iterator[str]:
    """Conversions called ok that lost a number of their claim."""
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
    counted = figure_claims.group_by("figure_id").aggregate([([], "count_all")])
    joined = figures.join(counted, "figure_id").sort_by("figure_id")
    linked = pc.fill_null(joined.column("count_all"), 0)
    for row in joined.filter(pc.not_equal(linked, joined.column("mentions"))).to_pylist():
        yield (
            f"figure {row['figure_id']} says {row['mentions']} mentions, {row['count_all'] or 0} claims are "
            "linked to it"
        )
    pair = ["figure_id", "claim_id"]
    current = figures.select(["figure_id", "current_claim_id"]).rename_columns(pair)
    foreign = current.join(figure_claims.select(pair), pair, join_type="left anti").sort_by("figure_id")
    for row in foreign.to_pylist():
        yield f"figure {row['figure_id']} takes its value from claim {row['claim_id']}, not linked to it"


def rejected(outcomes: Iterable[pa.Table]) -> set[str]:
    """The claims that corrections rejected."""
    return {
        claim_id
        for table in outcomes
        for row in table.to_pylist()
        if (row["action"], row["outcome"]) == ("reject", "applied")
        for claim_id in row["claim_ids"] or []
    }


def _quoted(words: str | None) -> str:
    return f"“{shortened(plain(words or ''), 60)}”"


def _schema(table: Table) -> Callable[[Rows], Iterator[str]]:
    def findings(rows: Rows) -> Iterator[str]:
        wrong = list(wrong_columns(table, rows.store.schema(table.name)))
        yield from wrong
        if not wrong:
            required = [column.name for column in table.columns if column.required]
            nulls = dict.fromkeys(required, 0)
            for batch in rows.new(table.name, required):
                for name in required:
                    nulls[name] += batch.column(name).null_count
            yield from lacking(nulls)

    return findings


def _keys(table: Table) -> Callable[[Rows], Iterator[str]]:
    def findings(rows: Rows) -> Iterator[str]:
        new = 0 if table.name in rows.since else KEYS_AT_ONCE + 1
        held = [table.empty().select(table.key)]
        for batch in rows.new(table.name, table.key) if not new else ():
            held.append(batch)
            new += batch.num_rows
            if new > KEYS_AT_ONCE:
                break
        if new > KEYS_AT_ONCE:
            yield from _repeated_among_all(table, rows)
        elif new:
            # The rows that were there before and may have one of the new keys, with the new ones.
            keys = pa.concat_tables(held)
            among = {name: pc.unique(keys.column(name)) for name in table.key}
            yield from repeated_keys(table, pa.concat_tables(rows.all(table.name, table.key, among)))

    return findings


def _repeated_among_all(table: Table, rows: Rows) -> Iterator[str]:
    """Keys that more than one row has, some of them at a time."""
    parts = parts_for(rows.store.count(table.name), KEYS_AT_ONCE)
    with Spill(pa.schema([table.schema.field(name) for name in table.key]), parts) as keys:
        for batch in rows.all(table.name, table.key):
            keys.put(batch, part_of(batch.column(0), parts))
        for number in range(parts):
            yield from repeated_keys(table, keys.part(number))


def _references(table: Table) -> Callable[[Rows], Iterator[str]]:
    def findings(rows: Rows) -> Iterator[str]:
        for column, target in table.references:
            key = column if column in TABLES[target].schema.names else TABLES[target].key[0]
            yield from lost(rows.new_values(table.name, column), column, target, key, rows.store)

    return findings


def lost(values: pa.Array, column: str, target: str, key: str, store: Store) -> Iterator[str]:
    """Values that no row of `target` has in the column `key`, where they should be."""
    asked = pa.table({key: values.drop_null()})
    for value in sorted(asked.column(0).take(store.absent(target, asked, on=[key])).to_pylist()):
        yield f"{column} {plain(str(value))} is not in table {target}"


def _quotes(table: str, quote: str, columns: list[str]) -> Callable[[Rows], Iterator[str]]:
    def findings(rows: Rows) -> Iterator[str]:
        wanted = {"document_id": rows.new_values(table, "document_id")}
        documents = rows.all("documents", ["document_id", "text"], wanted if table in rows.since else None)
        for texts in _texts(documents if len(wanted["document_id"]) else ()):
            among = {"document_id": pa.array(texts, pa.string())}
            for batch in rows.new(table, ["document_id", "start", "end", quote, *columns], among):
                yield from misquoted(batch, texts, quote)

    return findings


def _texts(documents: Iterable[pa.Table]) -> Iterator[dict[str, str]]:
    """Texts of documents by their ids, about as many at once as memory should hold."""
    texts: dict[str, str] = {}
    characters = 0
    for batch in documents:
        for document_id, text in zip(
            batch.column("document_id").to_pylist(), batch.column("text").to_pylist(), strict=True
        ):
            texts[document_id] = text
            characters += len(text)
            if characters >= CHARACTERS_AT_ONCE:
                yield texts
                texts, characters = {}, 0
    if texts:
        yield texts


def _searched(rows: Rows) -> Iterator[str]:
    # What could not be searched is in `failures`, and tried again.
    failed = {
        row["uri"].rpartition("#")[2]
        for batch in rows.all("failures", ["stage", "uri"])
        for row in batch.to_pylist()
        if row["stage"] == "claims"
    }
    passages = rows.new_values("passages", "passage_id")
    if failed:
        passages = passages.filter(pc.invert(pc.is_in(passages, value_set=pa.array(sorted(failed)))))
    yield from lost(passages, "passage_id", "extractions", "passage_id", rows.store)


def _converted(rows: Rows) -> Iterator[str]:
    claims = rows.new_values("claims", "claim_id")
    yield from lost(claims, "claim_id", "normalised_claims", "claim_id", rows.store)
    columns = ["claim_id", "normalise_status", *(name for pair in _CONVERSIONS.values() for name in pair)]
    for batch in rows.new("normalised_claims", columns):
        among = {"claim_id": pc.unique(batch.column("claim_id"))}
        given = list(rows.all("claims", ["claim_id", "value", "low", "high"], among))
        if given:
            yield from without_number(pa.concat_tables(given), batch)


def _counted(rows: Rows) -> Iterator[str]:
    """Figures and their claims side by side, some figures at a time."""
    parts = parts_for(rows.store.count("figure_claims"), KEYS_AT_ONCE)
    columns = {
        "figures": ["figure_id", "mentions", "current_claim_id"],
        "figure_claims": ["figure_id", "claim_id"],
    }
    schemas = {
        name: pa.schema([TABLES[name].schema.field(column) for column in columns[name]]) for name in columns
    }
    with Spill(schemas["figures"], parts) as figures, Spill(schemas["figure_claims"], parts) as figure_claims:
        for name, spill in (("figures", figures), ("figure_claims", figure_claims)):
            for batch in rows.all(name, columns[name]):
                spill.put(batch, part_of(batch.column("figure_id"), parts))
        for number in range(parts):
            yield from miscounted(figures.part(number), figure_claims.part(number))


def _linked(rows: Rows) -> Iterator[str]:
    """The claims that were not checked yet; if there are not as many links as there should be, all claims."""
    where = {"extractor_version": extractor_version()}
    given_up = rejected(rows.all("correction_outcomes", ["action", "outcome", "claim_ids"]))
    current = rows.store.count("claims", where=where)
    links = rows.store.count("figure_claims")
    since = rows.since.get("claims") if links == current - len(given_up) else None
    found = [
        batch.column(0) for batch in rows.store.scan("claims", columns=["claim_id"], where=where, since=since)
    ]
    claims = pa.chunked_array(found, pa.string()).combine_chunks()
    left = claims.filter(pc.invert(pc.is_in(claims, value_set=pa.array(sorted(given_up), pa.string()))))
    return lost(left, "claim_id", "figure_claims", "claim_id", rows.store)


def _recorded(rows: Rows) -> Iterator[str]:
    figures = rows.new_values("figures", "figure_id")
    return lost(figures, "figure_id", "revisions", "figure_id", rows.store)


def _checks_of(table: Table) -> Iterator[Check]:
    """The checks that follow from a table's declaration alone."""
    # The extractor's own record is no asset; its checks stand beside those of the claims.
    before = "extractions_" if table is EXTRACTIONS else ""
    asks = "Columns and types are those of tables.py, and no required value is missing"
    yield Check(table.name, f"{before}schema_as_declared", asks, _schema(table), (table.name,))
    asks = f"No two rows have the same {' and '.join(table.key)}"
    yield Check(table.name, f"{before}keys_unique", asks, _keys(table), (table.name,))
    if table.references:
        targets = sorted({target for _, target in table.references})
        asks = f"What a row refers to in {' and '.join(targets)} is there"
        yield Check(table.name, f"{before}references_exist", asks, _references(table), (table.name, *targets))


BLOCKING: tuple[Check, ...] = (
    *(check for table in TABLES.values() for check in _checks_of(table)),
    Check(
        "passages",
        "text_in_document",
        "A passage's text is what its document says from start to end",
        _quotes("passages", "text", []),
        ("passages", "documents"),
    ),
    Check(
        "claims",
        "exact_in_document",
        "A claim's exact words, and those around it, are what its document says from start to end",
        _quotes("claims", "exact", ["prefix", "suffix"]),
        ("claims", "documents"),
    ),
    Check(
        "claims",
        "every_passage_searched",
        "No passage was left out by the extractor",
        _searched,
        ("passages", "extractions", "failures"),
    ),
    Check(
        "normalised_claims",
        "no_value_lost",
        "Every claim has its conversion, and each of its numbers is in it or a status says why not",
        _converted,
        ("claims", "normalised_claims"),
    ),
    Check(
        "figure_claims",
        "mentions_counted",
        "A figure has as many mentions as claims are linked to it, and its current claim is one of them",
        _counted,
        ("figures", "figure_claims"),
    ),
    Check(
        "figure_claims",
        "every_claim_linked",
        "Every claim is a mention of one figure, unless a correction rejected it",
        _linked,
        ("claims", "figure_claims", "correction_outcomes"),
    ),
    Check(
        "revisions",
        "every_figure_has_a_history",
        "Every figure has at least one revision",
        _recorded,
        ("figures", "revisions"),
    ),
)

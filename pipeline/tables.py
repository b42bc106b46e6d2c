"""The schema of every table, declared once.

Arrow schemas, the Dagster column metadata, the asset checks, the data package of a release and the data
dictionary in docs/ are all made from `TABLES`.
"""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from pipeline.errors import SchemaError

STRING = pa.string()
INTEGER = pa.int64()
NUMBER = pa.float64()
DAY = pa.date32()
INSTANT = pa.timestamp("us", tz="UTC")
STRINGS = pa.list_(pa.string())
INSTANTS = pa.list_(INSTANT)


@dataclass(frozen=True)
class Column:
    """A column: its name, Arrow type, what it holds, and whether every row has it."""

    name: str
    type: pa.DataType
    description: str
    required: bool = False


@dataclass(frozen=True)
class Table:
    """A table: its columns, the columns that identify a row, and which of them refer to other tables.

    `references` maps a column to the table whose column of the same name it points to. `volatile` columns say
    when or by which run a row was made; two tables that differ only there hold the same facts.
    """

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    references: tuple[tuple[str, str], ...] = ()
    volatile: tuple[str, ...] = ()

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema, with each column's description as its metadata."""
        return pa.schema(
            [
                pa.field(c.name, c.type, nullable=not c.required, metadata={"description": c.description})
                for c in self.columns
            ]
        )

    def empty(self) -> pa.Table:
        """A table of this schema with no rows."""
        return self.schema.empty_table()

    def from_rows(self, rows: list[dict[str, object]]) -> pa.Table:
        """Rows (one dict each, absent columns null) as an Arrow table. SchemaError if they don't fit."""
        try:
            return pa.Table.from_pylist(rows, schema=self.schema)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise SchemaError(f"table {self.name}: {error}") from error

    def cast(self, table: pa.Table) -> pa.Table:
        """The table with exactly these columns, in this order and of these types.

        A column that is absent and not required is filled with nulls. SchemaError for a value that does not
        fit, a required column that is absent or has nulls, or a column that is not declared.
        """
        unknown = sorted(set(table.column_names) - {c.name for c in self.columns})
        if unknown:
            raise SchemaError(
                f"table {self.name}: columns that tables.py does not declare: {', '.join(unknown)}"
            )
        arrays = [self._cast_column(table, column) for column in self.columns]
        return pa.Table.from_arrays(arrays, schema=self.schema)

    def _cast_column(self, table: pa.Table, column: Column) -> pa.ChunkedArray | pa.Array:
        if column.name not in table.column_names:
            if column.required:
                raise SchemaError(f"table {self.name}: column {column.name} is missing")
            return pa.nulls(table.num_rows, column.type)
        values = table.column(column.name)
        if column.required and values.null_count:
            raise SchemaError(f"table {self.name}: column {column.name} has {values.null_count} nulls")
        try:
            return values.cast(column.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise SchemaError(f"table {self.name}, column {column.name}: {error}") from error


DOCUMENTS = Table(
    "documents",
    "What was read: one row for each content fetched from a place, with its text.",
    ("document_id",),
    (
        Column(
            "document_id", STRING, "Identifies this content at this place: a hash of uri and sha256", True
        ),
        Column(
            "source_id", STRING, "The entry of sources.toml, or 'arguments' for a path given by hand", True
        ),
        Column("uri", STRING, "Where it was read: a path relative to the project, or an address", True),
        Column("title", STRING, "Title, where the document has one"),
        Column("author", STRING, "Author, where the document names one"),
        Column("publisher", STRING, "Who published it, from the source's entry or the document"),
        Column("country", STRING, "ISO 3166 code of the outlet's country, used to read '$' and 'pounds'"),
        Column("language", STRING, "ISO 639 code"),
        Column("licence", STRING, "Licence of the text, from the source's entry"),
        Column("published", DAY, "Date of publication: of a live blog, of its newest entry"),
        Column("fetched_at", INSTANT, "When this content was first read", True),
        Column("sha256", STRING, "SHA-256 of the bytes that were read", True),
        Column("bytes", INTEGER, "Size in bytes of what was read", True),
        Column("media_type", STRING, "text/plain, text/markdown or text/html", True),
        Column("encoding", STRING, "Character encoding that the bytes were decoded from", True),
        Column("text", STRING, "The stored text, to which all offsets refer; line ends are \\n", True),
    ),
    volatile=("fetched_at",),
)

FAILURES = Table(
    "failures",
    "What could not be read or processed, with the reason. Nothing else stops because of it.",
    ("source_id", "uri", "stage", "sha256"),
    (
        Column("source_id", STRING, "The entry of sources.toml, or 'arguments'", True),
        Column("uri", STRING, "What was being read", True),
        Column("stage", STRING, "The stage that failed: documents, passages or claims", True),
        Column("sha256", STRING, "SHA-256 of the bytes, empty where they could not be read", True),
        Column("reason", STRING, "What is wrong and what to do", True),
        Column("error", STRING, "Name of the error", True),
        Column("failed_at", INSTANT, "When it was first seen", True),
    ),
    volatile=("failed_at",),
)

FETCHES = Table(
    "fetches",
    "What the web was asked: for each address of a source, what it answered last. An unchanged page is known by it.",
    ("source_id", "uri"),
    (
        Column("source_id", STRING, "The entry of sources.toml", True),
        Column("uri", STRING, "The address that was asked", True),
        Column("answer", STRING, "read, unchanged or failed", True),
        Column("reason", STRING, "Why it failed, or what is wrong with the feed that was read"),
        Column("asked_at", INSTANT, "When it was asked last", True),
        Column("read_at", INSTANT, "When it last gave its content, or said that it is unchanged"),
        Column("kind", STRING, "page, feed, sitemap or index, as far as it was read"),
        Column("address", STRING, "Where its redirects led"),
        Column("etag", STRING, "ETag of the content, to ask whether it changed"),
        Column("last_modified", STRING, "Last-Modified of the content, to ask whether it changed"),
        Column("document_uri", STRING, "Of a page: uri of the document that was made of it"),
        Column("sha256", STRING, "Of a page: SHA-256 of the bytes of that document"),
        Column("text_sha256", STRING, "Of a page: SHA-256 of the document's title and text"),
        Column("published", DAY, "Of a page: the date that a feed or sitemap gave it"),
        Column("links", STRINGS, "Of a feed, sitemap or index: the addresses that it lists"),
        Column("link_times", INSTANTS, "When each of them changed last, null where it doesn't say"),
    ),
)

PASSAGES = Table(
    "passages",
    "Documents cut into the units that people cite: live-blog entries, key points, paragraphs.",
    ("document_id", "passage_id"),
    (
        Column("document_id", STRING, "The snapshot that it stands in", True),
        Column(
            "passage_id",
            STRING,
            "Hash of the document's uri and the passage's heading, clock time, author and text: the same in "
            "every snapshot that has it unchanged",
            True,
        ),
        Column("position", INTEGER, "Place in the document, from 0", True),
        Column("passage_type", STRING, "entry, paragraph, key_point, caption or heading", True),
        Column("heading", STRING, "Heading of the entry or of the section"),
        Column("author", STRING, "Author of the entry"),
        Column("clock_time", STRING, "Clock time of the entry as hh:mm, in the outlet's own time zone"),
        Column("published", DAY, "Date of the entry, carried down the page, or of the document"),
        Column("country", STRING, "ISO 3166 code of the outlet's country"),
        Column("start", INTEGER, "First character in the document's text", True),
        Column("end", INTEGER, "Character after the last", True),
        Column("heading_start", INTEGER, "Where the heading starts, if it stands inside the passage"),
        Column("heading_end", INTEGER, "Where the heading ends"),
        Column(
            "body_start", INTEGER, "Where the words of news start, after heading, clock time and author", True
        ),
        Column("body_end", INTEGER, "Where they end", True),
        Column("text", STRING, "The passage: the document's text from start to end", True),
    ),
    references=(("document_id", "documents"),),
)

CLAIMS = Table(
    "claims",
    "Every quantitative mention, with the exact words it came from. Rows are added, never changed.",
    ("claim_id",),
    (
        Column("claim_id", STRING, "Hash of passage, offsets in the passage, and extractor version", True),
        Column("document_id", STRING, "The first snapshot in which the passage stood", True),
        Column("passage_id", STRING, "The passage that it stands in", True),
        Column("start", INTEGER, "First character in the document's text", True),
        Column("end", INTEGER, "Character after the last", True),
        Column("exact", STRING, "The quantity with its unit, as written", True),
        Column("prefix", STRING, "Up to 32 characters before it in the document", True),
        Column("suffix", STRING, "Up to 32 characters after it in the document", True),
        Column("sentence", STRING, "The sentence that it stands in", True),
        Column("role", STRING, "body, heading, key_point, caption or quote", True),
        Column("kind", STRING, "count, money, share, ratio, measure, duration, age or temperature", True),
        Column("value", NUMBER, "The value, for a point or a bound"),
        Column("low", NUMBER, "Lower end of a range, or the bound of 'at least'"),
        Column("high", NUMBER, "Upper end of a range, or the bound of 'at most'"),
        Column(
            "modifier",
            STRING,
            "exact, approximate, nearly, at_least, more_than, at_most, less_than, range or vague",
            True,
        ),
        Column("modifier_text", STRING, "The modifier's words, as written"),
        Column("significant_digits", INTEGER, "Significant digits of the number as written"),
        Column("change", STRING, "level, rise or fall", True),
        Column("from_value", NUMBER, "What it rose or fell from"),
        Column("to_value", NUMBER, "What it rose or fell to"),
        Column("unit", STRING, "ISO 4217 code, pint expression, 'percent' or 'fraction'; null for a count"),
        Column("unit_text", STRING, "The unit as written"),
        Column("entity", STRING, "What is counted or measured, as written"),
        Column("entity_lemma", STRING, "The same with its head noun in the singular"),
        Column("entity_head", STRING, "The head noun alone, in the singular"),
        Column("subject", STRING, "Who or what it is about, where the sentence says so"),
        Column("source", STRING, "Who says it"),
        Column("cue", STRING, "The words that attribute it ('according to', 'said')"),
        Column("modality", STRING, "asserted, target, forecast, hypothetical or denied", True),
        Column(
            "money_stage",
            STRING,
            "How far money has come, where the sentence says so: requested, pledged, approved or delivered",
        ),
        Column("time_text", STRING, "The time it speaks of, as written"),
        Column("valid_from", DAY, "First day of that time"),
        Column("valid_to", DAY, "Last day of that time"),
        Column("place", STRING, "Where, if the sentence says so"),
        Column("published", DAY, "Date of the passage"),
        Column("gloss_of", STRING, "claim_id of the claim that this one repeats in another unit"),
        Column(
            "currency_basis", STRING, "How the currency was decided: code, name, symbol, context or default"
        ),
        Column("currency_candidates", STRINGS, "What the currency's sign could have meant"),
        Column("rule", STRING, "The rule that made the claim", True),
        Column("extractor_version", STRING, "Version of rules and lexicon", True),
    ),
    references=(("document_id", "documents"), ("passage_id", "passages"), ("gloss_of", "claims")),
)

EXTRACTIONS = Table(
    "extractions",
    "Which passages were searched for claims, by which extractor: so that one that holds none is not searched again.",
    ("passage_id", "extractor_version"),
    (
        Column("passage_id", STRING, "The passage", True),
        Column("extractor_version", STRING, "Version of rules and lexicon", True),
        Column("claims", INTEGER, "Claims that were found in it", True),
    ),
    references=(("passage_id", "passages"),),
)

NORMALISED_CLAIMS = Table(
    "normalised_claims",
    "Each claim in comparable units: SI for measures, the base currency for money. Rows are added, never "
    "changed: other rates or another base currency make another normaliser version.",
    ("claim_id", "normaliser_version"),
    (
        Column("claim_id", STRING, "The claim", True),
        Column(
            "si_value",
            NUMBER,
            "Value in SI units, with no more significant digits than the source: shares as a fraction of 1, "
            "temperatures in degrees Celsius; of a price the base currency per SI unit; null for plain money",
        ),
        Column("si_low", NUMBER, "Lower end in SI units"),
        Column("si_high", NUMBER, "Upper end in SI units"),
        Column(
            "si_unit", STRING, "The SI unit, as pint writes it; 'dimensionless' for counts, shares and ratios"
        ),
        Column(
            "si_factor",
            NUMBER,
            "SI units in one unit of the claim, unrounded; null for temperatures, whose scale has another zero",
        ),
        Column(
            "amount_base",
            NUMBER,
            "Value of money in the base currency, with no more significant digits than the source",
        ),
        Column("amount_base_low", NUMBER, "Lower end in the base currency"),
        Column("amount_base_high", NUMBER, "Upper end in the base currency"),
        Column("base_currency", STRING, "ISO 4217 code of the base currency"),
        Column("fx_rate", NUMBER, "Units of the base currency for one unit of the claim's currency"),
        Column("fx_date", DAY, "The day that the rate is of: the last known on or before the claim's date"),
        Column("fx_source", STRING, "Who published the rate"),
        Column(
            "normalise_status",
            STRING,
            "ok; no_rate: no rate is known for the currency and the claim's date; ambiguous_currency: converted "
            "from the likeliest of several currencies, none of which is meant nearly everywhere, or against what places "
            "say; unknown_unit",
            True,
        ),
        Column("normaliser_version", STRING, "Version of units, rates and base currency", True),
    ),
    references=(("claim_id", "claims"),),
)

COMPARABLE_CLAIMS = Table(
    "claims",
    "Every quantitative mention, with the exact words it came from and what it is in comparable units.",
    CLAIMS.key,
    CLAIMS.columns + tuple(c for c in NORMALISED_CLAIMS.columns if c.name != "claim_id"),
    references=CLAIMS.references,
)
"""Claims joined with their normalised columns: what linking reads and a release holds; not stored."""

CLAIM_RELATIONS = Table(
    "claim_relations",
    "What the text says of two numbers: part and whole, share, sum, the same in another unit; and whether it adds up.",
    ("claim_id", "relation", "related_claim_id"),
    (
        Column("claim_id", STRING, "The part, the share, the sum, or the repeat in another unit", True),
        Column("relation", STRING, "part_of, sum_of, share_of or conversion_of", True),
        Column("related_claim_id", STRING, "The whole, an addend, or what is repeated", True),
        Column("cue", STRING, "The words that say so", True),
        Column("check", STRING, "ok, impossible, or unchecked where a number is missing", True),
        Column("reason", STRING, "What was compared", True),
    ),
    references=(("claim_id", "claims"), ("related_claim_id", "claims")),
)

FIGURES = Table(
    "figures",
    "Mentions of the same quantity linked into one tracked figure, with what is currently reported.",
    ("figure_id",),
    (
        Column("figure_id", STRING, "Stable from run to run", True),
        Column("label", STRING, "What the figure is, in a line", True),
        Column("tracker", STRING, "The entry of trackers.toml that it belongs to"),
        Column("kind", STRING, "Kind of its claims", True),
        Column(
            "unit", STRING, "Unit in which its values are compared: SI, ISO 4217, percent; null for a count"
        ),
        Column("entity", STRING, "What is counted or measured, in the words of its first claim"),
        Column("entity_head", STRING, "Its head noun, in the singular"),
        Column("place", STRING, "Where, if its claims say so"),
        Column("money_stage", STRING, "How far money has come, by the latest of its claims that says so"),
        Column("low", NUMBER, "Lower end of what is currently reported"),
        Column("value", NUMBER, "The value currently reported"),
        Column("high", NUMBER, "Upper end of what is currently reported"),
        Column("modifier", STRING, "Modifier of the current value", True),
        Column("status", STRING, "stable, updated, conflicting or retracted", True),
        Column("reported_by", STRINGS, "Sources of the current value", True),
        Column("current_claim_id", STRING, "The claim that gives the current value", True),
        Column("first_published", DAY, "Date of its first mention"),
        Column("last_published", DAY, "Date of its latest mention"),
        Column("mentions", INTEGER, "Claims linked to it", True),
        Column("documents", INTEGER, "Different documents among them", True),
        Column(
            "independent_origins",
            INTEGER,
            "Different origins among them: repeats of one text count once",
            True,
        ),
        Column("former_ids", STRINGS, "Ids that the figure had in the version before, if it was renamed"),
    ),
    volatile=("former_ids",),
)

FIGURE_CLAIMS = Table(
    "figure_claims",
    "Which claims are mentions of which figure, and why.",
    ("claim_id",),
    (
        Column("figure_id", STRING, "The figure", True),
        Column("claim_id", STRING, "The claim", True),
        Column("score", NUMBER, "How surely it is a mention of this figure, 0 to 1", True),
        Column("reason", STRING, "What the score is made of", True),
        Column("origin_id", STRING, "Claims of one origin repeat the same text", True),
        Column("flags", STRINGS, "What a person should look at: outside a tracker's plausible range"),
    ),
    references=(("figure_id", "figures"), ("claim_id", "claims")),
)

REVIEW = Table(
    "review",
    "Claims that fit two figures too nearly alike to choose. Each stands alone until a person decides; "
    "`figures review` shows them with their words.",
    ("claim_id",),
    (
        Column("claim_id", STRING, "The claim", True),
        Column("figure_id", STRING, "The figure that it makes up for now", True),
        Column("candidates", STRINGS, "Figures that it may be a mention of, the likeliest first", True),
        Column("scores", pa.list_(NUMBER), "How surely, 0 to 1, in the same order", True),
        Column("reason", STRING, "What the scores are made of", True),
    ),
    references=(("claim_id", "claims"), ("figure_id", "figures")),
)

CORRECTION_OUTCOMES = Table(
    "correction_outcomes",
    "What became of each correction of corrections.toml in the last run. Claims stay as they were extracted; figures, "
    "their links and their histories are made of the corrected ones.",
    ("correction_id",),
    (
        Column("correction_id", STRING, "The entry of corrections.toml", True),
        Column("action", STRING, "confirm, reject, edit, split or merge", True),
        Column("who", STRING, "Who decided", True),
        Column("when", DAY, "When", True),
        Column("why", STRING, "Why", True),
        Column("outcome", STRING, "applied, not_found or guard_failed", True),
        Column("detail", STRING, "What was found instead of what the correction expects", True),
        Column("claim_ids", STRINGS, "The claims that its words select"),
    ),
)

REVISIONS = Table(
    "revisions",
    "The history of each figure: what was known when, what replaced it, and on which evidence.",
    ("figure_id", "revision"),
    (
        Column("figure_id", STRING, "The figure", True),
        Column("revision", INTEGER, "Place in the figure's history, from 1", True),
        Column("relation", STRING, "new, restates, refines, updates, corrects, conflicts or retracts", True),
        Column("low", NUMBER, "Lower end reported by this claim"),
        Column("value", NUMBER, "Value reported by this claim"),
        Column("high", NUMBER, "Upper end reported by this claim"),
        Column("modifier", STRING, "Its modifier", True),
        Column("unit", STRING, "Unit of the three"),
        Column("source", STRING, "Who says it"),
        Column("valid_as_of", DAY, "The day that the claim speaks of"),
        Column("observed_at", INSTANT, "When it became known: the publication of its passage"),
        Column("claim_id", STRING, "The claim that is the evidence", True),
        Column("document_id", STRING, "The document of that claim", True),
        Column("exact", STRING, "Its words", True),
        Column("compared_with", INTEGER, "The revision that the relation is to"),
        Column("reason", STRING, "Why the relation is what it is", True),
    ),
    references=(("figure_id", "figures"), ("claim_id", "claims"), ("document_id", "documents")),
)

TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        DOCUMENTS,
        FAILURES,
        FETCHES,
        PASSAGES,
        CLAIMS,
        EXTRACTIONS,
        NORMALISED_CLAIMS,
        CLAIM_RELATIONS,
        FIGURES,
        FIGURE_CLAIMS,
        REVIEW,
        CORRECTION_OUTCOMES,
        REVISIONS,
    )
}

"""Checks: what must hold before a release (blocking), and what a person should look at (warnings)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

from assets.charts import markdown
from assets.resources import Project
from assets.stage import RETRIES, clear_errors, normaliser
from pipeline import derived
from pipeline.claims import extractor_version
from pipeline.corrections import confirmed, failed
from pipeline.errors import StorageError
from pipeline.freshness import odd_numbers_of_claims, silent_sources
from pipeline.integrity import BLOCKING, Check, checked
from pipeline.release import verify
from pipeline.sources import load_sources
from pipeline.store import Store
from pipeline.tables import TABLES

EXAMPLES = 10
# Above these shares a file of rates or entries of the lexicon are missing; below them a sentence is odd.
MONEY_WITHOUT_RATE = 0.1
CLAIMS_WITHOUT_ENTITY = 0.35


def judged(
    name: str | None, findings: Sequence[str], *, severity: dg.AssetCheckSeverity
) -> dg.AssetCheckResult:
    """A check's result: passed where nothing was found, else the number of findings and the first of them."""
    described = f"{len(findings)} found, the first: {findings[0]}" if findings else "all is well"
    examples = "\n".join(f"- {markdown(finding)}" for finding in findings[:EXAMPLES])
    return dg.AssetCheckResult(
        check_name=name,
        passed=not findings,
        severity=severity,
        description=described,
        metadata={
            "found": len(findings),
            **({"examples": dg.MetadataValue.md(examples)} if examples else {}),
        },
    )


def blocking_checks(asset: str, checks: Sequence[Check]) -> dg.AssetChecksDefinition:
    """The checks of one asset, in one step. One that finds something stops all that follows from the asset."""

    @dg.multi_asset_check(
        name=f"{asset}_integrity",
        specs=[
            dg.AssetCheckSpec(check.name, asset=asset, description=check.asks, blocking=True)
            for check in checks
        ],
        retry_policy=RETRIES,
    )
    def integrity(project: Project) -> Iterator[dg.AssetCheckResult]:
        with clear_errors():
            store = project.store()
            since = {} if project.everything else checked(store)
            for check in checks:
                findings = list(check.findings(store, since))
                yield judged(check.name, findings, severity=dg.AssetCheckSeverity.ERROR)

    return integrity


def share_result(part: int, whole: int, allowed: float, what: str, why: str = "") -> dg.AssetCheckResult:
    """A warning where more than an allowed share of the rows lack something, with what is known of why."""
    share = part / whole if whole else 0.0
    return dg.AssetCheckResult(
        passed=share <= allowed,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"{part:,} of {whole:,} {what} ({share:.0%}); up to {allowed:.0%} is usual{why}",
        metadata={"share": share, "lacking": part, "all": whole},
    )


@dg.asset_check(asset="normalised_claims", description="Few amounts of money lack an exchange rate")
def money_has_rate(project: Project) -> dg.AssetCheckResult:
    """The share of claims of money that could not be put into the base currency."""
    store, today = project.store(), normaliser(project.settings())
    tables = ["claims", "normalised_claims"]
    lost, whole, undated = derived.worked_out(
        store, f"money without rate of {today}", tables, lambda: money_without_rate(store, today)
    )
    why = f"; of {undated:,} of them the document has no date" if undated else ""
    return share_result(lost, whole, MONEY_WITHOUT_RATE, "amounts of money have no rate", why)


def money_without_rate(store: Store, normaliser_version: str) -> tuple[int, int, int]:
    """Of the claims of money those that have no rate, all, and those without a rate whose document has no date."""
    today = {"normaliser_version": normaliser_version, "normalise_status": "no_rate"}
    without_rate = store.read("normalised_claims", columns=["claim_id"], where=today).column("claim_id")
    money = {"kind": "money", "extractor_version": extractor_version()}
    whole = lost = undated = 0
    for batch in store.scan("claims", columns=["claim_id", "published"], where=money):
        is_lost = pc.is_in(batch.column("claim_id"), value_set=without_rate)
        whole += batch.num_rows
        lost += pc.sum(is_lost).as_py() or 0
        undated += pc.sum(pc.and_(is_lost, pc.is_null(batch.column("published")))).as_py() or 0
    return lost, whole, undated


@dg.asset_check(asset="claims", description="Few claims lack an entity: what is counted or measured")
def claims_have_entity(project: Project) -> dg.AssetCheckResult:
    """The share of claims that don't say what they count or measure."""
    store = project.store()

    def counted() -> tuple[int, int]:
        batches = store.scan("claims", columns=["entity"])
        lacking = [(batch.column(0).null_count, batch.num_rows) for batch in batches]
        return sum(nulls for nulls, _ in lacking), sum(rows for _, rows in lacking)

    lacking, whole = derived.worked_out(store, "claims without entity", ["claims"], counted)
    return share_result(lacking, whole, CLAIMS_WITHOUT_ENTITY, "claims have no entity")


@dg.asset_check(asset="correction_outcomes", description="Every correction found the words that it is about")
def corrections_applied(project: Project) -> dg.AssetCheckResult:
    """Corrections whose claims are no longer there, or no longer say what the correction expects."""
    outcomes = project.store().read("correction_outcomes")
    return judged(None, failed(outcomes), severity=dg.AssetCheckSeverity.WARN)


@dg.asset_check(
    asset="claim_relations",
    additional_deps=["correction_outcomes"],
    description="Stated parts, shares and sums are possible",
)
def parts_add_up(project: Project) -> dg.AssetCheckResult:
    """Numbers of one text that can't all be true, and that nobody has confirmed."""
    store = project.store()
    settled = confirmed(store.read("correction_outcomes").to_pylist())
    findings = [
        f"claim {row['claim_id']}, {row['relation']}: {row['reason']}"
        for row in store.read("claim_relations", where={"check": "impossible"}).to_pylist()
        if row["claim_id"] not in settled
    ]
    return judged(None, findings, severity=dg.AssetCheckSeverity.WARN)


@dg.asset_check(asset="release", description="The newest release has the bytes that it was published with")
def release_is_whole(project: Project) -> dg.AssetCheckResult:
    """Compare every file of the release with the SHA-256 in its description."""
    try:
        found = verify(project.settings().data)
    except StorageError as error:
        return dg.AssetCheckResult(passed=False, description=str(error))
    return dg.AssetCheckResult(passed=True, description=f"release {found.version} is whole")


@dg.asset_check(asset="fetches", description="No source on the web has been silent for longer than is usual")
def sources_speak(project: Project) -> dg.AssetCheckResult:
    """Sources that have not answered, or listed anything new, for longer than their `every` implies."""
    store = project.store()
    on_the_web = [source for source in load_sources(project.settings().sources) if source.is_web]
    silent = on_the_web and silent_sources(
        on_the_web,
        store.read("fetches", columns=["source_id", "asked_at", "read_at"]),
        store.read("documents", columns=["source_id", "fetched_at"]),
        datetime.now(UTC),
    )
    return judged(None, silent, severity=dg.AssetCheckSeverity.WARN)


@dg.asset_check(asset="claims", description="New documents have about as many claims as those before")
def claims_a_document(project: Project) -> dg.AssetCheckResult:
    """Sources whose newest documents give far more or fewer claims than those before: a page's layout changed?"""
    store, today = project.store(), {"extractor_version": extractor_version()}

    def odd() -> list[str]:
        return list(
            odd_numbers_of_claims(
                rows_of(store, "documents", ["document_id", "source_id", "fetched_at"]),
                rows_of(store, "passages", ["document_id", "passage_id"]),
                rows_of(store, "extractions", ["passage_id", "claims"], where=today),
            )
        )

    tables = ["documents", "passages", "extractions"]
    name = f"odd numbers of claims by {extractor_version()}"
    return judged(None, derived.worked_out(store, name, tables, odd), severity=dg.AssetCheckSeverity.WARN)


def rows_of(
    store: Store, table: str, columns: Sequence[str], where: Mapping[str, str] | None = None
) -> pa.Table:
    """Some columns of a table, in no promised order."""
    schema = pa.schema([TABLES[table].schema.field(name) for name in columns])
    return pa.Table.from_batches(store.scan(table, columns=columns, where=where), schema)


def asset_of(check: Check) -> str:
    """The asset that a check belongs to: its table's, and of the extractor's own record the claims'."""
    return "claims" if check.table == "extractions" else check.table


def all_checks() -> list[dg.AssetChecksDefinition]:
    """Every check: the blocking ones in a step for each asset, then the warnings."""
    assets = list(dict.fromkeys(asset_of(check) for check in BLOCKING))
    blocking = [blocking_checks(asset, [c for c in BLOCKING if asset_of(c) == asset]) for asset in assets]
    return [
        *blocking,
        money_has_rate,
        claims_have_entity,
        parts_add_up,
        corrections_applied,
        sources_speak,
        claims_a_document,
        release_is_whole,
    ]

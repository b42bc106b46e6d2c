"""The tables of one moment, published: the last step, after everything that blocks."""

from datetime import UTC, datetime

import dagster as dg
from pipeline.claims import extractor_version

import pipeline.release
from assets.metadata import GROUP, OWNERS, code_version, markdown
from assets.resources import Project
from assets.stage import RETRIES, clear_errors
from pipeline.display import size
from pipeline.integrity import BLOCKING
from pipeline.normalise import normaliser_version
from pipeline.rates import Rates
from pipeline.release import Release, publish
from pipeline.store import Store
from pipeline.tables import TABLES

CODE = code_version(pipeline.release)
UPSTREAM = ("documents", "passages", "claims", "normalised_claims", "figures", "figure_claims", "revisions")


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"parquet"},
    description="All tables of one moment as plain Parquet, never changed once published. `latest` moves to it "
    "only after every blocking check of the tables has passed.",
    deps=[*UPSTREAM, "review", "failures", "claim_relations", "correction_outcomes"],
    code_version=CODE,
    retry_policy=RETRIES,
)
def release(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Publish the tables if they differ from the latest release."""
    with clear_errors():
        store, settings = project.store(), project.settings()
        if not checked_in_this_run(context):
            refuse_what_blocks(store)
        published = publish(
            store,
            code_version=CODE,
            now=datetime.now(UTC),
            extractor_version=extractor_version(),
            normaliser_version=normaliser_version(Rates.load(settings.rates), settings.base_currency),
        )
        current = published or pipeline.release.find(store.data_root)
        return dg.MaterializeResult(
            metadata={
                "version": current.version,
                "published_now": published is not None,
                "folder": dg.MetadataValue.path(str(current.path)),
                "read_it": dg.MetadataValue.md(how_to_read(current)),
                "dagster/row_count": sum(current.rows.values()),
                "bytes": sum(path.stat().st_size for path in current.path.iterdir()),
                "contents": dg.MetadataValue.md(contents(current)),
            },
            data_version=dg.DataVersion(current.version),
        )


def checked_in_this_run(context: dg.AssetExecutionContext) -> bool:
    """Whether this run also made and checked every table, so that the release waited for the checks."""
    run = context.run
    made = run.asset_selection
    return run.asset_check_selection is None and (
        made is None or {dg.AssetKey(name) for name in UPSTREAM} <= set(made)
    )


def refuse_what_blocks(store: Store) -> None:
    """Do the blocking checks here and now. Failure if one finds something."""
    for check in BLOCKING:
        finding = next(check.findings(store), None)
        if finding is not None:
            raise dg.Failure(
                f"not published: table {check.table}, {check.name}: {finding}", allow_retries=False
            )


def contents(release: Release) -> str:
    """The tables of a release with their rows and sizes, as a Markdown table."""
    rows = [
        f"| {name} | {count:,} | {size((release.path / f'{name}.parquet').stat().st_size)} | "
        f"{markdown(TABLES[name].description)} |"
        for name, count in release.rows.items()
    ]
    return "\n".join(["| table | rows | size | what it holds |", "| --- | ---: | ---: | --- |", *rows])


def how_to_read(release: Release) -> str:
    """The line that loads a release's figures in pandas."""
    return f'```python\nimport pandas as pd\npd.read_parquet("{release.path / "figures.parquet"}")\n```'

"""The tables of one moment, published: the last step, after everything that blocks."""

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import dagster as dg
from dagster._core.storage.asset_check_execution_record import AssetCheckExecutionRecordStatus
from dagster._utils.schedules import cron_string_iterator

import pipeline.release
import pipeline.release_cut
import pipeline.release_files
import pipeline.release_rows
from assets.automation import settings as settings_at_start
from assets.charts import markdown
from assets.checks import asset_of
from assets.metadata import GROUP, OWNERS, code_version
from assets.resources import Project
from assets.stage import RETRIES, clear_errors
from pipeline.claims import extractor_version
from pipeline.display import size
from pipeline.integrity import BLOCKING, remember
from pipeline.normalise import normaliser_version
from pipeline.rates import Rates
from pipeline.release import Release, publish
from pipeline.store import Store
from pipeline.tables import TABLES

CODE = code_version(pipeline.release, pipeline.release_cut, pipeline.release_files, pipeline.release_rows)
# A schedule of working days has its longest pause within so many.
TICKS_LOOKED_AT = 10


def freshness(schedule: str, timezone: str) -> dg.FreshnessPolicy:
    """Late is a release that missed one refresh of the schedule (a warning), or two."""
    ticks = cron_string_iterator(datetime.now(UTC).timestamp(), schedule, timezone)
    between = max(after - before for before, after in pairwise(islice(ticks, TICKS_LOOKED_AT)))
    grace = max(between / 4, timedelta(hours=1))
    return dg.FreshnessPolicy.time_window(warn_window=between + grace, fail_window=2 * between + grace)


@dg.asset(
    group_name=GROUP,
    owners=OWNERS,
    kinds={"parquet"},
    description="All tables of one moment as plain Parquet, never changed once published. `latest` moves to it "
    "only after every blocking check of the tables has passed.",
    # The ends of the ways through the graph: what comes before them has then been checked too.
    deps=["revisions", "review", "claim_relations", "correction_outcomes", "failures"],
    code_version=CODE,
    retry_policy=RETRIES,
    freshness_policy=freshness(settings_at_start.schedule, settings_at_start.timezone),
)
def release(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Publish the tables if they differ from the latest release."""
    with clear_errors():
        store, settings = project.store(), project.settings()
        if not checked_in_this_run(context):
            refuse_what_blocks(store)
        remember(store)
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
    """Whether every blocking check was done, and passed, in this run: then the tables are as they were checked."""
    keys = [dg.AssetCheckKey(dg.AssetKey(asset_of(check)), check.name) for check in BLOCKING]
    done = context.instance.event_log_storage.get_latest_asset_check_execution_by_key(keys)
    return all(
        key in done
        and done[key].run_id == context.run.run_id
        and done[key].status == AssetCheckExecutionRecordStatus.SUCCEEDED
        for key in keys
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

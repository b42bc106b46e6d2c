"""The history of every figure."""

import dagster as dg
import pyarrow as pa
import pyarrow.compute as pc

import pipeline.linking.history
import pipeline.revisions
from assets.charts import bar_chart, step_chart
from assets.metadata import code_version, described, materialised
from assets.resources import Project
from assets.stage import (
    RETRIES,
    clear_errors,
    commit_label,
    count_values,
    first_rows,
)
from pipeline.revisions import course
from pipeline.store import Store
from pipeline.tables import CLAIMS, FIGURES, REVISIONS
from pipeline.tracking import write_histories

CODE = code_version(pipeline.linking.history, pipeline.revisions)
SAMPLE = ("observed_at", "relation", "exact", "value", "source", "reason")


@dg.asset(
    **described(REVISIONS, deps=["figures", "figure_claims"]),
    code_version=CODE,
    retry_policy=RETRIES,
)
def revisions(context: dg.AssetExecutionContext, project: Project) -> dg.MaterializeResult:
    """Set each report of a figure against what stood before it."""
    with clear_errors():
        store, settings = project.store(), project.settings()
        label = commit_label(context, store, "figures", "figure_claims", code_version=CODE)
        new = write_histories(store, settings, commit=label)
        return materialised(
            REVISIONS,
            total=store.count("revisions"),
            new=new,
            version=store.version("revisions"),
            shown=first_rows(store, "revisions", SAMPLE, ["observed_at", "figure_id"]),
            columns=SAMPLE,
            upstream=[CLAIMS, FIGURES],
            revisions_by_relation=bar_chart(
                "Revisions by relation", count_values(store, "revisions", "relation")
            ),
            **followed(store),
        )


def followed(store: Store) -> dict[str, dg.MarkdownMetadataValue]:
    """How the most mentioned figure of each tracker moved, if it did."""
    columns = ["figure_id", "tracker", "mentions"]
    best: dict[str, tuple[int, str]] = {}
    for batch in store.scan("figures", columns=columns):
        for row in batch.filter(pc.is_valid(batch.column("tracker"))).to_pylist():
            found = (row["mentions"], row["figure_id"])
            best[row["tracker"]] = max(found, best.get(row["tracker"], found))
    wanted = pa.array([figure_id for _, figure_id in best.values()], pa.string())
    batches = list(store.scan("revisions", among={"figure_id": wanted}))
    steps = course(pa.Table.from_batches(batches, REVISIONS.schema))
    return {
        f"followed: {tracker}": step_chart(tracker, steps[figure_id])
        for tracker, (_, figure_id) in sorted(best.items())
        if len(steps.get(figure_id, ())) > 1
    }

"""The claims in comparable units, at the exchange rates that are known now."""

import dagster as dg

import pipeline.normalise
from assets.charts import bar_chart
from assets.metadata import code_version, described, materialised
from assets.resources import Project
from assets.stage import (
    RETRIES,
    SHOWN,
    clear_errors,
    commit_label,
    count_values,
    some_rows,
    together,
)
from pipeline import derived
from pipeline.normalise import normalise_batch, normaliser_version
from pipeline.progress import Progress
from pipeline.rates import Rates
from pipeline.tables import CLAIMS, NORMALISED_CLAIMS

CLAIMS_AT_ONCE = 5000
CLAIMS_IN_COMMIT = 50_000
CODE = code_version(pipeline.normalise)
SAMPLE = ("si_value", "si_unit", "amount_base", "fx_rate", "fx_date", "normalise_status")


@dg.asset(**described(NORMALISED_CLAIMS, deps=["claims"]), code_version=CODE, retry_policy=RETRIES)
def normalised_claims(
    context: dg.AssetExecutionContext, project: Project, progress: dg.ResourceParam[Progress]
) -> dg.MaterializeResult:
    """Convert the claims that were not converted yet with these units, rates and base currency."""
    with clear_errors():
        store, settings = project.store(), project.settings()
        rates = Rates.load(settings.rates)
        version = normaliser_version(rates, settings.base_currency)
        where = {"normaliser_version": version}
        todo = derived.pending(store, "claims", "normalised_claims", on=["claim_id"], where=where)
        label = commit_label(context, store, "claims", normaliser_version=version)
        done, shown = 0, NORMALISED_CLAIMS.empty()
        converted = (
            normalise_batch(batch, rates=rates, base=settings.base_currency)
            for batch in todo.batches(rows=CLAIMS_AT_ONCE)
        )
        for part in together(converted, CLAIMS_IN_COMMIT):
            store.append("normalised_claims", part, commit=label)
            done, shown = done + part.num_rows, part.slice(0, SHOWN)
            progress("normalised_claims", done, len(todo))
        derived.note_all_done(store, todo, "normalised_claims", where=where)
        return materialised(
            NORMALISED_CLAIMS,
            total=store.count("normalised_claims"),
            new=len(todo),
            version=store.version("normalised_claims"),
            shown=some_rows(store, "normalised_claims", shown),
            columns=SAMPLE,
            upstream=[CLAIMS],
            base_currency=settings.base_currency,
            rates_version=rates.version,
            normaliser_version=version,
            claims_by_status=bar_chart(
                "Claims by status", count_values(store, "normalised_claims", "normalise_status")
            ),
        )

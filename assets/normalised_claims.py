"""The claims in comparable units, at the exchange rates that are known now."""

import dagster as dg
import pyarrow as pa

import pipeline.normalise
from assets.metadata import bar_chart, code_version, described, materialised
from assets.resources import Project
from assets.stage import RETRIES, batches, clear_errors, commit_label, count_rows, count_values, some_rows
from pipeline.normalise import normalise_batch, normaliser_version
from pipeline.progress import Progress
from pipeline.rates import Rates
from pipeline.tables import CLAIMS, NORMALISED_CLAIMS

CLAIMS_AT_ONCE = 5000
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
        todo = store.missing(
            "claims", "normalised_claims", on=["claim_id"], where={"normaliser_version": version}
        )
        found = [NORMALISED_CLAIMS.empty()]
        for done, batch in batches(todo, CLAIMS_AT_ONCE):
            progress("normalised_claims", done, todo.num_rows)
            found.append(normalise_batch(batch, rates=rates, base=settings.base_currency))
        new = pa.concat_tables(found)
        label = commit_label(context, store, "claims", normaliser_version=version)
        store.append("normalised_claims", new, commit=label)
        return materialised(
            NORMALISED_CLAIMS,
            total=count_rows(store, "normalised_claims"),
            new=new.num_rows,
            version=store.version("normalised_claims"),
            shown=some_rows(store, "normalised_claims", new),
            columns=SAMPLE,
            upstream=[CLAIMS],
            base_currency=settings.base_currency,
            rates_version=rates.version,
            normaliser_version=version,
            claims_by_status=bar_chart(
                "Claims by status", count_values(store, "normalised_claims", "normalise_status")
            ),
        )

"""Everything that Dagster knows of this project."""

import dagster as dg

from assets import (
    claim_relations,
    claims,
    correction_outcomes,
    documents,
    figures,
    normalised_claims,
    passages,
    release,
    revisions,
)
from assets.abandoned import abandoned_runs
from assets.alerts import alert_on_failure, alert_on_warnings
from assets.automation import inbox, refresh, refresh_daily
from assets.checks import all_checks
from assets.maintenance import maintenance, maintenance_weekly
from assets.resources import Extraction, Project
from pipeline.progress import silent

defs = dg.Definitions(
    assets=dg.load_assets_from_modules(
        [
            documents,
            passages,
            claims,
            normalised_claims,
            claim_relations,
            correction_outcomes,
            figures,
            revisions,
            release,
        ]
    ),
    asset_checks=all_checks(),
    jobs=[refresh, maintenance],
    schedules=[refresh_daily, maintenance_weekly],
    sensors=[inbox, abandoned_runs, alert_on_failure, alert_on_warnings],
    resources={"project": Project(), "extraction": Extraction(), "progress": silent},
    # The stages run one after the other anyway; a process for each would cost seconds.
    executor=dg.in_process_executor,
)

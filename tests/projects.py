"""A small project in a folder of its own, and refreshes of it with Dagster in this process."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg

from assets.definitions import defs
from assets.run import outcome
from pipeline.store import Store

ROOT = Path(__file__).parent.parent

SOURCES = """
[settings]
base_currency = "USD"

[[sources]]
id = "articles"
paths = ["articles"]
publisher = "Vistula Wire"
country = "US"
licence = "CC0-1.0"
"""

FERRY = """Ferry fire leaves at least 12 dead
By Ada Lind
2 May 2024

At least 12 people died when a ferry caught fire off Tarvik, the coast guard said.
The operator had insured the ship for $45 million. It carried 310 passengers over 28 nautical miles.
"""
FERRY_LATER = """Death toll of ferry fire rises
By Ada Lind
9 May 2024

The number of people who died when a ferry caught fire off Tarvik has risen to 15, the coast guard said.
"""
HARBOUR = """Tarvik plans a new harbour
3 June 2024

Tarvik will spend €120m on a harbour with 14 berths, the mayor said on Monday.
"""


def make_project(root: Path, **articles: str) -> Path:
    """A project folder with these articles, by default the one about the ferry."""
    (root / "articles").mkdir(parents=True)
    (root / "sources.toml").write_text(SOURCES, encoding="utf-8")
    for name in ("dagster.yaml", "trackers.toml"):
        shutil.copy(ROOT / name, root)
    for name, text in (articles or {"ferry": FERRY}).items():
        add_article(root, name, text)
    return root


def add_article(root: Path, name: str, text: str) -> Path:
    path = root / "articles" / f"{name}.txt"
    path.write_text(text, encoding="utf-8")
    return path


def refresh(
    root: Path,
    *,
    paths: Sequence[Path] = (),
    only: Sequence[str] | None = None,
    instance: dg.DagsterInstance | None = None,
) -> dg.ExecuteInProcessResult:
    """One run of all assets, or of some; it does not raise where the run fails."""
    config: dict[str, Any] = {
        "resources": {"project": {"config": {"root": str(root), "data": str(root / "data")}}},
        "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
    }
    if paths:
        config["ops"] = {"read": {"config": {"paths": [str(path) for path in paths]}}}
    return defs.resolve_job_def("refresh").execute_in_process(
        run_config=config,
        instance=instance or dg.DagsterInstance.ephemeral(),
        asset_selection=None if only is None else [dg.AssetKey(name) for name in only],
        raise_on_error=False,
    )


def store_of(root: Path) -> Store:
    return Store(root / "data")


def metadata(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """What a run reported of an asset."""
    found = [
        event.materialization.metadata
        for event in result.all_events
        if event.is_step_materialization and event.asset_key == dg.AssetKey(asset)
    ]
    assert len(found) == 1, f"{asset} was materialised {len(found)} times"
    return dict(found[0])


def failed_checks(result: dg.ExecuteInProcessResult) -> dict[str, dg.AssetCheckEvaluation]:
    """The checks of a run that did not pass, by 'asset/check'."""
    return {
        f"{check.asset_key.to_user_string()}/{check.check_name}": check
        for check in result.get_asset_check_evaluations()
        if not check.passed
    }


def errors(result: dg.ExecuteInProcessResult) -> list[str]:
    """Why a run failed, nothing if it did not."""
    found = list(outcome(result).errors)
    assert bool(found) == (not result.success)
    return found

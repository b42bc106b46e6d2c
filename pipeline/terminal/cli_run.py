"""`figures run`: a refresh with its progress, and what came of it."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.display import plain
from pipeline.progress import Progress, silent
from pipeline.settings import Settings, load_settings
from pipeline.terminal.cli_output import as_json as json_text
from pipeline.terminal.cli_output import say

if TYPE_CHECKING:
    import rich.progress

    from assets.run import Outcome

FAILED = 1
FAILURES_SHOWN = 20
STAGES = {
    "documents": "Reading documents",
    "passages": "Splitting them into passages",
    "claims": "Looking for claims",
    "normalised_claims": "Converting units and money",
    "figures": "Linking claims into figures",
    "revisions": "Writing their histories",
    "release": "Publishing",
}


def run_refresh(settings: Settings, paths: Sequence[Path], *, as_json: bool) -> int:
    """Refresh, say what came of it, and give the exit status.

    1 if the run failed, or if a path that was given by hand could not be read; a bad document in a folder is
    reported and is no failure of the run.
    """
    from assets.run import refresh

    with _progress() as progress:
        outcome = refresh(data=settings.data, paths=paths, progress=progress)
    if as_json:
        sys.stdout.write(json_text(_summary(outcome)) + "\n")
    else:
        _tell(outcome, settings)
    for text in outcome.errors:
        sys.stderr.write(f"figures: {plain(text)}\n")
    return FAILED if outcome.errors or _named_failed(outcome, paths, settings) else 0


def _named_failed(outcome: Outcome, paths: Sequence[Path], settings: Settings) -> bool:
    named = {Path(os.path.relpath(path, settings.root)).as_posix() for path in paths if path.is_file()}
    return any(failure["uri"] in named for failure in outcome.unreadable)


def _summary(outcome: Outcome) -> dict[str, Any]:
    return {
        "run_id": outcome.run_id,
        "new": {name: stage["new_rows"] for name, stage in outcome.stages.items() if "new_rows" in stage},
        "rows": {
            name: stage["dagster/row_count"] for name, stage in outcome.stages.items() if "new_rows" in stage
        },
        "release": _released(outcome).get("version"),
        "published_now": _released(outcome).get("published_now", False),
        "folder": _released(outcome).get("folder"),
        "failed": outcome.failed,
        "unreadable": list(outcome.unreadable),
        "warnings": list(outcome.warnings),
        "errors": list(outcome.errors),
    }


def _released(outcome: Outcome) -> dict[str, Any]:
    return dict(outcome.stages.get("release", {}))


def _tell(outcome: Outcome, settings: Settings) -> None:
    stages = outcome.stages
    if "documents" in stages:
        say(f"{_new(stages, 'documents')} read, {outcome.failed:,} could not be read")
    for failure in outcome.unreadable[:FAILURES_SHOWN]:
        say(f"  not read: {failure['reason']}")
    if outcome.failed > FAILURES_SHOWN:
        say(f"  and {outcome.failed - FAILURES_SHOWN:,} more: `figures sources` shows them")
    for name in ("passages", "claims", "figures"):
        if name in stages:
            say(_new(stages, name))
    for text in outcome.warnings:
        say(f"  look at: {plain(text)}")
    released = _released(outcome)
    if not released:
        say("Nothing was published; the latest release is as it was.")
        return
    folder = _short(Path(released["folder"]))
    if released["published_now"]:
        say(f"Published release {released['version']} in {plain(str(folder))}")
    else:
        say(f"Nothing changed: release {released['version']} in {plain(str(folder))} is still the latest")
    latest = folder.parent / "latest" / "figures.parquet"
    say("\n".join(["", "Next:", *(f"  {line}" for line in _next_steps(latest, settings))]))


def _new(stages: Any, name: str) -> str:
    total, new = stages[name]["dagster/row_count"], stages[name]["new_rows"]
    return f"{new:,} new of {total:,} {name}"


def _next_steps(latest: Path, settings: Settings) -> list[str]:
    installed = Path(".venv/bin/figures")
    command = str(installed) if (settings.root / installed).exists() else "figures"
    usual = load_settings(settings.root, os.environ).data
    data = "" if settings.data == usual else f" --data {shlex.quote(str(_short(Path(settings.data))))}"
    steps = {
        f"{command} figures{data}": "what is currently reported, figure by figure",
        f"{command} history{data} ID": "how a figure came to its value, with quotes and sources",
    }
    if (settings.root / "Makefile").exists() and not data:
        steps["make ui"] = "the Dagster UI: assets, checks, schedule, and this run"
    width = max(map(len, steps))
    python = command.replace("figures", "python") if "/" in command else "python"
    load = f'{python} -c "import pandas as pd; print(pd.read_parquet({str(latest)!r}))"'
    return [*(f"{step:<{width}}  {told}" for step, told in steps.items()), load]


def _short(path: Path) -> Path:
    """The path from the working directory if it lies below it, else as it is."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


@contextmanager
def _progress() -> Iterator[Progress]:
    """Progress bars on the standard error if it is a terminal; elsewhere nothing."""
    if not sys.stderr.isatty():
        yield silent
        return
    import rich.progress
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with rich.progress.Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        starting = bars.add_task("Starting", total=None)
        tasks: dict[str, Any] = {}

        def told(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                for before in (starting, *tasks.values()):
                    _finish(bars, before)
                tasks[stage] = bars.add_task(STAGES.get(stage, stage), total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield told


def _finish(bars: rich.progress.Progress, task: rich.progress.TaskID) -> None:
    """Show a stage as done: the next has begun."""
    total = bars.tasks[task].total or 1
    bars.update(task, completed=total, total=total)
    bars.stop_task(task)

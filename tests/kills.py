"""Refreshes that are killed: what the folder holds then, and what the next refresh makes of it."""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from projects import FERRY, FERRY_LATER, HARBOUR, ROOT, add_article, errors, make_project, refresh, store_of

from pipeline import release
from pipeline.integrity import BLOCKING
from pipeline.tables import TABLES

CHILD = """
import sys
sys.path.insert(0, sys.argv[2])
from pathlib import Path
import assets.definitions
from projects import errors, refresh
print("ready", flush=True)
sys.exit(errors(refresh(Path(sys.argv[1]))) or None)
"""


@dataclass(frozen=True)
class Undisturbed:
    """A project before a refresh, what its tables and release hold after it, and the seconds that it takes."""

    before: Path
    after: Mapping[str, str]
    release_before: Mapping[str, str]
    seconds: float


def undisturbed(folder: Path) -> Undisturbed:
    """A project with one release, to which a refresh adds an article and a changed page."""
    before = make_project(folder / "before", ferry=FERRY)
    assert errors(refresh(before)) == []
    add_article(before, "harbour", HARBOUR)
    add_article(before, "ferry", FERRY_LATER)
    after = shutil.copytree(before, folder / "after", symlinks=True)
    started = time.monotonic()
    assert errors(refresh(after)) == []
    return Undisturbed(before, content(after), released(before), time.monotonic() - started)


def content(root: Path) -> dict[str, str]:
    """A hash of each table without the columns that tell runs apart, and of the release's files."""
    store = store_of(root)
    tables = {
        name: hashlib.sha256(
            repr(store.read(name).drop_columns(list(table.volatile)).to_pylist()).encode()
        ).hexdigest()
        for name, table in TABLES.items()
    }
    return tables | released(root)


def released(root: Path) -> dict[str, str]:
    """A hash of each file of the latest release, but for documents, which say when they were read."""
    found = release.verify(root / "data")
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(found.path.glob("*.parquet"))
        if path.name != "documents.parquet"
    }


def start(root: Path) -> subprocess.Popen[bytes]:
    """A refresh in a process of its own, which has just begun."""
    command = [sys.executable, "-c", CHILD, str(root), str(ROOT / "tests")]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def kill_at_random(
    folder: Path, found: Undisturbed, times: int, chance: random.Random
) -> Iterator[tuple[float, str]]:
    """Kill so many refreshes at random moments; of each the moment, and what was wrong after it ("" for nothing)."""
    longest = found.seconds
    for number in range(times):
        root, moment = folder / f"killed{number}", chance.uniform(0, longest)
        shutil.copytree(found.before, root, symlinks=True)
        while not was_killed(root, moment):  # it had ended before: the machine is quicker than it was
            longest = moment
            moment = chance.uniform(0, longest)
            shutil.rmtree(root)
            shutil.copytree(found.before, root, symlinks=True)
        wrong = what_is_wrong(root, found)
        shutil.rmtree(root)
        yield moment, wrong


def was_killed(root: Path, moment: float) -> bool:
    """Kill a refresh so many seconds after its beginning; False if it had ended by then."""
    process = start(root)
    time.sleep(moment)
    at_work = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return at_work


def what_is_wrong(root: Path, found: Undisturbed) -> str:
    """What a killed refresh left that it should not have, and what the next one did not put right."""
    latest = released(root)
    after = {name: found.after[name] for name in found.release_before}
    if latest not in (found.release_before, after):
        return "latest is neither the release before nor the one after"
    failed = errors(refresh(root))
    if failed:
        return f"the next refresh failed: {failed[0]}"
    here = content(root)
    different = [name for name in found.after if here[name] != found.after[name]]
    if different:
        return f"other bytes than undisturbed: {', '.join(different)}"
    findings = [finding for check in BLOCKING for finding in check.findings(store_of(root))]
    return findings[0] if findings else ""

"""Time and memory of refreshes as the number of documents grows: whole pipeline, in processes of their own.

    python -m benchmarks.scale TEXTS.jsonl [--times 1 3 10] [--new 10] [--engine serial] [--folder FOLDER]

TEXTS.jsonl holds one {"id": ..., "text": ...} a line; `--times 3` makes a corpus of three varied copies of it, whose
figures and names differ, so that no copy repeats another. Each corpus is read by one refresh into a data folder of its
own; then one with nothing new and one with `--new` more documents follow. Peak memory is that of all processes of the
refresh together (proportional set size), looked at ten times a second.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
LOOK_EVERY_SECONDS = 0.1
MEGABYTE = 1_000_000
DIGITS = re.compile(r"\d+")
NAME = re.compile(r"(?<=[a-z,] )[A-Z][a-z]{3,}\b")
SYLLABLES = (
    "bar",
    "del",
    "fen",
    "gar",
    "hol",
    "kir",
    "lom",
    "mar",
    "nev",
    "pol",
    "rud",
    "sel",
    "tor",
    "ves",
    "win",
)
FIRST_DAY = date(2004, 1, 1)
DAYS = 7000

SETTINGS = """
[settings]
base_currency = "USD"
{settings}

[[sources]]
id = "texts"
paths = ["texts"]
country = "GB"
"""


@dataclass(frozen=True)
class Measured:
    """One refresh: seconds in all and by step, peak memory in all and by step in megabytes, rows by table."""

    seconds: float
    megabytes: float
    steps: Mapping[str, tuple[float, float]]
    rows: Mapping[str, int]
    errors: Sequence[str]


def varied(texts: Sequence[Mapping[str, str]], copies: range) -> Iterator[dict[str, str]]:
    """Copies of the texts, each with figures, names and a day of its own, the same at every call."""
    for copy in copies:
        for number, text in enumerate(texts):
            chance = random.Random(f"{number}/{copy}")
            day = FIRST_DAY + timedelta(days=(copy * 37 + number) % DAYS)
            yield {
                "id": f"{text['id']}-{copy}",
                "published": day.isoformat(),
                "text": another(text["text"], chance) if copy else text["text"],
            }


def news(texts: Sequence[Mapping[str, str]], copy: int) -> Iterator[dict[str, str]]:
    """Another copy of the texts, of the days after all others: what a refresh brings."""
    for number, text in enumerate(varied(texts, range(copy, copy + 1))):
        yield text | {"published": (FIRST_DAY + timedelta(days=DAYS + number)).isoformat()}


def another(text: str, chance: random.Random) -> str:
    """A text with other digits and other names: as long, and as hard to read."""
    names: dict[str, str] = {}

    def digits(found: re.Match[str]) -> str:
        first = chance.choice("123456789") if found[0][0] != "0" else "0"
        return first + "".join(chance.choice("0123456789") for _ in found[0][1:])

    def name(found: re.Match[str]) -> str:
        made = "".join(chance.choice(SYLLABLES) for _ in range(2)).title()
        return names.setdefault(found[0], made) if chance.random() < 0.5 else names.get(found[0], found[0])

    return NAME.sub(name, DIGITS.sub(digits, text))


def make_project(root: Path, settings: str) -> Path:
    """A project that reads the folder `texts`."""
    (root / "texts").mkdir(parents=True)
    (root / "sources.toml").write_text(SETTINGS.format(settings=settings), encoding="utf-8")
    return root


def write(path: Path, documents: Iterator[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for document in documents:
            file.write(json.dumps(document, ensure_ascii=False) + "\n")


REFRESH = """
import json, sys
from pathlib import Path
from assets.run import instance, refresh
outcome = refresh(data="data")
with instance(Path.cwd()) as history:
    stats = history.get_run_step_stats(outcome.run_id)
print(json.dumps({
    "errors": list(outcome.errors),
    "rows": {name: stage["dagster/row_count"] for name, stage in outcome.stages.items()},
    "steps": {s.step_key: (s.start_time, s.end_time) for s in stats if s.start_time and s.end_time},
}))
"""


def measure(root: Path) -> Measured:
    """One refresh of a project in a process of its own."""
    started = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", REFRESH], cwd=root, env=environment, stdout=subprocess.PIPE, text=True
    )
    with watched(process.pid) as looks:
        output, _ = process.communicate()
    seconds = time.perf_counter() - started
    if process.returncode:
        return Measured(seconds, peak(looks), {}, {}, [f"the refresh ended with status {process.returncode}"])
    told: dict[str, Any] = json.loads(output)
    steps = {
        step: (end - start, peak([look for look in looks if start <= look[0] <= end]))
        for step, (start, end) in sorted(told["steps"].items(), key=lambda item: item[1])
    }
    return Measured(seconds, peak(looks), steps, told["rows"], told["errors"])


@contextmanager
def watched(pid: int) -> Iterator[list[tuple[float, float]]]:
    """Moments, and the megabytes of the process and all below it, until the block ends."""
    looks: list[tuple[float, float]] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_EVERY_SECONDS):
            looks.append((time.time(), sum(map(megabytes, family(pid)))))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield looks
    finally:
        ended.set()
        watcher.join()


def peak(looks: Sequence[tuple[float, float]]) -> float:
    return max((size for _, size in looks), default=0.0)


def family(pid: int) -> list[int]:
    """A process and all that it started, of Linux's /proc."""
    found = [pid]
    for parent in found:
        try:
            found += map(int, Path(f"/proc/{parent}/task/{parent}/children").read_text().split())
        except OSError:
            continue  # it has just ended
    return found


def megabytes(pid: int) -> float:
    """Memory of a process, what it shares with others by its part."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")) / MEGABYTE


def tell(title: str, found: Measured) -> None:
    rows = ", ".join(f"{count:,} {name}" for name, count in found.rows.items() if name in SHOWN)
    print(f"{title}: {found.seconds:.1f} s, {found.megabytes:.0f} MB; {rows}")
    for step, (seconds, size) in found.steps.items():
        if seconds >= 0.5:
            print(f"    {step:<36}{seconds:9.1f} s {size:7.0f} MB")
    for error in found.errors:
        print(f"    {error}")
    sys.stdout.flush()


SHOWN = ("documents", "passages", "claims", "figures")


def main() -> None:
    """Run the benchmark that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--times", type=int, nargs="+", default=[1, 3, 10])
    parser.add_argument("--new", type=int, default=10, help="documents that the last refresh brings")
    parser.add_argument("--engine", choices=["serial", "processes"])
    parser.add_argument(
        "--folder", type=Path, help="where to keep the projects; a temporary folder if not given"
    )
    asked = parser.parse_args()
    texts = [json.loads(line) for line in asked.texts.read_text(encoding="utf-8").splitlines()]
    settings = f'engine = "{asked.engine}"' if asked.engine else ""
    with tempfile.TemporaryDirectory() as temporary:
        for times in asked.times:
            root = make_project((asked.folder or Path(temporary)) / f"x{times}", settings)
            write(root / "texts" / "texts.jsonl", varied(texts, range(times)))
            tell(f"{times * len(texts):,} documents", measure(root))
            tell("    nothing new", measure(root))
            write(root / "texts" / "new.jsonl", news(texts[: asked.new], times))
            tell(f"    {asked.new} new", measure(root))


if __name__ == "__main__":
    main()

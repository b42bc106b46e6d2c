"""Time and memory of refreshes as the number of documents grows: whole pipeline, in processes of their own.

    python -m benchmarks.scale TEXTS.jsonl [--times 1 3 10] [--new 10] [--engine serial] [--folder FOLDER]

TEXTS.jsonl holds one {"id": ..., "text": ...} a line; `--times 3` makes a corpus of three varied copies of it, whose
figures and names differ, so that no copy repeats another. Each corpus is read by one refresh into a data folder of its
own; then one with nothing new and one with `--new` more documents follow. Peak memory is that of all processes of the
refresh together (proportional set size), looked at twice a second; so is the processor time that they took, which says
more than seconds do where others use the machine.
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
LOOK_EVERY_SECONDS = 0.5
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
class Cost:
    """Seconds on the clock and of processor time, and peak memory in megabytes."""

    seconds: float
    processor: float
    megabytes: float


@dataclass(frozen=True)
class Look:
    """At a moment: the memory of a process and all below it in megabytes, the seconds of processor time so far."""

    moment: float
    megabytes: float
    processor: float


@dataclass(frozen=True)
class Measured:
    """One refresh: what it cost in all and by step, rows by table, and why it failed if it did."""

    whole: Cost
    steps: Mapping[str, Cost]
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
    started = time.time()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-c", REFRESH], cwd=root, env=environment, stdout=subprocess.PIPE, text=True
    )
    with watched(process.pid) as looks:
        output, _ = process.communicate()
    whole = cost(looks, started, time.time())
    if process.returncode:
        return Measured(whole, {}, {}, [f"the refresh ended with status {process.returncode}"])
    told: dict[str, Any] = json.loads(output)
    spans = sorted(told["steps"].items(), key=lambda item: item[1])
    steps = {step: cost(looks, start, end) for step, (start, end) in spans}
    return Measured(whole, steps, told["rows"], told["errors"])


@contextmanager
def watched(pid: int) -> Iterator[list[Look]]:
    """Looks at the process and all below it, until the block ends."""
    looks: list[Look] = []
    ended = threading.Event()

    def look() -> None:
        while not ended.wait(LOOK_EVERY_SECONDS):
            found = family(pid)
            looks.append(Look(time.time(), sum(map(megabytes, found)), sum(map(processor, found))))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield looks
    finally:
        ended.set()
        watcher.join()


def cost(looks: Sequence[Look], start: float, end: float) -> Cost:
    """What the time between two moments cost, as far as it was looked at."""
    within = [look for look in looks if start <= look.moment <= end]
    before = [look.processor for look in looks if look.moment < start]
    # A worker's time is missing for a moment, when it has ended and was not waited for.
    spent = max((look.processor for look in within), default=0.0) - max(before, default=0.0)
    return Cost(end - start, max(spent, 0.0), max((look.megabytes for look in within), default=0.0))


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


def processor(pid: int) -> float:
    """Seconds of processor time of a process and of what it started and waited for, of Linux's /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def tell(title: str, found: Measured) -> None:
    rows = ", ".join(f"{count:,} {name}" for name, count in found.rows.items() if name in SHOWN)
    print(f"{title}: {described(found.whole)}; {rows}")
    for step, one in found.steps.items():
        if one.seconds >= 0.5:
            print(f"    {step:<36}{described(one)}")
    for error in found.errors:
        print(f"    {error}")
    sys.stdout.flush()


def described(one: Cost) -> str:
    return f"{one.seconds:9.1f} s {one.processor:9.1f} s of processor time {one.megabytes:7.0f} MB"


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

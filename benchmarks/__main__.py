"""Accuracy of linking, and accuracy and speed of extraction beside other extractors, in one run: `make bench`.

Linking is scored on stories of our own, see benchmarks/linking.py; those held back say how it does.

The data sets are public but not ours, so they don't stand in this repository. FIGURES_BENCH names the folder that
has them (bench/quantity_bench.py, data/*.json, data/bbc_news.jsonl); without it only speed is measured, on the
examples. Peers run in .venv-peers, which `make bench` sets up. A dated row goes to benchmarks/results.csv.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.linking import HALVES, HELD_BACK, score

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("FIGURES_BENCH", ROOT.parent / "shared"))
PYTHON = {
    "project": sys.executable,
    "quantulum3": str(ROOT / ".venv-peers" / "bin" / "python"),
    "recognizers": str(ROOT / ".venv-peers" / "bin" / "python"),
}
SETS = ("NewsQuant", "currency-model", "dimension-model", "age-model", "temperature-model")
# The peers take minutes where the project takes a second, so each has as much text as it reads in about 10 s.
CHARACTERS = {"project": 2_500_000, "quantulum3": 200_000, "recognizers": 40_000}
SCORE = re.compile(r"^\s+(\w+)\s+P\s+([\d.]+)\s+R\s+([\d.]+)\s+F1\s+([\d.]+)", re.M)

console = Console()


def run(system: str, *command: str) -> str:
    """What a command prints, run by the Python that has this extractor."""
    result = subprocess.run(
        [PYTHON[system], "-W", "ignore", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if result.returncode:
        sys.exit(f"{system}: {' '.join(command)} failed:\n{result.stderr}")
    return result.stdout


def accuracy(system: str) -> Iterator[tuple[str, dict[str, float]]]:
    """F1 of each measure on each data set."""
    for name in SETS:
        gold = DATA / "data" / f"{name}.json"
        printed = run(system, str(DATA / "bench" / "quantity_bench.py"), str(gold), "--system", system)
        yield name, {measure: float(f1) for measure, _, _, f1 in SCORE.findall(printed)}


def print_accuracy(row: dict[str, object]) -> None:
    table = Table("set", "system", "value", "value+unit", "change", "concept, partial", "concept, complete")
    for system in PYTHON:
        for name, f1 in accuracy(system):
            marks = [f1["value"], f1["unit"], f1["change"], f1["concept_partial"], f1["concept_full"]]
            shown = marks if name == "NewsQuant" else marks[:2]
            table.add_row(name, system, *(f"{mark:.1f}" for mark in shown))
            if system == "project":
                row |= {f"{name} {measure}": f1[measure] for measure in list(f1)[: len(shown)]}
    console.print(table)


def print_linking(row: dict[str, object]) -> None:
    """Scores of each half of the gold set of linking; those of what is held back go into the row."""
    table = Table("linking", "pairs", "precision", "recall", "relations right", "abstained")
    for half in HALVES:
        result, _ = score(half)
        table.add_row(
            half,
            f"{result.pairs:,}",
            f"{result.precision:.3f}",
            f"{result.recall:.3f}",
            f"{result.relations_right} of {result.relations}",
            str(result.abstained),
        )
        if half in HELD_BACK:
            row |= {
                f"linking precision, {half}": round(result.precision, 3),
                f"linking recall, {half}": round(result.recall, 3),
                f"linking abstained, {half}": result.abstained,
            }
    console.print(table)


def example_texts(folder: Path) -> Path:
    """The examples as a file of texts, repeated up to a megabyte."""
    texts = [path.read_text(encoding="utf-8") for path in sorted((ROOT / "examples").glob("*.txt"))]
    path = folder / "examples.jsonl"
    repeats = 1 + 1_000_000 // sum(map(len, texts))
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts) * repeats, encoding="utf-8")
    return path


def print_speed(texts: Path, row: dict[str, object]) -> None:
    table = Table("system", "characters", "kB/s", "project is faster by", "first call, s", "peak MB")
    speeds: dict[str, float] = {}
    for system, extra in (
        ("project", ()),
        ("project", ("--joined",)),
        ("quantulum3", ()),
        ("recognizers", ()),
    ):
        command = ("benchmarks/speed.py", system, str(texts), "--characters", str(CHARACTERS[system]), *extra)
        result = json.loads(run(system, *command))
        name = f"{system}, one text" if extra else system
        speeds[name] = result["characters"] / result["seconds"]
        table.add_row(
            name,
            f"{result['characters']:,}",
            f"{speeds[name] / 1000:,.1f}",
            f"{speeds['project'] / speeds[name]:,.1f}",
            f"{result['first_call_seconds']:.2f}",
            f"{result['peak_megabytes']:.0f}",
        )
    console.print(table)
    row |= {
        "kB/s": round(speeds["project"] / 1000),
        "times quantulum3": round(speeds["project"] / speeds["quantulum3"], 1),
        "times recognizers": round(speeds["project"] / speeds["recognizers"], 1),
        "one long text": round(speeds["project"] / speeds["project, one text"], 3),
    }


def write_row(row: dict[str, object]) -> Path:
    """Add the row to results.csv; a new measure makes a new column."""
    path = ROOT / "benchmarks" / "results.csv"
    rows: list[dict[str, object]] = []
    if path.exists():
        with path.open(encoding="utf-8", newline="") as stored:
            rows = list(csv.DictReader(stored))
    rows.append(row)
    names = list(dict.fromkeys(name for each in rows for name in each))
    with path.open("w", encoding="utf-8", newline="") as stored:
        writer = csv.DictWriter(stored, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def main() -> None:
    row: dict[str, object] = {"date": datetime.now(UTC).date().isoformat()}
    print_linking(row)
    if (DATA / "bench" / "quantity_bench.py").exists():
        print_accuracy(row)
    else:
        console.print(f"No data sets in {DATA}: accuracy is not measured. FIGURES_BENCH names their folder.")
    with tempfile.TemporaryDirectory() as folder:
        articles = DATA / "data" / "bbc_news.jsonl"
        print_speed(articles if articles.exists() else example_texts(Path(folder)), row)
    console.print(f"Added to {write_row(row).relative_to(ROOT)}.")


if __name__ == "__main__":
    main()

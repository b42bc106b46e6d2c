"""Joins in real prose: pairs of quantities in news articles, judged by a reader, as linking joins them or not.

    python -m benchmarks.prose_joins [--errors]

The stories of benchmarks/linking.py are each about one thing; a store is about many, most of whose equal numbers have
nothing to do with each other. So 1,057 articles are linked as one store, and the pairs of prose_joins.yaml and of
prose_joins_held_back.yaml, whose headers say how they were drawn, are looked up in it. Most were drawn from what linking
joined when they were judged: precision is that of the judged pairs which are joined now, and what linking joins anew is
not in it. Rules may be made by a look at the errors in development, never at those held back, which are not shown.

The articles don't come with the project: FIGURES_BENCH names the folder that has data/bbc_news.jsonl. They carry no
dates, so they are linked twice: as of one day, where nothing but their words keeps them apart, and of a day each.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import yaml

from benchmarks.linking import CORPUS, Joined
from pipeline.claims import extract_batch
from pipeline.figures import link
from pipeline.normalise import comparable, normalise_batch
from pipeline.passages import split_document
from pipeline.rates import Rates
from pipeline.tables import PASSAGES

SHARED = Path(os.environ.get("FIGURES_BENCH", Path(__file__).parent.parent.parent / "shared"))
ARTICLES = SHARED / "data" / "bbc_news.jsonl"
HALVES = {
    "development": CORPUS / "prose_joins.yaml",
    "held back": CORPUS / "prose_joins_held_back.yaml",
    "drawn later": CORPUS / "prose_joins_fresh.yaml",
}
# When the articles were written, about.
FIRST_DAY, ONE_DAY = date(2004, 7, 1), date(2005, 2, 1)
CALENDARS = ("one day", "a day each")
NEAR = 40


@dataclass(frozen=True)
class Place:
    """A quantity in an article: where its words start in the text, and the words."""

    article: str
    start: int
    words: str


@dataclass(frozen=True)
class Pair:
    """Two quantities, how they were drawn, and whether a reader took them for one figure."""

    pool: str
    same: bool
    one: Place
    other: Place


@dataclass(frozen=True)
class Score(Joined):
    """Judged pairs that are joined and that are not, rightly and wrongly."""

    apart: int


# The figures of an article's claims, each with the start and the end of the claim.
Figures = Mapping[str, Sequence[tuple[int, int, str]]]


def load_pairs(half: str) -> list[Pair]:
    """The judged pairs of a half. OSError if its file can't be read."""
    return [
        Pair(row["pool"], row["same"], Place(*row["one"]), Place(*row["other"]))
        for row in yaml.safe_load(HALVES[half].read_text("utf-8"))
    ]


def load_articles() -> dict[str, str]:
    """The text of each article by its id, the first of those with one text. OSError if they are not there."""
    rows = [json.loads(line) for line in ARTICLES.read_text("utf-8").splitlines()]
    first = {row["text"]: row["id"] for row in reversed(rows)}
    return {row["id"]: row["text"] for row in rows if first[row["text"]] == row["id"]}


def claims_of_articles(articles: Mapping[str, str], calendar: str) -> tuple[pa.Table, pa.Table]:
    """Claims with their normalised columns, and passages, of articles on the days that the calendar gives them."""
    passages = PASSAGES.from_rows(
        [
            asdict(passage)
            for number, (name, text) in enumerate(articles.items())
            for passage in split_document(
                text, uri=name, document_id=name, published=_day(calendar, number), country="GB"
            )
        ]
    )
    extracted = extract_batch(passages)
    return comparable(extracted, normalise_batch(extracted, rates=Rates.load(None), base="USD")), passages


def linked(articles: Mapping[str, str], calendar: str) -> Figures:
    """The articles linked as one store, each a document of its own on the day that the calendar gives it."""
    claims, passages = claims_of_articles(articles, calendar)
    told = link(claims, passages=passages).figure_claims
    figure_of = dict(zip(*(told.column(c).to_pylist() for c in ("claim_id", "figure_id")), strict=True))
    found = defaultdict(list)
    for row in claims.select(["claim_id", "document_id", "start", "end"]).to_pylist():
        found[row["document_id"]].append((row["start"], row["end"], figure_of[row["claim_id"]]))
    return found


def _day(calendar: str, number: int) -> date:
    return ONE_DAY if calendar == "one day" else FIRST_DAY + timedelta(days=number)


def joined(pair: Pair, figures: Figures) -> bool:
    """Whether both quantities are mentions of one figure; what is not extracted is a mention of none."""
    one, other = (_figure_at(place, figures) for place in (pair.one, pair.other))
    return one is not None and one == other


def _figure_at(place: Place, figures: Figures) -> str | None:
    """The figure of the claim whose words overlap those of the place most."""
    end = place.start + len(place.words)
    overlapping = [
        (min(claim_end, end) - max(start, place.start), figure)
        for start, claim_end, figure in figures.get(place.article, ())
    ]
    best = max(overlapping, key=lambda entry: entry[0], default=None)
    return best[1] if best is not None and best[0] > 0 else None


def score(pairs: Iterable[Pair], figures: Figures) -> Score:
    """How many pairs are joined and are not, rightly and wrongly."""
    count = {(same, together): 0 for same in (True, False) for together in (True, False)}
    for pair in pairs:
        count[pair.same, joined(pair, figures)] += 1
    return Score(count[True, True], count[False, True], count[True, False], count[False, False])


def report(name: str, result: Score) -> str:
    """The score in a line."""
    return (
        f"{name}: {result.right} of {result.right + result.missed} pairs of one figure joined, "
        f"{result.wrong} of {result.wrong + result.apart} of two; precision {result.precision:.2f}, "
        f"recall {result.recall:.2f}"
    )


def errors(pairs: Iterable[Pair], figures: Figures, articles: Mapping[str, str]) -> list[str]:
    """A line for each pair that is joined wrongly or missed."""
    return [
        f"{'missed' if pair.same else 'wrong'} ({pair.pool}): "
        + " + ".join(_around(place, articles[place.article]) for place in (pair.one, pair.other))
        for pair in pairs
        if joined(pair, figures) != pair.same
    ]


def _around(place: Place, text: str) -> str:
    end = place.start + len(place.words)
    words = f"{text[max(place.start - NEAR, 0) : place.start]}[{place.words}]{text[end : end + NEAR]}"
    return f"{place.article} …{' '.join(words.split())}…"


def main(arguments: Sequence[str]) -> None:
    """Print the scores of both halves, across articles and inside them, and the errors in development if asked for."""
    if not ARTICLES.exists():
        sys.exit(f"No articles at {ARTICLES}: FIGURES_BENCH names the folder that has them.")
    articles = load_articles()
    for calendar in CALENDARS:
        figures = linked(articles, calendar)
        for half in HALVES:
            pairs = load_pairs(half)
            across = [p for p in pairs if p.pool != "within"]
            within = [p for p in pairs if p.pool == "within"]
            print(report(f"{calendar}, {half}, across articles", score(across, figures)))
            print(report(f"{calendar}, {half}, inside one", score(within, figures)))
            if "--errors" in arguments and half == "development":
                print("\n".join(errors(pairs, figures, articles)))


if __name__ == "__main__":
    main(sys.argv[1:])

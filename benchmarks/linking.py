"""Linking on its gold set: stories through the real extractor, pairs of mentions as linked or apart.

    python -m benchmarks.linking [--half development|held_out|even|odd|more_even|more_odd|unseen|blind|fresh]
        [--errors]

All stories of a half are linked at once, so that mentions of different stories can be mixed up too. A mention that
the extractor does not find counts against the recall of the whole chain.

"development", "held_out", "unseen" (which was held back once), the halves "even" and "odd" of figures_development.yaml
and "more_even" and "more_odd" of figures_more.yaml are what rules are tuned on and weights are fitted to
(benchmarks/weights.py). "blind" and "fresh" are held back: they were written without a look at the linker, and no rule
was made for them; "fresh" is the later one, whose totals too were hardly looked at. Their errors are shown only if one is
asked for by name; whoever reads them and mends a rule must write a new file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import combinations, pairwise
from pathlib import Path

import pyarrow as pa
import yaml

from pipeline.claims import extract_batch
from pipeline.figures import Linked, link
from pipeline.normalise import comparable, normalise_batch
from pipeline.rates import Rates
from pipeline.revisions import revise
from pipeline.tables import PASSAGES

CORPUS = Path(__file__).parent.parent / "tests" / "corpus"
GOLD = CORPUS / "figures.yaml"
DEVELOPMENT = CORPUS / "figures_development.yaml"
MORE = CORPUS / "figures_more.yaml"
UNSEEN = CORPUS / "figures_unseen.yaml"
BLIND = CORPUS / "figures_blind.yaml"
FRESH = CORPUS / "figures_fresh.yaml"
HELD_BACK = {"blind": BLIND, "fresh": FRESH}
# Sets for development that are learned from by halves: every other story, from the first or from the second.
EVERY_OTHER = {
    "even": (DEVELOPMENT, 0),
    "odd": (DEVELOPMENT, 1),
    "more_even": (MORE, 0),
    "more_odd": (MORE, 1),
}
HALVES = ("development", "held_out", "unseen", *EVERY_OTHER, *HELD_BACK)
RELATIONS = {
    "new": ("new",),
    "same": ("restates", "refines"),
    "update": ("updates",),
    "refinement": ("refines",),
    "correction": ("corrects",),
    "conflict": ("conflicts",),
}


@dataclass(frozen=True)
class Mention:
    """A labelled number: its story's figure, and where its words stand in the passage."""

    story: str
    figure: str
    relation: str
    passage: str
    start: int
    end: int

    @property
    def passage_id(self) -> str:
        return f"{self.story}/{self.passage}"


@dataclass(frozen=True)
class Joined:
    """Pairs that are joined, rightly and wrongly, and pairs of one figure that are not."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        return self.right / max(self.right + self.wrong, 1)

    @property
    def recall(self) -> float:
        return self.right / max(self.right + self.missed, 1)


@dataclass(frozen=True)
class Score(Joined):
    """Pairs of mentions: linked rightly, linked wrongly, and missed, the last by reason."""

    half: str
    stories: int
    mentions: int
    pairs: int
    not_extracted: int
    missed_by_extraction: int
    abstained: int
    relations_right: int
    relations: int

    @property
    def recall_of_linking(self) -> float:
        """Recall over pairs both of whose mentions were extracted."""
        return self.right / max(self.right + self.missed - self.missed_by_extraction, 1)


def load_stories(path: Path = GOLD) -> list[dict]:
    return yaml.safe_load(path.read_text("utf-8"))


def stories_of(half: str) -> list[dict]:
    """The stories of a half: those held back have files to themselves, the others are marked in theirs."""
    if half in HELD_BACK:
        return load_stories(HELD_BACK[half])
    if half == "unseen":
        return load_stories(UNSEEN)
    if half in EVERY_OTHER:
        path, start = EVERY_OTHER[half]
        return load_stories(path)[start::2]
    return [s for s in load_stories() if bool(s.get("held_out")) == (half == "held_out")]


def stories_to_learn_from(half: str | None = None) -> list[dict]:
    """Stories that weights are fitted to: all that are not held back, or of each file by halves only one."""
    return [
        story
        for name in HALVES
        if name not in HELD_BACK and not (half and name in EVERY_OTHER and not name.endswith(half))
        for story in stories_of(name)
    ]


def mentions_of(stories: Sequence[dict]) -> list[Mention]:
    """Every labelled mention. ValueError if its words do not stand in the passage exactly once."""
    found = []
    for story in stories:
        for figure, listed in story["figures"].items():
            for entry in listed:
                relation, _, place = entry.partition(" ")
                passage, _, words = place.partition("|")
                text = story["passages"][passage]["text"]
                if text.count(words) != 1 or relation not in RELATIONS:
                    raise ValueError(f"{story['story']}: {entry!r} is not there once, or no such relation")
                start = text.index(words)
                found.append(Mention(story["story"], figure, relation, passage, start, start + len(words)))
    return found


def passages_of(stories: Sequence[dict]) -> pa.Table:
    """Each passage as a document of its own, whose id says which it is."""
    return PASSAGES.from_rows(
        [
            {
                "document_id": f"{story['story']}/{name}",
                "passage_id": f"{story['story']}/{name}",
                "position": 0,
                "passage_type": "paragraph",
                "published": date.fromisoformat(str(passage["day"])),
                "start": 0,
                "end": len(passage["text"]),
                "body_start": 0,
                "body_end": len(passage["text"]),
                "text": passage["text"],
            }
            for story in stories
            for name, passage in story["passages"].items()
        ]
    )


def claims_of(stories: Sequence[dict]) -> pa.Table:
    """Claims with their normalised columns, as linking reads them."""
    claims = extract_batch(passages_of(stories))
    return comparable(claims, normalise_batch(claims, rates=Rates.load(None), base="USD"))


def claim_ids(mentions: Sequence[Mention], claims: pa.Table) -> dict[Mention, str | None]:
    """The claim whose words overlap those of each mention most, if there is one."""
    rows: dict[str, list[dict]] = {}
    for row in claims.select(["claim_id", "passage_id", "start", "end"]).to_pylist():
        rows.setdefault(row["passage_id"], []).append(row)
    found: dict[Mention, str | None] = {}
    for mention in mentions:
        overlap = {
            row["claim_id"]: min(row["end"], mention.end) - max(row["start"], mention.start)
            for row in rows.get(mention.passage_id, [])
        }
        best = max(overlap, key=overlap.__getitem__, default=None)
        found[mention] = best if best is not None and overlap[best] > 0 else None
    return found


def score(half: str) -> tuple[Score, list[str]]:
    """Scores of a half, and a line for each error."""
    mine = stories_of(half)
    mentions = mentions_of(mine)
    claims = claims_of(mine)
    linked = link(claims, passages=passages_of(mine))
    claim_of = claim_ids(mentions, claims)
    figure_of = dict(
        zip(*(linked.figure_claims.column(c).to_pylist() for c in ("claim_id", "figure_id")), strict=True)
    )
    waiting = set(linked.review.column("claim_id").to_pylist())
    right = wrong = missed = unextracted = 0
    errors = [f"not extracted: {_words(m, mine)}" for m in mentions if claim_of[m] is None]
    for one, other in combinations(mentions, 2):
        first, second = claim_of[one], claim_of[other]
        together = first is not None and second is not None and figure_of[first] == figure_of[second]
        same = (one.story, one.figure) == (other.story, other.figure)
        if same and together:
            right += 1
        elif same:
            missed += 1
            unextracted += first is None or second is None
            if first is not None and second is not None:
                errors.append(f"missed: {_words(one, mine)} + {_words(other, mine)}")
        elif together:
            wrong += 1
            errors.append(f"wrong: {_words(one, mine)} + {_words(other, mine)}")
    good, checked, lines = _relations(mentions, claim_of, figure_of, linked, claims, mine)
    result = Score(
        half=half,
        stories=len(mine),
        mentions=len(mentions),
        pairs=sum(1 for a, b in combinations(mentions, 2) if a.story == b.story),
        not_extracted=sum(c is None for c in claim_of.values()),
        right=right,
        wrong=wrong,
        missed=missed,
        missed_by_extraction=unextracted,
        abstained=sum(c in waiting for c in claim_of.values()),
        relations_right=good,
        relations=checked,
    )
    return result, errors + lines


def _relations(
    mentions: Sequence[Mention],
    claim_of: dict[Mention, str | None],
    figure_of: dict[str, str],
    linked: Linked,
    claims: pa.Table,
    stories: Sequence[dict],
) -> tuple[int, int, list[str]]:
    """How many linked mentions have the labelled relation in the figure's history."""
    revisions = revise(linked.figures, linked.figure_claims, claims)
    relation_of = dict(zip(*(revisions.column(c).to_pylist() for c in ("claim_id", "relation")), strict=True))
    right, checked, lines = 0, 0, []
    for one, other in _consecutive(mentions):
        first, second = claim_of[one], claim_of[other]
        if first is None or second is None or figure_of[first] != figure_of[second]:
            continue
        checked += 1
        if relation_of[second] in RELATIONS[other.relation]:
            right += 1
        else:
            lines.append(f"relation {relation_of[second]}, not {other.relation}: {_words(other, stories)}")
    return right, checked, lines


def _consecutive(mentions: Sequence[Mention]) -> Iterator[tuple[Mention, Mention]]:
    for one, other in pairwise(mentions):
        if (one.story, one.figure) == (other.story, other.figure):
            yield one, other


def _words(mention: Mention, stories: Sequence[dict]) -> str:
    text = next(s for s in stories if s["story"] == mention.story)["passages"][mention.passage]["text"]
    near = f"{text[max(mention.start - 25, 0) : mention.start]}[{text[mention.start : mention.end]}]"
    return f"{mention.passage_id} {mention.figure} …{near}{text[mention.end : mention.end + 25]}…"


def report(result: Score) -> str:
    """The scores in a line."""
    return (
        f"{result.half}: {result.stories} stories, {result.mentions} mentions, {result.pairs} pairs; precision "
        f"{result.precision:.3f}, recall {result.recall:.3f} ({result.recall_of_linking:.3f} of what was "
        f"extracted), {result.abstained} abstained, {result.not_extracted} not extracted; relations "
        f"{result.relations_right} of {result.relations} right"
    )


def main(arguments: Sequence[str]) -> None:
    """Print the scores of all halves, or of one, with its errors (of those held back only if asked for by name)."""
    for half in HALVES:
        if "--half" in arguments and half not in arguments:
            continue
        result, errors = score(half)
        print(report(result))
        if "--errors" in arguments and (half not in HELD_BACK or half in arguments):
            print("\n".join(errors))


if __name__ == "__main__":
    main(sys.argv[1:])

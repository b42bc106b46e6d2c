"""The figures of the live blog that the project was conceived from, and of an edited second snapshot of it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.claims import extract_batch
from pipeline.figures import Linked, link
from pipeline.linking.relations import relate
from pipeline.normalise import comparable, normalise_batch
from pipeline.passages import split_batch
from pipeline.rates import Rates
from pipeline.revisions import revise
from pipeline.tables import DOCUMENTS, PASSAGES
from pipeline.trackers import load_trackers
from tests.said import Row

ROOT = Path(__file__).parent.parent
SEED = ROOT.parent / "shared" / "seeds" / "000_1665a3bc29fa3434.txt"

pytestmark = pytest.mark.skipif(
    not SEED.exists(), reason="the live blog stands in ../shared, which is not here"
)


class Run:
    """The stages over snapshots of one page, in the order in which they were read."""

    def __init__(self, *texts: str) -> None:
        self.documents = DOCUMENTS.from_rows([_document(n, text) for n, text in enumerate(texts)])
        self.passages = split_batch(self.documents)
        claims = extract_batch(_first_seen(self.passages))
        self.claims = comparable(claims, normalise_batch(claims, rates=Rates.load(None), base="USD"))
        self.linked = self.link(self.claims)
        self.revisions = revise(
            self.linked.figures,
            self.linked.figure_claims,
            self.claims,
            documents=self.documents,
            passages=self.passages,
        )

    def link(self, claims: pa.Table) -> Linked:
        return link(
            claims,
            trackers=load_trackers(ROOT / "trackers.toml"),
            documents=self.documents,
            passages=self.passages,
        )

    def figures_with(self, exact: str) -> list[Row]:
        """Figures that have a mention in these words, or in words that go on after them with a letter or hyphen."""
        words = dict(zip(*(self.claims.column(c).to_pylist() for c in ("claim_id", "exact")), strict=True))
        meant = {c for c, w in words.items() if w == exact or ("-" in exact and w.startswith(exact))}
        ids = {r["figure_id"] for r in self.linked.figure_claims.to_pylist() if r["claim_id"] in meant}
        return [f for f in self.linked.figures.to_pylist() if f["figure_id"] in ids]


def _document(number: int, text: str) -> Row:
    return {
        "document_id": f"snapshot{number}",
        "source_id": "seed",
        "uri": "seed.txt",
        "published": date(2024, 12, 4 + number),
        "fetched_at": datetime(2024, 12, 4 + number, 9, tzinfo=UTC),
        "sha256": str(number),
        "bytes": len(text),
        "media_type": "text/plain",
        "encoding": "utf-8",
        "text": text,
    }


def _first_seen(passages: pa.Table) -> pa.Table:
    """Each passage in the first snapshot that has it: it is not extracted again."""
    rows: dict[str, Row] = {}
    for row in passages.to_pylist():
        rows.setdefault(row["passage_id"], row)
    return PASSAGES.from_rows(list(rows.values()))


@pytest.fixture(scope="module")
def text() -> str:
    return SEED.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def run(text: str) -> Run:
    return Run(text)


@pytest.mark.parametrize(
    ("exact", "mentions", "origins"),
    [
        ("$725 million", 3, 2),
        ("314", 2, 2),
        ("1,000-km", 3, 1),
        ("33-month", 2, 2),
        ("95,000", 1, 1),
        ("$56 billion", 1, 1),
    ],
)
def test_repeats_are_one_figure(run: Run, exact: str, mentions: int, origins: int) -> None:
    (figure,) = run.figures_with(exact)
    assert (figure["mentions"], figure["independent_origins"]) == (mentions, origins)


def test_the_wordings_of_one_figure_meet(run: Run) -> None:
    assert run.figures_with("$725m") == run.figures_with("$725 million")
    assert run.figures_with("600-mile") == run.figures_with("1,000-km")


def test_the_incidents_and_those_blamed_on_russia_stay_apart(run: Run) -> None:
    (blamed,), (all_of_them,) = run.figures_with("100"), run.figures_with("500")
    assert blamed["figure_id"] != all_of_them["figure_id"]
    assert (blamed["mentions"], blamed["independent_origins"]) == (3, 1)
    assert all_of_them["mentions"] == 1


def test_settlements_repeated_in_two_entries_are_one_figure(run: Run) -> None:
    settlements = [f for f in run.figures_with("two") if f["entity_head"] in ("settlement", "village")]
    assert max(f["mentions"] for f in settlements) >= 4


def test_damage_and_its_parts_stay_apart(run: Run) -> None:
    ids = {f["figure_id"] for e in ("$56 billion", "$16 billion", "$40 billion") for f in run.figures_with(e)}
    assert len(ids) == 3
    relations = {(r["relation"], r["check"]) for r in relate(run.claims).to_pylist()}
    assert ("part_of", "ok") in relations


def test_no_sum_of_it_is_called_impossible(run: Run) -> None:
    assert "impossible" not in relate(run.claims).column("check").to_pylist()


@pytest.mark.parametrize(
    ("exact", "tracker"),
    [
        ("314", "children-taken"),
        ("$725m", "military-aid-packages"),
        ("95,000", "awol-cases"),
        ("$56 billion", "energy-damage"),
    ],
)
def test_shipped_trackers_find_their_figures(run: Run, exact: str, tracker: str) -> None:
    (figure,) = run.figures_with(exact)
    assert figure["tracker"] == tracker


def test_any_order_of_claims_gives_the_same(run: Run) -> None:
    backwards = run.link(run.claims.take(pa.array(range(run.claims.num_rows - 1, -1, -1))))
    assert backwards.figures.equals(run.linked.figures)
    assert backwards.figure_claims.equals(run.linked.figure_claims)


def test_every_revision_has_its_words(run: Run, text: str) -> None:
    place = {r["claim_id"]: (r["start"], r["end"]) for r in run.claims.to_pylist()}
    assert run.revisions.num_rows == run.claims.num_rows
    for row in run.revisions.to_pylist():
        start, end = place[row["claim_id"]]
        assert text[start:end] == row["exact"]


def test_an_edited_snapshot_gives_exactly_its_revisions(run: Run, text: str) -> None:
    """A changed number, a removed entry and a new one; the entry is cut from its heading to the next."""
    first = text.index("Could South Korea send troops to fight for Ukraine?\n04:44")
    last = text.index("Russia says no grounds for negotiations on Ukraine yet\n04:30")
    edited = text[:first] + text[last:]
    edited = edited.replace("identified 314 Ukrainian", "identified 341 Ukrainian")
    top = edited.index("Hand of Russia seen")
    edited = (
        edited[:top]
        + "Flood closes a road near Lviv\n09:30 , Ada Example\nWater has closed 12 km of road near Lviv, the mayor said.\n"
        + edited[top:]
    )
    after = Run(text, edited)
    known = {(r["relation"], r["exact"], r["claim_id"]) for r in run.revisions.to_pylist()}
    added = [
        (r["relation"], r["exact"])
        for r in after.revisions.to_pylist()
        if (r["relation"], r["exact"], r["claim_id"]) not in known
    ]
    assert sorted(added) == [("corrects", "341"), ("new", "12 km"), ("retracts", "12,000")]
    before_ids = {f["figure_id"] for f in run.linked.figures.to_pylist()}
    assert before_ids <= {f["figure_id"] for f in after.linked.figures.to_pylist()}


def test_the_examples_beside_it_leave_its_repeated_package_one_figure() -> None:
    """Documents written for this project report other figures of the same kinds: they are not mixed up with these."""
    texts = [(path.name, path.read_text("utf-8")) for path in sorted((ROOT / "examples").glob("*.txt"))]
    documents = DOCUMENTS.from_rows(
        [_document(0, SEED.read_text("utf-8"))]
        + [
            _document(0, text)
            | {
                "document_id": name,
                "uri": name,
                "source_id": name,
                "sha256": name,
                "published": date.fromisoformat(name[:10]),
            }
            for name, text in texts
        ]
    )
    passages = split_batch(documents)
    claims = extract_batch(_first_seen(passages))
    claims = comparable(claims, normalise_batch(claims, rates=Rates.load(None), base="USD"))
    linked = link(claims, documents=documents, passages=passages)
    of = dict(
        zip(*(linked.figure_claims.column(c).to_pylist() for c in ("claim_id", "figure_id")), strict=True)
    )
    rows = [r for r in claims.to_pylist() if r["document_id"] == "snapshot0"]
    package = [r for r in rows if r["unit"] == "USD" and r["value"] == 725e6]
    assert len(package) == 3
    assert len({of[r["claim_id"]] for r in package}) == 1
    incidents = {r["value"]: of[r["claim_id"]] for r in rows if r["entity_head"] == "incident"}
    assert incidents[500] != incidents[100]

"""Linking: repeats are one figure, different figures stay apart, in any order, with the same ids."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.figures import Linked, figures_as_of, link
from pipeline.linking.comparison import MARGIN, Comparison
from pipeline.linking.constraints import Constraints
from pipeline.linking.precision import Quantity
from pipeline.revisions import revise
from pipeline.tables import FIGURE_CLAIMS, FIGURES, REVIEW
from tests.said import Row, claims, said

LATER = date(2025, 1, 10)

TAKEN = said(
    "At least 314 Ukrainian children were taken to Russia, researchers say.",
    "314",
    314,
    "Ukrainian children",
    modifier="at_least",
    entity_head="child",
    significant_digits=3,
)
NAMED = said(
    "The report names 314 Ukrainian children taken to Russia.",
    "314",
    314,
    "Ukrainian children",
    entity_head="child",
    significant_digits=3,
    document_id="d2",
)
MORE = said(
    "Researchers now count 388 Ukrainian children taken to Russia.",
    "388",
    388,
    "Ukrainian children",
    entity_head="child",
    significant_digits=3,
    document_id="d3",
    published=LATER,
)
RETURNED = said(
    "So far 27 Ukrainian children have been brought home from Russia.",
    "27",
    27,
    "Ukrainian children",
    entity_head="child",
    document_id="d3",
    published=LATER,
)
PACKAGE = said(
    "Washington will send another weapons package to Ukraine worth $725 million.",
    "$725 million",
    725e6,
    "weapons package",
    kind="money",
    unit="USD",
    significant_digits=3,
)
AID = said(
    "The military aid package for Ukraine, valued at some $725m, was announced in Washington.",
    "$725m",
    725e6,
    "military aid package",
    kind="money",
    unit="USD",
    modifier="approximate",
    significant_digits=3,
    document_id="d2",
)
LOAN = said(
    "Kenya gets a railway loan of $725 million from the bank.",
    "$725 million",
    725e6,
    "railway loan",
    kind="money",
    unit="USD",
    significant_digits=3,
    document_id="d2",
)
NEXT_PACKAGE = said(
    "Washington announced a weapons package to Ukraine worth $988 million.",
    "$988 million",
    988e6,
    "weapons package",
    kind="money",
    unit="USD",
    significant_digits=3,
    document_id="d3",
    published=LATER,
)
ALL = said(
    "There were 500 suspicious incidents in Europe this year.",
    "500",
    500,
    "suspicious incidents",
    passage_id="p9",
)
BLAMED = said(
    "Up to 100 suspicious incidents in Europe can be blamed on Russia, he said.",
    "100",
    100,
    "suspicious incidents",
    modifier="at_most",
    passage_id="p9",
)
OF_THEM = said("Up to 100 of them can be blamed on Russia.", "100", 100, modifier="at_most", passage_id="p9")
EVERYTHING = [TAKEN, NAMED, MORE, RETURNED, PACKAGE, AID, LOAN, NEXT_PACKAGE, ALL, BLAMED, OF_THEM]


def figure_of(linked: Linked) -> dict[str, str]:
    columns = (linked.figure_claims.column(c).to_pylist() for c in ("claim_id", "figure_id"))
    return dict(zip(*columns, strict=True))


def groups(rows: list[Row], **options: object) -> list[list[int]]:
    """Places of the rows that are one figure."""
    found: dict[str, list[int]] = {}
    of = figure_of(link(claims(*rows), **options))  # type: ignore[arg-type]
    for place, row in enumerate(rows):
        found.setdefault(of[str(row["claim_id"])], []).append(place)
    return sorted(found.values())


def only(linked: Linked) -> Row:
    (row,) = linked.figures.to_pylist()
    return row


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param([TAKEN, NAMED], [[0, 1]], id="a bound and its point"),
        pytest.param([TAKEN, MORE], [[0, 1]], id="a later count"),
        pytest.param([TAKEN, RETURNED], [[0], [1]], id="taken and returned"),
        pytest.param([PACKAGE, AID], [[0, 1]], id="one package in two wordings"),
        pytest.param([PACKAGE, LOAN], [[0], [1]], id="the same amount of something else"),
        pytest.param([PACKAGE, NEXT_PACKAGE], [[0], [1]], id="another amount is another package"),
        pytest.param([ALL, BLAMED, OF_THEM], [[0], [1, 2]], id="a part of them, said twice"),
        pytest.param(EVERYTHING, [[0, 1, 2], [3], [4, 5], [6], [7], [8], [9, 10]], id="all of them together"),
    ],
)
def test_same_and_different(rows: list[Row], expected: list[list[int]]) -> None:
    assert groups(rows) == expected


def test_every_claim_is_a_mention_of_one_figure() -> None:
    linked = link(claims(*EVERYTHING))
    assert sorted(figure_of(linked)) == sorted(str(r["claim_id"]) for r in EVERYTHING)
    assert set(figure_of(linked).values()) == set(linked.figures.column("figure_id").to_pylist())
    assert linked.figures.schema == FIGURES.schema
    assert linked.figure_claims.schema == FIGURE_CLAIMS.schema
    assert linked.review.schema == REVIEW.schema


def test_no_claims_make_no_figures() -> None:
    linked = link(claims())
    assert (linked.figures.num_rows, linked.figure_claims.num_rows, linked.review.num_rows) == (0, 0, 0)
    assert revise(linked.figures, linked.figure_claims, claims()).num_rows == 0


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(shuffler: random.Random) -> None:
    given_rows = list(EVERYTHING)
    shuffler.shuffle(given_rows)
    one, other = link(claims(*EVERYTHING)), link(claims(*given_rows))
    assert one.figures.equals(other.figures)
    assert one.figure_claims.equals(other.figure_claims)
    assert revise(one.figures, one.figure_claims, claims(*EVERYTHING)).equals(
        revise(other.figures, other.figure_claims, claims(*given_rows))
    )


def test_ids_stay_from_run_to_run_and_when_news_comes() -> None:
    before = link(claims(TAKEN, NAMED, PACKAGE))
    again = link(claims(TAKEN, NAMED, PACKAGE), before.figures, before.figure_claims)
    assert again.figures.equals(before.figures)
    after = link(claims(*EVERYTHING), before.figures, before.figure_claims)
    known = figure_of(after)
    assert {c: known[c] for c in figure_of(before)} == figure_of(before)


def test_an_id_does_not_depend_on_the_document_or_extractor() -> None:
    elsewhere = said(
        str(TAKEN["sentence"]),
        "314",
        314,
        "Ukrainian children",
        modifier="at_least",
        entity_head="child",
        significant_digits=3,
        document_id="d9",
        extractor_version="2",
    )
    assert only(link(claims(TAKEN)))["figure_id"] == only(link(claims(elsewhere)))["figure_id"]


def test_an_id_that_changes_is_remembered() -> None:
    before = link(claims(MORE))
    after = link(claims(TAKEN, MORE), before.figures, before.figure_claims)
    assert only(after)["figure_id"] != only(before)["figure_id"]
    assert only(after)["former_ids"] == [only(before)["figure_id"]]


def test_as_of_a_day_is_the_run_of_that_day() -> None:
    then = [r for r in EVERYTHING if r["published"] < LATER]  # type: ignore[operator]
    as_of, run = figures_as_of(date(2024, 12, 31), claims(*EVERYTHING)), link(claims(*then))
    assert as_of.figures.equals(run.figures)
    assert as_of.figure_claims.equals(run.figure_claims)


def test_what_is_counted_in_a_figure() -> None:
    row = only(link(claims(TAKEN, NAMED, MORE)))
    assert row["label"] == "Ukrainian children taken to Russia"
    assert (row["value"], row["status"], row["current_claim_id"]) == (388, "updated", MORE["claim_id"])
    assert (row["mentions"], row["documents"], row["independent_origins"]) == (3, 3, 3)
    assert (row["first_published"], row["last_published"]) == (date(2024, 12, 4), LATER)


@pytest.mark.parametrize(
    ("sentence", "exact", "subject", "label"),
    [
        ("Schools get £96m, up from £91m, and road repairs £23m.", "£96m", "Schools", "Schools get £96m"),
        ("The trains are slower, which adds about 12 minutes.", "12 minutes", "trains", "trains: adds about 12 minutes"),
        ("The motion fell by 31 votes to 17.", "17", None, "fell by 31 votes to 17"),
        ("Repairs go on.", "Repairs", None, "Repairs go on"),
    ],
)  # fmt: skip
def test_a_figure_without_an_entity_is_named_by_its_clause(
    sentence: str, exact: str, subject: str | None, label: str
) -> None:
    (row,) = link(claims(said(sentence, exact, 1.0, subject=subject))).figures.to_pylist()
    assert row["label"] == label


def test_repeats_of_a_text_are_one_origin() -> None:
    copied = dict(TAKEN) | {"claim_id": "copy", "document_id": "d7", "passage_id": "p7"}
    trimmed = said(
        "According to a wire report, at least 314 Ukrainian children were taken to Russia.",
        "314",
        314,
        "Ukrainian children",
        modifier="at_least",
        entity_head="child",
        document_id="d8",
    )
    heading = said(
        "314 Ukrainian children gone", "314", 314, "Ukrainian children", entity_head="child", role="heading"
    )
    row = only(link(claims(TAKEN, copied, trimmed, heading)))
    assert (row["mentions"], row["documents"], row["independent_origins"]) == (4, 3, 1)
    assert only(link(claims(TAKEN, NAMED)))["independent_origins"] == 2


def test_a_conversion_in_brackets_belongs_to_what_it_repeats() -> None:
    sentence = "Soldiers hold the 1,000-km (620-mile) front line."
    line = said(
        sentence,
        "1,000-km",
        1000,
        "front line",
        kind="measure",
        unit="kilometer",
        si_value=1e6,
        si_unit="meter",
    )
    gloss = said(
        sentence,
        "620-mile",
        620,
        "front line",
        kind="measure",
        unit="mile",
        si_value=1e6,
        si_unit="meter",
        gloss_of=line["claim_id"],
    )
    row = only(link(claims(gloss, line)))
    assert (row["mentions"], row["value"], row["unit"]) == (2, 1e6, "meter")
    history = revise(*_tables(link(claims(gloss, line))), claims(gloss, line)).to_pylist()
    assert [(r["relation"], r["exact"]) for r in history] == [("new", "1,000-km"), ("restates", "620-mile")]


def test_two_figures_that_fit_wait_for_a_person() -> None:
    one = said("In the north 40 bridges of the Orla valley were closed.", "40", 40, "bridges")
    two = said(
        "In the south 40 bridges of the Orla valley were closed.", "40", 40, "bridges", document_id="d2"
    )
    three = said("Again 40 bridges of the Orla valley were closed.", "40", 40, "bridges", document_id="d3")
    apart = Constraints(apart=((frozenset({str(one["claim_id"])}), frozenset({str(two["claim_id"])})),))
    linked = link(claims(one, two, three), constraints=apart)
    (waiting,) = linked.review.to_pylist()
    assert waiting["claim_id"] == three["claim_id"]
    assert len(waiting["candidates"]) == 2
    assert waiting["figure_id"] == figure_of(linked)[str(three["claim_id"])]
    assert linked.figures.num_rows == 3


def test_the_work_grows_with_the_number_of_claims_and_no_faster() -> None:
    from pipeline.linking import comparison, identity, placing, state

    compared = 0

    def counted(one: identity.Identity, other: identity.Identity) -> comparison.Comparison:
        nonlocal compared
        compared += 1
        return real(one, other)

    real, placing.compare = placing.compare, counted
    try:
        per_claim = []
        for size in (200, 800):
            compared = 0
            rows = [
                said(
                    f"Officials in Town{n} said that {n} people were hurt.",
                    str(n),
                    n,
                    "people",
                    document_id=f"d{n}",
                )
                for n in range(100, 100 + size)
            ]
            link(claims(*rows))
            per_claim.append(compared / size)
    finally:
        placing.compare = real
    assert per_claim[1] <= placing.CANDIDATES * state.MEMBERS
    assert per_claim[1] < 2 * per_claim[0] + 1


@pytest.mark.parametrize(
    ("quantity", "low", "high"),
    [
        (Quantity(314, None, None, "exact", 3), 314, 314),
        (Quantity(314, None, None, "at_least", 3), 314, float("inf")),
        (Quantity(725e6, None, None, "exact", 3), 724.5e6, 725.5e6),
        (Quantity(95_000, None, None, "nearly", 2), 90_250, 95_000),
        (Quantity(100, None, None, "at_most", 1), float("-inf"), 105),
        (Quantity(None, 10_000, 100_000, "vague", None), 10_000, 100_000),
        (Quantity(0, None, None, "exact", 1), 0, 0),
    ],
)
def test_precision_intervals(quantity: Quantity, low: float, high: float) -> None:
    assert (quantity.interval.low, quantity.interval.high) == (low, high)


@given(
    st.floats(-1e15, 1e15, allow_nan=False),
    st.integers(1, 15),
    st.sampled_from(["exact", "approximate", "nearly", "at_least", "more_than", "at_most", "less_than"]),
)
def test_an_interval_holds_its_value(value: float, digits: int, modifier: str) -> None:
    quantity = Quantity(value, None, None, modifier, digits)
    assert quantity.interval.low <= value <= quantity.interval.high
    assert quantity.near.overlaps(quantity.interval)


def _tables(linked: Linked) -> tuple[pa.Table, pa.Table]:
    return linked.figures, linked.figure_claims


SEED = Path(__file__).parent.parent.parent / "shared" / "seeds" / "000_1665a3bc29fa3434.txt"


def test_the_best_figure_is_told_by_its_odds() -> None:
    def ahead(best: float, second: float) -> float:
        return Comparison(best, "").odds - Comparison(second, "").odds

    assert ahead(0.99, 0.98) > MARGIN > ahead(0.63, 0.6)
    assert ahead(1.0, 0.9999) < MARGIN
    assert ahead(1.0, 0.0) > 10

"""What the words around a number say of how it is meant for linking."""

from __future__ import annotations

import pytest
from said import said

from pipeline.linking import wording
from pipeline.linking.comparison import compare
from pipeline.linking.identity import identify
from pipeline.linking.vocabulary import load


@pytest.mark.parametrize(
    ("sentence", "exact", "replaced"),
    [
        ("It was 560, not 410", "560", "410"),
        ("They found 5,900 instead of 5,500 votes", "5,900", "5500"),
        ("The bank cut its rate to 4% from 4.25%", "4%", "4.25"),
        ("The toll stands at 12, up from 9", "12", "9"),
        ("It was not 40 but 16", "16", "40"),
        ("The ministry raised its estimate of 30 to 45", "45", ""),
        ("Rescuers brought down 168 people from 47 cabins", "168", ""),
        ("Some 540 people from 11 agencies are digging", "540", ""),
        ("Sales were 31, up from 28 a year earlier", "31", ""),
        ("Police made 41 arrests at this year's festival, down from 56", "41 arrests", ""),
    ],
)
def test_what_a_number_takes_the_place_of(sentence: str, exact: str, replaced: str) -> None:
    before, _, after = sentence.partition(exact)
    moved = load().movement(before) != 0
    assert wording.replaced(before, after, moved) == replaced


def test_two_things_counted_in_one_sentence_are_two_figures() -> None:
    sentence = "Rescuers brought down 168 people from 47 cabins"
    people = identify(said(sentence, "168", 168, "people"), load())
    cabins = identify(said(sentence, "47", 47, "cabins"), load())
    assert compare(people, cabins).score == 0


@pytest.mark.parametrize(
    ("before", "after", "part", "known", "more"),
    [
        ("Rain killed 40, including ", " children", True, False, False),
        ("Fire took ", " of the houses", True, False, False),
        ("One of the ", " tanks", False, True, False),
        ("The storm killed another ", " people", False, False, True),
        ("The storm killed ", " more", False, False, True),
        ("The storm killed ", " people", False, False, False),
    ],
)
def test_parts_known_numbers_and_additions(
    before: str, after: str, part: bool, known: bool, more: bool
) -> None:
    assert wording.is_part(before, after) is part
    assert wording.is_known(before) is known
    assert bool(wording.added(before) or wording.is_more(after)) is more


def test_a_clause_holds_no_other_number() -> None:
    assert wording.clause("Floods killed 3 people and hurt ", " in Velmora, 20 of them badly") == (
        " and hurt ",
        " in Velmora",
    )


def test_places_months_and_years() -> None:
    assert wording.places("a fire in Velmora and near the Sela ridge") == "of  Velmora ; of  Sela"
    assert wording.months("from May to July") == {"May", "July"}
    assert wording.years("in 2024, for £2019 or 2,025") == {"2024"}
    assert wording.number_of("the number of people killed") == "people"

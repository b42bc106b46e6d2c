"""trackers.toml: what it may say, and which claims a tracker collects."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.figures import link
from pipeline.trackers import Tracker, first_match, load_trackers, propose
from tests.said import Row, claims, said

SHIPPED = load_trackers(Path(__file__).parent.parent / "trackers.toml")


def children(sentence: str, exact: str, value: float) -> Row:
    return said(sentence, exact, value, "Ukrainian children", entity_head="child")


@pytest.mark.parametrize(
    ("tracker", "claim"),
    [
        ("children-taken", children("At least 314 Ukrainian children were taken to Russia.", "314", 314)),
        (
            "military-aid-packages",
            said(
                "A weapons package to Ukraine worth $725 million was announced.",
                "$725 million",
                725e6,
                "weapons package",
                kind="money",
                unit="USD",
            ),
        ),
        (
            "awol-cases",
            said("Some 95,000 criminal cases of desertion were opened.", "95,000", 95_000, "criminal cases"),
        ),
        (
            "energy-damage",
            said(
                "The damage to Ukraine's energy sector exceeds $56 billion.",
                "$56 billion",
                56e9,
                "damage",
                kind="money",
                unit="USD",
            ),
        ),
    ],
)
def test_shipped_trackers_collect(tracker: str, claim: Row) -> None:
    found = first_match(claim, SHIPPED)
    assert found is not None
    assert found.id == tracker
    assert link(claims(claim), trackers=SHIPPED).figures.column("tracker").to_pylist() == [tracker]


@pytest.mark.parametrize(
    "claim",
    [
        children("So far 27 Ukrainian children have been brought home.", "27", 27),
        children("Some 4,000 Ukrainian children go to school in Warsaw.", "4,000", 4000),
        said(
            "A loan to Ukraine worth $725 million was announced.",
            "$725 million",
            725e6,
            "loan",
            kind="money",
            unit="USD",
        ),
        said("Some 95,000 cases of measles were recorded.", "95,000", 95_000, "cases"),
    ],
)
def test_shipped_trackers_leave_the_rest(claim: Row) -> None:
    assert first_match(claim, SHIPPED) is None


def test_the_four_that_come_with_the_project() -> None:
    assert [t.id for t in SHIPPED] == [
        "children-taken",
        "military-aid-packages",
        "awol-cases",
        "energy-damage",
    ]


def test_a_value_out_of_range_is_flagged_and_kept() -> None:
    absurd = children("At least 314 million Ukrainian children were taken to Russia.", "314 million", 314e6)
    (row,) = link(claims(absurd), trackers=SHIPPED).figure_claims.to_pylist()
    assert row["flags"] == ["314 million is outside the plausible range 1 to 1,000,000 of children-taken"]


def test_place_and_words_that_must_not_stand_there() -> None:
    tracker = Tracker("x", "X", "count", ("house",), must_not=("planned",), place="Marwick")
    there = said("The flood destroyed 60 houses in Marwick.", "60", 60, "houses")
    elsewhere = said("The flood destroyed 60 houses in Lund.", "60", 60, "houses")
    planned = said("There are 60 planned houses in Marwick.", "60", 60, "houses")
    assert [tracker.collects(r) for r in (there, elsewhere, planned)] == [True, False, False]


@pytest.mark.parametrize(("unit", "flagged"), [("kilometer", []), ("meter", ["250 km is outside"])])
def test_a_range_is_in_the_unit_of_the_tracker(unit: str, flagged: list[str]) -> None:
    tracker = Tracker("road", "Road", "measure", ("road",), unit=unit, plausible=(1, 1000))
    kilometers = {"kind": "measure", "unit": "kilometer", "si_unit": "meter", "si_factor": 1000.0}
    road = said("The road is 250 km long.", "250 km", 250, "road", **kilometers)
    assert tracker.collects(road)
    flag = tracker.flag(road)
    assert [flag[: len("250 km is outside")] if flag else None] == (flagged or [None])
    assert not tracker.collects(road | {"unit": "tonne", "si_unit": "kilogram"})


def test_a_proposal_collects_the_claim_it_was_made_from(tmp_path: Path) -> None:
    claim = said("The flood destroyed 60 wooden houses in Marwick.", "60", 60, "wooden houses")
    text = propose(claim, taken=["wooden-houses"])
    path = tmp_path / "trackers.toml"
    path.write_text(text)
    (tracker,) = load_trackers(path)
    assert tracker.id == "wooden-houses-2"
    assert tracker.collects(claim)
    assert tracker.flag(claim) is None


def test_a_proposal_quotes_what_a_stranger_wrote() -> None:
    claim = said('The "60 x"]\n[houses] were sold.', "60", 60, 'x"]\n[evil] \\ houses', entity_head="house")
    (entry,) = tomllib.loads(propose(claim))["tracker"]
    assert entry["label"] == 'x"] [evil] \\ houses'


def test_a_proposal_needs_an_entity() -> None:
    with pytest.raises(ConfigurationError, match="does not say what it counts"):
        propose(said("It was 60.", "60", 60))


def test_no_file_no_trackers(tmp_path: Path) -> None:
    assert load_trackers(tmp_path / "none.toml") == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[tracker]\n", "is not valid TOML"),
        ("[other]\n", r"expected only \[\[tracker\]\]"),
        ('[[tracker]]\nid = "A B"\nlabel = "x"\nkind = "count"', "lower-case words"),
        ('[[tracker]]\nid = "a"\nlabel = ""\nkind = "count"', "label must be a text"),
        ('[[tracker]]\nid = "a"\nlabel = "x"\nkind = "sum"', "kind 'sum' must be one of"),
        ('[[tracker]]\nid = "a"\nlabel = "x"\nkind = "count"\nwhat = "child"', "what must be a list"),
        (
            '[[tracker]]\nid = "a"\nlabel = "x"\nkind = "count"\nplausible = [5, 1]',
            "write the lower one first",
        ),
        ('[[tracker]]\nid = "a"\nlabel = "x"\nkind = "count"\nplausible = [1]', "two numbers"),
        (
            '[[tracker]]\nid = "a"\nlabel = "x"\nkind = "money"\nunit = "dollar"',
            "an ISO 4217 code such as USD",
        ),
        ('[[tracker]]\nid = "a"\nlabel = "x"\nkind = "measure"\nunit = "parsnip"', "unit 'parsnip' is none"),
        ('[[tracker]]\nid = "a"\nlabel = "x"\nkind = "count"\ncolour = "red"', "unknown field colour"),
        (
            '[[tracker]]\nid = "a"\nlabel = "x"\nkind = "count"\n[[tracker]]\nid = "a"\nlabel = "y"\nkind = "count"',
            "two trackers have the id a",
        ),
    ],
)
def test_errors_name_the_file_and_the_field(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "trackers.toml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=message) as raised:
        load_trackers(path)
    assert "trackers.toml" in str(raised.value)

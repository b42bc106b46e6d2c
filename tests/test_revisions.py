"""The history of a figure: what a report is to those before it, and what a page's next snapshot takes away."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from pipeline.figures import Linked, link
from pipeline.linking.constraints import Constraints
from pipeline.revisions import course, revise
from pipeline.tables import REVISIONS
from tests.said import Row, claims, said, snapshots

MONDAY, TUESDAY = date(2024, 12, 2), date(2024, 12, 3)


def toll(text: str, exact: str, value: float, day: date = MONDAY, **fields: object) -> Row:
    """A report of the dead of one flood."""
    defaults: Row = {
        "published": day,
        "document_id": f"d-{text[:30]}",
        "significant_digits": len(exact.strip("0,")) if exact[0].isdigit() else 1,
    }
    entity = fields.pop("entity", "people")
    return said(f"{text} by the flood in Orla.", exact, value, str(entity), **(defaults | fields))


def one_figure(*rows: Row) -> Linked:
    """The rows as mentions of one figure, whatever linking would say."""
    return link(claims(*rows), constraints=Constraints((frozenset(str(r["claim_id"]) for r in rows),)))


def history(*rows: Row) -> list[Row]:
    linked = one_figure(*rows)
    found = revise(linked.figures, linked.figure_claims, claims(*rows))
    assert found.schema == REVISIONS.schema
    return found.to_pylist()


def steps(*rows: Row) -> list[tuple[str, str]]:
    return [(str(r["relation"]), str(r["exact"])) for r in history(*rows)]


FIRST = toll("At least 40 people were killed", "40", 40, modifier="at_least", source="the mayor")


@pytest.mark.parametrize(
    ("second", "relation"),
    [
        (toll("At least 40 people were killed", "40", 40, modifier="at_least"), "restates"),
        (toll("More than 38 people were killed", "38", 38, modifier="more_than"), "restates"),
        (toll("Some 40 people were killed", "40", 40, modifier="approximate"), "refines"),
        (toll("Just 40 people were killed", "40", 40), "refines"),
        (toll("The mayor said 52 people were killed", "52", 52, TUESDAY), "updates"),
        (toll("In all 47 people were killed", "47", 47, source="the army"), "refines"),
        (toll("Only 31 people were killed", "31", 31, source="the army"), "conflicts"),
        (toll("The toll was revised to 31: people were killed", "31", 31, source="the army"), "corrects"),
        (toll("Then 31 people were killed", "31", 31, source="the mayor"), "updates"),
    ],
)
def test_relation_to_the_first_report(second: Row, relation: str) -> None:
    second |= {"document_id": "z-later", "claim_id": "second"}
    rows = sorted([FIRST, second], key=lambda r: r is not FIRST)
    assert steps(*rows) == [("new", "40"), (relation, second["exact"])]


def test_a_vague_count_is_refined() -> None:
    vague = toll("Dozens of people were killed", "Dozens", 0, modifier="vague") | {
        "value": None,
        "low": 24.0,
        "high": 99.0,
    }
    exact = toll("Officials: 74 people were killed", "74", 74, TUESDAY, document_id="z")
    assert [r for r, _ in steps(vague, exact)] == ["new", "refines"]


def test_the_course_of_a_figure_has_the_values_that_stood() -> None:
    reports = (
        FIRST,
        toll("The mayor said 52 people were killed", "52", 52, TUESDAY),
        toll("Again 52 people were killed", "52", 52, TUESDAY),
    )
    linked = one_figure(*reports)
    (steps,) = course(revise(linked.figures, linked.figure_claims, claims(*reports))).values()
    assert steps == [(MONDAY, 40.0), (TUESDAY, 52.0)]


def test_conflicting_reports_both_stay_until_a_later_day() -> None:
    one = toll("Police say 40 people were killed", "40", 40, source="police", document_id="a")
    two = toll("Medics say 75 people were killed", "75", 75, source="medics", document_id="b")
    three = toll("Police still say 40 people were killed", "40", 40, source="police", document_id="c")
    linked = one_figure(one, two, three)
    (figure,) = linked.figures.to_pylist()
    assert (figure["status"], figure["value"], figure["reported_by"]) == ("conflicting", 40, ["police"])
    assert [r for r, _ in steps(one, two, three)] == ["new", "conflicts", "restates"]
    four = toll("All agree that 61 people were killed", "61", 61, TUESDAY, document_id="d")
    (settled,) = one_figure(one, two, three, four).figures.to_pylist()
    assert (settled["status"], settled["value"]) == ("updated", 61)


def test_a_report_of_an_earlier_day_does_not_change_what_is_current() -> None:
    now = toll("By Tuesday 61 people were killed", "61", 61, TUESDAY, document_id="a")
    past = toll(
        "On Sunday 20 people were killed",
        "20",
        20,
        TUESDAY,
        document_id="b",
        time_text="On Sunday",
        valid_from=date(2024, 12, 1),
        valid_to=date(2024, 12, 1),
    )
    (figure,) = one_figure(now, past).figures.to_pylist()
    assert (figure["value"], figure["status"]) == (61, "stable")
    second = history(now, past)[1]
    assert (second["relation"], second["valid_as_of"]) == ("new", date(2024, 12, 1))


def test_two_times_are_kept_apart() -> None:
    (row,) = history(
        toll(
            "On Sunday 20 people were killed",
            "20",
            20,
            valid_from=date(2024, 12, 1),
            valid_to=date(2024, 12, 1),
        )
    )
    assert row["valid_as_of"] == date(2024, 12, 1)
    assert row["observed_at"] == datetime(2024, 12, 2, tzinfo=UTC)


class TestSnapshots:
    """A page that is read again: a changed number, a passage that is gone, a new one."""

    changed = toll("Rescuers say 40 people were killed", "40", 40, document_id="s1", passage_id="p1")
    after = toll("Rescuers say 46 people were killed", "46", 46, document_id="s2", passage_id="p2")
    gone = said(
        "The storm sank 9 boats near Lund.",
        "9",
        9,
        "boats",
        document_id="s1",
        passage_id="p3",
        published=MONDAY,
    )
    kept = said(
        "Some 300 homes in Arden have no power.",
        "300",
        300,
        "homes",
        document_id="s1",
        passage_id="p4",
        published=MONDAY,
    )
    came = said(
        "A crane of 20 tonnes fell in Oster.",
        "20 tonnes",
        20,
        "crane",
        kind="measure",
        unit="tonne",
        document_id="s2",
        passage_id="p5",
        published=TUESDAY,
    )
    documents, passages = snapshots(
        ("s1", "blog.txt", MONDAY, ["p1", "p3", "p4"]), ("s2", "blog.txt", TUESDAY, ["p2", "p4", "p5"])
    )
    rows = (changed, after, gone, kept, came)

    def test_exactly_these_revisions(self) -> None:
        linked = link(claims(*self.rows), documents=self.documents, passages=self.passages)
        found = revise(
            linked.figures,
            linked.figure_claims,
            claims(*self.rows),
            documents=self.documents,
            passages=self.passages,
        ).to_pylist()
        assert sorted((r["relation"], r["exact"]) for r in found) == [
            ("corrects", "46"),
            ("new", "20 tonnes"),
            ("new", "300"),
            ("new", "40"),
            ("new", "9"),
            ("retracts", "9"),
        ]
        (retracted,) = [r for r in found if r["relation"] == "retracts"]
        assert retracted["observed_at"] == datetime(2024, 12, 3, tzinfo=UTC)

    def test_what_is_current(self) -> None:
        linked = link(claims(*self.rows), documents=self.documents, passages=self.passages)
        status = {r["entity"]: (r["value"], r["status"]) for r in linked.figures.to_pylist()}
        assert status == {
            "people": (46, "updated"),
            "boats": (9, "retracted"),
            "homes": (300, "stable"),
            "crane": (20, "stable"),
        }

    def test_a_sentence_that_stands_in_a_changed_passage_is_no_news_until_it_goes(self) -> None:
        again = dict(self.gone) | {"claim_id": "again", "document_id": "s2", "passage_id": "p3b"}
        documents, passages = snapshots(
            ("s1", "blog.txt", MONDAY, ["p3"]),
            ("s2", "blog.txt", TUESDAY, ["p3b"]),
            ("s3", "blog.txt", date(2024, 12, 4), []),
        )
        rows = claims(self.gone, again)
        linked = link(rows, documents=documents, passages=passages)
        found = revise(
            linked.figures, linked.figure_claims, rows, documents=documents, passages=passages
        ).to_pylist()
        assert [(r["relation"], r["claim_id"]) for r in found] == [
            ("new", self.gone["claim_id"]),
            ("retracts", self.gone["claim_id"]),
        ]
        assert found[1]["observed_at"] == datetime(2024, 12, 4, tzinfo=UTC)

    def test_a_page_of_the_web_that_lost_its_newest_entry_is_still_the_later_one(self) -> None:
        uri = "https://news.example/live"
        documents, passages = snapshots(
            ("s1", uri, TUESDAY, ["p1", "p5"]), ("s2", uri, MONDAY, ["p1"])
        )  # read in this order; the newest entry of the second is of the day before
        rows = claims(self.changed, dict(self.came) | {"document_id": "s1"})
        linked = link(rows, documents=documents, passages=passages)
        found = revise(
            linked.figures, linked.figure_claims, rows, documents=documents, passages=passages
        ).to_pylist()
        (retracted,) = [r for r in found if r["relation"] != "new"]
        assert (retracted["relation"], retracted["exact"]) == ("retracts", "20 tonnes")
        assert retracted["observed_at"] == datetime(2024, 12, 3, tzinfo=UTC)

    def test_a_value_that_another_page_gives_too_stands(self) -> None:
        elsewhere = said(
            "Near Lund the storm sank 9 boats, the coast guard said.",
            "9",
            9,
            "boats",
            document_id="o1",
            passage_id="p9",
            published=MONDAY,
        )
        documents, passages = snapshots(
            ("s1", "blog.txt", MONDAY, ["p3"]),
            ("s2", "blog.txt", TUESDAY, ["p5"]),
            ("o1", "other.txt", MONDAY, ["p9"]),
            rows=(self.gone, elsewhere, self.came),
        )
        rows = claims(self.gone, elsewhere, self.came)
        linked = link(rows, documents=documents, passages=passages)
        boats = next(r for r in linked.figures.to_pylist() if r["entity"] == "boats")
        assert (boats["mentions"], boats["status"]) == (2, "stable")

    def test_nothing_is_retracted_before_the_day(self) -> None:
        rows = claims(self.gone, self.kept)
        linked = link(rows, documents=self.documents, passages=self.passages, until=MONDAY)
        assert set(linked.figures.column("status").to_pylist()) == {"stable"}

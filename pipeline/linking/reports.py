"""Claims of one figure as evidence: in the order in which they became known, each with what it replaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from pipeline.linking.history import Report
from pipeline.linking.identity import LONGEST_DAY, Row, around, measured, shown
from pipeline.linking.pages import Pages
from pipeline.linking.vocabulary import NUMBER_IN_TEXT, Vocabulary


def known_in_order(row: Row, pages: Pages) -> tuple[date, int, str, str, int, int, str]:
    """Sort key: the day on which a claim became known, its snapshot and clock time, its place, its id."""
    document_id, passage_id = str(row["document_id"]), str(row["passage_id"])
    return (
        pages.observed(_day(row, "published"), document_id) or date.max,
        pages.order.get(document_id, 0),
        pages.clock_time.get(passage_id, ""),
        document_id,
        _integer(row, "start"),
        _integer(row, "end"),
        str(row["claim_id"]),
    )


def reports(rows: Sequence[Row], pages: Pages, vocabulary: Vocabulary) -> list[Report]:
    """One report for each claim of a figure, in the order in which they became known."""
    ordered = sorted(rows, key=lambda row: known_in_order(row, pages))
    by_id = {str(row["claim_id"]): row for row in ordered}
    replaces = _replacements(ordered, pages)
    return [
        _report(row, pages, vocabulary, by_id.get(replaces.get(str(row["claim_id"]), ""))) for row in ordered
    ]


def speaks_of(row: Row, observed: date | None) -> date | None:
    """The day that a claim speaks of: of a period its last day, if that has passed; else when it was said."""
    start, end = _day(row, "valid_from"), _day(row, "valid_to")
    if start is not None and end is not None and (observed is None or end <= observed):
        if (
            (end - start).days > LONGEST_DAY
            and observed is not None
            and observed - end < timedelta(LONGEST_DAY)
        ):
            return observed
        return end
    return observed


def _report(row: Row, pages: Pages, vocabulary: Vocabulary, replaces: Row | None) -> Report:
    sentence = str(row["sentence"])
    near = " ".join(around(row))
    document_id, passage_id = str(row["document_id"]), str(row["passage_id"])
    observed = pages.observed(_day(row, "published"), document_id)
    _, unit, quantity = measured(row)
    source = row.get("source")
    return Report(
        claim_id=str(row["claim_id"]),
        document_id=document_id,
        page=pages.page(document_id),
        passage_id=passage_id,
        exact=str(row["exact"]),
        source=None if source is None else str(source),
        quantity=quantity,
        shown=shown(row),
        unit=unit,
        observed=observed,
        as_of=speaks_of(row, observed),
        gloss=row.get("gloss_of") is not None,
        corrects=vocabulary.has_cue("correction", near),
        earlier=row.get("to_value") is None and vocabulary.is_earlier(around(row)[0]),
        updates=row.get("to_value") is not None or vocabulary.has_cue("update", near),
        replaces=None if replaces is None else str(replaces["claim_id"]),
        unchanged=replaces is not None
        and replaces["sentence"] == sentence
        and measured(replaces)[2] == quantity,
        withdrawn=pages.withdrawn(passage_id),
    )


def _replacements(ordered: Sequence[Row], pages: Pages) -> Mapping[str, str]:
    """New claim to the withdrawn one whose place on the page it took, by the likeness of their sentences."""
    arrived: dict[str, list[Row]] = {}
    for row in ordered:
        snapshot = pages.added_in.get(str(row["passage_id"]))
        if snapshot is not None:
            arrived.setdefault(snapshot, []).append(row)
    replaces: dict[str, str] = {}
    for old in ordered:
        candidates = [
            new
            for new in arrived.get(pages.vanished_in.get(str(old["passage_id"]), ""), ())
            if str(new["claim_id"]) not in replaces
        ]
        if candidates:
            best = max(candidates, key=lambda new: _likeness(str(old["sentence"]), str(new["sentence"])))
            replaces[str(best["claim_id"])] = str(old["claim_id"])
    return replaces


def _likeness(one: str, other: str) -> float:
    first, second = (set(NUMBER_IN_TEXT.sub("#", s).lower().split()) for s in (one, other))
    return len(first & second) / max(len(first | second), 1)


def _day(row: Row, name: str) -> date | None:
    value = row.get(name)
    return value if isinstance(value, date) else None


def _integer(row: Row, name: str) -> int:
    value = row.get(name)
    return value if isinstance(value, int) else 0

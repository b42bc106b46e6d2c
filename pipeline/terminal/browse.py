"""Questions that people ask of a release: which figures, what stood on a day, where does it say so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline import release
from pipeline.display import number, plain, shortened
from pipeline.errors import UnknownFigureError
from pipeline.tables import FIGURES

Row = Mapping[str, Any]
SHORTEST_ID = 4
CANDIDATES_SHOWN = 8

# How a modifier reads before its value; a range or a vague count shows its two ends instead.
_BEFORE = {
    "exact": "",
    "approximate": "about ",
    "nearly": "nearly ",
    "at_least": "at least ",
    "more_than": "more than ",
    "at_most": "up to ",
    "less_than": "less than ",
}


def quantity(row: Row) -> str:
    """A row's value with its modifier and unit, as it reads: 'at least 314', '16,000,000,000 USD', '5 to 7 m'."""
    low, value, high = row.get("low"), row.get("value"), row.get("high")
    if value is not None:
        words = _BEFORE.get(str(row.get("modifier")), "") + number(value)
    elif low is not None and high is not None:
        words = f"{number(low)} to {number(high)}"
    elif low is not None:
        words = f"at least {number(low)}"
    elif high is not None:
        words = f"up to {number(high)}"
    else:
        words = "no number"
    unit = row.get("unit")
    return words + (
        "%" if unit == "percent" else f" {plain(str(unit))}" if unit and unit != "fraction" else ""
    )


def in_words(row: Row, exact: str) -> str:
    """A figure's value as its readers know it: counts, money and shares as numbers, the rest in the words of a
    claim, because '788,940,000 seconds' tells nobody that it is 25 years, nor '66.6667%' that it is two thirds.
    Ages are often bare numbers; those are years."""
    spelled_share = row["kind"] == "share" and not re.search(r"\d", exact)
    if row["modifier"] == "vague":
        return f"{exact} ({quantity(row)})"
    if row["kind"] in ("count", "money", "share", "ratio") and not spelled_share:
        return quantity(row)
    bare_age = row["kind"] == "age" and not re.search(r"[^\W\d]", exact)
    return _BEFORE.get(str(row["modifier"]), "") + exact + (" years old" if bare_age else "")


def find_figures(
    figures: pa.Table, asked: str, said: Mapping[str, str] | None = None
) -> list[dict[str, Any]]:
    """The figures that an id (or its beginning), a tracker, or words of the label mean.

    An id must mean one figure, a tracker may have several. Of those that words mean, one with just this label is
    preferred, then the most mentioned. `said` has the sentences by figure_id in which words are looked for that no
    label has. UnknownFigureError, naming what comes near, where there is none, or where several are mentioned as
    often.
    """
    rows: list[dict[str, Any]] = figures.to_pylist()
    wanted = asked.strip().lower()
    bare = wanted.removeprefix("fig_")
    by_id = [row for row in rows if str(row["figure_id"]).removeprefix("fig_").startswith(bare)]
    if len(bare) >= SHORTEST_ID and re.fullmatch(r"[0-9a-f]+", bare) and by_id:
        return [_only(by_id, asked)]
    by_tracker = [row for row in rows if row["tracker"] is not None and str(row["tracker"]).lower() == wanted]
    if by_tracker:
        return sorted(by_tracker, key=_prominence)
    words = re.findall(r"\w+", wanted)
    found = [row for row in rows if words and all(word in _words_of(row) for word in words)]
    if words and not found and said:
        found = [row for row in rows if all(word in said.get(row["figure_id"], "").lower() for word in words)]
    exact = [row for row in found if str(row["label"]).lower() == wanted]
    return [_most_mentioned(exact or found, asked)]


def _most_mentioned(found: Sequence[dict[str, Any]], asked: str) -> dict[str, Any]:
    ordered = sorted(found, key=_prominence)
    ahead = len(ordered) > 1 and ordered[0]["mentions"] > ordered[1]["mentions"]
    return _only(ordered[:1] if ahead else ordered, asked)


def _only(found: Sequence[dict[str, Any]], asked: str) -> dict[str, Any]:
    if not found:
        raise UnknownFigureError(
            f"no figure has the id, the tracker or all the words {asked!r}; `figures figures` lists what there is"
        )
    if len(found) > 1:
        raise UnknownFigureError(
            f"{len(found)} figures match {asked!r}; give an id or more words: {_some(found)}"
        )
    return found[0]


def others(figures: pa.Table, asked: str, found: Sequence[Row]) -> str:
    """The figures that have all the words too, beside those that were found; "" for an id and where there are none."""
    words = re.findall(r"\w+", asked.lower())
    there = {row["figure_id"] for row in found}
    rows = [row for row in figures.to_pylist() if all(word in _words_of(row) for word in words)]
    return _some([row for row in sorted(rows, key=_prominence) if words and row["figure_id"] not in there])


def _some(rows: Sequence[Row]) -> str:
    """The first of these figures, by id and label, and how many more there are."""
    named = [f"{row['figure_id']} {shortened(plain(str(row['label'])), 60)}" for row in rows]
    more = f"; and {len(rows) - CANDIDATES_SHOWN} more" if len(rows) > CANDIDATES_SHOWN else ""
    return "; ".join(named[:CANDIDATES_SHOWN]) + more


def _words_of(row: Row) -> str:
    return " ".join(str(row[name]) for name in ("label", "entity", "tracker", "place") if row[name]).lower()


def _prominence(row: Row) -> tuple[int, str]:
    return -int(row["mentions"]), str(row["figure_id"])


def as_of(figures: pa.Table, revisions: pa.Table, day: date) -> list[dict[str, Any]]:
    """The figures as the news stood at the end of a day: their value, its claim and the status of that day.

    What was first published later is left out; mentions are those until then.
    """
    steps: dict[str, list[Row]] = {}
    for row in revisions.sort_by([("figure_id", "ascending"), ("revision", "ascending")]).to_pylist():
        if row["observed_at"] is not None and row["observed_at"].date() <= day:
            steps.setdefault(row["figure_id"], []).append(row)
    rows = [row for row in figures.to_pylist() if row["figure_id"] in steps]
    return [row | _standing(steps[row["figure_id"]]) for row in rows]


def figures_as_of(day: date, *, data: str | Path = "data", version: str | None = None) -> pa.Table:
    """FIGURES as the news stood at the end of a day, from a release (the latest by default) of a data folder.

    UnknownVersionError if there is no such release.
    """
    figures, revisions = (release.read(data, name, version) for name in ("figures", "revisions"))
    return FIGURES.from_rows(as_of(figures, revisions, day))


def _standing(steps: Sequence[Row]) -> dict[str, Any]:
    """What stands after these revisions of one figure."""
    by_number = {int(step["revision"]): step for step in steps}
    standing: list[int] = []
    for step in steps:
        here, against = int(step["revision"]), step["compared_with"]
        match step["relation"]:
            case "updates" | "corrects":
                standing = [here]
            case "conflicts":
                standing.append(here)
            case "new" if not standing:
                standing = [here]
            case "refines":
                standing = [here if number == against else number for number in standing]
            case "retracts":
                standing = [number for number in standing if number != against]
    told = [step for step in steps if step["relation"] != "retracts"]
    current = by_number[standing[0]] if standing else told[-1]
    changed = any(step["relation"] in ("updates", "corrects") for step in steps)
    days = [step["observed_at"].date() for step in steps]
    return {
        **{name: current[name] for name in ("low", "value", "high", "modifier", "unit")},
        "current_claim_id": current["claim_id"],
        "status": _status(len(standing), changed),
        "reported_by": [current["source"]] if current["source"] else [],
        "first_published": min(days),
        "last_published": max(days),
        "mentions": len({step["claim_id"] for step in told}),
        "documents": len({step["document_id"] for step in told}),
    }


def _status(standing: int, changed: bool) -> str:
    if not standing:
        return "retracted"
    if standing > 1:
        return "conflicting"
    return "updated" if changed else "stable"


def evidence(
    figure_id: str, revisions: pa.Table, claims: pa.Table, documents: pa.Table
) -> list[dict[str, Any]]:
    """A figure's revisions in order, each with the sentence it rests on and the document that says it."""
    # A release of an earlier version has no column that was declared since.
    columns = [name for name in ("claim_id", "sentence", "money_stage") if name in claims.column_names]
    told = {row["claim_id"]: row for row in claims.select(columns).to_pylist()}
    places = {
        row["document_id"]: row for row in documents.select(["document_id", "uri", "publisher"]).to_pylist()
    }
    found = [row for row in revisions.to_pylist() if row["figure_id"] == figure_id]
    return [
        {
            **row,
            **told[row["claim_id"]],
            "uri": places[row["document_id"]]["uri"],
            "publisher": places[row["document_id"]]["publisher"],
        }
        for row in sorted(found, key=lambda row: int(row["revision"]))
    ]


def open_failures(failures: Iterable[Row], documents: Iterable[Row]) -> list[Row]:
    """The failures that still stand, newest first: of each place the last that a source met, unless the place was read since."""
    read_at: dict[str, Any] = {}
    for document in documents:
        read_at[document["uri"]] = max(
            document["fetched_at"], read_at.get(document["uri"], document["fetched_at"])
        )
    last: dict[tuple[str, str, str], Row] = {}
    for failure in sorted(failures, key=lambda row: (row["failed_at"], row["sha256"])):
        last[failure["source_id"], failure["uri"], failure["stage"]] = failure
    standing = [
        row for row in last.values() if row["uri"] not in read_at or row["failed_at"] > read_at[row["uri"]]
    ]
    return sorted(standing, key=lambda row: (row["failed_at"], row["uri"]), reverse=True)


def pick(rows: Iterable[Row], **wanted: str | None) -> list[Row]:
    """The rows whose columns contain the wanted text, whatever its case; None asks for nothing."""
    asked = {name: text.lower() for name, text in wanted.items() if text is not None}
    return [row for row in rows if all(text in str(row[name] or "").lower() for name, text in asked.items())]

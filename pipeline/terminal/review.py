"""What waits for a person: why, what it could be, and how a decision is written into corrections.toml."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.corrections import confirmed, propose
from pipeline.display import plain, shortened
from pipeline.store import Store
from pipeline.terminal.browse import in_words
from pipeline.terminal.cli_output import LABEL_WIDTH, Format, Row, say, show

WHICH_FIGURE = "which figure"
SENTENCE_WIDTH = 160


@dataclass(frozen=True)
class Waiting:
    """A claim that waits for a decision; `candidates` are figures that it may be a mention of, with how surely.

    `waits` says for what: "which figure", "flag", a relation that can't be true, or "correction" and its id.
    """

    waits: str
    claim_id: str
    reason: str
    candidates: Sequence[tuple[str, float]] = ()


def waiting(
    *, review: Iterable[Row], links: Iterable[Row], relations: Iterable[Row], outcomes: Sequence[Row]
) -> list[Waiting]:
    """What waits, from rows of review, figure_claims, claim_relations and correction_outcomes.

    What a person has confirmed waits no longer.
    """
    settled = confirmed(outcomes)
    found = [
        Waiting(
            WHICH_FIGURE,
            row["claim_id"],
            row["reason"],
            tuple(zip(row["candidates"], row["scores"], strict=True)),
        )
        for row in review
    ]
    found += [Waiting("flag", row["claim_id"], flag) for row in links for flag in row["flags"] or ()]
    found += [
        Waiting(row["relation"], row["claim_id"], row["reason"])
        for row in relations
        if row["check"] == "impossible"
    ]
    return [one for one in found if one.claim_id not in settled] + [
        Waiting(
            f"correction {row['correction_id']}",
            next(iter(row["claim_ids"] or ()), ""),
            f"{row['outcome']}: {row['detail']}",
        )
        for row in outcomes
        if row["outcome"] != "applied"
    ]


def show_waiting(store: Store, *, form: Format, as_toml: bool, today: date) -> None:
    """Write what waits: as blocks for people, as rows, or as entries for corrections.toml."""
    found = waiting(
        review=store.read("review").to_pylist(),
        links=store.read("figure_claims", columns=["claim_id", "figure_id", "flags"]).to_pylist(),
        relations=store.read("claim_relations", where={"check": "impossible"}).to_pylist(),
        outcomes=store.read("correction_outcomes").to_pylist(),
    )
    figures = _rows(store, "figures", {figure for one in found for figure, _ in one.candidates})
    mentioned = {str(figure["current_claim_id"]) for figure in figures.values()}
    claims = _rows(store, "claims", mentioned | {one.claim_id for one in found})
    if as_toml:
        say("\n".join(_proposals(found, figures, claims, today)).rstrip("\n"))
    elif form == "table":
        count = f"{len(found):,} thing{'' if len(found) == 1 else 's'}"
        say(f"{count} for a person to decide" if found else "nothing waits for a decision")
        for number, one in enumerate(found, start=1):
            _tell(number, one, figures, claims)
        if any(_has_proposal(one) for one in found):
            say("\n`figures review --toml` prints entries for corrections.toml, to complete and paste")
    else:
        show([_row(one, claims) for one in found], (), form=form)


def _rows(store: Store, table: str, ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The rows of claims or figures with these ids. No others are unpacked."""
    key = f"{table.removesuffix('s')}_id"
    wanted = pa.array(sorted(ids), pa.string())
    parts = (batch.filter(pc.is_in(batch.column(key), value_set=wanted)) for batch in store.scan(table))
    return {str(row[key]): row for part in parts for row in part.to_pylist()} if ids else {}


def _row(one: Waiting, claims: Mapping[str, Row]) -> dict[str, Any]:
    claim = claims.get(one.claim_id, {})
    return {
        "claim_id": one.claim_id,
        "waits": one.waits,
        "reason": one.reason,
        "exact": claim.get("exact", ""),
        "sentence": claim.get("sentence", ""),
        "candidates": [figure for figure, _ in one.candidates],
    }


def _tell(number: int, one: Waiting, figures: Mapping[str, Row], claims: Mapping[str, Row]) -> None:
    claim = claims.get(one.claim_id)
    say(f"\n{number:>3}. {plain(one.waits)}" + (f": {plain(claim['exact'])}" if claim else ""))
    if claim:
        say(f"     “{_sentence(claim)}”")
    if one.waits != WHICH_FIGURE:
        say(f"     {plain(one.reason)}")
        return
    say("     too close to choose; for now a figure of its own, and it may be")
    for figure_id, score in one.candidates:
        figure = figures[figure_id]
        current = claims[figure["current_claim_id"]]
        label, value = shortened(figure["label"], LABEL_WIDTH), in_words(figure, current["exact"])
        say(f"     {score:.2f} {figure_id}  {plain(label)}: {plain(value)}")
        say(f"          “{_sentence(current)}”")


def _sentence(claim: Row) -> str:
    """The claim's sentence, or as much of it around the claim as can be shown."""
    words, exact = " ".join(claim["sentence"].split()), " ".join(claim["exact"].split())
    start = max(words.find(exact) + len(exact) - SENTENCE_WIDTH + 40, 0)
    return plain(("…" if start else "") + shortened(words[start:], SENTENCE_WIDTH))


def _has_proposal(one: Waiting) -> bool:
    return bool(one.claim_id) and not one.waits.startswith("correction ")


def _proposals(
    found: Sequence[Waiting], figures: Mapping[str, Row], claims: Mapping[str, Row], today: date
) -> Iterable[str]:
    """An entry for each thing that a correction settles: the likeliest figure, or that the claim is right."""
    for one in found:
        if _has_proposal(one):
            others = [claims[figures[figure]["current_claim_id"]] for figure, _ in one.candidates]
            why = "" if one.candidates else f": {plain(one.reason)}"
            yield f"# {plain(one.waits)}{why}"
            yield propose(claims[one.claim_id], others, today)

"""Claims of a text and of passages: every quantity with what it means and what its sentence says of it."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipeline import lexicon
from pipeline.extraction import (
    ages,
    attribution,
    cues,
    currency_evidence,
    places,
    quantities,
    sentences,
    times,
    units,
)
from pipeline.extraction.candidates import sentences_with_numbers
from pipeline.extraction.entities import Entity, entities_of
from pipeline.extraction.modality import cue_starts, find_modality
from pipeline.extraction.money_stages import find_money_stage
from pipeline.extraction.noun_phrases import Reading
from pipeline.extraction.proximity import nearest
from pipeline.extraction.tokens import Sentence
from pipeline.types import Claim, ClaimDraft, Modality, MoneyStage, Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    import pyarrow as pa

    from pipeline.extraction.quantity import Quantity

    _Entities = dict[int, tuple[Entity | None, str | None]]
    _Meant = tuple[int, Sentence, list[Quantity], _Entities]


CONTEXT = 32
_ANTECEDENTS = 6
_NEAR = 3
_QUOTE = re.compile('[“”"]')
_LONGEST_SENTENCE = 2000
_OF_THEM = re.compile(r"\s+of\s+(?:them|these|those|which|whom)\b")
_ROLES: dict[str, Role] = {"key_point": "key_point", "caption": "caption", "heading": "heading"}


@dataclass(frozen=True, slots=True)
class ExtractionFailure:
    """A passage that could not be searched, and why."""

    passage_id: str
    document_id: str
    error: str
    reason: str


class _Context(NamedTuple):
    """What the text says around a quantity: who says it, how it is meant, and when and where it holds."""

    said: attribution.Attribution | None
    modality: Modality
    money_stage: MoneyStage | None
    when: times.TimeReference | None
    place: str | None
    role: Role


@cache
def extractor_version() -> str:
    """Identifies what extracts: a hash of the lexicon and of the modules that read it, 16 hexadecimal characters."""
    return version_of(Path(__file__).parent, lexicon.lexicon_version())


def version_of(package: Path, lexicon_version: str) -> str:
    """A hash of the modules in a package folder that extract, with the version of their lexicon."""
    digest = hashlib.sha256(lexicon_version.encode())
    for path in (package / "claims.py", package / "lexicon.py", *sorted(package.glob("extraction/*.py"))):
        digest.update(path.name.encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def extract_claims(text: str, *, published: date | None = None, country: str | None = None) -> list[Claim]:
    """Every quantitative claim of an English text, in order.

    published: the day the text speaks from, against which "since last month" is resolved. country: ISO 3166 code
    of the outlet's country, which decides what "$" means where the text doesn't say.
    """
    spans = sentences.split(text)
    # Each stage goes over all sentences before the next begins: so a processor's caches hold what it needs.
    cut = [(index, Sentence(text, *spans[index])) for index in sentences_with_numbers(text, spans)]
    read = [(index, sentence, quantities.find(sentence)) for index, sentence in cut]
    meant = [(index, sentence, found, _entities(sentence, found)) for index, sentence, found in read if found]
    claims: list[Claim] = []
    for claim in _with_context(_unwrapped(text, spans), spans, meant, published, country):
        claims.append(_resolved(text, claim, claims))
    return claims


def _unwrapped(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with the line ends within its sentences as spaces, so that "School of\nEconomics" is one name."""
    if text.count("\n") < 2:
        return text
    pieces = [""]
    done = 0
    for start, end in spans:
        if text.find("\n", start, end) >= 0:
            pieces += text[done:start], text[start:end].replace("\n", " ")
            done = end
    return "".join(pieces) + text[done:] if done else text


def _resolved(text: str, claim: Claim, before: list[Claim]) -> Claim:
    """A count "of them" with the entity of the last count before it, if that stands in its sentence or the last."""
    if claim.entity is not None or claim.kind not in ("count", "share"):
        return claim
    if not _OF_THEM.match(text, claim.end):
        return claim
    for earlier in reversed(before[-_ANTECEDENTS:]):
        if claim.sentence_start - earlier.sentence_end > _NEAR:
            return claim
        if earlier.kind == "count" and earlier.entity is not None:
            return replace(
                claim,
                entity=earlier.entity,
                entity_lemma=earlier.entity_lemma,
                entity_head=earlier.entity_head,
            )
    return claim


def _with_context(
    text: str,
    spans: list[tuple[int, int]],
    meant: list[_Meant],
    published: date | None,
    country: str | None,
) -> Iterator[Claim]:
    """The claims that quantities with their entities make: with who says it, and when and where it holds."""
    said_by = [
        attribution.reported(text, spans, index, cued=sentence.cues & cues.SPEECH != 0)
        for index, sentence, _, _ in meant
    ]
    times_of = [
        times.spans(text, *spans[index]) if sentence.cues & cues.TIME else []
        for index, sentence, _, _ in meant
    ]
    places_of = [places.spans(text, *spans[index]) for index, _, _, _ in meant]
    evidence = currency_evidence.Evidence(text)
    for (index, sentence, found, entities), reported, time_spans, place_spans in zip(
        meant, said_by, times_of, places_of, strict=True
    ):
        start, end = spans[index]
        turns = _quotations(text, start, end) if '"' in sentence.tags else []
        modal = cue_starts(sentence)
        for quantity in found:
            entity, subject = entities[id(quantity)]
            # A gloss holds when, where and as what it repeats does.
            told = quantity.gloss_of or quantity
            spot = sentence.starts[told.first], sentence.ends[told.last - 1]
            outer = sentence.starts[told.outer_first]
            staged = quantity.kind == "money" and sentence.cues & cues.MONEY_STAGE != 0
            said = attribution.governing(reported, spot[0]) if reported else None
            first, last = sentence.starts[quantity.first], sentence.ends[quantity.last - 1]
            if quantity.currency_basis == "default":
                evidence.turn_to(start, end)
                source = said.source if said else None
                currency_evidence.decide(quantity, first, last, evidence, source, country)
            bound = quantity.kind != "age"  # an age is no one's at a time or place
            near = nearest(text, time_spans, start, spot, times.BOUNDS) if time_spans and bound else None
            where = nearest(text, place_spans, start, spot, places.BOUNDS) if place_spans and bound else None
            quoted = bisect_right(turns, first) % 2 == 1
            reporting = said.cue if said and not quoted and sentence.cues & cues.SPEECH else None
            context = _Context(
                said=said,
                modality=find_modality(text, start, end, *spot, modal, told_by=reporting),
                money_stage=find_money_stage(text, (start, end), (outer, spot[1])) if staged else None,
                when=times.resolve(text, near, start, published) if near else None,
                place=text[where[0] : where[1]] if where else None,
                role="quote" if quoted else "body",
            )
            yield _claim(sentence, (start, end), quantity, entity, subject, context)


def _claim(
    sentence: Sentence,
    span: tuple[int, int],
    quantity: Quantity,
    entity: Entity | None,
    subject: str | None,
    context: _Context,
) -> Claim:
    """The claim that a quantity makes. span: of its sentence, in the text."""
    said, when = context.said, context.when
    first, last = sentence.starts[quantity.first], sentence.ends[quantity.last - 1]
    claim = ClaimDraft(
        start=first,
        end=last,
        exact=sentence.text[first:last],
        kind=quantity.kind,
        value=quantity.value,
        low=quantity.low,
        high=quantity.high,
        modifier=quantity.modifier,
        modifier_text=quantity.modifier_text,
        significant_digits=quantity.significant_digits,
        change=quantity.change,
        from_value=quantity.from_value,
        to_value=quantity.to_value,
        unit=quantity.unit,
        unit_text=quantity.unit_text,
        entity=entity.text if entity else None,
        entity_lemma=entity.lemma if entity else None,
        entity_head=entity.head if entity else None,
        subject=subject,
        source=said.source if said else None,
        cue=said.cue if said else None,
        modality=context.modality,
        money_stage=context.money_stage,
        time_text=when.text if when else None,
        valid_from=when.valid_from if when else None,
        valid_to=when.valid_to if when else None,
        place=context.place,
        gloss_of=sentence.starts[quantity.gloss_of.first] if quantity.gloss_of else None,
        currency_basis=quantity.currency_basis,
        currency_candidates=quantity.currency_candidates,
        role=context.role,
        sentence_start=span[0],
        sentence_end=span[1],
        rule=quantity.rule,
    )
    claim.__class__ = Claim
    return claim


def _entities(sentence: Sentence, found: list[Quantity]) -> _Entities:
    """Entity and subject of each quantity, by its id: a gloss has those of what it repeats.

    A count of times or lengths becomes a measure, which has no entity; nor has a rate of exchange. A bare number
    that an age or a life expectancy has becomes an age.
    """
    reading = Reading(sentence, found)
    entities: _Entities = entities_of(reading, found)
    for quantity in found:
        entity, subject = entities[id(quantity)]
        if entity is not None and units.take_counted(quantity, entity.head, entity.last):
            entities[id(quantity)] = None, subject
        elif entity is not None and ages.take_age(quantity, entity.head, entity.last):
            pass
        elif quantity.rule == "exchange_rate":
            entities[id(quantity)] = None, None
    return entities


def _quotations(text: str, start: int, end: int) -> list[int]:
    """Where quotations open and close in a sentence, in turn."""
    turns: list[int] = []
    for match in _QUOTE.finditer(text, start, end):
        opens = match[0] == "“" if match[0] in "“”" else len(turns) % 2 == 0
        if opens == (len(turns) % 2 == 0):
            turns.append(match.start())
    return turns


def extract_batch(passages: pa.Table) -> pa.Table:
    """The claims (CLAIMS) of passages (PASSAGES). A passage that can't be searched raises what went wrong in it."""
    rows: list[dict[str, object]] = []
    for passage in passages.to_pylist():
        rows += passage_claims(passage)
    return _table(rows)


def extract_batch_with_failures(passages: pa.Table) -> tuple[pa.Table, list[ExtractionFailure]]:
    """The claims of passages, and which of them could not be searched: one bad passage stops no other."""
    rows: list[dict[str, object]] = []
    failures: list[ExtractionFailure] = []
    for passage in passages.to_pylist():
        try:
            rows += passage_claims(passage)
        except Exception as error:
            failures.append(
                ExtractionFailure(
                    passage_id=str(passage["passage_id"]),
                    document_id=str(passage["document_id"]),
                    error=type(error).__name__,
                    reason=f"passage {passage['passage_id']} could not be searched for claims: {error}",
                )
            )
    return _table(rows), failures


def _table(rows: list[dict[str, object]]) -> pa.Table:
    """Rows of CLAIMS as a table. Arrow is imported only here: the claims of a text need none."""
    from pipeline.tables import CLAIMS

    return CLAIMS.from_rows(rows)


def passage_claims(passage: dict[str, Any]) -> list[dict[str, object]]:
    """The rows of CLAIMS of one passage: of its heading and of its body, each read as a text of its own."""
    start: int = passage["start"]
    text: str = passage["text"]
    role = _ROLES.get(passage["passage_type"], "body")
    spans: list[tuple[int, int, Role]] = []
    if passage["heading_start"] is not None:
        spans.append((passage["heading_start"] - start, passage["heading_end"] - start, "heading"))
    spans.append((passage["body_start"] - start, passage["body_end"] - start, role))
    rows: list[dict[str, object]] = []
    for first, last, where in spans:
        found = extract_claims(text[first:last], published=passage["published"], country=passage["country"])
        by_start = {claim.start: claim for claim in found}
        rows += [_row(passage, claim, first, where, by_start) for claim in found]
    return rows


def _row(
    passage: dict[str, Any], claim: Claim, offset: int, where: Role, by_start: dict[int, Claim]
) -> dict[str, object]:
    text: str = passage["text"]
    start, end = claim.start + offset, claim.end + offset
    repeated = None if claim.gloss_of is None else by_start[claim.gloss_of]
    row: dict[str, object] = {name: getattr(claim, name) for name in _COPIED}
    for name in ("value", "low", "high", "from_value", "to_value"):
        amount = getattr(claim, name)
        row[name] = None if amount is None else float(amount)
    row |= {
        "claim_id": _claim_id(passage["passage_id"], start, end),
        "document_id": passage["document_id"],
        "passage_id": passage["passage_id"],
        "start": passage["start"] + start,
        "end": passage["start"] + end,
        "prefix": text[max(0, start - CONTEXT) : start],
        "suffix": text[end : end + CONTEXT],
        "sentence": text[
            max(claim.sentence_start + offset, start - _LONGEST_SENTENCE) : min(
                claim.sentence_end + offset, end + _LONGEST_SENTENCE
            )
        ],
        "role": "quote" if claim.role == "quote" and where == "body" else where,
        "published": passage["published"],
        "currency_candidates": list(claim.currency_candidates),
        "gloss_of": _claim_id(passage["passage_id"], repeated.start + offset, repeated.end + offset)
        if repeated
        else None,
        "extractor_version": extractor_version(),
    }
    return row


_COPIED = (
    "exact", "kind", "modifier", "modifier_text", "significant_digits", "change", "unit", "unit_text", "entity",
    "entity_lemma", "entity_head", "subject", "source", "cue", "modality", "money_stage", "time_text", "valid_from", "valid_to",
    "place", "currency_basis", "rule",
)  # fmt: skip


def _claim_id(passage_id: str, start: int, end: int) -> str:
    """Hash of passage, offsets in it and extractor version: 16 hexadecimal characters."""
    key = f"{passage_id}\x00{start}\x00{end}\x00{extractor_version()}"
    return hashlib.sha256(key.encode()).hexdigest()[:16]

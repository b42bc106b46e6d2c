"""The claims that are current: of today's extractor and normaliser, with the corrections of today, in bounded memory."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.claims import extractor_version
from pipeline.corrections import Corrected, apply, load_corrections, quoted
from pipeline.linking.constraints import Constraints
from pipeline.normalise import comparable, normalise_batch, normaliser_version
from pipeline.rates import Rates
from pipeline.settings import Settings
from pipeline.spill import Spill, part_of
from pipeline.store import Store
from pipeline.tables import CLAIMS, COMPARABLE_CLAIMS, CORRECTION_OUTCOMES, DOCUMENTS, NORMALISED_CLAIMS


@dataclass(frozen=True)
class Current:
    """Which claims are current, and what a person has changed of them: by id, with None for a rejected one.

    `outcomes` says what became of each correction.
    """

    store: Store
    where_claims: Mapping[str, str]
    where_normalised: Mapping[str, str]
    changed: Mapping[str, dict[str, Any] | None]
    constraints: Constraints
    outcomes: pa.Table

    @classmethod
    def of(cls, store: Store, settings: Settings) -> Current:
        """The claims of today's extractor and normaliser with the corrections of today."""
        normaliser = normaliser_version(Rates.load(settings.rates), settings.base_currency)
        plain = cls(
            store,
            {"extractor_version": extractor_version()},
            {"normaliser_version": normaliser},
            {},
            Constraints(),
            CORRECTION_OUTCOMES.empty(),
        )
        concerned, corrected = plain.corrected(settings)
        before = {row["claim_id"]: row for row in concerned.to_pylist()}
        after = {row["claim_id"]: row for row in corrected.claims.to_pylist()}
        changed = {c: after.get(c) for c in sorted(before) if after.get(c) != before[c]}
        return replace(plain, changed=changed, constraints=corrected.constraints, outcomes=corrected.outcomes)

    def corrected(self, settings: Settings) -> tuple[pa.Table, Corrected]:
        """The claims that corrections may mean, and no others: as they are, and with the corrections applied."""
        corrections = load_corrections(settings.corrections)
        rates = Rates.load(settings.rates)
        claims = COMPARABLE_CLAIMS.empty()
        if corrections:
            claims = self.some({"exact": pa.array(quoted(corrections), pa.string())})
        return claims, apply(
            claims,
            corrections,
            documents=self.store.read("documents", columns=["document_id", "uri"])
            if corrections
            else DOCUMENTS.empty(),
            normalise=lambda rows: normalise_batch(rows, rates=rates, base=settings.base_currency),
        )

    @property
    def digest(self) -> str:
        """A hash of what corrections say."""
        said = json.dumps(self.changed, default=str, sort_keys=True)
        pairs = [[sorted(one), sorted(other)] for one, other in self.constraints.apart]
        groups = [sorted(group) for group in self.constraints.together]
        return hashlib.sha256(f"{said}\n{groups}\n{pairs}".encode()).hexdigest()

    def some(self, among: Mapping[str, pa.Array]) -> pa.Table:
        """The claims whose columns have one of the given values, without corrections."""
        claims = pa.Table.from_batches(
            self.store.scan("claims", where=self.where_claims, among=among), CLAIMS.schema
        )
        ids = {"claim_id": pc.unique(claims.column("claim_id"))}
        normalised = self.store.scan("normalised_claims", where=self.where_normalised, among=ids)
        return comparable(claims, pa.Table.from_batches(normalised, NORMALISED_CLAIMS.schema))

    def by_passage(self, ids: pa.Array | None, parts: int) -> Iterator[pa.Table]:
        """The claims with these ids, or all, with corrections, in so many parts: all of a passage in one."""
        among = None if ids is None else {"claim_id": ids}
        with Spill(COMPARABLE_CLAIMS.schema, parts) as joined:
            with Spill(CLAIMS.schema, parts) as claims, Spill(NORMALISED_CLAIMS.schema, parts) as normalised:
                for spill, where in ((claims, self.where_claims), (normalised, self.where_normalised)):
                    name = "claims" if spill is claims else "normalised_claims"
                    for batch in self.store.scan(name, where=where, among=among):
                        rows = pa.Table.from_batches([batch])
                        spill.put(rows, part_of(rows.column("claim_id"), parts))
                for number in range(parts):
                    some = self._changed(_converted(claims.part(number), normalised.part(number)))
                    joined.put(some, part_of(some.column("passage_id"), parts))
            yield from map(joined.part, range(parts))

    def _changed(self, claims: pa.Table) -> pa.Table:
        concerned = pa.array(list(self.changed), pa.string())
        is_concerned = pc.is_in(claims.column("claim_id"), value_set=concerned)
        there = claims.column("claim_id").filter(is_concerned).to_pylist()
        new = [row for row in (self.changed[c] for c in there) if row is not None]
        if not there:
            return claims
        kept = claims.filter(pc.invert(is_concerned))
        return pa.concat_tables([kept, pa.Table.from_pylist(new, schema=claims.schema)])


def _converted(claims: pa.Table, normalised: pa.Table) -> pa.Table:
    there = pc.is_in(normalised.column("claim_id"), value_set=claims.column("claim_id").combine_chunks())
    return comparable(claims, normalised.filter(there))

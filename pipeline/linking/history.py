"""The history of one figure: each report set against what stood before it.

Precision intervals decide. Reports of the same day that overlap restate or refine; a later day updates; disjoint
values of one day from different sources conflict, and both stay; words like "revised" correct; a passage that
vanished from its page retracts what only it said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from pipeline.linking.precision import Quantity

Relation = Literal["new", "restates", "refines", "updates", "corrects", "conflicts", "retracts"]


@dataclass(frozen=True, slots=True)
class Report:
    """One claim as evidence on its figure: its number as it compares, and as it is shown, rounded to its digits."""

    claim_id: str
    document_id: str
    page: str
    passage_id: str
    exact: str
    source: str | None
    quantity: Quantity
    shown: Quantity
    unit: str | None
    observed: date | None
    as_of: date | None
    gloss: bool = False
    corrects: bool = False
    updates: bool = False
    earlier: bool = False
    replaces: str | None = None
    unchanged: bool = False
    withdrawn: date | None = None

    @property
    def speaker(self) -> str:
        """Who answers for the number: the source that is named, else the page."""
        return self.source.lower() if self.source else f"page {self.page}"


@dataclass(frozen=True, slots=True)
class Revision:
    """One step of the history: the report, its relation, and the number (from 1) of the step it is set against."""

    report: Report
    relation: Relation
    compared_with: int | None
    reason: str


@dataclass(slots=True)
class History:
    """The steps of a figure's history, and which of them stand."""

    revisions: list[Revision] = field(default_factory=list)
    standing: list[int] = field(default_factory=list)

    @property
    def current(self) -> Revision:
        """The step that gives the current value: of conflicting ones, the one that was there first."""
        return self.revisions[self.standing[0] if self.standing else self._last_value()]

    @property
    def status(self) -> str:
        """stable, updated, conflicting or retracted."""
        if not self.standing:
            return "retracted"
        if len(self.standing) > 1:
            return "conflicting"
        changed = any(r.relation in ("updates", "corrects") for r in self.revisions)
        return "updated" if changed else "stable"

    def reported_by(self) -> list[str]:
        """Sources that give the current value, in the order in which they did."""
        current = self.current.report
        found: dict[str, None] = {}
        for revision in self.revisions:
            report = revision.report
            if (
                revision.relation != "retracts"
                and not report.gloss
                and report.source
                and report.quantity.near.overlaps(current.quantity.near)
            ):
                found[report.source] = None
        return list(found)

    def add(self, report: Report) -> None:
        """Set a report against what stands and append the step."""
        revision = self._relate(report)
        self.revisions.append(revision)
        number = len(self.revisions) - 1
        match revision.relation:
            case "new" if not self.standing:
                self.standing = [number]
            case "conflicts":
                self.standing.append(number)
            case "refines":
                self.standing = [number if n + 1 == revision.compared_with else n for n in self.standing]
            case "updates" | "corrects":
                self.standing = [number]

    def retract(self, report: Report, reason: str) -> None:
        """Withdraw a report. If nobody else gives its value, the value no longer stands."""
        number = next(
            n
            for n, r in enumerate(self.revisions)
            if r.report.claim_id == report.claim_id and r.relation != "retracts"
        )
        self.revisions.append(Revision(report, "retracts", number + 1, reason))
        withdrawn = {r.report.claim_id for r in self.revisions if r.relation == "retracts"}
        self.standing = [n for n in self.standing if self._is_supported(n, withdrawn)]
        if not self.standing:
            self.standing = self._fallback(withdrawn)

    def _is_supported(self, number: int, withdrawn: set[str]) -> bool:
        near = self.revisions[number].report.quantity.near
        return any(
            r.report.claim_id not in withdrawn and r.report.quantity.near.overlaps(near)
            for r in self.revisions
            if r.relation != "retracts" and not r.report.gloss
        )

    def _fallback(self, withdrawn: set[str]) -> list[int]:
        left = [
            n
            for n, r in enumerate(self.revisions)
            if r.relation != "retracts" and r.report.claim_id not in withdrawn and not r.report.gloss
        ]
        return left[-1:]

    def _last_value(self) -> int:
        return max(n for n, r in enumerate(self.revisions) if r.relation != "retracts")

    def _relate(self, report: Report) -> Revision:
        if report.gloss:
            number = self.standing[0] + 1 if self.standing else None
            return Revision(report, "restates", number, "the same quantity in another unit")
        if not self.standing:
            reason = "first report" if not self.revisions else "first report since the value was withdrawn"
            return Revision(report, "new", None, reason)
        if report.earlier:
            return self._of_earlier_day(report, self.standing[0], "what its words compare with")
        replaced = self._replaced(report)
        if replaced is not None:
            return replaced
        for number in self.standing:
            if self.revisions[number].report.quantity.near.overlaps(report.quantity.near):
                return self._agree(report, number)
        return self._differ(report, self._closest(report))

    def _replaced(self, report: Report) -> Revision | None:
        """The step for a report whose page said something else in its place before."""
        if report.replaces is None:
            return None
        for number, revision in enumerate(self.revisions):
            if report.replaces == revision.report.claim_id and revision.relation != "retracts":
                old = revision.report
                if old.quantity == report.quantity:
                    return Revision(report, "restates", number + 1, "the page words it anew")
                return Revision(
                    report,
                    "corrects",
                    number + 1,
                    f"the page now says {report.exact} in place of {old.exact}",
                )
        return None

    def _closest(self, report: Report) -> int:
        """The standing step of the same speaker, else the one that stands first."""
        for number in self.standing:
            if self.revisions[number].report.speaker == report.speaker:
                return number
        return self.standing[0]

    def _agree(self, report: Report, number: int) -> Revision:
        old = self.revisions[number].report
        if report.quantity == old.quantity:
            return Revision(report, "restates", number + 1, "the same value")
        if report.quantity.near.refines(old.quantity.interval):
            return Revision(
                report, "refines", number + 1, f"{_said(report)} is more precise than {_said(old)}"
            )
        return Revision(report, "restates", number + 1, f"{_said(report)} allows what {_said(old)} said")

    def _differ(self, report: Report, number: int) -> Revision:
        old = self.revisions[number].report
        change = f"{_said(old)} to {_said(report)}"
        if report.corrects:
            return Revision(report, "corrects", number + 1, f"its words correct {change}")
        if _before(report.as_of, old.as_of):
            return self._of_earlier_day(report, number, f"of {report.as_of}")
        if _before(old.as_of, report.as_of):
            return Revision(report, "updates", number + 1, f"a later day ({report.as_of}): {change}")
        if report.updates:
            return Revision(report, "updates", number + 1, f"its words say that it changed: {change}")
        if report.quantity.interval.overlaps(old.quantity.interval):
            if report.quantity.interval.refines(old.quantity.interval):
                return Revision(
                    report, "refines", number + 1, f"{_said(report)} lies within {_said(old)} of the same day"
                )
            return Revision(report, "restates", number + 1, f"{_said(report)} allows {_said(old)}")
        if report.speaker == old.speaker and report.source:
            return Revision(report, "updates", number + 1, f"the same source, the same day: {change}")
        return Revision(
            report, "conflicts", number + 1, f"{_said(report)} against {_said(old)} of the same day"
        )

    def _of_earlier_day(self, report: Report, number: int, which: str) -> Revision:
        for earlier in reversed(range(len(self.revisions))):
            old = self.revisions[earlier].report
            if old.quantity.near.overlaps(report.quantity.near) and not old.gloss:
                return Revision(report, "restates", earlier + 1, f"what was said before, {which}")
        return Revision(report, "new", number + 1, f"first report of an earlier value, {which}")


def _said(report: Report) -> str:
    modifier = report.quantity.modifier.replace("_", " ")
    return report.exact if modifier in ("exact", "range", "vague") else f"{modifier} {report.exact}"


def _before(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and one < other


def fold(reports: Iterable[Report]) -> History:
    """The history of a figure from its reports, in the order in which they became known.

    Reports whose passage vanished are withdrawn on the day the page no longer had it, unless a report of the
    page's later snapshot replaces them. A sentence that stands unchanged in a changed passage is no new report.
    """
    ordered: Sequence[Report] = list(reports)
    history = History()
    for report in ordered:
        if not report.unchanged:
            history.add(report)
    for report in _withdrawn(ordered):
        history.retract(report, "its passage is no longer on the page")
    return history


def _withdrawn(ordered: Sequence[Report]) -> list[Report]:
    """Reports that the page has given up, in the order of the days; of unchanged repeats the first."""
    replaced = {r.replaces for r in ordered if r.replaces}
    first: dict[str, Report] = {}
    for report in ordered:
        same = report.unchanged and report.replaces in first
        first[report.claim_id] = first[str(report.replaces)] if same else report
    gone = [
        replace(first[r.claim_id], withdrawn=r.withdrawn)
        for r in ordered
        if r.withdrawn and r.claim_id not in replaced
    ]
    return sorted(gone, key=lambda r: (r.withdrawn or date.max, r.claim_id))

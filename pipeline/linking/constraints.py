"""What a person has decided about linking: which claims are one figure, and which are not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Constraints:
    """Groups of claim ids that are one figure, and pairs of groups that are not."""

    together: tuple[frozenset[str], ...] = ()
    apart: tuple[tuple[frozenset[str], frozenset[str]], ...] = ()

    @cached_property
    def partners(self) -> dict[str, frozenset[str]]:
        """For each claim of a group, all claims that belong with it; groups that share a claim are one."""
        found: dict[str, frozenset[str]] = {}
        for group in self.together:
            whole = group.union(*(found[c] for c in group if c in found))
            found.update(dict.fromkeys(whole, whole))
        return found

    @cached_property
    def strangers(self) -> dict[str, frozenset[str]]:
        """For each claim of a pair of groups, the claims that it must not be linked with."""
        found: dict[str, frozenset[str]] = {}
        for one, other in self.apart:
            for mine, theirs in ((one, other), (other, one)):
                for claim_id in mine:
                    found[claim_id] = found.get(claim_id, frozenset()) | theirs
        return found

"""What the words around a number say of how it is meant: as a part, on top of another one, in the place of one.

The words are those of [around] in synonyms.toml.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from pipeline import lexicon
from pipeline.linking.vocabulary import NEAR, alternation

NUMBER = re.compile(
    r"(?<![\d.,])(?!(?:19|20)\d\d\b(?![.,]\d))\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"dozens?|hundreds?|thousands?|tens|millions?|billions?)\b",
    re.IGNORECASE,
)
YEAR_IN_TEXT = re.compile(r"(?<![\d.,£$€])(?:19|20)\d\d(?![\d.,]\d|\d)")
A_YEAR = r"(?:19|20)\d\d"
THIS_YEAR = re.compile(r"\bso far this year\b", re.IGNORECASE)
NUMBER_OF = re.compile(
    r"\b(?:number|total|count) of (?:[\w-]+ ){0,3}?(?P<head>people|children|men|women|[a-z]{3,}s)\b|\bdeath (?P<toll>toll)\b"
)
FORMERLY = re.compile(
    r"[^,.;:]{0,24}?\b(?:(?:an?|one|two|three|four|five|six|ten|\d+|the) (?:year|month|week|quarter|decade|day)s? (?:earlier|ago|before)\b"
    r"|(?:the|its|their) previous (?:year|month|week|quarter|season|day)\b"
    r"|(?:the )?same (?:period|month|quarter|week|time) (?:of |in )?(?:last|the previous|a|the) )"
)
# "To axe 2,400 jobs", but not "to 2,400".
INFINITIVE = re.compile(r"(?:^|\s)to (?!the\b)[a-z]{3,} (?:[a-z]+ ){0,2}#")
# "41 arrests this year, down from 56": those of the last one.
THIS_PERIOD = re.compile(r"\bthis (?:year|season|month|week|quarter|spring|summer|autumn|winter)\b")
DIGITS = r"[$£€]?(?P<number>\d[\d,.]*)"


@cache
def _words(name: str) -> str:
    """A pattern of the words that are listed under a name."""
    listed: Sequence[str] = lexicon.read("synonyms")["around"][name]
    return alternation(listed)


@cache
def _clause_end() -> re.Pattern[str]:
    return re.compile(rf"[;:–—]|,\s|\s(?:{_words('joints')})\s")


@cache
def _added() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_words('added')})\s+(?:[a-z]+ly )?$", re.IGNORECASE)


@cache
def _more() -> re.Pattern[str]:
    return re.compile(rf"\s+(?:{_words('more')})\b")


@cache
def _part_before() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_words('part')})[,:]?\s+(?:[a-z-]+\s+){{0,3}}$")


@cache
def _part_after() -> re.Pattern[str]:
    return re.compile(rf"\s+(?:[a-z-]+ ){{0,2}}of (?:{_words('whole')})\b")


@cache
def _known() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_words('known')})(?: [a-z-]+){{0,1}} $", re.IGNORECASE)


@cache
def _at_a_place() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_words('places')})(?: the)?(?: [a-z]+){{0,3}}?((?: [A-Z][\w’'-]*){{1,3}})")


@cache
def _months() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_words('months')})\b")


@cache
def _in_place_of() -> re.Pattern[str]:
    """After a number, what it takes the place of: ", not 410", "instead of 5,500", "from 4.25%"."""
    return re.compile(
        rf"[^\d;]{{0,60}}?\b(?:{_words('instead')}|(?P<moved>(?:up |down )?from)|"
        rf"(?:{_words('changed')})[a-z]* (?:its|the|their|an?)(?: [a-z]+){{1,3}} (?:of|from))"
        rf"(?: the| an?| about| some| around| only)?(?: (?:{_words('former')})(?: [a-z]+ of)?)?"
        rf" {DIGITS}(?P<after>[^,;.]{{0,40}})"
    )


@cache
def _not_but() -> re.Pattern[str]:
    return re.compile(rf"\b[Nn]ot(?: the| an?| about| some)? {DIGITS}[^\d;]{{0,30}}?\bbut $")


@cache
def _of_another_time() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{_words('another_time')}|{_words('months')}|{A_YEAR})\b")


def clause(before: str, after: str) -> tuple[str, str]:
    """The part of the sentence around the quantity that holds no other number: what precedes and what follows."""
    start = 0
    previous = [m.end() for m in NUMBER.finditer(before)]
    if previous:
        ends = [m.start() for m in _clause_end().finditer(before, previous[-1])]
        start = ends[-1] if ends else previous[-1]
    end = len(after)
    following = NUMBER.search(after)
    if following:
        ends = [m.start() for m in _clause_end().finditer(after, 0, following.start())]
        end = ends[-1] if ends else following.start()
    return before[start:], after[:end]


def ends_clause(text: str) -> bool:
    """Whether a clause ends within a text."""
    return _clause_end().search(text) is not None


def added(before: str) -> str:
    """The words right before a number that say it comes on top of another one ("another 40"), or nothing."""
    match = _added().search(before[-NEAR:])
    return match.group() if match else ""


def is_more(after: str) -> bool:
    """Whether the words after a number say that it comes on top of another one ("five more")."""
    return _more().match(after[:NEAR]) is not None


def is_part(before: str, after: str) -> bool:
    """Whether the words say that the number is a part of another one."""
    return _part_before().search(before[-NEAR:]) is not None or _part_after().match(after[:NEAR]) is not None


def is_known(before: str) -> bool:
    """Whether a number was given before, or is taken to be known: "of the 48 tanks", "all 21 miners"."""
    return _known().search(before[-NEAR:]) is not None


def is_formerly(after: str) -> bool:
    """Whether the words after a number say that it was so at another time ("a year earlier")."""
    return FORMERLY.match(after[:NEAR]) is not None


def is_intended(clause: str) -> bool:
    """Whether a clause, its number as "#", says what somebody is to do ("to axe # jobs")."""
    return INFINITIVE.search(clause) is not None


def counts_this_year(text: str) -> bool:
    """Whether a text counts on since the year began."""
    return THIS_YEAR.search(text) is not None


def number_of(text: str) -> str:
    """What a text says a number of: "the number of people killed"; nothing if it does not."""
    match = NUMBER_OF.search(text)
    return "" if match is None else match["head"] or match["toll"]


def places(text: str) -> str:
    """A text that has only the names which something is said to be in, at or near."""
    named = " ; of ".join(m.group(1) for m in _at_a_place().finditer(text))
    return f"of {named}" if named else ""


def months(text: str) -> frozenset[str]:
    """The months that a text names."""
    return frozenset(_months().findall(text))


def years(text: str) -> frozenset[str]:
    """The years that a text names."""
    return frozenset(YEAR_IN_TEXT.findall(text))


def replaced(before: str, after: str, moved: bool) -> str:
    """The digits of the number that the words around a number say it takes the place of, or nothing.

    What only stands "from" another one takes its place if something is said to have `moved` to it: 168 people may be
    brought down from 47 cabins. One of another time is not replaced.
    """
    near = before[-2 * NEAR :]
    match = _in_place_of().match(after)
    if match is not None and match["moved"]:
        up_to_it = f"{near}#{after[: match.start('number')]}"
        at_another_time = _of_another_time().search(match["after"]) or THIS_PERIOD.search(up_to_it)
        if at_another_time or (match["moved"] == "from" and not moved):
            return ""
    match = match or _not_but().search(near)
    return "" if match is None else match["number"].rstrip(".,").replace(",", "")

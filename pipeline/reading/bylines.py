"""Clock times and dates as outlets set them above an entry or an article.

A byline is a line that does nothing but say when, and perhaps by whom: `09:01 , A Name`,
`Tuesday 3 December 2024 18:59`, `9.01am GMT`, `2024-12-04T09:01:00Z`, `10:15am - Title`. A sentence in which
a time occurs is not one. Dates that a page leaves out are carried from entry to entry by `resolve_days`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# A line longer than this is prose; only its beginning is looked at, so that a line of any length costs the same.
LONGEST_BYLINE = 160
_LOOK_AT = 240

# Entries are now and then put in out of order; only a jump of more than this many minutes is midnight.
_MIDNIGHT = 6 * 60

_MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    r"|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\.?,?\s{1,3})?"
_DAY = (
    rf"(?:{_WEEKDAY}(?:"
    rf"(?P<d1>\d{{1,2}})(?:st|nd|rd|th)?\s{{1,3}}(?P<m1>{_MONTH})(?:,?\s{{1,3}}(?P<y1>\d{{4}}))?(?!\d)"
    rf"|(?P<m2>{_MONTH})\s{{1,3}}(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.])(?:,?\s{{1,3}}(?P<y2>\d{{4}})(?!\d))?"
    r"|(?P<y3>\d{4})[-/](?P<m3>\d{2})[-/](?P<d3>\d{2})(?!\d)"
    r"|(?P<d4>\d{1,2})\.(?P<m4>\d{1,2})\.(?P<y4>\d{4})(?!\d)"
    r"|(?P<a5>\d{1,2})/(?P<b5>\d{1,2})/(?P<y5>\d{4})(?!\d)"
    r"))"
)
_ZONE = (
    r"(?:\s{0,2}\(?(?:(?:GMT|UTC|BST|IST|WES?T|CES?T|EES?T|MSK|TRT|E[SD]?T|C[SD]T|M[SD]T|P[SD]?T|AE[SD]?T|NZ[SD]?T"
    r"|SAST|EAT|WAT|CAT|JST|KST|HKT|SGT|PKT)(?:\s?[+-]\d{1,2}(?::?\d\d)?)?|local(?:\stime)?"
    r"|[+-]\d{2}:?\d{2})\)?(?![\w]))"
)
_CLOCK = (
    r"(?:"
    r"(?P<h1>\d{1,2})[:.h](?P<n1>[0-5]\d)(?::[0-5]\d(?:\.\d{1,9})?)?(?:\s?(?P<p1>[ap])\.?m\b\.?)?(?!:?\d|%)"
    r"|(?P<h2>\d{1,2})\s?(?P<p2>[ap])\.?m\b\.?"
    rf"|(?P<h3>[0-2]\d)(?P<n3>[0-5]\d)(?={_ZONE})"
    r")"
)
_STAMP = (
    rf"(?:(?P<day>{_DAY})(?:T|\s{{0,3}}(?:at\b|[,|·•–—-])?\s{{0,3}}){_CLOCK}(?P<zone>Z|{_ZONE})?"
    rf"|{_WEEKDAY}{_CLOCK.replace('1>', '6>').replace('2>', '7>').replace('3>', '8>')}(?P<zone2>Z|{_ZONE})?"
    rf"(?:\s{{0,3}}(?:on\b|[,|·•–—-])?\s{{0,3}}(?P<day2>"
    + re.sub(r"\?P<(\w)(\d)>", r"?P<\1\g<2>b>", _DAY)
    + r"))?)"
)
_OPENING = r"[\s#>*_\[(]{0,12}"
_CLOSING = r"[\s*_\])]{0,8}"
_PUBLISHED = re.compile(
    rf"{_OPENING}(?P<verb>(?:first |originally )?published|date|dated|(?:last )?(?:updated|modified))"
    rf"{_CLOSING}(?:at|on)?\s{{0,2}}:?{_CLOSING}",
    re.IGNORECASE,
)
_AT_START = re.compile(
    rf"{_OPENING}(?:(?:post(?:ed)?|time)(?:\s(?:at|on))?:?\s{{1,2}}(?:at\s)?)?{_STAMP}"
    rf"(?P<more>\s\([^()\n]{{1,24}}\))?{_CLOSING}",
    re.IGNORECASE,
)
_AT_END = re.compile(
    rf"{_OPENING}(?P<who>[^\W\d_][^\d\n|·•]{{2,70}}?)\s{{0,2}}[,|·•]\s{{0,3}}{_STAMP}{_CLOSING}$",
    re.IGNORECASE,
)
_ONLY_DAY = re.compile(rf"{_OPENING}(?P<day>{_DAY}){_CLOSING}$", re.IGNORECASE)
_DAY_AT_END = re.compile(
    rf"(?P<words>{_OPENING}[^\W\d_][^\d\n,|·•]{{1,60}}[,|·•–—-]\s{{1,3}}(?:on\s)?)(?P<day>{_DAY}){_CLOSING}$",
    re.IGNORECASE,
)
_ANY_DAY = re.compile(rf"(?<![\w/.-]){_DAY}", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s{0,3}([,|·•–—:-]|\bby\b)[\s,|·•–—-]{0,4}", re.IGNORECASE)
_IN_FILE_NAME = re.compile(r"(?<!\d)(\d{4})[-_]?(\d{2})[-_]?(\d{2})(?!\d)")

_PARTICLES = frozenset(
    [
        "de",
        "da",
        "di",
        "del",
        "della",
        "der",
        "den",
        "van",
        "von",
        "ten",
        "la",
        "le",
        "du",
        "el",
        "al",
        "bin",
        "ibn",
        "and",
        "in",
        "y",
        "&",
        "bint",
    ]
)


@dataclass(frozen=True, slots=True)
class Byline:
    """What a byline says.

    `clock` is hh:mm as the outlet shows it, in its own time zone, and None where the line is only a date that
    heads the entries below it. `day` is None where no date is shown, and `month_day` stands in its place where
    the year is left out. `rest` is where in the line the entry's own words start, for `10:15 - Title`.
    """

    clock: str | None
    day: date | None = None
    month_day: tuple[int, int] | None = None
    author: str | None = None
    rest: int | None = None

    @property
    def minutes(self) -> int:
        """Minutes since midnight."""
        return int(self.clock[:2]) * 60 + int(self.clock[3:]) if self.clock else 0


def read_byline(line: str) -> Byline | None:
    """The byline that the line is, or None if it is anything else, a "Published: ..." line included."""
    head = line[:_LOOK_AT]
    if not any(character.isdigit() for character in head[:LONGEST_BYLINE]):
        return None
    return _time_first(line, head) or _author_first(line) or _only_day(line)


def read_publication(line: str) -> tuple[str, date | None] | None:
    """The verb, in lower case, and the date of a line such as "Published: 3 December 2024", else None."""
    if len(line) > LONGEST_BYLINE:
        return None
    verb = _PUBLISHED.match(line)
    if not verb:
        return None
    rest = line[verb.end() :]
    only_day = _ONLY_DAY.match(rest)
    if only_day:
        return verb["verb"].lower(), _day(only_day)[0]
    stamp = _AT_START.match(rest)
    if not stamp or _clock(stamp) is None or stamp.end() < len(rest.rstrip()):
        return None
    return verb["verb"].lower(), _day(stamp)[0]


def first_day(text: str) -> date | None:
    """The first full date (with its year) in the text, or None."""
    for match in _ANY_DAY.finditer(text):
        day, _ = _day(match)
        if day:
            return day
    return None


def day_at_end(line: str) -> date | None:
    """The full date that ends a line behind a few words: "By A Name, 4 June 2024", "Kyiv | 4 June 2024"; or None."""
    match = _DAY_AT_END.match(line) if len(line) <= LONGEST_BYLINE else None
    return first_day(line[match.end("words") :]) if match else None


def day_in_file_name(name: str) -> date | None:
    """The date of a file called `2024-12-04-aid.txt`, `aid_20241204.md` or the like, or None."""
    for year, month, day in _IN_FILE_NAME.findall(name):
        if 1900 <= int(year) <= 2199:
            found = _date(int(year), int(month), int(day))
            if found:
                return found
    return None


def looks_like_name(words: str) -> bool:
    """Whether the words could be the name of one or a few people, or of an agency."""
    parts = words.replace(",", " ").split()
    if not 1 <= len(parts) <= 9 or len(words) > 90:
        return False
    if any(character.isdigit() or character in ':;!?"“”()' for character in words):
        return False
    capitals = [part for part in parts if part[0].isupper()]
    return bool(capitals) and all(part[0].isupper() or part.lower() in _PARTICLES for part in parts)


def resolve_days(bylines: Sequence[Byline], published: date | None) -> list[date | None]:
    """The full date of each entry, in the page's order.

    Pages leave dates out: of today's entries above dated ones, of all but the first of a day, or of all. The
    clock tells where a day turns. Newest first, it falls down the page, and where it jumps up a day has gone
    back; oldest first, the other way round. Where no entry has a date, the newest is of the day `published`.
    """
    newest_first = is_newest_first(bylines)
    days = _shown_days(bylines, published)
    if not any(days):
        if published is None or not bylines:
            return days
        days[0 if newest_first else -1] = published
    first = next(index for index, day in enumerate(days) if day)
    for index in range(first - 1, -1, -1):
        turned = _turns(bylines[index], bylines[index + 1], newest_first)
        # Undated entries above a dated one are of a later day even where the clock does not show it.
        turned = turned or (newest_first and index == first - 1 and bylines[first].clock is not None)
        days[index] = _shift(days[index + 1], (1 if newest_first else -1) if turned else 0)
    for index in range(first + 1, len(days)):
        if days[index] is None:
            turned = _turns(bylines[index - 1], bylines[index], newest_first)
            days[index] = _shift(days[index - 1], (-1 if newest_first else 1) if turned else 0)
    return days


def _time_first(line: str, head: str) -> Byline | None:
    match = _AT_START.match(head)
    clock = _clock(match) if match else None
    if match is None or clock is None:
        return None
    rest = head[match.end() :]
    day, month_day = _day(match)
    dated = bool(match["day"] or match["day2"])
    # "9.01" alone is a number; with am, a zone, a date or an author it is a time.
    sure = dated or bool(_half(match) or match["zone"] or match["zone2"]) or ":" in match.group(0)
    if not rest.strip():
        return Byline(clock, day, month_day) if sure and len(line) <= LONGEST_BYLINE else None
    separator = _SEPARATOR.match(rest)
    if separator:
        words = rest[separator.end() :].strip(" \t*_#")
        by = separator[1].lower() == "by" or words[:3].lower() == "by "
        name = words[3:].strip() if words[:3].lower() == "by " else words
        if (by or separator[1] in ",|·•") and looks_like_name(name):
            return Byline(clock, day, month_day, name)
        if not sure or by or not words or not _opens_sentence(words):
            return None
        return Byline(clock, day, month_day, rest=match.end() + separator.end())
    spaced = match.group(0)[-1:].isspace()
    padded = bool(
        re.search(r"\d\d[:.]\d\d", match.group(0)) or _half(match) or match["zone"] or match["zone2"]
    )
    if sure and padded and spaced and _opens_sentence(rest) and _is_title(line):
        return Byline(clock, day, month_day, rest=match.end())
    return None


def _author_first(line: str) -> Byline | None:
    if len(line) > LONGEST_BYLINE:
        return None
    match = _AT_END.match(line)
    clock = _clock(match) if match else None
    if match is None or clock is None:
        return None
    who = re.sub(r"^by\s+", "", match["who"].strip(), flags=re.IGNORECASE)
    return Byline(clock, *_day(match), author=who) if looks_like_name(who) else None


def _only_day(line: str) -> Byline | None:
    match = _ONLY_DAY.match(line) if len(line) <= LONGEST_BYLINE else None
    if match is None:
        return None
    day, month_day = _day(match)
    return Byline(None, day, month_day) if day or month_day else None


def _opens_sentence(words: str) -> bool:
    first = words.lstrip("“‘\"'*_[( ")[:1]
    return first.isupper() or first.isdigit() or first in "$£€¥"


def _is_title(line: str) -> bool:
    return len(line) <= LONGEST_BYLINE and not line.rstrip().endswith((".", ",", ";"))


def _group(match: re.Match[str], *names: str) -> str | None:
    found = match.groupdict()
    return next((found[name] for name in names if found.get(name)), None)


def _half(match: re.Match[str]) -> str | None:
    return _group(match, "p1", "p2", "p6", "p7")


def _clock(match: re.Match[str]) -> str | None:
    """Hours and minutes as hh:mm on the 24-hour clock, or None where there is no such time."""
    hour = int(_group(match, "h1", "h2", "h3", "h6", "h7", "h8") or -1)
    minute = int(_group(match, "n1", "n3", "n6", "n8") or 0)
    half = _half(match)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    return f"{hour:02}:{minute:02}" if 0 <= hour <= 23 else None


def _day(match: re.Match[str]) -> tuple[date | None, tuple[int, int] | None]:
    """The date of a match: in full, or only month and day where the year is left out."""
    found = match.groupdict()
    for mark in ("", "b"):
        if found.get(f"y5{mark}"):
            return _slashed(int(found[f"a5{mark}"]), int(found[f"b5{mark}"]), int(found[f"y5{mark}"])), None
        for form in "1234":
            day, month = found.get(f"d{form}{mark}"), found.get(f"m{form}{mark}")
            if day and month:
                number = int(month) if month.isdigit() else MONTHS.index(month[:3].lower()) + 1
                year = found.get(f"y{form}{mark}")
                if year:
                    return _date(int(year), number, int(day)), None
                return None, (number, int(day)) if _date(2024, number, int(day)) else None
    return None, None


def _slashed(first: int, second: int, year: int) -> date | None:
    """3/12/2024 is the third of December or the twelfth of March; only what can't be both is read."""
    if first > 12 or first == second:
        return _date(year, second, first)
    return _date(year, first, second) if second > 12 else None


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def is_newest_first(bylines: Sequence[Byline]) -> bool:
    """Whether the page begins with the latest entry."""
    shown = [byline.day for byline in bylines if byline.day]
    if shown and shown[0] != shown[-1]:
        return shown[0] > shown[-1]
    clocks = [byline.minutes for byline in bylines if byline.clock]
    # From 23:50 to 00:10 is twenty minutes on, and the other way round.
    steps = [(after - before + 720) % 1440 - 720 for before, after in pairwise(clocks)]
    return sum(step > 0 for step in steps) <= sum(step < 0 for step in steps)


def _shown_days(bylines: Sequence[Byline], published: date | None) -> list[date | None]:
    """The dates that the page shows; a missing year is the one that brings the date nearest to its page's."""
    near = next((byline.day for byline in bylines if byline.day), published)
    days: list[date | None] = []
    for byline in bylines:
        day = byline.day
        if day is None and byline.month_day and near:
            month, number = byline.month_day
            years = (_date(near.year + shift, month, number) for shift in (-1, 0, 1))
            day = min((d for d in years if d), key=lambda d: abs((d - near).days), default=None)
        days.append(day)
    return days


def _turns(above: Byline, below: Byline, newest_first: bool) -> bool:
    if above.clock is None or below.clock is None:
        return False
    step = below.minutes - above.minutes
    return step > _MIDNIGHT if newest_first else step < -_MIDNIGHT


def _shift(day: date | None, days: int) -> date | None:
    try:
        return day + timedelta(days=days) if day else None
    except OverflowError:
        return day

"""What time expressions look like: the patterns by which times.py finds and reads them, made of lexicon/times.toml."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, NamedTuple

from pipeline import lexicon
from pipeline.lexicon import any_of


class Grammar(NamedTuple):
    """Patterns and words. `anchor` and `expression` search a sentence; the other patterns read one in lower case."""

    anchor: re.Pattern[str]
    expression: re.Pattern[str]
    relative: re.Pattern[str]
    interval: re.Pattern[str]
    period: re.Pattern[str]
    share: re.Pattern[str]
    led: re.Pattern[str]
    part: re.Pattern[str]
    date: re.Pattern[str]
    elsewhere: re.Pattern[str]
    then_said: re.Pattern[str]
    phrases: dict[str, int]
    months: dict[str, int]
    weekdays: dict[str, int]
    ordinals: dict[str, int]
    numbers: dict[str, int]
    units: dict[str, tuple[int, int]]


@cache
def grammar() -> Grammar:
    """The patterns and words, made once."""
    words = lexicon.read("times")
    pieces = _pieces(words)
    phrases = words["phrases"]
    return Grammar(
        anchor=_anchor(words, pieces),
        expression=_expression(words, pieces),
        relative=_relative(pieces),
        interval=re.compile(
            r"(?:from|between|in|during|throughout) (?P<from>.{3,40}?) (?:to|and|until|till|through) (?P<to>.{3,40})"
        ),
        period=re.compile(
            rf"(?:(?:in|for|over|during) )?the (?:(?P<n>{pieces.number}) )?(?:{pieces.kind_of_year})?(?P<unit>{pieces.unit})"
            rf" (?:{_UP_TO}) (?:the end of )?(?P<end>.{{3,40}})"
        ),
        share=re.compile(
            rf"(?:in|for|over|during|within) the (?P<which>first|last|final) (?:(?P<n>{pieces.number}) )?(?P<unit>{pieces.unit}) of (?P<whole>.{{3,40}})"
        ),
        led=re.compile(rf"(?P<lead>{_lowered(_LEAD)}|from) (?P<rest>.{{2,60}})"),
        part=re.compile(rf"(?:in )?({_PART})[ -]?(?:the )?"),
        date=_date(pieces),
        elsewhere=re.compile(
            rf"\b(?:{any_of(phrases['saying'])})(?! to\b)(?: (?:the |a )?(?!that\b)[\w’'-]+){{0,3}},? \Z|\b(?:than|{any_of(phrases['names'])}) \Z"
        ),
        then_said=re.compile(rf",?(?: [\w’'-]+){{1,4}} (?:{any_of(phrases['then_said'])})\b(?!,)"),
        phrases={
            **dict.fromkeys(phrases["today"], 0),
            "now": 0,
            **dict.fromkeys(phrases["yesterday"], -1),
            **dict.fromkeys(phrases["tomorrow"], 1),
        },
        months=words["months"],
        weekdays=words["weekdays"],
        ordinals=words["ordinals"],
        numbers=words["numbers"],
        units={
            name: (entry.get("days", 0), entry.get("months", 0)) for name, entry in words["units"].items()
        },
    )


_PART = (
    r"(?:early(?: in)?|late(?: in)?|mid-|mid|the (?:end|start|beginning|middle|close) of|the early|the late)"
)
_LEAD = (
    r"[Ss]ince|[Ii]n|[Oo]n|[Bb]y|[Uu]ntil|[Tt]ill|[Dd]uring|[Tt]hroughout|[Aa]fter|[Bb]efore|[Ff]or|[Aa]t|[Oo]ver|[Ww]ithin|[Aa]s of|[Aa]s at|[Uu]p to|"
    r"[Ee]arlier on|[Ll]ater on|[Ee]arlier|[Ll]ater|[Ll]ate on|[Ee]arly on|[Ss]o far"
)
_UP_TO = r"to|through(?: to)?|(?:ending|ended)(?: in| on)?|until|up to"
_DAY_NUMBER = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?!\d)"
_YEAR = r"(?:1[5-9]|20)\d\d"
# No year ends an expression in "2004 people", "2000 GMT", "2,004", "2004%".
_ENDS = (
    r"(?![\w%£$€])(?!(?<=\d{4})(?:[\d,.]*\d|[  ]?(?:people|jobs|points|men|women|children|GMT|BST|CET|EST|EDT|UTC"
    r"|hours|hrs|local time|pm|am)\b))"
)


class _Pieces(NamedTuple):
    """Alternatives that the patterns share. A point: a day, month, year, quarter, or "last month", or "today"."""

    month: str
    weekday: str
    number: str
    unit: str
    kind_of_year: str
    nth: str
    day: str
    relative: str
    today: str
    point: str


def _pieces(words: Any) -> _Pieces:
    names = [name.capitalize() for name in words["months"]]
    short = [name for name in names if len(name) < 5 and name not in ("May", "June", "July")]
    month = rf"(?:{any_of(set(names) - set(short))}|(?:{any_of(short)})\.?)(?![a-z])"
    weekday = rf"(?:{any_of(name.capitalize() for name in words['weekdays'])})"
    number = rf"(?:\d{{1,3}}|a couple of|couple of|few|several|{any_of(words['numbers'], capitals=True)})"
    unit = rf"(?:{any_of([*words['units']])})(?:s|ies)?|centuries"
    kind = rf"(?:{any_of(words['kinds_of_year'])}) "
    nth = rf"(?:{any_of(words['ordinals'])})"
    day = (
        rf"(?:{weekday},? )?(?:{_DAY_NUMBER}(?: of)? {month}|{month} {_DAY_NUMBER}(?![\d%]))(?:,? {_YEAR})?"
        rf"|{month}(?:,? {_YEAR})?|{_YEAR}(?:[-–/]\d\d(?!\d))?"
        rf"|(?:last |next |this )?{weekday}(?! \d{{1,2}} [A-Z]|['’]s)"
        rf"|(?:the )?(?:{nth}) (?:quarter|half)(?: of (?:last year|this year|next year|the year|{_YEAR}))?|Q[1-4](?: {_YEAR})?"
        rf"|(?:the )?(?:1[5-9]|20)\d0s"
    )
    relative = (
        rf"(?:earlier |later )?(?:last|this|next) (?:{unit})\b(?! (?:ago|old)|['’]s)"
        rf"|the (?:last|past|next|coming|previous|first|current) (?:{number} )?(?:{kind})?(?:{unit})\b(?! (?:ago|old))(?: of {_YEAR})?"
    )
    days = [day for name in ("today", "yesterday", "tomorrow") for day in words["phrases"][name]]
    today = any_of(days, capitals=True)
    season = (
        rf"(?:(?:the|last|this|next) )?(?:{any_of(words['undated']['seasons'])})\b(?: of)?(?: {_YEAR})?"
        rf"|(?:(?:last|this|next) )?(?:{any_of(words['undated']['feasts'])})(?: {_YEAR})?(?! [A-Z])"
        rf"|(?:{kind}(?:year )?)(?:{_YEAR})(?:[-–/]\d\d(?!\d))?"
        rf"|the {_YEAR}(?:[-–/]\d\d(?!\d))? (?:season|{kind}year)"
    )
    point = (
        rf"(?:(?:{_PART}[ -]?)?(?:{season}|{day}|{relative}|the (?:year|month|week|weekend|quarter|decade|century)\b(?! (?:before|earlier|after)))"
        rf"|{today}|now)"
    )
    return _Pieces(month, weekday, number, unit, kind, nth, day, relative, today, point)


def _expression(words: Any, pieces: _Pieces) -> re.Pattern[str]:
    """A whole expression, behind the character before it."""
    point, unit, number = pieces.point, pieces.unit, pieces.number
    unresolved = any_of(words["phrases"]["unresolved"], capitals=True)
    undated = any_of([*words["undated"]["seasons"], *words["undated"]["feasts"]])
    months = any_of(name.capitalize() for name in words["months"])
    alternatives = (
        rf"(?:(?:[Ii]n|[Ff]or|[Oo]ver|[Dd]uring) )?[Tt]he (?:{number} )?(?:{pieces.kind_of_year})?(?:{unit}) (?:{_UP_TO}) (?:the end of )?(?:{pieces.day})",
        rf"(?:[Ii]n|[Dd]uring|[Tt]hroughout) (?:{_YEAR} (?:and|or) {_YEAR}|{pieces.month} and {pieces.month}(?: {_YEAR})?)",
        rf"(?:[Oo]ver|[Ii]n|[Ff]or|[Ww]ithin|[Dd]uring) the (?:first|last|final) (?:{number} )?(?:{unit}) of (?:{pieces.day}|{pieces.relative})",
        rf"(?:(?P<between>[Ff]rom|[Bb]etween)|{_LEAD}) (?:{point})(?(between) (?:to|and|until|till|through) (?:{point}))",
        rf"[Ff]rom (?:{_PART}[ -]?)?(?:{pieces.day})",
        rf"(?:[Oo]ver|[Ii]n|[Ww]ithin|[Dd]uring) (?:the )?(?:first|next|coming|last|past|final) (?:{number} )?(?:{unit})\b",
        rf"(?:{number}) (?:{unit}) ago\b",
        rf"(?:[Ll]ast|[Tt]his|[Nn]ext|[Ee]arlier|[Ll]ater) (?:(?:last|this|next) )?(?:{unit}|{undated}|{pieces.weekday}|{months})\b(?! old)",
        rf"(?:{unresolved})\b",
        rf"(?:{pieces.today})\b",
        rf"(?:{_PART} )?(?:{_DAY_NUMBER} {pieces.month}(?:,? {_YEAR})?|{pieces.month} (?:{_DAY_NUMBER},? )?{_YEAR}|{pieces.weekday})\b(?!['’]s)",
    )
    return re.compile(rf"[\n (“\"‘–—-](?P<time>{'|'.join(alternatives)}){_ENDS}")


def _anchor(words: Any, pieces: _Pieces) -> re.Pattern[str]:
    """What every expression has a word of."""
    phrases = [word for phrase in words["phrases"]["unresolved"] for word in phrase.split()]
    undated = [*words["undated"]["seasons"], *words["undated"]["feasts"]]
    named = [name.capitalize() for name in (*words["months"], *words["weekdays"])]
    every = [
        *words["units"],
        *words["anchors"],
        *(word for word in phrases if len(word) > 6),
        *undated,
        *named,
    ]
    return re.compile(
        rf"[\s(“\"‘–—-](?:{any_of(every)}|{pieces.today}|[12]\d\d\d|Q[1-4]|centuries|[CR](?:urrently|ecently))"
    )


def _relative(pieces: _Pieces) -> re.Pattern[str]:
    """ "last month", "the past three decades", "two weeks ago"."""
    return re.compile(
        rf"(?:in |over |during |within |for |throughout |on |at )?(?P<part>so far |earlier |later )?"
        rf"(?:(?P<the>the )?(?P<which>last|this|next|past|previous|coming|current|first) (?:(?P<n>{pieces.number}) )?(?P<unit>{pieces.unit})"
        rf"|(?P<ago_n>{pieces.number}) (?P<ago_unit>{pieces.unit}) ago)"
    )


def _date(pieces: _Pieces) -> re.Pattern[str]:
    """A decade, year, quarter or half, month, day or weekday, with its parts as groups."""
    month, weekday = _lowered(pieces.month), _lowered(pieces.weekday)
    day = r"\d{1,2}(?:st|nd|rd|th)?"
    return re.compile(
        rf"(?:on )?(?:the )?(?:(?P<which>last|next|this) )?(?:"
        rf"(?P<decade>(?:1[5-9]|20)\d0)s"
        rf"|(?:(?P<weekday>{weekday}),?)?(?: ?(?:(?P<d1>{day})(?: of)? (?P<m1>{month})(?:,? (?P<y1>\d{{4}}))?"
        rf"|(?P<m2>{month}) (?P<d2>{day})(?!\d)(?:,? (?P<y2>\d{{4}}))?|(?P<m3>{month})(?:,? (?P<y3>\d{{4}}))?))?"
        rf"|(?P<y4>\d{{4}})(?:[-–/](?P<year_end>\d\d))?(?: season)?"
        rf"|(?:(?P<nth>{pieces.nth}) (?P<span>quarter|half)|(?P<q>q[1-4]))(?: of)?(?: ?(?P<y5>\d{{4}})| ?(?:the|this) year)?"
        rf")"
    )


def _lowered(pattern: str) -> str:
    return re.sub(r"\[([A-Z])([a-z])\]", lambda found: found[2], pattern).lower()

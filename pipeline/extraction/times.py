"""When it holds: the time expression that belongs to a quantity, and the days that it stands for.

Rules of resolution, with `published` the day of the document: a year, month or day without its year is the last
one that has begun by then, or the next one after "by", "until", "next" or a future verb. "early" and "late" take
the first and the second half, "mid" the half in the middle. "The past three years" end on `published`. A week is
Monday to Sunday. What needs a date that the text doesn't give ("the first two days") has no days.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache

from pipeline import lexicon
from pipeline.extraction.proximity import Bounds, Span
from pipeline.lexicon import any_of

Days = tuple[date | None, date | None]

# "the last before the change of president in January": the time is that of what comes after.
_OTHER_EVENT = re.compile(r"\b(?:before|after|ahead of)\s+\w")
_CLAUSE_END = re.compile(
    r"[;:()“”\"]| (?:[–—-] |(?:but|while|whereas|although|which|who|whose|compared)\b|and (?:has|had|is|was|will|plans|expects|said|says|now)\b)|, [a-z]+ing\b|, (?:and|so|as|with|up|down|from)\b"
)
_FUTURE = re.compile(
    r"\b(?:will|shall|due (?:to|on|in|by)|scheduled|(?:is|are) expected|planned|plans? to|to be|going to|would|is to|are to|must|"
    r"set to|forecast)\b"
)
# After "by 10 May", what has happened already: the day is the last such, not the next.
_PAST = re.compile(r"\b(?:had|was|were|rose|fell|stood|left|lost|came|[a-z]{2,}ed)\b")
# "since the dam broke in 2019": the time says when it began.
_SINCE = re.compile(r"\b[Ss]ince [^,;.“”\"]*\Z")
# A clause of time at the head of a sentence holds for all of it, if its time comes within so many characters.
_TIME_CLAUSE = re.compile(r"(?:Since|After|When|Before|Until|During|Between|As of|By|In) ")
_OPENING = 60
# A relative clause that a comma ends before the quantity.
_ASIDE = re.compile(r", (?:which|who|whose|where|whom)\b[^,]*\Z")
# An expression begins at most so many characters before its first word of time.
_LEAD = 50


@dataclass(frozen=True, slots=True)
class TimeReference:
    """A time expression: `text[start:end]` of the document, and the first and last day it stands for, if known."""

    text: str
    start: int
    end: int
    valid_from: date | None
    valid_to: date | None


def spans(text: str, start: int, end: int) -> list[Span]:
    """The time expressions of a sentence, in order, without those that say when something was said."""
    grammar = _grammar()
    sentence = "\n" + text[start:end]
    anchor = grammar.anchor.search(sentence)
    if anchor is None:
        return []
    result: list[Span] = []
    for found in grammar.expression.finditer(sentence, max(0, anchor.start() - _LEAD)):
        first, last = found.span("time")
        if not grammar.saying.search(sentence, max(0, first - 60), first):
            result.append((start + first - 1, start + last - 1))
    return result


def _opens(text: str, sentence_start: int, start: int, between: str) -> bool:
    """Whether a time stands at the head of its sentence, or in the clause of time that it opens with."""
    if ";" in between:
        return False
    ahead = start - sentence_start
    return ahead < 3 or (ahead < _OPENING and _TIME_CLAUSE.match(text, sentence_start) is not None)


BOUNDS = Bounds(_CLAUSE_END, _ASIDE, _opens, _OTHER_EVENT)


def resolve(text: str, span: Span, sentence_start: int, published: date | None) -> TimeReference:
    """The expression with the days that it stands for."""
    start, end = span
    words = text[start:end].lower()
    future = _FUTURE.search(text, max(sentence_start, start - 60), start) is not None
    past = not future and _PAST.search(text, max(sentence_start, start - 120), end + 60) is not None
    if words.startswith(("in ", "on ")) and _SINCE.search(text, max(sentence_start, start - 90), start):
        words = "since" + words[2:]
    try:
        valid_from, valid_to = _days(words, published, future=future, past=past)
    except (ValueError, OverflowError):  # beyond the first or last day that a date can be
        valid_from, valid_to = None, None
    return TimeReference(text[start:end], start, end, valid_from, valid_to)


# --- from words to days


@lru_cache(maxsize=4096)
def _days(words: str, published: date | None, *, future: bool, past: bool) -> Days:
    """The days of an expression in lower case."""
    grammar = _grammar()
    relative = grammar.relative.fullmatch(words)
    if relative:
        return _relative(relative, published)
    period = grammar.period.fullmatch(words)
    if period:
        return _period(period, published)
    interval = grammar.interval.fullmatch(words)
    if interval:
        later = _point(interval["to"], published, future=future)
        earlier = _point(interval["from"], later[1] or published, future=False)
        return earlier[0], later[1]
    share = grammar.share.fullmatch(words)
    if share:
        return _share_of_year(share)
    led = grammar.led.fullmatch(words)
    lead, rest = (led["lead"], led["rest"]) if led else ("in", words)
    if lead in ("by", "until", "till", "before", "up to"):
        point = _point(rest, published, future=not past)
        before = lead == "before" and point[0] is not None
        return None, (point[0] - timedelta(days=1) if before and point[0] else point[1])
    point = _point(rest, published, future=future)
    if lead == "since":
        return point[0], published
    if lead == "after":
        return (point[1] + timedelta(days=1) if point[1] else None), None
    return point


def _point(words: str, published: date | None, *, future: bool) -> Days:
    """The days of a date, month, year, weekday, quarter or "last month", with "early", "late", "the end of"."""
    grammar = _grammar()
    part = grammar.part.match(words)
    if part:
        whole = _point(words[part.end() :], published, future=future)
        return _part_of(whole, part[1])
    simple = _named_day(words, published)
    if simple:
        return simple
    match = grammar.date.fullmatch(words)
    if match:
        return _calendar(match, published, future=future)
    unit = grammar.units.get(words.removeprefix("the "))
    if unit and published:
        return _whole(published, unit, words.removeprefix("the "), 0)
    relative = grammar.relative.fullmatch(words)
    return _relative(relative, published) if relative else (None, None)


def _named_day(words: str, published: date | None) -> Days | None:
    phrases = _grammar().phrases
    offset = phrases.get(words)
    if offset is None:
        return None
    if published is None:
        return None, None
    day = published + timedelta(days=offset)
    return day, day


def _calendar(match: re.Match[str], published: date | None, *, future: bool) -> Days:
    """A match of the date pattern: decade, year, quarter or half, month, day, weekday."""
    grammar = _grammar()
    if match["decade"]:
        first = int(match["decade"][:4])
        return date(first, 1, 1), date(first + 9, 12, 31)
    month_name = match["m1"] or match["m2"] or match["m3"]
    year_text = match["y1"] or match["y2"] or match["y3"] or match["y4"] or match["y5"]
    year = int(year_text) if year_text else None
    if match["year_end"]:
        return date(int(match["y4"]), 1, 1), date(int(match["y4"][:2] + match["year_end"]), 12, 31)
    if match["weekday"] and not month_name:
        return _weekday(grammar.weekdays[match["weekday"]], match["which"], published, future=future)
    if match["nth"] or match["q"]:
        return _quarter(match, year, published)
    if month_name:
        return _month_day(
            grammar.months[month_name.rstrip(".")], match["d1"] or match["d2"], year, published, future=future
        )
    if year is not None:
        return _year(year)
    return None, None


def _year(year: int) -> Days:
    return date(year, 1, 1), date(year, 12, 31)


def _month_day(
    month: int, day_text: str | None, year: int | None, published: date | None, *, future: bool
) -> Days:
    day = int(re.sub(r"\D", "", day_text)) if day_text else 0
    if year is None:
        if published is None:
            return None, None
        year = published.year
        begins = (month, day or 1)
        if future and (month, day or 31) < (published.month, published.day):
            year += 1
        elif not future and begins > (published.month, published.day):
            year -= 1
    last = monthrange(year, month)[1]
    if day:
        return (date(year, month, day), date(year, month, day)) if day <= last else (None, None)
    return date(year, month, 1), date(year, month, last)


def _weekday(weekday: int, which: str | None, published: date | None, *, future: bool) -> Days:
    if published is None:
        return None, None
    if future or which == "next":
        ahead = (weekday - published.weekday()) % 7
        day = published + timedelta(days=ahead or (7 if which == "next" else 0))
    else:
        back = (published.weekday() - weekday) % 7
        day = published - timedelta(days=back or (7 if which == "last" else 0))
    return day, day


def _quarter(match: re.Match[str], year: int | None, published: date | None) -> Days:
    """ "the third quarter (of 2024)", "Q3 2024", "the first half": without a year, the last that has begun."""
    number = int(match["q"][1]) if match["q"] else _grammar().ordinals[match["nth"]]
    months = 6 if match["span"] == "half" else 3
    if months == 6:
        number = min(number, 2)
    first = (number - 1) * months + 1
    if first > 12:
        return None, None
    if year is None:
        if published is None:
            return None, None
        year = published.year if first <= published.month else published.year - 1
    last = first + months - 1
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def _relative(match: re.Match[str], published: date | None) -> Days:
    """ "last month", "this year", "the past three decades", "two weeks ago", "next week"."""
    if published is None:
        return None, None
    grammar = _grammar()
    unit = grammar.units[_singular(match["unit"] or match["ago_unit"])]
    if match["ago_unit"]:
        count = _count(match["ago_n"])
        day = _back(published, unit, count) if count else None
        return day, day
    which = match["which"]
    number = _count(match["n"]) if match["n"] else None
    if match["n"] and number is None:
        return None, None
    if number is None and match["unit"].endswith("s"):
        return None, None
    if number is not None or (which == "last" and match["the"]) or which in ("past", "coming"):
        number = number or 1
        if which in ("next", "coming"):
            return published, _back(published, unit, -number)
        if which == "first":
            return None, None
        return _back(published, unit, number), published
    step = {"last": -1, "this": 0, "current": 0, "next": 1, "coming": 1}.get(which)
    if step is None:
        return None, None
    days = _whole(published, unit, _singular(match["unit"]), step)
    if match["part"] == "later ":
        return published, days[1]
    return (days[0], published) if match["part"] else days


def _whole(published: date, unit: tuple[int, int], name: str, step: int) -> Days:
    """The whole calendar unit that holds `published`, or the one before or after."""
    days, months = unit
    if name == "weekend":
        saturday = (
            published - timedelta(days=(published.weekday() - 5) % 7) + timedelta(days=7 * max(step, 0))
        )
        return saturday, saturday + timedelta(days=1)
    if name == "season" or (days == 0 and months == 0):
        return None, None
    if months:
        index = (published.year * 12 + published.month - 1) // months + step
        first, last = index * months, (index + 1) * months - 1
        if first < 12 or last // 12 > 9998:
            return None, None
        end = date(last // 12, last % 12 + 1, monthrange(last // 12, last % 12 + 1)[1])
        return date(first // 12, first % 12 + 1, 1), end
    if days == 7:
        monday = published - timedelta(days=published.weekday()) + timedelta(days=7 * step)
        return monday, monday + timedelta(days=6)
    day = published + timedelta(days=days * step)
    return day, day


def _period(match: re.Match[str], published: date | None) -> Days:
    """ "the three months to September", "the year ending 31 March": that many months up to the end of the date."""
    end = _point(match["end"], published, future=False)[1]
    number = _count(match["n"]) if match["n"] else 1
    if end is None or number is None:
        return None, None
    days, months = _grammar().units[_singular(match["unit"])]
    if not months:
        return end - timedelta(days=days * number - 1), end
    whole_month = end.day == monthrange(end.year, end.month)[1]
    if whole_month:
        total = end.year * 12 + end.month - months * number
        return date(total // 12, total % 12 + 1, 1), end
    return _back(end, (0, months), number) + timedelta(days=1), end


def _share_of_year(match: re.Match[str]) -> Days:
    """ "the first nine months of 2024": those months of the year; other units have no days."""
    months = _grammar().units[_singular(match["unit"])][1] * (_count(match["n"]) or 0)
    if not 0 < months < 12:
        return None, None
    year = int(match["year"])
    first, last = (1, months) if match["which"] == "first" else (13 - months, 12)
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def _back(day: date, unit: tuple[int, int], number: int) -> date:
    """The day that many units before, or after if negative. ValueError or OverflowError beyond the calendar."""
    days, months = unit
    if not months:
        return day - timedelta(days=days * number)
    year, month = divmod(day.year * 12 + day.month - 1 - months * number, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _part_of(whole: Days, part: str) -> Days:
    first, last = whole
    if first is None or last is None:
        return whole
    half = timedelta(days=(last - first).days // 2)
    if part.startswith("early"):
        return first, first + half
    if part.startswith("late"):
        return first + half + timedelta(days=1), last
    if part.startswith("mid"):
        return first + half // 2, last - half // 2
    if "end" in part or "close" in part:
        return last, last
    if "middle" in part:
        return first + half // 2, last - half // 2
    return first, first


def _count(words: str | None) -> int | None:
    """A number of units in digits or words; None for "few", "several"."""
    if not words:
        return None
    words = words.strip().removeprefix("a couple of").strip() or "couple"
    if words.isdigit():
        return int(words) if len(words) <= 4 else None
    return _grammar().numbers.get(words)


def _singular(unit: str) -> str:
    return {"centuries": "century", "months'": "month"}.get(unit, unit.removesuffix("s"))


# --- the words


@dataclass(frozen=True, slots=True)
class _Grammar:
    anchor: re.Pattern[str]
    expression: re.Pattern[str]
    relative: re.Pattern[str]
    interval: re.Pattern[str]
    period: re.Pattern[str]
    share: re.Pattern[str]
    led: re.Pattern[str]
    part: re.Pattern[str]
    date: re.Pattern[str]
    saying: re.Pattern[str]
    phrases: dict[str, int]
    months: dict[str, int]
    weekdays: dict[str, int]
    ordinals: dict[str, int]
    numbers: dict[str, int]
    units: dict[str, tuple[int, int]]


@cache
def _grammar() -> _Grammar:
    words = lexicon.read("times")
    month_words = [name.capitalize() for name in words["months"]]
    short = [
        name + "."
        for name in month_words
        if name in ("Sept", *(n[:3] for n in month_words)) and name != "May"
    ]
    month = rf"(?:{any_of(month_words + short)})(?![a-z])"
    weekday = rf"(?:{any_of(name.capitalize() for name in words['weekdays'])})"
    year = r"(?:1[5-9]|20)\d\d(?![\d,.]*\d|%|[  ]?(?:people|jobs|points|men|women|children|GMT|BST|CET|EST|EDT|UTC|hours|hrs|local time|pm|am)\b)"
    number = rf"(?:\d{{1,3}}|a couple of|couple of|few|several|{any_of([*words['numbers'], *(n.capitalize() for n in words['numbers'])])})"
    unit = rf"(?:{any_of([*words['units']])})(?:s|ies)?|centuries"
    nth = rf"(?:{any_of(words['ordinals'])})"
    day_number = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?(?!\d)"
    day = (
        rf"(?:{weekday},? )?(?:{day_number}(?: of)? {month}(?:,? {year})?|{month} {day_number}(?:,? {year})?(?![\d%]))"
        rf"|{month}(?:,? {year})?|{year}(?:[-–/]\d\d(?!\d))?"
        rf"|(?:last |next |this )?{weekday}(?! \d{{1,2}} [A-Z]|['’]s)"
        rf"|(?:the )?(?:{nth}) (?:quarter|half)(?: of (?:last year|this year|next year|the year|{year}))?|Q[1-4](?: {year})?"
        rf"|(?:the )?(?:1[5-9]|20)\d0s"
    )
    day_names = [*words["phrases"]["today"], *words["phrases"]["yesterday"], *words["phrases"]["tomorrow"]]
    today = any_of([*day_names, *(name.capitalize() for name in day_names)])
    relative = (
        rf"(?:earlier |later )?(?:last|this|next) (?:{unit})\b(?! (?:ago|old))"
        rf"|the (?:last|past|next|coming|previous|first|current) (?:{number} )?(?:{unit})\b(?! (?:ago|old))(?: of {year})?"
    )
    part = r"(?:early(?: in)?|late(?: in)?|mid-|mid|the (?:end|start|beginning|middle|close) of|the early|the late)"
    point = rf"(?:(?:{part}[ -]?)?(?:{day}|{relative}|the (?:year|month|week|quarter|decade|century)\b)|{today}|now)"
    lead = (
        r"[Ss]ince|[Ii]n|[Oo]n|[Bb]y|[Uu]ntil|[Tt]ill|[Dd]uring|[Tt]hroughout|[Aa]fter|[Bb]efore|[Ff]or|[Aa]t|[Oo]ver|[Ww]ithin|[Aa]s of|[Aa]s at|[Uu]p to|"
        r"[Ee]arlier|[Ll]ater|[Ll]ate on|[Ee]arly on|[Ss]o far"
    )
    capital_relative = r"[Ll]ast|[Tt]his|[Nn]ext|[Ee]arlier|[Ll]ater"
    expression = (
        rf"[\n (“\"‘–—-](?P<time>"
        rf"(?:[Ff]rom|[Bb]etween) (?:{point}) (?:to|and|until|till|through) (?:{point})"
        rf"|(?:(?:[Ii]n|[Ff]or|[Oo]ver|[Dd]uring) )?[Tt]he (?:{number} )?(?:{unit}) (?:to|through|(?:ending|ended)(?: in| on)?|until|up to) (?:the end of )?(?:{day})"
        rf"|(?:[Ii]n|[Dd]uring|[Tt]hroughout) (?:{year} (?:and|or) {year}|{month} and {month}(?: {year})?)"
        rf"|(?:{lead}) (?:{point})|[Ff]rom (?:{part}[ -]?)?(?:{day})"
        rf"|(?:[Oo]ver|[Ii]n|[Ww]ithin|[Dd]uring) (?:the )?(?:first|next|coming|last|past) (?:{number} )?(?:{unit})\b(?: of {year})?"
        rf"|(?:{number}) (?:{unit}) ago\b"
        rf"|(?:{capital_relative}) (?:(?:last|this|next) )?(?:{unit}|{weekday}|{any_of(month_words)})\b(?! old)"
        rf"|(?:{any_of(words['phrases']['unresolved'] + [p.capitalize() for p in words['phrases']['unresolved']])})\b"
        rf"|(?:{today})\b"
        rf"|(?:{part} )?(?:{day_number} {month}(?:,? {year})?|{month} (?:{day_number},? )?{year}|{weekday})\b(?!['’]s)"
        rf")(?![\w%£$€])"
    )
    low = _lowered
    captured = (
        rf"(?:on )?(?:the )?(?:(?P<which>last|next|this) )?(?:"
        rf"(?P<decade>(?:1[5-9]|20)\d0)s"
        rf"|(?:(?P<weekday>{low(weekday)}),?)?(?: ?(?:(?P<d1>\d{{1,2}}(?:st|nd|rd|th)?)(?: of)? (?P<m1>{low(month)})(?:,? (?P<y1>\d{{4}}))?"
        rf"|(?P<m2>{low(month)}) (?P<d2>\d{{1,2}}(?:st|nd|rd|th)?)(?!\d)(?:,? (?P<y2>\d{{4}}))?|(?P<m3>{low(month)})(?:,? (?P<y3>\d{{4}}))?))?"
        rf"|(?P<y4>\d{{4}})(?:[-–/](?P<year_end>\d\d))?"
        rf"|(?:(?P<nth>{nth}) (?P<span>quarter|half)|(?P<q>q[1-4]))(?: of)?(?: ?(?P<y5>\d{{4}})| ?(?:the|this) year)?"
        rf")"
    )
    phrase_words = [word for phrase in words["phrases"]["unresolved"] for word in phrase.split()]
    anchors = [*words["units"], *words["anchors"], *(word for word in phrase_words if len(word) > 6)]
    return _Grammar(
        anchor=re.compile(
            rf"[\s(“\"‘–—-](?:{any_of([*anchors, *month_words, *(day.capitalize() for day in words['weekdays'])])}"
            rf"|{today}|[12]\d\d\d|Q[1-4]|centuries|[CR](?:urrently|ecently))"
        ),
        expression=re.compile(expression),
        relative=re.compile(
            rf"(?:in |over |during |within |for |throughout |on |at )?(?P<part>so far |earlier |later )?(?:(?P<the>the )?(?P<which>last|this|next|past|previous|coming|current|first)"
            rf" (?:(?P<n>{number}) )?(?P<unit>{unit})|(?P<ago_n>{number}) (?P<ago_unit>{unit}) ago)"
        ),
        interval=re.compile(
            r"(?:from|between|in|during|throughout) (?P<from>.{3,40}?) (?:to|and|until|till|through) (?P<to>.{3,40})"
        ),
        period=re.compile(
            rf"(?:(?:in|for|over|during) )?the (?:(?P<n>{number}) )?(?P<unit>{unit}) (?:to|through|(?:ending|ended)(?: in| on)?|until|up to) (?:the end of )?(?P<end>.{{3,40}})"
        ),
        share=re.compile(
            rf"(?:in|over|during|within) the (?P<which>first|last) (?P<n>{number}) (?P<unit>{unit}) of (?P<year>\d{{4}})"
        ),
        led=re.compile(rf"(?P<lead>{low(lead)}|from) (?P<rest>.{{2,60}})"),
        part=re.compile(rf"(?:in )?({part})[ -]?(?:the )?"),
        date=re.compile(captured),
        saying=re.compile(
            rf"\b(?:{any_of(words['phrases']['saying'])})(?: (?:the |a )?(?!that\b)[\w’'-]+){{0,3}},? \Z"
        ),
        phrases={
            **dict.fromkeys(words["phrases"]["today"], 0),
            "now": 0,
            **dict.fromkeys(words["phrases"]["yesterday"], -1),
            **dict.fromkeys(words["phrases"]["tomorrow"], 1),
        },
        months=words["months"],
        weekdays=words["weekdays"],
        ordinals=words["ordinals"],
        numbers=words["numbers"],
        units={
            name: (entry.get("days", 0), entry.get("months", 0)) for name, entry in words["units"].items()
        },
    )


def _lowered(pattern: str) -> str:
    return re.sub(r"\[([A-Z])([a-z])\]", lambda found: found[2], pattern).lower()

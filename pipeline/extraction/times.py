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
from functools import lru_cache

from pipeline.extraction.proximity import Bounds, Span
from pipeline.extraction.time_grammar import grammar

Days = tuple[date | None, date | None]

# "the last before the change of president in January": the time is that of what comes after.
_OTHER_EVENT = re.compile(r"\b(?:before|after|ahead of)\s+\w")
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
    """The time expressions of a sentence, in order, without those of saying, of comparing, and names ("said on Monday",
    "more than last year", "Black Friday").
    """
    patterns = grammar()
    sentence = "\n" + text[start:end]
    anchor = patterns.anchor.search(sentence)
    if anchor is None:
        return []
    result: list[Span] = []
    for found in patterns.expression.finditer(sentence, max(0, anchor.start() - _LEAD)):
        first, last = found.span("time")
        if patterns.elsewhere.search(sentence, max(0, first - 60), first):
            continue
        if first > 1 or not patterns.then_said.match(sentence, last):
            result.append((start + first - 1, start + last - 1))
    return result


def _opens(text: str, sentence_start: int, start: int, between: str) -> bool:
    """Whether a time stands at the head of its sentence, or in the clause of time that it opens with."""
    if ";" in between:
        return False
    ahead = start - sentence_start
    return ahead < 3 or (ahead < _OPENING and _TIME_CLAUSE.match(text, sentence_start) is not None)


BOUNDS = Bounds(_opens, _OTHER_EVENT)


def resolve(text: str, span: Span, sentence_start: int, published: date | None) -> TimeReference:
    """The expression with the days that it stands for."""
    start, end = span
    words = text[start:end].lower()
    future = _FUTURE.search(text, max(sentence_start, start - 120), start) is not None
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
    patterns = grammar()
    relative = patterns.relative.fullmatch(words)
    if relative:
        return _relative(relative, published)
    period = patterns.period.fullmatch(words)
    if period:
        return _period(period, published)
    interval = patterns.interval.fullmatch(words)
    if interval:
        later = _point(interval["to"], published, future=future)
        earlier = _point(interval["from"], later[1] or published, future=False)
        return earlier[0], later[1]
    share = patterns.share.fullmatch(words)
    if share:
        return _share(share, _point(share["whole"], published, future=future))
    led = patterns.led.fullmatch(words)
    lead, rest = (led["lead"], led["rest"]) if led else ("in", words)
    if lead in ("by", "until", "till", "before", "up to"):
        point = _point(rest, published, future=not past, past=past)
        before = lead == "before" and point[0] is not None
        return None, (point[0] - timedelta(days=1) if before and point[0] else point[1])
    point = _point(rest, published, future=future)
    if lead == "since":
        return point[0], published
    if lead == "after":
        return (point[1] + timedelta(days=1) if point[1] else None), None
    return point


def _point(words: str, published: date | None, *, future: bool, past: bool = False) -> Days:
    """The days of a date, month, year, weekday, quarter or "last month", with "early", "late", "the end of".

    past: whether "the year" and the like are over, as after "had arrived by".
    """
    patterns = grammar()
    part = patterns.part.match(words)
    if part:
        whole = _point(words[part.end() :], published, future=future, past=past)
        return _part_of(whole, part[1])
    simple = _named_day(words, published)
    if simple:
        return simple
    match = patterns.date.fullmatch(words)
    if match:
        return _calendar(match, published, future=future)
    name = words.removeprefix("the ")
    unit = patterns.units.get(name)
    if unit and published:
        if name == "weekend":
            return _whole(published, unit, name, 1 if future else 0)
        before = _whole(published, unit, name, -1)
        return before if past and _just_over(before, published) else _whole(published, unit, name, 0)
    relative = patterns.relative.fullmatch(words)
    return _relative(relative, published) if relative else (None, None)


def _just_over(days: Days, published: date) -> bool:
    """Whether a period ended no longer ago than a sixth of its length."""
    first, last = days
    return first is not None and last is not None and (published - last) * 6 <= last - first


def _named_day(words: str, published: date | None) -> Days | None:
    phrases = grammar().phrases
    offset = phrases.get(words)
    if offset is None:
        return None
    if published is None:
        return None, None
    day = published + timedelta(days=offset)
    return day, day


def _calendar(match: re.Match[str], published: date | None, *, future: bool) -> Days:
    """A match of the date pattern: decade, year, quarter or half, month, day, weekday."""
    patterns = grammar()
    if match["decade"]:
        first = int(match["decade"][:4])
        return date(first, 1, 1), date(first + 9, 12, 31)
    month_name = match["m1"] or match["m2"] or match["m3"]
    year_text = match["y1"] or match["y2"] or match["y3"] or match["y4"] or match["y5"]
    year = int(year_text) if year_text else None
    if match["year_end"]:
        return date(int(match["y4"]), 1, 1), date(int(match["y4"][:2] + match["year_end"]), 12, 31)
    if match["weekday"] and not month_name:
        return _weekday(patterns.weekdays[match["weekday"]], match["which"], published, future=future)
    if match["nth"] or match["q"]:
        return _quarter(match, year, published)
    if month_name:
        return _month_day(
            patterns.months[month_name.rstrip(".")],
            match["d1"] or match["d2"],
            year,
            published,
            future=future,
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
    number = int(match["q"][1]) if match["q"] else grammar().ordinals[match["nth"]]
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
    patterns = grammar()
    unit = patterns.units[_singular(match["unit"] or match["ago_unit"])]
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
    days, months = grammar().units[_singular(match["unit"])]
    if not months:
        return end - timedelta(days=days * number - 1), end
    whole_month = end.day == monthrange(end.year, end.month)[1]
    if whole_month:
        total = end.year * 12 + end.month - months * number
        return date(total // 12, total % 12 + 1, 1), end
    return _back(end, (0, months), number) + timedelta(days=1), end


def _share(match: re.Match[str], whole: Days) -> Days:
    """ "the first nine months of 2024", "the last week of May": that part of the whole, if it is shorter than it."""
    days, months = grammar().units[_singular(match["unit"])]
    number = (_count(match["n"]) or 0) if match["n"] else 1
    first, last = whole
    if first is None or last is None or not number or not (days or months):
        return None, None
    if match["which"] == "first":
        part = first, _back(first, (days, months), -number) - timedelta(days=1)
    elif months:
        part = _back(first, (0, 1), -(_months(first, last) - months * number)), last
    else:
        part = _back(last, (days, 0), number) + timedelta(days=1), last
    return part if first < part[0] or part[1] < last else (None, None)


def _months(first: date, last: date) -> int:
    """How many months a period has that begins on the first day of one and ends on the last of another."""
    return (last.year - first.year) * 12 + last.month - first.month + 1


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
    return grammar().numbers.get(words)


def _singular(unit: str) -> str:
    return {"centuries": "century", "months'": "month"}.get(unit, unit.removesuffix("s"))

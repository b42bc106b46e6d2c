"""Where sentences begin and end, in prose as it is scraped: headings, paragraphs, quotations, abbreviations."""

from __future__ import annotations

import re

# Never the end of a sentence: a name or a number follows.
_TITLES = frozenset(
    "Mr Mrs Ms Mx Messrs Dr Prof Rev Hon Sen Rep Gov Gen Lt Col Maj Capt Cpl Sgt Adm Cmdr Brig Supt Insp Det "
    "Pres Amb Atty Fr Br Ven St Ste Mt Ft No Nos no nos Fig Figs fig figs Vol vol pp Art art Sec sec Ch ch Eq "
    "vs v cf e.g i.e eg ie viz al approx ca c".split()
)
# May end a sentence: they do if a word that opens sentences follows.
_ABBREVIATIONS = frozenset(
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun "
    "Inc Corp Co Ltd Bros Plc plc LLC Cos Jr Sr Esq Bhd Assn Dept Univ Natl Intl Ave Blvd Rd Hwy "
    "a.m p.m am pm U.S U.K U.N E.U U.S.A D.C L.A N.Y Ph.D M.D B.A M.A S.A N.V B.C A.D "
    "ft in lb lbs oz kg km mi mph min hr hrs sq cu etc est Ala Ariz Ark Calif Colo Conn Del Fla Ga Ill Ind Kan "
    "Ky La Md Mass Mich Minn Miss Mo Mont Neb Nev Okla Ore Pa Tenn Tex Va Vt Wash Wis Wyo m bn tn".split()
)
_OPENER = re.compile(
    r"[\"'“‘(\[]*(?:The|This|That|These|Those|There|Then|They|Their|An?|At|And|As|After|All|Also|Although|But|By|"
    r"Before|Both|Because|Each|Every|For|From|He|Her|His|How|However|Hundreds|If|In|Is|It|Its|Last|Many|Meanwhile|"
    r"More|Most|Mr|Mrs|Ms|No|Not|Now|Of|On|One|Once|Only|Or|Other|Our|Over|She|Since|So|Some|Still|Such|Thousands|"
    r"Two|Three|To|Under|Until|We|What|When|Where|Which|While|Who|Why|With|Yet|You|I)(?=[ ’'])"
)

# A stop and what closes with it, before white space; or a line end, with a stop that stands alone on the next.
# Every repetition is bounded or begins at one place only, so the scan is linear.
_BREAK = re.compile(
    r"[.!?…]{1,8}[\"'”’»)\]]{0,4}(?:\[\d{1,3}\]){0,4}(?=\s)|\n(?:[^\S\n]*\.[^\S\n]*(?=\n|\Z))?\s*"
)
_WORD_BEFORE = re.compile(r"[^\s(\[\"“‘'—–/-]*\Z")
_SPACE = re.compile(r"\s+")
_WORD_CHARACTER = re.compile(r"\w")


def split(text: str) -> list[tuple[int, int]]:
    """The sentences of a text as (start, end) spans: in order, without overlap, white space trimmed.

    A line end ends a sentence (headings and list items have no stop) unless the line goes on in lower case,
    as in hard-wrapped text. A stop alone on a line, as scraped pages have it, belongs to the line before.
    A stop is no end after a title, an initial or a list's number, nor before a lower-case letter.
    Lines without a letter or digit are no sentence.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for found in _BREAK.finditer(text):
        position, after = found.span()
        if "\n" in found[0]:
            if _line_goes_on(text, position, after):
                continue
            stop = found[0].find(".")
            end = position if stop < 0 else position + stop + 1
        else:
            if not _is_stop(text, start, position, after):
                continue
            end = after
        _append(spans, text, start, end)
        start = after
    _append(spans, text, start, len(text))
    return spans


def _append(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    if start < end and text[start].isspace():
        space = _SPACE.match(text, start, end)
        start = space.end() if space else start
    while end > start and text[end - 1].isspace():
        end -= 1
    if end - start > 3 or _WORD_CHARACTER.search(text, start, end):
        spans.append((start, end))


def _line_goes_on(text: str, position: int, after: int) -> bool:
    """One line end between a line without a stop and a line that begins in lower case."""
    return (
        0 < position
        and after < len(text)
        and text[after].islower()
        and text[position - 1] not in ".!?:;”\"…\n"
        and text.count("\n", position, after) == 1
    )


def _is_stop(text: str, start: int, position: int, after: int) -> bool:
    """Whether the punctuation at position..after ends the sentence that began at start."""
    following = after
    while following < len(text) and text[following] in " \t\xa0\u2009\u202f":
        following += 1
    if following >= len(text) or text[following].isspace():
        return True
    if text[following].islower() or text[following] in ",;:":
        return False
    if after - position != 1 or text[position] != ".":
        return True
    begin = max(start, position - 16)
    word = _WORD_BEFORE.search(text, begin, position)
    before = word[0] if word else ""
    if before in _TITLES:
        return False
    if before.isdigit():
        return len(before) > 2 or bool(text[start : position - len(before)].strip())
    if before in _ABBREVIATIONS or _is_initial(before):
        return _OPENER.match(text, following) is not None
    return True


def _is_initial(word: str) -> bool:
    """"J", "J.R", "U.S": single capitals, each with its stop."""
    return word[-1:].isupper() and (len(word) == 1 or word[-2] == ".")

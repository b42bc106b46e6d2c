"""How a sentence stands around a cue of speech, and which part of it the cue so governs."""

from __future__ import annotations

import re


def governed(
    text: str, start: int, end: int, subject_start: int, tail_start: int, tail: str, before: str
) -> tuple[int, int] | None:
    """The span that a cue with its subject answers for, by what stands before the one and after the other."""
    right = CONTRAST.search(text, tail_start, end)
    stop = right.start() if right else end
    if before == "none":
        return None if tail == "end" else (tail_start, stop)
    left = start
    if before != "quote":
        left = max(
            (found.end() for found in _STRONG_STOP.finditer(text, start, subject_start)), default=start
        )
    if tail == "end":
        return left, subject_start
    if tail == "comma" or (before == "quote" and tail in ("that", "quote")):
        return left, end
    if before == "clause" and text[tail_start - 1 : tail_start] == ":":
        return left, stop
    if before == "quote":
        return left, subject_start
    if tail == "adverb" and before == "clause":
        return left, subject_start
    return tail_start, stop


def before_subject(text: str, start: int, subject_start: int) -> str:
    """What stands before a subject: none, a quotation, a clause, or an adverbial with its comma."""
    head = text[start:subject_start].rstrip()
    if not head or (head[-1] == '"' and head[-2:-1] in " ("):
        return "none"
    if head[-1] in '”"’' or (head[-1] in ",?!" and head[-2:-1] in '”"’' and len(head) > 1):
        return "quote"
    if head[-1] in ",–—-":
        return "adverbial" if _ADVERBIAL.match(head) and head.count(",") == 1 else "clause"
    return "none"


def after_cue(text: str, position: int, end: int, *, hearer: bool) -> tuple[str, int]:
    """How a sentence goes on after its cue (and the hearer): end, comma, that, quote, adverb or clause; and where."""
    if text.startswith(HAVING, position):
        return "clause", position
    if hearer:
        told = _HEARER.match(text, position, end)
        position = told.end() if told else position
    found = _TERMINATOR.search(text, position, end)
    if found is None:
        between, kind, after = text[position:end], "end", end
    else:
        between, after = text[position : found.start()], found.end()
        kind = "that" if found[0] == " that " else _TERMINATORS.get(found[0].strip(), "end")
    between = between.strip(" .")
    if kind == "quote" and between.count(" ") > _LONGEST_ADVERB:
        return "clause", position
    if between and not _TAIL_ADVERB.match(between) and not _WEEKDAY.match(between):
        return "clause", position
    if between and kind == "end":
        return "adverb", position
    if between and _SUBORDINATE.match(between):
        return "adverb", position
    return kind, position if kind == "end" else after


# --- the words

_STRONG_STOP = re.compile(r"[;] |: ")
CONTRAST = re.compile(r"; (?![^();]{0,80}\))|(?:,| [–—-]) (?:but|while|whereas|although|though) (?!that)")
_ADVERBIAL = re.compile(
    r"(?:In|On|At|During|After|Before|Since|By|Until|Over|For|As|Although|While|If|When|Despite|Because|Following|With|"
    r"Under|Last|This|Earlier|Later|Yesterday|Today|But|And|Meanwhile|However|Asked|Speaking|To|Of|From|Two|Three|"
    r"Though|Unlike|Against|Amid|According|Once|[A-Z][a-z]+ly)\b"
)
_HEARER = re.compile(
    r" (?:(?!that\b|in\b|on\b|about\b|ahead\b|at\b|during\b|after\b|as\b|how\b|why\b|by\b)[\w’'&.-]+ ?){1,6}?"
    r"(?=[,:;“\"]|\.?\Z|\. | (?:that|in|on|about|ahead|at|during|after|as|it|he|she|they|there|the) )"
)
_TERMINATOR = re.compile(r" that |[,:;](?=[\s”\"’])|[“\"]| [–—-] |\.(?=\s|\Z)")
_TERMINATORS = {
    ",": "comma",
    ":": "quote",
    "“": "quote",
    '"': "quote",
    "–": "comma",
    "—": "comma",
    "-": "comma",
    ";": "end",
}
_TAIL_ADVERB = re.compile(
    r"\s?(?:on|in|at|during|late|earlier|early|last|this|yesterday|today|after|before|following|ahead|as|when|while|to|via|"
    r"from|by|outside|through|again|recently|shortly|afterwards|later|repeatedly|separately|previously|of|about|with|"
    r"publicly|bluntly|then|there|here|(?:\w+ )?(?:minutes|hours|days|weeks|months|years) (?:later|after|ago|before|earlier))\b"
)
# "the ministry said Tuesday", "said Tuesday in a statement"
_WEEKDAY = re.compile(
    r"\s?(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day(?: (?:morning|afternoon|evening|night))?"
    r"(?: (?:in|at|on|after|before|via|during|as|when|while)\b|\Z)"
)
_SUBORDINATE = re.compile(r"\s?(?:as|when|while)\b")
# "said on Tuesday in the capital:": an adverbial before a quotation has at most so many spaces.
_LONGEST_ADVERB = 7
# "claims to have taken": what is claimed follows.
HAVING = " to have "

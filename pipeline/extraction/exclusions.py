"""Numbers that are no quantities: dates, years, labels, names, scores, "one of them". Each is a rule that leaves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline import lexicon
from pipeline.extraction import cues
from pipeline.extraction.numerals import is_whole
from pipeline.extraction.parts_of_speech import is_known_plural, is_plural, look_up
from pipeline.extraction.rules import Nodes, Rule

if TYPE_CHECKING:
    from pipeline.extraction.quantity import Quantity


def _exclude(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    return []


def _excluded_if(condition: object) -> list[Quantity] | None:
    return [] if condition else None


def _day_and_month(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "3 December 2024", "May 8-10": every number but the year is a day of the month."""
    days = [quantity for quantity in nodes.within(start, end) if not quantity.year]
    return _excluded_if(all(day.bare and day.value is not None and 0 < day.value <= 31 for day in days))


def _may(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "on 1 may": the month in lower case."""
    day = nodes.quantities[start + 1]
    return _excluded_if(nodes.lower(start) == "on" and nodes.lower(end - 1) == "may" and day.bare)


def _year(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """A bare number from 1000 to 2099 is a year unless things that it counts follow it."""
    value = int(nodes.quantities[start].value or 0)
    before, tag = nodes.lower(start - 1), nodes.tag(start - 1)
    likely = 1900 <= value <= 2060
    if likely and nodes.tag(start + 1) == "'":
        return []  # "lower than 2003's loss"
    counts = _plural_follows(nodes, start + 1) and not (likely and (value % 100 or tag in ("t", "d", "'")))
    if before in lexicon.words("years", "strong") or tag in ("m", "w"):
        return _excluded_if(not counts or likely)
    if before in lexicon.words("years", "hedges"):
        return _excluded_if(
            likely and before in ("around", "about") and not _plural_follows(nodes, start + 1)
        )
    if counts and not likely:
        return None
    if (
        before in lexicon.words("dates", "before_year")
        or tag in ("(", "'", "-", "")
        or nodes.tag(start + 1) == "'"
    ):
        return _excluded_if(1500 <= value <= 2060 and (likely or value % 100))
    return _excluded_if(likely and not counts)


def _years(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "1100 and 1340", "1914 to 1918", "2005-6": two years."""
    first, second = nodes.within(start, end)
    if not second.year:
        short = (
            nodes.glued(start + 1) and nodes.glued(start + 2) and second.bare and (second.value or 0) < 100
        )
        return _excluded_if(short and 1900 <= (first.value or 0) <= 2060)
    rising = first.value is not None and second.value is not None and first.value < second.value
    return _excluded_if(rising and not _plural_follows(nodes, end))


def _plural_follows(nodes: Nodes, node: int) -> bool:
    """Whether one of the next words is a plural, so that a number before them may count it."""
    for k in range(node, node + 4):
        if nodes.tag(k) not in ("n", "N", "-", "°") and not (nodes.tag(k) == "&" and nodes.tag(k - 1) == "N"):
            return False
        if nodes.tag(k) == "n" and is_plural(nodes.lower(k)):
            return True
        known = look_up(nodes.lower(k))
        if nodes.tag(k) == "n" and known.verb and not (known.noun or known.adjective or known.participle):
            return False  # "Channel 4 said people"
        if nodes.tag(k) == "N" and (
            is_known_plural(nodes.lower(k)) or _is_acronyms(nodes.word(k)) or _is_people(nodes.lower(k))
        ):
            return True
    return False


def _is_acronyms(word: str) -> bool:
    """Whether a word is the plural of an acronym: "MPs"."""
    return len(word) > 2 and word[-1] == "s" and word[:-1].isupper()


def _is_people(word: str) -> bool:
    """Whether a name, in lower case, is of the members of a nation, faith or party: "Palestinians", "Kurds"."""
    return word.endswith(("ians", "icans")) or word in lexicon.words("peoples", "words")


def _label(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Section 427", "page 3", "No 10", "Standard & Poor's 500": a label before a bare number."""
    node = end - 1
    quantity = nodes.quantities[node]
    label = node - 2 if nodes.tag(node - 1) in ".'" else node - 1
    word = nodes.lower(label)
    if word not in lexicon.words("labels", "words") or quantity.unit is not None or quantity.hyphenated:
        return None
    if quantity.scaled and quantity.style == "digits":
        return None
    if (
        word in lexicon.words("labels", "plain")
        and nodes.word(label).islower()
        and _plural_follows(nodes, node + 1)
    ):
        return None
    if quantity.style == "words" and word in lexicon.words("labels", "digits_only"):
        return None
    return []


def _labels(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "pages 3 and 4", "the iPhone 14 and 15": what a label in the plural names, or one after the other."""
    quantities = nodes.within(start, end)
    bare = all(quantity.unit is None and not quantity.scaled for quantity in quantities)
    label = nodes.lower(start)
    first, last = quantities[0].value, quantities[-1].value
    in_turn = first is not None and last is not None and last - first == len(quantities) - 1
    known = (label.endswith("s") or in_turn) and label in lexicon.words("labels", "words")
    return _excluded_if(known and bare and nodes.tag(end) != "-" and not _plural_follows(nodes, end))


def _lettered(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "item 7A", "Gate 12C": a letter after what a label names is no unit."""
    quantity = nodes.quantities[end - 1]
    words = nodes.sentence.words[quantity.first : quantity.last]
    letter = len(words) == 2 and len(words[1]) == 1 and words[1].isupper()
    glued = nodes.sentence.glued(quantity.first + 1)
    return _excluded_if(letter and glued and nodes.lower(start) in lexicon.words("labels", "words"))


def _to_par(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "a four-under-par 68", "a 5-under 67": a round of golf."""
    return _excluded_if(
        nodes.lower(start + 2) in ("under", "over") and all(nodes.glued(k) for k in (start + 1, start + 2))
    )


def _last_few(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "the last eight", "the top 10": a place in an order, if nothing follows that is counted."""
    quantity = nodes.quantities[end - 1]
    if (
        nodes.lower(start) not in lexicon.words("labels", "last")
        or quantity.unit is not None
        or quantity.hyphenated
    ):
        return None
    return _excluded_if(
        (not quantity.scaled and nodes.tag(end) not in ("n", "N"))
        or (nodes.lower(start) == "top" and not _plural_follows(nodes, end))
    )


def _era(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "190 A.D.", "500 BC": a year of an era."""
    return _excluded_if(nodes.word(end - 1).replace(".", "") in ("AD", "BC", "BCE", "CE"))


def _glued(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "3D", "5G", "747s": digits with letters that are no unit; and a number that is a name."""
    quantity = nodes.quantities[start]
    if nodes.sentence.words[quantity.first][0].isupper() and _is_name(nodes, start, quantity):
        return []
    after = nodes.glued(start + 1) and nodes.word(start + 1)[0].isalpha() and nodes.lower(start + 1) != "plus"
    before = nodes.glued(start) and (nodes.word(start - 1) == "#" or nodes.word(start - 1).isalpha())
    return _excluded_if((after or before) and quantity.bare)


def _is_name(nodes: Nodes, node: int, quantity: Quantity) -> bool:
    """ "while Five's share fell", "a rival of Five said": what a number is the name of, inside a sentence."""
    if quantity.unit is not None or quantity.last > quantity.first + 1 or quantity.first == 0:
        return False
    return nodes.tag(node - 1) not in ('"', ":", ".", "(", "-", "@", "º", "!") and "n" in nodes.symbols


def _possessed(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "3's marketing director": a name in digits."""
    return _excluded_if(nodes.quantities[start].bare)


def _title(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Six Nations", "the Fantastic Four": a number word with a capital inside a sentence is part of a name."""
    quantity = nodes.quantities[end - 1] if end - 1 in nodes.quantities else nodes.quantities[start]
    word = nodes.sentence.words[quantity.first]
    if quantity.style != "words" or not word[0].isupper() or quantity.first == 0 or quantity.unit is not None:
        return None
    return _excluded_if("n" in nodes.symbols)


def _identifier(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "F-16", "Covid-19", "ID.3", "the under-21 team": a name glued to a number."""
    quantity = nodes.quantities[end - 1]
    if quantity.style != "digits":
        return None
    if nodes.lower(start) in lexicon.words("prefixes", "words"):
        team = nodes.lower(start) in ("under", "over") and quantity.bare and not nodes.glued(start)
        return _excluded_if(team and nodes.glued(end - 1) and nodes.glued(end - 2))
    if quantity.unit is not None and not (
        quantity.kind == "measure"
        and nodes.sentence.glued(quantity.first + 1)
        and quantity.last - quantity.first == 2
    ):
        return None  # but "X-173m" is a name
    return _excluded_if(nodes.glued(end - 1) and nodes.glued(end - 2))


def _type(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Boeing 737-800": the type of what a label names."""
    return _excluded_if(
        nodes.lower(start) in lexicon.words("labels", "words")
        and nodes.glued(start + 2)
        and nodes.glued(start + 3)
        and all(quantity.bare and (quantity.value or 0) >= 100 for quantity in nodes.within(start, end))
    )


def _clock(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "nine o'clock", "five to six o'clock"."""
    return _excluded_if(nodes.lower(end - 1) in ("o'clock", "o’clock"))


def _past(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "at ten past six": minutes and an hour."""
    minutes, hour = nodes.within(start, end)
    if nodes.lower(start + 1) != "past" or minutes.unit is not None or hour.unit is not None:
        return None
    is_time = minutes.value in (5, 10, 20, 25) and hour.value is not None and 0 < hour.value <= 12
    return _excluded_if(is_time and nodes.tag(end) not in ("n", "N", "-"))


def _at_an_hour(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "closed at nine after cracks appeared", "at 8 in the morning": an hour, a rank or an age; nothing is counted."""
    quantity = nodes.quantities[end - 1]
    bare = quantity.unit is None and not quantity.scaled and not quantity.hyphenated
    if nodes.lower(start) != "at" or not bare or quantity.value is None or not is_whole(quantity.value):
        return None
    if quantity.value <= 100 and nodes.sentence.says_any(lexicon.words("clock", "ranks")):
        return _excluded_if(nodes.tag(end) not in ("n", "N", "o", "p", "(", "j"))
    if not 0 < quantity.value <= 12 or nodes.tag(end) in ("n", "N", "o", "p", "(", "j"):
        return None
    stated = nodes.lower(start - 1) in lexicon.words("clock", "not_after")
    return _excluded_if(not (stated or nodes.sentence.says_any(lexicon.words("entities", "totals"))))


def _resolution(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "4K", "an 8K television": a format of pictures."""
    quantity = nodes.quantities[start]
    if nodes.sentence.words[quantity.first : quantity.last] not in (
        ["2", "K"],
        ["4", "K"],
        ["5", "K"],
        ["8", "K"],
    ):
        return None
    return _excluded_if(
        nodes.tag(end) not in ("n", "N") or nodes.lower(end) in lexicon.words("pictures", "after")
    )


def _odds(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "a ratio of 3 to 1", "outnumbered ten to one": no range."""
    first, last = nodes.within(start, end)
    plain = first.unit is None and last.unit is None and not (first.scaled or last.scaled)
    return _excluded_if(
        plain and last.value == 1 and (first.value or 0) > 1 and nodes.tag(end) not in ("n", "N")
    )


def _pair(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "50/50", "20/20 vision", odds of "4/6": two numbers that make no fraction of a whole."""
    quantity = nodes.quantities[start]
    slashed = nodes.sentence.tags[quantity.first] == "/" and quantity.last == quantity.first + 1
    if not slashed or quantity.unit is not None:
        return None
    return _excluded_if(
        (quantity.value or 0) >= 1 or nodes.sentence.says_any(lexicon.words("scores", "odds"))
    )


def _formation(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "4-4-2": an order on a field."""
    bare = all(quantity.bare and (quantity.value or 0) < 20 for quantity in nodes.within(start, end))
    return _excluded_if(bare and all(nodes.glued(k) for k in range(start + 1, end)))


def _in_brackets(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Norway (6)": a place in an order."""
    quantity = nodes.quantities[start + 2]
    whole = quantity.bare and quantity.value is not None and is_whole(quantity.value)
    return _excluded_if(whole and (quantity.value or 0) <= 14)


def _named_in_turn(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Rocky 2 and 3", "the iPhone 14 and 15": the second has the name of the first."""
    first, second = nodes.within(start, end)
    follows = first.value is not None and second.value == first.value + 1
    return _excluded_if(follows and first.bare and second.bare and not _plural_follows(nodes, end))


def _hits(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "went 2-for-4": a score."""
    return _excluded_if(
        nodes.lower(start + 2) == "for" and all(nodes.glued(k) for k in range(start + 1, end))
    )


def _aperture(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "f/1.8": the opening of a lens."""
    return _excluded_if(nodes.lower(start) == "f" and nodes.word(start + 1) == "/" and nodes.glued(start + 2))


def _reference(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "3 deaths per 100,000 people", "8 litres per 100 km": the number that a rate is for."""
    return _excluded_if(nodes.lower(start) == "per")


def _named(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Channel 4", "iPhone 14", "S&P 500", "Boeing 747": a name before bare digits that count nothing."""
    node = end - 1
    quantity = nodes.quantities[node]
    if not quantity.bare or quantity.hyphenated or quantity.last - quantity.first > 1:
        return None
    word = nodes.sentence.words[quantity.first]
    if "," in word or ("." in word and (quantity.value or 0) > 30):
        return None
    label = nodes.word(start) in lexicon.words("labels", "capital")
    return _excluded_if(label or "." in word or not _plural_follows(nodes, node + 1))


def _model(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "11 Pro Max", "5 Live": bare digits that a name follows, and no plural that they could count."""
    quantity = nodes.quantities[start]
    if not quantity.bare or quantity.hyphenated or not 1 < (quantity.value or 0) < 1000:
        return None
    return _excluded_if(not _plural_follows(nodes, start + 1))


def _programme(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "told 60 Minutes that", "the film 28 Days": a time with a capital among words without one is a name."""
    quantity = nodes.quantities[start]
    word = nodes.sentence.words[quantity.last - 1]
    named = quantity.kind == "duration" and quantity.first > 0 and len(word) > 2 and word.istitle()
    return _excluded_if(named and "n" in nodes.symbols)


def _opening(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "1 Roger Federer" at the start of a line: a place in a table."""
    quantity = nodes.quantities.get(0)
    bare = start == 0 and quantity is not None and quantity.bare and (quantity.value or 0) < 200
    return _excluded_if(bare and not _plural_follows(nodes, 1))


def _score(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "2-1", "6-4", "five-four": small whole numbers with a hyphen and nothing that they count."""
    first, second = nodes.within(start, end)
    if first.style == second.style == "words" and nodes.glued(start + 1) and nodes.glued(start + 2):
        plain = first.unit is None and second.unit is None and not (first.scaled or second.scaled)
        return _excluded_if(plain and (first.value or 0) >= (second.value or 0))
    if not (first.bare and second.bare) or first.value is None or second.value is None:
        return None
    if not (is_whole(first.value) and is_whole(second.value)) or max(first.value, second.value) > 999:
        return None
    following = nodes.tag(end)
    rising = first.value < second.value
    if rising and following in ("n", "N"):
        return _excluded_if(nodes.lower(end) in lexicon.words("scores", "after"))
    if rising and (second.hyphenated or nodes.lower(start - 1) in lexicon.words("years", "hedges")):
        return None
    return _excluded_if(
        following != "-" and not (rising and nodes.lower(start - 1) in ("of", "between", "for", "aged"))
    )


def _pronoun_one(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "one of them", "the one", "no one", "one another", "there is one country that": "one" that counts nothing."""
    quantity = nodes.quantities[start]
    if quantity.unit is not None or quantity.hyphenated or nodes.lower(start) != "one":
        return None
    if quantity.last - quantity.first > 1:
        return None
    if nodes.tag(start - 1) == "-" and nodes.glued(start):
        return []
    if nodes.lower(start + 1) in lexicon.words("pronoun_one", "after") or nodes.tag(start + 1) not in (
        "n",
        "N",
    ):
        return []
    if nodes.lower(start - 1) in lexicon.words("pronoun_one", "before"):
        return []
    if _acts(nodes, start + 1):
        return []
    if any(nodes.lower(k) == "another" for k in range(start + 2, start + 7)):
        return []
    if nodes.lower(start + 1) == "hand" and nodes.lower(start - 1) == "on":
        return []
    pointed_at = nodes.lower(start - 1) in lexicon.words("pronoun_one", "copulas")
    for k in range(start + 2, start + 5) if pointed_at else ():
        if nodes.tag(k) not in ("n", "N", "-"):  # "there is one country that", which points at it
            return _excluded_if(nodes.tag(k) == "r" or nodes.lower(k) in ("that", "whose", "where"))
    return None


def _acts(nodes: Nodes, node: int) -> bool:
    """Whether the word after "one" is no noun: "nor can one rely on it", "a method like one based on ice"."""
    known = look_up(nodes.lower(node))
    if known.verb and not (known.noun or known.adjective or known.participle):
        return nodes.tag(node - 2) == "v"
    described = (
        known.participle and nodes.lower(node).endswith("ed") and nodes.tag(node + 1) in ("i", "b", "→")
    )
    return described and nodes.lower(node) not in lexicon.words("phrases", "became")


def _one_day(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "One day it will end": no length of time."""
    quantity = nodes.quantities[start]
    words = nodes.sentence.lower[quantity.first : quantity.last]
    return _excluded_if(
        words in (["one", "day"], ["one", "night"])
        and nodes.tag(start - 1) not in ("i", "≥", "e", "b", "o")
        and nodes.tag(start + 1) != "'"
    )


def _compound(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "twenty-first", "two-faced", "30-something", "zero-carbon": part of an ordinal or an adjective."""
    if not (nodes.glued(start + 1) and nodes.glued(start + 2)) or nodes.quantities[start].unit is not None:
        return None
    word = nodes.lower(start + 2)
    return _excluded_if(
        nodes.tag(start + 2) in ("°", "4")
        or (word.endswith("ed") and look_up(word).participle)
        or word in lexicon.words("pronoun_one", "joined")
        or (word == "time" and nodes.lower(start) == "one")
        or (nodes.quantities[start].value == 0 and nodes.quantities[start].style == "words")
    )


def _result(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "Italy 8-38 Wales": a score between the names of two sides."""
    whole = all(q.bare and q.value is not None and is_whole(q.value) for q in nodes.within(start, end))
    return _excluded_if(whole and all(nodes.glued(k) for k in (start + 2, start + 3)))


def _wickets(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "took 5 for 34", "were 231 for 4": runs and wickets."""
    first, second = nodes.within(start, end)
    if nodes.lower(start + 1) != "for" or not (first.bare and second.bare):
        return None
    wickets = min(first.value or 0, second.value or 0) <= 10
    return _excluded_if(wickets and nodes.tag(end) not in ("n", "N", "-"))


def _all_out(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "bowled out for 231", "dismissed for 12": runs."""
    quantity = nodes.quantities[end - 1]
    out = nodes.lower(start) in lexicon.words("scores", "out") and nodes.lower(start + 1) == "for"
    return _excluded_if(out and quantity.bare and nodes.tag(end) not in ("n", "N", "-"))


def _designation(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "the 486 is": digits with an article and no noun name a thing; "the two were" points back."""
    quantity = nodes.quantities[start + 1]
    return _excluded_if(quantity.unit is None and not quantity.hyphenated and not quantity.scaled)


def _type_of_thing(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "the 486 chip", "the 16-bit 486 chip", "an 18 certificate": digits between an article and one thing name it."""
    described = nodes.within(start, end - 2)
    quantity, word = nodes.quantities[end - 2], nodes.lower(end - 1)
    if not quantity.bare or quantity.hyphenated or (quantity.value or 0) < 2 or "," in nodes.word(end - 2):
        return None
    known = look_up(word)
    if not known.noun or known.adjective or is_plural(word) or word in lexicon.words("labels", "invariant"):
        return None
    if nodes.tag(end) in ("n", "N", "-", "j", "C") or nodes.glued(end - 1):
        return None
    return described if all(measure.hyphenated for measure in described) else None


def _numbering(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "1. Mix", "2) Stir" at the start of a sentence."""
    quantity = nodes.quantities.get(0)
    return _excluded_if(start == 0 and quantity is not None and quantity.bare and (quantity.value or 0) < 100)


def _is_time_ahead(after: str, nodes: Nodes, node: int) -> bool:
    """ "a quarter earlier", "a quarter in advance": three months."""
    return after in ("earlier", "later", "ago", "ahead") or (after, nodes.lower(node + 2)) == (
        "in",
        "advance",
    )


def _scores(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "the scores", "put scores on the board": points, where "scores of" and "scores died" are many."""
    if nodes.lower(start) != "scores" or nodes.lower(start + 1) in ("of", "more"):
        return None
    return _excluded_if(
        nodes.tag(start - 1) in ("t", "d", "n", "N", "'", "a") or nodes.tag(start + 1) in ("i", "e")
    )


def _fraction_word(nodes: Nodes, start: int, end: int) -> list[Quantity] | None:
    """ "the first half", "half-time", "a third party": fraction words that are no fractions."""
    quantity = nodes.quantities[start]
    if quantity.style != "fraction":
        return None
    if (nodes.tag(start + 1) == "-" and nodes.glued(start + 1)) or nodes.lower(start + 2) == "step":
        return []
    lower = nodes.sentence.lower
    before, after, tag = nodes.lower(start - 1), nodes.lower(start + 1), nodes.tag(start + 1)
    if quantity.last - quantity.first == 1 and lower[quantity.first].isalpha():
        if lower[quantity.first] != "half" or tag in ("-",) or nodes.tag(start - 1) in ("°", "º", "-"):
            return []
        if before in lexicon.words("fractions", "half_before") and after != "of":
            return []
        named = nodes.tag(start - 1) == "N" or before in ("own", "what")
        if named and tag != "n" and after not in lexicon.words("fractions", "half_of"):
            return []  # "a Danish half", "in their own half": of a game, of a pitch
        return _excluded_if(after in lexicon.words("fractions", "half_after"))
    if before == "what" or (lower[quantity.last - 1] == "quarter" and _is_time_ahead(after, nodes, start)):
        return []
    if lower[quantity.first] == "a" and tag in ("n", "N"):
        return _excluded_if(after not in lexicon.words("fractions", "fraction_after"))
    if lower[quantity.first] == "one":
        return _excluded_if(after in lexicon.words("fractions", "ordinal_before"))
    return None


_LINK = "(hyphen | and | to | or)"

EXCLUSIONS: tuple[Rule, ...] = (
    Rule("date", f"COUNT ({_LINK} COUNT)? of? month (comma? YEAR)?", _day_and_month),
    Rule("date", "preposition COUNT auxiliary", _may),
    Rule("date", "nth of? month (comma? YEAR)?", _exclude),
    Rule(
        "date",
        f"month stop? (COUNT | nth) ({_LINK} (COUNT | nth))? (comma? YEAR)?",
        _day_and_month,
    ),
    Rule("date", "month stop? comma? YEAR", _exclude),
    Rule("year", "YEAR", _year),
    Rule("years", f"YEAR {_LINK} YEAR", _years),
    Rule("years", "YEAR hyphen COUNT", _years),
    Rule(
        "label",
        "(word | name | the | determiner | initials | preposition) stop? (COUNT | YEAR)",
        _label,
        cues.LABEL,
    ),
    Rule("label", "name possessive COUNT", _label, cues.LABEL),
    Rule("label", "(word | name) COUNT comma COUNT", _labels, cues.LABEL),
    Rule("label", f"(word | name) COUNT (comma COUNT){{0,3}} {_LINK} COUNT", _labels, cues.LABEL),
    Rule("label", "(word | name) MEASURE", _lettered, cues.LABEL),
    Rule("score", "COUNT hyphen preposition (hyphen word)? COUNT", _to_par),
    Rule(
        "identifier",
        "(word | name | initials | mixed | preposition | to | adverb | conjunction) (hyphen | stop) (COUNT | YEAR)",
        _identifier,
    ),
    Rule("identifier", "(word | name | initials | mixed) hyphen MEASURE", _identifier),
    Rule("type", "name COUNT hyphen COUNT", _type),
    Rule("clock", f"COUNT ({_LINK} COUNT)? (word | name)", _clock, cues.CLOCK),
    Rule("clock", "COUNT preposition COUNT", _past, cues.CLOCK),
    Rule("clock", "preposition COUNT", _at_an_hour, cues.AT),
    Rule("resolution", "COUNT", _resolution, cues.PICTURE),
    Rule("odds", "COUNT to COUNT", _odds),
    Rule("pair", "COUNT", _pair, cues.SLASHED),
    Rule("score", "COUNT hyphen preposition hyphen COUNT", _hits),
    Rule("formation", "COUNT hyphen COUNT hyphen COUNT", _formation),
    Rule("named", "(COUNT | YEAR) possessive", _possessed),
    Rule("named", "name COUNT and COUNT", _named_in_turn),
    Rule("seed", "name open COUNT close", _in_brackets),
    Rule("aperture", "word sign COUNT", _aperture, cues.LENS),
    Rule("reference", "per (COUNT | MEASURE)", _reference),
    Rule("last_few", "(word | ordinal_word | preposition | determiner) COUNT", _last_few, cues.LAST),
    Rule("era", "(COUNT | YEAR) (name | initials | word)", _era, cues.ERA),
    Rule("identifier", "(COUNT | YEAR)", _glued),
    Rule("title", "name COUNT", _title),
    Rule("title", "COUNT name", _title),
    Rule("named", "COUNT name", _model),
    Rule("named", "MEASURE", _programme),
    Rule("opening", "COUNT name", _opening),
    Rule("named", "(name | mixed | initials) (COUNT | YEAR)", _named),
    Rule("score", "COUNT hyphen COUNT", _score),
    Rule("score", "name COUNT hyphen COUNT name", _result),
    Rule("score", "COUNT preposition COUNT", _wickets, cues.FOR),
    Rule("score", "(word | conjunction) preposition COUNT", _all_out, cues.OUT),
    Rule("designation", "the COUNT auxiliary", _designation),
    Rule("pronoun_one", "COUNT", _pronoun_one, cues.ONE),
    Rule("one_day", "MEASURE", _one_day, cues.ONE),
    Rule(
        "compound",
        "COUNT hyphen (word | name | ordinal_word | fraction_word | pronoun | determiner)",
        _compound,
    ),
    Rule("designation", "(the | article | determiner | possessive) MEASURE? COUNT word", _type_of_thing),
    Rule("numbering", "COUNT (stop | close)", _numbering),
    Rule("fraction_word", "SHARE", _fraction_word, cues.FRACTION),
    Rule("scores", "VAGUE", _scores),
)

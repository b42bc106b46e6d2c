"""The noun phrases of a sentence: what hangs on what, and which is the subject of a verb.

A light reading, over the tags of the words: quantities are one kind of word here, and no noun phrase runs into one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, NamedTuple

from pipeline import lexicon
from pipeline.extraction.combinations import directions
from pipeline.extraction.parts_of_speech import is_known_plural, is_plural, look_up
from pipeline.extraction.tagging import WHICH, tag_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.extraction.quantity import Quantity
    from pipeline.extraction.tokens import Sentence

_NOUN_PHRASE = re.compile(
    r"[atd]?(?:[jnN·#°º]|m(?=[jnN])|(?<=[jnN#·°])-(?=[jnNg#])|(?<=-)g|(?<=[nN#·˙])'(?=[jnN#·°])"
    r"|(?<=N)˙|&(?=[N#])(?<=[N·#˙]&))+"
)
_PASSABLE = frozenset("vegirpo→←↔b,w≥m9!°º&'Qdc\"()-")
# What may stand between a subject and its verb, read from right to left: adverbs, times and brackets.
_ADVERBIAL = re.compile(
    r"(?:,?(?:Q{1,8}[ib←↔o]|[Tmw!][Tmw!#Q°ºje→'-]{0,8}[atd]?[ib←↔]?|#i|e|\)[^()]{1,16}\())+"
)
_MAX_COUNTED = 12
_MAX_ADVERBIAL = 40
_MAX_VERBS = 8
_APPOSITION = 16
_SUBJECT_WINDOW = 80
# Adverbs between a number and the adjective of what it counts, beside those in -ly: "the 100 most popular books".
_GRADES = frozenset(["more", "most", "least", "very", "combined", "further"])
_LAST = attrgetter("last")


class Phrase(NamedTuple):
    """A noun phrase: tokens first to last (exclusive), and its head."""

    first: int
    last: int
    head: int


class Reading:
    """A sentence with the part of speech of each word (`tags`, as `tag_words` gives them) and its noun phrases."""

    def __init__(self, sentence: Sentence, quantities: Sequence[Quantity]) -> None:
        self.sentence = sentence
        self._temporal = lexicon.words("phrases", "temporal")
        self._prepositions = lexicon.words("phrases", "prepositions")
        self._sayings = lexicon.words("phrases", "sayings")
        self._clauses = lexicon.words("phrases", "clauses")
        self._causes = lexicon.words("phrases", "causes")
        self.tags = tag_words(sentence, quantities)
        self._reversed = self.tags[::-1]
        self.phrases = [
            p for m in _NOUN_PHRASE.finditer(self.tags) if (p := self._phrase(*m.span())) is not None
        ]
        self._by_end = {phrase.last: phrase for phrase in self.phrases}
        self._by_start = {phrase.first: phrase for phrase in self.phrases}

    def _phrase(self, first: int, last: int) -> Phrase | None:
        tags, lower = self.tags, self.sentence.lower
        if tags[max(0, first - 2) : first] == "Q-" and last - first > 1:
            first += 1  # "the 120-page report"
        if tags[last : last + 1] == "T":
            if last - first < 2 or lower[last - 1] not in WHICH or tags[first - 1 : first] == "Q":
                return None
            last -= 1  # "net income this year"
        head = last - 1
        while head >= first and tags[head] not in "nN#·":
            head -= 1
        if head < first or lower[head] in self._temporal:
            return None
        if (
            tags[head] == "#"
            and self.sentence.words[head].isdigit()
            and not any(t in "nN·" for t in tags[first:head])
        ):
            return None
        return Phrase(first, last if tags[last - 1] == "˙" else head + 1, head)

    def counted(self, j: int, *, several: bool) -> Phrase | None:
        """The noun phrase that begins at token j, as what a number before it counts.

        Of several, the first plural is the head: "12 people work", "95,000 criminal cases".
        """
        tags, lower = self.tags, self.sentence.lower
        head = self._counted_head(j, several)
        first = j
        while first < head and tags[first] in '"e':
            first += 1
        if head < 0 or (lower[head] in lexicon.words("phrases", "temporal") and tags[first] == "°"):
            return None
        if lower[first] in ("last", "next", "this") and lower[head] in lexicon.words("phrases", "temporal"):
            return None
        return Phrase(first, head + 1, head)

    def _counted_head(self, j: int, several: bool) -> int:
        """The last noun of the words from token j on that one phrase can have, or the first plural; else -1."""
        tags, lower = self.tags, self.sentence.lower
        head = -1
        k = j
        while k < len(tags) and k - j < _MAX_COUNTED:
            tag = tags[k]
            if head >= 0 and lower[k] in ("last", "next") and tags[k + 1 : k + 2] in ("m", "w"):
                break  # "a $5m deal last May"
            if several and head < 0 and self._adjectives_go_on(k):
                k += 2  # "small, friendly deals", "big or small deals"
                continue
            if tag in "nN#·T":
                head = k
                owns = tag == "N" and tags[k + 1 : k + 2] == "'"  # "three of Wales' victories"
                if several and not owns and self._is_plural(k) and not self._plural_follows(k):
                    break
            elif tag == "j":
                if head >= 0 and tags[k - 1] != "-" and not (several and not is_plural(lower[head])):
                    break
            elif several and tag in "vj" and self._is_counted_plural(j, head, k):
                head = k
                if not self._plural_follows(k):
                    break
            elif (tag in "vg" and k > j and tags[k - 1] == "-") or (
                tag in "vg" and several and head >= 0 and self._describes_plural(head, k)
            ):
                pass
            elif tag in "g°º":
                if head >= 0:
                    break
            elif tag == "v":
                if (
                    head >= 0
                    or tags[k + 1 : k + 2] not in ("n", "N", "j")
                    or not lower[k].endswith(("ed", "en", "wn"))
                ):
                    break
            elif tag == "-":
                if k == j or not (self.sentence.glued(k) and self.sentence.glued(k + 1)):
                    break
            elif tag == '"':
                if head >= 0 or k > j + 1:
                    break
            elif tag == "'":
                if head < 0:
                    break
            elif tag == "&":
                before = tags[k - 1] if k > j else ""
                joins = before in ("n", "N", "j") and tags[k + 1 : k + 2] in ("n", "N", "j")
                if (
                    not (several and joins)
                    or (head >= 0 and is_plural(lower[head]))
                    or not self._plural_ahead(k + 1)
                ):
                    break
            elif not (head < 0 and self._describes(k)) and not (k == j and lower[k] == "such"):
                break
            k += 1
        return head

    def _is_counted_plural(self, j: int, head: int, k: int) -> bool:
        """Whether token k, which could be a verb, is the plural that a number needs: "55,000 promotion packs".

        Not behind an article: "the 12 member council plans". `j` is where the words after the number begin.
        """
        if self.sentence.tags[k] != "n" or not is_plural(self.sentence.lower[k]):
            return False
        if self.tags[k - 1] == "-":
            return self.sentence.glued(k)  # "e-mails"
        outside = len(self.tags[:j].rstrip("Qeio"))
        return (
            head == k - 1
            and not is_plural(self.sentence.lower[head])
            and self.before(outside)[0] not in "at'"
        )

    def _describes_plural(self, head: int, k: int) -> bool:
        """Whether token k is a participle between a noun and the plural that both describe: "12 state funded schools"."""
        bare = not is_plural(self.sentence.lower[head]) and self.sentence.lower[k].endswith("ed")
        return bare and head == k - 1 and self.tags[k + 1 : k + 2] in ("n", "j") and self._plural_ahead(k + 1)

    def _describes(self, k: int) -> bool:
        """Whether token k is an adverb within a noun phrase: "12 newly built homes", "two earlier films"."""
        if self.tags[k] != "e":
            return False
        word, following = self.sentence.lower[k], self.tags[k + 1 : k + 2]
        if word in ("earlier", "later"):
            return following in ("n", "N")
        return word.endswith("ly") or word in _GRADES

    def _adjectives_go_on(self, k: int) -> bool:
        """Whether token k is an adjective that a comma or "or" joins to the next, before a plural."""
        lower = self.sentence.lower
        if self.tags[k + 1 : k + 2] not in (",", "|") or self.tags[k] not in "jn":
            return False
        following = lower[k + 2 : k + 3]
        return (
            bool(following)
            and look_up(lower[k]).adjective
            and look_up(following[0]).adjective
            and self.tags[k + 3 : k + 4] in ("n", "j", "N")
            and self._plural_ahead(k + 2)
        )

    def _is_plural(self, k: int) -> bool:
        if self.tags[k] == "n":
            return is_plural(self.sentence.lower[k])
        return self.tags[k] == "N" and is_known_plural(self.sentence.lower[k])

    def _plural_follows(self, k: int) -> bool:
        """Whether a plural noun and no verb follows: "sports teams", "Star Wars films"."""
        if self.tags[k + 1 : k + 2] not in ("n", "N"):
            return False
        lower = self.sentence.lower
        if self.tags[k] == "N" or lower[k] in lexicon.words("phrases", "plural_modifiers"):
            return any(is_plural(word) for word in lower[k + 1 : k + 2 + (self.tags[k + 2 : k + 3] == "n")])
        return is_plural(lower[k + 1]) and not look_up(lower[k + 1]).verb

    def _plural_ahead(self, k: int) -> bool:
        for i in range(k, min(k + 6, len(self.tags))):
            if self.tags[i] not in "nNj-" and self.tags[i - 1] != "-":
                return False
            if is_plural(self.sentence.lower[i]):
                return True
        return False

    def phrase_before(self, k: int) -> Phrase | None:
        """The noun phrase that ends before token k."""
        return self._by_end.get(k)

    def phrase_at(self, j: int) -> Phrase | None:
        """The noun phrase that begins at token j, with or without its article."""
        found = self._by_start.get(j)
        if found is None and self.tags[j : j + 1] in ("t", "a", "d"):
            found = self._by_start.get(j + 1)
        return found

    def before(self, k: int) -> tuple[str, str]:
        """The tag and the word before token k; at the start of the sentence a full stop."""
        return (self.tags[k - 1], self.sentence.lower[k - 1]) if k else (".", ".")

    def nearest_before(self, k: int, limit: int = 14) -> Phrase | None:
        """The last noun phrase before token k with only verbs, times, prepositions and quantities between."""
        near = bisect_right(self.phrases, k, key=_LAST)
        if not near or self.phrases[near - 1].last < k - limit - _MAX_ADVERBIAL:
            return None  # as in a long table of numbers
        end, farthest = k, max(0, k - limit)
        while end > farthest:
            phrase = self._by_end.get(end)
            if phrase is not None:
                if self.tags[phrase.first - 2 : phrase.first] != "Qp":
                    return phrase
                end = phrase.first - 1  # "$5 per canister from $4"
            before = self._without_pronoun(self._without_adverbials(end))
            if before == end:
                likely = self.tags[end - 1 : end + 1] == "j→"  # "are likely to be"
                if not (likely or self.tags[end - 1] in _PASSABLE) or self._begins_clause(end - 1, k):
                    return None
                before -= 1
            end = before
        return self._by_end.get(end)

    def _begins_clause(self, i: int, k: int) -> bool:
        """Whether token i begins the clause of token k: "but", or "that" without a verb after it."""
        word = self.sentence.lower[i]
        return word in self._clauses or (word == "that" and "v" not in self.tags[i:k])

    def clause_begins(self, first: int, last: int) -> bool:
        """Whether another clause of the same doer begins between two tokens: "5 goals while taking 12% of the shots"."""
        conjunction = self.tags.find("cg", first, last)
        return conjunction >= 0 and self.sentence.lower[conjunction] in self._clauses

    def _begins_clause_after(self, verb: int, k: int) -> bool:
        """Whether "that" begins the clause of token k behind a verb and at most a time: "said on Monday that".

        What it goes on with is not the same subject, taken up by a pronoun: "said that it spent".
        """
        that = self.sentence.lower.index("that", verb, k)
        return self.tags[that + 1] != "h" and self._without_adverbials(that) == verb + 1

    def _without_adverbials(self, end: int) -> int:
        """Where the words before a token end, without adverbs, times and brackets."""
        start = len(self.tags) - end
        match = _ADVERBIAL.match(self._reversed, start, start + _MAX_ADVERBIAL)
        return end if match is None else end - len(match[0])

    def chain(self, phrase: Phrase) -> list[Phrase]:
        """The phrase and those that it hangs on by prepositions, the outermost first: "damage" to "the sector"."""
        chain = [phrase]
        links = lexicon.words("phrases", "links")
        while len(chain) < 4:
            if self.tags[chain[0].last : chain[0].last + 1] != "o":
                chain[0] = self._with_partner(chain[0], links)
            first = chain[0].first
            link = self._outside_number(first) - 1
            word = self.sentence.lower[link] if link > 0 else ""
            if word not in links or (word in ("by", "for") and link < first - 1):
                break
            apart = self.sentence.lower[link - 1] == "out"  # "people out of work"
            before = self._by_end.get(link - apart)
            if before is None and word == "to" and self.tags[link - 1] == "j":
                before = self._by_end.get(link - 1)  # "income attributable to shareholders"
            if before is None:
                break
            if self.sentence.lower[link] == "to" and self._is_given(before):
                return [before]  # "sold a stake to the bank for $5m"
            chain.insert(0, before)
        return chain

    def _outside_number(self, first: int) -> int:
        """Where a phrase that begins at a token begins with what counts it: "the 25 states", "12 of the states", "most states"."""
        start = first - (first > 1 and self.tags[first - 2 : first] == "Qo")
        while start and (self.tags[start - 1] == "Q" or self.sentence.lower[start - 1] == "most"):
            start -= 1
        return start - (start < first and self.before(start)[0] in "td'")

    def _with_partner(self, phrase: Phrase, links: frozenset[str]) -> Phrase:
        """A phrase with the one that "and" joins it to after a preposition: "sales in Rome and Nice"."""
        left = self._by_end.get(phrase.first - 1) if self.before(phrase.first)[0] == "&" else None
        if left is None or self.before(left.first)[1] not in links:
            return phrase
        names = self.tags[left.head] == self.tags[phrase.head] == "N"
        bare = self.tags[left.first] not in "atd" and self.tags[left.head] == self.tags[phrase.head]
        joins = (names or bare) and self.tags[phrase.first] not in "atd"
        return Phrase(left.first, phrase.last, phrase.head) if joins else phrase

    def _is_given(self, phrase: Phrase) -> bool:
        """Whether a phrase is the object of a verb that says to whom: "sold a 5% stake"."""
        verb = self._outside(phrase)
        return verb >= 0 and self.sentence.lower[verb] in lexicon.words("phrases", "transfers")

    def is_object(self, phrase: Phrase) -> bool:
        """Whether a phrase is the object of a verb, or is told by a quantity: "lost power", "won 12 games"."""
        outside = self._outside(phrase)
        counted = self.before(phrase.first)[0] == "Q" and self.tags[outside] != "o"
        return counted or (outside >= 0 and self.tags[outside] in "vg" and self.sentence.tags[outside] == "n")

    def _outside(self, phrase: Phrase) -> int:
        """The token before a phrase with its articles and quantities, -1 where the sentence begins."""
        before = self.tags[max(0, phrase.first - _MAX_VERBS) : phrase.first].rstrip("Qatd")
        return phrase.first - min(_MAX_VERBS, phrase.first) + len(before) - 1

    def is_adjunct(self, chain: list[Phrase]) -> bool:
        """Whether a chain hangs on a verb by a preposition: "rebounded in Asia, rising to $42"."""
        link = chain[0].first - 1
        if link < 0 or self.tags[link] not in "ib→" or self.sentence.lower[link] in directions():
            return False  # "push down the rate"
        if link == 0:
            return (
                self.tags[chain[-1].last] == "," and self.sentence.lower[0] != "among"
            )  # "in addition, $5m"
        return self.tags[link - 1] in "vgeQ9!m°º"

    def subject(self, k: int) -> list[Phrase] | None:
        """The subject of the nearest verb before token k, with what hangs on it; None without one."""
        tags = self.tags
        position = k
        first = max(0, k - _SUBJECT_WINDOW)
        for _ in range(_MAX_VERBS):
            position = max(tags.rfind("v", first, position), tags.rfind("g", first, position))
            if position < 0 or tags.rfind(".", position, k) >= 0:
                return None
            verb = position
            while position and tags[position - 1] in "vge→":
                position -= 1
            if tags[position] == "g":
                phrase = self._doer(position)
                if phrase is not None:
                    return [phrase]
            if tags[position] == "→" and "," not in tags[position:k] and tags.find("v", verb + 1, k) < 0:
                made = self._made_to(position)
                if made is not None:
                    return made
            if tags[position] in "g→":
                continue
            if self.sentence.lower[verb] in self._sayings and tags[verb + 1 : k].strip("de") == "":
                return None  # "police said 12 people"
            if "that" in self.sentence.lower[verb + 1 : k] and self._begins_clause_after(verb, k):
                return None  # "said on Monday that the average"
            chain = self._before_verb(position)
            if chain is not None:
                return chain
        return None

    def _without_pronoun(self, end: int) -> int:
        """Where the words before a token end, without a preposition and its pronoun: "the voltage across it was"."""
        if end < 3 or self.tags[end - 1] != "h":
            return end
        return end - 2 if self.sentence.lower[end - 2] in self._prepositions else end

    def _made_to(self, infinitive: int) -> list[Phrase] | None:
        """The object of a verb that is the subject of the infinitive after it: "caused prices to rise"."""
        phrase = self._by_end.get(infinitive)
        if phrase is None:
            return None
        chain = self.chain(phrase)
        return chain if self.before(chain[0].first)[1] in self._causes else None

    def _doer(self, participle: int) -> Phrase | None:
        """The phrase straight before a participle that belongs to it: "people earning $5", not "the best paying"."""
        phrase = self._by_end.get(participle)
        if phrase is None or look_up(self.sentence.lower[phrase.head]).adjective:
            return None
        where = self.before(phrase.first)[1] in ("in", "on", "at", "during", "over")
        return None if where else phrase

    def doer_before(self, phrase: Phrase) -> Phrase | None:
        """Whose act by a participle has the phrase as object: "the number of people taking their exams"."""
        participle = phrase.first - 1
        if participle < 1 or self.tags[participle] != "g" or self.tags[phrase.first] not in "atd":
            return None
        tells = self.sentence.lower[participle] in lexicon.words("phrases", "telling")
        return None if tells else self._doer(participle)

    def _before_verb(self, verb: int) -> list[Phrase] | None:
        """The subject that ends before a verb, but for adverbials, a relative pronoun or an apposition."""
        end = self._without_pronoun(self._without_adverbials(verb))
        if end and (self.tags[end - 1] == "r" or self.sentence.lower[end - 1] == "that"):
            apart = end > 1 and self.tags[end - 2] == ","
            phrase = self._by_end.get(self._without_adverbials(end - 1 - apart))
            if phrase is None:
                return None
            return [phrase] if apart else self.chain(phrase)
        if end and (self.tags[end - 1] == "," or self.tags[end : end + 3] == "jT,"):
            comma = self.tags.rfind(",", max(0, end - _APPOSITION), end - 1)
            start = self._without_adverbials(comma) if comma > 0 else 0
            chain = self._chain_before(start)
            told = self.sentence.lower[comma + 1] in self._sayings
            if chain is not None and "." not in self.tags[comma:end] and not told:
                return chain
            end -= self.tags[end - 1] == ","
        if end > 2 and self.tags[end - 2 : end] == "hv":
            bare = self._by_end.get(end - 2)
            if bare is not None:
                return self.chain(bare)  # "the brand it bought was"
        return self._chain_before(end)

    def _chain_before(self, end: int) -> list[Phrase] | None:
        """The phrase that ends before a token with those it hangs on, unless all are an adjunct."""
        phrase = self._by_end.get(end)
        if phrase is None:
            return None
        chain = self.chain(phrase)
        link = chain[0].first - 1
        doer = self.doer_before(chain[0])
        if doer is not None:
            return self.chain(doer)
        if link > 0 and self.sentence.lower[link - 1 : link + 1] == ["such", "as"]:
            return self._chain_before(link - 1)  # "firms such as Brenvik have"
        if link >= 0 and self.sentence.lower[link] in self._prepositions:
            before = self._by_end.get(link)
            if before is not None and self.before(before.first)[0] not in "vg":
                return self._coordinated(self.chain(before))  # "the firm behind the games has"
            participle = link and self.tags[link - 1] in "gv" and self.sentence.tags[link - 1] == "n"
            return self._chain_before(link - 1) if participle else None  # "oil traded in Rome fell"
        return self._coordinated(chain)

    def _coordinated(self, chain: list[Phrase]) -> list[Phrase]:
        """A subject with the phrase that "and" joins it to: "fats and oils"."""
        first = chain[0].first
        left = self._by_end.get(first - 1) if first > 1 and self.tags[first - 1] == "&" else None
        if left is None or (left.first and self.tags[left.first - 1] not in '.,:c"'):
            return chain
        return [Phrase(left.first, chain[0].last, chain[0].head), *chain[1:]]

    def named(self, chain: list[Phrase]) -> str:
        """The words of the first phrase of a chain, and of the second in a name: "Port of Los Angeles"."""
        first = chain[0]
        last = first.last
        if (
            len(chain) > 1
            and self.tags[last] == "o"
            and self.tags[first.head] == self.tags[chain[1].head] == "N"
            and not (first.head == 0 and look_up(self.sentence.lower[0]).noun)
        ):
            last = chain[1].last
        return self.text(first, last)

    def text(self, phrase: Phrase, last: int) -> str:
        """The words of a phrase up to a token, without its article."""
        first = phrase.first + (self.tags[phrase.first] in "atd" and phrase.first < phrase.head)
        return self.sentence.phrase(first, last)

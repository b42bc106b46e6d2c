"""Count in how many passages of real news each word stands (pipeline/lexicon/rarity.toml).

    python -m benchmarks.rarity [--write]

Only counts are kept, not the articles, which don't come with the project (see benchmarks/prose_joins.py). A word
stands for all of its concept, as linking compares them; names are written with a capital.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.prose_joins import claims_of_articles, load_articles
from pipeline.linking.prepared import LONGEST_TOPIC
from pipeline.linking.vocabulary import load, words

PATH = Path(__file__).parent.parent / "pipeline" / "lexicon" / "rarity.toml"
# What fewer passages hold is as good as what none holds.
FEWEST = 5
WIDTH = 118
HEAD = """# How rare a word is: in how many passages of news it stands. What is not listed stands in fewer than {fewest}.
#
# Counted by benchmarks/rarity.py in the articles of bbc_news.jsonl (BBC, 2004 and 2005). A word stands for all words of
# its concept (synonyms.toml); names are written with a capital. To the left, how many passages hold the words.

passages = {passages}

[held_by]
"""


def counted(texts: Iterable[str]) -> dict[str, int]:
    """In how many texts each concept or name stands, under the spelling that it has most often."""
    vocabulary = load()
    held_by: Counter[str] = Counter()
    spelled: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for text in texts:
        names = vocabulary.find_names(text)
        held_by.update(names.union(vocabulary.content(words(text))))
        for word in words(text):
            for name in vocabulary.find_names(f"of {word}") & names:
                spelled[name][word] += 1
            for concept in vocabulary.content([word]):
                spelled[concept][word.lower()] += 1
    return {
        max(sorted(spelled[word]), key=spelled[word].__getitem__): count
        for word, count in sorted(held_by.items())
        if count >= FEWEST and spelled[word]
    }


def written(counts: dict[str, int], passages: int) -> str:
    """The file: the words by their count, the commonest first."""
    by_count: defaultdict[int, list[str]] = defaultdict(list)
    for word, count in counts.items():
        by_count[count].append(word)
    lines = [HEAD.format(fewest=FEWEST, passages=passages)]
    for count in sorted(by_count, reverse=True):
        lines.append(f'{count} = """\\\n')
        lines += _wrapped(sorted(by_count[count], key=lambda word: (word.lower(), word)))
        lines.append('"""\n')
    return "".join(lines)


def _wrapped(listed: Sequence[str]) -> list[str]:
    lines, line = [], ""
    for word in listed:
        if len(line) + len(word) > WIDTH:
            lines.append(f"{line}\n")
            line = ""
        line = f"{line} {word}".lstrip()
    return [*lines, f"{line}\n"]


def main(arguments: Sequence[str]) -> None:
    """Count, and print or write the file."""
    _, passages = claims_of_articles(load_articles(), "one day")
    texts = [text[:LONGEST_TOPIC] for text in passages.column("text").to_pylist()]
    text = written(counted(texts), len(texts))
    if "--write" in arguments:
        PATH.write_text(text, "utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main(sys.argv[1:])

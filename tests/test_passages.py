"""Documents are cut where people cite, and every passage can be found again in its document."""

from __future__ import annotations

import re
import time
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.passages import LONGEST_PASSAGE, Passage, split_batch, split_document
from pipeline.reading import layout
from pipeline.reading.bylines import day_in_file_name, first_day, read_byline, read_publication
from pipeline.reading.layout import read_head
from pipeline.tables import DOCUMENTS, PASSAGES

ROOT = Path(__file__).parent.parent
CORPUS = Path(__file__).parent / "corpus"
SEED = ROOT.parent / "shared" / "seeds" / "000_1665a3bc29fa3434.txt"


def corpus(name: str) -> Any:
    return yaml.safe_load((CORPUS / name).read_text(encoding="utf-8"))


BYLINES = corpus("passages_bylines.yaml")
BOILERPLATE = corpus("passages_boilerplate.yaml")
DOCUMENT_CASES = corpus("passages.yaml")


def split(text: str, **fields: Any) -> list[Passage]:
    return split_document(text, **({"uri": "a.txt", "document_id": "d"} | fields))


def assert_sound(text: str, passages: list[Passage]) -> None:
    """In order, without overlap, quoting the text, with heading and body inside, and with ids of their own."""
    end = 0
    for position, passage in enumerate(passages):
        assert passage.position == position
        assert end <= passage.start < passage.end <= len(text)
        assert text[passage.start : passage.end] == passage.text
        assert passage.start <= passage.body_start <= passage.body_end <= passage.end
        if passage.heading_start is not None and passage.heading_end is not None:
            assert passage.start <= passage.heading_start < passage.heading_end <= passage.end
            assert text[passage.heading_start : passage.heading_end] == passage.heading
        end = passage.end
    assert len({passage.passage_id for passage in passages}) == len(passages)


# Bylines


@pytest.mark.parametrize("case", BYLINES["bylines"], ids=lambda case: case["line"])
def test_byline(case: dict[str, Any]) -> None:
    found = read_byline(case["line"])
    assert found is not None
    assert found.clock == case.get("clock")
    assert found.day == case.get("day")
    assert found.month_day == (tuple(case["month_day"]) if "month_day" in case else None)
    assert found.author == case.get("author")
    assert (None if found.rest is None else case["line"][found.rest :]) == case.get("rest")


@pytest.mark.parametrize("line", BYLINES["not_bylines"])
def test_line_that_is_no_byline(line: str) -> None:
    assert read_byline(line) is None


@pytest.mark.parametrize("case", BYLINES["publications"], ids=lambda case: case["line"])
def test_line_of_publication(case: dict[str, Any]) -> None:
    found = read_publication(case["line"])
    assert found is not None
    assert found[1] == case["day"]


@pytest.mark.parametrize("line", BYLINES["not_publications"])
def test_line_that_is_not_of_publication(line: str) -> None:
    assert read_publication(line) is None


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("2024-12-04-aid.txt", date(2024, 12, 4)),
        ("aid_20241204.md", date(2024, 12, 4)),
        ("2024-13-04.txt", None),
        ("report-123456789.txt", None),
        ("000_1665a3bc29fa3434.txt", None),
    ],
)
def test_date_in_a_file_name(name: str, day: date | None) -> None:
    assert day_in_file_name(name) == day


def test_first_day_takes_only_whole_dates() -> None:
    assert first_day("on 31 February 2024, or 4 December, or Dec. 5, 2024") == date(2024, 12, 5)


# Boilerplate


@pytest.mark.parametrize("line", BOILERPLATE["furniture.starts"] + BOILERPLATE["furniture.contains"])
def test_furniture_is_no_passage(line: str) -> None:
    assert layout.is_furniture(line)
    news = "The mill will close in March, and 400 people will lose their jobs."
    assert [passage.text for passage in split(f"{news}\n\n{line}\n")] == [news]


@pytest.mark.parametrize("line", BOILERPLATE["teasers.labels"])
def test_links_to_other_stories_are_no_passages(line: str) -> None:
    news = "The mill will close in March, and 400 people will lose their jobs."
    assert [passage.text for passage in split(f"{news}\n\n{line}\nWhat mills were for\n")] == [news]


@pytest.mark.parametrize("line", BOILERPLATE["news"])
def test_news_is_no_boilerplate(line: str) -> None:
    assert [passage.text for passage in split(f"A first paragraph of some words.\n\n{line}\n")][-1] == line


def test_every_pattern_of_the_lexicon_has_an_example() -> None:
    lexicon = tomllib.loads((ROOT / "pipeline" / "lexicon" / "boilerplate.toml").read_text(encoding="utf-8"))
    for table, lists in lexicon.items():
        for name, patterns in lists.items():
            examples = [line.strip("#*_: ") for line in BOILERPLATE[f"{table}.{name}"]]
            for pattern in patterns:
                assert any(re.search(pattern, line, re.IGNORECASE) for line in examples), pattern


# Documents


@pytest.mark.parametrize("case", DOCUMENT_CASES, ids=lambda case: case["name"])
def test_document(case: dict[str, Any]) -> None:
    text = case["text"]
    published = case.get("published") or read_head(text).published
    passages = split(text, published=published)
    assert_sound(text, passages)
    found = [
        {
            "type": passage.passage_type,
            "day": passage.published,
            "clock": passage.clock_time,
            "author": passage.author,
            "heading": passage.heading,
            "body": text[passage.body_start : passage.body_end],
        }
        for passage in passages
    ]
    expected = [
        {"day": published, "clock": None, "author": None, "heading": None} | entry
        for entry in case["passages"]
    ]
    assert found == expected


LIVE = """Dam holds for now
19:01 , Ada Quill
The wall has held, the mayor said.
Rain sets in
{date}18:00 , Ada Quill
It began to rain at noon.
Rain sets in
{date}17:00 , Ada Quill
It began to rain at noon.
"""


def test_an_entry_is_the_same_passage_when_only_its_date_is_shown_otherwise() -> None:
    today = split(LIVE.format(date=""), published=date(2024, 12, 3), document_id="first")
    tomorrow = split(
        "Dam breaks\n07:00 , Bo Ferro\nIt broke at 06:40.\n" + LIVE.format(date="3 December 2024 "),
        published=date(2024, 12, 4),
        document_id="second",
    )
    assert [p.passage_id for p in today] == [p.passage_id for p in tomorrow[1:]]
    assert today[1].published == tomorrow[2].published == date(2024, 12, 3)


def test_a_repeated_entry_is_counted_from_the_oldest() -> None:
    again = "Rain sets in\n17:00 , Ada Quill\nIt began to rain at noon.\n"
    before = split(LIVE.format(date=""))
    after = split(again + LIVE.format(date=""))
    assert [p.passage_id for p in before] == [p.passage_id for p in after[1:]]
    assert after[0].passage_id not in {p.passage_id for p in before}


def test_a_change_in_heading_author_time_body_or_place_is_another_passage() -> None:
    base = "Rain sets in\n18:00 , Ada Quill\nIt began to rain at noon.\n"
    other = "Sun\n12:00 , Ada Quill\nIt was dry."
    ids = {
        split(variant + other, uri=uri)[0].passage_id
        for variant, uri in [
            (base, "a.txt"),
            (base, "b.txt"),
            (base.replace("Rain sets", "Snow sets"), "a.txt"),
            (base.replace("18:00", "18:01"), "a.txt"),
            (base.replace("Ada", "Eva"), "a.txt"),
            (base.replace("noon", "nine"), "a.txt"),
        ]
    }
    assert len(ids) == 6


def test_split_batch_gives_the_declared_table() -> None:
    text = "A first paragraph.\n\nA second one.\n"
    row = {
        "document_id": "d1",
        "source_id": "s",
        "uri": "a.txt",
        "country": "GB",
        "published": date(2024, 12, 4),
        "fetched_at": 0,
        "sha256": "0",
        "bytes": 1,
        "media_type": "text/plain",
        "encoding": "utf-8",
        "text": text,
    }
    table = split_batch(DOCUMENTS.from_rows([row, row | {"document_id": "d2", "uri": "b.txt"}]))
    assert table.schema.equals(PASSAGES.schema)
    assert table.column("document_id").to_pylist() == ["d1", "d1", "d2", "d2"]
    assert table.column("country").to_pylist() == ["GB"] * 4
    assert PASSAGES.cast(table).equals(table)
    assert split_batch(DOCUMENTS.empty()).schema.equals(PASSAGES.schema)


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.txt")), ids=lambda path: path.name)
def test_examples_are_cut_soundly(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    passages = split(text)
    assert_sound(text, passages)
    assert len(passages) >= 8


@pytest.mark.skipif(not SEED.exists(), reason="the real live blog lies in ../shared, which is not here")
def test_real_live_blog() -> None:
    text = SEED.read_text(encoding="utf-8")
    published = read_head(text).published
    assert published == date(2024, 12, 4)
    passages = split(text, published=published)
    assert_sound(text, passages)
    kinds = [passage.passage_type for passage in passages]
    assert (kinds.count("paragraph"), kinds.count("key_point"), kinds.count("entry")) == (6, 3, 45)
    entries = [passage for passage in passages if passage.passage_type == "entry"]
    assert all(entry.heading and entry.author and entry.clock_time for entry in entries)
    days = [(entry.published, entry.clock_time) for entry in entries]
    assert days == sorted(days, key=lambda day: (day[0] or date.min, day[1] or ""), reverse=True)
    assert [entry.published for entry in entries].count(date(2024, 12, 4)) == 20
    empty = [entry.heading for entry in entries if entry.body_start == entry.body_end]
    assert len(empty) == 7
    assert all(heading and heading.startswith(("Pictured", "Photos", "Watch")) for heading in empty)
    last = text[passages[-1].body_start : passages[-1].body_end]
    assert "Tribune" not in last
    assert "WhatsApp" not in last


# Properties

PIECES = st.sampled_from(
    [
        "09:01 , Ada Quill",
        "Tuesday 3 December 2024 18:59 , Ada Quill",
        "3 December 2024",
        "10:15 - Dam holds",
        "Dam holds for now",
        "The wall has held through the morning, the mayor said.",
        "and this goes on for a while without",
        "Key Points",
        "-",
        "- a point",
        "# Heading",
        "====",
        "---",
        "Read more:",
        "Share this article",
        ".",
        "",
        " ",
        "\u00a0",
        "\u2028",
        "![a picture](x.jpg)",
        "Photo: a wall",
    ]
)
TEXTS = st.one_of(
    st.text(max_size=300),
    st.lists(st.one_of(PIECES, st.text(max_size=60)), max_size=30).map("\n".join),
)


@settings(max_examples=60, deadline=None)
@given(TEXTS)
def test_every_passage_quotes_its_document(text: str) -> None:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    assert_sound(text, split(text, published=read_head(text).published))


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=30))
def test_line_ends_change_nothing(lines: list[str]) -> None:
    def stored(text: str) -> str:
        return text.replace("\r\n", "\n").replace("\r", "\n")

    assert split(stored("\r\n".join(lines))) == split("\n".join(lines)) == split(stored("\r".join(lines)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("abc .", min_size=1, max_size=40), min_size=1, max_size=20))
def test_no_word_of_an_article_is_lost(paragraphs: list[str]) -> None:
    text = "\n\n".join(f"The {paragraph} end." for paragraph in paragraphs)
    assert [word for passage in split(text) for word in passage.text.split()] == text.split()


HOSTILE = {
    "one line": "word " * 400_000,
    "one word": "a" * 2_000_000,
    "short lines": "a\n" * 200_000,
    "only bylines": "09:01 , A B\n10:01 , A B\n" * 8_000,
    "entries": "Head line\n09:01 , A B\nSome body text that ends.\n" * 8_000,
    "full stops": "." * 2_000_000,
    "blank lines": "\n" * 2_000_000,
    "front matter without end": "---\n" + "a: b\n" * 80_000,
    "teasers": "Read more:\n" + "Head line one\n" * 60_000,
    "opened pictures": "![" * 1_000_000,
    "quotes": '"”’)' * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_linear_time(name: str) -> None:
    text = HOSTILE[name]
    start = time.process_time()
    passages = split(text)
    assert time.process_time() - start < 20
    assert_sound(text, passages)
    assert all(passage.body_end - passage.body_start <= LONGEST_PASSAGE for passage in passages)

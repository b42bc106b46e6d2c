"""Files become documents, and what can't be read says why."""

from __future__ import annotations

import hashlib
import os
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents import (
    MOST_MARKUP,
    Document,
    Failure,
    document_id,
    documents_table,
    failures_table,
    read_source,
)
from pipeline.errors import DocumentError
from pipeline.reading.decoding import BinaryContent, UndecodableContent, decode
from pipeline.reading.markup import NoArticle, read_article
from pipeline.sources import Source, load_sources, source_for_paths
from pipeline.tables import DOCUMENTS, FAILURES

ROOT = Path(__file__).parent.parent
NOW = datetime(2025, 2, 1, 6, 0, tzinfo=UTC)
NEWS = "The mill will close in March, and 400 people will lose their jobs.\n"


def read(
    folder: Path, source: Source | None = None, known: frozenset[tuple[str, str]] = frozenset()
) -> list[Document | Failure]:
    source = source or Source(id="box", paths=("box",))
    return list(read_source(source, root=folder, known=known, now=NOW))


def box(folder: Path, **files: bytes | str) -> Path:
    """The folder `box` with these files; `__` in a name stands for its dot."""
    place = folder / "box"
    place.mkdir(exist_ok=True)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (place / name.replace("__", ".")).write_bytes(data)
    return place


def only_document(outcomes: list[Document | Failure]) -> Document:
    assert len(outcomes) == 1
    assert isinstance(outcomes[0], Document), outcomes[0]
    return outcomes[0]


def only_failure(outcomes: list[Document | Failure]) -> Failure:
    assert len(outcomes) == 1
    assert isinstance(outcomes[0], Failure), outcomes[0]
    return outcomes[0]


def test_a_text_file(tmp_path: Path) -> None:
    data = (
        "Mill town loses 400 jobs\r\nBy Ada Quill\r\n\r\nIt “will” close in\u00a0March – so be it.\r".encode()
    )
    box(tmp_path, **{"2024-12-04-mill__txt": data})
    source = Source(id="box", paths=("box",), publisher="The Example", country="GB", licence="CC0-1.0")
    sha256 = hashlib.sha256(data).hexdigest()
    assert only_document(read(tmp_path, source)) == Document(
        document_id=document_id("box/2024-12-04-mill.txt", sha256),
        source_id="box",
        uri="box/2024-12-04-mill.txt",
        title="Mill town loses 400 jobs",
        author="Ada Quill",
        publisher="The Example",
        country="GB",
        language="en",
        licence="CC0-1.0",
        published=date(2024, 12, 4),
        fetched_at=NOW,
        sha256=sha256,
        bytes=len(data),
        media_type="text/plain",
        encoding="utf-8",
        text="Mill town loses 400 jobs\nBy Ada Quill\n\nIt “will” close in\u00a0March – so be it.\n",
    )


def test_a_markdown_file_says_who_published_it(tmp_path: Path) -> None:
    text = "---\ntitle: Mill closes\nauthor: Ada Quill\ndate: 2024-12-04\npublisher: The Example\ncountry: AU\n---\n\n# Other\n"
    box(tmp_path, mill__md=text)
    found = only_document(read(tmp_path))
    assert (found.title, found.author, found.publisher, found.country) == (
        "Mill closes",
        "Ada Quill",
        "The Example",
        "AU",
    )
    assert (found.published, found.media_type, found.text) == (date(2024, 12, 4), "text/markdown", text)


@pytest.mark.parametrize(
    ("name", "text", "published"),
    [
        ("a.txt", "Kyiv, 4 June 2024\n\nThe bridge cost 12bn.", date(2024, 6, 4)),
        (
            "a.txt",
            "Bridge costs rise\n\nBy Ada Field, 4 June 2024\n\nThe bridge cost 12bn.",
            date(2024, 6, 4),
        ),
        ("a.txt", "Bridge costs rise\nAda Field | Tuesday, June 4, 2024\nIt cost 12bn.", date(2024, 6, 4)),
        ("a.txt", "The long war that ended in Orla, 5 May 1945\n\nIt was a day of joy.", None),
        ("a.txt", "A bank\n\nIt was founded in Orla, on 5 May 1945.", None),
        ("a.txt", "Mill closes\nPublished: 3 December 2024\n" + NEWS, date(2024, 12, 3)),
        (
            "a.txt",
            "Mill closes\nUpdated: 4 December 2024\nPublished: 3 December 2024\n" + NEWS,
            date(2024, 12, 3),
        ),
        ("a.txt", "LEEDS, Dec 3, 2024 (Example) - " + NEWS, date(2024, 12, 3)),
        ("a.txt", "Mill closes\n3 December 2024\n" + NEWS, date(2024, 12, 3)),
        ("2024-12-02-a.txt", "Mill closes\n3 December 2024\n" + NEWS, date(2024, 12, 3)),
        ("2024-12-02-a.txt", NEWS, date(2024, 12, 2)),
        ("2024-12-02-a.txt", "One\n09:00\nIt broke.\nTwo\n08:00\nIt held.\n", date(2024, 12, 2)),
        (
            "a.txt",
            "One\n01:00 , A B\nIt broke.\nTwo\n3 December 2024 23:00 , A B\nIt held.\n",
            date(2024, 12, 4),
        ),
        ("a.txt", NEWS + "It was founded on 3 December 1924.\n", None),
    ],
)
def test_date_of_publication(tmp_path: Path, name: str, text: str, published: date | None) -> None:
    box(tmp_path)
    (tmp_path / "box" / name).write_text(text, encoding="utf-8")
    assert only_document(read(tmp_path)).published == published


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        ("It cost £5m – “much”.".encode(), "utf-8", "It cost £5m – “much”."),
        (b"\xef\xbb\xbfIt cost more.", "utf-8-sig", "It cost more."),
        ("It cost £5m.".encode("utf-16"), "utf-16", "It cost £5m."),
        (b"\xfe\xff" + "It cost £5m.".encode("utf-16-be"), "utf-16", "It cost £5m."),
        ("It cost £5m.".encode("utf-32"), "utf-32", "It cost £5m."),
        ("It cost £5m – “much” in the café.".encode("cp1252"), "cp1252", "It cost £5m – “much” in the café."),
        (
            "Rząd Polski wydał 5 milionów złotych, said Łukasz Żółć in English.".encode("cp1250"),
            "cp1250",
            "Rząd Polski wydał 5 milionów złotych, said Łukasz Żółć in English.",
        ),
        (
            "Правительство выделило 5 миллионов рублей в прошлом году.".encode("cp1251"),
            "cp1251",
            "Правительство выделило 5 миллионов рублей в прошлом году.",
        ),
    ],
)
def test_encodings(data: bytes, encoding: str, text: str) -> None:
    assert decode(data) == (text, encoding)


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"abc\0def", BinaryContent),
        (bytes(range(1, 32)) * 10, BinaryContent),
        (b"%PDF-1.7\n\x01\x02\x03\x04" + b"ab\x05" * 10, BinaryContent),
        ("ab\0".encode("utf-16"), BinaryContent),
        (b"\xff\xfe\xfa", UndecodableContent),
        (b"\x81\x8d\x8f\x90\x9d" * 200, UndecodableContent),
        (bytes([0xC3, 0x28, 0xA0, 0xA1, 0xFE, 0xFF, 0x80, 0x81]) * 100, UndecodableContent),
        (b"Some English text and then \xff\xfe\x81\x8d to the end.", UndecodableContent),
    ],
)
def test_bytes_that_are_no_text(data: bytes, error: type[DocumentError]) -> None:
    with pytest.raises(error):
        decode(data)


def test_the_encoding_that_a_page_declares() -> None:
    page = '<html><head><meta charset="windows-1251"></head><body>5 миллионов</body></html>'
    assert decode(page.encode("cp1251"), markup=True) == (page, "windows-1251")
    page = '<html><head><meta charset="ISO-8859-1"></head><body>“£5”</body></html>'
    assert decode(page.encode("cp1252"), markup=True) == (page, "cp1252")
    page = '<html><head><meta charset="rot13"></head><body>“£5”</body></html>'
    assert decode(page.encode(), markup=True) == (page, "utf-8")


def test_a_page(tmp_path: Path) -> None:
    (example,) = (ROOT / "examples").glob("*.html")
    box(tmp_path, page__html=example.read_bytes())
    found = only_document(read(tmp_path))
    assert found.title == "Northern Link railway to open two years late and A$1.3bn over budget"
    assert (found.author, found.publisher, found.published) == (
        "Priya Nair",
        "The Tamar Ledger",
        date(2024, 12, 16),
    )
    assert (found.media_type, found.country, found.language) == ("text/html", "AU", "en")
    assert "## Fewer trains, dearer tickets\n\nThe 143-km line" in found.text
    assert "\n\n- Roughly 3,400 people work on the line\n\n" in found.text
    for furniture in ("4711", "ASX", "12 beaches", "1800 555 019", "Home"):
        assert furniture not in found.text


@pytest.mark.parametrize(
    "page",
    [
        "<p></p>",
        "<html></html>",
        "<" * 10_000,
        "<div>" * 50_000,
        "<html><body>" + "<p>x" * 500_000,
        "<html><body><p>" + "<span>word</span> " * 49_000,
    ],
)
def test_a_page_without_an_article(page: str) -> None:
    start = time.process_time()
    with pytest.raises(NoArticle):
        read_article(page, today=NOW.date())
    assert time.process_time() - start < 10


def test_entities_are_not_expanded() -> None:
    page = "<!DOCTYPE html [<!ENTITY a 'ha ha '><!ENTITY b '&a;&a;&a;&a;'>]><html><body><p>&b; It rained.</p></body></html>"
    assert "ha ha" not in read_article(page, today=NOW.date()).text


# What can't be read


@pytest.mark.parametrize(
    ("name", "data", "error", "reason"),
    [
        ("a.txt", b"", "EmptyFile", "box/a.txt: it is empty"),
        ("a.txt", b" \n\t\n", "EmptyFile", "box/a.txt: it is empty"),
        ("a.txt", b"\xef\xbb\xbf", "EmptyFile", "box/a.txt: it is empty"),
        ("a.txt", b"abc\0", "BinaryContent", "save it as plain text in UTF-8"),
        ("a.txt", b"\x81\x8d\x8f\x90\x9d" * 20, "UndecodableContent", "save it as UTF-8"),
        ("a.html", b"<p></p>", "NoArticle", "no article was found in the page"),
        ("a.html", b" " * (MOST_MARKUP + 1), "TooLarge", "of a page at most 10 MB"),
        ("a.pdf", b"%PDF", "UnknownKind", ".pdf files are not read; save it as .txt, .md or .html"),
        ("a", b"abc", "UnknownKind", "a file without an extension is not read"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, data: bytes, error: str, reason: str) -> None:
    (box(tmp_path) / name).write_bytes(data)
    failure = only_failure(read(tmp_path))
    assert (failure.source_id, failure.uri, failure.stage) == ("box", f"box/{name}", "documents")
    assert failure.error == error
    assert failure.reason.startswith(f"box/{name}: ")
    assert reason in failure.reason
    assert failure.sha256 == ("" if error == "UnknownKind" else hashlib.sha256(data).hexdigest())
    assert failure.failed_at == NOW


def test_one_bad_file_stops_no_other(tmp_path: Path) -> None:
    place = box(tmp_path, a__txt=NEWS, b__txt="", c__txt=NEWS, d__pdf="x", e__md=NEWS)
    with (place / "huge.txt").open("wb") as file:
        file.truncate(50_000_000)
    outcomes = read(tmp_path)
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "Document",
        "Failure",
        "Document",
        "Failure",
        "Document",
        "Failure",
    ]
    last = outcomes[-1]
    assert isinstance(last, Failure)
    assert (last.error, last.sha256) == ("TooLarge", "")
    assert "50.0 MB, and at most 20 MB" in last.reason


def test_the_size_limit_is_the_sources(tmp_path: Path) -> None:
    box(tmp_path, a__txt=NEWS)
    failure = only_failure(read(tmp_path, Source(id="box", paths=("box",), max_bytes=10)))
    assert failure.error == "TooLarge"


def test_links_and_things_that_are_no_files(tmp_path: Path) -> None:
    place = box(tmp_path, a__txt=NEWS)
    (tmp_path / "secret.txt").write_text("not yours")
    (tmp_path / "elsewhere").mkdir()
    (place / "gone.txt").symlink_to("nowhere.txt")
    (place / "out.txt").symlink_to(tmp_path / "secret.txt")
    (place / "within.txt").symlink_to(place / "a.txt")
    (place / "folder").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(place / "pipe.txt")
    outcomes = read(tmp_path)
    failures = {o.uri: o.error for o in outcomes if isinstance(o, Failure)}
    assert failures == {
        "box/gone.txt": "NotFound",
        "box/out.txt": "NotAFile",
        "box/folder": "NotAFile",
        "box/pipe.txt": "NotAFile",
    }
    assert [o.uri for o in outcomes if isinstance(o, Document)] == ["box/a.txt", "box/within.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    (box(tmp_path, a__txt=NEWS) / "a.txt").chmod(0)
    assert only_failure(read(tmp_path)).error == "NotReadable"


def test_a_file_that_vanishes(tmp_path: Path) -> None:
    place = box(tmp_path, a__txt=NEWS, b__txt=NEWS)
    reading = read_source(Source(id="box", paths=("box",)), root=tmp_path, known=frozenset(), now=NOW)
    assert isinstance(next(reading), Document)
    (place / "b.txt").unlink()
    failure = only_failure(list(reading))
    assert (failure.uri, failure.error) == ("box/b.txt", "NotFound")


# Where documents are looked for


def test_folders_are_read_with_those_below_but_without_what_is_no_document(tmp_path: Path) -> None:
    place = box(tmp_path, b__txt=NEWS, README__md="x", LICENCE="x", _draft__txt="x", __hidden="x")
    (place / "below").mkdir()
    (place / "below" / "a.md").write_text(NEWS)
    (place / "below" / "a.txt~").write_text("x")
    (place / "below" / "a.txt.part").write_text("x")
    (place / ".git").mkdir()
    (place / ".git" / "a.txt").write_text("x")
    assert [o.uri for o in read(tmp_path)] == ["box/b.txt", "box/below/a.md"]


def test_patterns(tmp_path: Path) -> None:
    place = box(tmp_path, a__txt=NEWS, b__md=NEWS)
    (place / "below").mkdir()
    (place / "below" / "c.txt").write_text(NEWS)

    def uris(*paths: str) -> list[str]:
        return [outcome.uri for outcome in read(tmp_path, Source(id="box", paths=paths))]

    assert uris("box/*.txt") == ["box/a.txt"]
    assert uris("box/**/*.txt") == ["box/a.txt", "box/below/c.txt"]
    assert uris(str(tmp_path / "box" / "?.md")) == ["box/b.md"]
    assert uris("box/*.html") == []
    assert uris("box/a.txt", "./box/../box/a.txt", "box") == ["box/a.txt", "box/b.md", "box/below/c.txt"]


def test_what_is_not_there(tmp_path: Path) -> None:
    assert only_failure(read(tmp_path)).reason == "box: there is no such file or folder"
    assert read(tmp_path, Source(id="inbox", paths=("box",), optional=True)) == []
    failure = only_failure(read(tmp_path, source_for_paths([Path("a.txt")])))
    assert (failure.source_id, failure.uri, failure.error) == ("arguments", "a.txt", "NotFound")


def test_a_path_given_by_hand_is_taken_as_it_is(tmp_path: Path) -> None:
    place = box(tmp_path, a__txt=NEWS)
    (place / "[2024] *.txt").write_text(NEWS)
    (place / "README.md").write_text(NEWS)
    outcomes = read(
        tmp_path, source_for_paths([place / "[2024] *.txt", Path("box/README.md"), Path("box/*.txt")])
    )
    assert [(o.uri, type(o)) for o in outcomes] == [
        ("box/[2024] *.txt", Document),
        ("box/README.md", Document),
        ("box/*.txt", Failure),
    ]


def test_absolute_and_relative_paths_have_the_same_uri(tmp_path: Path) -> None:
    place = box(tmp_path, a__txt=NEWS)
    inner = tmp_path / "project"
    inner.mkdir()
    for path in (place / "a.txt", Path("../box/a.txt")):
        assert only_document(read(inner, source_for_paths([path]))).uri == "../box/a.txt"


def test_a_file_name_that_is_no_utf8(tmp_path: Path) -> None:
    place = box(tmp_path)
    try:
        (place / os.fsdecode(b"a\xff.txt")).write_text(NEWS)
    except OSError:
        pytest.skip("this file system only takes names in UTF-8")
    found = only_document(read(tmp_path))
    assert found.uri == "box/a\\xff.txt"
    assert documents_table([found]).num_rows == 1


def test_what_is_known_is_not_read_again(tmp_path: Path) -> None:
    place = box(tmp_path, a__txt=NEWS, b__txt=NEWS)
    documents = [o for o in read(tmp_path) if isinstance(o, Document)]
    known = frozenset((document.uri, document.sha256) for document in documents)
    assert read(tmp_path, known=known) == []
    (place / "a.txt").write_text(NEWS + "More news.\n")
    again = only_document(read(tmp_path, known=known))
    assert again.uri == "box/a.txt"
    assert again.document_id not in {document.document_id for document in documents}


def test_progress_counts_every_file(tmp_path: Path) -> None:
    box(tmp_path, a__txt=NEWS, b__txt="", c__txt=NEWS)
    calls: list[tuple[int, int]] = []
    list(
        read_source(
            Source(id="box", paths=("box",)),
            root=tmp_path,
            known=frozenset(),
            now=NOW,
            on_progress=lambda done, of: calls.append((done, of)),
        )
    )
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_tables(tmp_path: Path) -> None:
    box(tmp_path, a__txt=NEWS, b__txt="")
    outcomes = read(tmp_path)
    documents = documents_table(o for o in outcomes if isinstance(o, Document))
    failures = failures_table(o for o in outcomes if isinstance(o, Failure))
    assert DOCUMENTS.cast(documents).equals(documents)
    assert FAILURES.cast(failures).equals(failures)
    assert (documents.num_rows, failures.num_rows) == (1, 1)
    assert documents_table([]).schema.equals(DOCUMENTS.schema)


def test_the_examples_are_all_read() -> None:
    source = load_sources(ROOT / "sources.toml")[0]
    outcomes = list(read_source(source, root=ROOT, known=frozenset(), now=NOW))
    assert len(outcomes) >= 6
    for outcome in outcomes:
        assert isinstance(outcome, Document), outcome
        assert outcome.title
        assert outcome.published


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1).filter(lambda text: text.strip("\ufeff") and "\0" not in text))
def test_utf8_is_read_as_it_is(text: str) -> None:
    data = text.encode("utf-8")
    try:
        decoded, _ = decode(data)
    except BinaryContent:
        return
    assert decoded == text.removeprefix("\ufeff")


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_are_text_or_a_clear_error(data: bytes) -> None:
    try:
        decoded, encoding = decode(data)
    except (BinaryContent, UndecodableContent):
        return
    assert decoded.encode(encoding).removeprefix(b"\xef\xbb\xbf") == data.removeprefix(b"\xef\xbb\xbf") or (
        encoding.startswith("utf-")
    )

"""Archives are read record by record: what is bad in them is told with its number, and the rest is read."""

from __future__ import annotations

import gzip
import hashlib
import json
import resource
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.documents import Document, Failure, read_source
from pipeline.reading.archives import ARCHIVES, BadRecord, Record, UnknownArchive, is_archive, read_archive
from pipeline.reading.files import MOST_FAILURES
from pipeline.sources import Source, source_for_paths

LARGEST = 100_000


def read(path: Path, largest: int = LARGEST) -> list[Record | BadRecord]:
    return list(read_archive(path, uri="inbox/" + path.name, largest=largest))


def good(records: list[Record | BadRecord]) -> list[str]:
    return [r.uri for r in records if isinstance(r, Record)]


def bad(records: list[Record | BadRecord]) -> list[str]:
    return [r.reason for r in records if isinstance(r, BadRecord)]


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_archives_are_known_by_their_names() -> None:
    assert is_archive(Path("a/Year.JSONL.GZ"))
    assert not is_archive(Path("a.txt"))
    assert ".warc.gz" in ARCHIVES
    with pytest.raises(UnknownArchive):
        read(Path("a.zip"))


# JSON Lines


def line(**values: Any) -> bytes:
    return json.dumps({"text": "Ten roads shut."} | values).encode() + b"\n"


@pytest.mark.parametrize(
    "pack", [bytes, gzip.compress, lambda c: gzip.compress(c[:50]) + gzip.compress(c[50:])]
)
def test_json_lines_give_documents_with_what_is_known_of_them(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    content = (
        b"\xef\xbb\xbf"
        + line(
            url=" https://news.example/a ",
            title="  Roads\nshut ",
            author="Ada Field",
            published="2026-03-03T10:00:00Z",
        )
        + b"\r\n"
        + line(
            id=7,
            publisher="The Valley News",
            country="GB",
            language="en",
            licence="CC0-1.0",
            date="2026-03-04",
        )
        + json.dumps({"uri": "archive/b", "html": "<p>café</p>"}, ensure_ascii=False).encode()
    )
    records = read(written(tmp_path / "year.jsonl.gz", pack(content)))
    assert records == [
        Record(
            number=1,
            uri="https://news.example/a",
            content=b"Ten roads shut.",
            media_type="text/plain",
            charset="utf-8",
            title="Roads shut",
            author="Ada Field",
            published=date(2026, 3, 3),
        ),
        Record(
            number=3,
            uri="inbox/year.jsonl.gz#7",
            content=b"Ten roads shut.",
            media_type="text/plain",
            charset="utf-8",
            publisher="The Valley News",
            country="GB",
            language="en",
            licence="CC0-1.0",
            published=date(2026, 3, 4),
        ),
        Record(
            number=4, uri="archive/b", content="<p>café</p>".encode(), media_type="text/html", charset="utf-8"
        ),
    ]


BAD_LINES = {
    b"{": "is no JSON",
    b"[1]": "no JSON object",
    b'{"text": "caf\xe9"}': "is not UTF-8",
    b"[" * 100_000: "is no JSON",
    b'{"uri": "u", "n": ' + b"9" * 10_000 + b"}": "is no JSON",
    line(): "no uri, url or id",
    line(uri=""): "no uri, url or id",
    line(id=True): "no uri, url or id",
    line(uri="a\u0000b"): "control characters",
    line(uri="u" * 3000): "longer than 2000 characters",
    b'{"uri": "u"}': "either text or html",
    b'{"uri": "u", "text": 3}': "either text or html",
    line(uri="u", html="<p>"): "either text or html",
    line(uri="u", text="\ud800"): "lone surrogate",
    line(uri="u", published="soon"): "published is 'soon'",
    line(uri="u", text="x" * (LARGEST + 1)): "at most 100,000 are read",
    line(uri="u", text="x" * (3 * LARGEST)): "longer than 200,000 bytes",
}


@pytest.mark.parametrize("wrong", BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_bad_line_is_told_with_its_number_and_the_rest_is_read(tmp_path: Path, wrong: bytes) -> None:
    content = line(uri="a") + wrong.rstrip(b"\n") + b"\n" + line(uri="c")
    records = read(written(tmp_path / "x.jsonl", content))
    assert good(records) == ["a", "c"]
    (reason,) = bad(records)
    assert reason.startswith("line 2: ")
    assert BAD_LINES[wrong] in reason


def test_damage_in_a_compressed_file_is_told(tmp_path: Path) -> None:
    members = [gzip.compress(line(uri=name, text=name * 3000, x=list(range(300)))) for name in "abc"]
    whole = b"".join(members)
    flipped = bytearray(whole)
    for i in range(40):
        flipped[len(members[0]) + 60 + i] ^= 0xFF
    records = read(written(tmp_path / "x.jsonl.gz", bytes(flipped)))
    assert good(records) in (["a", "c"], ["a"])  # the line that the damage is in may have lost its end
    assert bad(records)
    records = read(written(tmp_path / "x.jsonl.gz", whole[:-20]))
    assert good(records) == ["a", "b"]
    assert "cut off" in bad(records)[0]
    records = read(written(tmp_path / "x.jsonl.gz", members[0] + b"\0" * 500))
    assert (good(records), bad(records)) == (["a"], [])


def test_a_bomb_is_given_up_in_little_memory(tmp_path: Path) -> None:
    bomb = gzip.compress(b" " * 50_000_000) * 10
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    records = read(written(tmp_path / "x.jsonl.gz", gzip.compress(line(uri="a")) + bomb))
    assert good(records) == ["a"]
    assert "200 times its size" in bad(records)[0] or "longer than" in bad(records)[0]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes
    assert time.process_time() - started < 5


def test_memory_does_not_grow_with_the_number_of_records(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    with path.open("wb") as file:
        for i in range(20_000):
            file.write(line(uri=str(i), text=f"Road {i} shut. " * 100))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert sum(isinstance(r, Record) for r in read_archive(path, uri="x", largest=LARGEST)) == 20_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes, for 30 MB


# Parquet


def test_parquet_rows_give_documents(tmp_path: Path) -> None:
    table = pa.table(
        {
            "url": ["https://news.example/a", "https://news.example/b", None],
            "text": ["Ten roads shut.", None, "Words."],
            "published": pa.array([date(2026, 3, 3), None, None]),
            "other": [1, 2, 3],
        }
    )
    pq.write_table(table, tmp_path / "x.parquet", row_group_size=2)
    records = read(tmp_path / "x.parquet")
    assert good(records) == ["https://news.example/a"]
    assert isinstance(records[0], Record)
    assert records[0].published == date(2026, 3, 3)
    assert [r.split(":")[0] for r in bad(records)] == ["row 2", "row 3"]


def test_a_damaged_row_group_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    rows = [
        {"id": str(i), "text": f"Road {i} shut " + "".join(chr(97 + (i * j) % 26) for j in range(400))}
        for i in range(300)
    ]
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=100, use_dictionary=False)
    column = pq.ParquetFile(path).metadata.row_group(1).column(1)
    content = bytearray(path.read_bytes())
    start = column.data_page_offset
    content[start : start + column.total_compressed_size] = b"\xff" * column.total_compressed_size
    records = read(written(path, bytes(content)))
    assert [u.partition("#")[2] for u in good(records)] == [str(i) for i in (*range(100), *range(200, 300))]
    (reason,) = bad(records)
    assert reason.startswith("row 101 to the end of row group 2: ")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1", b"words"])
def test_what_is_no_parquet_is_told(tmp_path: Path, content: bytes) -> None:
    assert "can't be read as Parquet" in bad(read(written(tmp_path / "x.parquet", content)))[0]


# WARC


def warc_record(kind: str, block: bytes, uri: str | None = "https://news.example/a", **headers: str) -> bytes:
    fields = {"WARC-Type": kind, "WARC-Record-ID": "<urn:uuid:1>", "WARC-Date": "2026-03-03T10:00:00Z"}
    fields |= {"WARC-Target-URI": uri} if uri else {}
    fields |= {"Content-Type": "application/http; msgtype=response", "Content-Length": str(len(block))}
    fields |= {name.replace("_", "-"): value for name, value in headers.items()}
    return (
        b"WARC/1.0\r\n"
        + "".join(f"{k}: {v}\r\n" for k, v in fields.items()).encode()
        + b"\r\n"
        + block
        + b"\r\n\r\n"
    )


def http(
    body: bytes, status: str = "200 OK", content_type: str = "text/html; charset=ISO-8859-1", more: str = ""
) -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n{more}\r\n".encode() + body


def page(name: str) -> bytes:
    return warc_record(
        "response", http(f"<p>{name} {'words ' * 50}</p>".encode()), f"https://news.example/{name}"
    )


def three() -> list[bytes]:
    return [page("a"), page("b"), page("c")]


NAMES = [f"https://news.example/{name}" for name in "abc"]


def test_warc_gives_pages_and_texts_and_passes_over_the_rest(tmp_path: Path) -> None:
    chunked = b"5\r\n<p>on\r\n6;x=1\r\ne</p>\n\r\n0\r\n\r\n"
    content = b"".join(
        [
            warc_record("warcinfo", b"software: x\r\n", None, Content_Type="application/warc-fields"),
            warc_record("request", b"GET / HTTP/1.1\r\n\r\n"),
            warc_record("response", http(b"<p>caf\xe9</p>")),
            warc_record("response", http(b"moved", "301 Moved"), "https://news.example/moved"),
            warc_record("response", http(b"gone", "404 Not Found"), "https://news.example/gone"),
            warc_record("response", http(b"\x89PNG", content_type="image/png"), "https://news.example/png"),
            warc_record(
                "response",
                http(chunked, more="Transfer-Encoding: chunked\r\n"),
                "https://news.example/chunks",
            ),
            warc_record(
                "response",
                http(b"<p>plain", more="Transfer-Encoding: chunked\r\n"),
                "https://news.example/no-chunks",
            ),
            warc_record(
                "response",
                http(gzip.compress(b"<p>z"), more="Content-Encoding: gzip\r\n"),
                "https://news.example/gz",
            ),
            warc_record(
                "response", http(b"<p>z", more="Content-Encoding: gzip\r\n"), "https://news.example/no-gz"
            ),
            warc_record("resource", b"<p>r", "file:///r.html", Content_Type="text/html"),
            warc_record(
                "conversion", "Zürich".encode(), "<https://news.example/wet>", Content_Type="text/plain"
            ),
            warc_record("revisit", b"", "https://news.example/again"),
            warc_record("metadata", b"x: 1", Content_Type="application/warc-fields"),
        ]
    )
    records = read(written(tmp_path / "x.warc", content))
    assert bad(records) == []
    assert [(r.uri, r.content, r.media_type, r.charset) for r in records if isinstance(r, Record)] == [
        ("https://news.example/a", b"<p>caf\xe9</p>", "text/html", "ISO-8859-1"),
        ("https://news.example/chunks", b"<p>one</p>\n", "text/html", "ISO-8859-1"),
        ("https://news.example/no-chunks", b"<p>plain", "text/html", "ISO-8859-1"),
        ("https://news.example/gz", b"<p>z", "text/html", "ISO-8859-1"),
        ("https://news.example/no-gz", b"<p>z", "text/html", "ISO-8859-1"),
        ("file:///r.html", b"<p>r", "text/html", None),
        ("https://news.example/wet", "Zürich".encode(), "text/plain", None),
    ]


@pytest.mark.parametrize(
    "pack",
    [
        b"".join,
        lambda parts: b"".join(map(gzip.compress, parts)),
        lambda parts: gzip.compress(b"".join(parts)),
    ],
    ids=["plain", "a member each", "one member"],
)
def test_warc_may_be_compressed_in_either_way(tmp_path: Path, pack: Callable[[list[bytes]], bytes]) -> None:
    records = read(written(tmp_path / "x.warc.gz", pack(three())))
    assert (good(records), bad(records)) == (NAMES, [])


BAD_RECORDS: dict[str, bytes] = {
    "its Content-Length is wrong": page("b").replace(b"Content-Length: ", b"Content-Length: 9"),
    "its Content-Length is wrong, ": page("b").replace(b"Content-Length: ", b"Content-Length: 99999999"),
    "it has no Content-Length": page("b").replace(b"Content-Length", b"Content-Lenght"),
    "there is something that is no record": b"garbage\r\n" * 50,
    "its header has no end": b"WARC/1.0\r\n" + b"X: y\r\n" * 20_000,
    "holds no HTTP answer": warc_record("response", b"words"),
    "HTTP headers can't be read": warc_record(
        "response", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"
    ),
    "it has no WARC-Target-URI": warc_record("response", http(b"<p>x"), None),
    "control characters": warc_record("response", http(b"<p>x"), "https://news.example/\x01"),
    "at most 100,000 are read": warc_record("response", http(b"x" * 500_000)),
    "bytes, and at most": warc_record("response", http(b"x" * (LARGEST + 1))),
    "larger than 100,000 bytes": warc_record(
        "response", http(gzip.compress(b"x" * 5_000_000), more="Content-Encoding: gzip\r\n")
    ),
    "compressed data is broken": warc_record(
        "response", http(b"\x1f\x8bxxx", more="Content-Encoding: gzip\r\n")
    ),
    "it is empty": warc_record("response", http(b" ")),
}


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("reason", BAD_RECORDS)
def test_a_bad_record_is_told_and_the_rest_is_read(tmp_path: Path, reason: str, compressed: bool) -> None:
    parts = [page("a"), BAD_RECORDS[reason], page("c")]
    content = b"".join(gzip.compress(p) for p in parts) if compressed else b"".join(parts)
    records = read(written(tmp_path / "x.warc", content))
    assert good(records) == [NAMES[0], NAMES[2]]
    assert reason in bad(records)[0]
    assert len(bad(records)) <= 2
    assert "record" in bad(records)[0]


@pytest.mark.parametrize("at", [0, 3, 12, 40, 120, -3])
def test_damage_in_a_compressed_record_costs_that_record(tmp_path: Path, at: int) -> None:
    members = [gzip.compress(part) for part in three()]
    broken = bytearray(members[1])
    broken[at] ^= 0xFF
    records = read(written(tmp_path / "x.warc.gz", members[0] + bytes(broken) + members[2]))
    assert [u for u in good(records) if u != NAMES[1]] == [NAMES[0], NAMES[2]]
    assert NAMES[1] in good(records) or bad(records)


def test_an_archive_that_is_cut_off_gives_what_it_has(tmp_path: Path) -> None:
    whole = b"".join(three())
    packed = b"".join(gzip.compress(part) for part in three())
    for content, name in ((whole, "x.warc"), (packed, "x.warc.gz")):
        records = read(written(tmp_path / name, content[:-50]))
        assert good(records) == NAMES[:2]
        assert "cut off" in bad(records)[0]


def test_records_hidden_in_a_page_are_not_read(tmp_path: Path) -> None:
    """A page may hold what looks like a record of another site."""
    forged = warc_record("response", http(b"<p>forged"), "https://bank.example/")
    for size in (10, 500_000):
        hiding = warc_record("response", http(b"x" * size + b"\r\n\r\n" + forged + b"x" * size))
        records = read(written(tmp_path / "x.warc", page("a") + hiding + page("c")))
        assert "https://bank.example/" not in good(records)
        assert good(records)[-1] == NAMES[2]


@given(st.binary(max_size=300), st.integers(0, 900), st.booleans())
@settings(max_examples=150, deadline=None)
def test_nothing_in_an_archive_does_harm(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, at: int, packed: bool
) -> None:
    content = b"".join(map(gzip.compress, three())) if packed else b"".join(three())
    path = tmp_path_factory.mktemp("archive") / "x"
    for name in (".warc", ".jsonl", ".parquet"):
        records = read(written(path.with_suffix(name), content[:at] + noise + content[at:]))
        assert all(isinstance(r, Record | BadRecord) for r in records)


# As sources


def outcomes(
    root: Path, source: Source, known: set[tuple[str, str]] | None = None
) -> list[Document | Failure]:
    return list(read_source(source, root=root, known=known or set(), now=datetime(2026, 3, 5, tzinfo=UTC)))


STORY = "<p>The town will spend £2m on its bridge, the council said.</p><p>Nobody was hurt in the flood.</p>"


def test_an_archive_is_a_source_of_documents(tmp_path: Path) -> None:
    html = f'<html><head><link rel="canonical" href="/story"></head><body><article>{STORY}</article></body></html>'
    lines = [
        line(
            url="https://news.example/a", title="Roads", published="2026-03-03", publisher="The Valley News"
        ),
        b"no JSON\n",
        line(id="b", text="Title: nothing\r\nTen roads shut."),
        line(id="c", text=" "),
        json.dumps({"url": "https://news.example/story?utm=1", "html": html}).encode(),
    ]
    written(tmp_path / "year.jsonl.gz", gzip.compress(b"".join(lines)))
    source = Source(id="bulk", kind="archives", paths=("*.jsonl.gz",), licence="CC0-1.0", country="GB")
    found = outcomes(tmp_path, source)
    documents = [o for o in found if isinstance(o, Document)]
    assert [d.uri for d in documents] == [
        "https://news.example/a",
        "year.jsonl.gz#b",
        "https://news.example/story",
    ]
    first, second, third = documents
    assert (first.title, first.published, first.publisher) == ("Roads", date(2026, 3, 3), "The Valley News")
    assert (first.licence, first.country, first.text) == ("CC0-1.0", "GB", "Ten roads shut.")
    assert second.text == "Title: nothing\nTen roads shut."
    assert "£2m" in third.text
    assert third.media_type == "text/html"
    assert [(o.uri, o.error) for o in found if isinstance(o, Failure)] == [
        ("year.jsonl.gz:2", "DocumentError"),
        ("year.jsonl.gz:4", "EmptyFile"),
    ]
    known = {(d.uri, d.sha256) for d in documents}
    assert not [o for o in outcomes(tmp_path, source, known) if isinstance(o, Document)]


def test_an_archive_that_was_read_whole_is_not_opened_again(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    written(good, line(id="a", text="Ten roads shut."))
    written(bad, b"no JSON\n" + line(id="b", text="Two roads shut."))
    source = Source(id="bulk", kind="archives", paths=("*.jsonl",))

    def read(known: set[tuple[str, str]]) -> tuple[list[str], set[tuple[str, str]]]:
        whole: set[tuple[str, str]] = set()
        found = read_source(
            source,
            root=tmp_path,
            known=known,
            now=datetime(2026, 3, 5, tzinfo=UTC),
            on_whole=lambda uri, sha256: whole.add((uri, sha256)),
        )
        return [outcome.uri for outcome in found], whole

    found, whole = read(set())
    assert found == ["bad.jsonl:1", "bad.jsonl#b", "good.jsonl#a"]
    assert whole == {("good.jsonl", hashlib.sha256(good.read_bytes()).hexdigest())}, "of bad.jsonl one failed"
    assert read(whole) == (["bad.jsonl:1", "bad.jsonl#b"], whole)
    written(good, line(id="a", text="Ten roads shut.") + line(id="c", text="One road shut."))
    assert read(whole)[0] == ["bad.jsonl:1", "bad.jsonl#b", "good.jsonl#a", "good.jsonl#c"]


def test_countless_bad_records_are_counted(tmp_path: Path) -> None:
    written(tmp_path / "x.jsonl", b"{}\n" * (MOST_FAILURES + 500) + line(id="a"))
    found = outcomes(tmp_path, source_for_paths([Path("x.jsonl")]))
    assert len(found) == MOST_FAILURES + 2
    assert isinstance(found[-2], Document)
    assert isinstance(found[-1], Failure)
    assert found[-1].reason == "x.jsonl: 500 more of its records can't be used"


def test_snapshots_of_one_page_keep_the_times_at_which_they_were_read(tmp_path: Path) -> None:
    text = "The town will spend money on its bridge, the council said. {} roads are shut."
    times = ["2026-03-01T10:00:00Z", "2026-03-02T10:00:00", "2999-01-01T10:00:00Z", "soon", None]
    records = [
        line(url="https://news.example/a", text=text.format(n), fetched_at=t) for n, t in enumerate(times)
    ]
    written(tmp_path / "x.jsonl", b"".join(records))
    stored = http(text.encode(), content_type="text/plain")
    written(tmp_path / "y.warc", warc_record("response", stored, WARC_Date="2026-03-03T10:00:00Z"))
    found = outcomes(tmp_path, Source(id="bulk", kind="archives", paths=("*.*",)))
    now = datetime(2026, 3, 5, tzinfo=UTC)
    read = [datetime(2026, 3, day, 10, tzinfo=UTC) for day in (1, 2, 3)]
    assert [d.fetched_at for d in found if isinstance(d, Document)] == [
        read[0],
        read[1],
        now,
        now,
        now,
        read[2],
    ]


def test_archives_given_by_hand_or_dropped_into_a_folder_are_read(tmp_path: Path) -> None:
    (tmp_path / "box").mkdir()
    stored = http(f"<html><body><article>{STORY}</article></body></html>".encode("cp1252"))
    path = written(tmp_path / "box" / "x.warc", warc_record("response", stored))
    for source in (source_for_paths([path]), Source(id="box", paths=("box",))):
        (document,) = outcomes(tmp_path, source)
        assert isinstance(document, Document)
        assert document.uri == "https://news.example/a"
        assert "£2m" in document.text


def test_a_source_of_archives_takes_nothing_else(tmp_path: Path) -> None:
    written(tmp_path / "a.txt", b"words")
    (failure,) = outcomes(tmp_path, Source(id="bulk", kind="archives", paths=("a.txt",)))
    assert isinstance(failure, Failure)
    assert "it is no archive" in failure.reason


def test_patterns_do_not_lead_out_of_their_folder(tmp_path: Path) -> None:
    for folder in ("box/inner", "secret"):
        (tmp_path / folder).mkdir(parents=True)
        written(tmp_path / folder / "a.txt", b"The words of a document.")
    (tmp_path / "box" / "out").symlink_to(tmp_path / "secret")
    (tmp_path / "box" / "in").symlink_to(tmp_path / "box" / "inner")
    for pattern in ("box/*/*.txt", "box/**/*.txt", "box/inn*/../../secret/*.txt"):
        found = outcomes(tmp_path, Source(id="box", paths=(pattern,)))
        assert all("secret" not in o.uri and "out" not in o.uri for o in found if isinstance(o, Document))
        assert {o.error for o in found if isinstance(o, Failure)} <= {"NotAFile"}
        assert any("leads out of the folder" in o.reason for o in found if isinstance(o, Failure))

"""What sources.toml may say, and how plainly it is told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.sources import Source, load_sources, source_for_paths

ROOT = Path(__file__).parent.parent


def write(folder: Path, content: str) -> Path:
    path = folder / "sources.toml"
    path.write_text(content, encoding="utf-8")
    return path


def test_every_key(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [settings]
        base_currency = "EUR"

        [[sources]]
        id = "wire"
        paths = ["wire/**/*.txt", "more"]
        publisher = "The Example"
        country = "AU"
        language = "de"
        licence = "CC-BY-4.0"
        every = "hour"
        optional = true
        max_megabytes = 0.5

        [[sources]]
        id = "one"
        paths = "one.txt"
        """,
    )
    assert load_sources(path) == [
        Source(
            id="wire",
            paths=("wire/**/*.txt", "more"),
            publisher="The Example",
            country="AU",
            language="de",
            licence="CC-BY-4.0",
            every="hour",
            optional=True,
            max_bytes=500_000,
        ),
        Source(id="one", paths=("one.txt",)),
    ]


def test_sources_on_the_web_and_archives(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        """
        [[sources]]
        id = "blog"
        pages = "https://example.org/live"
        every = "hour"

        [[sources]]
        id = "wire"
        feeds = ["https://example.org/rss", "http://127.0.0.1:8000/atom"]
        allow_private = true
        most_pages = 20

        [[sources]]
        id = "news"
        sitemaps = ["https://example.org/news.xml"]

        [[sources]]
        id = "bulk"
        archives = ["dumps/*.warc.gz"]
        """,
    )
    found = load_sources(path)
    assert found == [
        Source(id="blog", kind="pages", paths=("https://example.org/live",), every="hour"),
        Source(
            id="wire",
            kind="feeds",
            paths=("https://example.org/rss", "http://127.0.0.1:8000/atom"),
            allow_private=True,
            most_pages=20,
        ),
        Source(id="news", kind="sitemaps", paths=("https://example.org/news.xml",)),
        Source(id="bulk", kind="archives", paths=("dumps/*.warc.gz",)),
    ]
    assert [source.is_web for source in found] == [True, True, True, False]


def test_the_file_that_comes_with_the_project() -> None:
    sources = load_sources(ROOT / "sources.toml")
    assert [source.id for source in sources] == ["examples", "inbox"]
    assert sources[1].optional


def test_an_address_may_have_an_at_sign_in_its_path(tmp_path: Path) -> None:
    (source,) = load_sources(write(tmp_path, WEB + 'pages = ["https://example.org/@ada/live"]\n'))
    assert source.paths == ("https://example.org/@ada/live",)


def test_no_sources_is_no_error(tmp_path: Path) -> None:
    assert load_sources(write(tmp_path, "[settings]\n")) == []


WEB = '[[sources]]\nid = "wire"\n'
ENTRY = '[[sources]]\nid = "wire"\npaths = ["a"]\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[sources]\n", r"is not valid TOML"),
        ("sources = 3\n", r"sources must be written as \[\[sources\]\]"),
        ("sources = [3]\n", r"sources must be written as \[\[sources\]\]"),
        ('[[sources]]\npaths = ["a"]\n', r"source 1: id: missing"),
        ('[[sources]]\nid = "wire"\n', r"source 'wire': paths: missing"),
        ('[[sources]]\nid = "wire"\npaths = []\n', r"source 'wire': paths: must be a list"),
        ('[[sources]]\nid = "wire"\npaths = [3]\n', r"paths: must be a list"),
        ('[[sources]]\nid = "wire"\npaths = [""]\n', r"paths: must be a list"),
        ('[[sources]]\nid = "wire"\npaths = ["https://example.org"]\n', r"is an address"),
        ('[[sources]]\nid = "wire"\npaths = ["a\\u0000b"]\n', r"NUL"),
        ('[[sources]]\nid = "a/b"\npaths = ["a"]\n', r"source 'a/b': id: must be lower-case letters"),
        ('[[sources]]\nid = 3\npaths = ["a"]\n', r"source 1: id: must be text in quotes, not 3"),
        ('[[sources]]\nid = "arguments"\npaths = ["a"]\n', r"id: 'arguments' is kept"),
        (ENTRY + ENTRY, r"source 'wire': id: two sources have this id"),
        (ENTRY + 'publsher = "x"\n', r"source 'wire': publsher: unknown key; did you mean publisher\?"),
        (ENTRY + 'license = "x"\n', r"license: unknown key; did you mean licence\?"),
        (ENTRY + 'zzz = "x"\n', r"zzz: unknown key; there are id, paths, pages"),
        ('[[source]]\nid = "wire"\npaths = ["x"]\n', r"source: unknown; did you mean \[\[sources\]\]\?"),
        ("[setings]\n" + ENTRY, r"setings: unknown; did you mean \[settings\]\?"),
        ("x = 1\n" + ENTRY, r"x: unknown; there are \[\[sources\]\], \[settings\]"),
        (ENTRY + 'country = "UK"\n', r"source 'wire': country: .* is GB, not UK"),
        (ENTRY + 'country = "Australia"\n', r"country: must be an ISO 3166 code"),
        (ENTRY + 'language = "English"\n', r"language: must be an ISO 639 code"),
        (ENTRY + 'every = "minute"\n', r"every: must be refresh, hour, day or week, not 'minute'"),
        (ENTRY + 'optional = "yes"\n', r"optional: must be true or false"),
        (ENTRY + "max_megabytes = true\n", r"max_megabytes: must be a number"),
        (ENTRY + "max_megabytes = 0\n", r"max_megabytes: must be a number"),
        (
            WEB + 'pages = ["https://ada:secret@example.org/a"]\n',
            r"pages: the address at example.org has a user name",
        ),
        (ENTRY + "publisher = 3\n", r"publisher: must be text in quotes"),
        (ENTRY + 'pages = ["https://example.org"]\n', r"pages: a source has either paths or pages"),
        (
            ENTRY + "allow_private = true\n",
            r"allow_private: only a source with pages, feeds, sitemaps has it",
        ),
        (
            WEB + 'pages = ["example.org/a"]\n',
            r"pages: 'example.org/a' is not an address that begins with https",
        ),
        (WEB + 'feeds = ["file:///etc/passwd"]\n', r"feeds: 'file:///etc/passwd' is not an address"),
        (WEB + "sitemaps = []\n", r"sitemaps: must be a list of addresses, not \[\]"),
        (
            WEB + 'archives = ["https://example.org/a.warc"]\n',
            r"archives: .* is an address; archives are folders",
        ),
        (WEB + 'pages = "https://example.org"\nallow_private = 1\n', r"allow_private: must be true or false"),
        (WEB + 'pages = "https://example.org"\nmost_pages = 0\n', r"most_pages: must be a whole number"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        load_sources(write(tmp_path, content))
    assert "sources.toml" in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"sources\.toml: there is no such file"):
        load_sources(tmp_path / "sources.toml")


def test_paths_given_by_hand() -> None:
    source = source_for_paths([Path("a.txt"), Path("b")])
    assert (source.id, source.paths, source.named) == ("arguments", ("a.txt", "b"), True)

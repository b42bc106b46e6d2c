"""Pages are read from a real server on loopback: slow, broken, huge, redirecting and lying ones too."""

from __future__ import annotations

import gzip
import time
import zlib
from collections.abc import Iterator

import pytest
from web_server import Clock, Page, WebServer, dripping, in_turn, raw, redirect, serving

from pipeline.errors import FetchError
from pipeline.reading.answers import FEEDS, Answer
from pipeline.reading.connections import is_reachable
from pipeline.reading.fetching import Fetcher, Limits, check_address, user_agent
from pipeline.reading.robots import Robots

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"


@pytest.fixture
def web() -> Iterator[WebServer]:
    with serving() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def fetcher(clock: Clock) -> Iterator[Fetcher]:
    with Fetcher(clock=clock, sleep=clock.sleep) as fetcher:
        yield fetcher


def fetch(fetcher: Fetcher, web: WebServer, path: str = "/a", **options: object) -> Answer:
    return fetcher.fetch(web.url + path, allow_private=True, **options)  # type: ignore[arg-type]


def refused(fetcher: Fetcher, web: WebServer, path: str = "/a", **options: object) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(fetcher, web, path, **options)
    return caught.value


# What is read, and how we ask


def test_a_page_is_read_with_its_type_and_charset(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/a"] = Page("café".encode("latin-1"), "text/html; charset=ISO-8859-1")
    answer = fetch(fetcher, web)
    assert answer.content == b"caf\xe9"
    assert (answer.media_type, answer.charset) == ("text/html", "iso-8859-1")
    assert answer.url == web.url + "/a"


def test_we_say_who_we_are(web: WebServer, clock: Clock) -> None:
    web.pages["/a"] = Page("x")
    with Fetcher(contact="desk@example.org", clock=clock, sleep=clock.sleep) as fetcher:
        fetch(fetcher, web)
    assert web.asked[0].headers["user-agent"] == user_agent("desk@example.org")
    assert web.asked[0].headers["user-agent"].startswith("fact-figures/")
    assert "desk@example.org" in web.asked[1].headers["user-agent"]


def test_an_unchanged_page_costs_one_304(fetcher: Fetcher, web: WebServer) -> None:
    for headers in ({"ETag": '"one"'}, {"Last-Modified": "Tue, 03 Mar 2026 10:00:00 GMT"}):
        web.pages["/a"] = Page("words", headers=headers)
        first = fetch(fetcher, web)
        assert first.content == b"words"
        second = fetch(fetcher, web, validators=first.validators)
        assert second.content is None
        assert second.validators == first.validators
        web.pages["/a"] = Page("other words", headers={"ETag": '"two"'})
        assert fetch(fetcher, web, validators=first.validators).content == b"other words"


def test_validators_go_only_to_the_address_that_they_came_from(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/a"] = redirect("/b")
    web.pages["/b"] = Page("words", headers={"ETag": '"one"'})
    validators = fetch(fetcher, web).validators
    assert fetch(fetcher, web, validators=validators).content is None
    assert ["if-none-match" in a.headers for a in web.asked if a.path in "/a/b"] == [
        False,
        False,
        False,
        True,
    ]


def test_a_304_that_was_not_asked_for_is_an_error(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/a"] = raw(b"HTTP/1.1 304 Not Modified\r\n\r\n")
    assert "answers 304" in str(refused(fetcher, web))


def test_compressed_pages_are_read(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/a"] = Page(
        gzip.compress(b"one") + gzip.compress(b" two"), headers={"Content-Encoding": "gzip"}
    )
    assert fetch(fetcher, web).content == b"one two"


def test_cookies_are_not_kept(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/a"] = Page("x", headers={"Set-Cookie": "id=1; Path=/"})
    fetch(fetcher, web)
    fetch(fetcher, web)
    assert all("cookie" not in a.headers for a in web.asked)


def test_proxies_of_the_environment_are_not_used(
    web: WebServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    web.pages["/a"] = Page("x")
    with Fetcher(clock=clock, sleep=clock.sleep) as fetcher:
        assert fetch(fetcher, web).content == b"x"


# Where we may go


PRIVATE = [
    "127.0.0.1", "127.8.9.10", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "192.0.2.1", "198.18.0.1", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
]  # fmt: skip
NEVER = [
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "239.1.1.1",
    "240.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "::ffff:0.0.0.0",
    "x",
]
PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]


def test_only_public_addresses_are_reached_unless_the_source_allows_private_ones() -> None:
    assert [a for a in PRIVATE + NEVER if is_reachable(a, allow_private=False)] == []
    assert [a for a in NEVER if is_reachable(a, allow_private=True)] == []
    assert [a for a in PRIVATE if not is_reachable(a, allow_private=True)] == []
    assert [a for a in PUBLIC if not is_reachable(a, allow_private=False)] == []


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "[::ffff:127.0.0.1]",
        "[::1]",
    ],
)
def test_loopback_is_refused_in_any_spelling(fetcher: Fetcher, web: WebServer, host: str) -> None:
    with pytest.raises(FetchError):
        fetcher.fetch(f"http://{host}:{web.url.rpartition(':')[2]}/a")
    assert web.asked == []


def test_a_refused_address_is_named_with_what_to_do(fetcher: Fetcher, web: WebServer) -> None:
    with pytest.raises(
        FetchError,
        match=r"^http://127\.0\.0\.1:\d+: 127\.0\.0\.1 is at 127\.0\.0\.1, which is not public.*allow_private = true",
    ):
        fetcher.fetch(web.url)


def test_a_name_is_resolved_once_and_its_checked_address_is_used(web: WebServer, clock: Clock) -> None:
    """A name server that answers with another address each time can't lead us astray."""
    answers = [["127.0.0.1"], ["224.0.0.1"]]
    asked: list[str] = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers[len(asked) - 1]

    web.pages["/robots.txt"] = Page("", "text/plain")
    web.pages["/a"] = Page("x")
    port = web.url.rpartition(":")[2]
    with Fetcher(resolve=rebinding, clock=clock, sleep=clock.sleep) as fetcher:
        assert fetcher.fetch(f"http://news.test:{port}/a", allow_private=True).content == b"x"
    assert asked == ["news.test"]  # robots.txt and the page go over one checked connection
    assert web.asked[-1].headers["host"] == f"news.test:{port}"


def test_a_name_that_turns_private_is_refused_at_the_connection(web: WebServer) -> None:
    with (
        Fetcher(resolve=lambda host, port: ["127.0.0.1", "192.168.0.7"]) as fetcher,
        pytest.raises(FetchError) as e,
    ):
        fetcher.fetch(f"http://news.test:{web.url.rpartition(':')[2]}/a")
    assert "192.168.0.7" in str(e.value)
    assert not e.value.temporary
    assert web.asked == []


def test_a_private_connection_is_not_used_again_by_a_public_source(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/a"] = Page("x")
    fetch(fetcher, web)
    asked = len(web.asked)
    with pytest.raises(FetchError, match="not public"):
        fetcher.fetch(web.url + "/a")
    assert len(web.asked) == asked


def test_every_redirect_meets_the_same_checks(clock: Clock, web: WebServer) -> None:
    with serving() as other:
        other.pages["/secret"] = Page("secret")
        web.pages["/a"] = redirect(f"http://inner.test:{other.host.rpartition(':')[2]}/secret")

        def resolve(host: str, port: int) -> list[str]:
            return ["127.0.0.1"] if host == "127.0.0.1" else ["224.0.0.1"]  # one that is never reachable

        with Fetcher(clock=clock, sleep=clock.sleep, resolve=resolve) as fetcher:
            assert "inner.test is at 224.0.0.1" in str(refused(fetcher, web))
        assert other.asked == []


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "not an http"),
        ("ftp://example.org/x", "not an http"),
        ("gopher://127.0.0.1/", "not an http"),
        ("http://user:word@example.org/", "user name or password"),
        ("http://[::1", "no address"),
        ("", "doesn't say where"),
        ("/" + "x" * 9000, "longer than"),
    ],
)
def test_redirects_to_what_is_not_a_page_are_refused(
    fetcher: Fetcher, web: WebServer, location: str, reason: str
) -> None:
    web.pages["/a"] = redirect(location)
    error = refused(fetcher, web)
    assert reason in str(error)
    assert not error.temporary


def test_redirects_are_followed_and_counted(fetcher: Fetcher, web: WebServer) -> None:
    for i in range(9):
        web.pages[f"/{i}"] = redirect(f"/{i + 1}", (301, 302, 303, 307, 308)[i % 5])
    web.pages["/9"] = Page("end")
    assert fetch(fetcher, web, "/4").url == web.url + "/9"
    assert "redirects more than 5 times" in str(refused(fetcher, web, "/3"))
    web.pages["/loop"] = redirect("/loop")
    assert "redirects more than 5 times" in str(refused(fetcher, web, "/loop"))


@pytest.mark.parametrize(
    "url", ["", "example.org/a", "file:///etc/passwd", "http://", "http:///a", "http://[::1", "x:y"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(FetchError):
        check_address(url)


# robots.txt


def test_robots_rules_are_those_of_rfc_9309() -> None:
    rules = Robots(
        "User-agent: otherbot\nDisallow: /\n\n"
        "User-agent: fact-figures\nDisallow: /private\nAllow: /private/open\nDisallow: /*.pdf$\nCrawl-delay: 4\n\n"
        "User-agent: *\nDisallow: /all\n"
    )
    allowed = {
        p: rules.allows("https://example.org" + p)
        for p in ("/", "/private/x", "/private/open/x", "/x.pdf", "/all")
    }
    assert allowed == {"/": True, "/private/x": False, "/private/open/x": True, "/x.pdf": False, "/all": True}
    assert rules.delay == 4
    assert not Robots("User-agent: *\nDisallow: /all").allows("https://example.org/all/x")
    assert Robots("User-agent: a\nUser-agent: b\nDisallow: /").allows("https://example.org/")


def test_a_hostile_robots_txt_takes_neither_time_nor_memory() -> None:
    agents = "".join(f"User-agent: a{i}\n" for i in range(15_000)) + "Disallow: /x\n" * 20_000
    wildcards = "User-agent: *\n" + f"Disallow: /{'*a' * 40}b$\n" * 3_000
    started = time.process_time()
    assert Robots(agents).allows("https://example.org/x")
    assert Robots(wildcards).allows("https://example.org/" + "a" * 2000)
    assert time.process_time() - started < 5


def test_robots_is_read_once_and_obeyed_at_every_hop(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /closed", "text/plain")
    web.pages["/a"] = redirect("/closed/a")
    web.pages["/b"] = Page("x")
    assert "robots.txt asks" in str(refused(fetcher, web, "/closed/b"))
    assert "robots.txt asks" in str(refused(fetcher, web))
    assert fetch(fetcher, web, "/b").content == b"x"
    assert [a.path for a in web.asked] == ["/robots.txt", "/a", "/b"]


@pytest.mark.parametrize(
    ("status", "allowed"),
    [(204, True), (404, True), (403, True), (410, True), (429, False), (500, False), (503, False)],
)
def test_a_site_that_cannot_give_its_robots_txt(
    fetcher: Fetcher, web: WebServer, status: int, allowed: bool
) -> None:
    web.pages["/robots.txt"] = Page("", status=status)
    web.pages["/a"] = Page("x")
    if allowed:
        assert fetch(fetcher, web).content == b"x"
    else:
        error = refused(fetcher, web)
        assert "robots.txt can't be read" in str(error)
        assert error.temporary
        assert web.paths() == []


def test_a_huge_robots_txt_is_read_up_to_the_limit(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/robots.txt"] = Page("User-agent: *\nDisallow: /closed\n" + "# more\n" * 200_000, "text/plain")
    assert "robots.txt asks" in str(refused(fetcher, web, "/closed"))


# Pauses, attempts and patience


def test_a_host_gets_a_pause_between_requests(fetcher: Fetcher, web: WebServer, clock: Clock) -> None:
    web.pages["/a"] = Page("x")
    for _ in range(3):
        fetch(fetcher, web)
    assert clock.slept == [1, 1, 1]  # after robots.txt, and between the pages


def test_the_pause_is_longer_if_robots_txt_says_so(fetcher: Fetcher, web: WebServer, clock: Clock) -> None:
    web.pages["/robots.txt"] = Page("User-agent: *\nCrawl-delay: 7", "text/plain")
    web.pages["/a"] = Page("x")
    fetch(fetcher, web)
    fetch(fetcher, web)
    assert clock.slept == [1, 7]
    web.pages["/robots.txt"] = Page("User-agent: *\nCrawl-delay: 3600", "text/plain")
    with Fetcher(clock=clock, sleep=clock.sleep) as another:
        assert "asks for 3600 s" in str(refused(another, web))


def test_what_is_temporary_is_tried_again_with_longer_pauses(
    fetcher: Fetcher, web: WebServer, clock: Clock
) -> None:
    web.pages["/robots.txt"] = Page("", "text/plain")
    web.pages["/a"] = in_turn(Page("", status=503), raw(b""), Page("x"))
    assert fetch(fetcher, web).content == b"x"
    assert clock.slept == [1, 1, 2]
    web.pages["/a"] = Page("", status=502)
    error = refused(fetcher, web)
    assert "answers 502" in str(error)
    assert error.temporary
    assert web.paths() == ["/a"] * 6


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 501, 204, 206])
def test_what_is_not_temporary_is_not_tried_again(fetcher: Fetcher, web: WebServer, status: int) -> None:
    web.pages["/a"] = Page("", status=status)
    error = refused(fetcher, web)
    assert f"answers {status}" in str(error)
    assert not error.temporary
    assert web.paths() == ["/a"]


def test_retry_after_is_kept_to(fetcher: Fetcher, web: WebServer, clock: Clock) -> None:
    web.pages["/a"] = in_turn(Page("", status=429, headers={"Retry-After": "12"}), Page("x"))
    assert fetch(fetcher, web).content == b"x"
    assert clock.slept == [1, 12]
    dated = b"HTTP/1.1 503 Busy\r\nDate: Tue, 03 Mar 2026 10:00:00 GMT\r\nRetry-After: Tue, 03 Mar 2026 10:00:25 GMT\r\n"
    web.pages["/a"] = in_turn(raw(dated + b"Content-Length: 0\r\n\r\n"), Page("x"))
    assert fetch(fetcher, web).content == b"x"
    assert clock.slept == [1, 12, 1, 25]


def test_a_long_retry_after_leaves_the_host_to_the_next_refresh(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/a"] = Page("", status=429, headers={"Retry-After": "3600"})
    web.pages["/b"] = Page("x")
    assert "answers 429" in str(refused(fetcher, web))
    error = refused(fetcher, web, "/b")
    assert "asks us to wait 3600 s" in str(error)
    assert error.temporary
    assert web.paths() == ["/a"]


def test_a_host_that_keeps_failing_is_left_alone(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/a"] = Page("", status=500)
    web.pages["/b"] = Page("x")
    for _ in range(3):
        refused(fetcher, web)
    asked = len(web.asked)
    assert "failed too often" in str(refused(fetcher, web, "/b"))
    assert len(web.asked) == asked


def test_a_host_that_takes_too_long_is_left_alone(web: WebServer, clock: Clock) -> None:
    web.pages["/a"] = Page("x")
    with Fetcher(clock=clock, sleep=clock.sleep, limits=Limits(host_total=2, pause=1.5)) as fetcher:
        fetch(fetcher, web)  # its robots.txt and the pause after it
        web.pages["/b"] = in_turn(Page("", status=503), Page("x"))
        fetch(fetcher, web, "/b")
        assert "took too long" in str(refused(fetcher, web))


def test_a_refresh_does_not_go_on_for_ever(web: WebServer, clock: Clock) -> None:
    web.pages["/a"] = Page("x")
    with Fetcher(clock=clock, sleep=clock.sleep, limits=Limits(refresh_total=1)) as fetcher:
        fetch(fetcher, web)  # its robots.txt and the pause after it
        assert "this refresh took too long" in str(refused(fetcher, web))


# Slow, broken, huge and lying servers


@pytest.fixture
def hurried() -> Iterator[Fetcher]:
    """Real time, and little of it."""
    with Fetcher(limits=Limits(total=0.6, read=0.4, pause=0, attempts=1, size=100_000)) as fetcher:
        yield fetcher


@pytest.mark.parametrize(
    "page",
    [
        dripping(200, b"", 0.05, b""),  # says nothing
        dripping(200, b"x", 0.05, HEAD + b"Content-Length: 5000\r\n\r\n"),  # a body that drips
        dripping(200, b"X-More: 1\r\n", 0.05, HEAD),  # headers that never end
        dripping(200, b"HTTP/1.1 100 Continue\r\n\r\n", 0.05, b""),  # answers that are none
        dripping(200, b"1\r\nx\r\n", 0.05, HEAD + b"Transfer-Encoding: chunked\r\n\r\n"),
    ],
)
def test_a_slow_server_is_given_up_at_the_deadline(hurried: Fetcher, web: WebServer, page: object) -> None:
    web.pages["/a"] = page  # type: ignore[assignment]
    started = time.monotonic()
    error = refused(hurried, web)
    assert time.monotonic() - started < 2
    assert error.temporary
    assert "time" in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\nContent-Type: text/html\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: text/html\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000,
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n" + gzip.compress(b"words" * 40)[:20],
    ],
)
def test_a_broken_answer_is_an_error_that_may_pass(hurried: Fetcher, web: WebServer, answer: bytes) -> None:
    web.pages["/a"] = raw(answer)
    assert refused(hurried, web).temporary


def endless(handler: object) -> None:
    handler.wfile.write(HEAD + b"\r\n")  # type: ignore[attr-defined]
    for _ in range(10_000):
        handler.wfile.write(b"x" * 10_000)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "page",
    [
        Page(b"x" * 100_001),
        endless,
        raw(HEAD + b"Content-Length: 99999999999999\r\n\r\n"),
        Page(gzip.compress(b"x" * 50_000_000), headers={"Content-Encoding": "gzip"}),
    ],
    ids=["larger", "endless", "length", "bomb"],
)
def test_what_is_too_large_is_refused_while_it_comes(web: WebServer, page: object) -> None:
    web.pages["/a"] = page  # type: ignore[assignment]
    with Fetcher(limits=Limits(size=100_000, pause=0)) as fetcher:
        error = refused(fetcher, web)
    assert "larger than 100,000 bytes" in str(error)
    assert not error.temporary


def test_a_page_may_be_just_as_large_as_the_limit(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/a"] = Page(b"x" * 1000)
    assert fetch(fetcher, web, size=1000).content == b"x" * 1000


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page(b"%PDF-1.7 ...", "application/pdf"), "is application/pdf, not text/html"),
        (Page(b"%PDF-1.7 ..."), "said to be text and is a PDF"),
        (Page(b"\x89PNG\r\n"), "is a picture"),
        (Page(b"words\x00words"), "is binary"),
        (Page(gzip.compress(b"x")), "is compressed"),
        (Page(zlib.compress(b"x"), headers={"Content-Encoding": "br"}), "encoded as br"),
        (
            Page(gzip.compress(gzip.compress(b"x")), headers={"Content-Encoding": "gzip, gzip"}),
            "encoded as gzip, gzip",
        ),
    ],
)
def test_a_server_that_lies_about_what_it_sends(
    fetcher: Fetcher, web: WebServer, page: Page, reason: str
) -> None:
    web.pages["/a"] = page
    error = refused(fetcher, web)
    assert reason in str(error)
    assert not error.temporary


def test_a_page_without_a_type_is_looked_at(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/a"] = Page("  <p>x", content_type=None)
    web.pages["/b"] = Page("x", content_type=None)
    assert fetch(fetcher, web).media_type == "text/html"
    assert fetch(fetcher, web, "/b").media_type == "text/plain"


def test_a_compressed_sitemap_is_taken_where_feeds_are_asked_for(fetcher: Fetcher, web: WebServer) -> None:
    web.pages["/a"] = Page(gzip.compress(b"<urlset/>"), "application/gzip")
    assert fetch(fetcher, web, accept=FEEDS).content == gzip.compress(b"<urlset/>")


def test_a_host_without_an_address_may_get_one(clock: Clock) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise OSError("Name or service not known")

    with (
        Fetcher(clock=clock, sleep=clock.sleep, resolve=unknown) as fetcher,
        pytest.raises(FetchError, match=r"no address is known for the host nowhere\.test") as caught,
    ):
        fetcher.fetch("http://nowhere.test/a")
    assert caught.value.temporary


def test_a_refused_connection_may_pass_and_errors_name_the_address(fetcher: Fetcher) -> None:
    with serving() as gone:
        pass
    error = refused(fetcher, gone)
    assert error.temporary
    assert str(error).startswith(gone.url + "/a: ")

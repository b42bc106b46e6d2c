"""Reads pages from the web: politely, within limits, and only from where a source may read.

Polite: robots.txt is obeyed, a host gets one request at a time with a pause between two, an unchanged page costs
one conditional request, `Retry-After` is kept to, and a host that doesn't answer is left alone. Within limits: of
time, of bytes on the wire and after decompression, of redirects and of attempts. Only from where it may: see
`connections`; every redirect meets the same checks. Cookies are not kept, and proxies that the environment names
are not used, because a proxy would open the connections that are to be checked.

The loop of attempts is our own: the pause between two is the longest of the backoff, the host's pause and what
the server asks for, all inside one deadline, and libraries for retries know only the first.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from contextlib import closing
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from importlib.metadata import version

import httpcore
import httpx

from pipeline.errors import FetchError
from pipeline.reading.answers import PAGES, TEMPORARY, Answer, RefusedError, Request, Validators, read_answer
from pipeline.reading.connections import CheckedBackend, CheckedTransport, Deadline, Resolve, resolve
from pipeline.reading.robots import MAX_BYTES as ROBOTS_SIZE
from pipeline.reading.robots import PRODUCT, Robots

MAX_ADDRESS = 8000
BROKEN = (httpcore.NetworkError, httpcore.ProtocolError, httpx.StreamError, OSError)


@dataclass(frozen=True)
class Limits:
    """What one fetch may take: times in seconds, sizes in bytes."""

    total: float = 60  # from the first request to the last byte, redirects and further attempts included
    connect: float = 10
    read: float = 20  # between two pieces of an answer
    size: int = 10_000_000
    redirects: int = 5
    attempts: int = 3
    backoff: float = 1  # before the second attempt; doubled before each further one
    pause: float = 1  # between two requests to one host
    longest_pause: float = 30  # what a host asks for beyond this is left to the next refresh
    host_failures: int = 3  # so many fetches given up in a row, and the host is left alone
    host_total: float = 1800  # all fetches from one host in one refresh
    refresh_total: float = 4 * 3600  # all fetches in one refresh


@dataclass
class Host:
    """What is known of one host in this refresh."""

    free_at: float = 0  # when it may be asked again
    failures: int = 0  # fetches given up in a row
    spent: float = 0  # seconds
    robots: dict[str, Robots] = field(default_factory=dict)  # of each origin, which is a scheme and a port


def user_agent(contact: str | None = None) -> str:
    """Who we say we are: the product, its version and, where the settings name it, whom to write to."""
    name = f"{PRODUCT}/{version(PRODUCT)}"
    return f"{name} (+{contact})" if contact else name


class Fetcher:
    """Reads addresses one after the other, and knows each host's rules and pauses while it lives.

    `clock` gives monotonic seconds, `sleep` waits, `resolve` gives a host's addresses.
    """

    def __init__(
        self,
        *,
        contact: str | None = None,
        limits: Limits | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        resolve: Resolve = resolve,
    ) -> None:
        self._limits = limits or Limits()
        self._clock = clock
        self._sleep = sleep
        self._deadline = Deadline(clock)
        self._hosts: dict[str, Host] = {}
        self._spent = 0.0
        self._headers = {
            "User-Agent": user_agent(contact),
            "Accept-Encoding": "gzip",
            "Accept-Language": "en",
        }
        self._timeout = httpx.Timeout(self._limits.read, connect=self._limits.connect).as_dict()
        self._resolve = resolve
        self._transports: dict[bool, CheckedTransport] = {}

    def _transport(self, allow_private: bool) -> CheckedTransport:
        """One of two sets of connections: what a private source opened must not serve one that may not open it."""
        if allow_private not in self._transports:
            backend = CheckedBackend(self._deadline, allow_private=allow_private, resolve=self._resolve)
            self._transports[allow_private] = CheckedTransport(backend)
        return self._transports[allow_private]

    def close(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            transport.close()

    def __enter__(self) -> Fetcher:
        """The fetcher itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self.close()

    def fetch(
        self,
        url: str,
        *,
        accept: Collection[str] = PAGES,
        validators: Validators | None = None,
        allow_private: bool = False,
        size: int | None = None,
    ) -> Answer:
        """Read an address; with `validators`, ask first whether it changed.

        FetchError names the address and the reason, and tells whether it may pass: the address or one that it
        redirects to may not be read (by our rules or by robots.txt), the host doesn't answer or answers with an
        error, or the answer is too slow, too large, of another type than `accept`, or broken.
        """
        request = Request(accept, validators, allow_private, size or self._limits.size)
        try:
            return self._from_host(self._host(check_address(url)), url, request)
        except FetchError as error:
            raise FetchError(f"{url[:MAX_ADDRESS]}: {error}", temporary=error.temporary) from error

    def _host(self, url: httpx.URL) -> Host:
        return self._hosts.setdefault(url.host, Host())

    def _from_host(self, host: Host, url: str, request: Request) -> Answer:
        """Read it, unless the host has failed too often or taken too long already."""
        if host.failures >= self._limits.host_failures:
            raise FetchError(
                "its host failed too often in this refresh; tried again in the next", temporary=True
            )
        if host.spent >= self._limits.host_total:
            raise FetchError("its host took too long in this refresh; read in the next", temporary=True)
        if self._spent >= self._limits.refresh_total:
            raise FetchError("this refresh took too long; read in the next", temporary=True)
        self._wait(host)
        started = self._clock()
        self._deadline.start(self._limits.total)
        try:
            answer = self._follow(url, request)
            host.failures = 0
            return answer
        except FetchError as error:
            host.failures = host.failures + 1 if error.temporary else 0
            raise
        finally:
            spent = self._clock() - started
            host.spent += spent
            self._spent += spent

    def _follow(self, url: str, request: Request) -> Answer:
        """Follow redirects by hand: each meets the checks that the first address met."""
        for _ in range(self._limits.redirects + 1):
            address = check_address(url)
            self._check_robots(address, request.allow_private)
            answer = self._attempt(address, request)
            if isinstance(answer, Answer):
                return answer
            url = answer
        raise FetchError(f"redirects more than {self._limits.redirects} times")

    def _attempt(self, url: httpx.URL, request: Request) -> Answer | str:
        """Ask until there is an answer, an error that won't pass, or no time or attempt left."""
        host = self._host(url)
        for attempt in range(1, self._limits.attempts + 1):
            self._wait(host)
            try:
                return self._ask(url, host, request)
            except FetchError as error:
                pause = max(self._limits.backoff * 2 ** (attempt - 1), host.free_at - self._clock())
                hopeless = attempt == self._limits.attempts or pause > self._deadline.remaining()
                if not error.temporary or hopeless:
                    raise
                self._sleep(pause)
        raise FetchError("no attempt is allowed by the limits")

    def _wait(self, host: Host) -> None:
        pause = host.free_at - self._clock()
        if pause > self._limits.longest_pause:
            raise FetchError(
                f"its host asks us to wait {pause:.0f} s; tried again in the next refresh", temporary=True
            )
        if pause > 0:
            self._sleep(pause)

    def _ask(self, url: httpx.URL, host: Host, request: Request) -> Answer | str:
        """One request and its answer. The transport itself is asked: it keeps no cookies and reads no settings."""
        headers = self._headers | request.headers(str(url))
        sent = httpx.Request("GET", url, headers=headers, extensions={"timeout": self._timeout})
        asked_to_wait = 0.0
        try:
            with closing(self._transport(request.allow_private).handle_request(sent)) as response:
                response.request = sent
                asked_to_wait = retry_after(response)
                return read_answer(response, request)
        except httpcore.TimeoutException as error:
            raise FetchError(f"no answer in time ({type(error).__name__})", temporary=True) from error
        except BROKEN as error:
            raise FetchError(f"the connection failed: {error}", temporary=True) from error
        finally:
            robots = host.robots.get(origin(url))
            host.free_at = self._clock() + max(
                self._limits.pause, robots.delay if robots else 0, asked_to_wait
            )

    def _check_robots(self, url: httpx.URL, allow_private: bool) -> None:
        known = self._host(url).robots
        site = origin(url)
        if site not in known:
            known[site] = self._read_robots(site, allow_private)
        if not known[site].allows(str(url)):
            raise FetchError("the site's robots.txt asks that it is not read")
        if known[site].delay > self._limits.longest_pause:
            raise FetchError(f"the site's robots.txt asks for {known[site].delay:.0f} s between two pages")

    def _read_robots(self, site: str, allow_private: bool) -> Robots:
        """A site without a robots.txt allows all; one that fails to give it, nothing for now (RFC 9309, 2.3.1)."""
        request = Request(None, None, allow_private, ROBOTS_SIZE, truncate=True)
        url = f"{site}/robots.txt"
        try:
            for _ in range(self._limits.redirects + 1):
                answer = self._attempt(check_address(url), request)
                if isinstance(answer, Answer):
                    return Robots((answer.content or b"").decode("utf-8-sig", "replace"))
                url = answer
        except RefusedError:
            return Robots("")
        except FetchError as error:
            if not error.temporary:
                raise
            raise FetchError(f"robots.txt can't be read: {error}", temporary=True) from error
        return Robots("")  # too many redirects count as unavailable


def check_address(url: str) -> httpx.URL:
    """The address without its fragment. FetchError unless it is a plain http or https one."""
    shown = repr(url[:200])
    if len(url) > MAX_ADDRESS:
        raise FetchError(f"the address {shown}... is longer than {MAX_ADDRESS} characters")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(f"{shown} is no address: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise FetchError(f"{shown} is not an http or https address")
    if parsed.userinfo:
        raise FetchError(f"the address at {parsed.host} has a user name or password in it")
    return parsed.copy_with(fragment=None)


def origin(url: httpx.URL) -> str:
    """Scheme, host and port: what one robots.txt speaks for."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def retry_after(response: httpx.Response) -> float:
    """Seconds that the server asks us to stay away (RFC 9110, 10.2.3); a date is read by the server's own clock."""
    asked = response.headers.get("Retry-After", "").strip()
    if response.status_code not in TEMPORARY or not asked:
        return 0
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    try:
        pause = parsedate_to_datetime(asked) - parsedate_to_datetime(response.headers.get("Date", ""))
    except (TypeError, ValueError):  # neither seconds nor two dates that can be compared
        return 0
    return max(0.0, pause.total_seconds())

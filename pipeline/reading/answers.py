"""Reads a server's answer within limits, and believes nothing that it says of itself without looking.

The length, the compression and the type that the headers name are what the server claims: a body is counted as
it comes and as it is decompressed, and a text that turns out to be a picture or a PDF is refused.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import httpx

from pipeline.errors import FetchError

HTML = ("text/html", "application/xhtml+xml")
PAGES = (*HTML, "text/plain", "text/markdown")
FEEDS = (
    "application/rss+xml",
    "application/atom+xml",
    "application/rdf+xml",
    "application/xml",
    "text/xml",
    "application/gzip",
    "application/x-gzip",
    "text/plain",  # many a feed is served as text or as a page; what it is, its parser says
    "text/html",
)
REDIRECTS = (301, 302, 303, 307, 308)
TEMPORARY = (408, 425, 429, 500, 502, 503, 504)
GZIP = 31  # zlib's window bits for a gzip header
GZIP_START = b"\x1f\x8b"
CHUNK = 1 << 16
BINARY_STARTS = {
    b"%PDF-": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"PK\x03\x04": "a zip file",
    GZIP_START: "compressed",
    b"\x7fELF": "a program",
}
UTF_16_OR_32 = (b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")


class RefusedError(FetchError):
    """The server says that what was asked for isn't there or isn't for us: any answer below 500 but a page."""


@dataclass(frozen=True)
class Validators:
    """What a server said of an answer, to be asked whether it is still the same (RFC 9110, 13)."""

    url: str
    etag: str | None = None
    last_modified: str | None = None

    def headers(self) -> dict[str, str]:
        """The headers of a conditional request."""
        pairs = (("If-None-Match", self.etag), ("If-Modified-Since", self.last_modified))
        return {name: value for name, value in pairs if value}


@dataclass(frozen=True)
class Request:
    """What is asked for and what is taken for an answer. `accept` None takes any type, as robots.txt does."""

    accept: Collection[str] | None
    validators: Validators | None
    allow_private: bool
    size: int  # the most bytes, on the wire and after decompression
    truncate: bool = False  # keep the first `size` bytes of a larger answer instead of refusing it

    def headers(self, url: str) -> dict[str, str]:
        """Headers for this address; the conditions only where the validators came from."""
        accept = {"Accept": ", ".join(self.accept) + ", */*;q=0.1"} if self.accept else {}
        return accept | self.conditions(url)

    def conditions(self, url: str) -> dict[str, str]:
        """The headers that make the request conditional; none for another address than the validators'."""
        known = self.validators
        return known.headers() if known and known.url == url else {}


@dataclass(frozen=True)
class Answer:
    """What was read. `content` is None if the server says that it is unchanged (304)."""

    url: str  # after redirects
    content: bytes | None
    media_type: str
    charset: str | None  # as the header names it
    validators: Validators


def read_answer(response: httpx.Response, request: Request) -> Answer | str:
    """The answer, or the address that it redirects to. FetchError for anything else, with the reason."""
    url, status = str(response.url), response.status_code
    if status in REDIRECTS:
        return _redirect(response)
    if status == 304 and request.validators and request.conditions(url):
        return Answer(url, None, "", None, request.validators)
    if status != 200:
        message = f"the server answers {status} {response.reason_phrase}"[:200]
        if status < 500 and status not in TEMPORARY:
            raise RefusedError(message)
        raise FetchError(message, temporary=status in TEMPORARY)
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()[:100]
    if request.accept is not None and media_type and media_type not in request.accept:
        raise FetchError(f"is {media_type}, not {' or '.join(request.accept)}")
    content = b"".join(_body(response, request))
    if request.accept is not None and not (
        content.startswith(GZIP_START) and "application/gzip" in request.accept
    ):
        check_text(content, response.charset_encoding)
    media_type = media_type or ("text/html" if content.lstrip()[:1] == b"<" else "text/plain")
    validators = Validators(url, _header(response, "ETag"), _header(response, "Last-Modified"))
    return Answer(url, content, media_type, response.charset_encoding, validators)


def check_text(content: bytes, charset: str | None) -> None:
    """FetchError if this is not text, whatever its header says."""
    for start, name in BINARY_STARTS.items():
        if content.startswith(start):
            raise FetchError(f"is said to be text and is {name}")
    wide = content.startswith(UTF_16_OR_32) or (charset or "").lower().startswith(("utf-16", "utf-32"))
    if not wide and b"\x00" in content[:4096]:
        raise FetchError("is said to be text and is binary")


def gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress gzip, in pieces of at most 64 KiB. FetchError if it is broken or cut off."""
    inflater = zlib.decompressobj(GZIP)
    for chunk in chunks:
        data = chunk
        while data:
            if inflater.eof:  # a gzip file may have several members, one after the other
                inflater = zlib.decompressobj(GZIP)
            try:
                yield inflater.decompress(data, CHUNK)
            except zlib.error as error:
                raise FetchError(f"the compressed data is broken: {error}", temporary=True) from error
            data = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
    if not inflater.eof:
        raise FetchError("the compressed data is cut off", temporary=True)


def limited(chunks: Iterable[bytes], size: int, *, truncate: bool = False) -> Iterator[bytes]:
    """The same pieces, up to so many bytes. FetchError for more, or silence if they are to be truncated."""
    left = size
    for chunk in chunks:
        if len(chunk) > left and not truncate:
            raise FetchError(f"is larger than {size:,} bytes")
        yield chunk[:left]
        left -= len(chunk)
        if left <= 0 and truncate:
            return


def _redirect(response: httpx.Response) -> str:
    location = response.headers.get("Location", "").strip()
    if not location:
        raise FetchError(f"the server answers {response.status_code} and doesn't say where to go")
    try:
        return str(response.url.join(location))
    except (httpx.InvalidURL, ValueError) as error:
        raise FetchError(f"redirects to {location[:200]!r}, which is no address: {error}") from error


def _body(response: httpx.Response, request: Request) -> Iterator[bytes]:
    length = response.headers.get("Content-Length", "")[:20]
    if length.isascii() and length.isdigit() and int(length) > request.size and not request.truncate:
        raise FetchError(f"is larger than {request.size:,} bytes")
    wire = limited(response.iter_raw(CHUNK), request.size, truncate=request.truncate)
    coding = response.headers.get("Content-Encoding", "identity").strip().lower() or "identity"
    if coding == "identity":
        return wire
    if coding in ("gzip", "x-gzip"):
        return limited(gunzip(wire), request.size, truncate=request.truncate)
    raise FetchError(f"is encoded as {coding[:50]}, which was not asked for")


def _header(response: httpx.Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value if value and len(value) <= 1000 else None

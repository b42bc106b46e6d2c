"""The address that a page is known by, however one came to it."""

from __future__ import annotations

import html
import re
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

_TAG = re.compile(r"<(link|meta)\b([^<>]{1,4000})>", re.IGNORECASE)
_HEAD_END = re.compile(r"</head\b|<body\b", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"([a-z:-]{1,40})\s{0,5}=\s{0,5}(?:\"([^\"]{0,3000})\"|'([^']{0,3000})'|([^\s\"'>]{1,3000}))",
    re.IGNORECASE,
)
_LONGEST_HEAD = 1_000_000
_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonical_address(markup: str, url: str) -> str:
    """The address that the page gives for itself (`<link rel="canonical">`, else `og:url`), or `url`.

    A page may only speak for its own host, so that no page passes for another outlet's; and an inner page that
    calls the front page its address, as some by mistake do, is not believed.
    """
    here = urlsplit(url)
    for given in _given(markup):
        try:
            there = urlsplit(urljoin(url, given))
            same_host = _host(there) == _host(here)
        except ValueError:
            continue
        is_front = there.path in ("", "/") and not there.query
        if there.scheme in _DEFAULT_PORTS and same_host and (not is_front or here.path in ("", "/")):
            return plain_address(urlunsplit(there))
    return plain_address(url)


def plain_address(url: str) -> str:
    """The address with scheme and host in lower case, without a default port and without its fragment."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    shown = f"[{host}]" if ":" in host else host
    return urlunsplit((parts.scheme, shown + port, parts.path or "/", parts.query, ""))


def _host(parts: SplitResult) -> tuple[str | None, int | None]:
    """Host and, where it is none of the usual two, port: http and https of one host are the same outlet's."""
    return parts.hostname, None if parts.port in _DEFAULT_PORTS.values() else parts.port


def _given(markup: str) -> list[str]:
    """The addresses that the page's head gives for the page, best first."""
    end = _HEAD_END.search(markup, 0, _LONGEST_HEAD)
    links, properties = [], []
    for tag, words in _TAG.findall(markup, 0, end.start() if end else _LONGEST_HEAD):
        attributes = {
            name.lower(): html.unescape(double or single or bare).strip()
            for name, double, single, bare in _ATTRIBUTE.findall(words)
        }
        if tag.lower() == "link" and "canonical" in attributes.get("rel", "").lower().split():
            links.append(attributes.get("href", ""))
        elif attributes.get("property", "").lower() == "og:url":
            properties.append(attributes.get("content", ""))
    return [address for address in (*links[:1], *properties[:1]) if address]

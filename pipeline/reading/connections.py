"""Connections that go only where they may: each address is checked when it is connected to.

A host name is resolved once, its addresses are checked, and the socket is opened to a checked address itself.
So a name that answers with a public address first and a private one later (DNS rebinding), a redirect, and the
odd spellings of an address (`http://2130706433/`, `http://0177.1/`, `http://[::ffff:127.0.0.1]/`) all meet the
same check. TLS still verifies the name, not the address.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

import httpcore
import httpx

from pipeline.errors import FetchError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], list[str]]
SocketOption = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]

NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


def resolve(host: str, port: int) -> list[str]:
    """The addresses of a host, in the system's order. OSError if it has none."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def meant(address: Address) -> list[Address]:
    """The addresses that a connection to this one reaches or may reach.

    A mapped (RFC 4291) or NAT64 address stands for its IPv4 address; a 6to4 or Teredo one carries one as well.
    """
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    if address in NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    carried = [address.sixtofour, *(address.teredo or ())]
    return [address, *(a for a in carried if a is not None)]


def is_reachable(address: str, *, allow_private: bool) -> bool:
    """Whether a connection to this address may be made.

    Without `allow_private` only addresses of the public internet: none that IANA's registries reserve, and no
    private, loopback, link-local or multicast one. With it, those of a private network, of this machine and
    link-local ones too; multicast, reserved and unspecified addresses never.
    """
    try:
        candidates = meant(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if allow_private:
        return not any(_is_never_reachable(a) for a in candidates)
    return not any(_is_never_reachable(a) or _is_private(a) for a in candidates)


def _is_never_reachable(address: Address) -> bool:
    reserved = address.is_reserved and not address.is_loopback  # ::1 lies in a reserved block
    return address.is_multicast or reserved or address.is_unspecified


def _is_private(address: Address) -> bool:
    site_local = address.version == 6 and address.is_site_local
    return (
        site_local
        or address.is_private
        or address.is_loopback
        or address.is_link_local
        or not address.is_global
    )


class Deadline:
    """The moment until which a whole exchange, redirects and slow answers included, must be done."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = float("inf")

    def start(self, seconds: float) -> None:
        """Let it end so many seconds from now."""
        self._end = self._clock() + seconds

    def remaining(self) -> float:
        """Seconds left; negative when it has passed."""
        return self._end - self._clock()

    def limit(self, timeout: float | None) -> float:
        """The shorter of a time-out and what is left. FetchError if nothing is left."""
        remaining = self.remaining()
        if remaining <= 0:
            raise FetchError("took longer than the whole time allowed for it", temporary=True)
        return remaining if timeout is None else min(timeout, remaining)


class TimedStream(httpcore.NetworkStream):
    """A connection whose every read and write ends at the deadline, however slowly the bytes drip."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Up to `max_bytes` bytes."""
        return self._stream.read(max_bytes, self._deadline.limit(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of it."""
        self._stream.write(buffer, self._deadline.limit(timeout))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same connection, encrypted."""
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.limit(timeout))
        return TimedStream(stream, self._deadline)

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        """What the connection knows of itself."""
        return self._stream.get_extra_info(info)


class CheckedBackend(httpcore.NetworkBackend):
    """Opens connections to addresses that may be reached, and to no others."""

    def __init__(self, deadline: Deadline, *, allow_private: bool, resolve: Resolve = resolve) -> None:
        self._deadline = deadline
        self._allow_private = allow_private
        self._resolve = resolve
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SocketOption] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to the first address of the host that may be reached and answers."""
        addresses = self._addresses(host, port)
        for address in addresses[:-1]:
            try:
                return self._connect(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue  # the next address of the same host is tried; the last one's error is raised
        return self._connect(addresses[-1], port, timeout, local_address, socket_options)

    def _addresses(self, host: str, port: int) -> list[str]:
        try:
            found = self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise FetchError(f"no address is known for the host {host}: {error}", temporary=True) from error
        allowed = [a for a in found if is_reachable(a, allow_private=self._allow_private)]
        if not allowed:
            hint = (
                "" if self._allow_private else "; if that is meant, say allow_private = true for the source"
            )
            raise FetchError(f"{host} is at {', '.join(found) or 'no address'}, which is not public{hint}")
        return allowed

    def _connect(
        self,
        address: str,
        port: int,
        timeout: float | None,
        local_address: str | None,
        socket_options: Iterable[SocketOption] | None,
    ) -> httpcore.NetworkStream:
        limit = self._deadline.limit(timeout)
        stream = self._system.connect_tcp(address, port, limit, local_address, socket_options)
        return TimedStream(stream, self._deadline)


class _ResponseStream(httpx.SyncByteStream):
    def __init__(self, stream: Iterable[bytes], close: Callable[[], None]) -> None:
        self._stream = stream
        self._close = close

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._close()


@cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class CheckedTransport(httpx.BaseTransport):
    """httpx's way to the network through a `CheckedBackend`. It raises httpcore's errors as they are.

    Certificates are checked against certifi's authorities, or those that SSL_CERT_FILE or SSL_CERT_DIR name.
    """

    def __init__(self, backend: httpcore.NetworkBackend) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=_certificates(),
            max_connections=4,
            max_keepalive_connections=4,
            keepalive_expiry=30,
            network_backend=backend,
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request and give its answer, whose body is read as it comes."""
        url = request.url
        response = self._pool.handle_request(
            httpcore.Request(
                request.method,
                httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        assert isinstance(response.stream, Iterable)
        return httpx.Response(
            response.status,
            headers=response.headers,
            stream=_ResponseStream(response.stream, response.close),
            extensions=response.extensions,
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()

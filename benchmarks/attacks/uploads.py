"""Attacks with bodies of requests: tiny parts, and large bodies in flight."""
from . import wire
from .attack import MB, attack

STREAMS = range(1, 200, 2)  # 100 of them


def upload(path, part, size, cost, streams=STREAMS):
    """An HTTP/2 connection that sends `part(stream)` on each stream in turn, within the windows, `size` bytes in all.

    cost: the bytes of the window that a part takes
    """

    def source(connection):
        yield wire.hello()
        yield None  # for the settings
        for stream in streams:
            yield wire.headers(stream, wire.block(path, method="POST"), wire.END_HEADERS)
        parts = {stream: part(stream) for stream in streams}
        sent = 0
        while sent < size:
            turn = bytearray()
            while len(turn) < 32_768 and sent + len(turn) < size:
                before = len(turn)
                for stream in streams:
                    if stream not in connection.answered and connection.room(stream) >= cost:
                        turn += parts[stream]
                        connection.spend(stream, cost)
                if len(turn) == before:
                    break
            sent += len(turn)
            yield bytes(turn) if turn else None

    return source


def one_byte(stream):
    return wire.data(stream, b"x")


def upload_of_one_byte(on, path, part=one_byte, cost=1):
    size = on.size(39 * MB, 4 * MB) // 2
    on.http2(2, upload(path, part, size, cost))
    on.go()


@attack("data-deaf", short=True)
def data_deaf(on):
    """DATA frames of one byte, on 100 streams of 2 connections; the backend reads nothing"""
    upload_of_one_byte(on, "/deaf/")


@attack("data-silent", short=True)
def data_silent(on):
    """as data-deaf; the backend reads and never answers"""
    upload_of_one_byte(on, "/silent/")


@attack("data-silent2", short=True)
def data_silent2(on):
    """as data-deaf; the backend speaks HTTP/2 and never opens its windows"""
    upload_of_one_byte(on, "/silent2/")


@attack("data-padded")
def data_padded(on):
    """DATA frames of one byte and 255 bytes of padding"""
    upload_of_one_byte(on, "/deaf/", lambda stream: wire.padded_data(stream, b"x", 255), 257)


@attack("data-empty", short=True)
def data_empty(on):
    """two empty DATA frames, which cost no window, behind each of one byte"""
    upload_of_one_byte(on, "/deaf/", lambda stream: wire.data(stream, b"x") + wire.data(stream) * 2)


@attack("data-connecting", short=True)
def data_connecting(on):
    """DATA frames of one byte while the connection to the backend is still being opened"""
    upload_of_one_byte(on, "/hole/")


def chunks(path, part, size):
    def source(connection):
        yield wire.request(path, b"Transfer-Encoding: chunked\r\n", "POST")
        block = part * max(1, 16_384 // len(part))
        for _ in range(0, size, len(block)):
            yield block

    return source


def upload_of_chunks(on, path, part=wire.chunk(b"x")):
    connections = on.size(160, 60)
    on.http1(connections, chunks(path, part, on.size(39 * MB, 9 * MB) // connections))
    on.go()


@attack("chunks-deaf", short=True)
def chunks_deaf(on):
    """chunks of one byte over HTTP/1.1 on 160 connections; the backend reads nothing"""
    upload_of_chunks(on, "/deaf/")


@attack("chunks-silent")
def chunks_silent(on):
    """as chunks-deaf; the backend reads and never answers"""
    upload_of_chunks(on, "/silent/")


@attack("chunks-silent2")
def chunks_silent2(on):
    """as chunks-deaf; the backend speaks HTTP/2 and never opens its windows"""
    upload_of_chunks(on, "/silent2/")


@attack("chunks-connecting")
def chunks_connecting(on):
    """as chunks-deaf, while the connection to the backend is still being opened"""
    upload_of_chunks(on, "/hole/")


@attack("chunks-extensions", short=True)
def chunks_extensions(on):
    """chunks of one byte, each with an extension of 1 KiB"""
    upload_of_chunks(on, "/deaf/", wire.chunk(b"x", b";a=" + b"e" * 1020))


def uploads(on, path):
    size = 100 * 65_535
    on.http2(on.size(40, 8), upload(path, lambda stream: wire.data(stream, bytes(1_285)), size, 1_285))
    on.go(seconds=30)


@attack("uploads-deaf", short=True, megabytes=280)
def uploads_deaf(on):
    """40 connections of 100 streams, each of which fills its window; the backend reads nothing"""
    uploads(on, "/deaf/")


@attack("uploads-deaf2", megabytes=280)
def uploads_deaf2(on):
    """as uploads-deaf; the backend speaks HTTP/2"""
    uploads(on, "/deaf2/")


@attack("uploads-abandoned", short=True)
def uploads_abandoned(on):
    """10 connections of 10 streams fill their windows, of which the backend takes a part; half of the streams are
    reset, and then all connections end: no request may be left"""

    def source(connection):
        yield from upload("/silent2/", lambda stream: wire.data(stream, bytes(1_285)), 10 * 65_535, 1_285,
                          streams=STREAMS[:10])(connection)
        yield 1
        yield b"".join(wire.reset(stream) for stream in STREAMS[:5])

    on.http2(10, source)
    on.go(seconds=10, hold=2)


@attack("bodies-unwanted", short=True)
def bodies_unwanted(on):
    """no attack: 5 connections send 30 KB on each of 200 streams to a path without a route, of which much is on its way
    when the answer comes"""

    def source(connection):
        yield wire.hello()
        yield None
        for batch in range(10):
            for stream in range(1 + batch * 40, 41 + batch * 40, 2):
                sent = wire.headers(stream, wire.block("/nowhere", method="POST"), wire.END_HEADERS)
                for _ in range(30):
                    if connection.room(stream) >= 1_000:
                        connection.spend(stream, 1_000)
                        sent += wire.data(stream, bytes(1_000))
                yield sent + wire.data(stream, flags=wire.END_STREAM)
            yield 0.2

    on.http2(5, source)
    on.go(hold=3)
    on.crowd.settle()
    sent_away = on.crowd.answers["closed"] + on.crowd.answers["reset"]
    if sent_away:
        on.wrong.append(f"{sent_away} of 5 connections were ended, with all of their requests")

"""Backends: one that works, and those that are silent, slow or hostile.

Each is a name, which requests have as the first segment of their path, and a port of its own. All that a proxy could
take for a failing backend is on purpose.
"""
import asyncio
import logging
import multiprocessing
import os
import socket
import ssl
import subprocess
import time
from collections import deque

from . import wire
from .others import body_of

BIG_BYTES = 10 << 20
FLOOD_BYTES = 50 << 20  # the greatest size of a hostile response
PART = b"x" * 65536


class Http1(asyncio.Protocol):
    """Detects the ends of heads; ignores bodies."""

    def connection_made(self, transport):
        self.transport = transport
        self.received = bytearray()
        self.task = None
        self.writable = asyncio.Event()
        self.writable.set()

    def connection_lost(self, error):
        if self.task:
            self.task.cancel()

    def pause_writing(self):
        self.writable.clear()

    def resume_writing(self):
        self.writable.set()

    def data_received(self, received):
        self.received += received
        while (end := self.received.find(b"\r\n\r\n")) >= 0:
            head = bytes(self.received[:end])
            del self.received[:end + 4]
            self.on_head(head.split(b" ", 2)[1].decode("latin-1") if head.count(b" ") > 1 else "")
        if len(self.received) > 1 << 17:
            self.received.clear()

    def on_head(self, path):
        pass

    async def pour(self, parts):
        """Writes as fast as the peer reads, and closes."""
        total = 0
        for part in parts:
            if part is None:
                break
            self.transport.write(part)
            total += len(part)
            await self.writable.wait()
            if total > FLOOD_BYTES or self.transport.is_closing():
                break
            await asyncio.sleep(0)
        self.transport.close()


class Good(Http1):
    def on_head(self, path):
        body = body_of(path)
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


class Silent(Http1):
    """Reads everything and never answers."""

    def data_received(self, received):
        pass


HELD = deque(maxlen=4_096)  # transports that do nothing; kept, because collecting them would close them


class Deaf(Http1):
    """Accepts the connection and reads nothing."""

    def connection_made(self, transport):
        super().connection_made(transport)
        transport.pause_reading()
        HELD.append(transport)


class Big(Http1):
    """Answers with a body of 10 MiB, and accepts further requests."""

    def on_head(self, path):
        self.task = asyncio.create_task(self.answer())

    async def answer(self):
        self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BIG_BYTES)
        for _ in range(BIG_BYTES // len(PART)):
            await self.writable.wait()
            if self.transport.is_closing():
                return
            self.transport.write(PART)


def hostile(name, head, parts):
    """A backend that answers with `head` followed by `parts()`."""

    def on_head(self, path):
        def flood():
            yield head
            yield from parts(path)
        self.task = asyncio.create_task(self.pour(flood()))

    return type(name, (Http1,), {"on_head": on_head})


def forever(part):
    """Repeats the same data, in parts that are worth a system call."""
    many = part * max(1, 16384 // len(part))
    return lambda path: iter(lambda: many, None)


def many_fields(path):
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n" + b"a:\r\n" * 16_000 + b"\r\nok"


def long_body(path):
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
    yield from forever(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nstolen")(path)


MALFORMED = [
    b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1\r\n\r\n", b"\r\n\r\n", b"220 mail ESMTP\r\n",
    b"HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 -99 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 099 OK\r\nContent-Length: 0\r\n\r\n", b"ICY 200 OK\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nab",
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nab\r\n0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA b: c\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 200 OK\r\n: c\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nA: b\0c\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nraw",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n",
]


def malformed(path):
    """Returns the response whose number is in the path."""
    number = path.rpartition("/")[2]
    yield MALFORMED[int(number) % len(MALFORMED)] if number.isdigit() else b""


class Http2(asyncio.Protocol):
    """Acknowledges settings and pings, and answers nothing; never extends its window."""

    def connection_made(self, transport):
        self.transport = transport
        self.frames = wire.Frames()
        self.preface = len(wire.PREFACE)
        self.tasks = []
        self.writable = asyncio.Event()
        self.writable.set()
        transport.write(wire.settings({wire.MAX_CONCURRENT_STREAMS: 100}))

    def connection_lost(self, error):
        for task in self.tasks:
            task.cancel()

    def pause_writing(self):
        self.writable.clear()

    def resume_writing(self):
        self.writable.set()

    def data_received(self, received):
        skipped = min(self.preface, len(received))
        self.preface -= skipped
        for kind, flags, stream, payload in self.frames.feed(received[skipped:]):
            if kind == wire.SETTINGS and not flags & wire.ACK:
                self.transport.write(wire.settings(flags=wire.ACK))
            elif kind == wire.PING and not flags & wire.ACK:
                self.transport.write(wire.frame(wire.PING, wire.ACK, 0, payload))
            elif kind == wire.HEADERS:
                self.tasks.append(asyncio.create_task(self.answer(stream)))

    async def answer(self, stream):
        pass

    async def pour(self, part):
        for _ in range(FLOOD_BYTES // 10 // len(part)):
            await self.writable.wait()
            self.transport.write(part)
            await asyncio.sleep(0)


class DeafHttp2(Http2):
    def connection_made(self, transport):
        super().connection_made(transport)
        transport.pause_reading()
        HELD.append(transport)


class OneByteHttp2(Http2):
    async def answer(self, stream):
        self.transport.write(wire.headers(stream, wire.indexed(8), wire.END_HEADERS))
        for _ in range(65_535 // 512):  # the initial window of a stream
            await self.writable.wait()
            self.transport.write(wire.data(stream, b"x") * 512)
            await asyncio.sleep(0)


class InterimHttp2(Http2):
    async def answer(self, stream):
        interim = wire.headers(stream, b"\x08" + wire.text(b"103") + wire.literal(b"link", b"</a>"), wire.END_HEADERS)
        await self.pour(interim * 256)


class FieldsHttp2(Http2):
    """A dynamic entry of 4 KB and 1,800 references of one byte to it: 7 MB in a block of 6 KB."""

    async def answer(self, stream):
        block = wire.indexed(8) + wire.added(b"a", b"v" * 4000) + wire.indexed(62) * 1_800
        self.transport.write(wire.headers(stream, block))


class TrailersHttp2(Http2):
    async def answer(self, stream):
        self.transport.write(wire.headers(stream, wire.indexed(8), wire.END_HEADERS))
        self.transport.write(wire.headers(stream, wire.literal(b"a", b"") * 3_000, wire.END_STREAM))
        await self.pour(wire.frame(wire.CONTINUATION, 0, stream, wire.literal(b"a", b"") * 3_000))


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
HTTP1 = {
    "good": Good,
    "answer": Good,  # like good, for requests of attackers
    "silent": Silent,
    "deaf": Deaf,
    "big": Big,
    "one-byte-chunks": hostile("OneByteChunks", CHUNKED, forever(wire.chunk(b"x"))),
    "chunk-extensions": hostile("ChunkExtensions", CHUNKED, forever(wire.chunk(b"x", b";a=" + b"e" * 1000))),
    "fields": hostile("Fields", b"", many_fields),
    "interim": hostile("Interim", b"", forever(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")),
    "trailers": hostile("Trailers", CHUNKED + b"0\r\n", forever(b"a: b\r\n")),
    "long-body": hostile("LongBody", b"", long_body),
    "status-line": hostile("StatusLine", b"HTTP/1.1 200 ", forever(b"x")),
    "malformed": hostile("Malformed", b"", malformed),
}
HTTP2 = {
    "silent2": Http2,
    "deaf2": DeafHttp2,
    "one-byte-data": OneByteHttp2,
    "interim2": InterimHttp2,
    "fields2": FieldsHttp2,
    "trailers2": TrailersHttp2,
}
OTHERS = {
    "hole": 1,  # connections to it are neither accepted nor refused
    "big2": 2,  # nghttpd, with a file of 10 MiB
    "secure": 1,  # TLS, for sni: $host
}


class Backends:
    """Starts all backends in separate processes."""

    def __init__(self, folder, first_port, nghttpd):
        names = [*HTTP1, *HTTP2, *OTHERS]
        self.ports = {name: first_port + number for number, name in enumerate(names)}
        self.versions = {**dict.fromkeys(HTTP1, 1), **dict.fromkeys(HTTP2, 2), **OTHERS}
        self.processes = []
        self.fill = []
        ports = self.ports
        self.start({"good": Good})
        self.start({name: made for name, made in {**HTTP1, **HTTP2}.items() if name != "good"})
        certificate = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
        self.start({"secure": Good}, certificate)
        self.block(ports["hole"])
        files = os.path.join(folder, "files")
        os.makedirs(os.path.join(files, "big2"))
        with open(os.path.join(files, "big2", "file"), "wb") as file:
            file.write(PART * (BIG_BYTES // len(PART)))
        self.nghttpd = nghttpd and subprocess.Popen(
            [nghttpd, "--no-tls", "-a", "127.0.0.1", "-d", files, str(ports["big2"])],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in names:
            if name != "hole" and (name != "big2" or nghttpd):
                await_listener(("127.0.0.1", ports[name]))

    def start(self, which, certificate=None):
        process = multiprocessing.Process(
            target=lambda: asyncio.run(serve({self.ports[name]: made for name, made in which.items()}, certificate)),
            daemon=True)
        process.start()
        self.processes.append(process)

    def block(self, port):
        """Fills the queue of a listener that accepts nothing."""
        listener = socket.create_server(("127.0.0.1", port), backlog=1)
        self.fill.append(listener)
        for _ in range(8):
            waiting = socket.socket()
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
            self.fill.append(waiting)

    def stop(self):
        for each in self.fill:
            each.close()
        if self.nghttpd:
            self.nghttpd.terminate()
            self.nghttpd.wait()
        for process in self.processes:
            process.terminate()
            process.join()


async def serve(listeners, certificate):
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # proxies close connections at any time
    loop = asyncio.get_running_loop()
    context = None
    if certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*certificate)
    for port, made in listeners.items():
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if made in (Deaf, DeafHttp2):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.bind(("0.0.0.0" if made is Good else "127.0.0.1", port))  # good: at all of 127.0.0.0/8
        await loop.create_server(made, sock=sock, backlog=4096, ssl=context)
    await asyncio.Event().wait()


def await_listener(address, seconds=10):
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(address, 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)

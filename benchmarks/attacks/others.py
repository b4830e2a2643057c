"""A well-behaved client, whose failures and latency show the effect of an attack on others."""
import asyncio
import multiprocessing
import time

from . import wire

PERIOD = 0.1
LIMIT = 5.0  # seconds per request
PATH = "/good/"
BODY_BYTES = 1024


class Failed(Exception):
    pass


def body_of(path):
    """The healthy backend's response, which is unique so that mixed-up responses are detected."""
    return path.encode().ljust(BODY_BYTES, b".")


class Http1:
    """Sends one request after another, on persistent or new connections."""

    def __init__(self, address):
        self.address = address
        self.idle = []

    async def get(self, path, keep):
        fresh = not (keep and self.idle)
        reader, writer = await asyncio.open_connection(*self.address) if fresh else self.idle.pop()
        try:
            writer.write(wire.request(path, b"" if keep else b"Connection: close\r\n"))
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError) as error:
                if fresh or getattr(error, "partial", b""):
                    raise
                writer.close()  # servers may close idle connections; the request is sent again
                return await self.get(path, keep)
            fields = head.decode("latin-1").lower()
            if " 200 " not in fields[:16] or "content-length: 1024\r\n" not in fields:
                raise Failed(head[:80].decode("latin-1"))
            if await reader.readexactly(BODY_BYTES) != body_of(path):
                raise Failed("another body")
            if keep and "connection: close" not in fields:
                self.idle.append((reader, writer))
                return
            writer.close()
        except BaseException:
            writer.transport.abort()
            raise


class Answer:
    """The response on one stream."""

    def __init__(self):
        self.complete = asyncio.get_running_loop().create_future()
        self.status = None
        self.body = bytearray()


class Http2:
    """Sends requests that share a connection."""

    def __init__(self, address):
        self.address = address
        self.writer = None
        self.streams = {}
        self.opening = asyncio.Lock()
        self.readers = set()

    async def get(self, path, renew=False):
        async with self.opening:
            if self.writer is None or renew:
                await self.connect()
        stream, self.next = self.next, self.next + 2
        streams = self.streams
        answer = streams[stream] = Answer()
        self.writer.write(wire.headers(stream, wire.block(path)))
        try:
            await answer.complete
        finally:
            streams.pop(stream, None)
        if answer.status != 200 or answer.body != body_of(path):
            raise Failed(f"HTTP/2: {answer.status}, {len(answer.body)} bytes")

    async def connect(self):
        if self.writer and not self.streams:
            self.writer.close()
        reader, self.writer = await asyncio.open_connection(*self.address)
        self.writer.write(wire.hello() + wire.window_update(0, 1 << 30))
        self.next = 1
        self.streams = {}
        task = asyncio.create_task(self.read(reader, self.writer, self.streams))
        self.readers.add(task)
        task.add_done_callback(self.readers.discard)

    async def read(self, reader, writer, streams):
        frames = wire.Frames()
        problem = "connection closed"
        try:
            while received := await reader.read(65536):
                for kind, flags, stream, payload in frames.feed(received):
                    if kind == wire.SETTINGS and not flags & wire.ACK:
                        pass  # acknowledged in advance
                    elif kind == wire.PING and not flags & wire.ACK:
                        writer.write(wire.frame(wire.PING, wire.ACK, 0, payload))
                    elif kind == wire.GOAWAY and self.writer is writer:
                        self.writer = None
                    elif stream in streams:
                        self.take(streams, kind, flags, stream, payload)
        except OSError as error:
            problem = str(error)
        writer.close()
        if self.writer is writer:
            self.writer = None
        for answer in streams.values():
            if not answer.complete.done():
                answer.complete.set_exception(Failed("HTTP/2: " + problem))

    def take(self, streams, kind, flags, stream, payload):
        answer = streams[stream]
        if kind == wire.HEADERS:
            answer.status = answer.status or wire.status(payload)
        elif kind == wire.DATA:
            answer.body += payload
        if answer.complete.done():
            return
        if kind == wire.RST_STREAM:
            answer.complete.set_exception(Failed("HTTP/2: RST_STREAM " + str(int.from_bytes(payload, "big"))))
        elif kind in (wire.HEADERS, wire.DATA) and flags & wire.END_STREAM:
            answer.complete.set_result(None)


class Client:
    """Sends ten requests a second, independently of earlier ones, alternating between HTTP/1.1 and HTTP/2."""

    def __init__(self, http1, http2):
        self.http1 = Http1(http1)
        self.http2 = Http2(http2)
        self.durations = []
        self.failures = []

    async def one(self, number):
        path = f"{PATH}{number}"
        begun = time.monotonic()
        try:
            async with asyncio.timeout(LIMIT):
                if number % 2:
                    await self.http2.get(path, renew=number % 40 == 1)
                else:
                    await self.http1.get(path, keep=number % 4 == 0)
        except (Failed, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            self.failures.append((round(begun, 1), number, f"{type(error).__name__} {error}"))
        self.durations.append(time.monotonic() - begun)

    async def run(self, pipe, warm_up):
        for number in range(warm_up):  # so that the results do not include the proxy's start
            await self.one(-1 - number)
        warm = not self.failures
        self.durations, problems, self.failures = [], self.failures, []
        pipe.send(None if warm else problems[-1])
        begun = time.monotonic()
        tasks = []
        while not pipe.poll():
            tasks.append(asyncio.create_task(self.one(len(tasks))))
            await asyncio.sleep(max(0, begun + len(tasks) * PERIOD - time.monotonic()))
        await asyncio.gather(*tasks)
        for task in self.http2.readers:
            task.cancel()
        pipe.send((self.durations, self.failures))


class Others:
    """The client in a separate process."""

    def __init__(self, http1, http2, warm_up):
        self.pipe, end = multiprocessing.Pipe()
        self.process = multiprocessing.Process(
            target=lambda: asyncio.run(Client(http1, http2).run(end, warm_up)), daemon=True)
        self.process.start()
        if not self.pipe.poll(30):
            raise TimeoutError("the well-behaved client got no answers before the attack")
        problem = self.pipe.recv()
        if problem:
            raise RuntimeError(f"the well-behaved client failed before the attack: {problem}")

    def stop(self):
        """Returns the durations in seconds, and the failures."""
        self.pipe.send("stop")
        answer = self.pipe.recv() if self.pipe.poll(30) else ([], ["no report"])
        self.process.join(5)
        return answer

"""Many connections of one attacker, in one thread."""
import errno
import heapq
import re
import select
import socket
import ssl
import struct
import time
from collections import Counter, deque

from . import wire

STATUS_LINE = re.compile(rb"HTTP/1\.[01] (\d+) ")
AT_ONCE = 256  # connections being opened at the same time
TURN_BYTES = 256 * 1024  # sent by one connection before the next one has its turn


class Connection:
    """Sends what its source yields; reads all that comes, or nothing.

    A source yields bytes to send, a number to pause for as many seconds, and None to wait until something was read.
    """

    def __init__(self, address, source, reads=True, tls=None, server_name=None, receive_buffer=None):
        self.address = address
        self.source = source
        self.reads = reads
        self.tls = tls
        self.server_name = server_name
        self.receive_buffer = receive_buffer
        self.sock = None
        self.opened = False  # including the TLS handshake
        self.pending = memoryview(b"")
        self.waiting = False
        self.exhausted = False
        self.sent = self.received = 0
        self.answers = []  # the first ones
        # For HTTP/2.
        self.frames = None
        self.window = 65_535
        self.initial_window = 65_535
        self.windows = {}
        self.answered = set()  # streams that were answered or reset

    def speaks_http2(self):
        self.frames = wire.Frames()

    def room(self, stream):
        """Returns how many bytes of a body flow control allows now."""
        return min(self.window, self.windows.get(stream, self.initial_window))

    def spend(self, stream, count):
        self.window -= count
        self.windows[stream] = self.windows.get(stream, self.initial_window) - count


class Crowd:
    """Opens connections and serves them until time or bytes are used up. Counts the proxy's answers."""

    def __init__(self, limit_bytes):
        self.limit_bytes = limit_bytes
        self.connections = set()
        self.queue = deque()
        self.by_descriptor = {}
        self.opening = 0
        self.sent = 0
        self.answers = Counter()
        self.paused = []
        self.ready = set()
        self.epoll = select.epoll()

    def connect(self, address, source, http2=False, **options):
        """Adds a connection. `source` is called with it and returns what it sends; see Connection."""
        made = Connection(address, None, **options)
        made.source = iter(source(made))
        if http2:
            made.speaks_http2()
        self.queue.append(made)
        return made

    def run(self, seconds):
        """Runs until all sources are exhausted, or time or bytes are used up. Returns whether they are exhausted."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.sent < self.limit_bytes:
            self.step(min(0.05, end - time.monotonic()))
            if not self.queue and all(each.exhausted and not each.pending for each in self.connections):
                return True
        return False

    def hold(self, seconds):
        """Runs for a time in any case, so that the connections stay open."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.step(min(0.05, end - time.monotonic()))

    def settle(self):
        """Reads available data: unread data contains the proxy's answers."""
        for each in list(self.connections):
            self.receive(each, rounds=4)

    def close(self):
        """Closes all connections, half of them with a reset."""
        self.settle()
        for number, each in enumerate(list(self.connections)):
            if each in self.connections:
                self.answers["open"] += 1
                if number % 2:
                    each.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.drop(each)
        self.queue.clear()
        self.epoll.close()

    def note(self, connection, answer):
        self.answers[answer] += 1
        if len(connection.answers) < 4:
            connection.answers.append(answer)

    def step(self, timeout):
        while self.queue and self.opening < AT_ONCE:
            self.open(self.queue.popleft())
        now = time.monotonic()
        while self.paused and self.paused[0][0] <= now:
            self.ready.add(heapq.heappop(self.paused)[2])
        ready, self.ready = self.ready, set()
        for each in ready:
            if each in self.connections:
                self.pump(each)
        for descriptor, events in self.epoll.poll(0 if self.ready else max(0, timeout)):
            each = self.by_descriptor.get(descriptor)
            if each is None:
                continue
            if not each.opened:
                self.finish_opening(each)
            elif events & (select.EPOLLHUP | select.EPOLLERR | select.EPOLLRDHUP) and not each.reads:
                self.receive(each, rounds=64)
                self.lose(each, "reset" if events & (select.EPOLLHUP | select.EPOLLERR) else "closed")
            else:
                if events & ~select.EPOLLOUT:
                    self.receive(each)
                if events & select.EPOLLOUT and each in self.connections:
                    self.pump(each)

    def open(self, connection):
        sock = socket.socket()
        sock.setblocking(False)
        if connection.receive_buffer:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, connection.receive_buffer)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sock.connect_ex(connection.address) not in (0, errno.EINPROGRESS):
            self.answers["refused"] += 1
            sock.close()
            return
        connection.sock = sock
        self.connections.add(connection)
        self.by_descriptor[sock.fileno()] = connection
        self.opening += 1
        self.epoll.register(sock, select.EPOLLOUT)

    def finish_opening(self, connection):
        try:
            problem = connection.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if problem:
                raise OSError(problem, "connect")
            if connection.tls:
                if not isinstance(connection.sock, ssl.SSLSocket):
                    connection.sock = connection.tls.wrap_socket(
                        connection.sock, do_handshake_on_connect=False, server_hostname=connection.server_name)
                connection.sock.do_handshake()
        except ssl.SSLWantReadError:
            self.epoll.modify(connection.sock, select.EPOLLIN)
            return
        except ssl.SSLWantWriteError:
            self.epoll.modify(connection.sock, select.EPOLLOUT)
            return
        except OSError as error:
            self.lose(connection, "no TLS" if isinstance(error, ssl.SSLError) else "refused")
            return
        self.opening -= 1
        connection.opened = True
        if connection.tls:
            self.answers["TLS"] += 1
        self.watch(connection)
        self.pump(connection)

    def watch(self, connection):
        wanted = select.EPOLLIN if connection.reads else select.EPOLLRDHUP
        self.epoll.modify(connection.sock, wanted | (select.EPOLLOUT if connection.pending else 0))

    def pump(self, connection):
        """Sends the source's data until the peer accepts no more."""
        watched = bool(connection.pending)
        if self.sent >= self.limit_bytes:
            connection.source, connection.pending = iter(()), memoryview(b"")
        turn = TURN_BYTES
        while turn > 0:
            if not connection.pending and not self.next_part(connection):
                break
            try:
                count = connection.sock.send(connection.pending)
            except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
                break
            except OSError:
                self.receive(connection, rounds=64)
                self.lose(connection, "reset")
                return
            connection.pending = connection.pending[count:]
            connection.sent += count
            self.sent += count
            turn -= count
        if turn <= 0 and not connection.pending:
            self.ready.add(connection)
        if watched != bool(connection.pending):
            self.watch(connection)

    def next_part(self, connection):
        """Returns whether there is more to send now."""
        connection.waiting = False
        for part in connection.source:
            if part is None:
                connection.waiting = True
                return False
            if isinstance(part, (int, float)):
                heapq.heappush(self.paused, (time.monotonic() + part, id(connection), connection))
                return False
            if part:
                connection.pending = memoryview(part)
                return True
        connection.exhausted = True
        return False

    def receive(self, connection, rounds=1):
        for _ in range(rounds):
            if connection not in self.connections or not connection.opened:
                return
            try:
                received = connection.sock.recv(1 << 17)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                self.lose(connection, "reset")
                return
            if not received:
                self.lose(connection, "closed")
                return
            connection.received += len(received)
            if connection.frames is None:
                for status in STATUS_LINE.findall(received):
                    self.note(connection, status.decode())
            else:
                for each in connection.frames.feed(received):
                    self.take(connection, *each)
            if connection.waiting:
                self.ready.add(connection)

    def take(self, connection, kind, flags, stream, payload):
        if kind == wire.HEADERS:
            status = wire.status(payload)
            if status and status >= 200:
                connection.answered.add(stream)
            if status:
                self.note(connection, str(status))
        elif kind == wire.RST_STREAM:
            connection.answered.add(stream)
            self.note(connection, "RST " + error_name(payload[:4]))
        elif kind == wire.GOAWAY:
            self.note(connection, "GOAWAY " + error_name(payload[4:8]))
        elif kind == wire.WINDOW_UPDATE:
            increment = int.from_bytes(payload, "big")
            if stream:
                connection.windows[stream] = connection.windows.get(stream, connection.initial_window) + increment
            else:
                connection.window += increment
        elif kind == wire.SETTINGS and not flags & wire.ACK:
            for at in range(0, len(payload), 6):
                key, value = struct.unpack_from(">HI", payload, at)
                if key == wire.INITIAL_WINDOW_SIZE:
                    for each in connection.windows:
                        connection.windows[each] += value - connection.initial_window
                    connection.initial_window = value

    def lose(self, connection, how):
        if connection in self.connections:
            self.note(connection, how)
            self.drop(connection)

    def drop(self, connection):
        self.connections.discard(connection)
        if not connection.opened:
            self.opening -= 1
        self.by_descriptor.pop(connection.sock.fileno(), None)
        connection.sock.close()


def error_name(code):
    number = int.from_bytes(code, "big")
    return wire.ERRORS[number] if number < len(wire.ERRORS) else str(number)

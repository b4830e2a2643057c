"""Encodes HTTP/1.1 heads and HTTP/2 frames by hand.

Nothing is checked, as attacks want what no library would send. Frames are those of RFC 9113, header
blocks those of RFC 7541, without Huffman coding.
"""
import struct

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 0x1, 0x1, 0x4, 0x8
HEADER_TABLE_SIZE, MAX_CONCURRENT_STREAMS, INITIAL_WINDOW_SIZE = 1, 3, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ERRORS = ["NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
          "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
          "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED"]
AGE = 21  # index of the field "age: " in the static table: the shortest that a request may have, 35 bytes as it counts


def request(path, fields=b"", method="GET", host="attack.test"):
    """Returns an HTTP/1.1 head; each of the fields ends in CR LF."""
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n".encode() + fields + b"\r\n"


def chunk(content, extension=b""):
    return b"%x%s\r\n%s\r\n" % (len(content), extension, content)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def headers(stream, block, flags=END_STREAM | END_HEADERS):
    return frame(HEADERS, flags, stream, block)


def data(stream, content=b"", flags=0):
    return frame(DATA, flags, stream, content)


def padded_data(stream, content, padding):
    return frame(DATA, PADDED, stream, bytes([padding]) + content + bytes(padding))


def settings(values=None, flags=0):
    return frame(SETTINGS, flags, 0, b"".join(struct.pack(">HI", *each) for each in (values or {}).items()))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def reset(stream, code=8):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def hello(values=None):
    """Returns the beginning of a connection, with an acknowledgement because some clients never read the settings."""
    return PREFACE + settings({HEADER_TABLE_SIZE: 0, **(values or {})}) + settings(flags=ACK)


def integer(value, prefix, pattern=0):
    most = (1 << prefix) - 1
    if value < most:
        return bytes([pattern | value])
    rest = bytearray([pattern | most])
    value -= most
    while value >= 128:
        rest.append(value % 128 + 128)
        value //= 128
    rest.append(value)
    return bytes(rest)


def text(value):
    return integer(len(value), 7) + value


def indexed(index):
    return integer(index, 7, 0x80)


def literal(name, value):
    return b"\x00" + text(name) + text(value)


def added(name, value):
    """Returns a literal that is added to the dynamic table at index 62."""
    return b"\x40" + text(name) + text(value)


def block(path, extra=b"", method="GET", host="attack.test", scheme="http"):
    """Returns the header block of a request."""
    methods = {"GET": indexed(2), "POST": indexed(3)}
    return (methods.get(method) or literal(b":method", method.encode())) + indexed(6 if scheme == "http" else 7) \
        + b"\x01" + text(host.encode()) + b"\x04" + text(path.encode()) + extra


class Frames:
    """Splits received data into frames."""

    def __init__(self):
        self.received = bytearray()

    def feed(self, received):
        """Yields kind, flags, stream and payload of each complete frame."""
        self.received += received
        start = 0
        while len(self.received) - start >= 9:
            length = int.from_bytes(self.received[start:start + 3], "big")
            if len(self.received) - start - 9 < length:
                break
            kind, flags, stream = struct.unpack_from(">BBI", self.received, start + 3)
            yield kind, flags, stream & 0x7FFFFFFF, bytes(self.received[start + 9:start + 9 + length])
            start += 9 + length
        del self.received[:start]


def status(head):
    """Returns the status in a header block that was encoded without a dynamic table; None for trailers."""
    at = 0
    while at < len(head) and head[at] & 0xE0 == 0x20:  # dynamic table size updates
        at += 1
        if head[at - 1] & 0x1F == 0x1F:
            while head[at] & 0x80:
                at += 1
            at += 1
    known = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}
    if at >= len(head) or head[at] in known:
        return known.get(head[at]) if at < len(head) else None
    if head[at] & 0x80:
        return None
    if head[at] in (0x00, 0x10, 0x40):  # literal name, possibly Huffman-coded
        at += 1 + (head[at + 1] & 0x7F)
    elif head[at] & 0x0F not in range(8, 15):
        return None
    at += 1
    value = head[at + 1:at + 1 + (head[at] & 0x7F)]
    digits = huffman_digits(value) if head[at] & 0x80 else value.decode("latin-1")
    return int(digits) if digits.isdigit() else None


def huffman_digits(coded):
    bits = "".join(f"{byte:08b}" for byte in coded)
    found = ""
    while len(bits) >= 5:
        width = 5 if bits[:5] < "00011" else 6
        value = int(bits[:width].ljust(width, "1"), 2)
        digit = value if width == 5 else value - 0b011001 + 3
        if not 0 <= digit <= 9:
            break
        found += str(digit)
        bits = bits[width:]
    return found

"""Attacks with responses: clients that do not read them, and hostile backends."""
from . import wire
from .attack import attack
from .backends import MALFORMED
from .uploads import STREAMS

SMALL = 4_096  # receive buffer, small so that the kernel buffers little


def downloads(path, window, grants=None, hello=b""):
    """A connection of HTTP/2 that asks 100 times.

    window: that each stream begins with
    grants: called with the stream's number, yields what is sent once all were asked for
    """

    def source(connection):
        yield wire.hello({wire.INITIAL_WINDOW_SIZE: window}) + hello
        yield b"".join(wire.headers(stream, wire.block(path)) for stream in STREAMS)
        if grants:
            yield from grants()

    return source


def zero_window(on, path):
    on.http2(on.size(20, 5), downloads(path, 0))
    on.go(hold=15)


@attack("window-zero", short=True)
def window_zero(on):
    """20 connections of 100 streams with a window of 0 ask for 10 MiB each (CVE-2019-9511, CVE-2019-9517)"""
    zero_window(on, "/big/")


@attack("window-zero2", short=True)
def window_zero2(on):
    """as window-zero; the backend speaks HTTP/2"""
    zero_window(on, "/big2/file")


@attack("window-trickle")
def window_trickle(on):
    """as window-zero2, with one byte more of each window every second"""

    def grants():
        for _ in range(15):
            yield 1
            yield b"".join(wire.window_update(stream, 1) for stream in STREAMS)

    on.http2(on.size(20, 5), downloads("/big2/file", 0, grants))
    on.go()


@attack("window-unread", short=True)
def window_unread(on):
    """20 connections of 100 streams with windows of 2 GiB ask for 10 MiB each, and read nothing"""
    on.http2(on.size(20, 5), downloads("/big2/file", (1 << 31) - 1, hello=wire.window_update(0, 1 << 30)),
             reads=False, receive_buffer=SMALL)
    on.go(hold=15)


@attack("slow-readers", short=True)
def slow_readers(on):
    """500 connections ask for 10 MiB over HTTP/1.1 and read nothing"""
    on.http1(on.size(500, 100), lambda connection: iter([wire.request("/big/")]), reads=False, receive_buffer=SMALL)
    on.go(hold=15)


@attack("pipelined", short=True)
def pipelined(on):
    """200 connections with 100 requests each, sent at once; nothing is read"""
    on.http1(on.size(200, 50), lambda connection: iter([wire.request("/answer/") * 100]),
             reads=False, receive_buffer=SMALL)
    on.go(hold=15)


def hostile(on, path, connections=20, reads=False, hold=8):
    """Requests a hostile backend's response over HTTP/1.1 and HTTP/2."""
    count = on.size(connections, 4)
    options = {"reads": reads, "receive_buffer": None if reads else SMALL}
    asked = on.http1(count, lambda connection: iter([wire.request(path)]), **options)
    streams = STREAMS[:5]
    on.http2(count, lambda connection: iter([wire.hello() + b"".join(
        wire.headers(stream, wire.block(path)) for stream in streams)]), **options)
    on.go(hold=hold)
    return asked


@attack("backend-chunks", short=True)
def backend_chunks(on):
    """the backend sends chunks of one byte without end; clients read nothing"""
    hostile(on, "/one-byte-chunks/")


@attack("backend-data", short=True)
def backend_data(on):
    """the backend sends DATA frames of one byte over HTTP/2; clients read nothing"""
    hostile(on, "/one-byte-data/")


@attack("backend-chunks-read")
def backend_chunks_read(on):
    """as backend-chunks; clients read"""
    hostile(on, "/one-byte-chunks/", connections=2, reads=True)


@attack("backend-extensions")
def backend_extensions(on):
    """the backend sends chunks of one byte with extensions of 1 KB; clients read nothing"""
    hostile(on, "/chunk-extensions/")


@attack("backend-fields", short=True)
def backend_fields(on):
    """the backend answers with 16,000 fields"""
    hostile(on, "/fields/", reads=True)


@attack("backend-fields2", short=True)
def backend_fields2(on):
    """the backend answers with 1,800 references to an HPACK entry of 4 KB"""
    hostile(on, "/fields2/", reads=True)


@attack("backend-interim", short=True)
def backend_interim(on):
    """the backend sends interim responses (103) without end; clients read nothing"""
    hostile(on, "/interim/")


@attack("backend-interim2")
def backend_interim2(on):
    """as backend-interim; the backend speaks HTTP/2"""
    hostile(on, "/interim2/")


@attack("backend-interim-read")
def backend_interim_read(on):
    """as backend-interim; clients read"""
    hostile(on, "/interim/", connections=4, reads=True)


@attack("backend-trailers", short=True)
def backend_trailers(on):
    """the backend sends trailers without end"""
    hostile(on, "/trailers/", reads=True)


@attack("backend-trailers2")
def backend_trailers2(on):
    """the backend sends trailers in CONTINUATION frames without end"""
    hostile(on, "/trailers2/", reads=True)


@attack("backend-long-body", short=True)
def backend_long_body(on):
    """the backend sends more than its Content-Length: a second response that nobody asked for"""
    asked = hostile(on, "/long-body/", reads=True)
    if any(each.answers.count("200") > 1 for each in asked):
        on.wrong.append("a client got a second answer to one request")


@attack("backend-status-line", short=True)
def backend_status_line(on):
    """the backend sends 50 MB of status line"""
    hostile(on, "/status-line/", reads=True)


@attack("backend-malformed", short=True)
def backend_malformed(on):
    """the backend sends heads that are none: versions, statuses, lengths, chunks, fields"""
    asked = []
    for number in range(len(MALFORMED)):
        path = f"/malformed/{number}"
        asked += [(number, each) for each in
                  on.http1(1, lambda connection, path=path: iter([wire.request(path)]))
                  + on.http2(1, lambda connection, path=path: iter([wire.hello() + wire.headers(1, wire.block(path))]))]
    on.go(hold=3)
    usual = ["502"], ["502", "closed"], ["502", "reset"]
    on.notes.append("not 502: " + ", ".join(
        f"{number} over {'HTTP/2' if each.frames else 'HTTP/1.1'} {' '.join(each.answers) or 'nothing'}"
        for number, each in asked if each.answers not in usual))
    no_statuses = {answer for _, each in asked for answer in each.answers if answer.isdigit() and len(answer) != 3}
    if no_statuses:
        on.wrong.append(f"sent on as a status: {', '.join(sorted(no_statuses))}")

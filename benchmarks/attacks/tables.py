"""Attacks on tables that grow with requests, and on the admin address."""
import http.client
import ssl
import time

from . import wire
from .attack import attack
from .floods import careless, sends
from .proxies import Setup


def many_requests(on, head_of, count, connections=20):
    """Sends requests one after another on a few connections; `head_of(number)` returns their heads."""
    numbers = iter(range(count))

    def source(connection):
        for number in numbers:
            answered = connection.received
            yield head_of(number)
            while connection.received == answered:
                yield None

    on.http1(connections, source)
    on.go(seconds=60, hold=2)


@attack("many-hosts", short=True)
def many_hosts(on):
    """50,000 requests, each with another Host"""
    many_requests(on, lambda number: wire.request("/answer/", host=f"host-{number}.attack.test"),
                  on.size(50_000, 2_000))


@attack("many-paths")
def many_paths(on):
    """50,000 requests, each for another path"""
    many_requests(on, lambda number: wire.request(f"/answer/{number}/?q={number}"), on.size(50_000, 2_000))


@attack("many-cookies")
def many_cookies(on):
    """50,000 requests, each with another cookie and other names of fields"""
    many_requests(on, lambda number: wire.request(
        "/answer/", f"Cookie: sid={number}; k{number}=v\r\nX-{number}: v\r\n".encode()), on.size(50_000, 2_000))


HASHED = Setup(upstreams="""  hashed:
    { addrs: ["127.0.0.1:GOOD", "127.0.0.2:GOOD"], algo: "hash:cookie:sid", <<: *usual }""",
               routes="  - { path: /hashed, upstream: hashed }")


@attack("many-keys", ours_only=True, setup=HASHED)
def many_keys(on):
    """50,000 requests to an upstream that is hashed by a cookie, each with another"""
    many_requests(on, lambda number: wire.request("/hashed/", f"Cookie: sid={number}\r\n".encode()),
                  on.size(50_000, 2_000))


TRANSPARENT = Setup(upstreams="""  transparent:
    algo: { transparent: { allow: ["*"], ports: [GOOD], allow_networks: ["127.0.0.0/8"] } }
    idle_timeout: 2s
    connection_timeout: 10s""", routes="  - { path: /transparent, upstream: transparent }",
                    java="-Djdk.net.hosts.file=HOSTS")


def transparent(on, host_of, count):
    port = on.proxy.backends.ports["good"]
    many_requests(on, lambda number: wire.request("/transparent/", host=f"{host_of(number)}:{port}"), count)


@attack("transparent-addresses", short=True, ours_only=True, setup=TRANSPARENT)
def transparent_addresses(on):
    """50,000 requests through a transparent upstream, each to another address that there is"""
    transparent(on, lambda number: f"127.1.{number >> 8}.{number & 255}", on.size(50_000, 1_000))


@attack("transparent-names", ours_only=True, setup=TRANSPARENT)
def transparent_names(on):
    """50,000 requests through a transparent upstream, each to another name that there is not"""
    transparent(on, lambda number: f"name-{number}.attack.test", on.size(50_000, 1_000))


EACH_HOST = Setup(upstreams="""  secure:
    { addrs: ["127.0.0.1:SECURE"], sni: $host, verify_cert: false, <<: *usual }""",
                  routes="  - { path: /secure, upstream: secure }")


@attack("backend-names", ours_only=True, setup=EACH_HOST)
def backend_names(on):
    """10,000 requests to an upstream with `sni: $host`, each with another Host"""
    many_requests(on, lambda number: wire.request("/secure/", host=f"host-{number}.attack.test"), on.size(10_000, 300))


@attack("server-names")
def server_names(on):
    """handshakes of TLS on ever new connections, each with another server name, for 30 s"""
    context = careless()
    context.options |= ssl.OP_NO_TICKET
    end = time.monotonic() + on.size(30, 2)
    number = 0
    while time.monotonic() < end and number < 50_000:
        for _ in range(50):
            number += 1
            on.secure(1, sends(b""), tls=context, server_name=f"name-{number}.attack.test")
        on.crowd.run(5)
        for each in list(on.crowd.connections):
            on.crowd.drop(each)
    on.notes.append(f"{number} names")


def ask_admin(on, method, path, body=None):
    """Records the status and the duration of the response."""
    connection = http.client.HTTPConnection(*on.proxy.admin, timeout=60)
    begun = time.monotonic()
    size = 0
    try:
        connection.request(method, path, body, {"Content-Type": "application/yaml"} if body else {})
        answer = connection.getresponse()
        size = len(answer.read())
        said = str(answer.status)
    except (OSError, http.client.HTTPException) as error:
        said = f"{type(error).__name__} {error}"
        on.wrong.append(f"no answer to {method} {path}")
    finally:
        connection.close()
    on.notes.append(f"{method} {path}: {said}, {size / 1e6:.1f} MB in {time.monotonic() - begun:.2f} s")


def unknown_keys(count):
    return "".join(f"k{number:x}: 1\n" for number in range(count)).encode()


@attack("admin-100000-keys", short=True, ours_only=True)
def admin_100000_keys(on):
    """PUT of an upstream with 100,000 keys that are unknown, 960 KB"""
    ask_admin(on, "PUT", "/upstreams/x", unknown_keys(100_000))


@attack("admin-20000-keys", ours_only=True)
def admin_20000_keys(on):
    """PUT of an upstream with 20,000 keys that are unknown"""
    ask_admin(on, "PUT", "/upstreams/x", unknown_keys(20_000))


@attack("admin-nested", ours_only=True)
def admin_nested(on):
    """PUT of an upstream that is nested 400,000 deep, and of aliases that multiply"""
    ask_admin(on, "PUT", "/upstreams/x", b"remark: " + b"[" * 400_000)
    ask_admin(on, "PUT", "/upstreams/x", b"remark: " + b"{a: " * 200_000)
    levels = [b"a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [b"a%d: &a%d [%s]" % (n, n, b", ".join([b"*a%d" % (n - 1)] * 10)) for n in range(1, 12)]
    ask_admin(on, "PUT", "/upstreams/x", b"\n".join(levels) + b"\n")


@attack("admin-addresses", ours_only=True)
def admin_addresses(on):
    """PUT of an upstream with 40,000 addresses, and of one with 40,000 that are wrong"""
    for suffix in (":80", ":port"):
        addresses = ", ".join(f'"10.{n >> 16}.{(n >> 8) & 255}.{n & 255}{suffix}"' for n in range(40_000))
        ask_admin(on, "PUT", "/upstreams/x", f"health_check: none\naddrs: [{addresses}]\n".encode())


@attack("admin-slow", short=True, ours_only=True)
def admin_slow(on):
    """500 connections that send half a PUT of 1 MiB, and 200 that ask for metrics and read nothing"""
    head = wire.request("/upstreams/x", b"Content-Type: application/yaml\r\nContent-Length: 1000000\r\n", "PUT",
                        "localhost")
    for _ in range(on.size(500, 50)):
        on.crowd.connect(on.proxy.admin, lambda connection: iter([head + b"#" * 500_000]))
    for _ in range(on.size(200, 50)):
        on.crowd.connect(on.proxy.admin, lambda connection: iter([wire.request("/metrics", host="localhost") * 100]),
                         reads=False, receive_buffer=4_096)
    on.crowd.limit_bytes = 300 << 20
    on.go()


FIVE_THOUSAND = Setup(upstreams="\n".join(
    f'  many-{n}: {{ addrs: ["127.0.0.1:9"], <<: *usual }}' for n in range(5_000)))


@attack("metrics", ours_only=True, setup=FIVE_THOUSAND)
def metrics(on):
    """GET /metrics and /upstreams of a gateway with 5,000 upstreams"""
    for path in ("/metrics", "/metrics", "/upstreams"):
        before = on.proxy.memory()
        ask_admin(on, "GET", path)
        on.notes.append(f"RSS {before:.0f} to {on.proxy.memory():.0f} MiB")

#!/usr/bin/env python3
"""Counts the requests that fail while one of three backends has a fault: through the gateway, nginx and HAProxy.

Each run starts three backends and one proxy, sends requests at an even rate whatever becomes of them, and causes the
fault in the first backend after three tenths of the run. A request has failed when its status is not 200, or when it
has none within 10 s. The proxies have their usual settings and equal limits: 1 s to connect, 2 s of silence, a check
each second.

Needs nginx, haproxy and the image: mvn -pl distribution -am package

usage: benchmarks/faults.py [options], see --help
"""
import argparse
import asyncio
import collections
import concurrent.futures
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
UPSTREAM = os.environ.get("UPSTREAM", os.path.join(HERE, "../distribution/target/upstream/bin/upstream"))
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
FLAP_SECONDS = 0.7
DOWN_SECONDS = 1.0  # during a graceful restart
ANSWER_SECONDS = 0.002
LATE_SECONDS = 0.2  # a delay that shows that the machine is too busy to measure
PORTS_OF_A_RUN = 4


# ---- a backend: a process of its own, told by signals what to do ------------------------------------------------------

class Backend(asyncio.Protocol):
    """Answers each request with 200 after two milliseconds, or with 503 at once. One object per connection."""

    name = b""  # five bytes
    connections = set()
    refuses = checks_refuse = ends = False

    def connection_made(self, transport):
        self.transport = transport
        self.input = b""
        self.busy = False
        Backend.connections.add(self)

    def connection_lost(self, cause):
        Backend.connections.discard(self)

    def data_received(self, data):
        self.input += data
        if not self.busy:
            self.begin()

    def begin(self):
        head, end, rest = self.input.partition(b"\r\n\r\n")
        if not end:
            return
        lower = head.lower()
        length = int(lower.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in lower else 0
        if len(rest) < length:
            return
        self.input = rest[length:]
        self.busy = True
        is_check = b" /healthz" in head.split(b"\r\n")[0]
        if Backend.checks_refuse if is_check else Backend.refuses:
            self.answer(b"503 Service Unavailable", lower)
        else:
            asyncio.get_running_loop().call_later(ANSWER_SECONDS, self.answer, b"200 OK", lower)

    def answer(self, status, head):
        self.busy = False
        closes = Backend.ends or b"connection: close" in head or b"http/1.0\r\n" in head
        self.transport.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 5\r\n"
                             + (b"Connection: close\r\n" if closes else b"") + b"\r\n" + Backend.name)
        if closes:
            self.transport.close()
        elif self.input:
            self.begin()


async def serve(host, port, backlog):
    Backend.name = f"{port:5}".encode()
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    async def listen():
        return await loop.create_server(Backend, host, port, backlog=backlog, reuse_address=True)

    listener = await listen()

    async def flap():
        nonlocal listener
        while True:
            listener.close()
            for connection in list(Backend.connections):
                connection.transport.abort()
            await asyncio.sleep(FLAP_SECONDS)
            listener = await listen()
            await asyncio.sleep(FLAP_SECONDS)

    def refuse(checks):
        Backend.refuses, Backend.checks_refuse = True, checks

    def end():
        listener.close()
        Backend.ends = True
        for connection in list(Backend.connections):
            if not connection.busy:
                connection.transport.close()
        ended.set()

    tasks = []
    loop.add_signal_handler(signal.SIGHUP, lambda: tasks.append(loop.create_task(flap())))
    loop.add_signal_handler(signal.SIGUSR1, refuse, True)
    loop.add_signal_handler(signal.SIGUSR2, refuse, False)
    loop.add_signal_handler(signal.SIGTERM, end)
    await ended.wait()
    while Backend.connections:
        await asyncio.sleep(0.01)


# ---- where the first backend runs -------------------------------------------------------------------------------------

class Here:
    """The first backend at an address of this machine."""

    def __init__(self, backlog):
        self.prefix = []
        self.host = "127.0.0.1"
        self.backlog = backlog
        self.clients = []

    def swallow(self, process, port):
        """Listens with a queue for one connection, so that further ones get no answer while it is stopped."""
        process.send_signal(signal.SIGSTOP)
        for _ in range(8):  # once the queue is full, the kernel does not answer a SYN
            client = socket.socket()
            client.setblocking(False)
            client.connect_ex((self.host, port))
            self.clients.append(client)

    def close(self):
        for client in self.clients:
            client.close()


class Namespace:
    """The first backend in a network namespace whose firewall drops packets."""

    def __init__(self, number):
        self.name = f"u4{os.getpid()}x{number}"
        self.host = f"10.213.{number}.2"
        self.backlog = "1024"
        self.prefix = ["ip", "netns", "exec", self.name]
        self.here, there = f"{self.name}h", f"{self.name}n"
        try:
            run("ip", "netns", "add", self.name)
            run("ip", "link", "add", self.here, "type", "veth", "peer", "name", there, "netns", self.name)
            run("ip", "addr", "add", f"10.213.{number}.1/30", "dev", self.here)
            run("ip", "link", "set", self.here, "up")
            run("ip", "-n", self.name, "addr", "add", f"{self.host}/30", "dev", there)
            run("ip", "-n", self.name, "link", "set", there, "up")
            run(*self.prefix, "iptables", "-L", "INPUT")
        except (OSError, subprocess.CalledProcessError):
            self.close()
            raise

    def swallow(self, process, port):
        run(*self.prefix, "iptables", "-A", "INPUT", "-j", "DROP")

    def close(self):
        for command in (["ip", "link", "del", self.here], ["ip", "netns", "del", self.name]):
            subprocess.run(command, check=False, capture_output=True, env=environment())


def environment():
    return {**os.environ, "PATH": PATH}


def run(*command):
    subprocess.run(command, check=True, capture_output=True, env=environment())


def place(fault, number):
    if fault == "blackhole":
        try:
            return Namespace(number)
        except (OSError, subprocess.CalledProcessError):
            return Here("1")  # not permitted here
    return Here("1024")


# ---- the proxies ------------------------------------------------------------------------------------------------------

CHECKS = {
    "http": "http://api/healthz?check_frequency=1s",
    "tcp": "tcp://api?check_frequency=1s",
}


def gateway(folder, port, addresses, retries, check):
    servers = ", ".join(f'"{address}"' for address in addresses)
    write(folder, "u.yaml", f"""upstreams:
  api:
    addrs: [{servers}]
    health_check: {CHECKS[check]}
    connection_timeout: 1s
    read_timeout: 2s
    {"retries: 2" if retries else "retries: 0"}
routes:
  - {{ path: /, upstream: api }}
""")
    return [UPSTREAM, "serve", "-c", os.path.join(folder, "u.yaml"), "--listen", f"127.0.0.1:{port}",
            "--admin", "127.0.0.1:0"]


def nginx(folder, port, addresses, retries, check):
    servers = " ".join(f"server {address};" for address in addresses)  # max_fails=1 fail_timeout=10s
    write(folder, "n.conf", f"""daemon off; worker_processes 1; pid {folder}/n.pid; error_log stderr error;
events {{ worker_connections 8192; }}
http {{ access_log off; client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  upstream api {{ zone api 64k; {servers} keepalive 32; }}
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://api; proxy_http_version 1.1;
    proxy_set_header Connection ""; proxy_connect_timeout 1s; proxy_read_timeout 2s;
    proxy_next_upstream error timeout http_502 http_503 http_504; proxy_next_upstream_tries {3 if retries else 1};
  }} }} }}""")
    return ["nginx", "-p", folder, "-e", "stderr", "-c", f"{folder}/n.conf"]


def haproxy(folder, port, addresses, retries, check):
    servers = "\n".join(f"  server s{number} {address} check" for number, address in enumerate(addresses))
    http_check = "option httpchk GET /healthz" if check == "http" else ""
    retry = "retries 2\n  option redispatch 1\n  retry-on all-retryable-errors" if retries else "retries 0"
    write(folder, "h.cfg", f"""global
  nbthread 1
defaults
  mode http
  timeout client 30s
  timeout connect 1s
  timeout server 2s
  {retry}
frontend clients
  bind 127.0.0.1:{port}
  default_backend api
backend api
  balance roundrobin
  {http_check}
  default-server inter 1s fall 2
{servers}
""")
    return ["haproxy", "-f", os.path.join(folder, "h.cfg")]


PROXIES = {"upstream4j": gateway, "nginx": nginx, "HAProxy": haproxy}


def write(folder, name, text):
    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
        file.write(text)


# ---- one run ----------------------------------------------------------------------------------------------------------

def kill(first):
    first.process.kill()


def stop(first):
    first.process.send_signal(signal.SIGSTOP)


def blackhole(first):
    first.place.swallow(first.process, first.port)


def flap(first):
    first.process.send_signal(signal.SIGHUP)


def refuse(first):
    first.process.send_signal(signal.SIGUSR1)


def refuse_requests(first):
    first.process.send_signal(signal.SIGUSR2)


def restart(first):
    first.process.send_signal(signal.SIGTERM)
    time.sleep(DOWN_SECONDS)
    first.start()


FAULTS = {
    "kill": ("kill -9", kill),
    "stop": ("SIGSTOP", stop),
    "blackhole": ("blackhole", blackhole),
    "flap": (f"flapping every {FLAP_SECONDS} s", flap),
    "503": ("503 from one, its check too", refuse),
    "503-unseen": ("503 from one, its check passes", refuse_requests),
    "restart": ("graceful restart, 1 s down", restart),
}


class First:
    """The backend with the fault."""

    def __init__(self, where, port, stack):
        self.place = where
        self.port = port
        self.stack = stack
        self.start()

    def start(self):
        self.process = start_backend(self.place.prefix, self.place.host, self.port, self.place.backlog, self.stack)


def start_backend(prefix, host, port, backlog, stack):
    return start([*prefix, sys.executable, os.path.abspath(__file__), "--backend", host, str(port), backlog], stack)


def start(command, stack, log=subprocess.DEVNULL):
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment())
    stack.callback(end, process)
    return process


def end(process):
    """Ends a process with SIGTERM, so that nginx ends its workers, and after a second with SIGKILL."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(1)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def await_answer(host, port, path="/healthz", limit=60):
    deadline = time.monotonic() + limit
    while True:
        try:
            with socket.create_connection((host, port), 1) as client:
                client.sendall(f"GET {path} HTTP/1.0\r\nHost: api\r\n\r\n".encode())
                if client.recv(100).split(b" ")[1:2] == [b"200"]:
                    return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise RuntimeError(f"no answer at {host}:{port}")
        time.sleep(0.02)


async def one_request(port, method, limit):
    """Returns the status of a response, or what was received instead, and the name of the backend."""
    async def talk():
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            body = b"hello" if method == "POST" else b""
            length = f"Content-Length: {len(body)}\r\n" if body else ""
            writer.write(f"{method} / HTTP/1.1\r\nHost: api\r\nConnection: close\r\n{length}\r\n".encode() + body)
            answer = await reader.read()
            return (answer.split(b" ")[1].decode(), answer[-5:]) if answer.startswith(b"HTTP/1.1 ") else ("closed", b"")
        finally:
            writer.close()
    try:
        return await asyncio.wait_for(talk(), limit)
    except asyncio.TimeoutError:
        return "no answer", b""
    except OSError as error:
        return type(error).__name__, b""


async def load(port, method, count, rate, fault, first):
    loop = asyncio.get_running_loop()
    begin = loop.time()
    breaks = int(count * 0.3)
    tasks = []
    late = 0.0
    for number in range(count):
        await asyncio.sleep(max(0.0, begin + number / rate - loop.time()))
        late = max(late, loop.time() - begin - number / rate)
        if number == breaks:
            broken = loop.run_in_executor(None, fault, first)
        tasks.append(asyncio.ensure_future(one_request(port, method, 10)))
    answers = await asyncio.gather(*tasks)
    await broken
    return answers, late


def warm_up(port, method, rate, first):
    """Waits until no request fails and the first backend has its share. A proxy that ejected it before the fault must
    not get credit for that, nor be blamed for a busy machine."""
    for _ in range(10):
        answers, _ = asyncio.run(load(port, method, 2 * rate, rate, lambda nothing: None, first))
        failed = sum(status != "200" for status, _ in answers)
        by_first = sum(name == f"{first.port:5}".encode() for _, name in answers)
        if not failed and by_first >= len(answers) // 4:
            return
    raise RuntimeError(f"without a fault {failed} of {len(answers)} requests failed, the first backend had {by_first}")


def cell(fault, proxy, retries, method, options, number):
    """Counts the outcomes of a run."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        where = place(fault, number % 250)
        stack.callback(where.close)
        ports = [options.ports + number * PORTS_OF_A_RUN + i for i in range(PORTS_OF_A_RUN)]
        first = First(where, ports[0], stack)
        addresses = [f"{where.host}:{ports[0]}", f"127.0.0.1:{ports[1]}", f"127.0.0.1:{ports[2]}"]
        for port in ports[1:3]:
            start_backend([], "127.0.0.1", port, "1024", stack)
        for address in addresses:
            host, _, port = address.partition(":")
            await_answer(host, int(port))
        log = stack.enter_context(open(os.path.join(options.logs or folder, f"{fault}-{proxy}-{number}.log"), "wb"))
        start(PROXIES[proxy](folder, ports[3], addresses, retries, options.check), stack, log)
        await_answer("127.0.0.1", ports[3], "/")
        warm_up(ports[3], method, options.rate, first)
        answers, late = asyncio.run(
            load(ports[3], method, options.requests, options.rate, FAULTS[fault][1], first))
        if late > LATE_SECONDS:
            print(f"{fault}, {proxy}: requests were up to {late:.1f} s late", file=sys.stderr)
        return collections.Counter(status for status, _ in answers)


def work(task):
    """Runs in a separate process, so that the load of one run does not delay another."""
    fault, proxy, retries, method, options, number = task
    for attempt in range(3):
        try:
            return cell(fault, proxy, retries, method, options, number)
        except (OSError, RuntimeError) as error:
            print(f"{fault}, {proxy}: {error}", file=sys.stderr)
    return "failed to run"


# ---- all runs ---------------------------------------------------------------------------------------------------------

def parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=2000, help="of each run (default: 2000)")
    parser.add_argument("--rate", type=int, default=200, help="requests per second (default: 200)")
    parser.add_argument("--fault", action="append", choices=FAULTS, help="only this one; may be given again")
    parser.add_argument("--proxy", action="append", choices=PROXIES, help="only this one; may be given again")
    parser.add_argument("--retries", choices=["off", "on"], help="only so (default: both)")
    parser.add_argument("--method", choices=["GET", "POST"], help="only this one (default: both)")
    parser.add_argument("--check", choices=CHECKS, default="http", help="of the backends (default: http)")
    parser.add_argument("--jobs", type=int, default=3, help="runs at the same time (default: 3)")
    parser.add_argument("--ports", type=int, default=20000, help="the first port to use; each run has 4 (default: 20000)")
    parser.add_argument("--logs", help="a folder to keep what the proxies say")
    parser.add_argument("--details", action="store_true", help="print the outcomes of each run")
    parser.add_argument("--backend", nargs=3, metavar=("HOST", "PORT", "BACKLOG"), help=argparse.SUPPRESS)
    return parser.parse_args()


def failures(outcomes):
    return outcomes if isinstance(outcomes, str) else sum(outcomes.values()) - outcomes["200"]


def verdict(row, proxies):
    """Returns whether the gateway has at most five more failures than the better of the others. Only nginx counts where
    HAProxy repeats a POST."""
    ours, others = row["upstream4j"], [row[name] for name in proxies if name != "upstream4j"]
    return "yes" if ours <= min(others) + 5 else "no"


def main():
    options = parse()
    if options.backend:
        host, port, backlog = options.backend
        asyncio.run(serve(host, int(port), int(backlog)))
        return
    proxies = options.proxy or list(PROXIES)
    for name, program in (("nginx", "nginx"), ("HAProxy", "haproxy"), ("upstream4j", UPSTREAM)):
        if name in proxies and not shutil.which(program, path=PATH):
            sys.exit(f"faults.py: not found: {program}")
    if options.logs:
        os.makedirs(options.logs, exist_ok=True)
    rows = [(fault, retries, method)
            for fault in options.fault or FAULTS
            for method in ([options.method] if options.method else ["GET", "POST"])
            for retries in ([options.retries == "on"] if options.retries else [False, True])]
    tasks = [(fault, proxy, retries, method, options, number) for number, (fault, retries, method, proxy)
             in enumerate((*row, proxy) for row in rows for proxy in proxies)]
    print(f"{options.requests} requests at {options.rate}/s, check: {options.check}, each second\n")
    print(f"| fault | method | retries | {' | '.join(proxies)} |" + (" within |" if len(proxies) == 3 else ""))
    print("|---|---|---|" + "---:|" * len(proxies) + ("---|" if len(proxies) == 3 else ""), flush=True)
    with concurrent.futures.ProcessPoolExecutor(options.jobs) as pool:
        results = pool.map(work, tasks)
        for fault, retries, method in rows:
            outcomes = {proxy: next(results) for proxy in proxies}
            row = {proxy: failures(found) for proxy, found in outcomes.items()}
            cells = [FAULTS[fault][0], method, "on" if retries else "off", *(str(row[proxy]) for proxy in proxies)]
            if len(proxies) == 3 and all(isinstance(value, int) for value in row.values()):
                measured = ["upstream4j", "nginx"] if method == "POST" and retries else proxies
                cells.append(verdict(row, measured))
            print(f"| {' | '.join(cells)} |", flush=True)
            if options.details:
                print(json.dumps(outcomes), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()

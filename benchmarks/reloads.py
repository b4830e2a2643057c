#!/usr/bin/env python3
"""The gateway under load while its configuration changes: a thousand reloads that change addresses,
weights, strategies, health checks and the very names of upstreams, with backends drained and taken
back meanwhile. Counts failed requests, and memory, threads and descriptors before and after.

Needs nginx and wrk, and the image: mvn -pl distribution -am package

usage: benchmarks/reloads.py [reloads] [seed]
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
UPSTREAM = os.environ.get("UPSTREAM", os.path.join(HERE, "../distribution/target/upstream/bin/upstream"))
RELOADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
SEED = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(1 << 32)
PATH = os.environ["PATH"] + ":/usr/sbin:/sbin"
ALGORITHMS = ["round_robin", "random", "least_request", "peak_ewma", "hash:path",
              "{ consistent: { key: path, table: maglev } }"]
CHECKS = ["none", "tcp", "{ http: { path: /healthz }, check_frequency: 200ms }",
          "http://api/healthz?check_frequency=300ms&success=1&failure=2"]


def need(program):
    found = shutil.which(program, path=PATH)
    if not found:
        sys.exit(f"reloads.py: not found: {program}")
    return found


def free_ports(count):
    listeners = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def backend(folder, port):
    configuration = f"""daemon off; worker_processes 1; pid {folder}/{port}.pid; error_log {folder}/{port}.log crit;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 1000000000; keepalive_timeout 300s;
  client_body_temp_path {folder}; proxy_temp_path {folder}; fastcgi_temp_path {folder};
  uwsgi_temp_path {folder}; scgi_temp_path {folder};
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 "{port}"; }} }} }}"""
    path = os.path.join(folder, f"{port}.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(configuration)
    return subprocess.Popen([need("nginx"), "-p", folder, "-e", f"{folder}/{port}.log", "-c", path])


def configuration(chance, ports, number):
    chosen = chance.sample(ports, chance.randint(2, len(ports)))
    addresses = ", ".join(f'"127.0.0.1:{port} {chance.randint(1, 9)}"' for port in chosen)
    name = f"api{number // 10}"  # another name with every tenth reload
    return f"""upstreams:
  {name}:
    addrs: [{addresses}]
    algo: {chance.choice(ALGORITHMS)}
    health_check: {chance.choice(CHECKS)}
    retries: 2
  other: {{ addrs: ["127.0.0.1:{ports[0]}"], remark: "{chance.randint(0, 3)}" }}
routes:
  - {{ path: /other, upstream: other }}
  - {{ path: /, upstream: {name} }}
"""


def status(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        text = file.read()
    return {
        "resident MiB": round(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024),
        "threads": int(re.search(r"Threads:\s+(\d+)", text)[1]),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
    }


class Log:
    """What the gateway says, and how often it applied a configuration."""

    def __init__(self, process):
        self.applied = 0
        self.wrong = []
        self.ready = threading.Event()
        self.changed = threading.Condition()
        for stream in (process.stdout, process.stderr):
            threading.Thread(target=self.read, args=(stream,), daemon=True).start()

    def read(self, stream):
        for line in stream:
            if "admin on" in line:
                self.ready.set()
            if "refused" in line or "Exception" in line or "LEAK" in line:
                self.wrong.append(line)
            if "configuration applied" in line:
                with self.changed:
                    self.applied += 1
                    self.changed.notify_all()

    def wait(self, count):
        with self.changed:
            if not self.changed.wait_for(lambda: self.applied >= count, 30):
                sys.exit("reloads.py: a reload took more than 30 s")


def administer(chance, admin, done, counts):
    """Drains a backend and takes it back, over and over."""
    while not done.wait(0.05):
        try:
            with urllib.request.urlopen(f"{admin}/upstreams") as answer:
                upstreams = json.load(answer)["upstreams"]
            upstream = next(each for each in upstreams if each["name"] != "other")
            if not upstream["backends"]:
                continue  # it is on its way out
            backend = chance.choice(upstream["backends"])["address"]
            for action in ("drain", "enable"):
                request = urllib.request.Request(
                    f"{admin}/upstreams/{upstream['name']}/backends/{backend}/{action}", data=b"", method="POST")
                urllib.request.urlopen(request).close()
                counts[action] += 1
        except urllib.error.HTTPError as error:
            if error.code != 404:  # it is gone with a reload
                raise


def main():
    chance = random.Random(SEED)
    folder = tempfile.mkdtemp()
    listen, admin, *ports = free_ports(7)
    file = os.path.join(folder, "upstreams.yaml")
    processes = [backend(folder, port) for port in ports]
    try:
        with open(file, "w", encoding="utf-8") as out:
            out.write(configuration(chance, ports, 0))
        gateway = subprocess.Popen(
            [UPSTREAM, "serve", "--config", file, "--listen", f"127.0.0.1:{listen}", "--admin", f"127.0.0.1:{admin}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        processes.append(gateway)
        log = Log(gateway)
        if not log.ready.wait(30):
            sys.exit("reloads.py: the gateway did not start")
        if any(process.poll() is not None for process in processes):
            sys.exit("reloads.py: a server did not start")
        wrk = [need("wrk"), "-t1", "-c32"]
        # Until the code is compiled and the buffers are there.
        subprocess.run([*wrk, "-d5s", f"http://127.0.0.1:{listen}/"], stdout=subprocess.DEVNULL, check=True)
        before = status(gateway.pid)
        load = subprocess.Popen([*wrk, "-d3600s", f"http://127.0.0.1:{listen}/"], stdout=subprocess.PIPE, text=True)
        processes.append(load)
        done, counts = threading.Event(), {"drain": 0, "enable": 0}
        operator = threading.Thread(
            target=administer, args=(random.Random(SEED + 1), f"http://127.0.0.1:{admin}", done, counts))
        operator.start()
        took, first = [], log.applied
        for number in range(1, RELOADS + 1):
            text = configuration(chance, ports, number) + f"# {number}\n"
            with open(file + ".new", "w", encoding="utf-8") as out:
                out.write(text.replace('remark: "', f'remark: "{number} '))
            os.rename(file + ".new", file)
            start = time.monotonic()
            gateway.send_signal(signal.SIGHUP)
            log.wait(first + number)
            took.append(time.monotonic() - start)
        done.set()
        operator.join()
        load.send_signal(signal.SIGINT)
        report = load.communicate(timeout=30)[0]
        # Connections to backends that were taken out end with their grace at the latest.
        time.sleep(35)
        after = status(gateway.pid)
        bad = re.findall(r"(?:Non-2xx|Socket errors).*", report)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", report)[1]
        total = re.search(r"(\d+) requests in", report)[1]
        print(f"seed {SEED}")
        print(f"{RELOADS} reloads, {counts['drain']} drains, {counts['enable']} returns beside {total} requests ({rate}/s)")
        print(f"a reload: median {statistics.median(took) * 1000:.0f} ms, longest {max(took) * 1000:.0f} ms")
        print(f"failed: {'; '.join(bad) if bad else 0}")
        for key, value in before.items():
            print(f"{key}: {value} -> {after[key]}")
        for line in log.wrong[:10]:
            print("said:", line.strip())
        sys.exit(1 if bad or log.wrong else 0)
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait()
        shutil.rmtree(folder)


main()

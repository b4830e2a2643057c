"""Runs attacks against proxies and prints a table of the results."""
import argparse
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass

from . import uploads, heads, downloads, floods, tables  # noqa: F401  they register their attacks, in this order
from . import proxies
from .attack import ALL_ATTACKS, Target
from .backends import Backends
from .crowd import Crowd
from .others import Others
from .proxies import PATH, Setup

PERIOD = 0.2
RETURN_SECONDS = 30
SLACK = 16  # descriptors that a proxy may keep, for example for files
SHORT_MEMORY_MB = 400
COLUMNS = ["attack", "proxy", "survived", "peak RSS MB", "others failed", "p99 ms", "descriptors before/peak/after",
           "returned", "CPU s", "sent MB", "answers", "notes"]


class Samples:
    """Observes a proxy five times a second."""

    def __init__(self, proxy):
        self.proxy = proxy
        self.memory = self.descriptors = 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.done.wait(PERIOD):
            self.memory = max(self.memory, self.proxy.memory())
            self.descriptors = max(self.descriptors, self.proxy.descriptors())

    def stop(self):
        self.done.set()
        self.thread.join()


@dataclass
class Row:
    attack: str
    proxy: str
    survived: bool
    memory: float
    failed: int
    asked: int
    p99: float
    descriptors: tuple
    returned: bool
    seconds: float
    sent: float
    answers: str
    notes: str
    wrong: list

    def cells(self):
        return [self.attack, self.proxy, "y" if self.survived else "**n**", f"{self.memory:.0f}",
                f"{self.failed}/{self.asked}", f"{self.p99:.0f}", "/".join(map(str, self.descriptors)),
                "y" if self.returned else "**n**", f"{self.seconds:.1f}", f"{self.sent / 1e6:.1f}", self.answers,
                self.notes.replace("|", "\\|")]

    def problems(self, attack):
        found = list(self.wrong)
        if not self.survived:
            found.append("it did not survive")
        if self.memory > SHORT_MEMORY_MB:
            found.append(f"{self.memory:.0f} MB (expected: at most {SHORT_MEMORY_MB})")
        if self.failed and not attack.others_wait:
            found.append(f"{self.failed} of {self.asked} requests of others failed")
        if not self.returned:
            found.append("not all that it took was given back")
        return found


def prepared(setup, ports, folder):
    """Fills in a setup with the ports and files of this run."""

    def fill(text):
        return text.replace("GOOD", str(ports["good"])).replace("SECURE", str(ports["secure"])) \
            .replace("HOSTS", os.path.join(folder, "hosts"))

    return Setup(setup.descriptors, fill(setup.upstreams), fill(setup.routes), fill(setup.java), setup.arguments)


def measure(attack, proxy, short):
    """Attacks a running proxy, and checks its state afterwards."""
    crowd = Crowd(attack.megabytes << 20)
    others = Others(proxy.http1, proxy.http2, warm_up=20 if short else 100)
    time.sleep(0.3)
    before = proxy.descriptors()
    busy = proxy.processor_seconds()
    samples = Samples(proxy)
    try:
        target = Target(proxy, crowd, short)
        begun = time.monotonic()
        attack.run(target)
        crowd.close()
        durations, failures = others.stop()
        took = time.monotonic() - begun
        busy = proxy.processor_seconds() - busy
        returned, left = await_return(proxy, before, RETURN_SECONDS / 2 if short else RETURN_SECONDS)
        survived = proxy.is_alive() and serves(proxy)
    finally:
        samples.stop()
        others.process.kill()
    notes = [f"**{wrong}**" for wrong in target.wrong] + target.notes + [f"{took:.0f} s"] + left + proxy.remarks()
    if failures:
        notes.append("others: " + ", ".join(summary(str(failure[2]) for failure in failures)))
    if not survived:
        ended = proxy.process.poll()
        notes.append("others get no answer" if ended is None else f"exit status {ended}")
    return Row(attack.name, proxy.name, survived, samples.memory, len(failures), len(durations),
               percentile(durations, 99) * 1000, (before, samples.descriptors, proxy.descriptors()), returned,
               busy, crowd.sent, ", ".join(f"{name}×{count}" for name, count in crowd.answers.most_common(6)),
               "; ".join(notes), target.wrong)


def summary(texts):
    counts = {}
    for text in texts:
        text = re.sub(r"\d{3,}", "…", text)[:70].strip()
        counts[text] = counts.get(text, 0) + 1
    return [f"{text} ×{count}" for text, count in sorted(counts.items(), key=lambda each: -each[1])[:3]]


def percentile(values, percent):
    ordered = sorted(values)
    return ordered[min(len(ordered), math.ceil(len(ordered) * percent / 100)) - 1] if ordered else 0


def await_return(proxy, before, seconds):
    """Waits until descriptors and requests are as before. Returns whether they are, and which are not."""
    end = time.monotonic() + seconds
    while proxy.is_alive():
        left = [f"{name} {value}" for name, value in proxy.counts().items() if value]
        if proxy.descriptors() > before + SLACK:
            left.append(f"{proxy.descriptors() - before} descriptors more")
        if not left or time.monotonic() > end:
            return not left, ["left: " + ", ".join(left)] if left else []
        time.sleep(0.25)
    return False, []


def serves(proxy):
    """Returns whether other clients are served after the attack."""
    try:
        Others(proxy.http1, proxy.http2, warm_up=4).stop()
        return True
    except (TimeoutError, RuntimeError, EOFError, OSError):
        return False


def chosen(names, known, what):
    unknown = [name for name in names if name not in known]
    if unknown:
        sys.exit(f"attacks: {what}: {', '.join(unknown)} (expected: {', '.join(known)})")
    return [known[name] for name in names]


def arguments():
    parser = argparse.ArgumentParser(prog="benchmarks/attacks/run",
                                     description="Attacks reverse proxies by bounded loads.")
    parser.add_argument("--only", metavar="ATTACK,…",
                        help="these attacks; a name that ends in * stands for all that begin so")
    parser.add_argument("--proxies", metavar="NAME,…", default="ours,nginx,haproxy,envoy", help="default: %(default)s")
    parser.add_argument("--short", action="store_true",
                        help="small attacks on ours alone; exit status 1 when one does what it should not")
    parser.add_argument("--xmx", default="256m", help="heap of ours; default: %(default)s")
    parser.add_argument("--port", type=int, default=21000, help="the first of 40 ports; default: %(default)s")
    parser.add_argument("--repeat", type=int, default=1, help="how often each is run; default: %(default)s")
    parser.add_argument("--list", action="store_true", help="tell what the attacks do, and end")
    return parser.parse_args()


def select(only, short):
    everything = dict(ALL_ATTACKS)
    if not only:
        return [each for each in everything.values() if each.short or not short]
    names = []
    for name in only.split(","):
        matching = [each for each in everything if name.endswith("*") and each.startswith(name[:-1])]
        names += matching or [name]
    return chosen(names, everything, "--only")


def certificates(folder):
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,DNS:*.attack.test,IP:127.0.0.1",
         "-keyout", folder + "/key.pem", "-out", folder + "/cert.pem"], check=True, stderr=subprocess.DEVNULL)
    with open(folder + "/both.pem", "wb") as both:
        for name in ("cert.pem", "key.pem"):
            with open(os.path.join(folder, name), "rb") as file:
                both.write(file.read())
    with open(folder + "/hosts", "w", encoding="ascii") as hosts:
        hosts.write("127.0.0.1 localhost\n")


def main():
    options = arguments()
    if options.list:
        for each in ALL_ATTACKS.values():
            print(f"{each.name:24} {each.does}")
        return 0
    attacks = select(options.only, options.short)
    wanted = chosen(["ours"] if options.short else options.proxies.split(","), proxies.ALL, "--proxies")
    present = [each for each in wanted if proxies.is_there(each.name)]
    for each in wanted:
        if each not in present:
            print(f"{each.name} is left out: not found: {each.program}", file=sys.stderr)
    if not present:
        return 2
    folder = tempfile.mkdtemp()
    certificates(folder)
    backends = Backends(folder, options.port, shutil.which("nghttpd", path=PATH))
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS), flush=True)
    wrong = []
    running = None
    try:
        for attack, made in [(attack, made) for attack in attacks for made in present for _ in range(options.repeat)
                             if made.name == "ours" or not attack.ours_only]:
            setup = prepared(attack.setup, backends.ports, folder)
            if running is None or not is_fit(running, setup, options.short):
                stop(running)
                running = made(folder, options.port + 30, backends, options.xmx)
                running.start(setup)
            row = measure(attack, running, options.short)
            print("| " + " | ".join(row.cells()) + " |", flush=True)
            problems = row.problems(attack)
            wrong += [f"{row.attack}, {row.proxy}: {problem}" for problem in problems]
            if problems:  # so that they are not attributed to the next attack
                stop(running)
                running = None
    finally:
        stop(running)
        backends.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if options.short:
        for each in wrong:
            print(each, file=sys.stderr)
        return 1 if wrong else 0
    return 0


def is_fit(proxy, setup, short):
    """Returns whether the running proxy is attacked again; a short run has no time to start one per attack."""
    return short and proxy.setup == setup and proxy.is_alive() and proxy.memory() < SHORT_MEMORY_MB / 2


def stop(proxy):
    if proxy:
        proxy.stop()

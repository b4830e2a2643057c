"""Defines attacks and the targets that they receive."""
from dataclasses import dataclass, field

from .crowd import Crowd
from .proxies import Proxy, Setup

MB = 1_000_000
ALL_ATTACKS = {}


@dataclass(frozen=True)
class Attack:
    name: str
    does: str
    run: object  # called with a Target
    short: bool  # whether it is one of --short
    ours_only: bool  # tests a feature that only this gateway has
    others_wait: bool  # whether other clients cannot be served meanwhile, by design
    setup: Setup
    megabytes: int  # sent at most


def attack(name, short=False, ours_only=False, others_wait=False, setup=Setup(), megabytes=64):
    """Registers a function as an attack; its docstring is the description."""

    def enter(function):
        does = " ".join(function.__doc__.split())
        ALL_ATTACKS[name] = Attack(name, does, function, short, ours_only, others_wait, setup, megabytes)
        return function

    return enter


@dataclass
class Target:
    """A proxy under attack."""
    proxy: Proxy
    crowd: Crowd
    short: bool
    notes: list = field(default_factory=list)
    wrong: list = field(default_factory=list)  # notes on wrong behaviour of the proxy

    def size(self, full, short):
        return short if self.short else full

    def http1(self, count, source, **options):
        return [self.crowd.connect(self.proxy.http1, source, **options) for _ in range(count)]

    def http2(self, count, source, **options):
        return [self.crowd.connect(self.proxy.http2, source, http2=True, **options) for _ in range(count)]

    def secure(self, count, source, **options):
        return [self.crowd.connect(self.proxy.tls, source, **options) for _ in range(count)]

    def go(self, seconds=20, hold=8):
        """Sends, and then keeps all connections open for a while."""
        if not self.crowd.run(self.size(seconds, 3)):
            self.notes.append("not all sent" if self.crowd.sent < self.crowd.limit_bytes else "bytes used up")
        self.crowd.hold(self.size(hold, 1))


@attack("none", short=True)
def none(on):
    """nothing, for comparison"""
    on.go(hold=5)

"""A small contract and ready-made observations, so that a test of a check needs one line."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from runtime.contract.reader import load_contract
from runtime.observing.notify_socket import Arrival
from runtime.observing.observation import CompanionState, Observation
from runtime.observing.timeline import Exit, build

START_NS = 1_000_000_000
ZOO_CONTRACT = Path(__file__).parents[2] / "zoo" / "service.yaml"
NAMES = ("started", "configured", "connected", "prepared", "looping", "message", "judged", "acted")


@pytest.fixture(scope="session")
def contract():
    return load_contract(ZOO_CONTRACT)


class Story:
    """Builds what a service said, message after message, each 10 ms after the one before."""

    def __init__(self):
        self.arrivals = []
        self.seq = 0

    def raw(self, data):
        self.arrivals.append(Arrival(START_NS + 10_000_000 * (len(self.arrivals) + 1), data))
        return self

    def say(self, **fields):
        self.seq += 1
        return self.raw("\n".join(f"{name}={value}" for name, value in {**fields, "X_SEQ": self.seq}.items()).encode())

    def reach(self, n, *, of=8, name=None, run="a", t_ns=None, **detail):
        self.seq += 1
        stamp = START_NS + 10_000_000 * (len(self.arrivals) + 1) if t_ns is None else t_ns
        message = {"n": n, "name": name or NAMES[n - 1], "of": of, "t_ns": stamp, "run": run, "seq": self.seq}
        message["detail"] = detail
        return self.raw(b"X_CHECKPOINT=" + json.dumps(message).encode())

    def boot(self, rules=("a", "b")):
        for n in (1, 2, 3):
            self.reach(n)
        self.reach(4, rules=list(rules)).reach(5)
        return self.say(READY=1)

    def whole(self, phase="confirmed"):
        self.boot().reach(6).reach(7, rule="a", result="ok").reach(7, rule="b", result="ok")
        return self.reach(8, phase=phase)


@pytest.fixture
def story():
    return Story()


@pytest.fixture
def observe(contract):
    """`observe(story, end=3)`: what the pack has seen when the service said this and ended so."""

    def make(told, *, end=None, scenario="breach", **more):
        chosen = {"scenario": scenario}
        timeline = build(START_NS, told.arrivals, Exit(end, 1.5) if end is not None else None)
        observation = Observation(
            contract=contract,
            outcome=contract.outcome(chosen),
            chosen=chosen,
            limit_s=8.0,
            timeline=timeline,
            companions=(CompanionState("venue", 0.1, None),),
        )
        return replace(observation, **more)

    return make

"""What the simulated venue can be asked for by name: a session, or a way of failing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario.

    session: the session it plays, by name. listens: is there a socket at all? answers: is anything answered?
    refuses_login: credentials are wrong. tells: are events sent? breaks: after the first event, the stream turns into
    something that is not the protocol. repeats: time begins with the first manager, and at the session's end it begins
    again, for ever.
    """

    name: str
    says: str
    session: str = "demo-breach"
    listens: bool = True
    answers: bool = True
    refuses_login: bool = False
    tells: bool = True
    breaks: bool = False
    repeats: bool = False


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("breach", "a trader loses more than he may, and goes on trading"),
        Scenario("calm", "a trader stays within his limits", session="demo-calm"),
        Scenario("soak", "a trader goes over a position limit again and again, for ever", session="soak", repeats=True),
        Scenario("silent", "connects and answers, but never sends an event", tells=False),
        Scenario("refuse", "refuses the login", refuses_login=True),
        Scenario("unreachable", "runs, but does not listen", listens=False),
        Scenario("slow-boot", "accepts the connection and never answers", answers=False),
        Scenario("crash", "after the first event its stream is not understandable any more", breaks=True),
    )
}

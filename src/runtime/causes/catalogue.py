"""The causes a diagnosis can name: a stable id, and what it means. Their pages: cause_texts."""

from collections.abc import Mapping
from dataclasses import dataclass

from runtime.causes.texts.invariants import INVARIANTS


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause. hint: where to look first, in words; commands come from the run and from `remedies`."""

    id: str
    what: str
    hint: str


_TABLE = (
    Cause(
        "BOOT-001",
        "it stands still before a checkpoint for which no likelier cause is known",
        "read the end of the log",
    ),
    Cause("BREAKER-001", "the breaker opened, and new orders are blocked", "which reason does it give?"),
    Cause("CAN-001", "a rule does not do what its own example says", "which rule is named?"),
    Cause("CFG-001", "the configuration is invalid", "the service names file, line and remedy"),
    Cause(
        "CFG-010",
        "a hard limit was loosened within the trading day; the old one stands",
        "was that meant for tomorrow?",
    ),
    Cause("CHECK-001", "a check of the pack itself crashed, so its claim is unproven", "this is a fault of the pack"),
    Cause("COMP-001", "a companion process is not there, so the service could not be judged", "read its output"),
    Cause("DEP-001", "a package is missing or too old", "install what the message names"),
    Cause("DEP-002", "the interpreter is too old", "which Python made .venv?"),
    Cause("DISK-001", "the disk of the state is nearly full or too slow", "bytes free, and the time of an fsync"),
    Cause("ENF-001", "enforcement was never triggered", "was a limit really broken in this session?"),
    Cause("ENF-002", "enforcement was triggered but never confirmed", "did the venue execute the order?"),
    Cause("ENF-003", "the service claims the outcome, its venue's ledger says otherwise", "the ledger is right"),
    Cause("ENF-004", "the witness could not be asked, so the outcome is unproven", "run the probe by hand"),
    Cause("ENF-010", "an enforcement keeps failing and is tried again", "what did the venue answer?"),
    Cause("ENF-011", "something is held under a hard lockout, and is being closed", "does it become flat?"),
    Cause("ENV-001", "the environment is not the one under which the gate last passed", "was each difference meant?"),
    Cause("FEED-001", "connected, but nothing shows that it ever subscribed", "does it subscribe after connecting?"),
    Cause("FEED-003", "connected and subscribed, but no message arrived", "is the venue sending? is the market open?"),
    Cause("FEED-004", "messages arrived, but the service raised while handling them", "read the stack trace"),
    Cause("FEED-005", "the market is closed, so no message is due", "when does it open?"),
    Cause("INPUT-001", "a message of the venue contradicts itself and was not believed", "compare with the venue"),
    Cause("INST-001", "another instance of this service is running, or holds the account", "its pid is named"),
    Cause("LINK-001", "the connection to the venue is lost", "the network, then the venue"),
    Cause("LOG-001", "a checkpoint was announced but its line is not in the log", "an operator would not see it"),
    Cause("LOG-002", "there is no log where service.yaml says it is", "has the service ever run here?"),
    Cause("LOOP-001", "the event loop never ran", "something blocks before the loop starts"),
    Cause("LOOP-002", "the event loop is blocked by a call that does not return", "the frame and the task are named"),
    Cause("NET-001", "the configured venue does not answer on the network", "check the address, then DNS"),
    Cause("OPERATOR-001", "a person froze the account or a symbol", "the reason stands beside it"),
    Cause("OUT-001", "the service never said what its outcome requires", "is the session longer than the limit?"),
    Cause("PAGE-001", "a channel refuses a page for good", "what did it answer?"),
    Cause("PAGE-002", "a channel of the alerts cannot be used", "its address or key is missing"),
    Cause("PAGE-003", "what was paged before is not known", "what still holds is paged again"),
    Cause("PAGE-004", "pages were not kept for a channel that took none", "look at the status instead"),
    Cause("PROC-001", "the service never started", "does its command run by hand?"),
    Cause("PROC-002", "the service ended by itself before everything was shown", "its last words say why"),
    Cause("PROC-003", "the service did not stop cleanly when told to", "read what it did after SIGTERM"),
    Cause("PROTO-001", "a message that is not the notify protocol, or not this contract", "compare with service.yaml"),
    Cause("PWR-001", "nothing keeps this machine from going to sleep", "is it a laptop?"),
    Cause("READY-001", "readiness was announced too early or never", "READY=1 belongs to the checkpoint `ready`"),
    Cause("REC-001", "the venue's position differed a little, and was adopted", "which fill was missed?"),
    Cause("REC-002", "a fill was corrected by the venue's history", "compare the day's result"),
    Cause("RULE-000", "a rule could not give an answer", "unknown is not fine: what did it miss?"),
    Cause("RULE-001", "an entry that had to be evaluated never was", "is it loaded, does it receive its event?"),
    Cause("RULE-002", "the rules were never initialized", "which rule is being built?"),
    Cause("RULE-010", "a rule's limit was broken, and its lockout stands", "the arithmetic stands beside it"),
    Cause("SEQ-001", "messages were lost, so nothing can be proven from those that are left", "run it again"),
    Cause("SEQ-002", "checkpoints came in the wrong order, were skipped, or came twice", "compare with service.yaml"),
    Cause("SERVICE-001", "the risk manager has ended: nothing guards the account", "its error says why"),
    Cause("SHADOW-001", "two versions decided differently on the same input", "was the difference meant?"),
    Cause("SHADOW-002", "the candidate of a shadow run sent something", "its venue refused it: where does it send?"),
    Cause("SHADOW-003", "a health signal of a shadow run was seen", "which side, which signal, when?"),
    Cause("SLOW-001", "a checkpoint was reached later than its budget", "compare with an earlier run"),
    Cause("SOAK-001", "memory grows while the service is soaked", "which line? soak again with --tracemalloc"),
    Cause("SOAK-002", "files, threads, tasks, or what else should stand still, grow", "which metric is named?"),
    Cause("SOAK-003", "a metric was beyond its limit for too long", "compare with the last good run"),
    Cause("SOAK-004", "a threshold has no data, so nothing is proven", "is the metric sent? are there events?"),
    Cause("SOAK-005", "growth can neither be shown nor excluded in a run of this length", "soak longer"),
    Cause("SOAK-006", "the heartbeat was silent for too long", "what blocked the loop?"),
    Cause("SOAK-007", "clearly worse than the last good soak", "what changed since then?"),
    Cause("SQL-007", "this SQLite may corrupt a database that two connections write", "which SQLite opens the store?"),
    Cause("STATE-002", "the state was restored, and something was wrong with what was stored", "look at the disk"),
    Cause("STATE-003", "what was restored may not be everything, so the account was frozen", "compare with the venue"),
    Cause("STATE-004", "the store cannot be written, and the service is about to end", "is the disk full?"),
    Cause("STORE-001", "the state is locked by another process", "the message names its pid"),
    Cause("TASK-001", "tasks wait for each other in a circle: a deadlock", "the circle and its locks are named"),
    Cause("TASK-002", "a task died and nobody looked at its exception", "its exception says why"),
    Cause("TEST-001", "this is a test of the alert channels", "nothing is wrong"),
    Cause("TIME-001", "the clock of this machine is wrong or jumped", "is it synchronised?"),
    Cause("VENUE-001", "the venue refused", "check the credentials and the account"),
    Cause("VENUE-002", "the venue cannot be reached", "check the address and the network"),
    Cause("VENUE-003", "the connection was begun and never answered", "the venue accepts but does not speak"),
    Cause("VENUE-004", "the venue's name cannot be resolved (DNS)", "check the address, then the resolver"),
    Cause("VENUE-005", "no secure connection to the venue (TLS)", "whose certificate is it, and until when?"),
    Cause("VENUE-006", "the login of the venue has expired", "log in again"),
    Cause("WATCH-001", "the process is alive but its loop no longer turns", "trace it"),
    Cause("WATCH-002", "the process is stopped (SIGSTOP)", "who stopped it?"),
    Cause("WATCH-003", "the process ended while it was watched", "its last words say why"),
    Cause("WATCH-004", "it failed again and again and is not restarted any more", "repair the first failure"),
    Cause("WATCH-005", "it did not say READY=1 in time after a start", "run smoke"),
    Cause("WATCH-006", "the guard itself is dead, stopped or hangs", "start it again, then ask what ended it"),
)

_INVARIANTS = (Cause(each.id, f"broken: {each.name}", each.operator) for each in INVARIANTS)

CAUSES: Mapping[str, Cause] = {cause.id: cause for cause in sorted((*_TABLE, *_INVARIANTS), key=lambda each: each.id)}

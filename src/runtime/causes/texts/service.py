"""Causes in the service: its boot, its configuration, its venue, its rules, what it enforced and what it said."""

TEXTS = """
BOOT-001
means: The service started and then stood still before a checkpoint for which no likelier cause is known.
shown by: the last checkpoint reached, the process still running, no error in its log
do: Read the last lines of the log: what was it about to do?
do: Run smoke again with more time. If it stands at the same place, trace it there.
next: risk-runtime logs --level warning
next: risk-runtime smoke --timeout 30

BREAKER-001
means: The breaker opened: enforcement kept failing, or a price leapt further than is believed. New orders are blocked.
shown by: an alert of the service with the reason
do: Look at the account at the venue. A lockout of the breaker stays until an operator lifts it, with a reason.
next: risk-manager status
next: risk-runtime logs --grep BREAKER-001

CAN-001
means: A rule did not do what its own example says, when the canary played it on a shadow account.
shown by: an alert of the service at boot, with what was expected and what came out
do: Do not deploy: this rule would not protect. Run its unit tests, then look at its parameters.
next: risk-runtime logs --grep CAN-001

CFG-001
means: A configuration file cannot be used. Nothing was started.
shown by: exit code 3, and one line per fault with file, line, column, value and remedy
do: Mend every fault that is listed; they are all listed at once.
next: risk-manager check-config

CFG-010
means: A hard limit was loosened within the trading day. The limit that was in force stays in force until the day ends.
shown by: an alert of the service that names the limit
do: Nothing, if that was meant for tomorrow. Otherwise put the old value back.
next: risk-manager check-config

COMP-001
means: A process the service needs (its exchange, its gateway) never said that it is ready, or ended.
shown by: the companion's exit code and the end of its standard error
do: Read what it said. Start it by hand with the argv that service.yaml has for it.
next: risk-runtime logs --level error

ENF-001
means: Nothing was ever enforced. Either no limit was broken, or its breach was not seen.
shown by: no occurrence of the enforcement checkpoint but the canary's
do: Was a limit really broken in this session? Compare the venue's ledger with the limits of the configuration.
do: If it was, look at the verdicts of that rule in the journal.
next: risk-runtime logs --checkpoint 7
next: risk-manager journal --decisions

ENF-002
means: An order was sent to enforce a limit, and the venue never confirmed what it should bring about.
shown by: the enforcement checkpoint with phase triggered, and no confirmed
do: Ask the venue's ledger whether the order arrived and was executed. The position may still be open.
next: risk-runtime logs --checkpoint 8

ENF-003
means: The service says that it is done, and the venue's own ledger says otherwise. The ledger is right.
shown by: the requirement that does not hold, with what the ledger says
do: Treat the position as open and the service as wrong. Do not deploy.
next: risk-runtime logs --checkpoint 8

ENF-004
means: The venue's ledger could not be asked, so the outcome is not proven either way.
shown by: how the probe ended and what it printed
do: Run the probe of service.yaml by hand and see why it fails.
next: risk-runtime logs --level error

ENF-010
means: The same close or cancel has failed several times in a row. It is tried again, with growing pauses, for ever.
shown by: an alert of the service that names the target and how often it failed
do: Look at the position at the venue and close it there by hand if it must be closed now.
do: Read what the venue answered; the breaker opens where this goes on.
next: risk-manager status
next: risk-runtime logs --grep confirmed

FEED-001
means: The service is connected, and nothing it said shows that it ever subscribed to anything.
shown by: the connection checkpoint, and no word of a subscription in its log or its status
do: Look at what runs after connecting. A subscription must follow every connect, also every reconnect.
next: risk-runtime logs --grep subscri

FEED-003
means: The service is connected and subscribed, and no message came.
shown by: what it said of its subscription, and no event checkpoint since
do: Is the market open, and does the account have activity? Is the venue sending to anybody?
do: If others receive, the subscription is for the wrong account or contract.
next: risk-runtime logs --checkpoint 5
next: risk-runtime smoke --timeout 30

FEED-004
means: Messages came, and the service raised while it dealt with one.
shown by: the event checkpoint, then a non-zero exit with a stack trace
shown by: or the event checkpoint, then an ERROR in the log and no evaluation
do: Read the stack trace. The message that caused it is in the journal as the last event.
next: risk-runtime logs --level error

FEED-005
means: The service is connected, and says itself that the market is closed. Nothing is wrong, and nothing is proven.
shown by: its status or its log speak of a closed market or session
do: Run it again when the market is open, or on the simulated venue, which is never closed.
do: If the market is open, the calendar of the service is wrong: look at its holidays and its time zone.
next: risk-manager market
next: risk-runtime smoke --venue simulated

INPUT-001
means: A message of the venue contradicts what the account can be, and was not believed.
shown by: an alert of the service that names the message and the contradiction
do: Compare with the venue's own screen. If the venue is right, report it with the journal.
next: risk-runtime logs --grep INPUT-001

OUT-001
means: The service reached its checkpoints but never said what its outcome requires.
shown by: the text that was required, and the status messages that were seen
do: Is the session longer than the limit of this run? Give it more time.
next: risk-runtime smoke --timeout 60

PROC-001
means: The service could not be started at all, or it runs and has never said a word.
shown by: why the system refused, or silence on the notify socket
do: Run its argv by hand. Does it honour NOTIFY_SOCKET?
next: risk-runtime explain COMP-001

PROC-002
means: The service ended by itself before everything was shown. An exit code of 0 is no excuse.
shown by: its exit code or signal, when, and the end of its standard error
do: Read its last words; after a signal, ask the system log who sent it (memory, a person, a supervisor).
next: risk-runtime logs --level warning

PROC-003
means: The service was told to stop and did not, or not cleanly, so it had to be killed or left with an error.
shown by: its exit code and the seconds after SIGTERM
do: Read what it did after SIGTERM. A stop must end every task and close the store within the deadline.
next: risk-runtime logs --lines 30

PROTO-001
means: A message is not the notify protocol, or does not fit service.yaml. It may have been evidence.
shown by: the message as it came
do: Compare the names and numbers of the checkpoints with service.yaml.
next: risk-runtime logs

READY-001
means: READY=1 came before the service was ready, or never.
shown by: when it came, and when the checkpoint named `ready` was reached
do: Send READY=1 together with that checkpoint, and not before.
next: risk-runtime logs --lines 30

RULE-000
means: A rule could not give an answer. Unknown is never treated as fine, so its consequence for that was applied.
shown by: an alert of the service with the reason
do: Read the reason: usually something the rule needs is not known yet, such as a price or a session.
next: risk-runtime logs --grep RULE-000

RULE-001
means: A rule that is enabled was never asked.
shown by: the rules of the configuration without an evaluation, by name
do: Is it registered, and does it receive the kind of event it is for?
next: risk-runtime logs --checkpoint 7

RULE-002
means: The rules were not built after the connection was there.
shown by: the connection checkpoint, and nothing after it
do: Which rule is being built? Its parameters or what it restores from the journal are where to look.
next: risk-runtime logs --lines 30

SEQ-001
means: A message between the service and its observer was lost. Nothing can be proven from those that are left.
shown by: the numbers that are missing
do: Run it again. If it comes back, look for a machine under heavy load.
next: risk-runtime smoke

SEQ-002
means: Checkpoints came in the wrong order, were skipped, or the boot came twice.
shown by: the order that was seen
do: Compare with `after` in service.yaml. Two boots in one run: something restarted the service.
next: risk-runtime logs

SLOW-001
means: A checkpoint was reached, but later than its budget.
shown by: its time and its budget
do: Compare with an earlier run. Is the machine busy, or did a step become slower?
next: risk-runtime env

STORE-001
means: The state is locked by another process, so the service cannot open it.
shown by: the message of the service, with the pid that holds it
do: Look at that pid. Stop it if it should not run. Never delete the lock or the journal.
next: risk-runtime env

VENUE-001
means: The venue was reached and refused.
shown by: exit code 4 and the venue's answer
do: Check the credentials in .env and the account's name.
next: risk-manager check-config

VENUE-002
means: The venue cannot be reached.
shown by: exit code 4, the address, and the number of tries
do: Check the address and the network. Is the venue in maintenance?
next: risk-runtime env

VENUE-003
means: The connection was begun and never answered.
shown by: the configuration checkpoint, and nothing after it for as long as the run lasted
do: Something accepts connections and does not speak: maintenance, a proxy, another program on that address.
next: risk-runtime smoke --timeout 40

VENUE-004
means: The venue's name has no address: nobody was asked to connect yet.
shown by: exit code 4, and the resolver's words (name or service not known)
do: Is the address in .env spelled right? Does another name resolve on this machine?
next: risk-manager check-config
next: risk-runtime env

VENUE-005
means: The venue answered, and no secure connection came about.
shown by: exit code 4, and the words of the TLS layer (certificate, version)
do: Whose certificate is it, and until when? A proxy that opens connections, or a wrong clock, breaks it too.
next: risk-runtime env

VENUE-006
means: The venue was reached and knows the login, which is not valid any more.
shown by: exit code 4, and words of an expired token, login or session
do: Log in again, or have a new key made. If it expires while the service runs, renewing it failed: read the log.
next: risk-manager check-config
next: risk-runtime logs --grep expired
"""

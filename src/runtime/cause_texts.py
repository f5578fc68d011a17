"""The pages of all causes, as text: what each means, what shows it, what to do, what to type.

One block per id; `cause_pages.py` takes them apart, and a test holds the ids equal to those of `causes.py`.
"""

TEXTS = """
BOOT-001
means: The service started and then stood still before a checkpoint for which no likelier cause is known.
shown by: the last checkpoint reached, the process still running, no error in its log
do: Read the last lines of the log: what was it about to do?
do: Run smoke again with more time. If it stands at the same place, trace it there.
next: risk-runtime logs --level warning
next: risk-runtime smoke --timeout 30

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

CHECK-001
means: A check of the pack crashed. What it would have shown is not shown, so the run cannot pass.
shown by: the name of the check and its error
do: This is a fault of the pack and not of the service. Keep the report directory and report it.
next: risk-runtime env --save env.json

COMP-001
means: A process the service needs (its exchange, its gateway) never said that it is ready, or ended.
shown by: the companion's exit code and the end of its standard error
do: Read what it said. Start it by hand with the argv that service.yaml has for it.
next: risk-runtime logs --level error

DEP-001
means: A package is missing, too old, or cannot be imported.
shown by: exit code 5, or an import error in the last words of the service
do: Install what the message names; make setup installs exactly what the lock pins.
next: risk-runtime env

DEP-002
means: The interpreter is older than what the project needs.
shown by: exit code 5 and the version that was found
do: Install a newer Python and run make setup with PYTHON set to it.
next: risk-runtime env

DISK-001
means: The disk of the state is nearly full, or takes so long for an fsync that the journal would fall behind.
shown by: bytes free, and the median and worst of a few fsyncs in the data directory
do: Free space, or move the data directory to a local disk. Never to a network file system.
next: risk-runtime env

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

ENV-001
means: The environment is not the one under which the gate last passed.
shown by: each difference, with the old and the new value
do: Decide whether each difference was meant. The next gate that passes keeps the new environment to compare with.
next: risk-runtime env --diff

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
do: Read the stack trace. The message that caused it is in the journal as the last event.
next: risk-runtime logs --level error

INPUT-001
means: A message of the venue contradicts what the account can be, and was not believed.
shown by: an alert of the service that names the message and the contradiction
do: Compare with the venue's own screen. If the venue is right, report it with the journal.
next: risk-runtime logs --grep INPUT-001

INST-001
means: Another process of this service is running here.
shown by: its pid, its age and its command
do: Stop one of the two, by its pid. Two managers on one account would answer each other.
next: risk-runtime env

LOG-001
means: A checkpoint was announced to the supervisor, but its line is not in the log: somebody who reads would miss it.
shown by: the checkpoints whose text is missing
do: Is the service logging to the file that service.yaml names, and at level INFO?
next: risk-runtime logs

LOG-002
means: There is no log where service.yaml says it is.
shown by: the path that was looked at
do: Has the service ever run here? Is it given another log directory?
next: risk-runtime smoke

LOOP-001
means: The event loop never began to turn.
shown by: the last checkpoint before the loop, the process alive, and no READY
do: Something blocks before the loop starts: a lock, a file, a connection made without await. Trace it.
next: risk-runtime logs

LOOP-002
means: A function that is not asynchronous keeps the event loop: nothing else in the service runs until it returns.
shown by: the trace agent's thread still answers while the loop does not; the frame and the task are named
do: Move the call into asyncio.to_thread, give it a time-out, or make it asynchronous.
next: risk-runtime trace

NET-001
means: The configured venue does not answer on the network, or its certificate is about to end.
shown by: the address, how long a connection took or how it failed, the last day of the certificate
do: Check the address in the environment, then DNS, then the firewall. Only the configured venue is ever contacted.
next: risk-runtime env

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

PWR-001
means: Nothing keeps this machine from going to sleep, and a sleeping guard guards nothing.
shown by: no inhibitor of sleep, on a machine that has a battery or an idle action
do: Start the service under an inhibitor, or turn automatic sleep off.
next: risk-runtime env

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

SOAK-001
means: The memory of the service grows by more than its limit an hour, and chance does not explain it.
shown by: the slope after warm-up with its 95 % interval, all of it over the limit; or growth over the outer bound
do: Soak again with tracing: the lines that hold more and more are named. Then look at what keeps them.
do: A cache that fills up once flattens; a longer run tells it from a leak.
next: risk-runtime soak --tracemalloc
next: risk-runtime soak --duration 10m

SOAK-002
means: Something that should stand still grows: open files, threads, tasks, the log.
shown by: the metric that is named, with its slope and 95 % interval
do: Look for what is opened and never closed, or started and never awaited, once per event or once per connection.
next: risk-runtime soak --duration 5m

SOAK-003
means: A metric was beyond its limit, and for longer than the threshold forgives.
shown by: the highest or lowest value, and how long the worst excess lasted
do: Look at the chart in the report: one spike, or all the time? Compare with the last good run.
do: On a busy machine repeat it before you believe it.
next: risk-runtime soak --compare

SOAK-004
means: A threshold has no samples, or a hole in them. No data is not a pass.
shown by: the metric, and since when there was no sample
do: Did the service get events at all? A latency has no samples when nothing happened.
do: Is the metric in the X_METRICS that it sends, under exactly the name in service.yaml?
next: risk-runtime soak --duration 60s

SOAK-005
means: The 95 % interval of a slope reaches over the limit: this run is too short, or too noisy, to say.
shown by: the slope, its interval and the limit
do: Soak longer. The interval narrows faster than the time grows.
next: risk-runtime soak --duration 5m

SOAK-006
means: WATCHDOG=1 did not come for longer than allowed: the loop did not turn, although the process lived.
shown by: the longest gap between two heartbeats
do: Something blocks the loop, or the machine stood still. Its log says what it did at that moment.
next: risk-runtime logs --level warning
next: risk-runtime soak --duration 5m

SOAK-007
means: The thresholds hold, but some metrics are clearly worse than in the last good run of the same service.
shown by: the medians then and now
do: Nothing has failed. Look at what changed, before the thresholds are reached.
next: risk-runtime soak --compare

SQL-007
means: This SQLite has a known fault: in WAL mode, two connections that write and checkpoint may corrupt the file.
shown by: the version: 3.7.0 to 3.51.2 have it, except 3.44.6 and 3.50.7 of the older lines
do: Open the store with the SQLite that apsw brings along, and never with another program that writes.
next: risk-runtime env

STORE-001
means: The state is locked, or another instance holds the account.
shown by: the message of the service, with the pid that holds it
do: Look at that pid. Stop it if it should not run. Never delete the lock or the journal.
next: risk-runtime env

TASK-001
means: Two or more tasks each hold a lock, or are a task, that another one of them waits for. None will ever go on.
shown by: the circle of tasks and their locks, seen twice in the same way; who stands behind them is named too
do: Take locks in one order everywhere, or do not await while one is held. A lock whose holder ended needs async with.
next: risk-runtime trace

TASK-002
means: A task ended with an exception that nobody has looked at, so whoever needs its work waits for ever.
shown by: the task is done, its exception was never retrieved, and where it was raised
do: Start tasks in a TaskGroup: a child that dies then takes its parent down instead of leaving it waiting.
next: risk-runtime trace

TIME-001
means: The clock of this machine is wrong, or jumped. Resets and session ends would come at the wrong moment.
shown by: the offset to what there is to compare with, or the difference of wall and monotonic time
do: Turn time synchronisation on and wait until it is in step.
next: risk-runtime env

VENUE-001
means: The venue was reached and refused.
shown by: exit code 4 and the venue's answer
do: Check the credentials in .env and the account's name. An expired login looks like a wrong one.
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

WATCH-001
means: The process is alive, but its loop no longer turns: WATCHDOG=1 stopped.
shown by: the process state, its last heartbeat, and the limit
do: Trace the process before it is restarted, if you can. A blocking call in the loop is the usual reason.
next: risk-runtime logs --lines 50

WATCH-002
means: The process is stopped: somebody or something sent it SIGSTOP. It guards nothing until it goes on.
shown by: state T of the process, with its last heartbeat
do: Find out who stopped it (a debugger, a terminal, a supervisor). SIGCONT lets it go on.
next: risk-runtime logs --lines 50

WATCH-003
means: The process ended while it was watched.
shown by: its exit code or signal, and its last words
do: Read its last words. It was restarted unless the limit of restarts was reached.
next: risk-runtime logs --level warning

WATCH-004
means: The service failed again and again, so watch stopped restarting it. Nothing guards the account now.
shown by: every failure with its time and its cause
do: Repair the first failure; the others usually follow from it. Flatten by hand if a position is open.
next: risk-runtime logs --level error

WATCH-005
means: The service did not say READY=1 within its time after a start.
shown by: the last checkpoint it reached, and the limit
do: Run smoke: it says which checkpoint is missing and why.
next: risk-runtime smoke
"""

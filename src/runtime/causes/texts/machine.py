"""Causes in the process and around it: its loop, its tasks, its growth, its heartbeats, the machine."""

TEXTS = """
CHECK-001
means: A check of the pack crashed. What it would have shown is not shown, so the run cannot pass.
shown by: the name of the check and its error
do: This is a fault of the pack and not of the service. Keep the report directory and report it.
next: risk-runtime env --save env.json

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

ENV-001
means: The environment is not the one under which the gate last passed.
shown by: each difference, with the old and the new value
do: Decide whether each difference was meant. The next gate that passes keeps the new environment to compare with.
next: risk-runtime env --diff

INST-001
means: Another instance of this service is running here, or holds the account.
shown by: its pid, its age and its command, or the words with which this one gave way
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

PWR-001
means: Nothing keeps this machine from going to sleep, and a sleeping guard guards nothing.
shown by: no inhibitor of sleep, on a machine that has a battery or an idle action
do: Start the service under an inhibitor, or turn automatic sleep off.
next: risk-runtime env

SQL-007
means: This SQLite has a known fault: in WAL mode, two connections that write and checkpoint may corrupt the file.
shown by: the version: 3.7.0 to 3.51.2 have it, except 3.44.6 and 3.50.7 of the older lines
do: Open the store with the SQLite that apsw brings along, and never with another program that writes.
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
shown by: or, of a run that stood still, two lines of its log between which the clock goes back, or on by too much
do: Turn time synchronisation on and wait until it is in step.
next: risk-runtime env

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

WATCH-006
means: Who watches the service is not there, is stopped, or does not turn any more. A failure would go unnoticed.
shown by: guard.json under data/reports/watch: its age, the guard's pid and state, the machine's boot id
do: Start the watch again, or run the service under systemd. Ask from a second machine whether this one is alive at all.
next: risk-runtime watch --check
next: risk-runtime logs --level warning
"""

"""The pages of the causes that a shadow run can name. One block per id, as in `runtime/cause_texts`."""

TEXTS = """
SHADOW-001
means: One of two versions decided something on the same input that the other did not. One of them is wrong, or a
means: limit was meant to change.
shown by: what was decided, by whom, at which event, with its arithmetic, and what the other wanted at that time
do: Was the difference meant? Then write it down, and begin anew with a live version that has it.
do: If not, look at the journal of both at that event. `what-if` decides again on a state of your own.
next: risk-manager journal --decided
next: risk-manager what-if

SHADOW-002
means: An order came from the candidate, which must send nothing. Its venue refused it.
shown by: the venue's own ledger, which keeps what came over a connection that takes no orders
do: Do not deploy this candidate: its dry run is not one. Find where it sends.
next: risk-manager exchange ledger

SHADOW-003
means: A health signal of a shadow run: a refused login, an account that may not trade, a crash, a missed heartbeat,
means: a restart, a lost message, an input that stood still.
shown by: the side, the signal and what was seen, with its time
do: Read the log of that side around that time. The cutover clock has begun anew.
next: risk-runtime logs --level warning
"""

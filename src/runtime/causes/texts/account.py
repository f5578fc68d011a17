"""Causes that the daemon pages for: the account's guard, its venue, its state, and the paging itself."""

TEXTS = """
ENF-011
means: Something is held although a hard lockout says that nothing may be. It is being closed until the venue confirms.
shown by: the position and its size, the lockout and the reason for it
do: Watch it become flat. If it does not within a minute, close it by hand at the venue; ENF-010 says why it fails.
next: risk-manager status
next: risk-runtime logs --level warning

LINK-001
means: The venue has been lost for longer than alerts.connection_lost_after. No breach is seen meanwhile.
shown by: since when it is lost; it is tried again for ever, and its return is paged too
do: Check the network, then the venue. Close by hand at the venue what must not stay open unguarded.
next: risk-runtime env
next: risk-runtime logs --level warning

OPERATOR-001
means: A person froze the account or a symbol: no new exposure until a person lifts it.
shown by: the reason that was given, and when
do: Nothing, unless it was a mistake. Lifting it needs a reason too, and is journaled.
next: risk-manager status

PAGE-001
means: A channel refuses a page for good, so through it nobody hears anything. It was told through the other channels.
shown by: the channel and its answer
do: Repair the channel's address or key in the environment, then send a test.
next: risk-manager page --test

PAGE-002
means: A channel of the alerts cannot be used, because its address or key is missing or wrong.
shown by: the channel and what it misses
do: Put what it misses into the environment or .env, never into YAML, then send a test.
next: risk-manager page --test

PAGE-003
means: The file of what was paged before could not be believed. What still holds is paged again.
shown by: the fault of the file, which was put aside
do: Nothing for the pages: they come again. Look at the disk: something damaged a file.
next: risk-runtime env

PAGE-004
means: A channel took no pages for so long that some were not kept. The first ones were, because they tell how it began.
shown by: the channel, and how many were turned away
do: Read in the status and the journal what holds now, and do not rely on this channel alone.
next: risk-manager status

REC-001
means: The venue's position differed from the counted one by no more than the tolerance, and was adopted.
shown by: both numbers, and reconciliation.freeze_above_contracts
do: Find the fill that was missed in the venue's history. If it happens again, lower the tolerance to 0.
next: risk-manager journal

REC-002
means: A fill was counted in one way and stands in the venue's history in another. The history's word was taken.
shown by: the fill, as it was counted and as the history has it
do: Compare the day's result with the venue's own screen. Small corrections happen; repeated ones are a fault.
next: risk-manager status

RULE-010
means: A rule's limit was broken, and its lockout stands. Its alert is called RULE- and the rule's key.
shown by: the rule, the numbers that it compared, and when the lockout ends
do: Nothing: that is what the rule is for. docs/reference/rules has a page for each rule, with how it is lifted.
next: risk-manager status
next: risk-manager journal --decisions

SERVICE-001
means: The risk manager was refused at its boot, or a part of it died. Nothing guards the account.
shown by: the error, and what to do about it
do: Repair what it names and start it again. Until then guard the account by hand; what works at the venue goes on.
next: risk-runtime logs --level error
next: risk-runtime smoke

STATE-002
means: Something was wrong with the stored state; it was restored in another way, as from an older snapshot.
shown by: what was wrong, and from what it was restored
do: Look at the disk, and keep a copy of the state directory before anything else writes to it.
next: risk-manager status
next: risk-runtime env

STATE-003
means: What was restored cannot be shown to be everything, so the account was frozen at the start.
shown by: what is missing
do: Compare positions, orders and lockouts with the venue's own screen, then unfreeze with the reason.
next: risk-manager status

STATE-004
means: The store cannot be written. No new exposure leaves; closing is still sent; then the service ends.
shown by: the error of the disk, exit code 1 once the account is flat
do: Free the disk or repair it, then start again. The state is read from the disk anew; a failed sync is never retried.
next: risk-runtime env
next: risk-runtime logs --level error

TEST-001
means: Somebody sent a test through the alert channels. Nothing is wrong.
shown by: a page that says so
do: Nothing. That it arrived is the point.
next: risk-manager page --help
"""

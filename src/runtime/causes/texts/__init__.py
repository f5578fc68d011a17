"""The pages of all causes, as text: what each means, what shows it, what to do, what to type.

`service` has those of a service that does not do what it promised, `machine` those of its process, its loop and what is
around it, `account` and `invariants` what the daemon pages for. One block per id; `cause_pages.py` takes them apart,
and a test holds the ids equal to those of `causes.py`.
"""

from runtime.causes.texts import account, invariants, machine, service

TEXTS = "\n\n".join(each.TEXTS.strip() for each in (service, machine, account, invariants))

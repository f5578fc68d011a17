"""The runtime reliability pack: proves from outside that a service is alive.

It starts a service as a child process, reads what the service says over the notify protocol and in its log, asks an
independent witness (a probe, such as a venue's ledger) what really happened, and judges. It knows a service only
from its `service.yaml`; it cannot emit a checkpoint, and it imports nothing but `service_contract`.

contract -> process, notify_socket -> timeline -> checks -> verdict -> report; diagnosis names the cause.
"""

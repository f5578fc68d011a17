"""Watching a service from outside: its process, its messages, its log, and what its probes answer."""

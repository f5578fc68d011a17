"""Runs, and never says a word."""

from speech import wait_for_stop

wait_for_stop()

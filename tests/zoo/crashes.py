"""Raises before it says anything."""

raise RuntimeError("the disk is on fire")

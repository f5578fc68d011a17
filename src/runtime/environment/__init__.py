"""The environment snapshot: what is looked at, what the lock says, and how two snapshots differ."""

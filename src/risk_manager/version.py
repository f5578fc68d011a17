"""The version of this program, as it is journaled and shown."""

VERSION = "0.1.0"

"""The command line of the pack: one module for each command, loaded when it is asked for."""

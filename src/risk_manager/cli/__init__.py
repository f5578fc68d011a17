"""How the daemon is started: one file a command, loaded only when it is called. `root` is the list."""

"""What people and machines read: terminal, files of a run, JUnit, GitHub."""

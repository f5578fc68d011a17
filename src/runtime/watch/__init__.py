"""The guard that keeps a service alive, and what notices when the guard itself is gone."""

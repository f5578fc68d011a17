"""The interactive menu of `run_tests.py`: what it shows, what it knows, and what its keys run."""

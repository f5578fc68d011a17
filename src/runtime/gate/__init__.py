"""The gate: stages in order, each with a bound, and one verdict over all of them."""

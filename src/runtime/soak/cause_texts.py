"""The pages of what a soak finds, in the form that `runtime/cause_texts` describes."""

TEXTS = """
SOAK-001
means: The memory of the service grows by more than its limit an hour, and chance does not explain it.
shown by: the slope after warm-up with its 95 % interval, all of it over the limit; or growth over the outer bound
do: Soak again with tracing: the lines that hold more and more are named. Then look at what keeps them.
do: A cache that fills up once flattens; a longer run tells it from a leak.
next: risk-runtime soak --tracemalloc
next: risk-runtime soak --duration 10m

SOAK-002
means: Something that should stand still grows: open files, threads, tasks, the log.
shown by: the metric that is named, with its slope and 95 % interval
do: Look for what is opened and never closed, or started and never awaited, once per event or once per connection.
next: risk-runtime soak --duration 5m

SOAK-003
means: A metric was beyond its limit, and for longer than the threshold forgives.
shown by: the highest or lowest value, and how long the worst excess lasted
do: Look at the chart in the report: one spike, or all the time? Compare with the last good run.
do: On a busy machine repeat it before you believe it.
next: risk-runtime soak --compare

SOAK-004
means: A threshold has no samples, or a hole in them. No data is not a pass.
shown by: the metric, and since when there was no sample
do: Did the service get events at all? A latency has no samples when nothing happened.
do: Is the metric in the X_METRICS that it sends, under exactly the name in service.yaml?
next: risk-runtime soak --duration 60s

SOAK-005
means: The 95 % interval of a slope reaches over the limit: this run is too short, or too noisy, to say.
shown by: the slope, its interval and the limit
do: Soak longer. The interval narrows faster than the time grows.
next: risk-runtime soak --duration 5m

SOAK-006
means: WATCHDOG=1 did not come for longer than allowed: the loop did not turn, although the process lived.
shown by: the longest gap between two heartbeats
do: Something blocks the loop, or the machine stood still. Its log says what it did at that moment.
next: risk-runtime logs --level warning
next: risk-runtime soak --duration 5m

SOAK-007
means: The thresholds hold, but some metrics are clearly worse than in the last good run of the same service.
shown by: the medians then and now
do: Nothing has failed. Look at what changed, before the thresholds are reached.
next: risk-runtime soak --compare
"""

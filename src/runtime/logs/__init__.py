"""The log viewer's parts: a text log and its structured twin, read from the end, merged by time, filtered, followed.

`blocks` reads lines backwards and counts the bytes it took, `entries` takes a line apart, `merge` pairs each line with
its twin, `filters` chooses, `boots` finds the last boot, `follow` goes on where the file ends, also across rotation.
`runtime.logs.viewer` puts them together.
"""

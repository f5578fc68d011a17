"""What a service says, turned into samples: rates by its own clock, gaps between heartbeats, silence at the end."""

import pytest

from runtime.observing.notify_socket import Arrival
from runtime.observing.timeline import read
from runtime.soak.inside import Listener
from runtime.soak.recording import Recording
from service_contract.messages import Checkpoint, Metrics, encode_checkpoint, encode_fields, encode_metrics

S = 1_000_000_000
READY_S = 2.0


def heard(messages, *, events="events_total", event_n=6, end_s=10.0):
    """The recording after these (seconds since the start of the process, bytes) were heard."""
    made = Recording(10, 2.5, now_s=end_s)
    listener = Listener(made, ready_s=READY_S, events=events, event_n=event_n)
    listener.hear(read(Arrival(int(t_s * S), data), 0) for t_s, data in messages)
    listener.finish(end_s)
    return made


def metrics(t_s, sent_s=None, **values):
    return t_s, encode_metrics(Metrics(int((t_s if sent_s is None else sent_s) * S), "run", 1, values))


def heartbeat(t_s):
    return t_s, encode_fields({"WATCHDOG": "1"}, 1)


def test_times_count_from_readiness_and_what_was_before_is_left_out():
    made = heard([metrics(1.0, queue=7), metrics(3.5, queue=9)])
    assert made.all_of("queue") == [(1.5, 9)]


def test_the_rate_of_events_is_by_the_clock_of_the_sender():
    made = heard([metrics(3, sent_s=3, events_total=100), metrics(4.9, sent_s=4, events_total=300)])
    assert made.events == 300
    assert made.all_of("events_per_s") == [(pytest.approx(2.9), pytest.approx(200))]


def test_a_counter_that_never_moved_has_no_rate():
    made = heard([metrics(t, events_total=3) for t in (3, 4, 5)])
    assert (made.events, made.all_of("events_per_s"), made.idle) == (3, [], True)


def test_a_counter_that_stops_has_the_rate_zero():
    made = heard([metrics(t, events_total=min(t, 4) * 10) for t in (3, 4, 5)])
    assert [rate for _, rate in made.all_of("events_per_s")] == [10, 0]
    assert not made.idle


def test_a_counter_that_begins_again_gives_no_negative_rate():
    made = heard([metrics(3, events_total=50), metrics(4, events_total=10), metrics(5, events_total=20)])
    assert [rate for _, rate in made.all_of("events_per_s")] == [10]


def test_the_gap_between_heartbeats_is_measured_also_from_one_before_readiness():
    made = heard([heartbeat(t) for t in (1.5, 2.5, 5.5)], end_s=4.0)
    assert made.heartbeats == 3
    assert [gap for _, gap in made.all_of("heartbeat_gap_s")] == [1.0, 3.0]


def test_silence_at_the_end_is_a_gap_where_it_is_the_longest():
    made = heard([heartbeat(t) for t in (3, 4, 5)], end_s=9.0)
    assert made.all_of("heartbeat_gap_s")[-1] == (9.0, 6.0)


def test_without_any_heartbeat_there_is_no_gap_to_judge():
    assert heard([metrics(3, queue=1)]).all_of("heartbeat_gap_s") == []


def test_without_a_counter_first_events_are_counted():
    event = encode_checkpoint(Checkpoint(6, "event_received", 8, 0, "run", 1))
    assert heard([(3, event), (4, event)], events=None).events == 2


def test_what_cannot_be_read_is_left_to_the_check_of_the_protocol():
    assert heard([(3, b"\xff\xfe")]).series == {}

"""The notify protocol: what one side encodes the other decodes, and bad bytes end in MalformedMessage only."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_contract.messages import (
    MAX_DATAGRAM_BYTES,
    Checkpoint,
    MalformedMessage,
    Metrics,
    decode,
    encode_checkpoint,
    encode_fields,
    encode_metrics,
)

int64 = st.integers(min_value=-(2**63), max_value=2**63 - 1)
plain = st.recursive(
    st.none() | st.booleans() | int64 | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
details = st.dictionaries(st.text(max_size=8), plain, max_size=4)
names = st.text(st.characters(exclude_characters="=\n", codec="utf-8"), min_size=1, max_size=12).filter(
    lambda name: name not in {"X_CHECKPOINT", "X_METRICS", "X_SEQ"}
)
values = st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=40)


@given(n=st.integers(1, 8), name=st.text(max_size=20), t_ns=int64, run=st.text(max_size=12), seq=int64, detail=details)
def test_a_checkpoint_comes_out_as_it_went_in(*, n, name, t_ns, run, seq, detail):
    sent = Checkpoint(n, name, 8, t_ns, run, seq, detail)
    got = decode(encode_checkpoint(sent))
    assert got.checkpoint == sent
    assert got.seq == seq
    assert (got.fields, got.metrics) == ({}, None)


@given(
    t_ns=int64,
    seq=int64,
    values=st.dictionaries(st.text(max_size=8), st.floats(allow_nan=False, allow_infinity=False), max_size=5),
)
def test_metrics_come_out_as_they_went_in(t_ns, seq, values):
    sent = Metrics(t_ns, "r1", seq, values)
    got = decode(encode_metrics(sent))
    assert got.metrics == sent
    assert got.seq == seq


@given(fields=st.dictionaries(names, values, max_size=4), seq=st.integers(0, 2**63))
def test_plain_fields_come_out_as_they_went_in_with_their_sequence_number(fields, seq):
    got = decode(encode_fields(fields, seq))
    assert got.fields == {**fields, "X_SEQ": str(seq)}
    assert got.seq == seq


@given(st.binary(max_size=300))
def test_random_bytes_are_decoded_or_refused_as_malformed(datagram):
    try:
        got = decode(datagram)
    except MalformedMessage:
        return
    # what was accepted is the protocol: each line is there again, under its name
    text = datagram.decode().removesuffix("\n")
    assert set(got.fields) == {line.partition("=")[0] for line in text.split("\n") if text}


@given(st.sampled_from(["X_CHECKPOINT", "X_METRICS", "X_SEQ", "READY"]), plain)
def test_json_of_any_shape_is_decoded_or_refused_as_malformed(name, value):
    datagram = f"{name}={json.dumps(value)}".encode()
    if name in {"READY", "X_SEQ"}:
        assert decode(datagram).fields[name] == json.dumps(value)
        return
    with pytest.raises(MalformedMessage):
        decode(datagram)  # an object with the required members is never drawn by accident


@given(st.text(max_size=200))
def test_text_after_a_known_name_is_decoded_or_refused_as_malformed(text):
    try:
        got = decode(b"X_CHECKPOINT=" + text.encode("utf-8", "surrogatepass"))
    except MalformedMessage:
        return
    assert got.checkpoint is not None


def test_what_systemd_sends_beside_ours_is_kept():
    got = decode(b"READY=1\nSTATUS=Guarding SIM-1\nX_SEQ=5\nMAINPID=7")
    assert got.fields == {"READY": "1", "STATUS": "Guarding SIM-1", "X_SEQ": "5", "MAINPID": "7"}
    assert got.seq == 5


@pytest.mark.parametrize("ending", ["\r", "\x85", "\u2028", "\x1e"])
def test_only_a_line_feed_ends_a_line(ending):
    """A status text with some other line ending in it does not say READY=1 for the service."""
    status = f"lost the venue{ending}READY=1"
    assert decode(encode_fields({"STATUS": status}, 3)).fields == {"STATUS": status, "X_SEQ": "3"}


def test_an_equals_sign_in_a_value_belongs_to_the_value():
    assert decode(b"STATUS=a=b").fields == {"STATUS": "a=b"}


def test_members_that_a_newer_service_adds_are_passed_over():
    got = decode(b'X_CHECKPOINT={"n":1,"name":"a","of":8,"t_ns":1,"run":"r","seq":1,"colour":"red"}')
    assert got.checkpoint == Checkpoint(1, "a", 8, 1, "r", 1)


@pytest.mark.parametrize("text", ["", "x", "-1", "٣", "1.5"])
def test_a_sequence_number_that_is_not_one_counts_as_absent(text):
    """Absent is reported as a gap by the checker; a guess would hide it."""
    assert decode(f"READY=1\nX_SEQ={text}".encode()).seq is None


@pytest.mark.parametrize(
    ("datagram", "says"),
    [
        (b"no equals sign", "line without NAME="),
        (b"=value", "line without NAME="),
        (b"STATUS=\xff", "can't decode byte"),
        (b"X_CHECKPOINT={", "X_CHECKPOINT"),
        (b"X_CHECKPOINT=[1]", "Expected"),
        (b'X_CHECKPOINT={"n":"1"}', "Expected"),
        (b'X_CHECKPOINT={"n":1}', "missing required"),
        (b'X_METRICS={"t_ns":1,"run":"r","seq":1,"values":{"a":"fast"}}', "Expected"),
        (b"STATUS=" + b"x" * MAX_DATAGRAM_BYTES, f"at most {MAX_DATAGRAM_BYTES}"),
    ],
)
def test_a_malformed_datagram_says_what_is_wrong_with_it(datagram, says):
    with pytest.raises(MalformedMessage, match=says):
        decode(datagram)


@pytest.mark.parametrize("fields", [{"STATUS": "a\nREADY=1"}, {"A=B": "1"}, {"A\nREADY": "1"}, {"": "1"}])
def test_a_field_that_would_forge_another_line_is_not_sent(fields):
    """A status text with a line break must not say READY=1 for the service."""
    with pytest.raises(ValueError, match="notify field"):
        encode_fields(fields, 1)

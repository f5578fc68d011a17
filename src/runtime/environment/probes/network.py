"""The configured venue, and nothing else: does it answer, how quickly, how long its certificate lasts, its clock."""

import datetime as dt
import email.utils
import http.client
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from runtime.clocks import monotonic_ns, seconds_between, utc_now
from runtime.environment.probes.item import Context, Item, State
from runtime.environment.probes.variables import example_names

_TIMEOUT_S = 3.0
_LEAST_DAYS = 14
_MOST_OFFSET_S = 2.0
_NOTHING = "UNKNOWN: there is nothing to compare with"


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered. days: that its certificate still lasts. offset_s: its clock minus ours."""

    seconds: float
    days: float | None
    offset_s: float | None


def probe(context: Context) -> Iterator[Item]:
    """Internet, venue and clock; on the simulated venue each is SKIP, because nothing may depend on them."""
    if context.is_simulated:
        no_need = f"SKIP: {context.undemanding} needs no network"
        yield Item("Internet", "skip", State.SKIP, no_need)
        yield Item("Venue", "skip", State.SKIP, no_need)
        yield Item("Clock offset", "skip", State.SKIP, f"SKIP: {context.undemanding} has its own clock")
        return
    yield Item("Internet", "not asked", State.SKIP, "SKIP: only the configured venue is ever contacted")
    addresses = sorted(
        {value for name in _url_names(context) if (value := context.environ.get(name) or context.env_file.get(name))}
    )
    if not addresses:
        yield Item("Venue", "unknown", State.UNKNOWN, "UNKNOWN: no address is configured (*_URL)", "NET-001")
    offsets: list[float] = []
    for address in addresses:
        yield from _venue(urlsplit(address), offsets)
    yield _clock(offsets)


def _url_names(context: Context) -> list[str]:
    return [name for name in {*context.environ, *context.env_file} if name.endswith("_URL") and _is_ours(name, context)]


def _is_ours(name: str, context: Context) -> bool:
    return name in example_names(context.project)


def _venue(url: SplitResult, offsets: list[float]) -> Iterator[Item]:
    name = f"Venue {url.hostname}"
    try:
        answer = ask(url)
    except ssl.SSLError as error:
        yield Item(name, "TLS failed", State.FAULT, f"❌ TLS failed: {error.reason or error}", "NET-001")
        return
    except (OSError, ValueError, http.client.HTTPException) as error:
        yield Item(name, "not reachable", State.FAULT, f"❌ not reachable: {error}", "NET-001")
        return
    yield Item(name, "reachable", State.OK, f"✅ Reachable ({answer.seconds * 1000:.0f} ms)")
    if answer.days is not None:
        ending = answer.days < _LEAST_DAYS
        text = f"{answer.days:.0f} days left"
        yield Item(
            f"Certificate of {url.hostname}",
            answer.days,
            State.WARNING if ending else State.OK,
            text,
            "NET-001" if ending else "",
            moves=True,
        )
    if answer.offset_s is not None:
        offsets.append(answer.offset_s)


def ask(url: SplitResult) -> Answer:
    """Connect to an address and read its clock from the answer to HEAD. Raises OSError and HTTPException."""
    if not url.hostname or url.scheme not in {"http", "https", "ws", "wss"}:
        raise ValueError(f"not an address of a venue: scheme {url.scheme!r}")
    secure = url.scheme in {"https", "wss"}
    port = url.port or (443 if secure else 80)
    begun_ns = monotonic_ns()
    plain = socket.create_connection((url.hostname, port), timeout=_TIMEOUT_S)
    with plain:
        stream = ssl.create_default_context().wrap_socket(plain, server_hostname=url.hostname) if secure else plain
        seconds = seconds_between(begun_ns, monotonic_ns())
        with stream:
            days = _days_left(stream) if isinstance(stream, ssl.SSLSocket) else None
            return Answer(seconds, days, _offset(stream, url.hostname))


def _days_left(stream: ssl.SSLSocket) -> float | None:
    until = (stream.getpeercert() or {}).get("notAfter")
    if not isinstance(until, str):
        return None
    return (ssl.cert_time_to_seconds(until) - utc_now().timestamp()) / 86400


def _offset(stream: socket.socket, host: str) -> float | None:
    """The venue's clock minus ours, to the second; None where it does not say."""
    stream.sendall(f"HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
    response = http.client.HTTPResponse(stream, method="HEAD")
    response.begin()
    text = response.getheader("Date")
    try:
        said = email.utils.parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return None if said is None else (said.astimezone(dt.UTC) - utc_now()).total_seconds()


def _clock(offsets: list[float]) -> Item:
    if not offsets:
        return Item("Clock offset", "unknown", State.UNKNOWN, _NOTHING, "TIME-001")
    offset_s = min(offsets, key=abs)
    wrong = abs(offset_s) > _MOST_OFFSET_S
    text = f"{offset_s:+.1f} s to the venue (it tells whole seconds)"
    return Item(
        "Clock offset", offset_s, State.FAULT if wrong else State.OK, text, "TIME-001" if wrong else "", moves=True
    )

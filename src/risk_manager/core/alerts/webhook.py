"""A channel that is one HTTP request: the standard library's client, in the thread of its channel.

TLS is verified, redirects are not followed, and one attempt ends at its time limit whatever the other side does: a
timer shuts the socket, because a server that drips one byte a second never lets a socket's own timeout pass. An
address is a secret (its path is the password of the channel), so only its host is ever shown.
"""

import http.client
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from risk_manager.config.alerts import ChannelConfig
from risk_manager.core.alerts.channel import Outcome, Unusable, masked
from risk_manager.core.alerts.page import Page

_TEMPORARY = frozenset({408, 425, 429})
_MOST_ANSWER_BYTES = 2000
_SHOWN_CHARS = 160
_SHORTEST_SECRET = 6
_SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class _Target:
    """Where to: kept apart from everything that is printed."""

    url: SplitResult
    headers: Mapping[str, str]
    variables: Mapping[str, str]

    def __repr__(self) -> str:
        return f"_Target({host_of(self.url)})"


def host_of(url: SplitResult) -> str:
    """The only part of an address that may be shown."""
    return url.hostname or "?"


class Webhook:
    """Sends each page to one address, with the body that the channel's template makes of it."""

    def __init__(self, config: ChannelConfig, environ: Mapping[str, str]) -> None:
        """Take the address and the other secrets. Raises Unusable where one is missing or is no address."""
        if config.template is None:
            raise Unusable("it has no template")
        self.name = config.name
        self._config = config
        self._template = config.template
        needed = {config.url_env, *config.header_envs.values(), *config.template.variables()}
        missing = sorted(name for name in needed if not environ.get(name))
        if missing:
            raise Unusable(f"{', '.join(missing)} is not set; set it in the environment or in .env, then start again")
        self._target = _Target(
            _address(config.url_env, environ[config.url_env]),
            {**config.headers, **{name: environ[variable] for name, variable in config.header_envs.items()}},
            {name: environ[name] for name in config.template.variables()},
        )
        self._secrets = _secrets_of(self._target, [environ[name] for name in needed])
        self._timeout_s = config.timeout_ns / _SECOND_NS
        self._connection: http.client.HTTPConnection | None = None
        self._socket: socket.socket | None = None

    def __repr__(self) -> str:
        return f"Webhook({self.name}, {host_of(self._target.url)})"

    def send(self, page: Page) -> Outcome:
        """Try once. A page for which the template has no body counts as taken."""
        if not self._template.sends(page.action):
            return Outcome("taken", f"its template has no body for a {page.action}: nothing to send")
        body = self._template.render(page.action, page.values(), self._target.variables)
        host = host_of(self._target.url)
        connection = self._connection = _connect(self._target.url, self._timeout_s)
        is_late = threading.Event()
        timer = threading.Timer(self._timeout_s, self._shut, [connection, is_late])
        timer.daemon = True
        timer.start()
        try:
            headers = {"Content-Type": "application/json", "User-Agent": "risk-manager", **self._target.headers}
            connection.request(self._config.method, _path_of(self._target.url), body, headers)
            self._socket = connection.sock  # the connection lets go of it where the answer ends with the connection
            response = connection.getresponse()
            answer = response.read(_MOST_ANSWER_BYTES)
        except ssl.SSLCertVerificationError as error:
            return Outcome("later", f"{host}: its certificate is not trusted: {error.verify_message}")
        except (OSError, http.client.HTTPException) as error:
            return Outcome("later", f"{host}: {'no answer in time' if is_late.is_set() else _what(error)}")
        finally:
            timer.cancel()
            connection.close()
            self._connection = self._socket = None
        return self._judge(response, answer)

    def abandon(self) -> None:
        """Shut what is open."""
        connection = self._connection
        if connection is not None:
            self._shut(connection, threading.Event())

    def _shut(self, connection: http.client.HTTPConnection, is_late: threading.Event) -> None:
        """End it from another thread: its owner gets an OSError, or the end of the answer, at once."""
        is_late.set()
        there = connection.sock or self._socket
        if there is not None:
            try:
                there.shutdown(socket.SHUT_RDWR)
            except OSError:
                there.close()

    def _judge(self, response: http.client.HTTPResponse, answer: bytes) -> Outcome:
        words = masked(answer.decode("utf-8", "replace"), self._secrets).strip()[:_SHOWN_CHARS]
        detail = f"{host_of(self._target.url)}: {response.status} {response.reason}" + (f": {words}" if words else "")
        if 200 <= response.status < 300:  # noqa: PLR2004 -- what HTTP calls success
            return Outcome("taken", detail)
        if response.status in _TEMPORARY or response.status >= 500:  # noqa: PLR2004 -- the server's own faults
            return Outcome("later", detail, _asked_ns(response.getheader("Retry-After")))
        if 300 <= response.status < 400:  # noqa: PLR2004 -- what HTTP calls a redirection
            elsewhere = host_of(urlsplit(response.getheader("Location") or ""))
            return Outcome("never", f"{detail}: it points to {elsewhere}, and redirects are not followed")
        return Outcome("never", detail)


def _address(variable: str, text: str) -> SplitResult:
    """The parsed address. Raises Unusable, never showing it."""
    try:
        url = urlsplit(text.strip())
        port = url.port
    except ValueError:
        raise Unusable(f"{variable} holds no address; it must be https://host/path") from None
    usable = text.isascii() and text.strip().isprintable() and " " not in text.strip()
    if url.scheme not in {"https", "http"} or not url.hostname or not usable or port == 0:
        raise Unusable(f"{variable} holds no address; it must be https://host/path")
    if url.username is not None:
        raise Unusable(f"{variable} has a user in the address; send it as a header, with header_envs")
    return url


def _connect(url: SplitResult, timeout_s: float) -> http.client.HTTPConnection:
    host = host_of(url)
    if url.scheme == "https":
        return http.client.HTTPSConnection(host, url.port, timeout=timeout_s, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, url.port, timeout=timeout_s)


def _path_of(url: SplitResult) -> str:
    return f"{url.path or '/'}{'?' if url.query else ''}{url.query}"


def _what(error: OSError | http.client.HTTPException) -> str:
    """What went wrong. The text of an HTTPException may hold a part of the address, so only its name is told."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    said = error.strerror if isinstance(error, OSError) else None
    return said or f"no proper answer ({type(error).__name__})"


def _asked_ns(retry_after: str | None) -> int | None:
    """Seconds of a Retry-After header; a date in it is not read."""
    text = (retry_after or "").strip()
    return int(text) * _SECOND_NS if text.isascii() and text.isdigit() and len(text) < 7 else None  # noqa: PLR2004 -- eleven days are enough


def _secrets_of(target: _Target, values: list[str]) -> list[str]:
    """What must not be shown: every value that came from the environment, and the parts of the address."""
    parts = [part for part in target.url.path.split("/") if len(part) >= _SHORTEST_SECRET]
    return [*values, *parts, *([target.url.query] if target.url.query else [])]

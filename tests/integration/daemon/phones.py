"""A real HTTP server that stands for the services that ring phones: it keeps what it was sent and answers as told."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.integration.daemon.programs import PROJECT, Program, World

DEADLINE_S = 20.0
SHAPE = """
trigger:
  key: "{key}"
  action: "{action}"
  severity: "{severity}"
  subject: "{subject}"
  text: "{text}"
  arithmetic: "{arithmetic}"
resolve:
  key: "{key}"
  action: "{action}"
  subject: "{subject}"
  text: "{text}"
"""

ALERTS = """
alerts:
  page_simulated: true
  channels:
    log:
      type: log
    phone:
      type: webhook
      min_severity: {severity}
      url_env: ALERT_PHONE_URL
      template: alerts/test.yaml
      timeout: {timeout}
"""


@dataclass(frozen=True)
class Call:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Phone:
    """answers: the status of each request in turn; the last one for all that follow."""

    answers: list[int] = field(default_factory=lambda: [202])
    hangs: bool = False
    location: str = ""
    calls: list[Call] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _released: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/s3cr3t-path-token?x=1"

    @property
    def taken(self) -> list[Any]:
        """The bodies of the requests that were answered with success."""
        return [
            call.body
            for number, call in enumerate(self.calls)
            if 200 <= self.answers[min(number, len(self.answers) - 1)] < 300
        ]

    def until(self, wanted: Callable[["Phone"], bool]) -> None:
        """Wait until what has arrived is as wanted."""
        with self._news:
            came = self._news.wait_for(lambda: wanted(self), DEADLINE_S)
        assert came, f"never as wanted; it was called with {[call.body for call in self.calls]}"

    def take(self, call: Call) -> int:
        with self._news:
            number = len(self.calls)
            self.calls.append(call)
            self._news.notify_all()
        if self.hangs:
            self._released.wait(DEADLINE_S)
        return self.answers[min(number, len(self.answers) - 1)]

    def release(self) -> None:
        self._released.set()


@contextmanager
def ringing(phone: Phone) -> Iterator[Phone]:
    """The server, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers["Content-Length"]))
            status = phone.take(Call(self.command, self.path, dict(self.headers), json.loads(text)))
            self.send_response(status)
            if phone.location:
                self.send_header("Location", phone.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *_: object) -> None:
            """A caller that was killed in mid-call is expected."""

    server = Server(("127.0.0.1", phone.port), Handler)
    phone.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield phone
    finally:
        phone.release()
        server.shutdown()
        server.server_close()
        thread.join()


def configured(it: World, *, severity: str = "warning", timeout: str = "5s") -> Path:
    """The shipped configuration with a phone."""
    directory = it.root / "config"
    shutil.copytree(PROJECT / "config", directory)
    (directory / "alerts" / "test.yaml").write_text(SHAPE, encoding="utf-8")
    config = directory / "risk_config.yaml"
    head, found, _ = config.read_text(encoding="utf-8").partition("\nalerts:")
    assert found, "the block stands last in the shipped file"
    config.write_text(head + ALERTS.format(severity=severity, timeout=timeout), encoding="utf-8")
    return config


def guarded(it: World, config: Path, phone: Phone, *more: str | Path) -> Program:
    return it.daemon("--config", config, *more, env={"ALERT_PHONE_URL": phone.url})


def about(phone: Phone, key: str, action: str) -> list[Any]:
    return [body for body in phone.taken if body["key"].endswith(f"/{key}") and body["action"] == action]

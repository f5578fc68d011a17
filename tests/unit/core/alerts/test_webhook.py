"""One HTTP request against a real server: its shape, what each answer means, and that no secret is ever shown."""

import socket
import ssl
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from tests.integration.daemon.phones import Phone, ringing
from tests.unit.core.alerts.pages import SECOND_NS, page

from risk_manager.config.alert_templates import Template
from risk_manager.config.alerts import ChannelConfig
from risk_manager.core.alerts.channel import Unusable
from risk_manager.core.alerts.webhook import Webhook, _connect

TEMPLATE = Template({"subject": "{subject}", "key": "{env.ALERT_KEY}"}, None)
SECRETS = ("s3cr3t-path-token", "k3y-of-the-service", "Bearer t0k3n")


def config(**changes):
    settings = {
        "name": "hook",
        "type": "webhook",
        "url_env": "ALERT_URL",
        "headers": {"X-Kind": "alert"},
        "header_envs": {"Authorization": "ALERT_AUTH"},
        "template": TEMPLATE,
        "timeout_ns": 5 * SECOND_NS,
    }
    return ChannelConfig(**(settings | changes))


def hook(url: str, **changes) -> Webhook:
    return Webhook(config(**changes), {"ALERT_URL": url, "ALERT_KEY": SECRETS[1], "ALERT_AUTH": SECRETS[2]})


@pytest.fixture
def phone():
    with ringing(Phone()) as made:
        yield made


def test_the_request_carries_the_body_of_the_template_and_all_headers(phone):
    outcome = hook(phone.url).send(page())
    assert outcome.result == "taken"
    (call,) = phone.calls
    assert (call.method, call.path) == ("POST", "/hook/s3cr3t-path-token?x=1")
    assert call.body == {"subject": page().subject, "key": SECRETS[1]}
    assert call.headers["Content-Type"] == "application/json"
    assert (call.headers["X-Kind"], call.headers["Authorization"]) == ("alert", SECRETS[2])


@pytest.mark.parametrize(
    ("status", "result"),
    [
        *((status, "taken") for status in (200, 202, 204)),
        *((status, "later") for status in (408, 425, 429, 500, 502, 503, 504)),
        *((status, "never") for status in (301, 302, 307, 308, 400, 401, 403, 404, 410, 422)),
    ],
)
def test_what_each_answer_means(phone, status, result):
    phone.answers = [status]
    outcome = hook(phone.url).send(page())
    assert outcome.result == result
    assert str(status) in outcome.detail
    assert "127.0.0.1" in outcome.detail


def test_a_redirect_is_not_followed_and_the_other_host_is_named(phone):
    with ringing(Phone()) as elsewhere:
        phone.answers, phone.location = [302], elsewhere.url.replace("127.0.0.1", "localhost")
        outcome = hook(phone.url).send(page())
        assert elsewhere.calls == []
    assert outcome.result == "never"
    assert "points to localhost, and redirects are not followed" in outcome.detail
    assert "s3cr3t" not in outcome.detail


def test_an_end_for_which_there_is_no_body_sends_nothing(phone):
    assert hook(phone.url).send(page("resolve")).result == "taken"
    assert phone.calls == []


@contextmanager
def serving(answer: bytes, *, drips: bool = False, first: bytes = b""):
    """A server that answers one connection with these bytes, or with one of them again and again."""
    listener = socket.create_server(("127.0.0.1", 0))
    ends = threading.Event()

    def serve() -> None:
        there, _ = listener.accept()
        with there:
            there.recv(65536)
            try:
                there.sendall(first)
                while drips and not ends.wait(0.05):
                    there.sendall(b"H")
                there.sendall(answer)
            except OSError:
                ends.set()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ends.set()
        listener.close()
        thread.join()


def test_a_server_that_drips_bytes_for_ever_is_given_up_at_the_time_limit():
    with serving(b"", drips=True) as address:
        outcome = hook(f"http://{address}/x", timeout_ns=SECOND_NS // 2).send(page())
    assert (outcome.result, outcome.detail) == ("later", "127.0.0.1: no answer in time")


def test_an_answer_that_drips_its_body_until_the_connection_ends_is_given_up_as_well():
    """http.client lets go of the socket then, and a timer that asks the connection for it shuts nothing."""
    first = b"HTTP/1.0 500 no\r\n\r\n"
    with serving(b"", drips=True, first=first) as address:
        outcome = hook(f"http://{address}/x", timeout_ns=SECOND_NS // 2).send(page())
    assert outcome.result == "later"
    assert "500" in outcome.detail


@pytest.mark.parametrize("answer", [b"", b"no http at all\r\n\r\n", b"HTTP/1.1 2"])
def test_an_answer_that_is_none_is_tried_again_later(answer):
    with serving(answer) as address:
        outcome = hook(f"http://{address}/s3cr3t-path-token").send(page())
    assert outcome.result == "later"
    assert "s3cr3t" not in outcome.detail


def test_retry_after_is_asked_for_in_seconds_and_a_date_is_not_guessed_at():
    for header, asked_ns in ((b"7", 7 * SECOND_NS), (b"Wed, 21 Oct 2026 07:28:00 GMT", None), (b"-1", None)):
        head = b"HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nRetry-After: " + header + b"\r\n\r\n"
        with serving(head) as address:
            outcome = hook(f"http://{address}/").send(page())
        assert (outcome.result, outcome.asked_ns) == ("later", asked_ns)


def test_a_certificate_that_is_not_trusted_and_a_port_without_tls_are_no_delivery(phone):
    outcome = hook(phone.url.replace("http:", "https:")).send(page())
    assert outcome.result == "later"
    assert phone.calls == []


def test_a_certificate_must_be_valid_and_of_the_host_that_was_asked_for():
    connection = _connect(urlsplit("https://events.pagerduty.com/v2/enqueue"), 1.0)
    context = connection._context
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_what_the_server_echoes_of_our_secrets_is_masked():
    words = " ".join(SECRETS).encode()
    head = b"HTTP/1.1 400 Bad\r\nContent-Length: %d\r\n\r\n" % len(words)
    with serving(head + words) as address:
        channel = hook(f"http://{address}/s3cr3t-path-token?x=1")
        outcome = channel.send(page())
    assert outcome.detail == "127.0.0.1: 400 Bad: *** *** ***"
    for shown in (repr(channel), str(channel), repr(channel._target), repr(outcome)):
        assert not any(secret in shown for secret in SECRETS)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://host/x",
        "host/x",
        "https:///x",
        "https://user:pw@host/x",
        "https://ho st/x",
        "https://h/x\ny",
        "http://h:x/",
    ],
)
def test_what_is_no_address_is_unusable_and_not_shown(url):
    with pytest.raises(Unusable) as caught:
        hook(url)
    assert "ALERT_URL" in str(caught.value)
    assert not url or url not in str(caught.value)


def test_every_variable_that_is_missing_is_named():
    with pytest.raises(Unusable, match=r"ALERT_AUTH, ALERT_KEY is not set"):
        Webhook(config(), {"ALERT_URL": "https://host/x"})

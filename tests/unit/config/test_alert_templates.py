"""Bodies of webhooks: whatever a page says they are valid JSON that says exactly that; a wrong template is refused."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from risk_manager.config.alert_templates import NUMBERS, TEXTS, Template, judge_template
from risk_manager.config.reading import read

SHIPPED = Path(__file__).resolve().parents[3] / "config" / "alerts"
VARIABLES = {"ALERT_PAGERDUTY_KEY": "R" * 32, "ALERT_NTFY_TOPIC": "t0p1c", "ALERT_TELEGRAM_CHAT": "-100123"}
SEVERITIES = ["critical", "error", "warning", "info"]
TEXT = {"type": "string", "minLength": 1}

# What the services take, as their documents say; `additionalProperties` are refused so that a slip is seen.
SHAPES = {
    "pagerduty": {
        "required": ["routing_key", "event_action", "dedup_key"],
        "properties": {
            "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
            "event_action": {"enum": ["trigger", "resolve"]},
            "dedup_key": {"type": "string", "minLength": 1, "maxLength": 255},
            "payload": {
                "required": ["summary", "source", "severity"],
                "properties": {
                    "summary": {"type": "string", "minLength": 1, "maxLength": 1024},
                    "source": TEXT,
                    "severity": {"enum": SEVERITIES},
                    "timestamp": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
                    "component": TEXT,
                    "class": TEXT,
                    "custom_details": {"type": "object"},
                },
                "additionalProperties": False,
            },
        },
        "if": {"properties": {"event_action": {"const": "trigger"}}},
        "then": {"required": ["payload"]},
        "additionalProperties": False,
    },
    "discord": {
        "required": ["content", "allowed_mentions"],
        "properties": {
            "content": {"type": "string", "minLength": 1, "maxLength": 2000},
            "allowed_mentions": {"const": {"parse": []}},
            "embeds": {
                "type": "array",
                "maxItems": 10,
                "items": {
                    "properties": {
                        "title": {"type": "string", "maxLength": 256},
                        "description": {"type": "string", "maxLength": 4096},
                        "color": {"type": "integer", "minimum": 0, "maximum": 0xFFFFFF},
                        "timestamp": TEXT,
                    },
                    "additionalProperties": False,
                },
            },
        },
        "additionalProperties": False,
    },
    "ntfy": {
        "required": ["topic", "message"],
        "properties": {
            "topic": TEXT,
            "message": TEXT,
            "title": TEXT,
            "priority": {"type": "integer", "minimum": 1, "maximum": 5},
            "tags": {"type": "array", "items": TEXT},
        },
        "additionalProperties": False,
    },
    "telegram": {
        "required": ["chat_id", "text"],
        "properties": {
            "chat_id": TEXT,
            "text": {"type": "string", "minLength": 1, "maxLength": 4096},
            "disable_notification": {"type": "boolean"},
        },
        "additionalProperties": False,
    },
}


def values(**given: str | int) -> dict[str, str | int]:
    made: dict[str, str | int] = {name: f"a {name}" for name in TEXTS} | dict.fromkeys(NUMBERS, 5)
    return {**made, "severity": "critical", "time": "2025-11-18T14:35:07Z", **given}


def loaded(path: Path) -> Template:
    template, faults = judge_template(read(path, template=""))
    assert faults == ()
    assert template is not None
    return template


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.yaml")))
@pytest.mark.parametrize("action", ["trigger", "resolve"])
def test_each_shipped_body_has_the_shape_that_its_service_takes_at_its_longest(name, action):
    template = loaded(SHIPPED / f"{name}.yaml")
    assert template.variables() <= VARIABLES.keys()
    longest = values(action=action, subject="s" * 160, text="t" * 1500, key="k" * 120, id="i" * 80)
    body = json.loads(template.render(action, longest, VARIABLES))
    Draft202012Validator({"type": "object", **SHAPES[name]}).validate(body)
    said = json.dumps(body)
    assert "s" * 160 in said or (name, action) == ("pagerduty", "resolve")


@given(st.text(), st.text(), st.sampled_from(["trigger", "resolve"]))
def test_whatever_a_page_says_the_body_is_json_that_says_exactly_that(subject, text, action):
    template = Template({"a": ["{subject}", {"b": "<{text}|{{x}}>"}], "n": "{priority}"}, {"r": "{subject}{text}"})
    body = json.loads(template.render(action, values(subject=subject, text=text), {}).decode("ascii"))
    subject, text = (each.encode("utf-8", "replace").decode() for each in (subject, text))
    expected = {"a": [subject, {"b": f"<{text}|{{x}}>"}], "n": 5} if action == "trigger" else {"r": subject + text}
    assert body == expected


def test_what_a_page_says_is_never_read_as_a_placeholder_itself():
    template = Template({"a": "{subject}"}, None)
    body = template.render("trigger", values(subject="{env.ALERT_KEY} {text} {{"), {"ALERT_KEY": "s3cr3t"})
    assert json.loads(body) == {"a": "{env.ALERT_KEY} {text} {{"}


def test_a_variable_that_is_not_given_is_an_error_and_not_an_empty_text():
    with pytest.raises(KeyError, match="ALERT_KEY"):
        Template({"a": "{env.ALERT_KEY}"}, None).render("trigger", values(), {})


def test_a_template_without_a_body_for_the_end_sends_nothing_then():
    assert not Template({"a": "x"}, None).sends("resolve")


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("trigger:\n  a:\n    - b: '{sujbect}'\n", "3:10", "{sujbect}, which is not a placeholder"),
        ("trigger:\n  a: 'x } y'\n", "2:6", "has a } that belongs to no placeholder"),
        ("trigger: words\n", "1:10", "must be a block of keys, not text"),
        ("trigger: {}\n", "1:10", "must be a block of keys"),
        ("resolve:\n  a: b\n", "1:1", "trigger: is missing"),
        ("trigger:\n  a: b\nresolved:\n  a: b\n", "3:1", "resolved: is not a known key"),
        ("trigger:\n  a: .nan\n", "2:6", "nan"),
    ],
)
def test_a_wrong_template_is_refused_with_its_place(tmp_path, text, where, says):
    file = tmp_path / "wrong.yaml"
    file.write_text(text)
    template, faults = judge_template(read(file, template=""))
    assert template is None
    assert f"{file}:{where}:" in str(faults[0])
    assert says in str(faults[0])


def test_every_shipped_template_has_its_part_on_the_page_about_paging():
    page = (SHIPPED.parents[1] / "docs" / "how-to" / "paging.md").read_text(encoding="utf-8")
    for path in SHIPPED.glob("*.yaml"):
        assert f"alerts/{path.name}" in page
        assert [name for name in loaded(path).variables() if name not in page] == []

"""A finding as `--json` prints it: plain values only, because other programs read it."""

import json

from service_contract.findings import Finding, Severity


def test_a_finding_survives_json_with_every_part_of_it():
    finding = Finding(
        id="FEED-003",
        what="subscribed, but no data arrived",
        evidence={"waited_s": 8.0, "subscriptions": ["CON.F.US.EP.Z25"]},
        next=("risk-runtime explain FEED-003", "risk-runtime logs"),
        not_it=("the session is open until 16:00",),
        severity=Severity.WARNING,
    )
    assert json.loads(json.dumps(finding.as_json())) == {
        "id": "FEED-003",
        "severity": "warning",
        "what": "subscribed, but no data arrived",
        "evidence": {"waited_s": 8.0, "subscriptions": ["CON.F.US.EP.Z25"]},
        "next": ["risk-runtime explain FEED-003", "risk-runtime logs"],
        "not_it": ["the session is open until 16:00"],
    }


def test_a_finding_counts_as_an_error_unless_said_otherwise():
    assert Finding("CFG-001", "no rule is enabled").severity is Severity.ERROR

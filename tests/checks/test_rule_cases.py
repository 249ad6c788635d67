"""Each rule of stages 1 and 2, and of caching, has a case in which it fires and a near miss in which it does not.

The tables of the rules' own tests are run once more in a process of their own; what they asked for is looked at here.
So a rule without a case cannot be added, and a near miss cannot be lost.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from launchready_tui import roadmap

HERE = Path(__file__).parent
SUPPORT = HERE.parent / "support"
TABLES = ("test_edge_*.py", "test_audit_*.py", "test_performance_caching.py")
# Their tables stand in test_log_checks.py, which asks in words of its own.
ELSEWHERE = ("audit.logs.",)
# Facts: these never say more than "this is so".
FACTS = {
    "audit.broken-links.unfollowed",
    "audit.broken-links.unnamed",
    "audit.client-secrets.more",
    "audit.client-secrets.public",
    "audit.email-provider.undeclared-sender",
    "audit.hosts.certificate-logs",
    "audit.hosts.more",
    "audit.hosts.wildcard",
    "audit.hosts.words",
    "edge.app-links.security-txt",
    "edge.certificates.chain-extra",
    "edge.certificates.http3",
    "edge.certificates.inner-names",
    "edge.certificates.resumption",
    "edge.dns-health.caa-none",
    "edge.dns-health.wildcard",
    "edge.exposure.api-description",
    "edge.exposure.graphql",
    "edge.headers.leaks",
    "edge.https.cookie-scope",
    "edge.redirects.no-cache-rule",
    "edge.subdomains.status-absent",
    "performance.caching.thin-304",
    "performance.caching.twice-packed",
}
# Questions that nothing outside answers, or that could not be asked: they say "could not be seen" or nothing bad at
# all.
UNSEEN = {
    "audit.client-secrets.unread",
    "audit.demo-data.drawn",
    "audit.demo-data.unread",
    "audit.dns-host.provider",
    "audit.email-provider.mailbox",
    "audit.email-provider.senders",
    "audit.env-split.no-repository",
    "audit.env-split.unread",
    "audit.env-split.unseen",
    "audit.hosting.no-clue",
    "audit.hosting.provider",
    "audit.latency.no-safe-route",
    "audit.overbuild.repository",
    "audit.registrar.unavailable",
    "audit.user-content.nothing",
    "edge.dns-health.servers",
    "edge.exposure.files",
}
QUIET = {"absent", "pass", "not-applicable"}


def rules() -> list[str]:
    wanted = ("audit.", "edge.", "performance.caching.")
    return [rule for rule in roadmap.load().rules if rule.startswith(wanted) and not rule.startswith(ELSEWHERE)]


@cache
def asked() -> dict[str, list[str]]:
    """Rule to the answers that its tests ask for."""
    import tempfile

    files = [str(file) for pattern in TABLES for file in sorted(HERE.rglob(pattern))]
    with tempfile.TemporaryDirectory() as folder:
        notes = Path(folder) / "cases.json"
        env = os.environ | {
            "RULE_CASES": str(notes),
            "PYTHONPATH": os.pathsep.join((str(SUPPORT), os.environ.get("PYTHONPATH", ""))),
        }
        command = [sys.executable, "-m", "pytest", "-q", "-p", "rule_cases", "-p", "no:cacheprovider", *files]
        done = subprocess.run(command, env=env, cwd=HERE.parents[1], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2000:]
        told: dict[str, list[str]] = json.loads(notes.read_text())
    return told


def test_the_lists_name_rules_that_there_are() -> None:
    assert set(rules()) >= FACTS | UNSEEN
    assert not FACTS & UNSEEN


@pytest.mark.parametrize("rule", rules())
def test_a_rule_fires_in_one_case_and_not_in_the_near_miss(rule: str) -> None:
    answers = asked().get(rule, [])
    words = {answer.split()[0] for answer in answers}
    bad = {"info"} if rule in FACTS else {"unknown"} if rule in UNSEEN else {"fail", "warn"}
    assert words & bad, f"no test makes {rule} fire; asked for: {answers}"
    assert words & QUIET, f"no near miss of {rule} is tested; asked for: {answers}"


@pytest.mark.parametrize("rule", sorted(FACTS | UNSEEN))
def test_what_is_a_fact_never_becomes_a_problem(rule: str) -> None:
    assert not {answer.split()[0] for answer in asked().get(rule, [])} & {"fail", "warn"}

"""Every rule that domain, email and caching checks can give stands in the roadmap's rule files, and no other."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from launchready_tui import checks, roadmap

ROOM = Path(checks.__file__).parent
# Which files speak for which check.
FILES = {
    "edge.canonical": ("edge/canonical.py", "edge/search.py", "edge/spellings.py"),
    "edge.redirects": ("edge/redirects.py",),
    "edge.https": ("edge/https.py", "edge/cookies.py", "edge/mixed.py"),
    "edge.certificates": ("edge/certificates.py", "edge/handshake.py"),
    "edge.headers": ("edge/headers.py", "edge/csp.py", "edge/cors.py", "edge/preload.py", "edge/features.py"),
    "edge.app-links": ("edge/app_links.py",),
    "edge.cdn": ("edge/cdn.py", "edge/origin.py"),
    "edge.dns-health": ("edge/dns_health.py", "edge/zone.py"),
    "edge.subdomains": ("edge/subdomains.py",),
    "edge.exposure": ("edge/exposure.py", "edge/leftovers.py", "edge/doors.py"),
    "email.mx": ("email/mx.py",),
    "email.spf": ("email/spf.py", "email/fresh.py"),
    "email.dkim": ("email/dkim.py", "email/fresh.py"),
    "email.transport": (
        "email/transport.py",
        "email/dane.py",
    ),
    "email.reputation": ("email/reputation.py",),
    "email.dmarc": ("email/dmarc.py", "email/fresh.py"),
    "email.flows": ("email/flows.py", "../mailflow/flaws.py"),
    "email.inbox": ("email/inbox.py",),
    "email.fallback": ("email/fallback.py",),
    "performance.queues": ("performance/queues.py",),
    "performance.caching": ("performance/caching.py", "performance/transfer.py", "performance/validators.py"),
}
VOICES = {"passed", "warn", "fail", "info", "unknown", "not_applicable", "no_permission", "_Kind", "_flaw"}


def spoken(path: Path, known: set[str]) -> set[str]:
    """Rule names given as the first argument of a voice, and those in literal tables that name a rule."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if (
            isinstance(node, ast.Call)
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            text = node.args[0].value
            if name in VOICES and " " not in text:
                found.add(text)
        if (
            isinstance(node, ast.Tuple)
            and node.elts
            and isinstance(node.elts[0], ast.Constant)
            and node.elts[0].value in known
        ):
            found.add(node.elts[0].value)
    return found


@pytest.mark.parametrize("check", FILES)
def test_rules_and_their_descriptions_are_the_same_list(check: str) -> None:
    described = {rule.rpartition(".")[2] for rule in roadmap.load().rules if rule.rpartition(".")[0] == check}
    given = set[str]().union(*(spoken(ROOM / file, described) for file in FILES[check]))
    assert given == described


def test_every_description_says_term_line_and_source() -> None:
    for rule in roadmap.load().rules.values():
        assert rule.term.strip() and rule.explain.rstrip().endswith((".", "?")) and rule.source.strip(), rule.id


def test_every_file_of_these_checks_is_read_here() -> None:
    own = {file for files in FILES.values() for file in files if not file.startswith("..")}
    helpers = {
        "edge/__init__.py",
        "edge/roots.py",
        "edge/baseline.py",
        "email/__init__.py",
        "email/kept.py",
        "email/place.py",
        "email/spf_tree.py",
        "email/voice.py",
        "performance/__init__.py",
        "performance/assets.py",
    }
    there = {
        f"{stage}/{path.name}" for stage in ("edge", "email", "performance") for path in (ROOM / stage).glob("*.py")
    }
    assert there == own | helpers

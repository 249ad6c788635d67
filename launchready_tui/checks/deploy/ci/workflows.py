"""GitHub workflows as far as their faults need it: read line by line, by indentation, without a YAML library.

Source: GitHub documentation, "Workflow syntax for GitHub Actions" and "Security hardening for GitHub Actions", as known
2026-11. What stands in anchors or in one-line maps is taken as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple

Fault = Literal["head-checkout", "injection", "write-all", "unpinned"]
_KEY = re.compile(r"^(\s*)(?:-\s+)?([\w.-]+|'[^']*'|\"[^\"]*\")\s*:(?:\s+(.*))?$")
_USES = re.compile(r"^\s*(?:-\s+)?uses\s*:\s*[\"']?([^\s\"'#]+)")
_FOREIGN = re.compile(
    r"\$\{\{[^}]*\bgithub\.(?:head_ref\b|event\.(?:issue|pull_request|comment|review|review_comment|discussion"
    r"|head_commit|commits|workflow_run)\b[\w.*\[\]'\"]*"
    r"(?:title|body|message|head_branch|head\.ref|head\.label|default_branch|email|name|page_name))"
)
_HEAD = re.compile(r"ref\s*:\s*.*github\.(?:event\.pull_request\.head\.|head_ref)")
_PINNED = re.compile(r"@[0-9a-f]{40}\Z|@sha256:[0-9a-f]{64}\Z")
_OWN = ("actions/", "github/", "./", "docker://")
_TESTS = re.compile(
    r"\b(?:npm|pnpm|yarn|bun)\s+(?:run\s+)?test\b|\b(?:npm|pnpm|yarn|bun)\s+ci\b.*test|\bpytest\b|\btox\b|\bnox\b|manage\.py\s+test\b"
    r"|\bgo\s+test\b|\bcargo\s+(?:test|nextest)\b|\brspec\b|\brails\s+test\b|\brake\s+(?:test|spec)\b|\bphpunit\b|\bpest\b|artisan\s+test\b"
    r"|\bmix\s+test\b|\bflutter\s+test\b|\bvitest\b|\bjest\b|\bplaywright\s+test\b|\bcypress\s+run\b|\bmake\s+(?:test|check|ci)\b"
    r"|\bjust\s+(?:test|check|ci)\b|\bgradlew?\s+(?:\w+\s+)*(?:test|check)\b|\bmvn\s+(?:\S+\s+)*(?:test|verify)\b|\bdotnet\s+test\b"
)
_GATE = re.compile(
    r"launchready\s+secrets\s+scan|gitleaks|trufflehog|betterleaks|kingfisher|ggshield|detect-secrets|secretlint|git-secrets"
)
_LENIENT = re.compile(r"^\s*(?:-\s+)?continue-on-error\s*:\s*true\b")


class Spot(NamedTuple):
    """One fault: where, and the word that shows it."""

    fault: Fault
    path: str
    line: int
    what: str


class Workflow(NamedTuple):
    """What one file does."""

    path: str
    on_change: bool
    """It runs on a push or a pull request."""
    tests: bool
    gate: bool
    """It searches for secrets."""
    faults: tuple[Spot, ...]


def read(path: str, text: str) -> Workflow:
    """One workflow file."""
    lines = [line.rstrip() for line in text.splitlines()]
    triggers = _triggers(lines)
    runs = list(_runs(lines))
    uses = [(number, found[1]) for number, line in enumerate(lines, 1) if (found := _USES.match(line))]
    said = "\n".join((*(line for _, line in runs), *(name for _, name in uses)))
    faults = [
        Spot("injection", path, number, found[0].strip("${ "))
        for number, line in runs
        if (found := _FOREIGN.search(line))
    ]
    if "pull_request_target" in triggers or "workflow_run" in triggers:
        faults += [
            Spot("head-checkout", path, number, line.strip())
            for number, line in enumerate(lines, 1)
            if _HEAD.search(line) and not line.lstrip().startswith("#")
        ]
    faults += [
        Spot("write-all", path, number, "permissions: write-all")
        for number, line in enumerate(lines, 1)
        if re.match(r"\s*permissions\s*:\s*[\"']?write-all\b", line)
    ]
    faults += [
        Spot("unpinned", path, number, name)
        for number, name in uses
        if not name.startswith(_OWN) and "@" in name and not _PINNED.search(name)
    ]
    return Workflow(
        path=path,
        on_change=bool({"push", "pull_request", "pull_request_target", "merge_group"} & triggers),
        tests=bool(_TESTS.search(said)) and not any(_LENIENT.match(line) for line in lines),
        gate=bool(_GATE.search(said)),
        faults=tuple(faults),
    )


def _triggers(lines: list[str]) -> set[str]:
    """The events of `on`: a word, a list in one line or below, or a map."""
    found: set[str] = set()
    inside = -1
    for line in lines:
        plain = re.sub(r"(?:^|\s)#.*$", "", line)
        if not plain.strip():
            continue
        depth = len(plain) - len(plain.lstrip())
        if inside >= 0 and depth <= inside and not plain.lstrip().startswith("-"):
            inside = -1
        key = _KEY.match(plain)
        if key and depth == 0 and key[2].strip("'\"") in ("on", "true"):
            found |= set(re.findall(r"\w+", key[3] or ""))
            inside = 0
        elif inside >= 0:
            word = re.match(r"\s*(?:-\s+)?[\"']?(\w+)", plain)
            if word:
                found.add(word[1])
    return found


def _runs(lines: list[str]) -> Iterator[tuple[int, str]]:
    """The lines of every `run` and of scripts of actions/github-script, with their numbers."""
    inside = -1
    for number, line in enumerate(lines, 1):
        depth = len(line) - len(line.lstrip())
        if inside >= 0 and line.strip() and depth <= inside:
            inside = -1
        key = re.match(r"^(\s*(?:-\s+)?)(?:run|script)\s*:\s*(.*)$", line)
        if key and inside < 0:
            if re.match(r"[|>][+-]?\d?\s*(?:#.*)?$", key[2]) or not key[2]:
                inside = len(key[1].replace("-", " "))
            else:
                yield number, key[2]
        elif inside >= 0:
            yield number, line


def plain(path: str, text: str) -> Workflow:
    """The file of another system, which runs on every change unless it says otherwise."""
    return Workflow(path, True, bool(_TESTS.search(text)), bool(_GATE.search(text)), ())

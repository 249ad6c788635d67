"""Freezes what the console's pictures are drawn from: a run of the embedded demo, its files, and the sheets of a few
checks a stage, cut down to what the run needs. `python tests/console/record.py` does so anew; with `sheets`, only the
sheets are, such as after their format has changed.

A new check, a reworded message or another severity changes none of it. Times of day are set to one fixed minute.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import tomli_w

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from launchready_tui.findings import CheckResult
from launchready_tui.lab.client import Lab
from launchready_tui.lab.demo import prepare
from launchready_tui.mail.flow import session
from launchready_tui.roadmap import model, sheet
from launchready_tui.workspace import Options, Workspace
from launchready_tui.workspace.run import Finished

WHERE = Path(__file__).parent / "data" / "frozen"
FILES = ("launchready.toml", "decisions.toml", "people.toml", "inventory.toml")
SEEN = timedelta(minutes=4)
CHECKS: dict[str, str] = {
    "audit": "hosting registrar dns-host email-provider deploy-flow hosts latency one-service client-secrets "
    "shared-secrets",
    "edge": "canonical redirects subdomains https certificates headers exposure dns-health",
    "email": "mx spf dkim dmarc transport reputation flows inbox fallback",
    "deploy": "secrets secret-store clean-build rollback release payments smoke",
    "performance": "mobile indexes caching queues",
    "monitoring": "uptime errors alerts detection spend",
    "handover": "documents access recovery backups contacts bus-factor reproducible",
}
"""The checks that the pictures show: those that pages and documents speak of by name, and a few beside them."""
CHOSEN = frozenset(f"{stage}.{name}" for stage, names in CHECKS.items() for name in names.split())
SPOKEN = ("handover.access", "handover.bus-factor")
"""Checks that the people page asks by itself, without a run: their messages are frozen whole."""


def normalised(result: CheckResult, at: datetime) -> CheckResult:
    """The same result, seen at a fixed time and within a rounded length of time."""
    findings = tuple(
        msgspec.structs.replace(
            one, evidence=tuple(msgspec.structs.replace(seen, at=at if seen.at else None) for seen in one.evidence)
        )
        for one in sorted(result.findings, key=lambda one: (one.rule, one.subject))
    )
    spent = max(10, round(result.duration_ms, -1))
    return msgspec.structs.replace(
        result, findings=findings, started_at=at, duration_ms=spent, papers="", commit="", deploy=""
    )


async def record() -> None:
    """Makes the product send its mails, then runs every check, against the lab with all flaws on."""
    async with Lab.start() as lab:
        now = lab.now.astimezone(UTC).replace(hour=14, minute=2, second=11, microsecond=0)
        with tempfile.TemporaryDirectory() as room:
            made = prepare(Path(room), lab, now)
            options = Options(
                connect=made.connect,
                nameservers=made.nameservers,
                ca_file=made.ca_file,
                demo=True,
                refuse_unmapped=True,
                user=made.user,
                secrets=made.secrets,
            )
            workspace = Workspace.open(Path(room), options)
            planned = session.plan(
                workspace.launch, workspace.launch.flows, workspace.launch.mailboxes, now, (), wait_s=20
            )
            async with workspace.open_world(also=frozenset({"mail"})) as world:
                async for trial in session.run(world, planned, workspace.keep_trial, lambda wanted, words: None):
                    print(trial.flow, trial.outcome, trial.folder)
            results = [event.result async for event in workspace.run() if isinstance(event, Finished)]
            workspace.close()
            freeze(Path(room), now, [normalised(one, now - SEEN) for one in results])


def freeze(files: Path, now: datetime, results: Iterable[CheckResult]) -> None:
    """Writes the frozen folder anew: the launch's files, the chosen results, and the sheets of their checks."""
    shutil.rmtree(WHERE, ignore_errors=True)
    WHERE.mkdir(parents=True)
    for name in FILES:
        content = tomllib.loads((files / name).read_text("utf-8"))
        if "confirmations" in content:
            content["confirmations"] = [one for one in content["confirmations"] if one["check"] in CHOSEN]
        _write(name, content)
    order = list(model.load().checks)
    kept = sorted((one for one in results if one.check in CHOSEN), key=lambda one: order.index(one.check))
    bare = [_bare(msgspec.to_builtins(one)) for one in kept]
    assert msgspec.convert(bare, list[CheckResult]) == kept
    text = json.dumps({"now": now.isoformat(), "results": bare}, indent=1, ensure_ascii=False, default=str)
    (WHERE / "run.json").write_text(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:5300", text) + "\n", "utf-8")
    _sheets({finding.rule for one in kept for finding in one.findings})
    print(WHERE, len(kept), "results,", len(CHOSEN), "checks")


def _bare(value: Any) -> Any:
    """Without what is empty, facts and values apart: reading it fills that in."""
    if isinstance(value, dict):
        rest = {key: one for key, one in value.items() if one not in (None, "", [], (), {})}
        return {key: one if key in ("fact", "values") else _bare(one) for key, one in rest.items()}
    return [_bare(one) for one in value] if isinstance(value, list | tuple) else value


def _sheets(seen: set[str]) -> None:
    """The stage files, the heads of the chosen checks with what explains the rules that were seen, and the engine's
    own messages."""
    for stage in model.STAGE_FILES:
        content = tomllib.loads(sheet.stage_file(stage).read_text("utf-8"))
        for part, key in (("deliverables", "filled_by"), ("signals", "lit_by")):
            for row in content[part]:
                row[key] = [one for one in row[key] if ".".join(one.split(".")[:2]) in CHOSEN]
            content[part] = [row for row in content[part] if row[key]]
        _write(f"roadmap/{stage}.toml", content)
    engine = tomllib.loads((sheet.folder() / "shared.toml").read_text("utf-8"))
    rules = {name: rule for name, rule in engine["rules"].items() if "explain" in rule}
    said = [message for rule in rules.values() for message in rule["messages"].values() if isinstance(message, dict)]
    fixes = {one["fix"]: engine["fixes"][one["fix"]] for one in said}
    _write("checks/shared.toml", {"rules": rules, "fixes": fixes | _of_causes(engine), "causes": engine["causes"]})
    for stage in model.STAGE_FILES:
        at = sheet.folder() / stage / "shared.toml"
        shared = tomllib.loads(at.read_text("utf-8")) if at.is_file() else {}
        if "causes" in shared:
            _write(f"checks/{stage}/shared.toml", {"fixes": _of_causes(shared), "causes": shared["causes"]})
    for check in sorted(CHOSEN):
        at = sheet.home(check)
        content = tomllib.loads((at / "check.toml").read_text("utf-8"))
        content.pop("flaws", None)
        after = {
            rule: [one for one in names if ".".join(one.split(".")[:2]) in CHOSEN]
            for rule, names in content.get("after", {}).items()
        }
        content["after"] = {rule: names for rule, names in after.items() if names}
        if check not in SPOKEN:
            content.pop("fixes", None)
            content["rules"] = {
                name: {key: value for key, value in rule.items() if key != "messages"}
                for name, rule in content.get("rules", {}).items()
                if f"{check}.{name}" in seen
            }
        place = "/".join(("checks", *check.replace("-", "_").split(".")))
        _write(f"{place}/check.toml", {key: value for key, value in content.items() if value not in ([], {})})
        if (at / "__init__.py").is_file():
            (WHERE / place / "__init__.py").touch()


def _of_causes(shared: Mapping[str, Any]) -> dict[str, Any]:
    """The fixes that the causes of a shared sheet name."""
    return {cause["fix"]: shared["fixes"][cause["fix"]] for cause in shared["causes"].values()}


def _write(name: str, content: Mapping[str, Any]) -> None:
    path = WHERE / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(tomli_w.dumps(content, multiline_strings=True), "utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["sheets"]:
        kept = json.loads((WHERE / "run.json").read_text("utf-8"))["results"]
        _sheets({finding["rule"] for result in kept for finding in result["findings"]})
    else:
        asyncio.run(record())

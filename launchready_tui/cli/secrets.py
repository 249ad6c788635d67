"""`launchready secrets`: keys and passwords in code, history and builds; what somebody let pass, and until when."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Common, common, pass_common
from .say import CouldNotRun, Exit, note
from .values import TO_FILE

if TYPE_CHECKING:
    from ..verdict.report.ink import Ink
    from ..world.git import Git
    from ..world.leaks import Leak, Leaks

SCHEMA = 1
_LEVEL = {"high": "error", "medium": "warning", "low": "note"}


@click.group()
def secrets() -> None:
    """Find keys and passwords in code, history and builds. No value is ever shown or kept."""


@secrets.command()
@click.argument("path", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--staged", is_flag=True, help="Search only what the next commit would add (for a pre-commit hook).")
@click.option("--since", metavar="REV", help="Search only what was committed after REV (for CI, `origin/main`).")
@click.option("--history", is_flag=True, help="Search all commits of all branches as well.")
@click.option("--all", "every", is_flag=True, help="List the unlikely ones too.")
@click.option("--format", "shown", type=click.Choice(("text", "json", "sarif")), default="text", show_default=True)
@click.option("--out", type=TO_FILE, metavar="FILE", help="Write to FILE, not to stdout.")
@common
@pass_common
def scan(
    said: Common, path: Path, staged: bool, since: str | None, history: bool, every: bool, shown: str, out: Path | None
) -> int:
    """Search a folder: tracked files, builds, and the values of ignored .env files in both.

    A line with `launchready:allow` (or the mark of gitleaks, betterleaks, trufflehog or detect-secrets) is passed
    over, as is what `secrets.toml` lists. In tests and examples a find counts one step less.

    \b
    Exit codes: 0 nothing that stops a launch, 1 a secret was found, 2 wrong use, 3 could not search.
    """
    if sum((staged, bool(since), history)) > 1:
        raise click.UsageError("use one of --staged, --since and --history")
    found = _search(said, path, staged, since, history)
    kept = found if every else _likely(found)
    text = {"text": _text, "json": _json, "sarif": _sarif}[shown](kept, said.ink() if out is None else _plain())
    if out is None:
        click.echo(text, nl=False)
    else:
        from ..launch.atomic import write_atomically

        write_atomically(out, text)
    for part in (*found.unread, *((f"the whole history ({found.history})",) if found.history else ())):
        note(f"not searched: {part}")
    return Exit.FOUND if found.blocking else Exit.FINE


@secrets.command()
@click.argument("file", metavar="FILE")
@click.option("--rule", required=True, metavar="RULE", help="The rule of the find, as `scan` prints it.")
@click.option("--reason", required=True, help="Why it may stay: `rotated`, `key of the test account`.")
@click.option("--by", required=True, metavar="WHO", help="The id of the person who decides.")
@click.option(
    "--days", type=click.IntRange(1, 366), default=90, show_default=True, help="Ask again after so many days."
)
@click.option("--in", "path", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="DIR")
@common
@pass_common
def allow(said: Common, file: str, rule: str, reason: str, by: str, days: int, path: Path) -> int:
    """Let a find pass until a day: writes it to secrets.toml in the repository, without its value.

    FILE is the file that holds it, from the root of the repository. Rotate a real key first.
    """
    import secrets as random

    import msgspec

    from ..launch.allowed import Allowed, AllowedFile, Fingerprints
    from ..launch.problems import ChangedUnderneath, FileProblems, NewerFile
    from ..persons import PersonId

    now = said.now or datetime.now(UTC)
    store = AllowedFile(path / AllowedFile.NAME)
    try:
        content = store.load()
        if not content.fingerprints.salt:
            content = msgspec.structs.replace(content, fingerprints=Fingerprints(salt=random.token_hex(16)))
            store.save(content)
        hits = [leak for leak in _search(said, path, False, None, True).found if (leak.rule, leak.path) == (rule, file)]
        if not hits:
            raise click.UsageError(f"no find of {rule} in {file}; `launchready secrets scan --history --all` lists all")
        fresh = [
            Allowed(
                rule=rule,
                path=file,
                fingerprint=leak.fingerprint,
                reason=reason,
                by=PersonId(by),
                on=now,
                until=now + timedelta(days=days),
            )
            for leak in hits
        ]
        known = {(one.rule, one.path, one.fingerprint) for one in fresh}
        old = [one for one in content.allowed if (one.rule, one.path, one.fingerprint) not in known]
        store.save(msgspec.structs.replace(content, allowed=(*old, *{one.fingerprint: one for one in fresh}.values())))
    except (FileProblems, NewerFile, ChangedUnderneath) as why:
        raise click.UsageError(str(why)) from None
    note(f"{AllowedFile.NAME}: {rule} in {file} passes until {now + timedelta(days=days):%Y-%m-%d}; commit this file")
    return Exit.FINE


def _search(said: Common, path: Path, staged: bool, since: str | None, history: bool) -> Leaks:
    from ..launch.allowed import AllowedFile
    from ..launch.problems import FileProblems, NewerFile
    from ..world.git import Git, GitError
    from ..world.leaks import Searching

    try:
        allowed = AllowedFile(path / AllowedFile.NAME).load()
    except (FileProblems, NewerFile) as why:
        raise click.UsageError(str(why)) from None
    looking = Searching(path, allowed=allowed, now=said.now or datetime.now(UTC))
    git = Git(path)
    try:
        without = "" if staged or since is not None or history else _no_repository(git)
        if without:
            looking.folder(without=without)
            return looking.result()
        looking.ignored(git)
        if staged:
            looking.staged(git)
        elif since is not None:
            looking.history(git, f"{git.commit(since)}..HEAD")
        else:
            looking.tracked(git)
            looking.build()
            if history:
                looking.history(git)
    except GitError as why:
        raise CouldNotRun(why.failure.detail) from None
    return looking.result()


def _no_repository(git: Git) -> str:
    """Why git cannot tell of this folder; empty where it can."""
    from ..world.git import GitError

    try:
        git.shape()
    except GitError as why:
        return why.failure.detail
    return ""


def _likely(found: Leaks) -> Leaks:
    import msgspec

    return msgspec.structs.replace(found, found=tuple(leak for leak in found.found if leak.confidence != "low"))


def _plain() -> Ink:
    from ..verdict.report.ink import Ink

    return Ink()


def _text(found: Leaks, ink: Ink) -> str:
    from ..text import for_terminal as safe

    lines = []
    for leak in found.found:
        state = "accepted" if leak.allowed else "fail" if leak.blocks else "warn"
        lines.append(f"{ink.state(state)}  {safe(leak.where)}: {leak.title}, {safe(leak.shown)}")
        about = [f"rule {leak.rule}", f"confidence {leak.confidence}"]
        about += [f"variable {safe(leak.name)}"] if leak.name else []
        if leak.commit:
            about.append(
                f"{'committed' if leak.place == 'history' else 'since'} {leak.commit[:12]} on {leak.at:%Y-%m-%d}"
            )
        about += (
            [f"passes: {safe(leak.allowed)}"]
            if leak.allowed
            else ["its time in secrets.toml is over"]
            if leak.lapsed
            else []
        )
        lines.append(ink.paint(f"   {' · '.join(about)}", "dim"))
        if not leak.allowed and leak.rotate:
            lines.append(f"   replace it at {leak.rotate}")
    stops = len(found.blocking)
    read = f"{found.files} files, {found.commits} commits, {found.octets / 1e6:.1f} MB in {found.seconds:.1f} s"
    head = f"{stops} {'secret' if stops == 1 else 'secrets'} to replace" if stops else "no secret that stops a launch"
    lines.append(f"{head}; {len(found.found)} {'find' if len(found.found) == 1 else 'finds'} in {read}")
    if stops:
        lines.append(
            "Replace each key at its provider first, then take it out of the code. A deleted line stays in the history."
        )
    return ink.finish("\n".join(lines)) + "\n"


def _json(found: Leaks, _ink: Ink) -> str:
    import msgspec

    raw = json.loads(msgspec.json.encode(found))
    for row, leak in zip(raw["found"], found.found, strict=True):
        row["blocks"] = leak.blocks
    return json.dumps({"schema": SCHEMA, **raw}, indent=2, ensure_ascii=True) + "\n"


def _sarif(found: Leaks, _ink: Ink) -> str:
    from .. import __version__

    rules = {leak.rule: leak for leak in found.found}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "LaunchReady secrets",
                        "version": __version__,
                        "rules": [
                            {"id": rule, "shortDescription": {"text": leak.title}} for rule, leak in rules.items()
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(leak) for leak in found.found],
            }
        ],
    }
    return json.dumps(log, indent=2, ensure_ascii=True) + "\n"


def _result(leak: Leak) -> dict[str, Any]:
    from urllib.parse import quote

    place: dict[str, Any] = {"artifactLocation": {"uri": quote(leak.path.partition(" > ")[0])}}
    if leak.line:
        place["region"] = {"startLine": leak.line}
    result: dict[str, Any] = {
        "ruleId": leak.rule,
        "level": _LEVEL[leak.confidence],
        "message": {"text": f"{leak.title}, {leak.shown}. Replace it at its provider, then take it out of the code."},
        "locations": [{"physicalLocation": place}],
        "properties": {"place": leak.place, "commit": leak.commit or None},
    }
    if leak.fingerprint:
        result["partialFingerprints"] = {"launchreadyHmac/v1": leak.fingerprint}
    if leak.allowed:
        result["suppressions"] = [{"kind": "external", "justification": leak.allowed}]
    return result

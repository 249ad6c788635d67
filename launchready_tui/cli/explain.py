"""`launchready explain`: what a rule tests, why the line is drawn there, and where that comes from; what a key of the
launch file means."""

from __future__ import annotations

import difflib
import re
import shutil
import textwrap
from typing import TYPE_CHECKING

import click

from .options import Common, common, pass_common
from .say import Exit

if TYPE_CHECKING:
    from ..launch.reference import KeyDoc
    from ..roadmap.model import CheckSpec, Roadmap, RuleSpec
    from ..verdict.report.ink import Ink


@click.command()
@click.argument("name", metavar="RULE|CHECK|KEY|WORDS...", nargs=-1, required=True)
@common
@pass_common
def explain(said: Common, name: tuple[str, ...]) -> int:
    """Explain a rule, such as `edge.redirects.loop`, a check, such as `edge.redirects`, or keys of the launch file.

    Keys: `launchready.toml` lists them all, `routes` those of a table, `routes.target_ms` is a single one.
    Any other words find the rules and checks that contain them all: `explain hsts preload`.
    """
    from ..launch.reference import reference
    from ..roadmap import load, shared_sheet
    from ..roadmap.find import find

    roadmap = load()
    words = " ".join(name)
    word = re.sub(r"\[\w*\](?=\.)|[\[\] ]", "", words.strip().lower())
    ink = said.ink()
    check_id, _, last = word.rpartition(".")
    if word in roadmap.checks:
        _check(roadmap.checks[word], roadmap, ink)
    elif word in roadmap.rules:
        _rule(roadmap.rules[word], roadmap, ink)
    elif check_id in roadmap.checks and last in shared_sheet().rules and shared_sheet().rules[last].explain:
        check = roadmap.checks[check_id]
        rows = [("what it means", shared_sheet().rules[last].explain), ("check", f"{check.title} ({check_id})")]
        _print(ink, word, rows)
    elif keys := [key for key in reference() if word in ("launchready.toml", key.table, _key(key))]:
        _keys(keys, ink)
    elif hits := find(roadmap, words):
        for hit in hits:
            _print(ink, hit.id, [(hit.title, hit.text)])
    else:
        near = difflib.get_close_matches(
            word, [*roadmap.rules, *roadmap.checks, *map(_key, reference())], n=3, cutoff=0.5
        )
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise click.UsageError(
            f"{words!r} is not a rule, a check or a key of the launch file, and none contains it{hint}"
        )
    return Exit.FINE


def _key(key: KeyDoc) -> str:
    """As people write it: `routes.target_ms`, whichever row is meant."""
    return key.path.replace("[]", "")


def _keys(keys: list[KeyDoc], ink: Ink) -> None:
    """Each key with what may stand there, what holds where it is not said, and what it means."""
    from ..launch.reference import reference

    tables = {one.table for one in reference()}
    for key in keys:
        rows = [("what it means", key.text), ("allowed", key.allowed)]
        if key.table or key.name not in tables:
            rows.append(("default", "required" if key.required else key.default or "nothing"))
        _print(ink, key.path, rows)


def _rule(rule: RuleSpec, roadmap: Roadmap, ink: Ink) -> None:
    check = roadmap.checks.get(rule.id.rpartition(".")[0])
    rows = [("term", rule.term), ("what it tests", rule.explain), ("source", rule.source)]
    if check:
        rows += [("check", f"{check.title} ({check.id})"), ("why it matters", check.why)]
    _print(ink, rule.id, rows)


def _check(check: CheckSpec, roadmap: Roadmap, ink: Ink) -> None:
    rules = [rule for rule in roadmap.rules if rule.rpartition(".")[0] == check.id]
    keeps = {"24h": "24 hours", "30d": "30 days", "commit": "until the next commit", "deploy": "until the next deploy"}[
        check.shelf_life
    ]
    rows = [
        ("goal", check.goal),
        ("why it matters", check.why),
        ("how it is verified", check.verify),
        ("a person is asked", check.question),
        ("worst severity", str(check.severity)),
        ("business flow", check.flow),
        ("minimum bar", check.light or "not part of it"),
        ("stays fresh", keeps),
        ("usual effort", f"{check.effort_min} min"),
        ("depends on", ", ".join(check.rests_on) or "nothing"),
        ("answered by", "LaunchReady" if check.automated else "a person"),
        ("rules", ", ".join(rules)),
    ]
    _print(ink, f"{check.id}  {check.title}", rows)


def _print(ink: Ink, head: str, rows: list[tuple[str, str]]) -> None:
    click.echo(ink.paint(head, "bold"))
    width = ink.width or min(shutil.get_terminal_size().columns, 110)
    for label, words in rows:
        if words:
            lead = f"  {label:20}"
            click.echo(ink.finish(textwrap.fill(words, width, initial_indent=lead, subsequent_indent=" " * len(lead))))

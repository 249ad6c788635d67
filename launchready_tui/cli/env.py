"""`launchready env`: what an environment is set to, before a release. Values are compared in memory and go nowhere."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import Common, common, pass_common
from .say import CouldNotRun, Exit, note, words_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..world.environment import Trouble

SCHEMA = 1
_MOST = 1024 * 1024
_SAYS = {
    "shared": "the same in {others}",
    "test-key": "a test key",
    "live-key": "a live key outside production",
    "debug": "debug mode is on",
    "open-hosts": "allows every name",
    "local-address": "points to a development machine",
    "public-secret": "a secret that every browser gets by its prefix",
    "placeholder": "empty or a placeholder",
    "weak": "too short, or made for development",
    "twice": "set twice with different values",
    "missing": "listed in {others}, not set",
}


@click.group()
def env() -> None:
    """Check the settings of an environment. No value is ever shown or kept."""


@env.command()
@click.argument("path", default=".", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--env", "name", default="production", show_default=True, help="The environment to check.")
@click.option(
    "--from",
    "source",
    type=click.Path(allow_dash=True, path_type=Path),
    metavar="FILE",
    help="Read its settings from FILE (NAME=value lines), - for standard input.",
)
@click.option("--format", "shown", type=click.Choice(("text", "json")), default="text", show_default=True)
@common
@pass_common
def check(said: Common, path: Path, name: str, source: Path | None, shown: str) -> int:
    """Compare an environment with the example files, the code and the other environments of the folder PATH.

    \b
    vercel env pull --environment=production /dev/stdout | launchready env check --from -
    heroku config --shell | launchready env check --from -

    Exit codes: 0 fit for a release, 1 something must change, 2 wrong use, 3 could not read.
    """
    from ..world.environment import judge, settings_of
    from ..world.folder import walk

    tree = walk(path)
    settings, django = settings_of(tree)
    where = "the folder"
    if source is not None:
        from ..world.environment import parse

        where = "standard input" if str(source) == "-" else str(source)
        # What is given counts, and not what an older file says of the same environment.
        settings = [one for one in settings if one.environment != name]
        settings += parse(_text(source), where, name)
    mine = [one for one in settings if one.environment == name]
    if not mine:
        raise CouldNotRun(f"{where} has no settings of {name}; give them with --from FILE, or --from - for a pipe")
    found = [one for one in judge(settings) if one.environment == name]
    found += [one for one in django if name == "production"]
    found += _missing(path, name, {one.name for one in mine}, where)
    found.sort(key=lambda one: (one.kind, one.name))
    if shown == "json":
        import msgspec

        raw = json.loads(msgspec.json.encode(found))
        click.echo(
            json.dumps({"schema": SCHEMA, "environment": name, "settings": len(mine), "troubles": raw}, indent=2)
        )
    else:
        _print(said, found, name, len(mine))
    return Exit.FOUND if found else Exit.FINE


def _text(source: Path) -> str:
    try:
        raw = sys.stdin.buffer.read(_MOST) if str(source) == "-" else source.read_bytes()[:_MOST]
    except OSError as why:
        raise CouldNotRun(words_of(why)) from None
    return raw.decode("utf-8", "replace")


def _missing(path: Path, name: str, have: set[str], where: str) -> list[Any]:
    """Names that an example file lists and this environment does not set."""
    from ..world.environment import Trouble
    from ..world.variables import names_in

    return [
        Trouble(kind="missing", name=one.name, environment=name, path=where, others=one.where[:1])
        for one in names_in(path)
        if "example file" in one.named_in and one.name not in have
    ]


def _print(said: Common, found: Sequence[Trouble], name: str, settings: int) -> None:
    from ..text import for_terminal as safe

    ink = said.ink()
    for one in found:
        words = _SAYS[one.kind].replace("{others}", " and ".join(one.others))
        click.echo(ink.finish(f"{ink.state('fail')}  {safe(one.name)}: {safe(words)} ({safe(one.where)})"))
    state = (
        f"{len(found)} of {settings} settings of {name} must change" if found else f"{settings} settings of {name} fit"
    )
    click.echo(ink.finish(state))
    note("no value was shown or kept")

"""`launchready credentials`: values come from a hidden prompt or from stdin, never from the command line, and are
never shown."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from .options import Common, common, pass_common
from .say import CouldNotRun, Exit, note

if TYPE_CHECKING:
    from ..vault import Vault


@click.group()
def credentials() -> None:
    """Store, list, test and delete the credentials of a launch."""


def _vault_of(said: Common) -> Vault:
    """The vault of the launch in the folder. Raises LaunchFileError."""
    from ..launch.load import find, load
    from ..launch.trust import state_dir
    from ..vault import Vault

    return Vault(load(find(said.where)).launch.domain, state_dir())


@credentials.command("set")
@click.argument("name")
@click.option(
    "--host",
    "hosts",
    multiple=True,
    metavar="HOST",
    help="Send it to this host only; *.example.com covers all below it. May be repeated.",
)
@click.option("--label", default="", help="Describe what it is for.")
@common
@pass_common
def set_one(said: Common, name: str, hosts: tuple[str, ...], label: str) -> int:
    """Store a credential under NAME. Prompts for the value, or reads one line from stdin."""
    from ..vault import variable

    vault = _vault_of(said)
    value = _value(name)
    try:
        place = vault.set(name, value, hosts, label)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if place == "memory":
        # What lives in memory ends with this program, so it was not stored at all.
        raise CouldNotRun(
            f"{name} was not stored. {vault.status().words.partition('. ')[0]}. Set {variable(name)} in the "
            "environment instead."
        )
    note(
        f"{name} is stored in this machine's keyring"
        + (f", for {', '.join(hosts)} only" if hosts else "; it has no --host, so no check sends it")
    )
    return Exit.FINE


def _value(name: str) -> str:
    if sys.stdin.isatty():
        value: str = click.prompt(f"Value of {name} (not shown)", hide_input=True, err=True)
        return value
    value = sys.stdin.readline().rstrip("\r\n")
    if not value:
        raise click.UsageError(f"no value on stdin: pipe it in, or run this in a terminal to be asked for {name}")
    return value


@credentials.command("list")
@common
@pass_common
def list_all(said: Common) -> int:
    """List the credentials of this launch, without their values."""
    from ..clock import ago
    from ..text import for_terminal
    from ..verdict.report.ink import pad

    vault = _vault_of(said)
    entries = vault.entries()
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    rows = [("name", "stored in", "for", "stored", "last used", "what")] + [
        (
            entry.name,
            entry.place,
            ", ".join(entry.hosts) or "no host",
            _past(ago(entry.created, now)) if entry.created else "-",
            _past(ago(entry.last_used, now)) if entry.last_used else "never",
            for_terminal(entry.label),
        )
        for entry in entries
    ]
    if entries:
        widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
        for row in rows:
            click.echo("  ".join(pad(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip())
    else:
        note("This launch has no credentials.")
    note(vault.status().words)
    return Exit.FINE


def _past(words: str) -> str:
    return words if words == "now" or words.startswith("in ") else f"{words} ago"


@credentials.command("test")
@click.argument("name")
@click.option("--host", default="", metavar="HOST", help="Test whether it may be sent to this host.")
@common
@pass_common
def test_one(said: Common, name: str, host: str) -> int:
    """Test whether NAME can be read, and from where. The value is not shown."""
    vault = _vault_of(said)
    wanted = host or next(
        (entry.hosts[0].replace("*.", "www.") for entry in vault.entries() if entry.name == name and entry.hosts), ""
    )
    secret = vault.get(name, wanted)
    if secret is None:
        note(vault.why(name, wanted))
        return Exit.FOUND
    place = next((entry.place for entry in vault.entries() if entry.name == name), "environment")
    note(
        f"{name} can be read from the {place}"
        + (f" and may be sent to {wanted}" if wanted else "")
        + f"; {len(secret.reveal())} characters"
    )
    return Exit.FINE


@credentials.command("delete")
@click.argument("name")
@common
@pass_common
def delete_one(said: Common, name: str) -> int:
    """Delete NAME from the keyring and from the list."""
    if _vault_of(said).delete(name):
        note(f"{name} was deleted")
        return Exit.FINE
    note(f"No credential is named {name}; remove one from the environment where it is set")
    return Exit.FOUND

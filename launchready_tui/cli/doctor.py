"""`launchready doctor`: what works on this machine, and what stays unchecked where something does not."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from .. import __version__
from ..wording import plural
from .options import Common, common, pass_common
from .say import Exit

if TYPE_CHECKING:
    from ..launch.model import LaunchFile
    from ..verdict.report.ink import Ink
    from ..world import World

# A package, and what does not work without it. All of them come with the program; one that is missing was taken away.
PACKAGES: dict[str, str] = {
    "textual": "the console",
    "rich": "the console",
    "httpcore2": "every check of web pages",
    "dnspython": "every check of the running product",
    "h11": "speed measurements",
    "cryptography": "certificates and key sizes",
    "certifi": "trust in public certificates",
    "publicsuffixlist": "finding registrable domains",
    "idna": "host names in other scripts",
    "keyring": "storing credentials",
    "msgspec": "everything",
    "tomli-w": "writing decisions, people and inventory",
    "click": "the command line",
    "aiosmtplib": "alerts by mail",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing looked at: how it stands (a state's key), in words, and what stays unchecked without it."""

    state: str
    name: str
    words: str
    unchecked: str = ""


@click.command()
@click.option("--offline", is_flag=True, help="Do not test the network.")
@common
@pass_common
def doctor(said: Common, offline: bool) -> int:
    """Show what is installed, how credentials are stored, and what can be reached from this machine.

    With a launch file in the folder the network is tested on its own names only, once you have approved the file;
    without one, by a single DNS query for `com`. Exit code 1: something cannot be checked here.
    """
    from ..workspace.lookout import trusted

    ink = said.ink()
    file, launch_lines = _launch(said)
    # Before somebody has approved the file it is read, and nothing else happens.
    waits = file is not None and not trusted(file, said.options())
    groups = [
        ("Program", [*_program(), *_packages()]),
        ("This launch", launch_lines),
        ("Credentials", [Line("info", "keyring", _WAITS)] if waits else [_keyring(file), *_environment(said, file)]),
    ]
    for title, lines in groups:
        _show(title, lines, ink)
    if waits or offline:
        network = [Line("info", "network", _WAITS if waits else "not tested (--offline)")]
    else:
        network = asyncio.run(_network(said, file))
    _show("Network", network, ink)
    missing = [
        line for _, lines in [*groups, ("", network)] for line in lines if line.unchecked and line.state != "pass"
    ]
    if missing:
        click.echo(ink.paint("What cannot be checked here", "bold"))
        for line in missing:
            click.echo(ink.finish(f"  {ink.glyph(line.state)} {line.unchecked}"))
        return Exit.FOUND
    tail = ", as far as it was tested" if offline or waits else ""
    click.echo(ink.finish(ink.paint(f"● Everything can be checked here{tail}", "pass")))
    return Exit.FINE


_WAITS = "not tested: the launch file is not approved on this computer"


def _show(title: str, lines: list[Line], ink: Ink) -> None:
    click.echo(ink.paint(title, "bold"))
    for line in lines:
        click.echo(ink.finish(f"  {ink.glyph(line.state)} {line.name:18} {ink.fit(line.words, 23)}"))
    click.echo("")


def _program() -> list[Line]:
    terminal = shutil.get_terminal_size()
    colour = (
        "no colours (NO_COLOR)"
        if os.environ.get("NO_COLOR")
        else os.environ.get("COLORTERM") or os.environ.get("TERM") or "no TERM"
    )
    encoding = (sys.stdout.encoding or "unknown").lower()
    small = terminal.columns < 60 or terminal.lines < 16
    return [
        Line("pass", "LaunchReady", __version__),
        Line("pass", "Python", f"{platform.python_version()} on {platform.system()} {platform.release()}"),
        Line("pass", "SQLite", sqlite3.sqlite_version),
        Line(
            "warn" if small else "pass",
            "terminal",
            f"{terminal.columns}x{terminal.lines}, {encoding}, {colour}"
            + ("; the console needs 60x16" if small else ""),
        ),
    ]


def _packages() -> list[Line]:
    from importlib.metadata import PackageNotFoundError, version

    lines = []
    for name, use in PACKAGES.items():
        try:
            lines.append(Line("pass", name, version(name)))
        except PackageNotFoundError:
            lines.append(Line("fail", name, "not installed", f"{use} (install {name})"))
    return lines


def _launch(said: Common) -> tuple[LaunchFile | None, list[Line]]:
    from ..journal import Journal, JournalError
    from ..launch.load import find, load
    from ..launch.problems import LaunchFileError, NewerFile
    from ..launch.trust import permission_words, summary
    from ..workspace import JOURNAL
    from ..workspace.lookout import approved, confirmed, trusted

    path = find(said.where)
    if not path.exists():
        return None, [
            Line("info", "launch file", f"none in {said.where.resolve()}; `launchready init DOMAIN` creates one")
        ]
    try:
        file = load(path)
    except LaunchFileError as error:
        count = len(error.problems)
        return None, [
            Line(
                "fail",
                "launch file",
                f"{plural(count, 'problem')}; `launchready check` lists them",
                "this launch, until its file is fixed",
            )
        ]
    lines = [Line("pass", "launch file", f"{path.resolve()} ({file.launch.domain})")]
    options = said.options()
    if approved(file, options):
        lines.append(Line("pass", "trust", "approved"))
    else:
        words = (
            "used without approval (--trust)" if options.trust else "not approved yet; you are asked at the first use"
        )
        lines.append(Line("info", "trust", f"{words}; SHA-256 {file.sha256}"))
        lines += [Line("info", "it steers", line) for line in summary(file).lines()]
    if trusted(file, options) and (said.where / JOURNAL).exists():
        try:
            with Journal.open(said.where / JOURNAL) as journal:
                lines.append(Line("pass", "journal", f"{len(journal.runs(10**6))} runs"))
        except (JournalError, NewerFile) as error:
            lines.append(Line("fail", "journal", str(error), "everything, until the journal is readable"))
    if file.launch.permission is None:
        lines.append(
            Line(
                "warn",
                "permission",
                "none recorded",
                "what goes beyond an ordinary visit (old TLS versions, CORS): no permission is recorded",
            )
        )
    else:
        words = permission_words(file.launch)
        if confirmed(file, options):
            lines.append(Line("pass", "permission", words))
        else:
            lines.append(
                Line(
                    "warn",
                    "permission",
                    f"{words}; not confirmed on this computer, so it does not count",
                    "what goes beyond an ordinary visit (old TLS versions, CORS): the permission is not confirmed",
                )
            )
    return file, lines


def _environment(said: Common, file: LaunchFile | None) -> list[Line]:
    """The credentials that come from the environment, and where each may go."""
    from ..launch.trust import sent, state_dir
    from ..vault import Vault, variable
    from ..workspace.lookout import limit

    if file is None:
        return []
    vault = Vault(file.launch.domain, state_dir())
    limit(vault, file, said.options())
    lines = [
        Line("pass", variable(entry.name), f"for {', '.join(entry.hosts)}" if entry.hosts else "names no hosts")
        for entry in vault.entries()
        if entry.place == "environment"
    ]
    return [*lines, *(Line("warn", "not sent", why, why) for why in vault.withheld(sent(file.launch)))]


def _keyring(file: LaunchFile | None) -> Line:
    from ..launch.trust import state_dir
    from ..vault import Vault

    status = Vault(file.launch.domain if file else "doctor", state_dir()).status()
    needed = file is not None and any(route.login for route in file.launch.routes)
    unchecked = "routes that need a log-in, unless their credential is in the environment" if needed else ""
    return Line(
        "pass" if status.kind == "ready" else "warn",
        "keyring",
        status.words,
        unchecked if status.kind != "ready" else "",
    )


async def _network(said: Common, file: LaunchFile | None) -> list[Line]:
    """Looks at the launch's own names, or at nothing but DNS."""
    from ..clock import SystemClock
    from ..launch.model import Launch
    from ..workspace import Options, ReachError
    from ..workspace.lookout import reach_for
    from ..world import World
    from .reach import reach_of

    options: Options = said.options()
    launch = file.launch if file else Launch(name="doctor", domain="com.invalid", canonical="https://com.invalid/")
    try:
        reach = reach_for(file, options) if file else reach_of(said)
        async with World(launch, reach, clock=SystemClock()) as world:
            if file is None:
                return [*_resolvers(reach), await _dns(world, "com", "NS")]
            looks = (
                _dns(world, launch.domain, "NS"),
                _web(world, launch.canonical),
                _mail(world, launch.domain),
                _registry(world, file),
            )
            return [*_resolvers(reach), *await asyncio.gather(*looks)]
    except (ReachError, ValueError) as error:
        return [Line("fail", "reach", str(error), "everything on the network, until that option is corrected")]


def _resolvers(reach: Any) -> list[Line]:
    from ..wire.question import system_nameservers

    given = reach.nameservers or system_nameservers()
    if given:
        source = "as given" if reach.nameservers else "of this machine"
        return [Line("pass", "resolvers", f"{', '.join(given)} ({source})")]
    return [
        Line(
            "fail",
            "resolvers",
            "none configured on this machine",
            "everything on the network: no DNS resolver (set one with --nameserver)",
        )
    ]


async def _dns(world: World, name: str, rdtype: str) -> Line:
    from ..failure import Failure

    answer = await world.dns.ask(name, rdtype)
    if isinstance(answer, Failure):
        return Line("fail", "DNS", str(answer), "everything on the network: DNS does not answer")
    if not answer.found:
        return Line(
            "warn",
            "DNS",
            f"answers, but returns no name servers for {name}",
            f"{name}: this resolver cannot resolve it",
        )
    return Line("pass", "DNS", f"answers in {answer.duration_ms:.0f} ms")


async def _web(world: World, url: str) -> Line:
    from ..failure import Failure

    reply = await world.web.get(url, method="HEAD")
    if isinstance(reply, Failure):
        return Line("warn", "HTTPS", str(reply), f"web and certificate checks: {url} cannot be reached from here")
    return Line("pass", "HTTPS", f"{url} answers {reply.status} in {reply.phases.total:.0f} ms")


async def _mail(world: World, domain: str) -> Line:
    from ..failure import Failure

    answer = await world.dns.ask(domain, "MX")
    if isinstance(answer, Failure) or not answer.found:
        return Line("info", "SMTP", "not tested: the domain has no mail server")
    host = answer.records[0].split()[-1]
    sight = await world.mail.greet(host)
    if isinstance(sight, Failure):
        why = "outgoing port 25 is blocked here, as on many networks, or the server is down"
        return Line("warn", "SMTP", f"{sight}; {why}", "whether mail servers answer and offer encryption (email.mx)")
    return Line("pass", "SMTP", f"{host} greets with {sight.code}")


async def _registry(world: World, file: LaunchFile) -> Line:
    from ..failure import Failure

    if not file.launch.announced or "rdap" not in file.launch.settings.services:
        return Line("info", "RDAP", "switched off in the launch file")
    found = await world.registry.domain(file.launch.domain)
    if isinstance(found, Failure):
        return Line(
            "warn",
            "RDAP",
            str(found),
            "registration and its expiry (audit.registrar): the registry cannot be reached from here",
        )
    return Line("pass", "RDAP", f"answers through {found.source}")

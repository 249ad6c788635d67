"""`launchready init`: looks at a domain and writes its launch file; adds routes from a recording or a description."""

from __future__ import annotations

import asyncio
from collections.abc import Sized
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from .options import Common, common, pass_common
from .say import CouldNotRun, Exit, note

if TYPE_CHECKING:
    from ..launch.model import Launch
    from ..workspace.detect import Imported, Proposal

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("domain", required=False)
@click.option("--name", help="Use this product name [default: made from the domain].")
@click.option(
    "--har",
    "hars",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Add the routes of a browser recording (HAR).",
)
@click.option(
    "--openapi",
    "openapis",
    type=_FILE,
    multiple=True,
    metavar="FILE",
    help="Add the routes of an OpenAPI document (JSON).",
)
@click.option("--offline", is_flag=True, help="Contact nothing; write only what follows from the domain.")
@common
@pass_common
def init(
    said: Common,
    domain: str | None,
    name: str | None,
    hars: tuple[Path, ...],
    openapis: tuple[Path, ...],
    offline: bool,
) -> int:
    """Visit DOMAIN as a visitor would, and write launchready.toml with what was detected.

    Inside a git repository the file names it, with its name at GitHub. --ca-file, --nameserver and --connect are
    written too, so that later commands need none of them. At a terminal two lines ask for the permission and the
    payment provider; Enter skips each.

    An existing file is never overwritten. If no host of DOMAIN answers, nothing is written without --offline.
    Without DOMAIN, --har and --openapi add routes to the existing launch file.
    """
    from ..launch.load import find

    path = find(said.where)
    if domain is None:
        if not (hars or openapis):
            raise click.UsageError("name a domain, such as `launchready init example.com`")
        return _add_routes(path, hars, openapis)
    if path.exists():
        raise click.UsageError(f"{path} exists and is not overwritten: edit it, or use another folder (-C DIR)")
    proposal = _propose(domain, said, offline)
    if proposal.seen and not proposal.found:
        _tell(proposal)
        raise CouldNotRun(
            f"no host of {proposal.launch.domain} answers, so nothing was written. Check the spelling and the "
            "network (`launchready doctor`); `launchready init --offline` writes the file anyway"
        )
    launch = proposal.launch
    if name:
        launch = msgspec.structs.replace(launch, name=name)
    launch = _asked(_with_options(_with_repository(launch, path.parent), said, path.parent), said)
    imported = _imported(launch, hars, openapis)
    launch = msgspec.structs.replace(
        launch, routes=(*launch.routes, *(route for one in imported for route in one.routes))
    )
    _write(path, launch, proposal, imported)
    return Exit.FINE


def _propose(domain: str, said: Common, offline: bool) -> Proposal:
    from ..workspace.detect import seed, tidy_domain
    from ..workspace.detect.proposal import Proposal

    try:
        tidied = tidy_domain(domain)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if offline:
        return Proposal(launch=seed(tidied), seen=())
    note(f"Visiting {tidied}")
    return asyncio.run(_detect(tidied, said))


async def _detect(domain: str, said: Common) -> Proposal:
    from ..clock import SystemClock
    from ..workspace.detect import detect, seed
    from ..world import World
    from .reach import reach_of

    async with World(seed(domain), reach_of(said), clock=SystemClock()) as world:
        return await detect(domain, world)


def _with_repository(launch: Launch, folder: Path) -> Launch:
    """The launch with the git repository that its file lies in."""
    from ..workspace.detect import find_repository

    found = find_repository(folder)
    if found is None:
        return launch
    note(f"Repository: {found.path}" + (f", {found.github} at GitHub" if found.github else ""))
    return msgspec.structs.replace(launch, repository=found)


def _with_options(launch: Launch, said: Common, folder: Path) -> Launch:
    """The launch with the options that it was reached by. Raises ReachError for a connect rule that cannot be used."""
    from .reach import reach_of

    reach = reach_of(said)
    connect: dict[str, str] = {}
    for source, _, target in (str(rule).partition("=") for rule in reach.connect.rules):
        connect.setdefault(source, target)  # of two rules for one host the first counts
    settings = msgspec.structs.replace(
        launch.settings, nameservers=reach.nameservers, ca_file=_from(folder, reach.ca_file) if reach.ca_file else ""
    )
    return msgspec.structs.replace(launch, settings=settings, connect=connect)


def _from(folder: Path, file: Path) -> str:
    """A file as the launch file of a folder names it: by its way from there, or by its whole path where it lies
    elsewhere."""
    whole, here = file.resolve(), folder.resolve()
    return (whole.relative_to(here) if whole.is_relative_to(here) else whole).as_posix()


def _asked(launch: Launch, said: Common) -> Launch:
    """The launch with what a person answers at a terminal; elsewhere it is said how to add that."""
    from .options import may_ask

    if may_ask():
        launch = _permission(launch, said)
        launch = _payments(launch)
    missing = [name for name in ("permission", "payments") if getattr(launch, name) == getattr(_least(), name)]
    for name in missing:
        note(_TO_ADD[name].format(domain=launch.domain))
    return launch


def _permission(launch: Launch, said: Common) -> Launch:
    from ..clock import SystemClock
    from ..launch.model import Permission
    from ..persons import PersonId

    by = click.prompt(
        "Who allows checks beyond an ordinary visit? (name or role, Enter skips)",
        default="",
        show_default=False,
        value_proc=str.strip,
        err=True,
    )
    if not by:
        return launch
    on = (said.now or SystemClock().now()).date()
    return _tried(launch, permission=Permission(by=PersonId(by), on=on, domains=(launch.domain,)))


def _payments(launch: Launch) -> Launch:
    from ..launch.model import Payments

    provider = click.prompt(
        "Which payment provider is used? (such as stripe, or none; Enter skips)",
        default="",
        show_default=False,
        value_proc=lambda value: value.strip().lower(),
        err=True,
    )
    return _tried(launch, payments=Payments(provider=provider)) if provider else launch


def _tried(launch: Launch, **more: object) -> Launch:
    """The launch with an answer; without it, and with the reason told, where the launch file cannot hold it."""
    from ..launch.load import parse
    from ..launch.problems import LaunchFileError
    from ..launch.write import text_of

    try:
        return parse(text_of(msgspec.structs.replace(launch, **more)).encode())
    except LaunchFileError as why:
        note(f"Not written: {why}")
        return launch


def _least() -> Launch:
    from .reach import no_launch

    return no_launch()


def _tell(proposal: Proposal) -> None:
    for look in proposal.seen:
        note(f"  {_SIGN[look.outcome]} {look.text}")


def _write(path: Path, launch: Launch, proposal: Proposal, imported: list[Imported]) -> None:
    from ..launch.ignore import ignore_private
    from ..launch.trust import Trust, permission_hash, state_dir
    from ..launch.write import write_new

    _tell(proposal)
    for one in imported:
        for remark in one.notes:
            note(f"  {remark}")
    file = write_new(path, launch, notes=proposal.notes())
    Trust(state_dir()).remember(file.sha256)
    if file.launch.permission:
        Trust(state_dir()).remember(permission_hash(file.launch))
    ignored = ignore_private(path.parent)
    counted = ", ".join((_count(launch.hosts, "host"), _count(launch.routes, "route"), _count(launch.pages, "page")))
    note(f"Wrote {path}: {counted}")
    if ignored:
        note(f"Added to .gitignore: {', '.join(ignored)}")
    note("Review it, then run `launchready check`, or `launchready` for the console.")


def _imported(launch: Launch, hars: tuple[Path, ...], openapis: tuple[Path, ...]) -> list[Imported]:
    """The routes of all files, each name once."""
    from ..workspace.detect import read_har, read_openapi

    hosts = {launch.domain, launch.canonical_host, *(host.name for host in launch.hosts)}
    taken = [route.name for route in launch.routes]
    found: list[Imported] = []
    for path, is_har in [*((one, True) for one in hars), *((one, False) for one in openapis)]:
        raw = path.read_bytes()
        one = read_har(raw, hosts, taken) if is_har else read_openapi(raw, hosts, launch.canonical, taken)
        taken += [route.name for route in one.routes]
        found.append(one)
    return found


def _add_routes(path: Path, hars: tuple[Path, ...], openapis: tuple[Path, ...]) -> int:
    from ..launch.load import load
    from ..launch.trust import Trust, state_dir
    from ..launch.write import append

    file = load(path)
    imported = _imported(file.launch, hars, openapis)
    known = {(route.method, route.url) for route in file.launch.routes}
    routes = [route for one in imported for route in one.routes if (route.method, route.url) not in known]
    for one in imported:
        for remark in one.notes:
            note(f"  {remark}")
    if not routes:
        note("Found no new routes on this launch's hosts: nothing was changed.")
        return Exit.FINE
    trust = Trust(state_dir())
    trusted = trust.knows(file.sha256)
    new = append(path, "routes", *routes, expected=file.sha256)
    if trusted:
        trust.remember(new.sha256)
    for route in routes:
        note(f"  {route.method} {route.url}  ({route.flow}{', measured' if route.safe else ''})")
    note(f"Added {_count(routes, 'route')} to {path}")
    return Exit.FINE


def _count(things: Sized, word: str) -> str:
    return f"{len(things)} {word}" + ("" if len(things) == 1 else "s")


_TO_ADD = {
    "permission": "Checks beyond an ordinary visit need a permission: fill in [permission] (by, on, domains = "
    '["{domain}"]) in launchready.toml',
    "payments": "Payments are not described yet: fill in [payments] in launchready.toml (provider, webhook; or "
    'provider = "none")',
}
_SIGN = {"seen": "+", "not-there": "-", "could-not-look": "?"}

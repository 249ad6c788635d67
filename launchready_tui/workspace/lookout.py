"""What watching needs of a launch, and no more: the launch file, where it may connect, the credentials. What people
wrote beside it (decisions, inventory, people, the journal) may be damaged: an outage is told all the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from ..clock import Clock, FixedClock, SystemClock
from ..journal import Journal, JournalError
from ..launch.decisions import DecisionsFile
from ..launch.inventory import InventoryFile
from ..launch.load import find, load
from ..launch.model import Launch, LaunchFile, Unconfirmed
from ..launch.people import PeopleFile
from ..launch.problems import FileProblems, NewerFile
from ..launch.trust import Trust, leads, permission_hash, sent, state_dir, summary
from .errors import NotTrusted, ReachError
from .options import Options

if TYPE_CHECKING:
    from ..vault import Vault
    from ..wire import Reach

JOURNAL = Path(".launchready") / "journal.sqlite3"


class Lookout:
    """An open launch of which only the launch file was read. `Workspace` builds on it."""

    def __init__(self, launch_file: LaunchFile, options: Options, reach: Reach, vault: Vault) -> None:
        """Use `look`."""
        self.options = options
        self.folder = launch_file.folder
        self.demo = options.demo
        self.clock: Clock = FixedClock(options.now) if options.now else SystemClock()
        self.reach = reach
        self.vault = vault
        self._take(launch_file)

    @classmethod
    def look(cls, folder: Path, options: Options | None = None) -> Lookout:
        """Reads the launch file in this folder. Raises LaunchFileError (everything wrong with it), NotTrusted (an
        unseen one, with what it would reach) and ReachError (an option that cannot be used)."""
        options = options or Options()
        launch_file = load(find(folder))
        state = options.state_dir or state_dir()
        if not trusted(launch_file, options):
            raise NotTrusted(launch_file.path, launch_file.sha256, summary(launch_file), options.trust_hash)
        return Lookout(
            launch_file, options, reach_for(launch_file, options), _vault(launch_file.launch, state, options)
        )

    @property
    def launch(self) -> Launch:
        """As last read from disk."""
        return self.launch_file.launch

    @property
    def via(self) -> str:
        """`connect-map` where connections are led elsewhere, so that every report can say so."""
        from ..wire import VIA

        return VIA if self.reach.connect else ""

    def close(self) -> None:
        """Lets go of what is open: nothing, here."""

    def unread(self) -> tuple[str, ...]:
        """What lies beside the launch file and cannot be read now, each with its reason. Reads files: call it off the
        loop."""
        found = []
        for kind in (DecisionsFile, InventoryFile, PeopleFile):
            try:
                kind(self.folder / kind.NAME).load()
            except (FileProblems, NewerFile, OSError) as why:
                found.append(f"{kind.NAME}: {_first_line(why)}")
        if (self.folder / JOURNAL).exists():
            try:
                with Journal.open(self.folder / JOURNAL, demo=self.demo) as journal:
                    journal.latest()
            except (JournalError, NewerFile, OSError) as why:
                found.append(_first_line(why))
        return tuple(found)

    def refresh(self) -> bool:
        """Reads the launch file again. True if it is another one.

        Raises NotTrusted when it was changed and not allowed yet, and LaunchFileError when it is wrong: the old one
        then stays in use.
        """
        found = load(self.launch_file.path)
        if found.sha256 == self.launch_file.sha256:
            return False
        if not trusted(found, self.options):
            raise NotTrusted(found.path, found.sha256, summary(found), self.options.trust_hash)
        self.reach = reach_for(found, self.options)
        self._take(found)
        return True

    @property
    def approved(self) -> bool:
        """Whether somebody has approved this very launch file: for the demo nobody has to."""
        return approved(self.launch_file, self.options)

    @property
    def unconfirmed(self) -> bool:
        """Whether the launch file records a permission that nobody has confirmed on this machine: it does not count."""
        return isinstance(self.launch.permission, Unconfirmed)

    @property
    def withheld(self) -> tuple[str, ...]:
        """Which credentials of the environment do not go where the launch file would send them, and why."""
        return self.vault.withheld(sent(self.launch))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What to tell whoever opens it, a line each."""
        return self.withheld

    def confirm_permission(self) -> None:
        """The person at the keyboard says that the recorded permission was given. Raises OSError."""
        self._trust().remember(permission_hash(self.launch))
        self._take(load(self.launch_file.path))

    def _take(self, found: LaunchFile) -> None:
        """Uses this launch file: its permission as far as it was confirmed, credentials as far as it may steer them."""
        launch = found.launch
        given = launch.permission
        if given and not confirmed(found, self.options):
            found = msgspec.structs.replace(
                found, launch=msgspec.structs.replace(launch, permission=Unconfirmed(**msgspec.structs.asdict(given)))
            )
        self.launch_file = found
        limit(self.vault, found, self.options)

    def _trust(self) -> Trust:
        return Trust(self.options.state_dir or state_dir())


def _first_line(why: Exception) -> str:
    return str(why).partition("\n")[0]


def approved(launch_file: LaunchFile, options: Options) -> bool:
    """Whether somebody has approved this very file: at the question, by its hash, or by having written it."""
    return (
        options.demo
        or options.trust_hash == launch_file.sha256
        or Trust(options.state_dir or state_dir()).knows(launch_file.sha256)
    )


def trusted(launch_file: LaunchFile, options: Options) -> bool:
    """Whether this file may be used at all: approved, or any is (`--trust`)."""
    return options.trust or approved(launch_file, options)


def confirmed(launch_file: LaunchFile, options: Options) -> bool:
    """Whether the permission in this file counts: confirmed on this machine, or approved with the whole file by its
    hash."""
    return (
        options.demo
        or options.trust_hash == launch_file.sha256
        or Trust(options.state_dir or state_dir()).knows(permission_hash(launch_file.launch))
    )


def limit(vault: Vault, launch_file: LaunchFile, options: Options) -> None:
    """Lets credentials go where an approved file sends them, and no further than others said where none was
    approved."""
    hosts: dict[str, tuple[str, ...]] = {}
    if approved(launch_file, options):
        for name, host in sent(launch_file.launch):
            hosts[name] = (*hosts.get(name, ()), host)
        vault.allow(hosts)
    else:
        vault.allow({}, kept_back=_LEADS if leads(launch_file.launch) else "")


_LEADS = (
    "the launch file was not approved and decides where its hosts lead ([connect], nameservers or ca_file); approve "
    "it with --trust HASH"
)


def reach_for(launch_file: LaunchFile, options: Options) -> Reach:
    """How a run of this launch reaches out: the options before the file. Raises ReachError."""
    from ..wire import ConnectMap, Reach

    settings = launch_file.launch.settings
    given = [*options.connect, *(f"{source}={target}" for source, target in launch_file.launch.connect.items())]
    ca_file = options.ca_file or (launch_file.folder / settings.ca_file if settings.ca_file else None)
    if ca_file is not None and not ca_file.is_file():
        raise ReachError(f"{ca_file} is not a file. Pass a file of PEM certificates to --ca-file")
    try:
        return Reach(
            connect=ConnectMap.parse(given),
            nameservers=options.nameservers or settings.nameservers,
            ca_file=ca_file,
            private=settings.private_addresses,
            refuse_unmapped=options.refuse_unmapped,
        )
    except ValueError as error:
        raise ReachError(str(error)) from error


def _vault(launch: Launch, state: Path, options: Options) -> Vault:
    from ..vault import Vault

    vault = Vault("demo" if options.demo else launch.domain, state)
    for name, value, host in options.secrets:
        vault.lend(name, value, (host,))
    return vault

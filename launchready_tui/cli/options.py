"""Options that stand everywhere: before the command or after it, the later one counts, lists add up."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from .values import ANY, ENDPOINT, MOMENT, Allow, Approved

if TYPE_CHECKING:
    from datetime import datetime

    from ..verdict.report.ink import Ink
    from ..workspace import Options, Workspace
    from ..workspace.lookout import Lookout

Function = TypeVar("Function", bound=Callable[..., Any])
Opened = TypeVar("Opened", bound="Lookout")


@dataclass
class Common:
    """What was said on the command line, for every command alike."""

    folder: Path | None = None
    connect: tuple[str, ...] = ()
    nameservers: tuple[str, ...] = ()
    ca_file: Path | None = None
    now: datetime | None = None
    allow: tuple[str, ...] = ()
    trust: str = ""
    """`any`, or the SHA-256 of the one launch file that is approved."""
    verbose: bool = False
    """Whether each saved result gets a line of its own on stderr."""
    plain: bool = False
    no_color: bool = False

    @property
    def where(self) -> Path:
        """The folder of the launch."""
        return self.folder or Path()

    def options(self) -> Options:
        """As the workspace takes them."""
        from ..workspace import Options

        return Options(
            connect=self.connect,
            nameservers=self.nameservers,
            ca_file=self.ca_file,
            now=self.now,
            allow=cast("Any", frozenset(word for words in self.allow for word in words.split(","))),
            trust=self.trust == ANY,
            trust_hash=self.trust if self.trust != ANY else "",
        )

    def open(self) -> Workspace:
        """Opens the workspace; an unseen launch file, and a permission that it records, are asked about at a terminal.
        The caller closes it."""
        from ..workspace import Workspace

        return self._through(Workspace.open)

    def look(self) -> Lookout:
        """The same for watching: only the launch file is needed, whatever became of the rest."""
        from ..workspace.lookout import Lookout

        return self._through(Lookout.look)

    def _through(self, door: Callable[[Path, Options], Opened]) -> Opened:
        from ..workspace import NotTrusted
        from .say import note

        try:
            ws = door(self.where, self.options())
        except NotTrusted as question:
            if not may_ask():
                raise click.UsageError(
                    "\n".join([str(question), *(f"  {line}" for line in question.summary.lines())])
                ) from None
            self._ask(question)
            ws = door(self.where, self.options())
        try:
            _confirm(ws)
            for line in ws.remarks:
                note(f"Note: {line}")
        except BaseException:
            ws.close()
            raise
        return ws

    def _ask(self, question: Any) -> None:
        from ..launch.trust import Trust, state_dir
        from .say import note

        note(
            f"{question.path.name} is new or has changed since it was last used on this computer. It would connect to "
            "and use:"
        )
        for line in question.summary.lines():
            note(f"  {line}")
        note(f"  SHA-256: {question.sha256}")
        if not click.confirm("Use this launch file?", default=False, err=True):
            raise click.UsageError(f"{question.path.name} was not approved: nothing was done")
        Trust(state_dir()).remember(question.sha256)

    def told_saved(self, saved: str) -> None:
        """Says on stderr, where --verbose asks for it, that a result is on disk under this id."""
        from .say import note

        if self.verbose:
            note(f"saved {saved}")

    def ink(self) -> Ink:
        """How stdout is written to: colour at a terminal only, and never against NO_COLOR (https://no-color.org)."""
        from ..verdict.report.ink import Ink

        terminal = sys.stdout.isatty()
        colour = terminal and not self.no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        if not terminal:
            return Ink(plain=self.plain)
        import shutil

        width = max(60, min(shutil.get_terminal_size().columns, 140))
        return Ink(colour=colour, plain=self.ascii(sys.stdout), width=width)

    def ascii(self, stream: Any) -> bool:
        """Whether a terminal gets ASCII in place of glyphs: as it was asked for, or because the terminal cannot show
        them."""
        return self.plain or not _can_show(stream) or not _has_glyphs(os.environ)


def _has_glyphs(environment: Mapping[str, str]) -> bool:
    """False where the environment says that the terminal has no such glyphs: a bare console, or a locale that is not
    UTF-8.

    Python itself writes UTF-8 under LC_ALL=C (PEP 540), so the stream alone does not tell.
    """
    if environment.get("TERM") in ("dumb", "linux", "vt100", "vt220"):
        return False
    said = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    language, _, codes = said.partition(".")
    codes = codes.partition("@")[0].lower().replace("-", "")
    return codes == "utf8" if codes else language not in ("C", "POSIX")


def _can_show(stream: Any) -> bool:
    try:
        "●✕▲◆".encode(getattr(stream, "encoding", None) or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _confirm(ws: Lookout) -> None:
    """Asks once whether a recorded permission was really given: a file that came from elsewhere cannot allow itself
    anything."""
    if not ws.unconfirmed:
        return
    from ..launch.trust import permission_words
    from .say import note

    said = f"{ws.launch_file.path.name} records a permission for intrusive checks: {permission_words(ws.launch)}."
    if ws.options.trust or not may_ask():
        note(
            f"Note: {said} It does not count: nobody has confirmed it on this computer. Run `launchready check` in a "
            f"terminal, or pass --trust {ws.launch_file.sha256}."
        )
        return
    note(f"{said} Intrusive checks go beyond an ordinary visit, such as zone transfers and test users.")
    if click.confirm("Was this permission given?", default=False, err=True):
        ws.confirm_permission()
    else:
        note("The permission does not count.")


def may_ask() -> bool:
    """Whether somebody is at a terminal to answer."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _keep(context: click.Context, parameter: click.Parameter, value: Any) -> Any:
    """Puts what was said into the one Common of this call."""
    if value is None or value == () or value is False or context.resilient_parsing:
        return value
    said = context.find_root().ensure_object(Common)
    name = str(parameter.name)
    kept = getattr(said, name)
    setattr(said, name, (*kept, *value) if isinstance(kept, tuple) else value)
    return value


def common(function: Function) -> Function:
    """Adds the options that stand everywhere."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def _option(*names: str, **more: Any) -> Callable[[Function], Function]:
    return click.option(*names, expose_value=False, callback=_keep, **more)


_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OPTIONS = (
    _option("-C", "folder", metavar="DIR", type=_FOLDER, help="Use the launch in DIR [default: this folder]."),
    _option(
        "--connect",
        multiple=True,
        metavar="HOST[:PORT]=ADDR[:PORT]",
        help="Connect to ADDR instead of HOST (* for any host); URL and certificate checks keep the name.",
    ),
    _option(
        "--nameserver",
        "nameservers",
        multiple=True,
        type=ENDPOINT,
        metavar="ADDR[:PORT]",
        help="Use this DNS resolver [default: that of this machine].",
    ),
    _option(
        "--ca-file",
        type=_FILE,
        metavar="FILE",
        help="Trust these authorities as well (PEM); SSL_CERT_FILE and SSL_CERT_DIR replace Mozilla's list.",
    ),
    _option("--now", type=MOMENT, metavar="TIME", help="Judge as of TIME; the run is not saved as a real one."),
    _option(
        "--allow",
        type=Allow(),
        multiple=True,
        metavar="WHAT,…",
        help="Allow actions beyond reading: mail, load, build, smoke, intrusive.",
    ),
    _option(
        "--trust",
        is_flag=False,
        flag_value=ANY,
        type=Approved(),
        metavar="[HASH]",
        help="Use this launch file without asking for approval (for CI): the one with this SHA-256, or any. Without "
        "HASH its [permission] does not count, and credentials need LAUNCHREADY_NAME_HOSTS.",
    ),
    _option("--verbose", is_flag=True, help="Print a `saved ID` line to stderr for each saved result."),
    _option("--plain", is_flag=True, help="Print ASCII instead of glyphs."),
    _option("--no-color", is_flag=True, help="Print without colours, as with NO_COLOR in the environment."),
)

pass_common = click.make_pass_decorator(Common, ensure=True)

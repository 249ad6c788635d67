"""Handing over: the export with its choices, and names under the lines of the checklist."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from .. import words
from ..widgets.form import Field
from . import decide

if TYPE_CHECKING:
    from ...handover import Document, Record
    from ...handover.profile import Profile
    from ...workspace import Workspace
    from ..host import ConsoleHost

PROFILES = (("founder", "the founder: everything"), ("team", "the team: no names, contacts, hours, payers"))
COMPARED = (("yes", "searched for stored credentials"), ("no", "written even where one cannot be read"))
ZONE = (("kept", "from the check results"), ("ask", "queried from DNS now"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the folder is to be written."""

    out: Path
    profile: Profile
    key: Path | None
    ask_dns: bool
    without_comparing: bool


class Writer(Protocol):
    """The page that shows the folder's documents and writes it."""

    documents: tuple[Document, ...]
    exporting: bool

    def begin(self, wanted: Wanted) -> None:
        """Starts to write."""


def _is_key(value: str) -> str:
    try:
        there = Path(value).expanduser().is_file()
    except (OSError, RuntimeError):
        there = False
    return "" if there else "no such file; use an SSH key such as ~/.ssh/id_ed25519, or leave it empty"


async def export(app: ConsoleHost, page: Writer) -> None:
    """Asks for whom and how, then writes the folder."""
    from ...handover import not_filled

    if page.exporting:
        app.say("The folder is already being written")
        return
    out, missing = app.out, len(not_filled(page.documents))

    def save(values: dict[str, str]) -> str:
        key = Path(values["key"]).expanduser() if values["key"] else None
        profile: Profile = "team" if values["profile"] == "team" else "founder"
        page.begin(Wanted(out, profile, key, values["zone"] == "ask", values["compared"] == "no"))
        return "Writing the handover folder …"

    lines = [
        f"Writes a folder and a zip to {out}; older ones are never changed.",
        f"{words.plural(missing, 'fact')} will be marked as missing." if missing else "It is complete.",
        "The founder's copy contains names and contacts: share it only with those who run the product.",
    ]
    fields = [
        Field("profile", "for", "founder", "choice", PROFILES),
        Field(
            "key",
            "sign with",
            hint="~/.ssh/id_ed25519; add a key with a passphrase to the agent first (ssh-add)",
            check=_is_key,
        ),
        Field("zone", "zone file", "kept", "choice", ZONE),
        Field("compared", "files", "yes", "choice", COMPARED),
    ]
    await app.ask_form("Export the handover folder", lines, fields, save, "export")


def fresh_records(workspace: Workspace) -> tuple[Record, ...]:
    """The records of the launch's names as DNS answers now; nothing where none answers, and then what the checks kept
    stands."""
    import asyncio

    from ...handover import ask

    async def look() -> tuple[Record, ...]:
        async with workspace.open_world() as world:
            return await ask(world, workspace.launch)

    records = asyncio.run(look())
    return records if any(record.data for record in records) else ()


async def sign_a_line(app: ConsoleHost) -> None:
    """A name under a line of the checklist."""
    from ...handover import signing

    signed = {one.what: one for one in app.workspace.decisions.signed}
    lines = {item.id: item for item in signing.lines()}

    def told(name: str) -> str:
        found = signed.get(name)
        return f"signed by {app.snapshot.name(found.by)}, {found.on:%d %b}" if found else ""

    async def chosen(name: str | None) -> None:
        if name is not None:
            await _sign(app, name, lines[name].text)

    await app.choose("Sign", [(name, item.text, told(name)) for name, item in lines.items()], chosen, wide=True)


async def _sign(app: ConsoleHost, what: str, words: str) -> None:
    from ...handover import signing

    workspace = app.workspace

    def save(values: dict[str, str]) -> str:
        now, by = workspace.clock.now(), values["by"]
        signing.sign(
            workspace, what, "signed", by, recorded_by=workspace.options.recorded_by, now=now, note=values["note"]
        )
        return f"Signed by {app.snapshot.name(by)}"

    fields = [decide.who(app, "by", "signed by"), Field("note", "note", hint="what was seen, and where")]
    lines = [words + ".", "A signature confirms what someone has seen, not what is planned."]
    await app.ask_form("Sign a line of the checklist", lines, fields, save, f"sign {what}")

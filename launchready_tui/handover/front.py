"""The front of the bundle: the lead of START-HERE.html, README.md and VERIFY.txt."""

from __future__ import annotations

from .. import text
from ..findings import State
from ..wording import listed, minutes, plural
from . import emergency, markdown, page
from .blocks import Block, Cell, Para, Steps, Table
from .draft import plain
from .model import Document, Gap, not_filled
from .pages.checklist import five_questions
from .snapshot import Snapshot
from .words import OPEN, column_list, moment, state_cell

_TONES = {"GO": ("●", "pass"), "GO WITH ACCEPTED RISKS": ("◆", "accepted"), "NO-GO": ("✕", "fail")}

ABOUT: tuple[tuple[str, str], ...] = (
    ("START-HERE.html", "everything on one page; open it in any browser, print it, or save it as PDF"),
    (
        "EMERGENCY-CARD.html",
        "one sheet for the wall: how to roll back, how to take the product offline, who to call, where to change DNS",
    ),
    ("01-risks.md", "the ten most urgent risks to the launch, and the risks you accepted"),
    ("02-domain-map.md", "every public host name, where it points, who owns it"),
    ("03-email.md", "who sends and receives mail, and the DNS records for it"),
    ("04-deploy.md", "how a change reaches production, and how to roll it back"),
    ("05-performance.md", "how fast the product is"),
    ("06-monitoring.md", "who is alerted when it breaks"),
    ("07-checklist.md", "what must be true when the founder runs it alone"),
    ("08-access.md", "systems, accounts, bills, and who has access"),
    ("09-recovery.md", "what to do when something breaks; backups"),
    ("10-launch-day.md", "who to call, when, in which order"),
    ("11-reports.md", "the appendix: everything that was checked"),
    ("dns/", "zone files rebuilt from public DNS answers; not the zone itself"),
    ("calendar/renewals.ics", "what expires or is due for review; import it into your calendar"),
    ("edge/", "redirects, headers and caching rules to paste, for nginx, Cloudflare, Vercel and Netlify"),
    (
        "monitoring/",
        "ways to run the watch: systemd unit, container, Prometheus, Gatus, Healthchecks (not in the team's folder)",
    ),
    ("reports/", "the checks for CI servers (JUnit)"),
    ("data/", "the same data for spreadsheets (CSV) and programs (launchready.json, with its schema.json)"),
    ("VERIFY.txt", "how to check that nothing was changed since"),
    ("SHA256SUMS", "the fingerprint of every file; SHA256SUMS.sig if it was signed"),
)


def lead(shot: Snapshot, documents: tuple[Document, ...]) -> tuple[Block, ...]:
    """What a founder reads first: the verdict, whether they could run it alone, and the minimum bar."""
    verdict = shot.verdict
    glyph, tone = _TONES[verdict.word]
    answered, of = shot.answered
    work = f" About {minutes(verdict.minutes_left)} of fixes remain." if verdict.minutes_left else ""
    places = {one.title: f"#{one.id}" for one in documents}
    questions = tuple(
        (plain(words), answer, Cell(where, link=places.get(where, ""))) for words, answer, where in five_questions(shot)
    )
    bar = tuple(
        (
            plain(f"{light.light.title}: {light.light.means}"),
            OPEN if light.state is State.UNKNOWN else state_cell(light.state),
            plain("lit" if light.lit else "dark"),
        )
        for light in verdict.lights
    )
    return (
        Para(
            verdict.label, "verdict", "pass" if tone == "pass" else "accepted" if tone == "accepted" else "fail", glyph
        ),
        Para(
            f"This folder contains what you need to run {text.clean(shot.launch.name)} without the people who built "
            f"it. "
            f"{answered} of {plural(of, 'check')} are answered.{work} What is not known yet is marked “Missing”.",
            "lead",
        ),
        *((Steps(tuple(f"{reason}." for reason in verdict.reasons), numbered=False),) if verdict.reasons else ()),
        Table("If the engineer vanished tomorrow", column_list("could you …|answer|read more in"), questions),
        Table(
            f"Minimum bar: {'fragile' if verdict.fragile else 'all eight lights are lit'}",
            column_list("light|state|bar"),
            bar,
        ),
    )


def start_here(shot: Snapshot, documents: tuple[Document, ...]) -> bytes:
    """START-HERE.html: all documents on one page, which needs no other file and asks nothing of the net."""
    name = text.clean(shot.launch.name)
    html = page.render(
        f"{name}: handover",
        lead(shot, documents),
        documents,
        shot.banners,
        (name, text.clean(shot.launch.domain), moment(shot.made_at)),
        f"Made by LaunchReady on {moment(shot.made_at)}. {_shared(shot)}",
        emergency.blocks(shot),
    )
    return html.encode("utf-8")


def _shared(shot: Snapshot) -> str:
    if shot.profile == "team":
        return (
            "This is the team's folder: it contains no personal names and no secrets. Names and phone numbers are in "
            "the founder's folder."
        )
    return "It names people and systems but contains no secrets: share it with care."


def card(shot: Snapshot) -> bytes:
    """EMERGENCY-CARD.html: one sheet."""
    name = text.clean(shot.launch.name)
    html = page.card(
        f"{name}: when something breaks",
        emergency.blocks(shot),
        shot.banners,
        (name, text.clean(shot.launch.domain), moment(shot.made_at)),
        "Print it and hang it up. It contains no passwords; keys are in the team's vault.",
    )
    return html.encode("utf-8")


def readme(shot: Snapshot, documents: tuple[Document, ...]) -> bytes:
    """README.md: what lies where in the folder, and what is not filled."""
    files = Table(
        "In this folder", column_list("file|+what it is"), tuple((plain(file), plain(words)) for file, words in ABOUT)
    )
    gaps = Table(
        "Still missing",
        column_list("document|+what is missing|#key in the console"),
        tuple((plain(_asking(documents, gap)), plain(gap.text), plain(gap.screen)) for gap in not_filled(documents)),
        empty="Nothing: every document is complete.",
    )
    blocks = (*lead(shot, documents), files, gaps)
    foot = f"Made by LaunchReady on {moment(shot.made_at)}. {_shared(shot)}"
    return markdown.render(f"{text.clean(shot.launch.name)}: handover", shot.banners, blocks, foot).encode("utf-8")


def _asking(documents: tuple[Document, ...], gap: Gap) -> str:
    """The documents in which this stands as not filled."""
    return listed([one.title for one in documents if gap in one.gaps])


def verify_txt(shot: Snapshot) -> bytes:
    """VERIFY.txt: how to check the fingerprints with what each system brings."""
    banners = "".join(f"{banner}\n\n" for banner in shot.banners)
    return f"{banners}{_VERIFY}".encode()


_VERIFY = """HOW TO CHECK THAT NOTHING IN THIS FOLDER WAS CHANGED

SHA256SUMS contains the fingerprint of every file, taken when the folder was made.
If one letter of one file changes, its fingerprint no longer matches.

With LaunchReady (finds missing and extra files too):

    launchready verify .

macOS, in a terminal in this folder:

    shasum -a 256 -c SHA256SUMS

Linux, in a terminal in this folder:

    sha256sum -c SHA256SUMS

Windows, in PowerShell in this folder (prints the files that do not match):

    Get-Content SHA256SUMS -Encoding UTF8 | ForEach-Object {
      $sum, $file = $_ -split '  ', 2
      if ((Get-FileHash -LiteralPath $file -Algorithm SHA256).Hash -ne $sum) { $file }
    }

This proves that the files are unchanged. It does not prove who made them:
anyone who can change a file can also write a new SHA256SUMS. If that matters, keep
the fingerprint of SHA256SUMS itself somewhere else, or have the folder signed.

If there is a SHA256SUMS.sig, ask the signer for their public key (one line
that begins with ssh-), save it in a file called signer.pub, and verify:

    launchready verify . --key signer.pub

Without LaunchReady, on macOS, Linux or Windows with OpenSSH 8.1 or later:

    (printf "signer "; cat signer.pub) > allowed
    ssh-keygen -Y verify -f allowed -I signer -n launchready-handover -s SHA256SUMS.sig < SHA256SUMS

To check a month later whether the product still matches this folder:

    launchready drift .
"""

"""Secrets are kept out of everything: canaries planted wherever a secret can come from, looked for wherever it could
go.

The walk is the product's own: checks, journal, every report, the handover folder, drift, the receipt, launch day's
log, the command line. Four layers hold them back; with any one of them taken away the same walk finds a canary
somewhere.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
import pytest
from cliff import clean_environment
from fake_outside import NOW, FakeWorld, certificate, failure, launch, page, reply, sight

from launchready_tui.checks import base
from launchready_tui.checks.edge import canonical, certificates, headers, https, redirects
from launchready_tui.checks.email import dmarc, mx, spf
from launchready_tui.cli import say as speaker
from launchready_tui.cli.run import run
from launchready_tui.findings import Evidence, Finding, Remedy, Severity, State
from launchready_tui.handover import SecretFound, day, drift, export, questions, receipt
from launchready_tui.handover import bundle as bundle_room
from launchready_tui.handover.drift_words import FORMATS as DRIFT_FORMATS
from launchready_tui.handover.drift_words import render as render_drift
from launchready_tui.handover.record import Record
from launchready_tui.launch.model import Host, Redirect, Repository
from launchready_tui.launch.people import People, PeopleFile, Person
from launchready_tui.launch.problems import FileProblems
from launchready_tui.vault import Vault, store
from launchready_tui.vault import secret as secret_room
from launchready_tui.vault.door import Door
from launchready_tui.vault.redact import Redactor, forms
from launchready_tui.verdict.report import FORMATS, Ink, Report, render
from launchready_tui.verdict.report import of as standings_of
from launchready_tui.workspace import DecisionError, Options, Workspace
from launchready_tui.workspace import core as workspace_room

D = "shop.test"


def stripe(mark: str) -> str:
    """The shape of a live key, put together here so that this file holds none."""
    return "_".join(("sk", "live", f"51{mark}q8sKJ2eZvKYlo2C0aXbYcZdWe"[:28].ljust(28, "7")))


def plain(mark: str) -> str:
    """A password without any shape: only who knows it can find it."""
    return "-".join((mark, "correct", "horse", "42"))


# Where each is planted. Those without a shape are known values; all others nobody has told the program of.
KNOWN = {"environment": plain("envy"), "keyring": plain("ring"), "request header": plain("bear")}
SHAPED = {
    "url userinfo": stripe("Ui"),
    "query string": stripe("Qs"),
    "response header": stripe("Rh"),
    "cookie": stripe("Ck"),
    "json body": stripe("Jb"),
    "html title": stripe("Ti"),
    "tls name": stripe("Tl"),
    "dns txt": stripe("Dt"),
    "exception message": stripe("Ex"),
    "failure detail": stripe("Fd"),
    "git remote": stripe("Gr"),
    "dot env": stripe("De"),
    "mail banner": stripe("Mb"),
    "remedy": stripe("Re"),
}
CANARIES = KNOWN | SHAPED
# What resembles a secret and must come through whole.
BENIGN = {
    "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "commit": "3f786850e387550fdab836ed7e6dc881de23001b",
    "uuid": "0f8fad5b-d9cb-469f-a165-70867728950e",
    "publishable": "_".join(("pk", "live", "51Hq8sKJ2eZvKYlo2C0aXbYcZdWe")),
    "masked": "sk_live_51Ab… (107 characters)",
}


class Keyring:
    """A keyring's double, behind the real door."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class World(FakeWorld):
    """The outside: it echoes what it is sent, and has a canary in everything it says."""

    counts = None

    def __init__(self, workspace: Workspace) -> None:
        super().__init__(workspace.launch)
        self.clock = workspace.clock  # type: ignore[assignment]
        self.papers = None
        self.vault = workspace.vault
        c = CANARIES
        body = f'<title>{c["html title"]}</title><script>var k="{c["json body"]}"</script>'
        body += f'<link rel=canonical href="https://u:{c["url userinfo"]}@{D}/">'

        def answer(url: str, method: str, sent: dict[str, str]) -> Any:
            values = [
                ("server", c["response header"]),
                ("set-cookie", f"session={c['cookie']}"),
                ("x-powered-by", c["response header"]),
            ]
            values.append(
                ("content-security-policy", f"script-src https://x.test/?k={c['query string']} {c['cookie']}")
            )
            if url.startswith("http://") or url.endswith("/old"):
                return reply(
                    url,
                    302,
                    ("location", f"https://user:{c['url userinfo']}@{D}/?api_key={c['query string']}"),
                    *values,
                )
            return page(url, *values, body=body)

        for host in (D, f"www.{D}"):
            self.dns.set(host, "A", "203.0.113.10")
            self.web.origins[f"http://{host}"] = self.web.origins[f"https://{host}"] = answer
            self.tls.sights[host] = sight(
                host, certificate(f"{c['tls name']}.{D}", subject=f"CN={c['tls name']}"), verify_code=19
            )
        self.dns.set(D, "TXT", f"v=spf1 include:{c['dns txt']}.{D} -all", f"token={c['dns txt']}")
        self.dns.set(f"_dmarc.{D}", "TXT", f"v=DMARC1; p=none; rua=mailto:{c['dns txt']}@x.test")
        self.dns.set(D, "MX", f"10 mail.{D}")
        self.dns.set(f"mail.{D}", "A", "203.0.113.25")
        self.mail.greetings[f"mail.{D}"] = failure("protocol", f"220 {c['mail banner']} {c['failure detail']}")  # type: ignore[assignment]

    async def __aenter__(self) -> World:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None


def spoken(name: str, subject: str, words: str, *, fix: str = "") -> Finding:
    return Finding(
        check=name,
        rule=f"{name}.seen",
        subject=subject,
        state=State.WARN,
        severity=Severity.MEDIUM,
        summary=words,
        evidence=(Evidence.of("seen", words, source=subject, at=NOW),),
        remedy=Remedy(text=words, paste=fix or words),
    )


async def echoes(of: Any, world: Any) -> AsyncIterator[Finding]:
    """What a check might show of an outside that echoes its log-in; the log-in itself it only names."""
    token, login = world.vault.get("api-token", ""), world.vault.get("staging-login", D)
    assert token is not None and login is not None
    sent = f"authorization: Bearer {CANARIES['request header']}"
    echo = (
        f"x-echo: {token.reveal()} {quote(login.reveal())} {base64.b64encode(login.reveal().encode()).decode()} {sent}"
    )
    yield spoken("audit.hosts", D, f"used {token} and {login}; {echo}", fix=f"X-Api-Key: {CANARIES['remedy']}")
    for name, value in BENIGN.items():
        yield spoken("audit.hosts", f"benign-{name}", f"it says {value} here")


async def breaks(of: Any, world: Any) -> AsyncIterator[Finding]:
    yield spoken("audit.one-service", D, "looked")
    raise RuntimeError(f"could not log in with {CANARIES['exception message']}")


async def files(of: Any, world: Any) -> AsyncIterator[Finding]:
    """What a check of the repository might show of a remote and of an environment file."""
    folder = Path(world.launch.repository.path)
    yield spoken("audit.client-secrets", ".git/config", (folder / ".git" / "config").read_text())
    yield spoken("audit.client-secrets", ".env:1", (folder / ".env").read_text())


REGISTRY: dict[str, Any] = {
    "edge.canonical": canonical.canonical,
    "edge.redirects": redirects.redirects,
    "edge.https": https.https,
    "edge.certificates": certificates.certificates,
    "edge.headers": headers.headers,
    "email.mx": mx.mx,
    "email.spf": spf.spf,
    "email.dmarc": dmarc.dmarc,
    "audit.hosts": echoes,
    "audit.one-service": breaks,
    "audit.client-secrets": files,
}


@dataclass
class Walk:
    """Everything that came out of one walk, by where it came out."""

    out: dict[str, bytes] = field(default_factory=dict)

    def leaks(self) -> list[tuple[str, str]]:
        """(where, which canary), in any spelling in which values travel."""
        spellings = {name: {form.encode() for form in forms(value)} for name, value in CANARIES.items()}
        pairs = (
            (place, content, name, ways) for place, content in self.out.items() for name, ways in spellings.items()
        )
        return sorted((place, name) for place, content, name, ways in pairs if any(way in content for way in ways))


async def walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Walk:
    """The whole of it. Raises SecretFound where the last layer had to stop an export."""
    clean_environment(monkeypatch, tmp_path / "state")
    monkeypatch.setenv("LAUNCHREADY_API_TOKEN", KNOWN["environment"])
    monkeypatch.setenv("LAUNCHREADY_BEARER", KNOWN["request header"])
    keyring = Keyring()
    door = Door(allowed=(Keyring.__module__,), find=lambda: keyring)
    monkeypatch.setattr(store, "_door", lambda: door)
    monkeypatch.setattr(base, "load_all", lambda: REGISTRY)
    monkeypatch.setattr(Workspace, "open_world", lambda self: World(self))
    folder = tmp_path / "launch"
    (folder / ".git").mkdir(parents=True)
    (folder / ".git" / "config").write_text(
        f'[remote "origin"]\n\turl = https://git:{SHAPED["git remote"]}@git.example/shop.git\n'
    )
    (folder / ".env").write_text(f"STRIPE_SECRET_KEY={SHAPED['dot env']}\n")
    made = launch(
        hosts=(Host(name=D, role="web"), Host(name=f"www.{D}", role="web")),
        redirects=(Redirect(from_=f"https://{D}/old", to=f"https://{D}/new"),),
        repository=Repository(path=str(folder)),
    )
    _write_launch(folder, made)
    people = PeopleFile(folder)
    people.load()
    people.save(People(people=(Person(id="founder", name="The founder"),)))
    Vault(D, tmp_path / "state").set("staging-login", KNOWN["keyring"], hosts=(D,))
    ws = Workspace.open(folder, Options(trust=True, state_dir=tmp_path / "state", user="engineer"))
    result = Walk()
    try:
        await _everything(ws, tmp_path, result)
    finally:
        ws.close()
    said = capsys.readouterr()
    result.out["stdout"], result.out["stderr"] = said.out.encode(), said.err.encode()
    private = {folder / ".env", folder / ".git" / "config"}
    for path in sorted(path for path in tmp_path.rglob("*") if path.is_file() and path not in private):
        result.out[str(path.relative_to(tmp_path))] = path.read_bytes()
    return result


def _write_launch(folder: Path, made: Any) -> None:
    from launchready_tui.launch.write import text_of

    (folder / "launchready.toml").write_text(text_of(made))


async def _everything(ws: Workspace, tmp_path: Path, result: Walk) -> None:
    async for event in ws.run(list(REGISTRY)):
        result.out[f"event {len(result.out)}"] = repr(event).encode()
    now = ws.clock.now()
    token = ws.vault.get("api-token")
    # What a slip of ours would print: the object itself, in every way text is made of one.
    speaker.note(f"asked with {token} {token!r} {token:>60} {[token]} {json.dumps([token])}")
    day.note(
        ws, f"somebody pasted {SHAPED['query string']} and {KNOWN['environment']} into the chat", by="founder", now=now
    )
    records = (Record(D, "TXT", f'"token={SHAPED["dns txt"]}"'), Record(D, "A", "203.0.113.10"))
    made = export(ws, tmp_path / "out", now=now, records=records)
    handed = drift.load(made.zip)
    compared = drift.compare(ws, handed, now=now, records=records)
    for kind in DRIFT_FORMATS:
        result.out[f"drift {kind}"] = render_drift(compared, kind).encode()
    receipted = receipt.receipt(ws, now=now)
    result.out["receipt"] = (receipt.as_markdown(receipted) + receipt.as_html(receipted)).encode()
    result.out["questions"] = questions.sheet(ws, now=now).encode()
    report = Report(
        ws.launch.name, D, now, now, ws.verdict(), ws.roadmap, standings_of(ws.verdict(), ws.roadmap, None), True
    )
    for kind in FORMATS:
        result.out[f"report {kind}"] = render(report, kind, Ink()).encode()
    # The command line, on what was kept and on a run of its own.
    here = ["-C", str(ws.folder), "--trust"]
    for command in (
        ["history", *here],
        ["check", "audit.hosts", *here, "--format", "json", "--now", "2026-11-24T14:00:00Z"],
    ):
        assert await asyncio.to_thread(run, command) <= 1


async def test_no_canary_comes_out_anywhere_and_what_is_harmless_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = await walk(tmp_path, monkeypatch, capsys)
    assert len(CANARIES) >= 12 and len({len(place) for place in result.out}) > 5
    assert result.leaks() == []
    for kind in ("report json", "report text", "report markdown", "report sarif"):
        told = result.out[kind].decode().replace("\\_", "_")  # Markdown's own escape
        assert [
            name for name, value in BENIGN.items() if value not in told and json.dumps(value)[1:-1] not in told
        ] == [], kind
    bundle = next(content for place, content in result.out.items() if place.endswith("launchready.json")).decode()
    assert all(value in bundle for value in BENIGN.values())
    assert "<secret api-token>" in result.out["stderr"].decode()
    assert any("launch-day.jsonl" in place for place in result.out) and any(
        place.endswith("journal.sqlite3") for place in result.out
    )


async def test_every_canary_was_really_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without the layers that hide, the walk's own events show that each place was looked at."""
    monkeypatch.setattr(workspace_room.Workspace, "hide", lambda self, text: text)
    seen: set[str] = set()
    try:
        seen = {name for _, name in (await walk(tmp_path, monkeypatch, capsys)).leaks()}
    except SecretFound:
        spellings = {name: {form.encode() for form in forms(value)} for name, value in CANARIES.items()}
        kept = b"".join(path.read_bytes() for path in (tmp_path / "launch" / ".launchready").iterdir())
        seen = {name for name, ways in spellings.items() if any(way in kept for way in ways)}
    # An exception's message never leaves its check, by construction; nothing shows a cookie's value or a page's title.
    by_construction = {"exception message", "html title", "json body"}
    assert seen >= CANARIES.keys() - by_construction, CANARIES.keys() - by_construction - seen


def _no_secret_type(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layer 1 gone: a secret is its value."""
    monkeypatch.setattr(secret_room.Secret, "__new__", lambda cls, name, value: _named(cls, name, value))


def _named(cls: Any, name: str, value: str) -> Any:
    made = str.__new__(cls, value)
    object.__setattr__(made, "name", name)
    secret_room._VALUES[id(made)] = value
    return made


def _no_known_values(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layer 2 gone: nobody takes known values out."""
    monkeypatch.setattr(Redactor, "clean", lambda self, text: text)


def _no_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Layer 3 gone: nobody takes shapes out."""
    monkeypatch.setattr("launchready_tui.secrets.hide", lambda text, **_: text)


@pytest.mark.parametrize("take_away", [_no_secret_type, _no_known_values, _no_shapes], ids=lambda one: one.__name__)
async def test_without_a_layer_the_walk_finds_a_canary(
    take_away: Callable[[pytest.MonkeyPatch], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    take_away(monkeypatch)
    try:
        leaks = (await walk(tmp_path, monkeypatch, capsys)).leaks()
    except SecretFound:
        return  # the last layer stopped it, which tells as well
    assert leaks


def _by_hand(tmp_path: Path) -> Workspace:
    """A people.toml that somebody wrote in an editor, with a key in it."""
    folder = tmp_path / "launch"
    folder.mkdir()
    _write_launch(folder, launch())
    (folder / "people.toml").write_text(f'schema = 1\n[[people]]\nid = "founder"\ncontact = "{SHAPED["remedy"]}"\n')
    return Workspace.open(folder, Options(trust=True, state_dir=tmp_path / "state", user="engineer"))


def test_the_last_sweep_stops_what_no_other_layer_can_see(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean_environment(monkeypatch, tmp_path / "state")
    ws = _by_hand(tmp_path)
    with pytest.raises(SecretFound) as caught:
        export(ws, tmp_path / "out", now=NOW)
    assert SHAPED["remedy"] not in str(caught.value) and not (tmp_path / "out").exists()
    # The same without it: the key is in the folder.
    monkeypatch.setattr(bundle_room.sweep, "check", lambda *_: None)
    made = export(ws, tmp_path / "out", now=NOW)
    ws.close()
    assert SHAPED["remedy"].encode() in (made.folder / "data" / "launchready.json").read_bytes()


def test_a_credential_nobody_has_read_yet_is_known_before_an_export(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean_environment(monkeypatch, tmp_path / "state")
    monkeypatch.setenv("LAUNCHREADY_API_TOKEN", KNOWN["environment"])
    folder = tmp_path / "launch"
    folder.mkdir()
    _write_launch(folder, launch(name=f"Shop {KNOWN['environment']}"))
    ws = Workspace.open(folder, Options(trust=True, state_dir=tmp_path / "state"))
    with pytest.raises(SecretFound, match="api-token"):
        export(ws, tmp_path / "out", now=NOW)
    ws.close()


def test_what_people_type_is_refused_where_it_holds_a_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean_environment(monkeypatch, tmp_path / "state")
    folder = tmp_path / "launch"
    folder.mkdir()
    _write_launch(folder, launch())
    ws = Workspace.open(folder, Options(trust=True, state_dir=tmp_path / "state"))
    key = stripe("Ty")
    for act in (
        lambda: ws.confirm("handover.recovery", "founder", f"logged in with {key}"),
        lambda: ws.add_note("edge.https", key),
        lambda: ws.accept(spoken("edge.https", D, "x"), "founder", key, NOW.replace(year=2027)),
    ):
        with pytest.raises(DecisionError) as caught:
            act()
        assert key not in str(caught.value) and "looks like a secret" in str(caught.value)
    for act in (
        lambda: ws.save_people(People(people=(Person(id="a", contact=key),))),
        lambda: ws.save_inventory(
            msgspec.structs.replace(ws.inventory, plan=msgspec.structs.replace(ws.inventory.plan, kill_switch=key))
        ),
    ):
        with pytest.raises(FileProblems) as problems:
            act()
        assert key not in str(problems.value)
    ws.close()
    assert not [path for path in folder.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]

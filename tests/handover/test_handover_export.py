"""Writing the bundle: no secret goes out, nothing is half there, nothing is overwritten."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from bundle_source import NOW, Market, finding, full, results

import launchready_tui.handover.bundle as room
from launchready_tui.findings import State
from launchready_tui.handover import ExportError, NotCompared, SecretFound, export, sweep, told, verify
from launchready_tui.launch.decisions import Confirmation, Decisions
from launchready_tui.launch.inventory import Inventory, Recovery, System
from launchready_tui.launch.people import People, Person
from launchready_tui.vault.redact import Redactor
from launchready_tui.vault.secret import Secret

HERE = Path(__file__).parents[1] / "support"
NAME = "handover-example-market-20261124"

# Put together here, so that this file holds no key.
STRIPE = "_".join(("sk", "live", "51Hq8sKJ2eZvKYlo2C0aXbYcZdWe"))
PASSWORD = "-".join(("correct", "horse", "battery", "9!"))


def everything(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# Secrets


def test_what_could_not_be_compared_stops_the_export_until_it_is_allowed(tmp_path: Path) -> None:
    market = full()
    market.vault.unread = {"shop-login": "the keyring does not answer"}
    with pytest.raises(NotCompared) as caught:
        export(market, tmp_path, now=NOW)
    assert "shop-login was not compared, because the keyring does not answer" in str(caught.value)
    assert "--without-comparing" in str(caught.value)
    assert everything(tmp_path) == [] and market.journal.noted == []
    made = export(market, tmp_path, now=NOW, without_comparing=True)
    assert told(made.uncompared) == "shop-login was not compared, because the keyring does not answer"
    assert made.folder.is_dir()


def in_evidence(value: str) -> Market:
    return full(
        results=results(
            finding(
                "audit.client-secrets.secret",
                "example.com/app.js",
                "A key is in a script",
                seen={"line": f"key={value}"},
            )
        )
    )


def in_remedy(value: str) -> Market:
    return full(
        results=results(
            finding("edge.headers.leaks", "example.com", "A header leaks", fix="Remove it", paste=f"X-Key: {value}")
        )
    )


def in_confirmation(value: str) -> Market:
    said = Confirmation(
        check="deploy.release",
        by="engineer",
        recorded_by="engineer",
        on=NOW,
        until=NOW,
        evidence=f"deployed with {value}",
    )
    return full(decisions=Decisions(confirmations=(said,)))


def in_recovery(value: str) -> Market:
    return full(inventory=Inventory(recovery=(Recovery(id="one", title="Release", command=f"deploy --token {value}"),)))


def in_system(value: str) -> Market:
    return full(inventory=Inventory(systems=(System(id="one", note=f"log in with {value}"),)))


def in_person(value: str) -> Market:
    return full(people=People(people=(Person(id="one", contact=value),)))


PLACES = (in_evidence, in_remedy, in_confirmation, in_recovery, in_system, in_person)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_the_shape_of_a_secret_stops_the_export(place, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    market = place(STRIPE)
    with pytest.raises(SecretFound) as caught:
        export(market, tmp_path, now=NOW)
    assert STRIPE not in str(caught.value)
    assert "Stripe-style live secret key" in str(caught.value)
    assert {file for file, _ in caught.value.hits} & {"START-HERE.html", "data/launchready.json"}
    assert everything(tmp_path) == [] and market.journal.noted == []


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.__name__)
def test_a_known_credential_stops_the_export_whatever_it_looks_like(place, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    market = place(PASSWORD)
    market.vault.redactor.add(Secret("STAGING_LOGIN", PASSWORD))
    with pytest.raises(SecretFound) as caught:
        export(market, tmp_path, now=NOW)
    assert PASSWORD not in str(caught.value)
    assert "the stored credential STAGING_LOGIN" in str(caught.value)
    assert everything(tmp_path) == []


@pytest.mark.parametrize("value", ["a<b>c&d\"e'f-42", "p|q*r_s`t[u](v)", "two words, \\ and /", "ümläut-≠-value"])
def test_a_known_credential_is_found_behind_each_sinks_escapes(value: str, tmp_path: Path) -> None:
    market = in_recovery(value)
    market.vault.redactor.add(Secret("ODD", value))
    with pytest.raises(SecretFound) as caught:
        export(market, tmp_path, now=NOW)
    assert {file for file, _ in caught.value.hits} >= {"START-HERE.html", "09-recovery.md", "data/launchready.json"}


def test_a_known_credential_is_found_in_every_kind_of_file(tmp_path: Path) -> None:
    market = full(inventory=Inventory(systems=(System(id="one", name=PASSWORD),)))
    market.vault.redactor.add(Secret("NAMED", PASSWORD))
    with pytest.raises(SecretFound) as caught:
        export(market, tmp_path, now=NOW)
    assert {Path(file).suffix for file, _ in caught.value.hits} == {".html", ".md", ".csv", ".json"}


@pytest.mark.parametrize(
    "value",
    [
        "_".join(("pk", "live", "51Hq8sKJ2eZvKYlo2C0aXbYcZdWe")),
        "3f786850e387550fdab836ed7e6dc881de23001b",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "0f8fad5b-d9cb-469f-a165-70867728950e",
        "sk_live_51Ab… (107 characters)",
    ],
    ids=["publishable", "commit", "sha256", "uuid", "masked"],
)
def test_what_only_looks_a_little_like_a_secret_goes_out(value: str, tmp_path: Path) -> None:
    assert verify(export(in_evidence(value), tmp_path, now=NOW).folder) == ()


# Whole or not at all


def test_an_export_is_noted_in_the_journal(tmp_path: Path) -> None:
    market = full()
    made = export(market, tmp_path, now=NOW)
    assert market.journal.noted == [(str(made.folder), NOW)]
    assert everything(tmp_path) == [NAME, f"{NAME}.zip"]
    assert made.gaps and made.made_at == NOW


def test_only_its_owner_may_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = export(full(), tmp_path, now=NOW)
    finally:
        os.umask(before)
    modes = {path: path.stat().st_mode & 0o777 for path in (made.zip, made.folder, *made.folder.rglob("*"))}
    assert {mode for path, mode in modes.items() if path.is_file()} == {0o600}
    assert {mode for path, mode in modes.items() if path.is_dir()} == {0o700}


def test_a_missing_folder_is_made(tmp_path: Path) -> None:
    made = export(full(), tmp_path / "new" / "place", now=NOW)
    assert verify(made.zip) == ()


def test_an_older_bundle_is_never_touched(tmp_path: Path) -> None:
    first = export(full(), tmp_path, now=NOW)
    (first.folder / "08-access.md").write_text("with my remarks")
    second = export(full(), tmp_path, now=NOW)
    assert (second.folder.name, second.zip.name) == (f"{NAME}-2", f"{NAME}-2.zip")
    assert (first.folder / "08-access.md").read_text() == "with my remarks"
    assert second.zip.read_bytes() == first.zip.read_bytes(), "the same state makes the same zip"


def test_what_a_killed_export_left_is_taken_away_by_a_later_one_and_nothing_else(tmp_path: Path) -> None:
    rooms = [f".{NAME}.k3v9_q2x.tmp", f".{NAME}.young0_1.tmp", ".handover-notes.tmp", f"{NAME}.k3v9_q2x.tmp"]
    for name in rooms:
        (tmp_path / name / "data").mkdir(parents=True)
        (tmp_path / name / "data" / "access.csv").write_text("who has access")
        if "young" not in name:
            os.utime(tmp_path / name, (0, 0))
    (tmp_path / f".{NAME}.link0000.tmp").symlink_to(tmp_path / ".handover-notes.tmp")
    export(full(), tmp_path, now=NOW)
    assert not (tmp_path / rooms[0]).exists()
    assert all((tmp_path / name / "data" / "access.csv").exists() for name in rooms[1:])
    assert (tmp_path / f".{NAME}.link0000.tmp").is_symlink()


@pytest.mark.parametrize("kind", ["file", "folder", "empty folder", "zip", "link to nowhere"])
def test_whatever_has_the_name_keeps_it(kind: str, tmp_path: Path) -> None:
    taken = tmp_path / (f"{NAME}.zip" if kind == "zip" else NAME)
    if "folder" in kind:
        taken.mkdir()
        if kind == "folder":
            (taken / "mine").write_text("mine")
    elif "link" in kind:
        taken.symlink_to("nowhere")
    else:
        taken.write_text("mine")
    before = taken.lstat()
    assert export(full(), tmp_path, now=NOW).folder.name == f"{NAME}-2"
    assert taken.lstat().st_ino == before.st_ino


def test_a_name_taken_in_the_last_moment_is_not_overwritten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Path.rename

    def late(self: Path, target: Path) -> Path:
        if target.name == NAME:
            target.mkdir()
            (target / "mine").write_text("mine")
        return real(self, target)

    monkeypatch.setattr(Path, "rename", late)
    made = export(full(), tmp_path, now=NOW)
    assert made.folder.name == f"{NAME}-2"
    assert everything(tmp_path) == [NAME, f"{NAME}-2", f"{NAME}-2.zip"]
    assert everything(tmp_path / NAME) == ["mine"]


def test_a_file_system_without_hard_links_still_gets_its_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(os, "link", refuse)
    made = export(full(), tmp_path, now=NOW)
    assert verify(made.zip) == ()
    assert made.zip.stat().st_mode & 0o777 == 0o600
    assert export(full(), tmp_path, now=NOW).zip.name == f"{NAME}-2.zip"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "the disk quota is exhausted"),
        (errno.EIO, os.strerror(errno.EIO)),
    ],
)
@pytest.mark.parametrize("at", [0, 1, 17, 31])
def test_a_disk_that_fails_leaves_nothing_behind(
    code: int, words: str, at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, count = os.fsync, iter(range(1000))

    def fail(handle: int) -> None:
        if next(count) == at:
            raise OSError(code, os.strerror(code))
        real(handle)

    monkeypatch.setattr(os, "fsync", fail)
    market = full()
    with pytest.raises(ExportError) as caught:
        export(market, tmp_path, now=NOW)
    assert words in str(caught.value) and "No partial files were left behind" in str(caught.value)
    assert everything(tmp_path) == [] and market.journal.noted == []


def test_where_a_file_stands_in_the_way_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ExportError, match=r"not a folder|File exists"):
        export(full(), tmp_path / "out", now=NOW)


def test_a_hundred_bundles_a_day_are_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "_TRIES", 2)
    export(full(), tmp_path, now=NOW)
    export(full(), tmp_path, now=NOW)
    with pytest.raises(ExportError, match="already contains 2 handover folders"):
        export(full(), tmp_path, now=NOW)
    assert everything(tmp_path) == [NAME, f"{NAME}-2", f"{NAME}-2.zip", f"{NAME}.zip"]


def own_mount(size: str, readonly: bool = False) -> list[str]:
    """A small disk of its own in a private namespace, mounted at ./small; no rights on this machine are needed for
    it."""
    flags = f"size={size},ro" if readonly else f"size={size}"
    return ["unshare", "-Urm", "sh", "-c", f'mount -t tmpfs -o {flags} none small && shift && exec "$@"', "sh", "-"]


@pytest.mark.parametrize(
    ("size", "readonly", "words"), [("200k", False, "the disk is full"), ("4m", True, "the file system is read-only")]
)
def test_a_really_full_and_a_really_read_only_disk(size: str, readonly: bool, words: str, tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    mount = own_mount(size, readonly)
    probe = (
        subprocess.run([*mount, "true"], cwd=tmp_path, capture_output=True, text=True, check=False)
        if shutil.which("unshare")
        else None
    )
    if probe is None or probe.returncode:
        if os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") == "1":
            pytest.fail("no private mount namespace to make a small disk in")
        pytest.skip("no private mount namespace to make a small disk in")
    code = """
import sys
from pathlib import Path
from bundle_source import NOW, full
from launchready_tui.handover import ExportError, export
try:
    export(full(), Path("small/out") if sys.argv[1] == "new" else Path("small"), now=NOW)
except ExportError as error:
    print(error)
print(sorted(str(path) for path in Path("small").rglob("*")))
"""
    env = {**os.environ, "PYTHONPATH": f"{HERE}:{HERE.parents[1]}"}
    run = subprocess.run(
        [*mount, sys.executable, "-c", code, "in"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    said, left = run.stdout.splitlines()
    assert words in said and said.startswith("Could not write the handover folder to small")
    assert left == "[]"


def test_the_confirmed_state_is_what_is_exported(tmp_path: Path) -> None:
    """The bundle is of the state at export: a later change makes another."""
    market = full()
    first = export(market, tmp_path, now=NOW)
    market.results = tuple(
        msgspec.structs.replace(
            result,
            findings=tuple(msgspec.structs.replace(one, state=State.PASS) for one in result.findings),
            state=State.PASS,
        )
        for result in market.results
    )
    second = export(market, tmp_path, now=NOW)
    assert "✕ problem" in (first.folder / "01-risks.md").read_text()
    assert "✕ problem" not in (second.folder / "01-risks.md").read_text()


# The last look


AMP = "".join(("postgres:", "//shop:", "p&9f8Kq2Lx7", "@db.shop-internal.net/shop"))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        # Each is whole only as its reader sees it: the bytes of the file hold no shape and no known value.
        ("START-HERE.html", f"{STRIPE[:12]}<wbr>{STRIPE[12:]}"),
        ("START-HERE.html", f"{PASSWORD[:8]}<wbr>{PASSWORD[8:]}"),
        ("EMERGENCY-CARD.html", STRIPE.replace("_", "&#95;")),
        ("EMERGENCY-CARD.html", STRIPE.replace("_", "<wbr>&#95;")),
        ("11-reports.md", STRIPE.replace("_", "\\_")),
        ("11-reports.md", PASSWORD.replace("-", "\\-")),
        ("data/launchready.json", f'"{AMP}"'.replace("&", "\\u0026")),
        ("data/hosts.csv", STRIPE),
    ],
)
def test_the_sweep_sees_a_file_as_its_reader_does(name: str, content: str) -> None:
    redactor = Redactor()
    redactor.add(Secret("shop-login", PASSWORD))
    with pytest.raises(SecretFound, match=re.escape(name)):
        sweep.check({"README.md": b"fine", name: content.encode()}, redactor.found, NOW)
    sweep.check({"README.md": b"fine", name: b"nothing here"}, redactor.found, NOW)

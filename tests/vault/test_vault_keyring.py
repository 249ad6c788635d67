"""The vault against a real Secret Service: working, absent, locked, never set up, hung, and a backend that is not
kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.keyring

VALUE = "value-" + "of-the-shop ✓"

# What each session runs: acts given as arguments, answers as one JSON object.
DRIVER = """\
import json, os, sys
from pathlib import Path
from launchready_tui.vault import Vault
vault = Vault("demo", Path(os.environ["HOME"]) / "state", {})
out = {}
for act in sys.argv[1:]:
    if act == "set":
        out[act] = vault.set("shop-login", os.environ["TEST_VALUE"], ["api.example.com"])
    elif act == "get":
        found = vault.get("shop-login", "api.example.com")
        out[act] = None if found is None else found.reveal() == os.environ["TEST_VALUE"]
        out["why"] = vault.why("shop-login", "api.example.com")
    elif act == "delete":
        out[act] = [vault.delete("shop-login"), vault.delete("shop-login")]
    elif act == "forget":
        out[act] = list(vault.forget_all())
    elif act == "status":
        status = vault.status()
        out[act], out["words"] = status.kind, status.words
out["places"] = [entry.place for entry in vault.entries()]
print(json.dumps(out))
"""

# Owns the name of the Secret Service and never answers a call.
MUTE = """\
import sys
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection
connection = open_dbus_connection(bus="SESSION")
print(connection.send_and_get_reply(message_bus.RequestName("org.freedesktop.secrets")).body, flush=True)
sys.stdin.read()
"""

UNLOCK = 'printf %s "$KEYRING_PASSWORD" | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1; '


@pytest.fixture(scope="session", autouse=True)
def real_secret_service() -> None:
    """These tests need programs that are not everybody's."""
    missing = [program for program in ("dbus-run-session", "gnome-keyring-daemon") if shutil.which(program) is None]
    if missing and os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") == "1":
        pytest.fail(f"{' and '.join(missing)} must be installed here")
    if missing:
        pytest.skip(f"{' and '.join(missing)} not installed: the vault was not tried against a real keyring")


class Sessions:
    """D-Bus sessions of one made-up user, one after the other."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.runtime = home / "run"
        self.runtime.mkdir(mode=0o700)
        (home / "driver.py").write_text(DRIVER)
        (home / "mute.py").write_text(MUTE)

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL")}
        root = str(Path(__file__).parents[2])
        own = {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "PYTHONPATH": root,
            "PYTHONUTF8": "1",
            "TEST_VALUE": VALUE,
        }
        return {**kept, **own, "PYTHON": sys.executable, **more}

    def run(self, *acts: str, before: str = "", **more: str) -> dict[str, Any]:
        """The driver's answers inside a fresh D-Bus session, `before` run by the shell first."""
        script = f'{before}exec "$PYTHON" "$HOME/driver.py" {" ".join(acts)}'
        return self._answers(["dbus-run-session", "--", "sh", "-c", script], **more)

    def run_without_bus(self, *acts: str, **more: str) -> dict[str, Any]:
        return self._answers([sys.executable, str(self.home / "driver.py"), *acts], **more)

    def _answers(self, command: list[str], **more: str) -> dict[str, Any]:
        done = subprocess.run(
            command, env=self.environment(**more), capture_output=True, text=True, timeout=60, cwd=self.home
        )
        assert done.returncode == 0, done.stderr
        answers: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
        return answers


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(tmp_path)


def files_with(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


def test_an_unlocked_keyring_keeps_a_credential_over_sessions(sessions: Sessions) -> None:
    first = sessions.run("status", "set", "get", before=UNLOCK, KEYRING_PASSWORD="pw")
    assert first["status"] == "ready"
    assert "SecretService" in first["words"]
    assert (first["set"], first["get"], first["places"]) == ("keyring", True, ["keyring"])
    second = sessions.run("get", "delete", before=UNLOCK, KEYRING_PASSWORD="pw")
    assert (second["get"], second["delete"], second["places"]) == (True, [True, False], [])
    third = sessions.run("get", "set", "forget", before=UNLOCK, KEYRING_PASSWORD="pw")
    assert third["get"] is None
    assert "no credential is named shop-login" in third["why"]
    assert (third["forget"], third["places"]) == ([], [])
    assert files_with(sessions.home, VALUE) == []


def test_without_a_bus_memory_serves_and_says_so(sessions: Sessions) -> None:
    answers = sessions.run_without_bus("status", "set", "get")
    assert answers["status"] == "none"
    assert "no keyring on this machine" in answers["words"]
    assert "kept in memory until the program ends" in answers["words"]
    assert (answers["set"], answers["get"], answers["places"]) == ("memory", True, ["memory"])
    assert sessions.run_without_bus("get")["get"] is None
    assert files_with(sessions.home, VALUE) == []


def test_a_locked_keyring_is_told_and_hides_nothing_in_files(sessions: Sessions) -> None:
    sessions.run("set", before=UNLOCK, KEYRING_PASSWORD="pw")
    answers = sessions.run("status", "get", before=UNLOCK, KEYRING_PASSWORD="wrong")
    assert answers["status"] == "locked"
    assert answers["get"] is None
    assert answers["why"] == "shop-login is in the keyring, but the keyring is locked"
    assert sessions.run("set", "get", before=UNLOCK, KEYRING_PASSWORD="wrong")["set"] == "memory"
    assert sessions.run("get", before=UNLOCK, KEYRING_PASSWORD="pw")["get"] is True


def test_a_keyring_never_set_up_counts_as_locked(sessions: Sessions) -> None:
    answers = sessions.run("status", "set", "get")
    assert answers["status"] == "locked"
    assert (answers["set"], answers["get"], answers["places"]) == ("memory", True, ["memory"])


def test_a_service_that_never_answers_is_waited_for_once(sessions: Sessions) -> None:
    """The mute service tells when it owns the name; the driver must end by itself although its keyring call never
    does."""
    before = 'mkfifo "$HOME/hold" "$HOME/ready"; "$PYTHON" "$HOME/mute.py" <"$HOME/hold" >"$HOME/ready" & '
    before += 'exec 3>"$HOME/hold"; read owned <"$HOME/ready"; '
    answers = sessions.run("status", "set", "get", "get", before=before)
    assert answers["status"] == "hung"
    assert "did not answer within 3 seconds" in answers["words"]
    assert (answers["set"], answers["get"]) == ("memory", True)


def test_a_backend_that_keeps_plain_files_is_refused_and_named(sessions: Sessions) -> None:
    folder = sessions.home / "plugin"
    folder.mkdir()
    (folder / "plainfiles.py").write_text(
        "import keyring.backend\n"
        "class Keyring(keyring.backend.KeyringBackend):\n"
        "    priority = 9\n"
        "    def get_password(self, service, username): return None\n"
        "    def set_password(self, service, username, password): open('stolen', 'w').write(password)\n"
        "    def delete_password(self, service, username): pass\n"
    )
    root = str(Path(__file__).parents[2])
    answers = sessions.run_without_bus(
        "status", "set", PYTHON_KEYRING_BACKEND="plainfiles.Keyring", PYTHONPATH=f"{root}:{folder}"
    )
    assert answers["status"] == "refused"
    assert "(plainfiles)" in answers["words"]
    assert answers["set"] == "memory"
    assert files_with(sessions.home, VALUE) == []


@pytest.mark.parametrize(
    ("backend", "kind"),
    [
        ("keyring.backends.null.Keyring", "none"),
        ("keyring.backends.fail.Keyring", "none"),
        ("no.such.Backend", "error"),
    ],
)
def test_other_settings_of_keyring_are_told(sessions: Sessions, backend: str, kind: str) -> None:
    answers = sessions.run_without_bus("status", "set", PYTHON_KEYRING_BACKEND=backend)
    assert (answers["status"], answers["set"]) == (kind, "memory")

"""The signature over SHA256SUMS, made and tested by OpenSSH (`ssh-keygen -Y`, 8.1 or later): no key of ours, no format
of our own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from ..launch.atomic import write_atomically
from .model import ExportError, Problem
from .pack import SIGNATURE

NAMESPACE = "launchready-handover"
_WAIT_S = 120
"""Long enough to touch a hardware key or to type a passphrase."""


def sign(sums: bytes, key: Path, *, may_ask: bool = True) -> bytes:
    """The armored signature. `key` is a private key, or a public one whose private part an agent holds. Raises
    ExportError.

    Without `may_ask` a passphrase is not asked for on the terminal, which then belongs to somebody else.
    """
    if not key.is_file():
        raise ExportError(
            f"Key {key} does not exist. Pass an SSH key such as ~/.ssh/id_ed25519 to --sign. Nothing was written."
        )
    done = _run(["-Y", "sign", "-f", str(key), "-n", NAMESPACE], sums, apart=not may_ask)
    if done.returncode or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        why = done.stderr.decode("utf-8", "replace").strip().splitlines()
        hint = "" if may_ask else " Add a key with a passphrase to the agent first (ssh-add)."
        raise ExportError(
            f"Could not sign the handover folder with {key}: {why[-1] if why else 'no signature came back'}. Nothing "
            f"was written.{hint}"
        )
    return done.stdout


def check(sums: bytes, signature: bytes | None, key: Path) -> tuple[Problem, ...]:
    """What is wrong with the signature, by a public key or an allowed-signers file (ssh-keygen(1), ALLOWED SIGNERS)."""
    if signature is None:
        return (Problem(SIGNATURE, "is missing, so there is no proof of who made this folder."),)
    try:
        lines = key.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as why:
        return (Problem("", f"Could not read {key}: {getattr(why, 'strerror', None) or 'it is not a text file'}."),)
    with tempfile.TemporaryDirectory(prefix="launchready-verify-") as name:
        room = Path(name)
        allowed, signed = room / "allowed", room / SIGNATURE
        # A public key alone stands for anybody who holds it.
        bare = [line for line in lines if line.startswith(("ssh-", "ecdsa-", "sk-"))]
        write_atomically(allowed, "".join(f"{_ANYBODY} {line}\n" for line in bare) or "\n".join(lines) + "\n")
        write_atomically(signed, signature)
        try:
            found = _run(["-Y", "find-principals", "-s", str(signed), "-f", str(allowed)], b"")
            who = found.stdout.decode("utf-8", "replace").split()
            if found.returncode or not who:
                return (Problem(SIGNATURE, f"was not made with a key from {key.name}."),)
            done = _run(["-Y", "verify", "-f", str(allowed), "-I", who[0], "-n", NAMESPACE, "-s", str(signed)], sums)
        except ExportError as why:
            return (Problem("", str(why)),)
    return (
        ()
        if done.returncode == 0
        else (Problem(SIGNATURE, "does not match: SHA256SUMS or the signature was changed."),)
    )


_ANYBODY = "signer"


def _run(arguments: list[str], given: bytes, *, apart: bool = False) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise ExportError(
            "Signing needs ssh-keygen (OpenSSH 8.1 or later), which is not installed. Nothing was written."
        )
    try:
        return subprocess.run(
            [program, *arguments],
            input=given,
            capture_output=True,
            timeout=_WAIT_S,
            check=False,
            start_new_session=apart,
        )
    except subprocess.TimeoutExpired:
        raise ExportError("ssh-keygen did not respond within two minutes. Nothing was written.") from None

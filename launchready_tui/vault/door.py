"""The door to the operating system's keyring: only kept backends, and no call that can hang the program.

keyring has no time-out of its own, and a Secret Service that owns its name without answering hangs a caller for ever.
So every call runs in a thread that may be left behind; after one that did not come back the keyring counts as down
for as long as the program runs.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

if TYPE_CHECKING:
    from types import ModuleType

Answer = TypeVar("Answer")

WAIT_S = 3.0

ALLOWED = (
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.macOS",
    "keyring.backends.Windows",
)
"""Others keep values in plain files, or nowhere."""
_CHAINER = "keyring.backends.chainer"
_NOTHING = ("keyring.backends.fail", "keyring.backends.null")

Trouble = Literal["none", "locked", "hung", "refused", "error"]


class NoKeyring(Exception):  # noqa: N818
    """The keyring cannot be used now: `kind` for code, `detail` for people."""

    def __init__(self, kind: Trouble, detail: str = "") -> None:
        self.kind: Trouble = kind
        self.detail = detail
        super().__init__(f"{kind}: {detail}" if detail else kind)


class Backend(Protocol):
    """What we use of a keyring backend."""

    def get_password(self, service: str, username: str) -> str | None:
        """None where nothing is kept; raises the backend's own errors. May block on a prompt."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Replaces what was kept; raises the backend's own errors. May block on a prompt."""

    def delete_password(self, service: str, username: str) -> None:
        """Raises where nothing is kept, with an error of the backend's own."""


class Door:
    """One a program. `allowed` and `find` are given by tests that bring a backend of their own."""

    def __init__(
        self, *, wait_s: float = WAIT_S, allowed: tuple[str, ...] = ALLOWED, find: Callable[[], Backend] | None = None
    ) -> None:
        self.wait_s = wait_s
        self.allowed = allowed
        self._find = find or _system_backend
        self._turn = threading.Lock()
        self._down: NoKeyring | None = None
        self.backend_name = ""
        """The backend in use, such as `SecretService`; empty before the first call that found one."""

    def get(self, service: str, name: str) -> str | None:
        """The value, or None where the keyring works and has none. Raises NoKeyring."""
        return self._call(lambda backend: backend.get_password(service, name))

    def set(self, service: str, name: str, value: str) -> None:
        """Raises NoKeyring, and TooLong where this keyring has no room for the value."""

        def store(backend: Backend) -> None:
            if (
                any("Windows" in module for module in _modules(backend))
                and len(value.encode("utf-16-le")) > WINDOWS_BYTES
            ):
                raise TooLong
            backend.set_password(service, name, value)

        self._call(store)

    def delete(self, service: str, name: str) -> bool:
        """Whether there was something to delete. Raises NoKeyring."""

        def remove(backend: Backend) -> bool:
            if backend.get_password(service, name) is None:
                return False
            backend.delete_password(service, name)
            return True

        return self._call(remove)

    def _call(self, act: Callable[[Backend], Answer]) -> Answer:
        if not self._turn.acquire(timeout=WAIT_S):
            raise NoKeyring("hung", "another call waits for its password")
        try:
            if self._down is not None:
                raise self._down
            answer: list[Answer] = []
            trouble: list[BaseException] = []

            def work() -> None:
                try:
                    answer.append(act(self._allowed_backend()))
                except BaseException as why:  # noqa: BLE001 - carried over to the caller's thread
                    trouble.append(why)

            thread = threading.Thread(target=work, name="keyring", daemon=True)
            thread.start()
            thread.join(self.wait_s)
            if thread.is_alive():
                self._down = NoKeyring("hung", f"no answer within {self.wait_s:g} s")
                raise self._down
        finally:
            self._turn.release()
        if trouble:
            raise _in_words(trouble[0]) from None
        return answer[0]

    def _allowed_backend(self) -> Backend:
        backend = self._find()
        modules = _modules(backend)
        if all(module in _NOTHING for module in modules):
            raise NoKeyring("none")
        foreign = [module for module in modules if module not in self.allowed]
        if foreign:
            raise NoKeyring("refused", ", ".join(foreign))
        self.backend_name = " + ".join(module.rpartition(".")[2] for module in modules)
        return backend


WINDOWS_BYTES = 2560
"""CRED_MAX_CREDENTIAL_BLOB_SIZE, as UTF-16: 1280 characters."""


class TooLong(Exception):  # noqa: N818
    """The Windows Credential Manager has no room for a value of this length."""


def _system_backend() -> Backend:
    keyring = _keyring()
    found: Backend = keyring.get_keyring()
    return found


def _keyring() -> ModuleType:
    """Imported on the first call only: the scan for backends costs 0.2 s."""
    import keyring

    return keyring


def _modules(backend: Backend) -> list[str]:
    """The backend's module; those of all its members where it is a chain (an empty chain counts as itself)."""
    module = type(backend).__module__
    if module != _CHAINER:
        return [module]
    members: list[Backend] = list(getattr(backend, "backends", ()))
    return [name for member in members for name in _modules(member)] or [module]


def _in_words(why: BaseException) -> BaseException:
    """keyring's and its backends' exceptions as one of ours. Their text may name items, never values."""
    if isinstance(why, NoKeyring | TooLong):
        return why
    kinds = {cls.__name__ for cls in type(why).__mro__}
    if "NoKeyringError" in kinds:
        return NoKeyring("none")
    # InitError is what SecretService says where there is no keyring yet and nobody answered the question for its
    # password.
    if kinds & {"KeyringLocked", "InitError", "LockedException", "PromptDismissedException"}:
        return NoKeyring("locked", str(why))
    if not isinstance(why, Exception):
        return why
    return NoKeyring("error", f"{type(why).__name__}: {why}")

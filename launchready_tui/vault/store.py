"""The vault: a credential comes from the environment, else from the keyring, else from memory; never from a plain
file."""

from __future__ import annotations

import functools
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from ..launch.atomic import make_private
from ..launch.names import credential_problem, host_problem, inside
from ..launch.problems import ChangedUnderneath, FileProblems, NewerFile
from .door import WAIT_S, WINDOWS_BYTES, Door, NoKeyring, TooLong
from .index import Index, IndexFile, Item
from .redact import LEAST, Redactor
from .secret import Secret

Place = Literal["environment", "keyring", "memory"]
StatusKind = Literal["ready", "none", "locked", "hung", "refused", "error"]

_PREFIX = "LAUNCHREADY_"
_HOSTS_SUFFIX = "_HOSTS"
_MEMORY: dict[str, dict[str, tuple[Item, Secret]]] = {}
"""By service: what could not go into a keyring, for as long as the program runs."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A credential as lists show it. `hosts` empty means: bound to none, so it goes nowhere on its own."""

    name: str
    label: str = ""
    hosts: tuple[str, ...] = ()
    created: datetime | None = None
    last_used: datetime | None = None
    place: Place


class VaultStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How credentials are kept on this machine, honestly."""

    kind: StatusKind
    words: str


class VaultError(Exception):
    """A credential cannot be stored or removed; the text says why and what to do."""


class Vault:
    """The credentials of one launch. Calls wait for the keyring at most some seconds: make them off the loop."""

    def __init__(
        self,
        project: str,
        state_dir: Path,
        env: Mapping[str, str] = os.environ,
        *,
        door: Door | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.service = f"launchready/{project}"
        self.redactor = Redactor()
        self._env = env
        self._door = door or _door()
        self._now = now
        self._folder = state_dir / "credentials"
        slug = re.sub(r"[^a-z0-9.-]+", "-", project.lower()).strip("-.")[:60]
        self._path = self._folder / f"{slug}-{hashlib.sha256(project.encode()).hexdigest()[:8]}.toml"
        self._memory = _MEMORY.setdefault(self.service, {})
        self._seen: dict[str, tuple[datetime, Secret]] = {}
        self._allowed: Mapping[str, tuple[str, ...]] = {}
        self._kept_back = ""

    def allow(self, hosts: Mapping[str, tuple[str, ...]], *, kept_back: str = "") -> None:
        """The hosts, by credential, that somebody has approved with the launch file: values of the environment that
        name none are bound to them. `kept_back`: why none goes to any host, in words."""
        self._allowed, self._kept_back = hosts, kept_back

    # Reading

    def get(self, name: str, host: str = "") -> Secret | None:
        """The credential, where it may go to `host`; None where there is none or it is bound to others: `why` tells
        which."""
        secret, _ = self._look(name, host)
        return secret

    def why(self, name: str, host: str = "") -> str:
        """Why `get` gives nothing, in words; empty where it gives the secret."""
        return self._look(name, host)[1]

    def withheld(self, wanted: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        """Why what is set in the environment, or listed, does not go where it is wanted (name, host): a line each. The
        keyring is not asked."""
        return tuple(
            self._look(name, host)[1]
            for name, host in wanted
            if (self._env.get(variable(name)) or (self._kept_back and self._item(name)[0]))
            and self._look(name, host)[1]
        )

    def _look(self, name: str, host: str) -> tuple[Secret | None, str]:
        problem = credential_problem(name)
        if problem:
            return None, f"{name} is not a valid credential name; allowed: {problem}"
        if host and self._kept_back:
            return None, f"{name} is not sent to {host}: {self._kept_back}"
        item, trouble = self._item(name)
        value = self._env.get(variable(name), "")
        if value:
            hosts = self._hosts_of(name, item.hosts if item else ())
            return self._judged(name, host, hosts, lambda: self._known(Secret(name, value)), size=len(value))
        kept = self._memory.get(name)
        if kept is not None:
            return self._judged(name, host, kept[0].hosts, lambda: kept[1])
        if trouble:
            return None, trouble
        if item is None:
            return None, f"no credential is named {name}: store it, or set {variable(name)}"
        refusal = _refusal(name, host, item.hosts)
        if refusal:
            return None, refusal
        try:
            secret = self._from_keyring(item)
        except NoKeyring as why:
            return None, f"{name} is in the keyring, but {_TROUBLE[why.kind]}"
        if secret is None:
            return None, f"the keyring no longer has {name}; store it again"
        self._touch(item)
        return secret, ""

    def _hosts_of(self, name: str, stored: tuple[str, ...]) -> tuple[str, ...]:
        """Where a value of the environment may go: as its variable says, else as it was stored, else as was approved
        with the launch file."""
        return (
            _listed(self._env.get(variable(name) + _HOSTS_SUFFIX, "")) or stored or tuple(self._allowed.get(name, ()))
        )

    def _item(self, name: str) -> tuple[Item | None, str]:
        try:
            return self._index().load().find(name), ""
        except (FileProblems, NewerFile, OSError) as why:
            return None, f"could not read the list of stored credentials: {why}"

    def _judged(
        self,
        name: str,
        host: str,
        hosts: tuple[str, ...],
        give: Callable[[], Secret],
        *,
        size: int = LEAST,
    ) -> tuple[Secret | None, str]:
        if size < LEAST:
            return None, f"{variable(name)} is shorter than {LEAST} characters and could not be kept out of reports"
        refusal = _refusal(name, host, hosts)
        if refusal and not hosts and self._env.get(variable(name)):
            refusal = (
                f"{variable(name)} names no hosts, so it is not sent to {host}: set {variable(name)}{_HOSTS_SUFFIX}, "
                "or approve the launch file (--trust HASH)"
            )
        return (None, refusal) if refusal else (give(), "")

    def _from_keyring(self, item: Item) -> Secret | None:
        """From this program's memory where it was read since it was stored; else from the keyring."""
        seen = self._seen.get(item.name)
        if seen is not None and seen[0] == item.created:
            return seen[1]
        value = self._door.get(self.service, item.name)
        if not value:
            return None
        secret = self._known(Secret(item.name, value))
        self._seen[item.name] = (item.created, secret)
        return secret

    def _known(self, secret: Secret) -> Secret:
        self.redactor.add(secret)
        return secret

    def _touch(self, item: Item) -> None:
        now = self._now()
        if item.last_used is None or now - item.last_used >= timedelta(hours=1):
            try:
                self._change(
                    lambda index: (
                        index.with_item(msgspec.structs.replace(item, last_used=now))
                        if index.find(item.name)
                        else index
                    )
                )
            except (OSError, ChangedUnderneath):
                return  # a read-only state folder must not keep a credential from being used

    # Writing

    def set(self, name: str, value: str, hosts: Iterable[str] = (), label: str = "") -> Place:
        """Stores a value for these hosts (`*.example.com` stands for all below it) and returns where. Raises
        VaultError, ValueError."""
        bound = tuple(dict.fromkeys(host.lower() for host in hosts))
        _check(name, value, bound)
        item = Item(name=name, label=label, hosts=bound, created=self._now())
        secret = self._known(Secret(name, value))
        try:
            self._door.set(self.service, name, value)
        except TooLong:
            raise VaultError(
                f"the Windows Credential Manager takes at most {WINDOWS_BYTES // 2} characters; set "
                f"{variable(name)} instead"
            ) from None
        except NoKeyring as why:
            self._memory[name] = (item, secret)
            if why.kind == "hung":
                # The call left behind may still come through: what is listed can be found again and removed.
                self._change(lambda index: index.with_item(item))
            return "memory"
        self._memory.pop(name, None)
        self._change(lambda index: index.with_item(item))
        self._seen[name] = (item.created, secret)
        return "keyring"

    def lend(self, name: str, value: str, hosts: Iterable[str]) -> None:
        """Has a value in memory for as long as the program runs, and asks no keyring. Raises ValueError."""
        bound = tuple(host.lower() for host in hosts)
        _check(name, value, bound)
        self._memory[name] = (
            Item(name=name, label="", hosts=bound, created=self._now()),
            self._known(Secret(name, value)),
        )

    def delete(self, name: str) -> bool:
        """Removes it from memory, keyring and list; whether there was one. An environment variable stays. Raises
        VaultError."""
        had = self._memory.pop(name, None) is not None
        self._seen.pop(name, None)
        if self._index().load().find(name) is None:
            return had
        try:
            self._door.delete(self.service, name)
        except NoKeyring as why:
            raise VaultError(f"{name} is still in the keyring: {_TROUBLE[why.kind]}") from None
        self._change(lambda index: index.without(name))
        return True

    def forget_all(self) -> tuple[str, ...]:
        """Removes all credentials of this launch; returns the names that could not be removed from the keyring."""
        self._memory.clear()
        left: list[str] = []
        for item in self._index().load().credentials:
            try:
                self.delete(item.name)
            except VaultError:
                left.append(item.name)
        if not left:
            self._path.unlink(missing_ok=True)
        return tuple(left)

    # Telling

    def entries(self) -> tuple[Entry, ...]:
        """All that is known, by name, each where `get` would take it from. Reads no value. Raises FileProblems for a
        broken list."""
        found: dict[str, Entry] = {}
        for place, items in (
            ("keyring", self._index().load().credentials),
            ("memory", [item for item, _ in self._memory.values()]),
        ):
            for item in items:
                found[item.name] = Entry(**msgspec.structs.asdict(item), place=place)  # type: ignore[arg-type]
        for name in _names_in(self._env):
            listed = found.get(name)
            hosts = self._hosts_of(name, listed.hosts if listed else ())
            found[name] = Entry(name=name, label=listed.label if listed else "", hosts=hosts, place="environment")
        return tuple(found[name] for name in sorted(found))

    def learn(self, *, keyring: bool = True) -> dict[str, str]:
        """Lets the redactor know every value that can be had, so that none goes out that nobody has asked for yet.

        Gives the stored ones that could not be read, each with the reason; the list itself is named `(the list)`. With
        `keyring=False` the keyring is not asked, so that no prompt comes up, and nothing is given.
        """
        for _, secret in self._memory.values():
            self.redactor.add(secret)
        for name in _names_in(self._env):
            value = self._env.get(variable(name), "")
            if len(value) >= LEAST:
                self._known(Secret(name, value))
        if not keyring:
            return {}
        unread: dict[str, str] = {}
        try:
            stored = self._index().load().credentials
        except (FileProblems, NewerFile, OSError) as why:
            return {"(the list)": f"the list of stored credentials could not be read: {why}"}
        for listed in stored:
            if listed.name in self._memory:
                continue  # its value is the one that was entered last
            try:
                if self._from_keyring(listed) is None:
                    unread[listed.name] = "the keyring no longer has it"
            except NoKeyring as why:
                unread[listed.name] = _TROUBLE[why.kind]
        return unread

    def status(self) -> VaultStatus:
        """Asks the keyring whether it works; this may open its password prompt."""
        try:
            self._door.get(self.service, "launchready-status")
        except NoKeyring as why:
            tail = f" ({why.detail})" if why.detail and why.kind in ("refused", "error") else ""
            return VaultStatus(kind=why.kind, words=f"{_SENTENCE[why.kind]}{tail}. {_MEANWHILE}")
        return VaultStatus(
            kind="ready", words=f"Credentials are stored in this machine's keyring ({self._door.backend_name})."
        )

    def _index(self) -> IndexFile:
        return IndexFile(self._path)

    def _change(self, change: Callable[[Index], Index]) -> None:
        """Read, change, write; anew where another process was in between."""
        make_private(self._folder)
        for last in (False, False, False, True):
            file = self._index()
            try:
                file.save(change(file.load()))
            except ChangedUnderneath:
                if last:
                    raise
            else:
                return


_TROUBLE: dict[str, str] = {
    "none": "this machine has no keyring",
    "locked": "the keyring is locked",
    "hung": "the keyring does not answer",
    "refused": "the keyring set up here is not one that LaunchReady uses",
    "error": "the keyring failed",
}
_SENTENCE: dict[str, str] = {
    "none": "There is no keyring on this machine: install one such as gnome-keyring or KWallet to store credentials",
    "locked": "The keyring is locked: unlock it and try again",
    "hung": f"The keyring did not answer within {WAIT_S:g} seconds: try again",
    "refused": "The keyring set up here is not one that LaunchReady uses, because it may keep "
    "values in plain files or nowhere",
    "error": "The keyring failed",
}
_MEANWHILE = (
    "What you enter in the console is kept in memory until the program ends; "
    f"{_PREFIX}NAME in the environment works too."
)


@functools.cache
def _door() -> Door:
    """One for the whole program: a keyring that hangs is waited for once."""
    return Door()


def variable(name: str) -> str:
    """The environment variable of a credential: `shop-login` is LAUNCHREADY_SHOP_LOGIN."""
    return _PREFIX + name.upper().replace("-", "_")


def _names_in(env: Mapping[str, str]) -> list[str]:
    names = [
        key.removeprefix(_PREFIX).lower().replace("_", "-")
        for key, value in env.items()
        if key.startswith(_PREFIX) and value
    ]
    return [name for name in names if not credential_problem(name)]


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part for part in re.split(r"[\s,]+", text.lower()) if part)


def _refusal(name: str, host: str, hosts: tuple[str, ...]) -> str:
    """Empty where a credential bound to `hosts` may go to `host`."""
    if not hosts:
        return "" if not host else f"{name} was stored without a host, so it is not sent to {host}"
    wanted = host.lower().rstrip(".")
    fits = any(
        inside(wanted, one[2:]) and wanted != one[2:] if one.startswith("*.") else wanted == one for one in hosts
    )
    return "" if fits else f"{name} is only for {', '.join(hosts)}" + (f", not for {host}" if host else "")


def _check(name: str, value: str, hosts: tuple[str, ...]) -> None:
    problem = credential_problem(name)
    if problem:
        raise ValueError(f"{name!r} cannot be the name of a credential; allowed: {problem}")
    if len(value) < LEAST:
        raise ValueError(
            f"a credential has at least {LEAST} characters: a shorter one could not be kept out of reports"
        )
    if "\0" in value:
        raise ValueError("a credential cannot contain a NUL character")
    for host in hosts:
        if host_problem(host.removeprefix("*.")):
            raise ValueError(
                f"{host!r} is not a host; allowed: a full host name, or *.example.com for all names below it"
            )

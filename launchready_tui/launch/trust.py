"""Trust in a launch file: one that came with a repository steers where we connect, so an unseen one is shown and asked
about once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from ..hostnames import host_of
from .atomic import folder_lock, write_atomically
from .model import LaunchFile

_HASH = re.compile(r"[0-9a-f]{64}")


def state_dir(env: Mapping[str, str] | None = None) -> Path:
    """Where this user's own state lies: LAUNCHREADY_STATE, else $XDG_STATE_HOME/launchready, else
    ~/.local/state/launchready."""
    known = os.environ if env is None else env
    if known.get("LAUNCHREADY_STATE"):
        return Path(known["LAUNCHREADY_STATE"])
    base = known.get("XDG_STATE_HOME", "")
    # A relative value is to be ignored (XDG Base Directory Specification 0.8).
    if base and Path(base).is_absolute():
        return Path(base) / "launchready"
    if os.name == "nt" and known.get("LOCALAPPDATA"):
        return Path(known["LOCALAPPDATA"]) / "launchready"
    home = known.get("HOME", "")
    return (Path(home) if home else Path.home()) / ".local" / "state" / "launchready"


class Reaches(msgspec.Struct, frozen=True, kw_only=True):
    """What a launch file would make us connect to and use."""

    hosts: tuple[str, ...]
    nameservers: tuple[str, ...]
    connect: tuple[str, ...]
    """Rules as HOST[:PORT]=ADDRESS[:PORT]."""
    credentials: tuple[str, ...]
    """Each with the host it would go to: `shop-login for api.example.com`."""
    rdap: tuple[str, ...]
    private_addresses: tuple[str, ...]
    ca_file: str
    repository: str
    alerts: tuple[str, ...] = ()
    """Where messages go when something is watched: `on-call: slack to hooks.slack.com`."""
    mailboxes: tuple[str, ...] = ()
    """Test mailboxes that would be read: `gmail: imap.gmail.com`."""
    logs: tuple[str, ...] = ()
    """Files of this machine that would be read."""

    def lines(self) -> tuple[str, ...]:
        """What to show before the question, one line a kind; kinds that are not used are left out."""
        kinds = (
            ("hosts", self.hosts),
            ("name servers", self.nameservers),
            ("connect map", self.connect),
            ("credentials", self.credentials),
            ("RDAP servers", self.rdap),
            ("private addresses", self.private_addresses),
            ("extra certificate authorities", (self.ca_file,) if self.ca_file else ()),
            ("repository", (self.repository,) if self.repository else ()),
            ("alerts", self.alerts),
            ("test mailboxes", self.mailboxes),
            ("log files", self.logs),
        )
        return tuple(f"{kind}: {', '.join(values)}" for kind, values in kinds if values)


def summary(file: LaunchFile) -> Reaches:
    """What this launch file would reach, in file order, each name once."""
    launch = file.launch
    urls = [launch.canonical, *(route.url for route in launch.routes), *(page.url for page in launch.pages)]
    urls += [target.url for target in launch.targets]
    urls += [f"https://{step.host}" for step in launch.recovery_path if step.url]
    urls += [launch.watch.monitor] if launch.watch.monitor else []
    urls += [url for redirect in launch.redirects for url in (redirect.from_, redirect.to)]
    apps = launch.apps
    urls += [url for url in (apps.privacy, apps.terms, apps.support, apps.account_deletion) if url]
    urls += [page.url for page in launch.legal]
    urls += [url for url in (launch.payments.webhook, launch.safety.rules, *launch.safety.pages) if url]
    urls += [launch.safety.report] if "://" in launch.safety.report else []
    hosts = [launch.domain, *apps.hosts, *(host.name for host in launch.hosts), *(_host(url) for url in urls)]
    used = [f"{route.login} for {_host(route.url)}" for route in launch.routes if route.login]
    used += [f"{target.login} for {_host(target.url)}" for target in launch.targets if target.login]
    used += [f"{step.login} for {step.host}" for step in launch.recovery_path if step.login]
    alerts = [(alert, alert.where) for alert in launch.alerts]
    used += [f"{alert.credential} for {server}" for alert, server in alerts if alert.credential]
    used += [f"{box.login} for {box.login_host}" for box in launch.mailboxes]
    used += [f"{queue.credential} for {queue.server.partition(':')[0]}" for queue in launch.queues if queue.credential]
    regions = [(one, _host(one.url) if one.url else "api.globalping.io") for one in launch.regions]
    used += [f"{one.credential} for {host}" for one, host in regions if one.credential]
    github = "github" in launch.watch.deploys
    if launch.repository and launch.repository.github_login and github:
        used.append(f"{launch.repository.github_login} for api.github.com")
    if launch.watch.heartbeat:
        used.append(f"{launch.watch.heartbeat} for {launch.watch.heartbeat_host}")
    return Reaches(
        hosts=tuple(
            dict.fromkeys(
                [
                    *hosts,
                    *(queue.server for queue in launch.queues),
                    *(host for _, host in regions),
                    *(["api.github.com"] if github else []),
                ]
            )
        ),
        nameservers=launch.settings.nameservers,
        connect=tuple(f"{source}={target}" for source, target in launch.connect.items()),
        credentials=tuple(dict.fromkeys(used)),
        rdap=tuple(launch.settings.rdap.values()),
        private_addresses=launch.settings.private_addresses,
        ca_file=launch.settings.ca_file,
        repository=launch.repository.path if launch.repository else "",
        alerts=tuple(f"{alert.name}: {alert.kind} to {alert.to or server}" for alert, server in alerts),
        logs=tuple(log.path for log in launch.logs),
        mailboxes=tuple(f"{box.name}: {box.server[0]}" for box in launch.mailboxes),
    )


def _host(url: str) -> str:
    return host_of(url) or url.lower()


class Trust:
    """The hashes of launch files that this user said yes to, kept in `trusted` in the state folder."""

    def __init__(self, state: Path) -> None:
        self.path = state / "trusted"

    def knows(self, sha256: str) -> bool:
        """Whether this very content was trusted before. A file that cannot be read trusts nothing."""
        return sha256 in self._read()

    def remember(self, sha256: str) -> None:
        """Raises ValueError for what is no hash, CannotWrite where the state folder cannot be written."""
        if not _HASH.fullmatch(sha256):
            raise ValueError("trust is bound to the SHA-256 of a launch file, 64 hex digits")
        make_private(self.path.parent)
        with folder_lock(self.path.parent):
            known = self._read()
            if sha256 not in known:
                write_atomically(self.path, "".join(f"{one}\n" for one in (*known, sha256)), mode=0o600)

    def forget(self, sha256: str) -> None:
        """Asks again for this file from now on."""
        known = self._read()
        if sha256 in known:
            with folder_lock(self.path.parent):
                write_atomically(self.path, "".join(f"{one}\n" for one in self._read() if one != sha256), mode=0o600)

    def _read(self) -> tuple[str, ...]:
        try:
            lines = self.path.read_text("ascii", "replace").split()
        except OSError:
            return ()
        return tuple(line for line in lines if _HASH.fullmatch(line))


def make_private(folder: Path) -> None:
    """Makes a folder only this user may enter, with those above it. Raises CannotWrite."""
    from .atomic import CannotWrite

    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as why:
        raise CannotWrite(folder, why) from why

"""Trust in a launch file: one that came with a repository steers where we connect, so an unseen one is shown and asked
about once."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from datetime import UTC
from pathlib import Path

import msgspec

from ..hostnames import host_of
from .atomic import folder_lock, make_private, write_atomically
from .model import Launch, LaunchFile, Region, Silence
from .names import split_port

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
    silences: tuple[str, ...] = ()
    """Times without alerts: `2026-12-01 02:00 UTC for 20m: all targets (upgrade)`."""
    mailboxes: tuple[str, ...] = ()
    """Test mailboxes that would be read: `gmail: tests+TAG@gmail.com at imap.gmail.com`."""
    logs: tuple[str, ...] = ()
    """Files of this machine that would be read."""
    acts: tuple[str, ...] = ()
    """Requests that do more than read, once they are allowed: `log in: POST https://example.com/login`."""
    permission: str = ""
    """Who is said to have allowed what goes beyond an ordinary visit, and where."""

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
            ("times without alerts", self.silences),
            ("test mailboxes", self.mailboxes),
            ("log files", self.logs),
            ("requests that act, with --allow", self.acts),
            ("permission for intrusive checks", (self.permission,) if self.permission else ()),
        )
        return tuple(f"{kind}: {', '.join(values)}" for kind, values in kinds if values)


def sent(launch: Launch) -> tuple[tuple[str, str], ...]:
    """Every credential that the file names, with the host that it would go to; each pair once, in file order."""
    used = [(route.login, _host(route.url)) for route in launch.routes]
    used += [(target.login, _host(target.url)) for target in launch.targets]
    used += [(name, step.host) for step in launch.recovery_path for name in (step.login, step.as_)]
    used += [(alert.credential, alert.host) for alert in launch.alerts]
    used += [(box.login, box.login_host) for box in launch.mailboxes]
    used += [(queue.credential, split_port(queue.server)[0]) for queue in launch.queues]
    used += [(region.credential, _exporter(region)) for region in launch.regions]
    if launch.repository and "github" in launch.watch.deploys:
        used.append((launch.repository.github_login, "api.github.com"))
    used.append((launch.watch.heartbeat, launch.watch.heartbeat_host))
    return tuple(dict.fromkeys((name, host) for name, host in used if name))


def leads(launch: Launch) -> bool:
    """Whether the file itself decides where a host's name leads, or who may vouch for it."""
    return bool(launch.connect or launch.settings.nameservers or launch.settings.ca_file)


def permission_hash(launch: Launch) -> str:
    """What a confirmation of `[permission]` is bound to: its words and the launch's domain. Empty where there is
    none."""
    given = launch.permission
    if given is None:
        return ""
    words = ("permission", launch.domain, given.by, given.on.isoformat(), *sorted(given.domains))
    return hashlib.sha256("\0".join(words).encode()).hexdigest()


def permission_words(launch: Launch) -> str:
    """`founder, on 2026-11-24, for example.com`; empty where none is recorded."""
    given = launch.permission
    return f"{given.by}, on {given.on}, for {', '.join(given.domains)}" if given else ""


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
    hosts += [queue.server for queue in launch.queues]
    hosts += [_exporter(region) for region in launch.regions]
    hosts += ["api.github.com"] if "github" in launch.watch.deploys else []
    return Reaches(
        hosts=tuple(dict.fromkeys(hosts)),
        nameservers=launch.settings.nameservers,
        connect=tuple(f"{source}={target}" for source, target in launch.connect.items()),
        credentials=tuple(f"{name} for {host}" for name, host in sent(launch)),
        rdap=tuple(launch.settings.rdap.values()),
        private_addresses=launch.settings.private_addresses,
        ca_file=launch.settings.ca_file,
        repository=launch.repository.path if launch.repository else "",
        alerts=tuple(
            f"{alert.name}: {alert.kind} to {f'{alert.to} through ' if alert.to else ''}{alert.where}"
            for alert in launch.alerts
        ),
        silences=tuple(map(_silence, launch.silence)),
        logs=tuple(log.path for log in launch.logs),
        mailboxes=tuple(f"{box.name}: {box.recipient('TAG')} at {box.server[0]}" for box in launch.mailboxes),
        acts=_acts(launch),
        permission=permission_words(launch),
    )


def _silence(one: Silence) -> str:
    end = f"for {one.for_}" if one.for_ else f"until {one.until:%Y-%m-%d %H:%M %Z}"
    targets = " and ".join(one.targets) or "all targets"
    return f"{one.from_.astimezone(UTC):%Y-%m-%d %H:%M} UTC {end}: {targets} ({one.why})"


def _acts(launch: Launch) -> tuple[str, ...]:
    """What would be asked of the product beyond reading. The query is left out: it may be long."""
    asked = [(one.name, one.method, one.url) for one in launch.routes]
    asked += [(one.name, one.method, one.url) for one in launch.targets]
    acts = [one for one in asked if one[1] not in ("GET", "HEAD", "OPTIONS")]
    acts += [(step.name, step.method, step.url) for step in launch.recovery_path if step.url]
    named = {route.name: route for route in launch.routes}
    by_mail = [(flow.name, named[flow.route]) for flow in launch.flows if flow.route in named]
    acts += [(f"{name} mail", route.method, route.url) for name, route in by_mail]
    return tuple(dict.fromkeys(f"{name}: {method} {url.partition('?')[0]}" for name, method, url in acts))


def _exporter(region: Region) -> str:
    return _host(region.url) if region.url else "api.globalping.io"


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

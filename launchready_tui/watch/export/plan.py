"""What all exports are made from: the same targets and alerts that the watch here uses, and where the other side
listens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ...launch.inventory import Inventory
from ...launch.model import Alert, Launch, Region, Watch
from ...launch.names import split_port
from ...launch.trust import leads
from ...probe.stats import at_most
from ...text import clean
from ..detect import SLOW_ALPHA
from ..regions import elsewhere
from ..samples.model import Condition, Target
from ..targets import targets_of
from ..watched import policy_of

SECRETS = "/etc/launchready/secrets"
"""Where a file of each credential's name lies on the machine that watches. No export holds a secret, only this path
and the name."""
CA_FILE = "/etc/launchready/ca.pem"
CHANGED = "Change the launch file and export again, or maintain this file yourself."


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the three programs listen: loopback, since whoever reaches a blackbox exporter lets it ask any address."""

    prometheus: str = "127.0.0.1:9090"
    alertmanager: str = "127.0.0.1:9093"
    blackbox: str = "127.0.0.1:9115"


@dataclass(frozen=True, slots=True)
class Job:
    """A thing outside the product that must run now and then, such as a backup. `every_s` 0: nobody said how often."""

    name: str
    owner: str
    every_s: int
    grace_s: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One launch as the exports take it."""

    product: str
    domain: str
    targets: tuple[Target, ...]
    alerts: tuple[Alert, ...]
    watch: Watch
    jobs: tuple[Job, ...] = ()
    ports: Ports = Ports()
    secrets: str = SECRETS
    own_ca: bool = False
    connect: bool = False
    leads: bool = False
    """Whether the launch file itself decides where its hosts lead."""
    queues: bool = False
    """Whether somebody is to be told of late job queues."""
    files: tuple[str, ...] = ()
    """What else of the launch lies on the watching machine: logs and a repository."""
    regions: tuple[tuple[Region, Target], ...] = ()
    """What exporters in other regions look at."""
    public: tuple[str, ...] = ()
    """Regions that public probes look from."""
    own: tuple[tuple[str, str], ...] = ()
    """Credentials that only the watch of LaunchReady itself needs, each with its host."""
    left: list[str] = field(default_factory=list)
    """What could not be said in the other one's words, for people."""

    @classmethod
    def of(
        cls,
        launch: Launch,
        *,
        jobs: Sequence[Job] = (),
        ports: Ports | None = None,
        secrets: str = SECRETS,
        targets: Sequence[Target] = (),
    ) -> Plan:
        """From the launch; `targets` in place of what the launch file would watch, where they are given."""
        watched = tuple(targets) or targets_of(launch)
        far = elsewhere(launch, watched)
        made = cls(
            product=clean(launch.name),
            domain=launch.domain,
            targets=watched,
            alerts=launch.alerts,
            watch=launch.watch,
            jobs=tuple(jobs),
            ports=ports or Ports(),
            secrets=secrets,
            own_ca=bool(launch.settings.ca_file),
            connect=bool(launch.connect),
            leads=leads(launch),
            files=tuple(log.path for log in launch.logs) + _repository(launch),
            queues=any("queue" in alert.on for alert in launch.alerts) and bool(launch.queues),
            regions=tuple((region, target) for region, target in far if region.kind == "blackbox"),
            public=tuple(dict.fromkeys(region.name for region, _ in far if region.kind == "globalping")),
            own=_own(launch),
        )
        if not launch.alerts:
            made.left.append("The launch file has no [[alerts]], so no one would be alerted")
        return made

    def for_others(self) -> None:
        """Notes on what other programs than our own do not do."""
        if self.own_ca:
            self.left.append(f"The launch file names an extra certificate authority: copy it to {CA_FILE}")
        if self.connect:
            self.left.append("The connect map is not exported: host names are resolved through public DNS")
        if self.queues:
            self.left.append("Only `launchready watch` reports late job queues: run it as well")
        self.left.extend(
            f"{alert.name}: only `launchready watch` sends through {alert.kind}: run it as well, or add a receiver by "
            f"hand"
            for alert in self.alerts
            if alert not in self.carried
        )
        self.left.extend(f"{name}: only `launchready watch` uses Globalping probes" for name in self.public)

    @property
    def carried(self) -> tuple[Alert, ...]:
        """The alerts whose channel other programs can be given: the rest stays with our own watch."""
        return tuple(alert for alert in self.alerts if alert.kind in ("slack", "email"))

    def secret(self, name: str) -> str:
        """The path of the file with this credential."""
        return f"{self.secrets}/{name}"

    @property
    def credentials(self) -> tuple[str, ...]:
        """Every credential that is referred to, each once."""
        names = [alert.credential for alert in self.alerts if alert.credential]
        names += [target.login for target in self.targets if target.login]
        names += [region.credential for region, _ in self.regions if region.credential]
        return tuple(dict.fromkeys([*names, *([self.watch.heartbeat] if self.watch.heartbeat else [])]))


def _repository(launch: Launch) -> tuple[str, ...]:
    return (launch.repository.path,) if "tags" in launch.watch.deploys and launch.repository is not None else ()


def _own(launch: Launch) -> tuple[tuple[str, str], ...]:
    found = [(queue.credential, split_port(queue.server)[0]) for queue in launch.queues]
    found += [(region.credential, "api.globalping.io") for region in launch.regions if region.kind == "globalping"]
    if launch.repository is not None and "github" in launch.watch.deploys:
        found.append((launch.repository.github_login, "api.github.com"))
    return tuple((name, host) for name, host in dict.fromkeys(found) if name)


def down_for_s(target: Target) -> float:
    """How long it must fail before it is down, seconds: three of its probes in a row, at least as long as the watch
    here waits."""
    return max(policy_of(target).down_span, 2 * target.every_s)


def slow_rule(target: Target) -> tuple[int, int, float]:
    """(over the target, of so many probes, in so many seconds): seen less than once in a thousand times if one in
    twenty may be over."""
    window = max(policy_of(target).slow_window, policy_of(target).slow_least * target.every_s)
    n = int(window / target.every_s)
    over = next(k for k in range(n + 1) if 1 - at_most(k - 1, n, 0.05) <= SLOW_ALPHA)
    return over, n, window


def json_words(condition: Condition) -> tuple[list[str | int], str]:
    """The steps of a JSON path, numbers where they count, and the value that must stand there."""
    return [int(step) if step.isdecimal() else step for step in condition.name.split(".")], condition.value


_UNITS = {"min": 60, "hour": 3600, "day": 86400, "week": 604800, "month": 2592000}
_LENGTH = re.compile(r"(?i)(?:every\s+)?(\d+)?\s*(min|hour|day|week|month)(?:ute)?s?")
_ADVERBS = {"hourly": 3600, "nightly": 86400, "daily": 86400, "weekly": 604800, "monthly": 2592000}


def length_s(text: str) -> int | None:
    """Seconds of what the inventory writes (`1 day`, `every 6 hours`, `nightly`); None where it cannot be read."""
    plain = text.strip().lower()
    found = _LENGTH.fullmatch(plain)
    return _UNITS[found[2]] * int(found[1] or 1) if found else _ADVERBS.get(plain)


def jobs_of(inventory: Inventory) -> tuple[Job, ...]:
    """Backups of the inventory: what must run by itself, and nobody notices when it does not."""
    every = {one.store: length_s(one.every) or 0 for one in inventory.backups}
    return tuple(
        Job(
            name=clean(f"backup of {one.store}"),
            owner=clean(one.owner),
            every_s=every[one.store],
            grace_s=every[one.store] // 4,
        )
        for one in inventory.backups
    )


def variable(name: str) -> str:
    """The environment variable that holds a credential: the one LaunchReady itself reads."""
    return "LAUNCHREADY_" + name.upper().replace("-", "_")


def seconds(value: float) -> str:
    """A length of time as all of these programs read it: whole seconds, else milliseconds."""
    return f"{int(value)}s" if value == int(value) else f"{round(value * 1000)}ms"

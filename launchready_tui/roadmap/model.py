"""The types of the roadmap: its stages (`audit.toml` … `handover.toml` beside this module) and their
checks, each in its own folder under `checks/`."""

from __future__ import annotations

import functools
from datetime import timedelta
from typing import Literal, get_args

import msgspec

from ..failure import FailureKind
from ..findings import Severity
from .sheet import SheetError, check_ids, head, sheet_of, stage_file

How = Literal["live", "repo", "log", "person"]
ShelfLife = Literal["24h", "30d", "commit", "deploy"]
Answer = Literal["yes", "no", "does-not-apply"]
"""What a person may answer."""
LightId = Literal["dns", "ssl", "redirects", "email", "deployment", "secrets", "caching", "monitoring"]

# Business flows, the one that earns first. `all` touches every flow, so it ranks with the first.
FLOWS: tuple[str, ...] = ("pay", "all", "sign-up", "log-in", "book", "search", "list", "message", "admin", "marketing")

SprintItem = Literal[
    "DNS setup",
    "Redirects",
    "Subdomains",
    "Cloudflare",
    "SSL",
    "DDoS protection",
    "Caching",
    "SPF/DKIM/DMARC",
    "Production deployment",
    "Environment variables",
    "Secrets handling",
    "Uptime monitoring",
    "Handover checklist",
]
SPRINT_ITEMS: tuple[SprintItem, ...] = get_args(SprintItem)
"""What a launch sprint is booked for, in the order of the offer; each check belongs to one."""


class Light(msgspec.Struct, frozen=True):
    """One of the eight lights of the minimum bar."""

    id: LightId
    title: str
    means: str


LIGHTS: tuple[Light, ...] = (
    Light("dns", "DNS", "root and subdomains resolve"),
    Light("ssl", "SSL", "HTTPS forced everywhere, certificates valid"),
    Light("redirects", "Redirects", "one main address a page"),
    Light("email", "Email", "SPF, DKIM and DMARC in place"),
    Light("deployment", "Deployment", "production builds without manual fixes"),
    Light("secrets", "Secrets", "none in code or in what the browser gets"),
    Light("caching", "Caching", "static files cached at the edge"),
    Light("monitoring", "Monitoring", "uptime alerts and errors visible"),
)


class CheckSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One check of the roadmap: the head of `checks/STAGE/NAME/check.toml`.

    `automated` says that code answers it now (its folder has code); otherwise a person confirms it. `place` is where
    it stands among the checks of its stage.
    """

    id: str
    place: float = 0
    title: str
    """Short, as the console's list shows it: at most 18 characters."""
    goal: str
    """What is true when it passes, one plain sentence."""
    why: str
    """Why it matters for the launch, in a founder's words."""
    verify: str
    """How it is verified, concretely."""
    how: tuple[How, ...]
    question: str
    """What a person is asked to confirm where nothing, or not all, can be seen from outside."""
    severity: Severity
    flow: str
    light: LightId | None = None
    """The light that its rules belong to, those apart that `lights` names."""
    lights: dict[str, LightId | Literal[""]] = {}
    """Rules of this check that belong to another light, or to none (empty)."""
    sprint_item: SprintItem
    shelf_life: ShelfLife
    effort_min: int
    flows: dict[str, str] = {}
    """Rules of this check that touch another flow than `flow`."""
    after: dict[str, tuple[str, ...]] = {}
    """Rules of this check that make no sense to fix before others, by rule or by whole check: while such a one fails
    (on the same host, where both speak of one) it stands in the way."""
    blinds: dict[str, tuple[FailureKind, ...]] = {}
    """Rules of this check that stop others from looking at the same host when they fail, each with the reasons that
    such a look then gives."""
    fills: tuple[str, ...] = ()
    """Deliverables of its stage that it fills, beside those that the stage's own file names."""
    asks_about: tuple[str, ...] = ()
    """The rules of this check that a person's word may settle where they could not be seen."""
    may_not_apply: bool = False
    """Whether a person may say that there is nothing to check, such as no app or no queue."""
    answered_by: str = ""
    """The check whose measurements answer this one as well. A person answers while that one has none."""
    seen_by: str = ""
    """What would let LaunchReady see it itself, where that is possible and a word stands in its place: one line of
    the launch file or one command."""
    automated: bool = False

    @property
    def stage(self) -> str:
        """The id of its stage, which its own id begins with."""
        return self.id.partition(".")[0]

    @property
    def rests_on(self) -> tuple[str, ...]:
        """The other checks that some of its rules wait for, by id."""
        names = dict.fromkeys(".".join(name.split(".")[:2]) for after in self.after.values() for name in after)
        return tuple(name for name in names if name != self.id)

    def flow_of(self, rule: str) -> str:
        """The flow of a rule of this check, by its whole id."""
        return self.flows.get(rule.removeprefix(f"{self.id}."), self.flow)

    def after_of(self, rule: str) -> tuple[str, ...]:
        """The rules and checks that a rule of this check, by its whole id, waits for while they fail."""
        return self.after.get(rule.removeprefix(f"{self.id}."), ())

    def blinds_by(self, rule: str) -> tuple[FailureKind, ...]:
        """The reasons that looks at a host give while a rule of this check, by its whole id, fails there."""
        return self.blinds.get(rule.removeprefix(f"{self.id}."), ())

    @property
    def answers(self) -> tuple[Answer, ...]:
        """What a person may answer here. None where code looks by itself; no `yes` where a word settles nothing,
        since what is missing must be written down or tried."""
        if self.automated and "person" not in self.how:
            return ()
        yes: tuple[Answer, ...] = ("yes",) if self.asks_about or not self.automated else ()
        return (*yes, "no", *(("does-not-apply",) if self.may_not_apply else ()))

    def word_settles(self, rule: str) -> bool:
        """Whether a person's word may settle a rule of this check, by its whole id, where it could not be seen."""
        return "person" in self.how and rule.removeprefix(f"{self.id}.") in self.asks_about

    def light_of(self, rule: str) -> LightId | None:
        """The light that a rule of this check belongs to, by its whole id; None where to none."""
        return self.lights.get(rule.removeprefix(f"{self.id}."), self.light or "") or None

    @property
    def keeps(self) -> timedelta | None:
        """How long an answer stays fresh by time alone; None where the next commit or deploy ends it (30 days at most
        even then)."""
        return {"24h": timedelta(hours=24), "30d": timedelta(days=30)}.get(self.shelf_life)


class RuleSpec(msgspec.Struct, frozen=True):
    """What a rule looks at, its technical term, and where it comes from: shown by `e`."""

    id: str
    term: str
    """The field's own word for it, such as `HSTS max-age`."""
    explain: str
    """What the rule tests and why the line is drawn there."""
    source: str
    """RFC section, vendor page, with the date it was seen where it can change."""
    several: str = ""
    """One line for many subjects at once, with the place `{n}`."""


class Deliverable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something the stage hands over; it is as full as the checks that fill it are answered."""

    id: str
    title: str
    filled_by: tuple[str, ...]


class Signal(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sign that the stage is failing; lit by a failing finding of one of these checks or rules."""

    id: str
    title: str
    lit_by: tuple[str, ...]


class Stage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A stage of the roadmap and its screen."""

    id: str
    number: int
    title: str
    goal: str
    checks: tuple[CheckSpec, ...]
    deliverables: tuple[Deliverable, ...]
    signals: tuple[Signal, ...]


class _StageFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    id: str
    number: int
    title: str
    goal: str
    deliverables: tuple[Deliverable, ...]
    signals: tuple[Signal, ...]


STAGE_FILES = ("audit", "edge", "email", "deploy", "performance", "monitoring", "handover")


class Roadmap:
    """All stages and rules, looked up by id."""

    def __init__(self, stages: tuple[Stage, ...], rules: dict[str, RuleSpec] | None = None) -> None:
        """`rules` in place of those in the checks' own files."""
        self.stages = stages
        if rules is not None:
            self.rules = rules
        self.checks: dict[str, CheckSpec] = {check.id: check for stage in stages for check in stage.checks}

    @functools.cached_property
    def rules(self) -> dict[str, RuleSpec]:
        """Every rule that a check's own file explains, in the order of the roadmap. Raises SheetError."""
        return {
            f"{check}.{name}": RuleSpec(f"{check}.{name}", rule.term, rule.explain, rule.source, rule.several)
            for check in self.checks
            for name, rule in sheet_of(check).rules.items()
            if rule.term
        }

    def several(self, rule: str) -> str:
        """The line of a rule for many subjects at once; empty where it has none. Reads no sheet but this rule's.
        Raises SheetError."""
        if "rules" in self.__dict__:
            return self.rules[rule].several if rule in self.rules else ""
        check, _, name = rule.rpartition(".")
        found = sheet_of(check).rules.get(name)
        return found.several if found else ""

    def stage(self, name: str) -> Stage:
        """A stage by id or number. KeyError if there is none."""
        for stage in self.stages:
            if name in (stage.id, str(stage.number)):
                return stage
        raise KeyError(name)

    def of_item(self, item: SprintItem) -> tuple[CheckSpec, ...]:
        """The checks of a sprint item, in the order of the roadmap."""
        return tuple(one for one in self.checks.values() if one.sprint_item == item)

    def light(self, light: str) -> tuple[CheckSpec, ...]:
        """The checks whose rules make a light."""
        return tuple(one for one in self.checks.values() if one.light == light or light in one.lights.values())


@functools.cache
def load() -> Roadmap:
    """The roadmap of this version. Raises SheetError if the package's own data does not read."""
    import tomllib

    stages = []
    for name in STAGE_FILES:
        try:
            file = msgspec.convert(tomllib.loads(stage_file(name).read_text("utf-8")), _StageFile)
        except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise SheetError(f"roadmap/{name}.toml: {error}") from error
        checks = tuple(sorted((head(check, CheckSpec) for check in check_ids(name)), key=lambda check: check.place))
        stages.append(_filled(Stage(checks=checks, **msgspec.structs.asdict(file))))
    return Roadmap(tuple(stages))


def _filled(stage: Stage) -> Stage:
    """The stage with what its checks say of themselves that they fill."""
    known = {one.id for one in stage.deliverables}
    for check in stage.checks:
        if unknown := set(check.fills) - known:
            raise SheetError(f"{check.id} fills {min(unknown)}, which its stage does not deliver")
    return msgspec.structs.replace(
        stage,
        deliverables=tuple(
            msgspec.structs.replace(
                one, filled_by=(*one.filled_by, *(check.id for check in stage.checks if one.id in check.fills))
            )
            for one in stage.deliverables
        ),
    )

"""audit.registrar: every domain is registered, locked, and far from its end date (RDAP, RFC 9083)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ....clock import stamp
from ....failure import Failure
from ....findings import Evidence, Finding, Remedy, Severity
from ....world.sights import Registration
from ...base import Say, check
from ..dated import dated
from ..hosts_of import domains

if TYPE_CHECKING:
    from ....launch.model import Launch
    from ....world import World

say = Say("audit.registrar")

FAIL_BELOW = timedelta(days=14)
WARN_BELOW = timedelta(days=60)
# EPP statuses as RDAP spells them (RFC 8056): a domain with one of these is out of DNS or on its way out.
HOLDS = ("client hold", "server hold", "redemption period", "pending delete", "inactive")
MOVES = ("pending transfer",)
LOCKS = ("client transfer prohibited", "server transfer prohibited", "transfer prohibited")
# Registries that hand out no transfer lock: moving needs a code that the registrar gives out.
NO_LOCKS = (".de", ".uk", ".nl", ".at", ".ch", ".be", ".se", ".dk", ".no", ".eu", ".fr", ".it", ".es", ".pl", ".jp")


@check("audit.registrar")
@dated
async def registrar(launch: Launch, world: World) -> AsyncGenerator[Finding, None]:
    """Asks the registry of every registrable domain of the launch."""
    names = domains(launch)
    for name, answer in zip(names, await asyncio.gather(*(world.registry.domain(name) for name in names)), strict=True):
        if isinstance(answer, Failure):
            yield _unseen(name, answer)
        elif not answer.registered:
            yield say.fail(
                "not-registered",
                name,
                f"{name} is not registered: anybody can buy it today",
                severity=Severity.BLOCKER,
                evidence=[_evidence(answer)],
                remedy=Remedy(text=f"Register {name} now, or take it out of the launch file"),
                via=answer.via,
            )
        else:
            yield _expiry(answer, world.clock.now())
            yield _hold(answer)
            yield _lock(answer)


def _unseen(name: str, failure: Failure) -> Finding:
    """Why nothing is known of a registration, and the nearest way to know it."""
    by_hand = "Look at the registrar's page for this domain and confirm end date, renewal and lock here"
    words, remedy = f"The registry gave no answer about {name}: {failure.words}", Remedy(text=by_hand)
    if failure.kind == "switched-off":
        words = f"The registry was not asked about {name}: {failure.detail}"
    elif failure.kind == "rate-limited":
        words = f"The registry answers too many questions from here right now, so nothing is known of {name}"
        seconds = failure.detail.removeprefix("retry after ").strip()
        when = f"in {seconds} s" if seconds.isdigit() else "later"
        remedy = Remedy(text=f"Check again {when}, or: {by_hand}")
    elif failure.kind == "unavailable" and "no RDAP service" in failure.detail:
        ending = name.rpartition(".")[2]
        words = f"The registry of .{ending} has no public service that is known here, so nothing is known of {name}"
        paste = f'[settings.rdap]\n{ending} = "<address of the registry\'s RDAP service>"'
        remedy = Remedy(text=f"{by_hand}, or name the service", paste=paste, where="launchready.toml")
    return say.unknown("unavailable", name, words, failure=failure, remedy=remedy)


def _evidence(seen: Registration) -> Evidence:
    lines = [
        f"registrar: {seen.registrar or '(not told)'}",
        f"expires: {stamp(seen.expires) if seen.expires else '(not told)'}",
        f"created: {stamp(seen.created) if seen.created else '(not told)'}",
        f"status: {', '.join(seen.statuses) or '(none told)'}",
    ]
    return Evidence.of(
        "registration",
        "\n".join([seen.domain, *lines]) if seen.registered else f"{seen.domain}: not found",
        source=seen.source,
        at=seen.at,
    )


def _where(seen: Registration) -> str:
    return seen.registrar or "the registrar's page"


def _expiry(seen: Registration, now: datetime) -> Finding:
    name, evidence = seen.domain, [_evidence(seen)]
    if seen.expires is None:
        return say.unknown(
            "expiry",
            name,
            f"The registry does not tell when {name} ends",
            evidence=evidence,
            remedy=Remedy(
                text="Look at the end date and the automatic renewal, and confirm both here", where=_where(seen)
            ),
            via=seen.via,
        )
    left = seen.expires - now
    remedy = Remedy(
        text=f"Renew {name} for a year or more, switch automatic renewal on, and check the card behind it",
        where=_where(seen),
    )
    day = seen.expires.strftime("%Y-%m-%d")
    if left <= timedelta(0):
        words = f"{name} ended on {day}: site, app and mail may stop any hour"
        return say.fail(
            "expiry", name, words, severity=Severity.BLOCKER, evidence=evidence, remedy=remedy, via=seen.via
        )
    if left < FAIL_BELOW:
        words = f"{name} ends on {day}, in {max(1, left.days)} days"
        return say.fail("expiry", name, words, evidence=evidence, remedy=remedy, via=seen.via)
    if left < WARN_BELOW:
        return say.warn(
            "expiry", name, f"{name} ends on {day}, in {left.days} days", evidence=evidence, remedy=remedy, via=seen.via
        )
    words = f"{name} is registered until {day}" + (f" at {seen.registrar}" if seen.registrar else "")
    return say.passed("expiry", name, words, evidence=evidence, via=seen.via)


def _has(seen: Registration, wanted: tuple[str, ...]) -> str:
    statuses = {status.strip().lower() for status in seen.statuses}
    return next((status for status in wanted if status in statuses), "")


def _hold(seen: Registration) -> Finding:
    name, held, moving = seen.domain, _has(seen, HOLDS), _has(seen, MOVES)
    if held or moving:
        words = (
            f"{name} is on hold at the registry ({held}): it is out of DNS, or soon will be"
            if held
            else f"Somebody is moving {name} to another registrar right now"
        )
        text = (
            "Ask the registrar today why the domain is held; an unverified owner's address is the usual reason"
            if held
            else "Ask the owner whether this move is wanted, and stop it at the registrar if not"
        )
        severity = Severity.BLOCKER if held else Severity.HIGH
        return say.fail(
            "hold",
            name,
            words,
            severity=severity,
            evidence=[_evidence(seen)],
            remedy=Remedy(text=text, where=_where(seen)),
            via=seen.via,
        )
    return say.passed(
        "hold", name, f"The registry holds nothing against {name}", evidence=[_evidence(seen)], via=seen.via
    )


def _lock(seen: Registration) -> Finding:
    name = seen.domain
    if _has(seen, LOCKS):
        return say.passed(
            "lock",
            name,
            f"{name} is locked against a move to another registrar",
            evidence=[_evidence(seen)],
            via=seen.via,
        )
    if name.endswith(NO_LOCKS):
        return say.not_applicable("lock", name, f"The registry of {name} knows no transfer lock")
    if not seen.statuses:
        return say.info(
            "lock",
            name,
            f"The registry does not tell whether {name} is locked",
            evidence=[_evidence(seen)],
            via=seen.via,
        )
    return say.warn(
        "lock",
        name,
        f"{name} is not locked: who gets into the registrar account can move it away at once",
        evidence=[_evidence(seen)],
        remedy=Remedy(text=f"Switch the transfer lock of {name} on", where=_where(seen)),
        via=seen.via,
    )

"""What is watched: found in the launch file by itself, and what its `[[targets]]` add or change."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec

from ..hostnames import host_of
from ..launch.model import Launch, Route, WatchTarget
from .samples.model import Condition, Target

LOG_IN_S = 60.0
"""A route that logs in, or the log-in page itself, is asked once a minute at most: more would look like somebody
trying passwords."""
MAIL_S = 60.0


def targets_of(launch: Launch) -> tuple[Target, ...]:
    """The home page, every route marked safe that costs nothing, the mail servers' greeting, and what `[[targets]]`
    say, by name."""
    found = {one.name: one for one in (*_by_itself(launch),)}
    for extra in launch.targets:
        known = found.pop(extra.name, None)
        flow = _flow(launch, extra)
        if extra.watch and flow != "pay":
            found[extra.name] = _extra(launch, extra, flow if flow == "log-in" or known is None else known.flow)
    return tuple(found.values())


def _by_itself(launch: Launch) -> list[Target]:
    every = launch.watch.every_s
    safe = [route for route in launch.routes if _may_be_watched(route)]
    targets = []
    if not any(_same(route.url, launch.canonical) for route in safe):
        targets.append(_web("home", launch.canonical, every_s=every, flow="marketing", source="home"))
    for route in safe:
        target = _web(
            route.name,
            route.url,
            method=route.method,
            headers=route.headers,
            body=route.body,
            login=route.login,
            target_ms=float(route.target_ms),
            flow=route.flow,
            environment=_environment(launch, route.url),
            source="route",
        )
        slow = target.is_log_in
        targets.append(msgspec.structs.replace(target, every_s=max(every, LOG_IN_S) if slow else every))
    names = {target.name for target in targets}
    for host in launch.hosts_of("mail"):
        name = host.name if host.name not in names else f"mail {host.name}"
        targets.append(
            Target(
                name=name,
                kind="mail",
                url=f"{host.name}:25",
                host=host.name,
                port=25,
                every_s=max(every, MAIL_S),
                target_ms=5000.0,
                flow="message",
                environment=host.environment,
                source="mail",
            )
        )
    return targets


def _may_be_watched(route: Route) -> bool:
    """Never a route that is not marked safe, and never one that pays, whatever it is marked."""
    return route.safe and route.flow != "pay"


def _flow(launch: Launch, extra: WatchTarget) -> str:
    """The flow of the route that lies at the same address: what pays or logs in stays so under another name."""
    flows = {route.flow for route in launch.routes if _same(route.url, extra.url) and route.method == extra.method}
    return next((flow for flow in ("pay", "log-in") if flow in flows), next(iter(sorted(flows)), "all"))


def _extra(launch: Launch, extra: WatchTarget, flow: str) -> Target:
    conditions = _conditions(extra)
    every = extra.every_s or launch.watch.every_s
    made = _web(
        extra.name,
        extra.url,
        method=extra.method,
        headers=extra.headers,
        body=extra.body,
        login=extra.login,
        target_ms=float(extra.target_ms),
        conditions=conditions,
        version_json=extra.version_json,
        version_header=extra.version_header,
        flow=flow,
        environment=_environment(launch, extra.url),
        source="target",
    )
    return msgspec.structs.replace(made, every_s=max(every, LOG_IN_S) if made.is_log_in else every)


def _conditions(extra: WatchTarget) -> tuple[Condition, ...]:
    made = []
    if extra.status:
        made.append(Condition(kind="status", value=", ".join(str(one) for one in extra.status)))
    if extra.contains:
        made.append(Condition(kind="contains", value=extra.contains))
    if extra.absent:
        made.append(Condition(kind="absent", value=extra.absent))
    made += [Condition(kind="json", name=path, value=value) for path, value in extra.json.items()]
    made += [Condition(kind="header", name=name.lower(), value=value) for name, value in extra.header.items()]
    return tuple(made)


def _web(name: str, url: str, **more: object) -> Target:
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return msgspec.convert({"name": name, "url": url, "host": host, "port": port, **more}, Target)


def _environment(launch: Launch, url: str) -> str:
    host = launch.host(host_of(url))
    return host.environment if host else "production"


def _same(one: str, other: str) -> bool:
    return one.rstrip("/") == other.rstrip("/")

"""The two files by which a host says which apps its links open: apple-app-site-association and assetlinks.json."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

MOST_BYTES = 128 * 1024
"""Apple reads no more (developer.apple.com, Supporting associated domains, as known 2026-11)."""
_APP_ID = re.compile(r"[A-Z0-9]{10}\.[A-Za-z0-9.-]{1,155}")
_FINGERPRINT = re.compile(r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}")
_HANDLE_ALL = "delegate_permission/common.handle_all_urls"


@dataclass(frozen=True)
class AppFile:
    """What one file says. `problem` is the first thing that keeps phones from obeying it, as a message of the rule,
    and `what` the entry in question; empty where they do."""

    apps: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    problem: str = ""
    what: str = ""


def _load(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return _BROKEN


_BROKEN = object()


def apple(raw: bytes) -> AppFile:
    """apple-app-site-association: `applinks.details`, each with appIDs (or appID) and components (or paths)."""
    if len(raw) > MOST_BYTES:
        return AppFile(problem="too-large")
    told = _load(raw)
    if told is _BROKEN:
        return AppFile(problem="no-json")
    links = told.get("applinks") if isinstance(told, dict) else None
    details = links.get("details") if isinstance(links, dict) else None
    if isinstance(details, dict):  # the first form of the file: by app
        details = [{"appID": app, **row} for app, row in details.items() if isinstance(row, dict)]
    rows = [row for row in details if isinstance(row, dict)] if isinstance(details, list) else []
    if not rows:
        return AppFile(problem="no-details")
    apps: list[str] = []
    for row in rows:
        listed = row.get("appIDs")
        named = [str(app) for app in listed] if isinstance(listed, list) else []
        named += [str(row["appID"])] if isinstance(row.get("appID"), str) else []
        if not named:
            return AppFile(tuple(apps), problem="no-app")
        wrong = next((app for app in named if not _APP_ID.fullmatch(app)), None)
        if wrong is not None:
            return AppFile(tuple(apps), problem="bad-app", what=wrong)
        if not (row.get("components") or row.get("paths")):
            return AppFile((*apps, *named), problem="no-paths")
        apps += named
    return AppFile(tuple(dict.fromkeys(apps)))


def android(raw: bytes) -> AppFile:
    """assetlinks.json: a list of statements, each with relation, namespace, package_name and SHA-256 fingerprints."""
    told = _load(raw)
    if told is _BROKEN:
        return AppFile(problem="no-json")
    if not isinstance(told, list):
        return AppFile(problem="no-list")
    apps: list[str] = []
    prints: list[str] = []
    for row in told:
        target = row.get("target") if isinstance(row, dict) else None
        if not isinstance(target, dict) or target.get("namespace") != "android_app":
            continue
        relation = row.get("relation")
        if not isinstance(relation, list) or _HANDLE_ALL not in relation:
            continue
        package, listed = target.get("package_name"), target.get("sha256_cert_fingerprints")
        if not isinstance(package, str) or not package:
            return AppFile(tuple(apps), tuple(prints), problem="no-package")
        shown = [str(one) for one in listed] if isinstance(listed, list) else []
        if not shown:
            return AppFile(tuple(apps), tuple(prints), problem="no-certificate", what=package)
        wrong = next((one for one in shown if not _FINGERPRINT.fullmatch(one)), None)
        if wrong is not None:
            said = "sha-1" if wrong.count(":") == 19 else "bad-fingerprint"
            return AppFile(tuple(apps), tuple(prints), problem=said, what=package)
        apps.append(package)
        prints += shown
    if not apps:
        return AppFile(problem="no-statement")
    return AppFile(tuple(dict.fromkeys(apps)), tuple(dict.fromkeys(prints)))

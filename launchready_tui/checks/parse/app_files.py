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
    """What one file says. `problem` is the first thing that keeps phones from obeying it; empty where they do."""

    apps: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    problem: str = ""
    remark: str = ""


def _load(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return _BROKEN


_BROKEN = object()


def apple(raw: bytes) -> AppFile:
    """apple-app-site-association: `applinks.details`, each with appIDs (or appID) and components (or paths)."""
    if len(raw) > MOST_BYTES:
        return AppFile(problem=f"it is larger than {MOST_BYTES // 1024} KB, and Apple reads no more")
    told = _load(raw)
    if told is _BROKEN:
        return AppFile(problem="it is no JSON")
    links = told.get("applinks") if isinstance(told, dict) else None
    details = links.get("details") if isinstance(links, dict) else None
    if isinstance(details, dict):  # the first form of the file: by app
        details = [{"appID": app, **row} for app, row in details.items() if isinstance(row, dict)]
    rows = [row for row in details if isinstance(row, dict)] if isinstance(details, list) else []
    if not rows:
        return AppFile(problem="it has no applinks.details, so it opens no app")
    apps: list[str] = []
    for row in rows:
        listed = row.get("appIDs")
        named = [str(app) for app in listed] if isinstance(listed, list) else []
        named += [str(row["appID"])] if isinstance(row.get("appID"), str) else []
        if not named:
            return AppFile(tuple(apps), problem="one of its entries names no app")
        wrong = next((app for app in named if not _APP_ID.fullmatch(app)), None)
        if wrong is not None:
            return AppFile(tuple(apps), problem=f"{wrong} is no team of ten characters followed by the bundle")
        if not (row.get("components") or row.get("paths")):
            return AppFile((*apps, *named), problem="one of its entries names no paths, so no link opens the app")
        apps += named
    return AppFile(tuple(dict.fromkeys(apps)))


def android(raw: bytes) -> AppFile:
    """assetlinks.json: a list of statements, each with relation, namespace, package_name and SHA-256 fingerprints."""
    told = _load(raw)
    if told is _BROKEN:
        return AppFile(problem="it is no JSON")
    if not isinstance(told, list):
        return AppFile(problem="it is no list of statements")
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
            return AppFile(tuple(apps), tuple(prints), problem="one of its statements names no package")
        shown = [str(one) for one in listed] if isinstance(listed, list) else []
        if not shown:
            return AppFile(tuple(apps), tuple(prints), problem=f"it names no certificate of {package}")
        wrong = next((one for one in shown if not _FINGERPRINT.fullmatch(one)), None)
        if wrong is not None:
            kind = "a SHA-1 one" if wrong.count(":") == 19 else "not 32 pairs in capitals"
            return AppFile(
                tuple(apps), tuple(prints), problem=f"a fingerprint of {package} is {kind}, where SHA-256 is wanted"
            )
        apps.append(package)
        prints += shown
    if not apps:
        return AppFile(problem="it has no statement that lets an app handle links")
    return AppFile(tuple(dict.fromkeys(apps)), tuple(dict.fromkeys(prints)))

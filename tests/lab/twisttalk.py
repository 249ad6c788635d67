"""The flaws that wait, as plain clients see them: one look each, true while the flaw is on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from labtalk import ask, certificate, get, records

from launchready_tui.lab import files
from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab

STATUS = f"https://{at.STATUS}/"


def leads(lab: Lab, url: str) -> str:
    return get(lab, url).header("location")


def cookie(lab: Lab) -> str:
    return get(lab, f"{at.APP_SITE}/login").header("set-cookie")


def validity(lab: Lab) -> tuple[datetime, datetime]:
    leaf = x509.load_der_x509_certificate(certificate(lab, at.ADMIN))
    return leaf.not_valid_before_utc, leaf.not_valid_after_utc


def resent(lab: Lab) -> bool:
    url = at.SITE + files.CSS
    tag = get(lab, url).header("etag")
    return get(lab, url, headers={"If-None-Match": tag}).status == 200


def allows(lab: Lab) -> bool:
    answer = get(lab, f"{at.API_SITE}/", headers={"Origin": "https://elsewhere.example"})
    return answer.header("access-control-allow-credentials") == "true"


def registered(lab: Lab) -> list[str]:
    told = json.loads(get(lab, f"https://{at.RDAP}/domain/{at.DOMAIN}").body)["status"]
    assert isinstance(told, list)
    return told


def delegated(lab: Lab) -> list[str]:
    return [str(row) for found in ask(lab, at.DOMAIN, "NS", server=at.TLD_ADDRESS).authority for row in found]


TWISTED: dict[str, Callable[[Lab], bool]] = {
    "www-absent": lambda lab: not records(ask(lab, at.WWW, "A")),
    "www-temporary": lambda lab: get(lab, f"https://{at.WWW}/help").status == 302,
    "www-broken": lambda lab: get(lab, f"https://{at.WWW}/").status == 500,
    "offer-named-wrongly": lambda lab: f'href="https://{at.WWW}/offer"' in get(lab, f"{at.SITE}/offer").text,
    "offer-links-plain": lambda lab: f'href="http://{at.APEX}/help"' in get(lab, f"{at.SITE}/offer").text,
    "home-kept-long": lambda lab: "max-age=7200" in get(lab, f"{at.SITE}/").header("cache-control"),
    "never-304": resent,
    "cookie-for-scripts": lambda lab: "HttpOnly" not in cookie(lab),
    "cookie-odd-samesite": lambda lab: "SameSite=Yes" in cookie(lab),
    "cookie-dropped": lambda lab: "Path=/login" in cookie(lab),
    "cookie-in-the-clear": lambda lab: bool(get(lab, f"http://{at.APP}/").header("set-cookie")),
    "app-leaves-first": lambda lab: leads(lab, f"http://{at.APP}/") == f"{at.SITE}/",
    "referrer-chatty": lambda lab: get(lab, f"{at.APP_SITE}/").header("referrer-policy") == "unsafe-url",
    "isolation-quoted": lambda lab: get(lab, f"{at.APP_SITE}/").header("cross-origin-opener-policy").startswith('"'),
    "cors-for-all": allows,
    "status-plain-first": lambda lab: leads(lab, f"http://{at.STATUS}/").startswith("http:"),
    "status-downgraded": lambda lab: leads(lab, STATUS).startswith("http:"),
    "status-moves-on": lambda lab: "http-equiv" in get(lab, STATUS).text,
    "status-mailto": lambda lab: leads(lab, STATUS).startswith("mailto:"),
    "status-wants-cookie": lambda lab: get(lab, STATUS).status == 302 and get(lab, STATUS, headers={"Cookie": "seen=1"}).status == 200,
    "status-dead-end": lambda lab: leads(lab, STATUS) == f"https://gone.{at.DOMAIN}/",
    "admin-certificate-over": lambda lab: validity(lab)[1] < datetime.now(UTC),
    "admin-certificate-early": lambda lab: validity(lab)[0] > datetime.now(UTC),
    "admin-certificate-long": lambda lab: validity(lab)[1] - validity(lab)[0] > timedelta(days=398),
    "help-dangling": lambda lab: bool(ask(lab, f"help.{at.DOMAIN}", "CNAME").answer),
    "one-name-server": lambda lab: len(records(ask(lab, at.DOMAIN, "NS"))) == 1,
    "registrar-disagrees": lambda lab: any(name.startswith("old-ns") for name in delegated(lab)),
    "domain-unlocked": lambda lab: registered(lab) == ["active"],
    "domain-on-hold": lambda lab: "client hold" in registered(lab),
}

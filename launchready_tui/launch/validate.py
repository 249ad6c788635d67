"""What a launch file must mean, beyond its types: names that can exist, URLs on the launch's own hosts, no secrets,
sane limits.

The rules read the raw tables and pass over what has a wrong type, so that they speak together with the errors of the
types, in one go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ..secrets import BLANK, IN_QUERY, written_out
from . import mailrules, names, pathrules, regionrules, silences, webhooks
from .judging import Found, Say, rows
from .problems import Problem
from .strict import duplicates, joined, listed, nearest, shown

MOST_ROWS = {
    "hosts": 200,
    "routes": 100,
    "pages": 100,
    "redirects": 1000,
    "legal": 60,
    "targets": 200,
    "alerts": 50,
    "silence": 50,
    "logs": 50,
    "queues": 20,
    "regions": 20,
    "mailboxes": 20,
    "flows": 10,
    "recovery_path": 40,
}
_FOREIGN_ROLES = ("origin", "status", "mail", "other")
_SECRET_HEADERS = frozenset(
    ("authorization", "proxy-authorization", "cookie", "x-api-key", "x-auth-token", "x-access-token", "x-csrf-token")
)
_USERINFO = re.compile(r"://[^/?#]*@")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 section 5.6.2
_BLANK = re.compile(r"\{\{[^{}]*\}\}")
_CAPTURED_ONLY = re.compile(r"(?:(?:Bearer|Token|JWT|Basic|ApiKey) )?\{\{[^{}]*\}\}", re.IGNORECASE)
_OWN_HEADERS = frozenset(("host", "content-length", "transfer-encoding", "connection"))

_CHAT = re.compile(r"-?[1-9]\d{0,18}|@[A-Za-z]\w{3,31}", re.ASCII)
_CHANNEL_NEEDS: dict[str, tuple[str, dict[str, str]]] = {
    "slack": ("a chat webhook", {"credential": "chat-webhook"}),
    "email": (
        "an alert by email",
        {"server": "smtp.example.com:587", "sender": "alerts@example.com", "to": "founder@example.com"},
    ),
    "webhook": ("a webhook", {"server": "hooks.example.com", "credential": "pager-webhook"}),
    "ntfy": ("an alert through ntfy", {"credential": "ntfy-topic"}),
    "telegram": ("an alert through Telegram", {"to": "123456789", "credential": "telegram-bot"}),
}
"""What each kind of alert is called, and what it cannot do without, each with an example."""

WrongWith = Callable[[str], str]
"""A value to what is allowed in its place; empty where the value is fine."""
Rule = Callable[[str], tuple[str, str]]
"""A value to (what is allowed, what was probably meant); allowed is empty where the value is fine."""


def _plain(problem: WrongWith, mend: Callable[[str], str] = lambda value: "") -> Rule:
    def rule(value: str) -> tuple[str, str]:
        allowed = problem(value)
        return allowed, mend(value) if allowed else ""

    return rule


def _like(pattern: str, allowed: str) -> WrongWith:
    whole = re.compile(pattern)
    return lambda value: "" if whole.fullmatch(value) else allowed


def _optional(problem: WrongWith) -> WrongWith:
    return lambda value: problem(value) if value else ""


def _text_of(most: int, allowed: str, *, least: int = 1) -> WrongWith:
    """Printable text; where there must be some, blanks alone are none."""
    return lambda value: "" if value.isprintable() and len(value) <= most and len(value.strip()) >= least else allowed


_line = _text_of(200, "one line of text, at most 200 characters, not empty")
_label = _text_of(500, "one line of text, at most 500 characters", least=0)
_login, _optional_mail = _optional(names.credential_problem), _optional(names.email_problem)
_top_level = _like(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*", "a top-level domain without a dot before it, such as com")
_selector = _like(
    r"(?!.*\._domainkey)[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?",
    "a DKIM selector: the part before ._domainkey, such as mail2026",
)
_sender = _like(r"[a-z0-9][a-z0-9 ._-]{0,99}", "a service such as postmark, or a sending domain, in lower case")
_ios_app = _like(r"[A-Z0-9]{10}\.[A-Za-z0-9.-]{1,155}", "team and bundle, such as A1B2C3D4E5.com.example.shop")
_android_app = _like(r"[A-Za-z]\w*(?:\.[A-Za-z]\w*)+", "a package name, such as com.example.shop")
_fingerprint = _like(
    r"(?:[0-9A-F]{2}:){31}[0-9A-F]{2}", "a SHA-256 fingerprint: 32 pairs in capitals, joined by colons"
)
_language = _optional(_like(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", "a language such as en, de or pt-BR"))
_json_path = _optional(
    _like(r"[^.\s]+(?:\.[^.\s]+)*", "names and numbers joined by dots, such as status or checks.0.ok")
)
_header_name = _optional(_like(_HEADER.pattern, "a header name, such as x-version"))
_github = _optional(
    _like(
        r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}",
        "OWNER/NAME, as in the address of the GitHub repository",
    )
)
_branch = _optional(
    # git-check-ref-format(1), less what nobody calls a branch.
    _like(r"(?!.*(?:\.\.|//|/\.|\.lock(?:/|$)))[A-Za-z0-9_][A-Za-z0-9_./+#-]{0,199}(?<![./])", "a branch, such as main")
)
_path = _text_of(4096, "a folder, relative to the launch file")
_log_path = _text_of(4096, "a file, relative to the launch file")


def _https(value: str) -> tuple[str, str]:
    parts = names.url_parts(value)
    if parts is not None and parts.scheme == "https":
        return "", ""
    if parts is not None:
        return "an https URL", "https" + value.removeprefix("http")
    if _USERINFO.search(value):
        return "an https URL without a user name and password", ""
    bare = f"https://{value}"
    return "a full https URL, such as https://www.example.com/path", bare if "://" not in value and names.url_parts(
        bare
    ) else ""


def _route_url(value: str) -> tuple[str, str]:
    """A recorded one may have a blank where a token was."""
    return _https(value.replace(BLANK, "token"))


def _old(value: str) -> str:
    return "" if names.url_parts(value) else "a full URL, http or https, such as http://example.com/old"


def _base(value: str) -> str:
    parts = names.url_parts(value)
    return (
        ""
        if parts and not parts.query and not parts.fragment
        else "the base URL of an RDAP server, such as https://rdap.example/"
    )


def _optional_url(value: str) -> tuple[str, str]:
    return _https(value) if value else ("", "")


def _vault_item(value: str) -> str:
    """A name only: what looks like the log-in itself has no business in this file."""
    fine = len(value) <= 100 and value.isprintable() and not re.search(r"[@/\\]|://|\S:\S", value)
    return "" if fine else "the NAME of the item in the password manager, never a user name or a password"


def _report(value: str) -> tuple[str, str]:
    if not value or "@" not in value or "://" in value:
        return _optional_url(value)
    return names.email_problem(value), value.removeprefix("mailto:") if value.startswith("mailto:") else ""


def _step_url(value: str) -> tuple[str, str]:
    """The host stands there as it is; what an earlier step captured may only follow it."""
    if not value:
        return "", ""
    allowed, near = _https(value.partition("{{")[0])
    return (allowed, near) if allowed else _https(_BLANK.sub("/x", value))


def _server(value: str) -> str:
    if not value:
        return ""
    try:
        host, _ = names.split_port(value)
    except ValueError as why:
        return str(why)
    fine = names.address_of(host) or host == "localhost" or not names.host_problem(host)
    return "" if fine else "a host, optionally with a port: smtp.example.com or smtp.example.com:587"


def _queue_server(value: str) -> str:
    return _server(value) if value else "HOST or HOST:PORT, such as redis.example.com:6379"


RULES: dict[str, Rule] = {
    "name": _plain(_line),
    "domain": _plain(names.domain_problem, names.mend_host),
    "canonical": _https,
    "markets[]": _plain(_line),
    "cdn": _plain(_label),
    "permission.by": _plain(_line),
    "permission.domains[]": _plain(names.domain_problem, names.mend_host),
    "hosts[].name": _plain(names.host_problem, names.mend_host),
    "hosts[].purpose": _plain(_label),
    "hosts[].provider": _plain(_label),
    "routes[].name": _plain(_line),
    "routes[].url": _route_url,
    "routes[].login": _plain(_login, names.mend_credential),
    "pages[].url": _https,
    "pages[].name": _plain(_label),
    "redirects[].from": _plain(_old),
    "redirects[].to": _https,
    "apps.ios[]": _plain(_ios_app),
    "apps.android[]": _plain(_android_app),
    "apps.fingerprints[]": _plain(_fingerprint, lambda value: "" if _fingerprint(value.upper()) else value.upper()),
    "apps.hosts[]": _plain(names.host_problem, names.mend_host),
    "apps.privacy": _optional_url,
    "apps.terms": _optional_url,
    "apps.support": _optional_url,
    "apps.account_deletion": _optional_url,
    "apps.review_login": _plain(_vault_item),
    "languages[]": _plain(_language, str.lower),
    "legal[].url": _https,
    "legal[].language": _plain(_language, str.lower),
    "payments.provider": _plain(_label),
    "payments.webhook": _optional_url,
    "safety.pages[]": _https,
    "safety.rules": _optional_url,
    "safety.report": _report,
    "safety.owner": _plain(_label),
    "email.senders[]": _plain(_sender, lambda value: "" if _sender(value.lower()) else value.lower()),
    "email.selectors[]": _plain(
        _selector, lambda value: value.partition("._domainkey")[0] if "._domainkey" in value else ""
    ),
    "email.support": _plain(
        _optional_mail,
        lambda value: "" if names.email_problem(value.removeprefix("mailto:")) else value.removeprefix("mailto:"),
    ),
    "watch.heartbeat": _plain(_login, names.mend_credential),
    "watch.heartbeat_host": _plain(_optional(names.host_problem), names.mend_host),
    "watch.market": _plain(_label),
    "watch.monitor": _optional_url,
    "watch.monitor_owner": _plain(_label),
    "targets[].name": _plain(_line),
    "targets[].url": _https,
    "targets[].login": _plain(_login, names.mend_credential),
    "targets[].contains": _plain(_label),
    "targets[].absent": _plain(_label),
    "targets[].version_json": _plain(_json_path),
    "targets[].version_header": _plain(_header_name),
    "alerts[].name": _plain(_line),
    "alerts[].owner": _plain(_line),
    "alerts[].server": _plain(_server),
    "alerts[].credential": _plain(_login, names.mend_credential),
    "alerts[].sender": _plain(_optional_mail),
    "silence[].targets[]": _plain(_line),
    "silence[].why": _plain(_line),
    "logs[].path": _plain(_log_path),
    "queues[].name": _plain(_line),
    "queues[].server": _plain(_queue_server),
    "queues[].credential": _plain(_login, names.mend_credential),
    "queues[].prefix": _plain(_label),
    "regions[].name": _plain(_line),
    "regions[].market": _plain(_label),
    "regions[].url": _plain(regionrules.url),
    "regions[].credential": _plain(_login, names.mend_credential),
    "regions[].module": _plain(_label),
    "regions[].place": _plain(_label),
    "mailboxes[].name": _plain(_line),
    "mailboxes[].address": _plain(names.email_problem),
    "mailboxes[].host": _plain(_server),
    "mailboxes[].login": _plain(names.credential_problem, names.mend_credential),
    "mailboxes[].user": _plain(_label),
    "mailboxes[].tagged": _plain(mailrules.tagged),
    "mailboxes[].client_id": _plain(mailrules.client),
    "flows[].steps": _plain(_label),
    "flows[].contains[]": _plain(_line),
    "flows[].links[]": _plain(names.host_problem, names.mend_host),
    "recovery_path[].name": _plain(_line),
    "recovery_path[].url": _step_url,
    "recovery_path[].login": _plain(_login, names.mend_credential),
    "recovery_path[].as": _plain(_login, names.mend_credential),
    "recovery_path[].contains[]": _plain(_line),
    "repository.path": _plain(_path),
    "repository.branch": _plain(_branch),
    "repository.github": _plain(_github),
    "repository.github_login": _plain(_login, names.mend_credential),
    "settings.nameservers[]": _plain(names.endpoint_problem),
    "settings.private_addresses[]": _plain(names.network_problem),
    "settings.rdap{}": _plain(_base),
}

RANGES: dict[str, tuple[float, float, str]] = {
    "sprint.hours": (1, 24 * 60, "hours"),
    "routes[].target_ms": (1, 600_000, "milliseconds"),
    "watch.every_s": (5, 3600, "seconds"),
    "watch.slo": (50, 99.999, "percent"),
    "watch.certificate_days": (1, 90, "days"),
    "targets[].target_ms": (1, 600_000, "milliseconds"),
    "targets[].status[]": (100, 599, "as an HTTP status"),
    "regions[].probes": (1, 10, "probes"),
    "flows[].within_s": (5, 600, "seconds"),
    "recovery_path[].status[]": (100, 599, "as an HTTP status"),
    "recovery_path[].within_s": (0, 600, "seconds"),
    "settings.mails_per_hour": (1, 100, "test mails an hour"),
    "settings.requests_per_host": (1, 10_000, "requests"),
    "settings.samples": (1, 100_000, "requests"),
    "settings.rate": (0.01, 50, "requests a second"),
}


def problems_of(data: dict[str, Any], file: str) -> list[Problem]:
    """Everything in a launch file's tables that cannot be meant. Types are judged elsewhere."""
    found: list[Problem] = []

    def say(key: str, value: object, allowed: str, nearest: str = "") -> None:
        found.append(
            Problem(
                file=file,
                key=key,
                found=value if isinstance(value, Found) else shown(value),
                allowed=allowed,
                nearest=nearest,
            )
        )

    broken: set[str] = set()
    for pattern, rule in RULES.items():
        for key, value in _at(data, pattern):
            if isinstance(value, str):
                allowed, near = rule(value)
                if allowed:
                    broken.add(key)
                    say(
                        key,
                        Found("a URL with a user name or password in it") if _USERINFO.search(value) else value,
                        allowed,
                        near,
                    )
    for pattern, (least, most, unit) in RANGES.items():
        for key, value in _at(data, pattern):
            if isinstance(value, int | float) and not isinstance(value, bool) and not least <= value <= most:
                say(key, value, f"{least:g} to {most:g} {unit}")
    for together in (
        _canonical,
        _hosts,
        _urls,
        _routes,
        _targets,
        _alerts,
        mailrules.mailboxes,
        mailrules.flows,
        regionrules.regions,
        silences.silences,
        pathrules.steps,
        _maps,
        _redirects,
    ):
        together(data, broken, say)
    for table, key in (
        ("hosts", "name"),
        ("routes", "name"),
        ("targets", "name"),
        ("alerts", "name"),
        ("mailboxes", "name"),
        ("logs", "path"),
        ("queues", "name"),
        ("regions", "name"),
        ("flows", "name"),
        ("recovery_path", "name"),
        ("pages", "url"),
        ("redirects", "from"),
        ("legal", "url"),
    ):
        found += duplicates(data.get(table), table, key, file)
    for table, most_rows in MOST_ROWS.items():
        given = data.get(table)
        if isinstance(given, list) and len(given) > most_rows:
            say(table, Found(f"{len(given)} of them"), f"at most {most_rows}")
    return found


def _at(data: dict[str, Any], pattern: str) -> Iterator[tuple[str, Any]]:
    """Every (key path, value) that a pattern such as `hosts[].name`, `settings.rdap{}` or `markets[]` meets."""
    reached: list[tuple[str, Any]] = [("", data)]
    for step in pattern.split("."):
        name = step.removesuffix("[]").removesuffix("{}")
        reached = [(joined(at, name), here[name]) for at, here in reached if isinstance(here, dict) and name in here]
        if step.endswith("[]"):
            reached = [
                (f"{at}[{n}]", item) for at, here in reached if isinstance(here, list) for n, item in enumerate(here, 1)
            ]
        elif step.endswith("{}"):
            reached = [
                (joined(at, key), item) for at, here in reached if isinstance(here, dict) for key, item in here.items()
            ]
    yield from reached


def _text(data: dict[str, Any], pattern: str, broken: set[str]) -> Iterator[tuple[str, str]]:
    """Those of them that are text and fine so far: one mistake is told once."""
    for key, value in _at(data, pattern):
        if isinstance(value, str) and key not in broken:
            yield key, value


def _one(data: dict[str, Any], pattern: str, broken: set[str]) -> str:
    return next((value for _, value in _text(data, pattern, broken)), "")


def _canonical(data: dict[str, Any], broken: set[str], say: Say) -> None:
    domain, canonical = _one(data, "domain", broken), _one(data, "canonical", broken)
    if not canonical:
        return
    parts = names.url_parts(canonical)
    assert parts is not None
    host = parts.hostname or ""
    if parts.path not in ("", "/") or parts.query or parts.fragment or parts.port not in (None, 443):
        say("canonical", canonical, "scheme and host only", f"https://{host}/")
        broken.add("canonical")
    elif domain and host not in (domain, f"www.{domain}"):
        say("canonical", canonical, f"https://{domain}/ or https://www.{domain}/")
        broken.add("canonical")


def _hosts(data: dict[str, Any], broken: set[str], say: Say) -> None:
    domain = _one(data, "domain", broken)
    own = [domain, *(value for _, value in _text(data, "permission.domains[]", broken))]
    for key, row in rows(data, "hosts"):
        name, role = row.get("name"), row.get("role", "other")
        if not domain or not isinstance(name, str) or f"{key}.name" in broken or role in _FOREIGN_ROLES:
            continue
        if not any(names.inside(name, one) for one in own):
            elsewhere = f"other domains only with the roles {listed(_FOREIGN_ROLES)}, or if [permission] names them"
            say(f"{key}.name", name, f"a name inside {domain}; {elsewhere}")


def _urls(data: dict[str, Any], broken: set[str], say: Say) -> None:
    """Routes and pages lie on declared hosts; the main address and the domain itself count as declared."""
    domain, canonical = _one(data, "domain", broken), _one(data, "canonical", broken)
    if not domain:
        return
    main = names.url_parts(canonical)
    declared = [domain, main.hostname if main and main.hostname else domain]
    declared += [value for _, value in _text(data, "hosts[].name", broken)]
    for pattern in (
        "routes[].url",
        "pages[].url",
        "targets[].url",
        "recovery_path[].url",
        "payments.webhook",
        "safety.pages[]",
    ):
        for key, value in _text(data, pattern, broken):
            plain = value.partition("{{")[0] if pattern.startswith("recovery_path") else value.replace(BLANK, "token")
            parts = names.url_parts(plain)
            host = parts.hostname if parts else ""
            if host and host not in declared:
                say(
                    key,
                    value,
                    f"a URL on a declared host; add {host} under [[hosts]], or use one of "
                    f"{', '.join(dict.fromkeys(declared))}",
                )
    for pattern in (
        "routes[].url",
        "pages[].url",
        "targets[].url",
        "recovery_path[].url",
        "redirects[].from",
        "redirects[].to",
        "legal[].url",
        "payments.webhook",
        "safety.rules",
        "safety.report",
    ):
        for key, value in _text(data, pattern, broken):
            match = IN_QUERY.search(value)
            if match:
                say(
                    key,
                    Found(f"a value for `{match[1]}` in the URL"),
                    "no secret in a URL: name a stored credential with `login`",
                )


def _routes(data: dict[str, Any], broken: set[str], say: Say) -> None:
    for table in ("routes", "targets", "recovery_path"):
        _requests(data, table, say)


def _requests(data: dict[str, Any], table: str, say: Say) -> None:
    for key, row in rows(data, table):
        method, safe, body = row.get("method", "GET"), row.get("safe", False), row.get("body", "")
        if safe is True and method in ("PUT", "PATCH", "DELETE"):
            say(f"{key}.safe", safe, f"false: each {method} request changes something")
        if safe is True and BLANK in str(row.get("url", "")):
            say(f"{key}.safe", safe, f"false: with {BLANK} in its URL it cannot be requested")
        if body and method in ("GET", "HEAD", "OPTIONS"):
            say(f"{key}.body", Found("a body"), f"no body with {method}")
        if isinstance(body, str) and written_out(body):
            say(
                f"{key}.body",
                Found("what looks like a secret"),
                "no secret in the launch file: name a stored credential with `login`",
            )
        headers = row.get("headers")
        for name, value in headers.items() if isinstance(headers, dict) else ():
            _header(joined(f"{key}.headers", name), name, value, say, walked=table == "recovery_path")


def _targets(data: dict[str, Any], broken: set[str], say: Say) -> None:
    for key, row in rows(data, "targets"):
        every, method = row.get("every_s", 0), row.get("method", "GET")
        if isinstance(every, int | float) and not isinstance(every, bool) and every != 0 and not 5 <= every <= 3600:
            say(f"{key}.every_s", every, "5 to 3600 seconds, or 0 for the value in [watch]")
        if method == "POST" and row.get("safe") is not True and row.get("watch", True) is True:
            say(
                f"{key}.method",
                method,
                "GET, HEAD or OPTIONS; or safe = true if repeated requests change and cost nothing",
            )
        elif method in ("PUT", "PATCH", "DELETE"):
            say(f"{key}.method", method, "GET, HEAD, OPTIONS or POST: other methods change something each time")
        wanted = row.get("json")
        for path in wanted if isinstance(wanted, dict) else ():
            if not path or _json_path(path):
                say(joined(f"{key}.json", path), path, _json_path(path) or "a path, such as status")
        shown_headers = row.get("header")
        for name in shown_headers if isinstance(shown_headers, dict) else ():
            if not name or _header_name(name):
                say(joined(f"{key}.header", name), name, "a header name, such as x-version")


def _alerts(data: dict[str, Any], broken: set[str], say: Say) -> None:
    known = [row.get("name") for _, row in rows(data, "alerts")]
    for key, row in rows(data, "alerts"):
        kind = row.get("kind", "slack")
        if not isinstance(kind, str) or kind not in _CHANNEL_NEEDS:
            continue  # the types say so
        words, needed = _CHANNEL_NEEDS[kind]
        for name, example in needed.items():
            if not row.get(name):
                say(f"{key}.{name}", Found("nothing"), f'{name} = "{example}" ({words} needs it)')
        if kind == "email" and row.get("user") and not row.get("credential"):
            say(f"{key}.credential", Found("nothing"), "the name of the stored password of this mail account")
        _recipient(key, kind, row.get("to"), say)
        _template(key, kind, row.get("template"), say)
        second = row.get("second")
        if isinstance(second, str) and second and (second == row.get("name") or second not in known):
            say(
                f"{key}.second",
                second,
                "the name of another alert",
                nearest(second, [one for one in known if isinstance(one, str)]),
            )


def _template(key: str, kind: str, template: object, say: Say) -> None:
    """Never shows it: it may hold the secret that does not belong here."""
    if not isinstance(template, str) or not template:
        return
    if kind != "webhook":
        say(f"{key}.template", Found("a template"), 'a template only with kind = "webhook"')
    elif written_out(template):
        say(
            f"{key}.template",
            Found("what looks like a secret"),
            "no secret in the launch file: only the stored URL of the webhook is one",
        )
    elif allowed := webhooks.problem(template):
        say(f"{key}.template", Found("another text"), allowed)


def _recipient(key: str, kind: str, to: object, say: Say) -> None:
    """A chat's id, or a mail address. Never shows what may be the bot's token."""
    if not isinstance(to, str) or not to:
        return
    if kind == "telegram":
        if _CHAT.fullmatch(to) is None:
            found = Found("what looks like a secret") if written_out(to) or ":" in to else to
            allowed = "the id of a chat, such as 123456789 or -100123456789, or @channel; never the bot's token"
            say(f"{key}.to", found, allowed)
    elif names.email_problem(to):
        say(f"{key}.to", to, names.email_problem(to))


def _header(key: str, name: str, value: object, say: Say, *, walked: bool) -> None:
    """Never shows the value: it may be the secret that does not belong here. A step that is `walked` may send what an
    earlier one captured, and nothing else beside a scheme."""
    if not _HEADER.fullmatch(name):
        say(key, Found("a name with characters not allowed in a header"), "a header name, such as accept-language")
    elif walked and name.lower() != "cookie" and isinstance(value, str) and _CAPTURED_ONLY.fullmatch(value):
        return
    elif name.lower() in _SECRET_HEADERS:
        say(
            key,
            Found("a header with a secret"),
            'no such header: store the value as a credential and name it: login = "NAME"',
        )
    elif name.lower() in _OWN_HEADERS:
        say(key, Found("a header that the connection sets itself"), "other headers")
    elif isinstance(value, str) and written_out(value):
        say(
            key,
            Found("what looks like a secret"),
            'no secret in the launch file: store it as a credential and name it: login = "NAME"',
        )
    elif isinstance(value, str) and not (
        value.isascii() and (value.isprintable() or not value) and value == value.strip()
    ):
        say(
            key,
            Found("a value with characters not allowed in a header"),
            "one line of ASCII text without spaces around it",
        )


def _maps(data: dict[str, Any], broken: set[str], say: Say) -> None:
    connect = data.get("connect")
    for source, target in connect.items() if isinstance(connect, dict) else ():
        if isinstance(target, str):
            wrong_source, wrong_target = names.connect_problem(source, target)
            key = joined("connect", source)
            if wrong_source:
                say(key, source, wrong_source)
            if wrong_target:
                say(key, target, wrong_target)
    for key, _ in _at(data, "settings.rdap{}"):
        top = key.removeprefix("settings.rdap.").strip('"')
        if _top_level(top):
            say(key, top, _top_level(top), top.lstrip(".").lower())
    seen: set[str] = set()
    for key, value in _text(data, "settings.services[]", broken):
        if value in seen:
            say(key, Found(f"{shown(value)} again"), "each service once")
        seen.add(value)


def _redirects(data: dict[str, Any], broken: set[str], say: Say) -> None:
    for key, row in rows(data, "redirects"):
        old, new = row.get("from"), row.get("to")
        if isinstance(old, str) and old == new:
            say(f"{key}.to", new, "another address than the old one")

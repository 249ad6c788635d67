"""What detection knows beforehand: usual names and their roles, mail services by their records, path words and their
business flow.

Provider data as of 2026-11, from the services' own set-up pages.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ...launch.model import Environment, Flow, Role


class Usual(NamedTuple):
    """A name that products usually have."""

    label: str
    role: Role
    purpose: str
    environment: Environment = "production"


USUAL: tuple[Usual, ...] = (
    Usual("www", "web", "public site"),
    Usual("app", "app", "the product itself"),
    Usual("api", "api", "API for the apps"),
    Usual("admin", "admin", "back office"),
    Usual("status", "status", "status page"),
    Usual("staging", "staging", "staging", "staging"),
    Usual("m", "web", "mobile site"),
    Usual("web", "app", "web app"),
    Usual("shop", "web", "shop"),
    Usual("market", "app", "marketplace"),
    Usual("marketplace", "app", "marketplace"),
    Usual("my", "app", "account pages"),
    Usual("account", "app", "account pages"),
    Usual("accounts", "app", "account pages"),
    Usual("auth", "api", "log-in"),
    Usual("login", "app", "log-in"),
    Usual("id", "api", "log-in"),
    Usual("checkout", "app", "payment pages"),
    Usual("pay", "app", "payment pages"),
    Usual("dashboard", "admin", "back office"),
    Usual("backoffice", "admin", "back office"),
    Usual("console", "admin", "back office"),
    Usual("seller", "app", "seller pages"),
    Usual("partners", "app", "partner pages"),
    Usual("graphql", "api", "API for the apps"),
    Usual("gateway", "api", "API for the apps"),
    Usual("backend", "api", "API for the apps"),
    Usual("ws", "api", "WebSocket for the apps"),
    Usual("cdn", "other", "static files"),
    Usual("static", "other", "static files"),
    Usual("assets", "other", "static files"),
    Usual("img", "other", "images"),
    Usual("images", "other", "images"),
    Usual("media", "other", "images"),
    Usual("uploads", "other", "uploaded files"),
    Usual("go", "other", "short links"),
    Usual("link", "other", "app links"),
    Usual("links", "other", "app links"),
    Usual("blog", "web", "blog"),
    Usual("help", "web", "help pages"),
    Usual("support", "web", "help pages"),
    Usual("docs", "web", "documentation"),
    Usual("mail", "mail", "mail"),
    Usual("origin", "origin", "origin behind the CDN"),
    Usual("stage", "staging", "staging", "staging"),
    Usual("app-staging", "staging", "staging", "staging"),
    Usual("staging-app", "staging", "staging", "staging"),
    Usual("api-staging", "staging", "staging API", "staging"),
    Usual("staging-api", "staging", "staging API", "staging"),
    Usual("preview", "staging", "previews", "staging"),
    Usual("beta", "app", "beta", "staging"),
    Usual("demo", "staging", "demo", "staging"),
    Usual("test", "staging", "test", "development"),
    Usual("dev", "staging", "development", "development"),
)

# SPF includes and redirects, by their end, to the name a launch file gives the service.
SENDERS: dict[str, str] = {
    "_spf.google.com": "google-workspace",
    "spf.protection.outlook.com": "microsoft-365",
    "spf.mtasv.net": "postmark",
    "sendgrid.net": "sendgrid",
    "amazonses.com": "amazon-ses",
    "mailgun.org": "mailgun",
    "spf.mailjet.com": "mailjet",
    "spf.brevo.com": "brevo",
    "spf.sendinblue.com": "brevo",
    "servers.mcsv.net": "mailchimp",
    "spf.mandrillapp.com": "mandrill",
    "sparkpostmail.com": "sparkpost",
    "mail.zendesk.com": "zendesk",
    "helpscoutemail.com": "help-scout",
    "hubspotemail.net": "hubspot",
    "zoho.com": "zoho",
    "zoho.eu": "zoho",
    "zohomail.com": "zoho",
    "spf.messagingengine.com": "fastmail",
    "_spf.protonmail.ch": "proton",
    "icloud.com": "icloud",
    "spf.mx.cloudflare.net": "cloudflare",
    "spf.loops.so": "loops",
    "customeriomail.com": "customer-io",
    "klaviyomail.com": "klaviyo",
}

# Selectors that services give to everybody. Amazon SES and Postmark make them up: those cannot be guessed.
SELECTORS: tuple[str, ...] = (
    *(
        "google",
        "selector1",
        "selector2",
        "s1",
        "s2",
        "k1",
        "k2",
        "k3",
        "mandrill",
        "resend",
        "pm",
        "20161025",
        "mailjet",
        "brevo",
        "brevo1",
    ),
    *(
        "brevo2",
        "mail",
        "mailo",
        "mg",
        "krs",
        "pic",
        "smtp",
        "mx",
        "fm1",
        "fm2",
        "fm3",
        "protonmail",
        "protonmail2",
        "protonmail3",
        "sig1",
    ),
    *(
        "zoho",
        "zmail",
        "zendesk1",
        "zendesk2",
        "scph",
        "cf2024-1",
        "default",
        "dkim",
        "key1",
        "litesrv",
        "ctct1",
        "ctct2",
        "everlytickey1",
    ),
)

# Path words, in the order in which the first hit decides.
_FLOWS: tuple[tuple[Flow, str], ...] = (
    ("admin", r"admin|backoffice|moderation"),
    ("pay", r"pay|payments?|checkout|cart|charges?|invoices?|refunds?|stripe|billing|payouts?"),
    ("sign-up", r"sign-?up|register|registration|join|onboarding|invites?"),
    ("log-in", r"log-?in|sign-?in|sessions?|auth|oauth|tokens?|password|reset|me"),
    ("book", r"book|bookings?|reservations?|reserve|orders?|appointments?|availability"),
    ("message", r"messages?|messaging|threads?|chats?|conversations?|inbox|notifications?"),
    ("search", r"search|autocomplete|suggest|find|explore|discover"),
    ("list", r"listings?|items?|products?|feed|categories|catalog|browse|offers?|ads|sellers?|shops?"),
    ("marketing", r"about|pricing|blog|press|terms|privacy|imprint|contact|faq|help|how-it-works|landing|legal"),
)
FLOWS: tuple[tuple[Flow, re.Pattern[str]], ...] = tuple((flow, re.compile(f"(?:{words})")) for flow, words in _FLOWS)

# A GET that ends something, sends something or is good for once only.
NOT_REPEATABLE = re.compile(
    r"log-?out|sign-?out|unsubscribe|callback|verify|verification|confirm|delete|remove|cancel|reset|magic|send|resend|export"
)


def flow_of(path: str, other: Flow = "list") -> Flow:
    """The business flow that the words of a path speak of."""
    words = [word for word in re.split(r"[^a-z0-9-]+", path.lower()) if word]
    return next((flow for flow, pattern in FLOWS for word in words if pattern.fullmatch(word)), other)


def repeatable(path: str) -> bool:
    """Whether nothing in a path says that asking again would do something."""
    return not NOT_REPEATABLE.search(path.lower())

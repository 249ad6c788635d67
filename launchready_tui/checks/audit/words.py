"""DNS words: labels under which marketplaces, agencies and platforms usually put things."""

from __future__ import annotations

WORDS: tuple[str, ...] = (
    "www", "app", "api", "admin", "status", "staging", "stage", "dev", "test", "demo", "beta", "preview", "qa", "uat",
    "mail", "smtp", "webmail", "m", "mobile", "shop", "store", "blog", "docs", "help", "support", "portal", "dashboard",
    "auth", "login", "account", "accounts", "pay", "payments", "checkout", "cdn", "static", "assets", "media",
    "img", "images",
    "files", "ws", "graphql", "old", "new", "legacy", "origin", "direct", "cpanel", "ftp", "vpn", "git", "ci",
    "db", "grafana",
)  # fmt: skip

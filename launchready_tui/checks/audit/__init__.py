"""Stage 1, quick audit. Importing the package registers its checks."""

from . import (
    broken_links,
    client_secrets,
    demo_data,
    dns_host,
    email_provider,
    hosting,
    hosts,
    latency,
    legal_pages,
    logs,
    one_service,
    overbuild,
    registrar,
    user_content,
)

__all__ = [
    "broken_links",
    "client_secrets",
    "demo_data",
    "dns_host",
    "email_provider",
    "hosting",
    "hosts",
    "latency",
    "legal_pages",
    "logs",
    "one_service",
    "overbuild",
    "registrar",
    "user_content",
]

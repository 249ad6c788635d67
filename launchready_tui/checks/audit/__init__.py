"""Stage 1, quick audit. Importing the package registers its checks."""

from . import (
    broken_links,
    client_secrets,
    dns_host,
    email_provider,
    hosting,
    hosts,
    latency,
    logs,
    one_service,
    overbuild,
    registrar,
)

__all__ = [
    "broken_links",
    "client_secrets",
    "dns_host",
    "email_provider",
    "hosting",
    "hosts",
    "latency",
    "logs",
    "one_service",
    "overbuild",
    "registrar",
]

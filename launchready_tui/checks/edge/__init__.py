"""Stage 2, domain and edge. Importing the package registers its checks."""

from . import app_links, canonical, cdn, certificates, dns_health, exposure, headers, https, redirects, subdomains

__all__ = [
    "app_links",
    "canonical",
    "cdn",
    "certificates",
    "dns_health",
    "exposure",
    "headers",
    "https",
    "redirects",
    "subdomains",
]

"""Stage 2, domain and edge. Importing the package registers its checks."""

from . import canonical, certificates, dns_health, exposure, headers, https, redirects

__all__ = ["canonical", "certificates", "dns_health", "exposure", "headers", "https", "redirects"]

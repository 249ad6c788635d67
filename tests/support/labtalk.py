"""Plain clients for the lab's tests: the standard library and dnspython, led by the lab's own map. Nothing of the
product's looking."""

from __future__ import annotations

import http.client
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

import dns.message
import dns.query

from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab

ADDRESS_OF = {
    at.APEX: at.WEB_ADDRESS,
    at.WWW: at.WEB_ADDRESS,
    at.APP: at.APP_ADDRESS,
    at.API: at.API_ADDRESS,
    at.ADMIN: at.ADMIN_ADDRESS,
    at.STATUS: at.STATUS_ADDRESS,
    at.STAGING: at.STAGING_ADDRESS,
    at.MAIL: at.MAIL_ADDRESS,
    at.RDAP: at.RDAP_ADDRESS,
    at.OLD_ADMIN: at.OLD_ADMIN_ADDRESS,
    at.ORIGIN: at.ORIGIN_ADDRESS,
}


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        return next((value for key, value in self.headers if key.lower() == name), "")

    @property
    def text(self) -> str:
        return self.body.decode()


def end(lab: Lab, address: str, port: int) -> tuple[str, int]:
    """Where the map leads an address and port."""
    target = lab.connect.get(f"{address}:{port}") or lab.connect[address]
    host, _, number = target.rpartition(":")
    return host, int(number)


def trusting(lab: Lab) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(lab.ca_file))


def get(
    lab: Lab,
    url: str,
    *,
    method: str = "GET",
    headers: dict[str, str] | None = None,
    body: bytes | None = None,
    address: str = "",
) -> Answer:
    """One request, nothing followed, nothing remembered; certificates are verified."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    port = 443 if parts.scheme == "https" else 80
    raw = socket.create_connection(end(lab, address or ADDRESS_OF[host], port), timeout=30)
    if parts.scheme == "https":
        raw = trusting(lab).wrap_socket(raw, server_hostname=host)
    connection = http.client.HTTPConnection(host)
    connection.sock = raw
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, target, body=body, headers=headers or {})
        response = connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())
    finally:
        connection.close()


def certificate(
    lab: Lab, host: str, *, address: str = "", name: str | None = None, version: ssl.TLSVersion | None = None
) -> bytes:
    """The certificate a server shows, unverified, as DER; `name` is the SNI (empty: none), `version` the only one
    offered."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(end(lab, address or ADDRESS_OF[host], 443), timeout=10) as raw,
        context.wrap_socket(raw, server_hostname=(host if name is None else name) or None) as secure,
    ):
        return secure.getpeercert(binary_form=True) or b""


def names_of(der: bytes) -> list[str]:
    from cryptography import x509

    found = x509.load_der_x509_certificate(der).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return found.value.get_values_for_type(x509.DNSName)


def ask(
    lab: Lab, name: str, rdtype: str, *, server: str = "", tcp: bool = False, payload: int = 1232
) -> dns.message.Message:
    """One question, to the resolver or to the name server at an address."""
    query = dns.message.make_query(name, rdtype, use_edns=0 if payload else -1, payload=payload or None)
    host, port = (
        end(lab, server, 53) if server else (lab.nameservers[0].split(":")[0], int(lab.nameservers[0].split(":")[1]))
    )
    if tcp:
        return dns.query.tcp(query, host, port=port, timeout=5)
    return dns.query.udp(query, host, port=port, timeout=5)


def records(message: dns.message.Message) -> list[str]:
    """The answer section's data, sorted."""
    return sorted(data.to_text() for rrset in message.answer for data in rrset)

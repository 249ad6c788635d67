"""The zones of the demo marketplace and of the small registry above it, written as a zone file is, for a given set of
flaws."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address

from . import places as at

# The public half of a 2048-bit RSA key; its private half was thrown away, since nothing signs in the lab.
DKIM_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAxV7ZokOcTW3uhjbGltipsF7t+A0x18R0xqFjCGTUozqqY+t6YJDui4Y0"
    "1libpCjMp/dgp8GPWqPHiyjEszCv37KRtfbIInJNKhkf1hzFAzVST3OeepPnHwAL+g9lyBb5byEhum/jMgXtkHXoHufAYst2KZnG"
    "3qzx618MBgj01y4uIE+yorkAL1sXifPinqxDOPaJLod8oWrAy7DzVocr03+s/0YmNZF81U5pZaoA0ZISVWR6ZY52R91ontQ3mZaZ"
    "6+vrndW3gKHHbysDAOsC0tPpmTQB8JiPgPb+vP0T0eZYbKLxZAgkx8KV6VrlhS2YMhFC2eGg0dETSfE7BRI2/wIDAQAB"
)

# 768 bits, as keys of fifteen years ago had; its private half was thrown away as well.
WEAK_KEY = (
    "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhAMDTC6n8xcpc31cEJqLmd7w/gfx3rsqDsgpfqd6vdaFEdcblsJj3nEZzZmxoychsN0Im"
    "AhiEJL/Ym6HoZNoWydgYvsUm6kHnIxBxSAG5Yw9WA/GA7hhOQWD348QGTm+exwIDAQAB"
)


def quoted(text: str) -> str:
    """TXT data for a zone file: one text as strings of at most 255 octets (RFC 1035 section 3.3.14)."""
    return " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))


def _zone(name: str, server: str, serial: int, lines: list[str], *, remembered: int = 300) -> str:
    """`remembered`: for so many seconds resolvers remember that a name does not exist."""
    soa = f"{name}. {remembered} IN SOA {server}. hostmaster.{at.DOMAIN}. {serial} 7200 900 1209600 {remembered}"
    return "\n".join([soa, *lines, ""])


def _servers(on: Collection[str]) -> tuple[str, ...]:
    return (at.NS1,) if "one-name-server" in on else (at.NS1, at.NS2)


def _market(on: Collection[str], serial: int, key_of_letters: str) -> str:
    apex = f"{at.DOMAIN}."
    addresses = {
        at.APEX: at.WEB_ADDRESS,
        at.WWW: at.WEB_ADDRESS,
        at.APP: at.APP_ADDRESS,
        at.API: at.API_ADDRESS,
        at.ADMIN: at.ADMIN_ADDRESS,
        at.STAGING: at.STAGING_ADDRESS,
        at.STATUS: at.STATUS_ADDRESS,
        at.ORIGIN: at.ORIGIN_ADDRESS,
        at.MAIL: at.MAIL_ADDRESS,
        at.NS1: at.NS1_ADDRESS,
        at.NS2: at.NS2_ADDRESS,
    }
    if "status-shared" in on:
        addresses[at.STATUS] = at.APP_ADDRESS
    if "status-gone" in on:
        del addresses[at.STATUS]
    if "undeclared-host" in on:
        addresses[at.OLD_ADMIN] = at.OLD_ADMIN_ADDRESS
    if "www-absent" in on or "www-on-platform" in on:
        del addresses[at.WWW]
    kept = {at.APP: 172_800} if "long-ttl" in on else {}
    lines = [f"{name}. {kept.get(name, 300)} IN A {address}" for name, address in addresses.items()]
    if "www-on-platform" in on:
        lines.append(f"{at.WWW}. 300 IN CNAME {at.PLATFORM}.")
    if "any-name-alias" in on:
        lines.append(f"*.{apex} 300 IN CNAME {at.OLD_BLOG}.")
    if "help-dangling" in on:
        lines.append(f"help.{apex} 300 IN CNAME desk.{at.NIC}.")
    if "blog-given-up" in on:
        lines.append(f"{at.BLOG}. 300 IN CNAME {at.OLD_BLOG}.")
    if "stale-app-address" in on:
        lines.append(f"{at.APP}. {kept.get(at.APP, 300)} IN A {at.STALE_ADDRESS}")
    lines += [f"{apex} 300 IN NS {server}." for server in _servers(on)]
    mail = f"mx1.{at.DOMAIN}" if "mx-dangling" in on else at.MAIL
    lines.append(f"{apex} 300 IN MX 10 {mail}.")
    authority = ";" if "caa-nobody" in on else f"ca.{at.NIC}"
    lines.append(f'{apex} 300 IN CAA 0 issue "{authority}"')
    if "admin-certificate-unlogged" in on:
        lines.append(f'{apex} 300 IN CAA 0 issue "letsencrypt.org"')
    every = "+all" if "spf-plus-all" in on else "-all"
    # Beside a second record nobody reads how long this one is.
    long = "".join(f"ip4:198.51.100.{start}/29 " for start in range(0, 200, 8))
    long = long if "spf-too-long" in on and "spf-two-records" not in on else ""
    texts = [f"v=spf1 {long}include:_spf.{at.DOMAIN} {every}"]
    if "spf-two-records" in on:
        texts.append(f"v=spf1 ip4:{at.MAIL_ADDRESS} ~all")
    lines += [f"{apex} 300 IN TXT {quoted(text)}" for text in texts]
    lines.append(f"_spf.{apex} 300 IN TXT {quoted(f'v=spf1 ip4:{at.MAIL_ADDRESS} -all')}")
    if "dkim-missing" not in on:
        key = WEAK_KEY if "dkim-weak-key" in on else DKIM_KEY
        lines.append(f"{at.SELECTOR}._domainkey.{apex} 300 IN TXT {quoted(f'v=DKIM1; k=rsa; p={key}')}")
    if "mta-sts-unfinished" in on:
        lines.append(f"_mta-sts.{apex} 300 IN TXT {quoted('v=STSv1; id=20261101')}")
    if "dmarc-missing" not in on:
        reports = "" if "dmarc-no-reports" in on else f"; rua=mailto:dmarc@{at.DOMAIN}"
        lines.append(f"_dmarc.{apex} 300 IN TXT {quoted(f'v=DMARC1; p=quarantine{reports}')}")
    lines += [
        f"{at.NOTIFY}. 300 IN TXT {quoted(f'v=spf1 ip4:{at.MAIL_ADDRESS} -all')}",
        f"_dmarc.{at.NOTIFY}. 300 IN TXT {quoted(f'v=DMARC1; p=quarantine; rua=mailto:dmarc@{at.DOMAIN}')}",
    ]
    if key_of_letters:
        lines.append(
            f"{at.POST_SELECTOR}._domainkey.{at.NOTIFY}. 300 IN TXT {quoted(f'v=DKIM1; k=rsa; p={key_of_letters}')}"
        )
    return _zone(at.DOMAIN, at.NS1, serial, lines, remembered=86_400 if "absence-remembered" in on else 300)


def _nic(serial: int, key_of_letters: str) -> str:
    lines = [
        f"{at.NIC}. 300 IN NS {at.TLD_SERVER}.",
        f"{at.TLD_SERVER}. 300 IN A {at.TLD_ADDRESS}",
        f"{at.RDAP}. 300 IN A {at.RDAP_ADDRESS}",
        f"{at.IMAP}. 300 IN A {at.IMAP_ADDRESS}",
        f"{at.MAILER}. 300 IN TXT {quoted(f'v=spf1 ip4:{at.MAIL_ADDRESS} -all')}",
    ]
    if key_of_letters:
        lines.append(
            f"{at.POST_SELECTOR}._domainkey.{at.MAILER}. 300 IN TXT {quoted(f'v=DKIM1; k=rsa; p={key_of_letters}')}"
        )
    return _zone(at.NIC, at.TLD_SERVER, serial, lines)


def _registry(on: Collection[str], serial: int) -> str:
    """The zone above: it delegates the marketplace to its two name servers, with glue."""
    # Made of a key that nobody has: what stays behind when a domain moves to a DNS host that does not sign.
    stale = [f"{at.DOMAIN}. 300 IN DS 20326 13 2 {'e06d44b80b8f1d39a95c0b0d7c65d08458e880409bbc683457104237c7f8ec8d'}"]
    lines = [
        f"test. 300 IN NS {at.TLD_SERVER}.",
        f"{at.NIC}. 300 IN NS {at.TLD_SERVER}.",
        f"{at.TLD_SERVER}. 300 IN A {at.TLD_ADDRESS}",
        *(f"{at.DOMAIN}. 300 IN NS {server}." for server in _servers(on)),
        *([f"{at.DOMAIN}. 300 IN NS old-ns.{at.NIC}."] if "registrar-disagrees" in on else []),
        f"{at.NS1}. 300 IN A {at.NS1_ADDRESS}",
        f"{at.NS2}. 300 IN A {at.NS2_ADDRESS}",
        *(stale if "stale-ds" in on else []),
    ]
    return _zone("test", at.TLD_SERVER, serial, lines)


def _pages(serial: int) -> str:
    """A host of pages where the blog once lived: all its names lead to one machine."""
    lines = [f"github.io. 300 IN NS {at.TLD_SERVER}.", f"{at.OLD_BLOG}. 300 IN A {at.PAGES_ADDRESS}"]
    return _zone("github.io", at.TLD_SERVER, serial, lines)


def _platform(serial: int) -> str:
    """Where the site runs, under the platform's own name."""
    lines = [f"vercel.app. 300 IN NS {at.TLD_SERVER}.", f"{at.PLATFORM}. 300 IN A {at.WEB_ADDRESS}"]
    return _zone("vercel.app", at.TLD_SERVER, serial, lines)


def _reverse(network: str, names: dict[str, str], serial: int) -> str:
    lines = [f"{network}. 300 IN NS {at.TLD_SERVER}."]
    lines += [f"{ip_address(address).reverse_pointer}. 300 IN PTR {name}." for address, name in names.items()]
    return _zone(network, at.TLD_SERVER, serial, lines)


def _block_list(zone: str, proof: str, on: Collection[str], serial: int) -> str:
    lines = [f"{zone}. 300 IN NS {at.TLD_SERVER}.", f"{proof}.{zone}. 300 IN A 127.0.0.2"]
    if zone == at.LISTED_BY and "sender-listed" in on:
        name = f"{ip_address(at.MAIL_ADDRESS).reverse_pointer.removesuffix('.in-addr.arpa')}.{zone}"
        lines += [f"{name}. 300 IN A 127.0.0.2", f"{name}. 300 IN TXT {quoted('Mail nobody asked for came from here')}"]
    return _zone(zone, at.TLD_SERVER, serial, lines)


def market_zones(on: Collection[str], serial: int = 1, key_of_letters: str = "") -> dict[str, str]:
    """What the marketplace's own name servers serve: zone name to zone file text.

    `key_of_letters` is p= of the key that signs the product's mails.
    """
    return {f"{at.DOMAIN}.": _market(on, serial, key_of_letters)}


def registry_zones(on: Collection[str], serial: int = 1, key_of_letters: str = "") -> dict[str, str]:
    """What the registry's name server serves."""
    return {"test.": _registry(on, serial), f"{at.NIC}.": _nic(serial, key_of_letters)}


def all_zones(on: Collection[str], serial: int = 1, key_of_letters: str = "") -> dict[str, str]:
    """What the resolver knows: everything there is. The empty root makes every other name a name that does not
    exist."""
    named = {} if "sender-nameless" in on else {at.MAIL_ADDRESS: at.MAIL}
    return {
        **{f"{zone}.": _block_list(zone, proof, on, serial) for zone, proof in at.BLOCK_LISTS.items()},
        ".": _zone("", at.TLD_SERVER, serial, [f". 300 IN NS {at.TLD_SERVER}."]),
        **registry_zones(on, serial, key_of_letters),
        **market_zones(on, serial, key_of_letters),
        "github.io.": _pages(serial),
        "vercel.app.": _platform(serial),
        "113.0.203.in-addr.arpa.": _reverse("113.0.203.in-addr.arpa", named, serial),
        "100.51.198.in-addr.arpa.": _reverse(
            "100.51.198.in-addr.arpa", {at.NS1_ADDRESS: at.NS1, at.NS2_ADDRESS: at.NS2}, serial
        ),
    }

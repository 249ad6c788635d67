"""Markets whose names are set up wrong."""

from __future__ import annotations

from netmarket import API, WEB, Market

NAMES: tuple[Market, ...] = (
    Market(
        "lame",
        "one name server refuses the zone",
        zone={"ns": "@ NS ns1.net-lab.test.\n@ NS lame.net-lab.test."},
        check="audit.dns-host",
        finds=(("audit.dns-host.lame", "lame.net-lab.test", "fail"),),
    ),
    Market(
        "undeclared-blog",
        "an alias leads to a name that does not exist",
        zone={"blog": "blog CNAME gone"},
        check="audit.hosts",
        finds=(("audit.hosts.dangling", "blog.{d}", "fail"),),
    ),
    Market(
        "one-server",
        "the zone hangs on one name server",
        zone={"ns": "@ NS ns1.net-lab.test."},
        check="audit.dns-host",
        finds=(("audit.dns-host.one-server", "{d}", "warn"),),
    ),
    Market(
        "remembered",
        "that a name does not exist is remembered for a day",
        long_absence=True,
        check="edge.dns-health",
        finds=(("edge.dns-health.soa", "{d}", "warn"),),
    ),
    Market(
        "copied",
        "everybody may copy the zone",
        open_zone=True,
        check="edge.dns-health",
        finds=(
            ("edge.dns-health.zone-transfer", "ns1.net-lab.test", "warn"),
            ("edge.dns-health.zone-transfer", "ns2.net-lab.test", "warn"),
        ),
    ),
    Market(
        "caa-nobody",
        "no authority may issue certificates",
        zone={"caa": '@ CAA 0 issue ";"'},
        check="edge.dns-health",
        finds=(("edge.dns-health.caa", "{d}", "fail"),),
    ),
    Market(
        "long-ttl",
        "the API's address is kept for two days",
        zone={"api": f"api 172800 A {API}"},
        check="edge.dns-health",
        finds=(("edge.dns-health.ttl", "{d}", "warn"),),
    ),
    Market(
        "stale-ds",
        "the zone above vouches for a key that is gone",
        stale_ds=True,
        check="edge.dns-health",
        finds=(("edge.dns-health.dnssec", "{d}", "fail"),),
    ),
    Market("servfail", "the name servers cannot answer for the zone", broken_zone=True),
    Market(
        "no-api",
        "the API has no address",
        zone={"api": ""},
        check="audit.hosts",
        finds=(("audit.hosts.unresolved", "api.{d}", "fail"),),
    ),
    Market(
        "any-alias",
        "every name is an alias of a hosting company",
        zone={"any": "* CNAME gone-gallery.github.io."},
        check="edge.subdomains",
        finds=(("edge.subdomains.wildcard-alias", "{d}", "warn"),),
    ),
    Market(
        "any-name", "every name leads somewhere, and any authority may issue", zone={"any": f"* A {WEB}", "caa": ""}
    ),
)

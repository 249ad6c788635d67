"""Markets whose mail is set up wrong."""

from __future__ import annotations

from netmarket import API, MAIL, Market

MAIL_MARKETS: tuple[Market, ...] = (
    Market(
        "two-spf",
        "two SPF records",
        zone={"spf": f'@ TXT "v=spf1 ip4:{MAIL} -all"\n@ TXT "v=spf1 include:net-lab.test -all"'},
        check="email.spf",
        finds=(("email.spf.multiple", "{d}", "fail"),),
    ),
    Market(
        "no-spf", "no SPF record", zone={"spf": ""}, check="email.spf", finds=(("email.spf.missing", "{d}", "fail"),)
    ),
    Market(
        "no-dmarc",
        "no DMARC record",
        zone={"dmarc": ""},
        check="email.dmarc",
        finds=(("email.dmarc.missing", "{d}", "fail"),),
    ),
    Market(
        "dkim-revoked",
        "the signing key was withdrawn",
        zone={"dkim": 's1._domainkey TXT "v=DKIM1; p="'},
        check="email.dkim",
        finds=(("email.dkim.revoked", "s1._domainkey.{d}", "fail"),),
    ),
    Market(
        "tls-reports",
        "reports about encryption go to an address without mailto:",
        zone={"tls-rpt": '_smtp._tls TXT "v=TLSRPTv1; rua=tls@{d}"'},
        check="email.transport",
        finds=(("email.transport.tls-rpt", "{d}", "fail"),),
    ),
    Market(
        "half-sts",
        "MTA-STS is promised and its policy is not served",
        zone={"sts": '_mta-sts TXT "v=STSv1; id=1"'},
        check="email.transport",
        finds=(("email.transport.mta-sts-policy", "{d}", "fail"),),
    ),
    Market(
        "nameless",
        "the address that sends has no name; block lists are switched off in every market",
        zone={"spf": f'@ TXT "v=spf1 ip4:{API} -all"'},
        check="email.reputation",
        finds=(("email.reputation.ptr", API, "fail"), ("email.reputation.lists", "{d}", "unknown")),
    ),
    Market(
        "dead-mx",
        "the mail host has no address",
        zone={"mx": "@ MX 10 mail-gone.net-lab.test."},
        check="email.mx",
        finds=(("email.mx.unresolved", "mail-gone.net-lab.test", "fail"),),
    ),
    Market("flows", "nothing, and its product sends mail", api_https="proxy_pass http://127.0.0.1:8090;"),
    Market(
        "no-starttls",
        "its mail server has no encryption",
        zone={"mx": "@ MX 10 mx.grey-mail.test."},
        check="email.mx",
        finds=(("email.mx.starttls", "mx.grey-mail.test", "warn"),),
    ),
    Market(
        "by-service",
        "nothing: a service sends for it, by its SPF record",
        zone={"spf": f'@ TXT "v=spf1 ip4:{MAIL} include:spf.mtasv.net -all"'},
        check="audit.email-provider",
        finds=(("audit.email-provider.senders", "{d}", "pass"),),
    ),
)

"""Names and addresses of the demo marketplace. Addresses are documentation ranges (RFC 5737); the connect map leads
them to loopback."""

from __future__ import annotations

DOMAIN = "demo-market.test"
APEX = DOMAIN
WWW = f"www.{DOMAIN}"
APP = f"app.{DOMAIN}"
API = f"api.{DOMAIN}"
ADMIN = f"admin.{DOMAIN}"
STATUS = f"status.{DOMAIN}"
STAGING = f"staging.{DOMAIN}"
ORIGIN = f"origin.{DOMAIN}"
MAIL = f"mail.{DOMAIN}"
OLD_ADMIN = f"old-admin.{DOMAIN}"
BLOG = f"blog.{DOMAIN}"
OLD_BLOG = "demo-market-blog.github.io"
"""Where the blog lived: a name at a host of pages, given up and free for whoever wants it."""
PLATFORM = "demo-market-shop.vercel.app"
"""The platform's own name of the site."""
NOTIFY = f"notify.{DOMAIN}"
"""Where the product's own mails come from: a subdomain, so that what is wrong with the main domain's mail is not wrong
with theirs."""
NS1 = f"ns1.{DOMAIN}"
NS2 = f"ns2.{DOMAIN}"

NIC = "nic.test"
RDAP = f"rdap.{NIC}"
MAILER = f"mailer.{NIC}"
"""A service that sends for many."""
MAILBOXES = f"mailbox.{NIC}"
IMAP = f"imap.{NIC}"
TESTER = f"tester@{MAILBOXES}"
"""A test account at a mailbox provider."""
TLD_SERVER = f"a.{NIC}"

WEB_ADDRESS = "203.0.113.10"
APP_ADDRESS = "203.0.113.11"
ORIGIN_ADDRESS = "203.0.113.12"
API_ADDRESS = "203.0.113.20"
PAGES_ADDRESS = "198.51.100.90"
MAIL_ADDRESS = "203.0.113.25"
ADMIN_ADDRESS = "203.0.113.30"
OLD_ADMIN_ADDRESS = "203.0.113.31"
STAGING_ADDRESS = "203.0.113.50"
STALE_ADDRESS = "203.0.113.99"
STATUS_ADDRESS = "198.51.100.40"
NS1_ADDRESS = "198.51.100.53"
NS2_ADDRESS = "198.51.100.54"
RDAP_ADDRESS = "198.51.100.80"
TLD_ADDRESS = "198.51.100.81"
IMAP_ADDRESS = "198.51.100.93"

ADDRESSES = (
    WEB_ADDRESS,
    APP_ADDRESS,
    ORIGIN_ADDRESS,
    API_ADDRESS,
    MAIL_ADDRESS,
    ADMIN_ADDRESS,
    OLD_ADMIN_ADDRESS,
    STAGING_ADDRESS,
    STALE_ADDRESS,
    STATUS_ADDRESS,
    NS1_ADDRESS,
    NS2_ADDRESS,
    RDAP_ADDRESS,
    PAGES_ADDRESS,
    TLD_ADDRESS,
    IMAP_ADDRESS,
)

SITE = f"https://{APEX}"
APP_SITE = f"https://{APP}"
API_SITE = f"https://{API}"

# The release stands in the name of every fingerprinted file. It does not follow a flaw switched at run time, so that
# an address found in one run is the same address in the next.
RELEASE = "7c1f9a20be54"

IOS_APP = "A1B2C3D4E5.test.demo-market.app"
ANDROID_APP = "test.demo_market.app"

SELECTOR = "ship2026"
POST_SELECTOR = "post2026"
SUPPORT = f"support@{DOMAIN}"

# Block lists that the demo's resolver knows, and the entry that each always lists: nothing in the demo asks the real
# ones.
BLOCK_LISTS = {
    "zen.spamhaus.org": "2.0.0.127",
    "bl.spamcop.net": "2.0.0.127",
    "psbl.surriel.com": "2.0.0.127",
    "dbl.spamhaus.org": "dbltest.com",
    "multi.surbl.org": "test.surbl.org",
    "multi.uribl.com": "test.uribl.com",
}
LISTED_BY = "bl.spamcop.net"

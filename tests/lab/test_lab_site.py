"""The marketplace with nothing wrong: each host, the cache, the journey of a customer, mail, and the registry's
answer."""

from __future__ import annotations

import gzip
import json
import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from labtalk import ADDRESS_OF, certificate, end, get, names_of, trusting

from launchready_tui.lab import files
from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab
from launchready_tui.lab.site import LISTING


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start(fixed="all") as lab:
        yield lab


WEB_HOSTS = (at.APEX, at.WWW, at.APP, at.ADMIN, at.STATUS, at.STAGING)


@pytest.mark.parametrize("host", [*WEB_HOSTS, at.API, at.RDAP])
def test_every_host_has_a_certificate_for_its_name_whether_asked_by_name_or_not(lab: Lab, host: str) -> None:
    from cryptography import x509

    for name in (host, "", "somebody.example"):
        assert host in names_of(certificate(lab, host, name=name))
    leaf = x509.load_der_x509_certificate(certificate(lab, host))
    whole = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    left = leaf.not_valid_after_utc - datetime.now(UTC)
    assert whole <= timedelta(days=200)
    assert left > whole / 2
    assert not leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).critical
    assert leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    assert leaf.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert get(lab, f"https://{host}/").status  # verified against the lab's own authority


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_modern_protocols_are_spoken(lab: Lab, version: ssl.TLSVersion) -> None:
    assert certificate(lab, at.APEX, version=version)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
@pytest.mark.parametrize("host", WEB_HOSTS)
def test_old_protocols_are_not(lab: Lab, host: str, version: ssl.TLSVersion) -> None:
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        certificate(lab, host, version=version)


@pytest.mark.parametrize("host", WEB_HOSTS)
def test_http_leads_to_https_of_the_same_host_with_path_and_query(lab: Lab, host: str) -> None:
    answer = get(lab, f"http://{host}/some/path?x=1&y=2")
    assert answer.status == 308
    assert answer.header("location") == f"https://{host}/some/path?x=1&y=2"
    assert not answer.header("strict-transport-security")


def test_the_api_turns_plain_http_away(lab: Lab) -> None:
    assert get(lab, f"http://{at.API}/healthz").status == 403


def test_www_leads_to_the_main_address_but_app_links_are_read_in_place(lab: Lab) -> None:
    answer = get(lab, f"https://{at.WWW}/listings?page=2")
    assert (answer.status, answer.header("location")) == (308, f"{at.SITE}/listings?page=2")
    for path in ("apple-app-site-association", "assetlinks.json"):
        found = get(lab, f"https://{at.WWW}/.well-known/{path}")
        assert found.status == 200
        assert found.header("content-type") == "application/json"
        assert json.loads(found.body)


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (f"{at.SITE}/", 200),
        (f"{at.SITE}/listings", 200),
        (f"{at.SITE}/listings?page=3", 200),
        (f"{at.SITE}/listings/{LISTING}", 200),
        (f"{at.SITE}/listings/999999", 404),
        (f"{at.SITE}/offer", 200),
        (f"{at.SITE}/no-such-page", 404),
        (f"{at.SITE}/robots.txt", 200),
        (f"{at.SITE}/sitemap.xml", 200),
        (f"{at.SITE}/.well-known/security.txt", 200),
        (f"{at.SITE}/favicon.ico", 200),
        (f"{at.APP_SITE}/", 200),
        (f"{at.APP_SITE}/login", 200),
        (f"{at.APP_SITE}/book/{LISTING}", 200),
        (f"{at.APP_SITE}/account", 302),
        (f"{at.API_SITE}/healthz", 200),
        (f"{at.API_SITE}/v1/me", 401),
        (f"{at.API_SITE}/nothing", 404),
        (f"https://{at.ADMIN}/", 401),
        (f"https://{at.STAGING}/", 401),
        (f"https://{at.STATUS}/", 200),
    ],
)
def test_addresses_answer_as_they_should(lab: Lab, url: str, status: int) -> None:
    answer = get(lab, url)
    assert answer.status == status
    assert answer.header("strict-transport-security")
    assert answer.header("x-content-type-options") == "nosniff"
    if answer.header("content-type").startswith("text/html"):
        assert "frame-ancestors 'none'" in answer.header("content-security-policy")
        assert "unsafe" not in answer.header("content-security-policy")


def test_every_link_of_the_pages_works(lab: Lab) -> None:
    import re

    pages = (
        f"{at.SITE}/",
        f"{at.SITE}/offer",
        f"{at.SITE}/help",
        f"{at.SITE}/listings/{LISTING}",
        f"{at.APP_SITE}/book/{LISTING}",
    )
    seen: set[str] = set()
    for page in pages:
        base = page[: page.index("/", 8)]
        for link in re.findall(r'(?:href|src|action)="([^"]+)"', get(lab, page).text):
            if not link.startswith("mailto:"):
                seen.add(link if link.startswith("http") else base + link)
    assert len(seen) > 20
    for url in sorted(seen):
        assert url.startswith("https://")
        assert get(lab, url).status == 200, url


def test_the_sitemap_names_addresses_that_answer(lab: Lab) -> None:
    import re

    found = re.findall("<loc>([^<]+)</loc>", get(lab, f"{at.SITE}/sitemap.xml").text)
    assert len(found) > 8
    assert {get(lab, url).status for url in found} == {200}


def test_staging_is_kept_out_of_search_engines(lab: Lab) -> None:
    assert "noindex" in get(lab, f"https://{at.STAGING}/").header("x-robots-tag")


def test_old_addresses_take_one_hop(lab: Lab) -> None:
    for path, target in (("/classifieds", "/listings"), ("/start", "/"), ("/faq", "/help")):
        answer = get(lab, at.SITE + path)
        assert (answer.status, answer.header("location")) == (301, at.SITE + target)
    assert get(lab, f"{at.SITE}/help/").header("location") == "/help"


# The cache


def test_the_edge_really_stores_and_ages(lab: Lab) -> None:
    url = f"{at.SITE}{files.HERO}"
    first, second = get(lab, url), get(lab, url)
    assert "; hit" in second.header("cache-status")
    assert second.header("age").isdecimal()
    assert first.body == second.body
    assert "max-age=31536000" in second.header("cache-control")


def test_what_is_personal_is_never_stored(lab: Lab) -> None:
    cookies = {get(lab, f"{at.APP_SITE}/login").header("set-cookie") for _ in range(3)}
    assert len(cookies) == 3
    for cookie in cookies:
        assert cookie.startswith("__Host-session=")
        for attribute in ("Path=/", "Secure", "HttpOnly", "SameSite=Lax"):
            assert attribute in cookie
        assert "Domain" not in cookie
    assert "hit" not in get(lab, f"{at.APP_SITE}/login").header("cache-status")


@pytest.mark.parametrize("coding", ["identity", "gzip"])
def test_a_known_version_is_not_sent_again(lab: Lab, coding: str) -> None:
    url, headers = f"{at.SITE}{files.SITE_JS}", {"Accept-Encoding": coding}
    first = get(lab, url, headers=headers)
    again = get(lab, url, headers={**headers, "If-None-Match": first.header("etag")})
    assert (again.status, again.body) == (304, b"")
    assert again.header("etag") == first.header("etag")
    assert again.header("cache-control") == first.header("cache-control")
    assert get(lab, url, headers={**headers, "If-None-Match": '"other"'}).status == 200


def test_text_is_compressed_for_those_who_take_it(lab: Lab) -> None:
    url = f"{at.SITE}/"
    plain, small = (
        get(lab, url, headers={"Accept-Encoding": "identity"}),
        get(lab, url, headers={"Accept-Encoding": "br, gzip"}),
    )
    assert small.header("content-encoding") == "gzip"
    assert gzip.decompress(small.body) == plain.body
    assert len(small.body) < len(plain.body) / 2
    assert "Accept-Encoding" in plain.header("vary")
    assert plain.header("etag") != small.header("etag")
    assert not get(lab, url, headers={"Accept-Encoding": "gzip;q=0"}).header("content-encoding")


def test_head_gives_the_headers_alone(lab: Lab) -> None:
    answer = get(lab, f"{at.SITE}/", method="HEAD")
    assert answer.status == 200
    assert int(answer.header("content-length")) > 1000
    assert answer.body == b""


# A customer's journey, and the API


def post(lab: Lab, url: str, fields: dict[str, str], cookie: str = "") -> tuple[int, str, str]:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **({"Cookie": cookie} if cookie else {})}
    answer = get(lab, url, method="POST", headers=headers, body=urlencode(fields).encode())
    return answer.status, answer.header("location"), answer.header("set-cookie").partition(";")[0]


def test_somebody_signs_up_books_logs_out_of_sight_and_back_in(lab: Lab) -> None:
    who = {"email": "visitor@demo-market.test", "password": "ten letters or more"}
    status, location, cookie = post(lab, f"{at.APP_SITE}/signup", who)
    assert (status, location) == (303, "/account")
    assert who["email"] in get(lab, f"{at.APP_SITE}/account", headers={"Cookie": cookie}).text
    status, booking, _ = post(lab, f"{at.APP_SITE}/book/{LISTING}", {"days": "3"}, cookie)
    assert status == 303
    assert get(lab, at.APP_SITE + booking, headers={"Cookie": cookie}).status == 200
    assert get(lab, at.APP_SITE + booking).status == 404
    assert post(lab, f"{at.APP_SITE}/book/{LISTING}", {"days": "3"})[:2] == (303, "/login")
    assert post(lab, f"{at.APP_SITE}/login", {**who, "password": "something else"})[0] == 401
    assert post(lab, f"{at.APP_SITE}/login", who)[:2] == (303, "/account")
    assert post(lab, f"{at.APP_SITE}/signup", who)[0] == 422


def test_the_search_finds_and_ranks(lab: Lab) -> None:
    found = json.loads(get(lab, f"{at.API_SITE}/v1/search?q=bike&city=Lisbon").body)["listings"]
    assert len(found) == 20
    assert {row["city"] for row in found} == {"Lisbon"}
    assert all("bike" in row["title"].lower() for row in found)
    ratings = [row["rating"] for row in found]
    assert ratings == sorted(ratings, reverse=True)
    assert json.loads(get(lab, f"{at.API_SITE}/v1/listings?q=bike&city=Lisbon").body)["listings"] == found
    assert json.loads(get(lab, f"{at.API_SITE}/v1/search?q=zzz&city=Lisbon").body)["listings"] == []


def test_other_origins_may_not_read_the_api(lab: Lab) -> None:
    for origin in ("https://elsewhere.example", "null", f"{at.SITE}.elsewhere.example"):
        for method in ("GET", "OPTIONS"):
            answer = get(lab, f"{at.API_SITE}/v1/listings", method=method, headers={"Origin": origin})
            assert not answer.header("access-control-allow-origin")
            assert "Origin" in answer.header("vary")
    assert (
        get(lab, f"{at.API_SITE}/v1/listings", headers={"Origin": at.SITE}).header("access-control-allow-origin")
        == at.SITE
    )


def test_public_keys_lie_in_the_script_and_secret_ones_do_not(lab: Lab) -> None:
    script = get(lab, at.APP_SITE + files.APP_JS).text
    assert files.publishable_key() in script
    assert files.secret_key() not in script
    assert get(lab, f"{at.APP_SITE}{files.APP_JS}.map").status == 404


@pytest.mark.parametrize("target", ["/", "/login", "/v1/listings"])
def test_a_name_that_lives_elsewhere_is_told_so(lab: Lab, target: str) -> None:
    for host, address in ADDRESS_OF.items():
        if host not in (at.MAIL, at.OLD_ADMIN):
            answer = get(lab, f"https://{host}{target}", headers={"Host": "elsewhere.example"}, address=address)
            assert answer.status == 421


def test_broken_requests_get_an_answer(lab: Lab) -> None:
    import socket

    with socket.create_connection(end(lab, at.WEB_ADDRESS, 80), timeout=5) as line:
        line.sendall(b"NONSENSE\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 400 ")


# Mail and registry


def test_mail_is_taken_over_starttls_for_the_domain_alone(lab: Lab) -> None:
    client = smtplib.SMTP(timeout=10)
    client._host = at.MAIL  # what starttls verifies the certificate against
    code, banner = client.connect(*end(lab, at.MAIL_ADDRESS, 25))
    assert code == 220
    assert banner.startswith(at.MAIL.encode())
    client._host = at.MAIL
    client.ehlo()
    assert client.has_extn("starttls")
    client.starttls(context=trusting(lab))
    client.ehlo()
    assert not client.has_extn("starttls")
    client.sendmail("someone@example.com", [at.SUPPORT], "Subject: Hello\r\n\r\n.dot and text\r\n")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        client.sendmail("someone@example.com", ["other@example.com"], "Subject: no\r\n\r\n")
    client.quit()
    message = lab.order_now({"order": "inbox"})["messages"][-1]
    assert message["recipients"] == [at.SUPPORT]
    assert message["tls"]
    assert ".dot and text" in message["text"]


def test_what_was_said_before_starttls_is_forgotten(lab: Lab) -> None:
    import socket

    with socket.create_connection(end(lab, at.MAIL_ADDRESS, 25), timeout=10) as raw:
        raw.recv(4096)
        raw.sendall(b"EHLO x\r\n")
        raw.recv(4096)
        raw.sendall(b"STARTTLS\r\nMAIL FROM:<in@the.clear>\r\n")
        assert raw.recv(4096).startswith(b"220")
        with trusting(lab).wrap_socket(raw, server_hostname=at.MAIL) as secure:
            secure.sendall(b"MAIL FROM:<a@b.example>\r\n")
            assert secure.recv(4096).startswith(b"503 ")


def test_the_registry_tells_of_the_domain_and_of_no_other(lab: Lab) -> None:
    answer = get(lab, f"https://{at.RDAP}/domain/{at.DOMAIN}")
    assert answer.header("content-type") == "application/rdap+json"
    domain = json.loads(answer.body)
    assert domain["ldhName"] == at.DOMAIN
    assert {"registration", "expiration"} <= {event["eventAction"] for event in domain["events"]}
    assert [server["ldhName"] for server in domain["nameservers"]] == [at.NS1, at.NS2]
    assert get(lab, f"https://{at.RDAP}/domain/other.test").status == 404

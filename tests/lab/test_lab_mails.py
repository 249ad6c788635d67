"""The marketplace's mails as a mailbox provider and a foreign verifier see them: signed for real, sorted, answered on
their links."""

from __future__ import annotations

import imaplib
from collections.abc import Iterator

import dkim
import pytest
from labtalk import ask, get, records
from mailtalk import Line, caused, link, post

from launchready_tui.lab import places as at
from launchready_tui.lab.client import Lab


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start(fixed="all") as lab:
        yield lab


def key_of(lab: Lab, name: bytes, **_: object) -> bytes | None:
    found = records(ask(lab, name.decode().rstrip("."), "TXT"))
    return "".join(part.strip('"') for part in found[0].split()).encode() if found else None


@pytest.mark.parametrize("path", ["/signup", "/forgot", "/invite", "/receipt", "/alerts"])
async def test_every_mail_is_signed_so_that_another_verifier_takes_it(lab: Lab, path: str) -> None:
    await lab.set([])
    found = caused(lab, path)
    assert found is not None
    folder, message, raw = found
    assert folder == "INBOX"
    assert "dkim=pass" in message["Authentication-Results"] and "dmarc=pass" in message["Authentication-Results"]
    assert dkim.verify(raw, dnsfunc=lambda name, **more: key_of(lab, name))
    assert get(lab, link(message)).status == 200
    assert message.get_body(("html",)) is not None


async def test_the_way_out_takes_one_click_and_knows_its_own_mails(lab: Lab) -> None:
    await lab.set([])
    found = caused(lab, "/alerts")
    assert found is not None
    path = found.mail["List-Unsubscribe"].strip(" <>").removeprefix(at.APP_SITE)
    assert post(lab, path, **{"List-Unsubscribe": "One-Click"}) == 200
    assert post(lab, "/unsubscribe/another") == 404


def test_the_account_opens_with_its_password_alone_and_keeps_only_its_own_mail(lab: Lab) -> None:
    assert post(lab, "/forgot", email="somebody@else.test") < 400
    line = Line(lab)
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        line.login(at.TESTER, "another password")
    with pytest.raises(imaplib.IMAP4.error):
        line.list()
    line.login(at.TESTER, lab.mailbox_password)
    line.select("INBOX", readonly=True)
    assert line.uid("SEARCH", "TO", '"somebody@else.test"')[1] == [b""]
    line.logout()
    assert lab.noise == ()

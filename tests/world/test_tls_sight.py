"""TLS servers with every flaw a certificate or a handshake can have; the certificates are made at run time."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import certs
import pytest
from certs import NOW, Signed, authority, issue, server_context, stranger
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import AuthorityInformationAccessOID as Access
from cryptography.x509.oid import ExtendedKeyUsageOID
from loopback import Served, reach, serve

from launchready_tui.clock import SystemClock
from launchready_tui.failure import Failure
from launchready_tui.wire import Wire, trust
from launchready_tui.world.certificates import read_certificate
from launchready_tui.world.sights import Reply, TlsSight
from launchready_tui.world.tls import Tls

HOST = "shop.example.com"


async def _idle(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(100)


@asynccontextmanager
async def looking(
    context: ssl.SSLContext | None, folder: Path, *, port: int = 443, **kinds: object
) -> AsyncIterator[tuple[Tls, Served, Wire]]:
    handler = kinds.get("handler", _idle)
    async with serve(handler, tls=context) as server:  # type: ignore[arg-type]
        wire = Wire(reach(f"{HOST}:{port}=127.0.0.1:{server.port}", ca=certs.ca_file(folder)))
        tls = Tls(wire, SystemClock(), deadline_s=float(kinds.get("deadline_s", 5.0)))  # type: ignore[arg-type]
        try:
            yield tls, server, wire
        finally:
            await tls.close()


async def look(context: ssl.SSLContext | None, folder: Path, **kinds: object) -> TlsSight | Failure:
    async with looking(context, folder, **kinds) as (tls, _, _):
        return await tls.look(HOST)


def seen(sight: TlsSight | Failure) -> TlsSight:
    assert isinstance(sight, TlsSight), sight
    return sight


def _intermediate() -> Signed:
    return issue("Test Intermediate", by=authority(), authority=True)


def _through(intermediate: Signed) -> Signed:
    return issue(HOST, (HOST,), by=intermediate)


async def test_a_good_server_is_verified_and_its_chain_and_terms_told(tmp_path: Path) -> None:
    intermediate = _intermediate()
    leaf = _through(intermediate)
    context = server_context(leaf, alpn=("h2", "http/1.1"))
    async with looking(context, tmp_path) as (tls, _, wire):
        sight = seen(await tls.look(HOST))
        again = await tls.look("SHOP.example.com.")
    assert again is sight
    assert (sight.verified, sight.verify_code, sight.verify_message) == (True, 0, "")
    assert (sight.version, sight.alpn) == ("TLSv1.3", "h2")
    assert sight.cipher.startswith("TLS_")
    assert [one.subject for one in sight.chain] == [f"CN={HOST}", "CN=Test Intermediate"]
    assert sight.leaf.names == (HOST,)
    assert (sight.leaf.key, sight.leaf.key_bits, sight.leaf.signature_hash) == ("ec", 256, "sha256")
    assert not sight.leaf.self_signed
    assert sight.leaf.not_after == leaf.cert.not_valid_after_utc
    assert (sight.address, sight.via) == ("127.0.0.1", "connect-map")
    assert (wire.counts.connections, wire.counts.tls_handshakes) == (1, 1)


def _flawed() -> dict[str, tuple[ssl.SSLContext, int]]:
    day = timedelta(days=1)
    intermediate = _intermediate()
    good = issue(HOST, (HOST,), by=authority())
    return {
        "expired": (server_context(issue(HOST, (HOST,), by=authority(), start=NOW - 90 * day, end=NOW - day)), 10),
        "not yet valid": (server_context(issue(HOST, (HOST,), by=authority(), start=NOW + day, end=NOW + 90 * day)), 9),
        "another name": (server_context(issue("other.example.com", ("other.example.com",), by=authority())), 62),
        "a wildcard two labels short": (server_context(issue("*.com", ("*.example.example.com",), by=authority())), 62),
        "no SAN at all": (server_context(issue(HOST, by=authority())), 62),
        "self-signed": (server_context(issue(HOST, (HOST,))), 18),
        "an authority nobody knows": (server_context(issue(HOST, (HOST,), by=stranger())), 20),
        "an unknown authority that is sent along": (
            server_context(issue(HOST, (HOST,), by=stranger()), chain=stranger().pem),
            19,
        ),
        "an intermediate left out": (server_context(_through(intermediate), chain=b""), 20),
        "a wrong intermediate": (server_context(_through(intermediate), chain=_intermediate().pem), 20),
        "the root sent along": (server_context(good, chain=authority().pem), 0),
        "a stranger's certificate in between": (
            server_context(_through(intermediate), chain=stranger().pem + intermediate.pem),
            0,
        ),
        "critical names": (server_context(issue(HOST, (HOST,), by=authority(), critical_names=True)), 0),
    }


FLAWS = tuple(_flawed())


@pytest.mark.parametrize("flaw", FLAWS)
async def test_each_flaw_has_openssl_s_own_code_and_the_chain_beside_it(flaw: str, tmp_path: Path) -> None:
    context, code = _flawed()[flaw]
    sight = seen(await look(context, tmp_path))
    assert (sight.verified, sight.verify_code) == (code == 0, code), sight.verify_message
    assert bool(sight.verify_message) == (code != 0)
    assert sight.leaf.subject
    assert sight.version == "TLSv1.3"


async def test_an_address_is_verified_against_the_addresses_of_the_certificate(tmp_path: Path) -> None:
    right = issue("by address", ("127.0.0.1",), by=authority())
    wrong = issue("by address", ("127.0.0.9",), by=authority())
    for leaf, code in ((right, 0), (wrong, 64)):
        async with serve(_idle, tls=server_context(leaf)) as server:
            tls = Tls(Wire(reach(ca=certs.ca_file(tmp_path))), SystemClock())
            assert seen(await tls.look("127.0.0.1", server.port)).verify_code == code
            await tls.close()


async def test_what_an_incomplete_chain_needs_to_be_told_apart(tmp_path: Path) -> None:
    """An issuer's URL in the leaf says that a public authority stands behind it: the server forgot the intermediate."""
    access = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(Access.CA_ISSUERS, x509.UniformResourceIdentifier("http://ca.example/issuer.crt")),
            x509.AccessDescription(Access.OCSP, x509.UniformResourceIdentifier("http://ocsp.example/")),
        ]
    )
    feature = x509.TLSFeature([x509.TLSFeatureType.status_request])
    leaf = issue(HOST, (HOST,), by=_intermediate(), extensions=((access, False), (feature, False)))
    sight = seen(await look(server_context(leaf, chain=b""), tmp_path))
    assert sight.leaf.ca_issuers == ("http://ca.example/issuer.crt",)
    assert sight.leaf.ocsp == ("http://ocsp.example/",)
    assert sight.leaf.must_staple
    assert sight.leaf.scts == 0


@pytest.mark.parametrize(
    ("key", "kind", "bits"),
    [
        (rsa.generate_private_key(65537, 2048), "rsa", 2048),
        (rsa.generate_private_key(65537, 1024), "rsa", 1024),
        (ec.generate_private_key(ec.SECP384R1()), "ec", 384),
    ],
)
def test_keys_are_told(key: certs.Key, kind: str, bits: int) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding

    read = read_certificate(issue(HOST, (HOST,), key=key).cert.public_bytes(Encoding.DER))
    assert (read.key, read.key_bits, read.self_signed) == (kind, bits, True)


OLD = pytest.mark.skipif(trust.version_context("TLSv1") is None, reason="this OpenSSL has no TLS 1.0")


def _only(low: ssl.TLSVersion, high: ssl.TLSVersion, leaf: Signed | None = None) -> ssl.SSLContext:
    context = server_context(leaf or issue(HOST, (HOST,), by=authority()))
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = low, high
    return context


V = ssl.TLSVersion


@pytest.mark.parametrize(
    ("low", "high", "accepted"),
    [
        pytest.param(V.TLSv1, V.TLSv1, {"TLSv1"}, marks=OLD),
        pytest.param(V.TLSv1, V.TLSv1_2, {"TLSv1", "TLSv1.1", "TLSv1.2"}, marks=OLD),
        (V.TLSv1_2, V.TLSv1_3, {"TLSv1.2", "TLSv1.3"}),
        (V.TLSv1_2, V.TLSv1_2, {"TLSv1.2"}),
        (V.TLSv1_3, V.TLSv1_3, {"TLSv1.3"}),
    ],
)
async def test_each_version_is_offered_alone(
    low: ssl.TLSVersion, high: ssl.TLSVersion, accepted: set[str], tmp_path: Path
) -> None:
    async with looking(_only(low, high), tmp_path) as (tls, _, wire):
        answers = await tls.versions(HOST)
        assert await tls.versions(HOST) == answers
    assert list(answers) == ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
    assert {version for version, answer in answers.items() if answer == "accepted"} == accepted
    assert {answer for version, answer in answers.items() if version not in accepted} <= {"refused"}
    assert wire.counts.connections == 4


@OLD
async def test_a_server_with_old_tls_only_is_still_looked_at_and_judged(tmp_path: Path) -> None:
    good = seen(await look(_only(V.TLSv1, V.TLSv1), tmp_path))
    assert (good.version, good.verified) == ("TLSv1", True)
    bad = seen(await look(_only(V.TLSv1, V.TLSv1, issue(HOST, (HOST,))), tmp_path))
    assert (bad.version, bad.verified, bad.verify_code) == ("TLSv1", False, 18)


async def test_a_version_our_openssl_cannot_speak_was_not_tested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = trust.version_context
    monkeypatch.setattr(
        "launchready_tui.world.tls.version_context", lambda version: None if version == "TLSv1" else real(version)
    )
    async with looking(server_context(issue(HOST, (HOST,), by=authority())), tmp_path) as (tls, _, _):
        answers = await tls.versions(HOST)
    assert (answers["TLSv1"], answers["TLSv1.3"]) == ("could-not-test", "accepted")


async def test_no_alpn_is_no_protocol(tmp_path: Path) -> None:
    leaf = issue(HOST, (HOST,), by=authority())
    assert seen(await look(server_context(leaf), tmp_path)).alpn == ""
    assert seen(await look(server_context(leaf, alpn=("http/1.1",)), tmp_path)).alpn == "http/1.1"


async def _hang_up(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(5)


async def _speak_http(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(5)
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    await writer.drain()


async def _babble(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(5)
    record = b"\x16\x03\x03\x40\x00" + b"\x0b\xff\xff\xff" + bytes(0x3FFC)
    while True:
        writer.write(record)
        await writer.drain()


async def _say_nothing(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(1000):
        pass


@pytest.mark.parametrize(
    ("handler", "kinds", "versions"),
    [
        (_hang_up, {"reset"}, "refused"),
        (_speak_http, {"tls"}, "refused"),
        (_babble, {"tls", "reset", "protocol"}, "refused"),
        (_say_nothing, {"timeout"}, "could-not-test"),
    ],
)
async def test_a_hostile_handshake_ends_as_a_failure(
    handler: object, kinds: set[str], versions: str, tmp_path: Path
) -> None:
    async with looking(None, tmp_path, handler=handler, deadline_s=0.3 if "timeout" in kinds else 30) as (tls, _, _):
        failure = await tls.look(HOST)
        answers = await tls.versions(HOST)
    assert isinstance(failure, Failure)
    assert failure.kind in kinds
    assert set(answers.values()) == {versions}


async def test_a_closed_port_is_refused_and_no_version_was_tested(tmp_path: Path) -> None:
    async with looking(server_context(issue(HOST, (HOST,), by=authority())), tmp_path, port=8443) as (tls, server, _):
        pass
    tls = Tls(Wire(reach(f"{HOST}=127.0.0.1:{server.port}")), SystemClock())
    failure = await tls.look(HOST)
    assert isinstance(failure, Failure)
    assert failure.kind == "refused"
    assert set((await tls.versions(HOST)).values()) == {"could-not-test"}


async def test_a_chain_of_huge_certificates_ends_as_a_failure(tmp_path: Path) -> None:
    names = tuple(f"{n:04}.{'x' * 60}.{'y' * 60}.{'z' * 60}.example.com" for n in range(1500))
    leaf = issue(HOST, (HOST, *names), by=authority())
    failure = await look(server_context(leaf), tmp_path)
    assert isinstance(failure, Failure)
    assert failure.kind == "tls"


@pytest.mark.parametrize(
    "octets", [b"", b"\x30", b"\x30\x82\xff\xff" + b"\x00" * 100, b"not a certificate", bytes(range(256)) * 4]
)
def test_octets_that_are_no_certificate_raise_one_plain_error(octets: bytes) -> None:
    with pytest.raises(ValueError, match="unreadable certificate"):
        read_certificate(octets)


def test_a_garbled_extension_leaves_the_rest_readable() -> None:
    garbled = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.1"), b"\x30\xff\x01")
    from cryptography.hazmat.primitives.serialization import Encoding

    read = read_certificate(issue(HOST, (HOST,), extensions=((garbled, False),)).cert.public_bytes(Encoding.DER))
    assert read.subject == f"CN={HOST}"
    assert read.ca_issuers == ()


@pytest.mark.parametrize("host", ["", "a..b", "exa mple.com", "x" * 64 + ".com", "\x00"])
async def test_a_host_that_is_none_is_a_failure(host: str) -> None:
    tls = Tls(Wire(reach()), SystemClock())
    failure = await tls.look(host)
    assert isinstance(failure, Failure)
    assert failure.kind == "protocol"
    assert set((await tls.versions(host)).values()) == {"could-not-test"}


async def test_a_ca_file_that_is_none_says_so(tmp_path: Path) -> None:
    missing = tmp_path / "missing.pem"
    empty = tmp_path / "empty.pem"
    empty.write_text("hello")
    for path, words in ((missing, "could not read the CA file"), (empty, "no PEM certificates")):
        with pytest.raises(ValueError, match=words):
            trust.verifying_context(reach(ca=path), ("http/1.1",))


# Chains that lack their middle


def _aia(place: str) -> tuple[x509.ExtensionType, bool]:
    told = x509.AccessDescription(Access.CA_ISSUERS, x509.UniformResourceIdentifier(place))
    return x509.AuthorityInformationAccess([told]), False


def _reply(url: str, body: bytes, status: int = 200) -> Reply:
    return Reply(url=url, method="GET", status=status, headers=(), body=body, wire_bytes=len(body), at=NOW)


def _der(signed: Signed) -> bytes:
    return signed.cert.public_bytes(serialization.Encoding.DER)


async def _look_with(
    folder: Path, leaf: Signed, shelf: dict[str, bytes], *, chain: bytes = b""
) -> tuple[TlsSight, list[str]]:
    """One look at a server that sends the leaf and `chain`; `shelf` is what AIA addresses hand out."""
    asked: list[str] = []

    async def fetch(url: str) -> Reply | Failure:
        asked.append(url)
        if url not in shelf:
            return Failure(kind="refused", target=url)
        return _reply(url, shelf[url])

    async with serve(_idle, tls=server_context(leaf, chain=chain)) as server:
        wire = Wire(reach(f"{HOST}:443=127.0.0.1:{server.port}", ca=certs.ca_file(folder)))
        tls = Tls(wire, SystemClock(), deadline_s=5.0, fetch=fetch)
        sight = seen(await tls.look(HOST))
        await tls.close()
    return sight, asked


MIDDLE = "http://ca.example.net/middle.cer"
UPPER = "http://ca.example.net/upper.p7c"


@pytest.mark.parametrize("form", ["der", "pem", "p7c"])
async def test_a_missing_intermediate_of_a_trusted_root_is_fetched_and_named(tmp_path: Path, form: str) -> None:
    middle = _intermediate()
    leaf = issue(HOST, (HOST,), by=middle, extensions=(_aia(MIDDLE),))
    forms = {
        "der": _der(middle),
        "pem": middle.pem,
        "p7c": pkcs7.serialize_certificates([authority().cert, middle.cert], serialization.Encoding.DER),
    }
    sight, asked = await _look_with(tmp_path, leaf, {MIDDLE: forms[form]})
    assert (sight.verified, sight.verify_code, sight.unfetched) == (False, 20, "")
    assert [one.subject for one in sight.missing] == ["CN=Test Intermediate"] and asked == [MIDDLE]


async def test_two_missing_intermediates_are_fetched_one_by_the_other(tmp_path: Path) -> None:
    upper = issue("Upper", by=authority(), authority=True)
    middle = issue("Middle", by=upper, authority=True, extensions=(_aia(UPPER),))
    leaf = issue(HOST, (HOST,), by=middle, extensions=(_aia(MIDDLE),))
    sight, _ = await _look_with(tmp_path, leaf, {MIDDLE: _der(middle), UPPER: _der(upper)})
    assert [one.subject for one in sight.missing] == ["CN=Middle", "CN=Upper"]


async def test_an_unknown_root_that_aia_hands_out_is_not_trusted_for_that(tmp_path: Path) -> None:
    middle = issue("Their Middle", by=stranger(), authority=True, extensions=(_aia(UPPER),))
    leaf = issue(HOST, (HOST,), by=middle, extensions=(_aia(MIDDLE),))
    shelf = {MIDDLE: _der(middle), UPPER: _der(stranger())}
    for chain in (b"", middle.pem):
        sight, _ = await _look_with(tmp_path, leaf, shelf, chain=chain)
        assert (sight.missing, sight.unfetched, sight.verify_code) == ((), "", 20)


async def test_what_could_not_be_fetched_is_told(tmp_path: Path) -> None:
    middle = _intermediate()
    leaf = issue(HOST, (HOST,), by=middle, extensions=(_aia(MIDDLE),))
    sight, _ = await _look_with(tmp_path, leaf, {})
    assert sight.missing == () and "refused" in sight.unfetched
    sight, _ = await _look_with(tmp_path, leaf, {MIDDLE: b"<html>not here</html>"})
    assert sight.missing == () and "no certificate of the issuer" in sight.unfetched
    sight, _ = await _look_with(tmp_path, leaf, {MIDDLE: _der(stranger())})
    assert sight.missing == () and "no certificate of the issuer" in sight.unfetched


async def test_an_expired_intermediate_is_the_one_to_blame(tmp_path: Path) -> None:
    day = timedelta(days=1)
    old = issue("Old Middle", by=authority(), authority=True, start=NOW - 90 * day, end=NOW - 3 * day)
    sight = seen(await look(server_context(issue(HOST, (HOST,), by=old)), tmp_path))
    assert sight.verify_code == 10 and sight.blamed is not None and sight.blamed.subject == "CN=Old Middle"
    # Sent along and needed by nobody: the chain verifies.
    good = issue(HOST, (HOST,), by=authority())
    sight = seen(await look(server_context(good, chain=old.pem), tmp_path))
    assert sight.verified and sight.blamed is None


async def test_a_certificate_for_clients_is_read_as_such(tmp_path: Path) -> None:
    use = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False)
    sight = seen(await look(server_context(issue(HOST, (HOST,), by=authority(), extensions=(use,))), tmp_path))
    assert (sight.verify_code, sight.leaf.usages) == (26, ("clientAuth",))


@pytest.mark.parametrize(
    ("suites", "kinds", "small"),
    [
        ("ECDHE+AESGCM", {"forward": "accepted"}, False),
        (
            "ECDHE-RSA-AES128-SHA",
            {"forward": "refused", "cbc": "accepted", "static": "refused", "dhe": "refused"},
            False,
        ),
        ("AES128-GCM-SHA256", {"forward": "refused", "cbc": "refused", "static": "accepted", "dhe": "refused"}, False),
        (
            "DHE-RSA-AES128-GCM-SHA256",
            {"forward": "refused", "cbc": "refused", "static": "refused", "dhe": "accepted"},
            True,
        ),
        ("DHE+AESGCM:ECDHE+AESGCM", {"forward": "accepted"}, True),
    ],
)
async def test_which_kinds_of_ciphers_a_server_accepts(
    tmp_path: Path, suites: str, kinds: dict[str, str], small: bool
) -> None:
    leaf = issue(HOST, (HOST,), by=authority(), key=rsa.generate_private_key(65537, 2048))
    context = server_context(leaf)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(f"{suites}:@SECLEVEL=0")
    context.load_dh_params(certs.group_file(tmp_path / "dh.pem", certs.OAKLEY_2))
    async with looking(context, tmp_path) as (tls, _, _):
        assert await tls.ciphers(HOST) == kinds
        assert await tls.small_group(HOST) is small


async def test_a_group_of_2048_bits_is_not_small(tmp_path: Path) -> None:
    leaf = issue(HOST, (HOST,), by=authority(), key=rsa.generate_private_key(65537, 2048))
    context = server_context(leaf)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("DHE+AESGCM")
    context.load_dh_params(certs.group_file(tmp_path / "dh.pem", certs.FFDHE_2048))
    async with looking(context, tmp_path) as (tls, _, _):
        assert await tls.small_group(HOST) is False
        assert (await tls.ciphers(HOST))["dhe"] == "accepted"


async def test_the_environment_names_the_authorities_in_place_of_mozillas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = server_context(issue(HOST, (HOST,), by=authority()))
    folder = tmp_path / "store"
    folder.mkdir()
    name = subprocess.run(
        ["openssl", "x509", "-hash", "-noout", "-in", str(certs.ca_file(tmp_path))],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    (folder / f"{name}.0").write_bytes(authority().pem)
    other = tmp_path / "other.pem"
    other.write_bytes(stranger().pem)
    for file, place, verified in (
        (str(certs.ca_file(tmp_path)), "", True),
        ("", str(folder), True),
        (str(other), str(folder), True),
        (str(other), "", False),
        ("", "", False),
    ):
        monkeypatch.setenv("SSL_CERT_FILE", file)
        monkeypatch.setenv("SSL_CERT_DIR", place)
        async with serve(_idle, tls=context) as server:
            tls = Tls(Wire(reach(f"{HOST}:443=127.0.0.1:{server.port}")), SystemClock(), deadline_s=5.0)
            assert seen(await tls.look(HOST)).verified is verified, (file, place)
            await tls.close()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "gone.pem"))
    with pytest.raises(ValueError, match=r"gone\.pem"):
        trust.verifying_context(reach(), trust.LOOK_ALPN)

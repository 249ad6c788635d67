"""check_host of RFC 7208: results, the deciding term, macros, limits and failures, by tables of our own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zone import Zone

from launchready_tui.mail.auth.spf import Outcome, check_host

IP, IP6 = "192.0.2.1", "2001:db8::cb01"
ROWS: dict[str, list[str]] = {
    "nothing.test": ["A 192.0.2.9"],
    "two.test": ["TXT v=spf1 -all", "TXT v=spf1 +all"],
    "slow.test": ["! timeout"],
    "lost.test": ["! servfail"],
    "pass.test": ["TXT v=spf1 ip4:192.0.2.0/24 -all"],
    "soft.test": ["TXT v=spf1 ~all"],
    "open.test": ["TXT v=spf1 ip4:198.51.100.1"],
    "fail.test": ["TXT v=spf1 -all exp=why.%{d}"],
    "why.fail.test": ["TXT %{i} is not one of %{d}'s servers, %{s} said %{h}%_at %{r}"],
    "broken.test": ["TXT v=spf1 ip4:192.0.2.1 ipv4:192.0.2.2 -all"],
    "mail.test": ["A 192.0.2.1", "AAAA 2001:db8::cb01"],
    "many.test": [f"MX {number} m{number}.test" for number in range(11)],
    "one.test": ["MX 10 gone.test", "MX 20 mail.test"],
    "1.2.0.192.in-addr.arpa": ["PTR mx.friend.test", "PTR other.test"],
    "mx.friend.test": ["A 192.0.2.1"],
    "192.0.2.1.list.test": ["A 127.0.0.2"],
    "ann.list.test": ["A 127.0.0.2"],
    "back\\slash.list.test": ["A 127.0.0.2"],
    "inner.test": ["TXT v=spf1 include:pass.test -all exp=why.fail.test"],
}


async def look(
    record: str, ip: str = IP, sender: str = "ann@top.test", helo: str = "helo.test", **more: list[str]
) -> Outcome:
    rows = {**ROWS, "top.test": [f"TXT {record}"], **{name.replace("_", "."): lines for name, lines in more.items()}}
    return await check_host(Zone(rows), ip, sender, helo, receiver="mx.receiver.test", now=1_700_000_000)


@pytest.mark.parametrize(
    ("record", "result", "matched"),
    [
        ("v=spf1 ip4:192.0.2.0/24 -all", "pass", "ip4:192.0.2.0/24"),
        ("v=spf1 ip4:192.0.2.0/31 -all", "pass", "ip4:192.0.2.0/31"),
        ("v=spf1 ip4:192.0.2.2/31 ?all", "neutral", "?all"),
        ("v=spf1 -ip4:192.0.2.1 +all", "fail", "-ip4:192.0.2.1"),
        ("v=spf1 ip6:2001:db8::/32 ~all", "softfail", "~all"),
        ("v=spf1 a:mail.test -all", "pass", "a:mail.test"),
        ("v=spf1 a:mail.test/8 -all", "pass", "a:mail.test/8"),
        ("v=spf1 mx:one.test -all", "pass", "mx:one.test"),
        ("v=spf1 mx:many.test -all", "permerror", None),
        ("v=spf1 ptr:friend.test -all", "pass", "ptr:friend.test"),
        ("v=spf1 ptr:other.test -all", "fail", "-all"),
        ("v=spf1 ptr:riend.test -all", "fail", "-all"),
        ("v=spf1 ptr:mx.friend.test -all", "pass", "ptr:mx.friend.test"),
        ("v=spf1 exists:%{i}.list.test -all", "pass", "exists:%{i}.list.test"),
        ("v=spf1 exists:%{l}.list.test -all", "pass", "exists:%{l}.list.test"),
        ("v=spf1 exists:%{l}.%{p}.test ~all", "softfail", "~all"),
        ("v=spf1 include:pass.test -all", "pass", "ip4:192.0.2.0/24"),
        ("v=spf1 -include:pass.test +all", "fail", "ip4:192.0.2.0/24"),
        ("v=spf1 include:soft.test ?all", "neutral", "?all"),
        ("v=spf1 include:nothing.test +all", "permerror", None),
        ("v=spf1 include:two.test +all", "permerror", None),
        ("v=spf1 include:broken.test +all", "permerror", None),
        ("v=spf1 include:slow.test +all", "temperror", None),
        ("v=spf1 a:lost.test +all", "temperror", None),
        ("v=spf1 redirect=pass.test", "pass", "ip4:192.0.2.0/24"),
        ("v=spf1 redirect=nothing.test", "permerror", None),
        ("v=spf1 redirect=nothing.test ~all", "softfail", "~all"),
        ("v=spf1 include:open.test", "neutral", None),
        ("v=spf1", "neutral", None),
        ("v=spf10 +all", "none", None),
        ("v=spf1 +all ipv4:1", "permerror", None),
        ("v=spf1 exists:%{d0}.test +all", "permerror", None),
        ("v=spf1 a:%{c}.test +all", "permerror", None),
        ("v=spf1 ip6:fe80::1%eth0 +all", "permerror", None),
    ],
)
async def test_a_record_gives_its_result_and_the_term_that_decides(
    record: str, result: str, matched: str | None
) -> None:
    outcome = await look(record)
    assert (outcome.result, outcome.matched) == (result, matched), outcome.problem
    assert bool(outcome.problem) == (matched is None)


@pytest.mark.parametrize(
    ("sender", "helo", "result", "domain"),
    [
        ("a@nothing.test", "helo.test", "none", "nothing.test"),
        ("a@no-such.test", "helo.test", "none", "no-such.test"),
        ("a@localhost", "helo.test", "none", "localhost"),
        ("a@[192.0.2.1]", "helo.test", "none", "[192.0.2.1]"),
        ("a@x..test", "helo.test", "none", "x..test"),
        (f"a@{'x' * 64}.test", "helo.test", "none", f"{'x' * 64}.test"),
        ("", "pass.test", "pass", "pass.test"),
        ("<>", "pass.test", "pass", "pass.test"),
        ("@pass.test", "helo.test", "pass", "pass.test"),
        ("a@pass.test.", "helo.test", "pass", "pass.test"),
        ("a@slow.test", "helo.test", "temperror", "slow.test"),
        ("a@two.test", "helo.test", "permerror", "two.test"),
    ],
)
async def test_whose_record_is_asked(sender: str, helo: str, result: str, domain: str) -> None:
    outcome = await check_host(Zone(ROWS), IP, sender, helo)
    assert (outcome.result, outcome.domain) == (result, domain)


async def test_a_failed_look_up_a_missing_name_and_an_empty_one_are_three_answers() -> None:
    results = {
        name: (await check_host(Zone(ROWS), IP, f"a@{name}", "h.test")).problem
        for name in ("slow.test", "nothing.test", "gone.test")
    }
    assert results["slow.test"] != results["nothing.test"]
    assert results["nothing.test"] == "nothing.test has no SPF record"


@pytest.mark.parametrize(
    ("record", "lookups", "voids", "result"),
    [
        ("v=spf1 ip4:192.0.2.1 -all", 0, 0, "pass"),
        ("v=spf1 mx:one.test -all", 1, 1, "pass"),
        ("v=spf1 include:inner.test -all", 2, 0, "pass"),
        ("v=spf1 a:g1.test a:g2.test ~all", 2, 2, "softfail"),
        ("v=spf1 a:g1.test a:g2.test a:g3.test ~all", 3, 3, "permerror"),
        ("v=spf1 " + "a:nothing.test " * 10 + "~all", 10, 0, "softfail"),
        ("v=spf1 " + "a:nothing.test " * 11 + "~all", 11, 0, "permerror"),
        ("v=spf1 include:top.test ~all", 11, 0, "permerror"),
        ("v=spf1 redirect=top.test", 11, 0, "permerror"),
    ],
)
async def test_limits(record: str, lookups: int, voids: int, result: str) -> None:
    outcome = await look(record)
    assert (outcome.lookups, outcome.void_lookups, outcome.result) == (lookups, voids, result)


async def test_the_path_leads_through_includes_and_names_whose_record_decided() -> None:
    outcome = await look("v=spf1 a:nothing.test include:inner.test -all")
    assert outcome.path == ("include:inner.test", "include:pass.test", "ip4:192.0.2.0/24")
    assert (outcome.matched, outcome.matched_in) == ("ip4:192.0.2.0/24", "pass.test")
    assert [(step.depth, step.domain, step.term) for step in outcome.steps][:3] == [
        (0, "top.test", "a:nothing.test"),
        (0, "top.test", "include:inner.test"),
        (1, "inner.test", "include:pass.test"),
    ]


async def test_the_explanation_is_the_owners_and_only_on_fail() -> None:
    outcome = await check_host(Zone(ROWS), IP, "ann@fail.test", "helo.test", receiver="mx.receiver.test")
    assert (
        outcome.explanation
        == "192.0.2.1 is not one of fail.test's servers, ann@fail.test said helo.test at mx.receiver.test"
    )
    assert (await look("v=spf1 include:fail.test ~all exp=why.fail.test")).explanation is None
    assert (await look("v=spf1 redirect=fail.test")).explanation is not None
    assert (await look("v=spf1 -all exp=gone.test")).explanation is None
    assert (await look("v=spf1 -all exp=slow.test")).explanation is None
    assert (await look("v=spf1 -all exp=bad.test", bad_test=["TXT half a macro %{i"])).explanation is None
    assert (await look("v=spf1 -all exp=bad.test", bad_test=["TXT one", "TXT two"])).explanation is None


@pytest.mark.parametrize(
    ("macro", "name"),
    [
        ("%{s}", "strong-bad@email.example.com"),
        ("%{o}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l-}", "strong.bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        ("%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"),
        ("%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"),
    ],
)
async def test_macros_expand_as_in_section_7_4(macro: str, name: str) -> None:
    zone = Zone(
        {"email.example.com": [f"TXT v=spf1 exists:{macro}.end.test -all"], f"{name}.end.test": ["A 127.0.0.2"]}
    )
    assert (await check_host(zone, "192.0.2.3", "strong-bad@email.example.com", "h.test")).result == "pass", zone.asked


async def test_ipv6_addresses_match_their_own_kind_and_mapped_ones_are_ipv4() -> None:
    assert (await look("v=spf1 ip6:2001:db8::/32 -all", ip=IP6)).result == "pass"
    assert (await look("v=spf1 a:mail.test -all", ip=IP6)).result == "pass"
    assert (await look("v=spf1 ip4:192.0.2.1 -all", ip=f"::ffff:{IP}")).result == "pass"
    assert (await look("v=spf1 ip6:::ffff:192.0.2.1 -all", ip=f"::ffff:{IP}")).result == "fail"
    with pytest.raises(ValueError, match="300"):
        await look("v=spf1 -all", ip="192.0.2.300")


async def test_a_name_too_long_loses_labels_and_one_that_dns_cannot_carry_matches_nothing() -> None:
    long = "a" * 60 + "."
    zone = Zone(
        {
            "top.test": [f"TXT v=spf1 exists:{long * 4}%{{l}}.end.test ?all"],
            f"{long * 3}{'b' * 60}.end.test": ["A 127.0.0.2"],
        }
    )
    assert (await check_host(zone, IP, f"{'b' * 60}@top.test", "h.test")).result == "pass"
    assert (await look("v=spf1 a:%{l}.test ~all", sender=f"{'c' * 64}@top.test")).result == "softfail"
    assert (await look("v=spf1 exists:%{l}.list.test ~all", sender="ä@top.test")).result == "softfail"


async def test_foreign_characters_in_a_name_are_escaped_for_the_resolver() -> None:
    assert (await look("v=spf1 exists:%{l}.list.test ~all", sender="back\\slash@top.test")).result == "pass"


async def test_a_check_that_takes_too_long_is_a_temporary_error() -> None:
    import asyncio

    class Never:
        async def ask(self, name: str, rdtype: str) -> object:
            await asyncio.Event().wait()
            return None

    outcome = await check_host(Never(), IP, "a@top.test", "h.test", deadline_s=0.01)  # type: ignore[arg-type]
    assert (outcome.result, outcome.matched) == ("temperror", None)


@given(st.text(max_size=80), st.text(max_size=40), st.text(max_size=40))
async def test_whatever_is_given_there_is_an_answer(record: str, sender: str, helo: str) -> None:
    outcome = await check_host(Zone({"top.test": [f"TXT v=spf1 {record}"]}), IP, f"{sender}@top.test", helo)
    assert outcome.result in ("none", "neutral", "pass", "fail", "softfail", "temperror", "permerror")
    await check_host(Zone({}), IP, sender, helo)


async def test_a_sender_in_another_script_counts_in_its_ascii_form() -> None:
    """RFC 8616 section 4; never by IDNA 2003, where \u00df is ss and the domain somebody else's."""
    zone = Zone({"xn--fa-hia.test": ["TXT v=spf1 ip4:192.0.2.1 -all"], "fass.test": ["TXT v=spf1 -all"]})
    outcome = await check_host(zone, IP, "ann@Fa\u00df.test")
    assert (outcome.result, outcome.domain) == ("pass", "xn--fa-hia.test")


@pytest.mark.parametrize(("value", "result"), [("%{d}", "pass"), ("%{d", "permerror"), ("%x", "permerror")])
async def test_an_unknown_modifier_is_passed_over_unless_its_macros_are_broken(value: str, result: str) -> None:
    """Section 6: unrecognised modifiers are ignored, but what they hold must be a macro-string."""
    assert (await look(f"v=spf1 ip4:192.0.2.1 -all later={value}")).result == result


async def test_the_name_of_an_address_is_the_domains_own_before_any_other() -> None:
    """Section 7.3: without one of the domain's, any validated name."""
    outcome = await look("v=spf1 exists:%{p}.list.test -all", mx_friend_test_list_test=["A 127.0.0.2"])
    assert outcome.result == "pass"


async def test_each_step_says_how_deep_it_lies() -> None:
    outcome = await look("v=spf1 redirect=inner.test")
    assert {(step.depth, step.domain) for step in outcome.steps} >= {
        (0, "top.test"),
        (1, "inner.test"),
        (2, "pass.test"),
    }

"""A finding's story: what was seen, why it matters, what now; chains are drawn; nothing pasteable is lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from double import CHAIN, DOMAIN, Double, finding, findings_of_demo
from sights import as_chain

from launchready_tui.console.ink import plain_text, width_of
from launchready_tui.console.screens.stage import saw
from launchready_tui.console.store import Store
from launchready_tui.console.widgets.lines import Line
from launchready_tui.console.widgets.story import Told, chain_lines, evidence_lines, tell
from launchready_tui.findings import Evidence, State


def text_of_lines(lines: Sequence[Line]) -> list[str]:
    return [f"{plain_text(line.left)}  {plain_text(line.right)}".rstrip() for line in lines]


def text_of(told: Told) -> str:
    return "\n".join(text_of_lines(told.lines))


def story(
    tmp_path: Path, check: str, width: int = 60, *, height: int = 99, full: bool = False, findings: object = None
) -> Told:
    store = Store(Double.make(tmp_path / "launch", findings_of_demo() if findings is None else findings))  # type: ignore[arg-type]
    snap = store.snapshot
    return tell(snap, snap.verdict.standings[check], 0, width, full=full, height=height)


def test_a_chain_is_drawn_from_its_fact_and_says_what_ended_it() -> None:
    chain = as_chain(f"http://www.{DOMAIN}/", f"{CHAIN}\n---  loop: back to the first")
    drawn = text_of_lines(chain_lines(chain, 90, "Saw"))
    assert (
        drawn[0].startswith("Saw") and "301" in drawn[0] and f"http://www.{DOMAIN}/" in drawn[0] and "41 ms" in drawn[0]
    )
    assert "loop: back to the first" in drawn[-1] and "ms" not in drawn[-1]
    said = evidence_lines(Evidence.of("chain", CHAIN), 90, "Saw", True)
    assert not any("┌" in line for line in text_of_lines(said)), "without its fact it is text like any other"


def test_what_a_person_settled_says_who_and_asks_for_nothing(tmp_path: Path) -> None:
    unseen = finding(
        "audit.hosting.no-clue", DOMAIN, State.UNKNOWN, "Where it runs cannot be seen", fix="Confirm this check"
    )
    workspace = Double.make(tmp_path / "launch", [unseen])
    workspace.confirm("audit.hosting", "founder", "Hetzner, the bill is in the vault")
    store = Store(workspace)
    snap = store.snapshot
    standing = snap.verdict.standings["audit.hosting"]
    said = text_of(tell(snap, standing, 0, 70, height=99))
    assert said.startswith("Confirmed by") and "Hetzner" in said.split("\n")[0]
    assert "Where it runs cannot be seen" in said and "Confirm this check" not in said
    assert saw(snap, standing) == "Confirmed by founder"


def test_what_does_not_apply_says_who_said_so_and_why(tmp_path: Path) -> None:
    unseen = finding("audit.user-content.page", DOMAIN, State.UNKNOWN, "Could not check the page", fix="Name it")
    workspace = Double.make(tmp_path / "launch", [unseen])
    workspace.confirm("audit.user-content", "founder", "users upload nothing", "does-not-apply")
    snap = Store(workspace).snapshot
    standing = snap.verdict.standings["audit.user-content"]
    assert standing.state is State.NOT_APPLICABLE and standing.by_word
    said = text_of(tell(snap, standing, 0, 70, height=99))
    assert said.startswith("Does not apply, says Founder: users upload nothing")
    assert saw(snap, standing) == "Does not apply, says founder"


def test_a_chain_is_drawn(tmp_path: Path) -> None:
    told = text_of(story(tmp_path, "edge.redirects"))
    assert f"┌ 301 http://www.{DOMAIN}/" in told and f"└ 200 https://{DOMAIN}/home" in told
    assert "41 ms" in told


def test_a_wide_chain_is_a_waterfall(tmp_path: Path) -> None:
    told = story(tmp_path, "edge.redirects", 100)
    first = next(line for line in told.lines if "┌" in plain_text(line.left))
    assert plain_text(first.right).startswith("━") and "─" in plain_text(first.right)


@pytest.mark.parametrize("width", [24, 40, 61, 110])
def test_every_line_fits_and_the_paste_is_whole(tmp_path: Path, width: int) -> None:
    told = story(tmp_path, "email.spf", width, full=True)
    for line in told.lines:
        assert width_of(line.left) + (width_of(line.right) + 2 if line.right else 0) <= width, plain_text(line.left)
    pasted = "".join("".join(text for text, tone in line.left if tone == "accent") for line in told.lines)
    assert pasted.replace(" ", "") == "v=spf1 include:spf.mtasv.net include:_spf.google.com -all".replace(" ", "")


def test_the_order_a_person_asks(tmp_path: Path) -> None:
    told = text_of(story(tmp_path, "edge.certificates"))
    places = [told.index(label) for label in ("The certificate of", "Saw", "Why", "Fix", "Seen")]
    assert places == sorted(places)


def test_in_a_tight_room_the_fix_comes_before_the_reason(tmp_path: Path) -> None:
    told = text_of(story(tmp_path, "edge.canonical", height=8))
    assert told.index("Fix") < told.index("Why")


def test_long_evidence_is_cut_short_but_whole_in_full(tmp_path: Path) -> None:
    record = " ".join(f"include:spf{n}.example" for n in range(400))
    found = [
        finding(
            "email.spf.lookups",
            DOMAIN,
            State.FAIL,
            "Too many look-ups",
            evidence=[("record", record)],
            fix="Flatten it",
        )
    ]
    short = text_of(story(tmp_path, "email.spf", findings=found))
    assert "more lines, enter shows all" in short and len(short.splitlines()) < 20
    whole = text_of(story(tmp_path / "again", "email.spf", findings=found, full=True))
    assert "spf399.example" in whole


def test_a_question_shows_how_it_is_answered(tmp_path: Path) -> None:
    told = text_of(story(tmp_path, "deploy.rollback"))
    assert "asks you" in told and "Goal" in told and "Keeps" in told


def test_a_check_that_never_ran_says_which_key_runs_it(tmp_path: Path) -> None:
    told = text_of(story(tmp_path, "email.mx", findings=[]))
    assert "not checked yet" in told and "r checks now" in told

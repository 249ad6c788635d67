"""The founder's side: a sheet that is sent and read back, signatures, what breaks without somebody, the receipt,
launch day."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import hostile
import msgspec
import pytest
from bundle_source import NOW, Market, bare, finding, full, results
from test_handover_bundle import Seen

from launchready_tui.clock import FixedClock
from launchready_tui.findings import Severity, State
from launchready_tui.handover import day, questions, receipt, signing, without
from launchready_tui.launch.decisions import Decisions, PutOff, SignOff
from launchready_tui.launch.inventory import Access, Checkpoint, Duty, Inventory, Plan, Recovery, System
from launchready_tui.launch.model import Alert
from launchready_tui.launch.people import People, Person
from launchready_tui.launch.plan import USUAL, offset_words
from launchready_tui.roadmap import load as load_roadmap
from launchready_tui.roadmap.model import Answer
from launchready_tui.workspace import decide

# The sheet of questions


CHECKS = len(load_roadmap().checks)


@dataclass
class Desk(Market):
    """A market that answers are put into."""

    notes: list[tuple[str, str]] = field(default_factory=list)

    def confirm(self, check: str, by: str, evidence: str, answer: Answer = "yes") -> None:
        spec, now = self.roadmap.checks[check], self.clock.now()
        self.decisions = decide.confirm(
            self.decisions, spec, by=by, recorded_by="engineer", evidence=evidence, now=now, answer=answer
        )

    def add_note(self, target: str, text: str) -> None:
        self.notes.append((target, text))

    def save_inventory(self, inventory: Inventory) -> None:
        self.inventory = inventory

    def save_people(self, people: People) -> None:
        self.people = people

    def keep_signature(self, made: SignOff, words: str) -> None:
        self.decisions = decide.sign(self.decisions, made)


def desk(**changes: Any) -> Desk:
    market = full(**changes)
    return Desk(**{name: getattr(market, name) for name in Market.__dataclass_fields__})


def fill(sheet: str, answers: dict[str, tuple[str, str]]) -> str:
    """The sheet as a person fills it in: behind the labels."""
    out, current = [], ""
    for line in sheet.splitlines():
        if head := re.search(r"\[([^\]]+)\]$", line):
            current = head[1]
        if current in answers:
            if line.startswith("Answer"):
                line += f" {answers[current][0]}"
            elif line.startswith("Shown by"):
                line += f" {answers[current][1]}"
        out.append(line)
    return "\n".join(out)


def test_a_sheet_asks_what_only_a_person_knows_and_reads_empty_as_nothing() -> None:
    market = desk()
    sheet = questions.sheet(market, now=NOW)
    ids = [one.id for one in questions.questions(market)]
    assert len(ids) == len(set(ids)) == len(re.findall(r"^## \d+\. ", sheet, re.MULTILINE))
    for wanted in (
        "confirm.deploy.release",
        "system.fly.billing_owner",
        "system.cloudflare.login_url",
        "plan.decider",
        "plan.launch_at",
    ):
        assert wanted in ids
    assert "confirm.deploy.rollback" not in ids, "that is confirmed already"
    assert questions.read(sheet) == ()


def test_answers_come_back_with_their_author() -> None:
    market = desk()
    sheet = fill(
        questions.sheet(market, now=NOW),
        {
            "confirm.deploy.release": ("Yes", "released twice with one command on Monday"),
            "confirm.deploy.clean-build": ("no, not yet", ""),
            "system.fly.billing_owner": ("The founder", ""),
            "system.cloudflare.billing_owner": ("nothing", ""),
            "system.cloudflare.login_url": ("https://dash.cloudflare.com", ""),
            "plan.decider": ("founder", ""),
            "plan.launch_at": ("2026-12-01 09:00 +01:00", ""),
        },
    )
    taken = questions.take(market, questions.read(sheet), "The founder", file="sheet.md")
    assert taken.problems == () and len(taken.done) == 7
    said = {one.check: one for one in market.decisions.confirmations}["deploy.release"]
    assert (said.by, said.recorded_by, said.evidence) == (
        "founder",
        "engineer",
        "released twice with one command on Monday",
    )
    denied = next(one for one in market.decisions.confirmations if one.check == "deploy.clean-build")
    assert (denied.answer, denied.by, denied.evidence) == ("no", "founder", "not yet")
    fly, cloudflare = market.inventory.system("fly"), market.inventory.system("cloudflare")
    assert fly is not None and cloudflare is not None
    assert (fly.billing_owner, cloudflare.no_bill, cloudflare.login_url) == (
        "founder",
        True,
        "https://dash.cloudflare.com",
    )
    assert (market.inventory.plan.decider, market.inventory.plan.launch_at) == (
        "founder",
        datetime(2026, 12, 1, 8, tzinfo=UTC),
    )
    target, note = market.notes[-1]
    assert target == "handover.documents" and note.startswith("Answered by founder: ")
    assert "The founder" not in note, "what is committed names people by id"
    assert "confirm.deploy.release" not in [one.id for one in questions.questions(market)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("## 1. X [confirm.deploy.ci]\n\nAnswer (yes or no): yes\n\nShown by (where): the log", ("yes", "the log")),
        ("## 1. X [confirm.deploy.ci]\r\n**Answer (yes or no):** yes\r\nShown by: a\r\nb\r\n", ("yes", "a b")),
        ("### 1. X [confirm.deploy.ci]\nAnswer:\nyes, since Monday\n\nShown by:\n", ("yes, since Monday", "")),
        ("## 1. X [confirm.deploy.ci]\nAnswer: no\nAnswer: yes\n", ("yes", "")),
        ("confirm.deploy.ci=yes\nconfirm.deploy.ci.shown_by=the log\n", ("yes", "the log")),
        ("## 1. X [confirm.deploy.ci]\nAnswer (yes or no):\n## 2. Y [plan.decider]\nAnswer: \n", None),
        ("Answer: yes, to no question at all\n", None),
    ],
)
def test_a_sheet_is_read_as_editors_and_mail_programs_leave_it(body: str, found: tuple[str, str] | None) -> None:
    rows = [(one.answer, one.shown_by) for one in questions.read(body)]
    assert rows == ([found] if found else [])


@pytest.mark.parametrize(
    ("key", "answer", "says"),
    [
        ("confirm.deploy.ci", "perhaps", "yes or no first"),
        ("confirm.handover.contacts", "yes, all agreed", "no first"),
        ("confirm.edge.redirects", "yes, seen", "LaunchReady checks this itself"),
        ("confirm.deploy.secrets", "does not apply", "yes or no first"),
        ("confirm.deploy.ci", "yes", "where it was seen"),
        ("confirm.no.such", "yes", "a check of the roadmap"),
        ("system.fly.login_url", "javascript:alert(1)", "https://"),
        ("system.nowhere.login_url", "https://x", "exactly as it was sent"),
        ("system.fly.note", "mine", "exactly as it was sent"),
        ("system.fly.billing_owner", "Nobody We Know", "one of"),
        ("plan.launch_at", "soon", "a date and time"),
        ("plan.watch_until", "2026-12-01", "exactly as it was sent"),
        ("person.nobody.hours", "always", "exactly as it was sent"),
        ("launch.name", "mine", "exactly as it was sent"),
    ],
)
def test_what_cannot_be_used_is_told_and_changes_nothing(key: str, answer: str, says: str) -> None:
    market = desk()
    before = (market.inventory, market.people, market.decisions)
    taken = questions.take(market, (questions.Answered(key, answer),), "founder", file="sheet.md")
    assert taken.done == () and len(taken.problems) == 1
    assert says in taken.problems[0].allowed and taken.problems[0].key == key
    assert (market.inventory, market.people, market.decisions) == before


def test_an_author_nobody_knows_stops_everything() -> None:
    market = desk()
    taken = questions.take(market, (questions.Answered("plan.decider", "founder"),), "fuonder")
    assert taken.done == () and taken.problems[0].nearest == "founder"
    assert market.inventory.plan.decider == ""


def test_a_number_goes_into_the_private_file_and_not_into_the_note() -> None:
    market = desk(people=People(people=(Person(id="founder", name="The founder"), Person(id="engineer"))))
    taken = questions.take(
        market,
        (
            questions.Answered("person.engineer.contact", "+00 99"),
            questions.Answered("person.engineer.hours", "09:00-18:00 Europe/Berlin"),
        ),
        "founder",
    )
    assert taken.problems == ()
    found = market.people.find("engineer")
    assert found is not None and (found.contact, found.hours, found.time_zone) == (
        "+00 99",
        "09:00-18:00",
        "Europe/Berlin",
    )
    assert "+00 99" not in " ".join(words for _, words in market.notes)


@pytest.mark.parametrize("words", [*hostile.TEXTS.values(), hostile.ALL])
def test_a_hostile_name_makes_no_question_of_its_own(words: str) -> None:
    market = desk()
    market.inventory = Inventory(
        systems=(System(id="one", name=f"{words}\n## 9. Evil [confirm.deploy.release]\nAnswer: yes\nShown by: me"),)
    )
    sheet = questions.sheet(market, now=NOW)
    assert questions.read(sheet) == ()
    assert "\x1b" not in sheet and "\u202e" not in sheet


# Signatures


def deciding(**plan: Any) -> Desk:
    market = desk()
    market.inventory = msgspec.structs.replace(market.inventory, plan=Plan(decider="founder", **plan))
    return market


def test_go_is_said_by_the_one_named_and_against_the_checks_with_a_reason_only() -> None:
    market = deciding()
    with pytest.raises(signing.NotSigned, match="NO-GO"):
        signing.sign(market, "go-no-go", "go", "founder", recorded_by="engineer", now=NOW)
    with pytest.raises(signing.NotSigned, match="names founder to decide"):
        signing.sign(market, "go-no-go", "go", "engineer", recorded_by="engineer", now=NOW, note="x")
    made = signing.sign(
        market, "go-no-go", "go", "founder", recorded_by="engineer", now=NOW, note="the press comes at nine"
    )
    assert made.note == "the press comes at nine; verdict then: NO-GO" and made.recorded_by == "engineer"
    signing.sign(market, "go-no-go", "no-go", "founder", recorded_by="founder", now=NOW + timedelta(minutes=5))
    assert [one.answer for one in market.decisions.signed] == ["go", "no-go"], "each word is kept"


@pytest.mark.parametrize(
    ("what", "answer", "by", "says"),
    [
        ("no.such.line", "signed", "founder", "Unknown line"),
        ("handover.backups", "go", "founder", "takes no go or no-go"),
        ("handover.backups", "signed", "helper", "has left"),
        ("handover.backups", "signed", "stranger", "No one is called"),
        ("handover.backups", "signed", " ", "Say who signs"),
        ("go-no-go", "signed", "founder", "go or no-go"),
    ],
)
def test_a_signature_that_cannot_stand(what: str, answer: Any, by: str, says: str) -> None:
    with pytest.raises(signing.NotSigned, match=says):
        signing.sign(deciding(), what, answer, by, recorded_by="x", now=NOW)


def test_without_a_decider_nobody_can_say_go() -> None:
    with pytest.raises(signing.NotSigned, match="No one is named to decide"):
        signing.sign(desk(), "go-no-go", "no-go", "founder", recorded_by="x", now=NOW)


def test_the_newest_signature_of_a_line_stands() -> None:
    market = deciding()
    for by in ("founder", "engineer"):
        signing.sign(market, "owns.registrar", "signed", by, recorded_by="x", now=NOW)
    assert [one.by for one in market.decisions.signed] == ["engineer"]
    assert {one.id for one in signing.lines()} >= {"owns.dns", "handover.backups"} and len(signing.lines()) == 24


# Without me


def test_what_breaks_is_told_the_heaviest_first_with_what_to_do() -> None:
    market = full()
    market.inventory = msgspec.structs.replace(
        market.inventory,
        plan=Plan(decider="engineer"),
        duties=(Duty(duty="commander", person="engineer", deputy="founder"), Duty(duty="scribe", person="engineer")),
        systems=(
            *market.inventory.systems,
            System(id="mail", name="Mail", recovery_contact="engineer", billing_owner="engineer"),
        ),
    )
    market.launch = msgspec.structs.replace(market.launch, alerts=(Alert(name="on-call", owner="engineer"),))
    found = without(market, "engineer")
    said = {one.what: str(one.severity) for one in found.breaks}
    for what, severity in {
        "No one else can fix Fly.io": "blocker",
        "They own the Fly.io account": "blocker",
        "The bill for Mail goes to them": "high",
        "A lost log-in to Mail can only be reset through them": "high",
        "No one acts on the alert on-call": "blocker",
        "The watch may run on their machine and would stop with it": "high",
        "No one is responsible for the backup of orders": "high",
        "They are on the call list; 1 contact is left": "high",
        "They decide go or no-go": "high",
        "They are the commander, founder is their deputy": "low",
        "They are the scribe, there is no deputy": "medium",
        "The card “A release broke the shop” calls them": "low",
        "They own 1 open problem": "medium",
        "Only their word backs 1 check; it expires after 30 days": "low",
    }.items():
        assert said.get(what) == severity, what
    weights = [one.severity.weight for one in found.breaks]
    assert weights == sorted(weights)
    assert found.systems == ("fly",) and found.first[0].startswith("Invite a second person to Fly.io")


def test_nothing_breaks_without_somebody_who_holds_nothing() -> None:
    assert without(full(), "nobody").breaks == () and without(bare(), "founder").breaks == ()


def test_somebody_who_only_reads_holds_up_nothing() -> None:
    ways = (Access(system="a", person="reader", role="viewer"), Access(system="a", person="one", role="admin"))
    market = full(inventory=Inventory(systems=(System(id="a", name="A"),), access=ways))
    assert not [one for one in without(market, "reader").breaks if one.area == "access"]
    assert [one.severity for one in without(market, "one").breaks if one.area == "access"] == [Severity.BLOCKER]


def test_a_card_that_only_one_has_tried_is_knowledge_that_leaves() -> None:
    cards = (
        Recovery(id="data", scenario="data", title="Data", command="x", rehearsed_by="one"),
        Recovery(id="x", title="X", escalate="one"),
    )
    found = {one.what: str(one.severity) for one in without(full(inventory=Inventory(recovery=cards)), "one").breaks}
    assert found["Only they have ever tried the card “Data”"] == "high"
    assert found["The card “X” only says to call them"] == "high"


# The receipt


def sprint() -> Market:
    """Three problems at first: one fixed, one left, one not seen any more; one came up since and is put off."""
    gone = finding("edge.headers.csp", "example.com", "No policy", State.FAIL)
    left = finding("edge.redirects.too-many-hops", "www.example.com", "4 hops", State.FAIL)
    lost = finding("email.dmarc.missing", "example.com", "No DMARC", State.FAIL, Severity.BLOCKER)
    came = finding("performance.caching.asset", "app.example.com", "Not cached", State.WARN)
    first = {one.check: one for one in results(gone, left, lost, at=NOW - timedelta(days=2))}
    blind = finding("email.dmarc.missing", "example.com", "No answer", State.UNKNOWN)
    now = results(finding("edge.headers.csp", "example.com", "A policy", State.PASS), left, blind, came)
    later = PutOff(
        rule=came.rule, subject=came.subject, by="founder", recorded_by="founder", reason="after launch", on=NOW
    )
    return full(results=now, first_results=first, decisions=Decisions(later=(later,)))


def test_the_receipt_counts_by_sprint_item_and_takes_no_blindness_for_a_repair() -> None:
    made = receipt.receipt(sprint(), now=NOW)
    counts = {what: made.total(what) for what in ("found", "fixed", "left", "accepted", "later")}
    assert counts == {"found": 4, "fixed": 1, "left": 1, "accepted": 0, "later": 1}
    assert [one.summary for row in made.rows for one in row.fixed] == ["No policy"]
    assert made.minutes == made.shot.spec("edge.headers").effort_min
    assert made.first_at == NOW - timedelta(days=2)


def test_the_receipt_is_one_page_as_markdown_and_html() -> None:
    made = receipt.receipt(sprint(), now=NOW)
    words = receipt.as_markdown(made)
    assert words.startswith("# Example Market: sprint receipt\n")
    assert "22 November 2026 to 24 November 2026: 4 problems found, 1 fixed, 1 left" in words
    seen = Seen(receipt.as_html(made))
    assert "4 problems found, 1 fixed" in seen.text and not {"script", "img", "form"} & {tag for tag, _ in seen.tags}
    assert "Nothing has been checked yet" in receipt.as_markdown(receipt.receipt(bare(), now=NOW))


def test_the_receipt_is_text_whatever_was_found() -> None:
    bad = finding("edge.headers.csp", hostile.ALL, hostile.ALL, State.FAIL)
    market = full(
        results=results(bad), first_results={one.check: one for one in results(bad, at=NOW - timedelta(days=1))}
    )
    made = receipt.receipt(market, now=NOW)
    assert not {"script", "img", "iframe", "form"} & {tag for tag, _ in Seen(receipt.as_html(made)).tags}
    assert "\x1b" not in receipt.as_markdown(made)


def test_the_receipt_counts_by_rule_and_subject_over_all_runs() -> None:
    """What no first run saw, and a later one found, was fixed as well; what went and came back is left."""
    git = finding("edge.headers.csp", "example.com", "No policy", State.FAIL)
    back = finding("edge.redirects.too-many-hops", "www.example.com", "4 hops", State.FAIL)
    market = full(results=results(finding("edge.headers.csp", "example.com", "A policy", State.PASS), back))
    market.first_results = {one.check: one for one in results(finding(git.rule, git.subject, "x", State.UNKNOWN))}
    market.between = (*results(git, back), *results(finding(back.rule, back.subject, "1 hop", State.PASS)))
    made = receipt.receipt(market, now=NOW)
    assert [one.summary for row in made.rows for one in row.fixed] == ["No policy"]
    assert (made.total("found"), made.total("left")) == (2, 1)


# Launch day

T = datetime(2026, 11, 24, 14, tzinfo=UTC)


def launching(tmp_path: Path, at: datetime, **plan: Any) -> Desk:
    market = desk(folder=tmp_path, clock=FixedClock(at))
    market.inventory = msgspec.structs.replace(market.inventory, plan=Plan(launch_at=T, decider="founder", **plan))
    return market


@pytest.mark.parametrize(
    ("minutes", "current", "phases"),
    [
        (-25 * 60, "T-24h", ["ahead"] * 7),
        (-24 * 60, "T-24h", ["now", *["ahead"] * 6]),
        (-59, "T-1h", ["past", "now", *["ahead"] * 5]),
        (0, "T0", ["past", "past", "now", *["ahead"] * 4]),
        (16, "T+15m", ["past"] * 3 + ["now"] + ["ahead"] * 3),
        (30 * 60, "T+24h", ["past"] * 6 + ["now"]),
    ],
)
def test_the_timeline_knows_where_the_day_is(minutes: int, current: str, phases: list[str], tmp_path: Path) -> None:
    now = T + timedelta(minutes=minutes)
    made = day.day(launching(tmp_path, now), now=now)
    assert [one.phase for one in made.stops] == phases
    assert made.current is not None and made.current.moment.key == current
    assert made.until_launch == T - now


def test_a_checkpoint_shows_the_worst_of_its_checks(tmp_path: Path) -> None:
    made = day.day(launching(tmp_path, NOW), now=NOW)
    by_key = {one.moment.key: one for one in made.stops}
    assert by_key["T0"].state is State.FAIL and by_key["T0"].counts[State.FAIL] >= 1
    assert len(by_key["T-24h"].standings) == CHECKS
    own = launching(tmp_path, NOW)
    own.inventory = msgspec.structs.replace(
        own.inventory, checkpoints=(Checkpoint(offset_min=0, title="Doors", checks=("performance.caching",)),)
    )
    assert [one.state for one in day.day(own, now=NOW).stops] == [State.PASS]


def test_the_word_is_waited_for_until_it_is_said(tmp_path: Path) -> None:
    now = T - timedelta(minutes=50)
    market = launching(tmp_path, now)
    assert day.day(market, now=T - timedelta(minutes=61)).waits_for_word is False
    assert day.day(market, now=now).waits_for_word is True
    signing.sign(market, "go-no-go", "no-go", "founder", recorded_by="x", now=now)
    made = day.day(market, now=now)
    assert made.waits_for_word is False and made.said is not None and made.said.answer == "no-go"
    moved = msgspec.structs.replace(market.inventory.plan, launch_at=T + timedelta(days=30))
    market.inventory = msgspec.structs.replace(market.inventory, plan=moved)
    assert day.day(market, now=T + timedelta(days=30)).said is None, (
        "a word of last month says nothing about this launch"
    )


def test_the_log_survives_a_restart_and_is_exported(tmp_path: Path) -> None:
    market = launching(tmp_path, NOW)
    day.note(market, "Opened the doors", by="founder", now=NOW)
    day.note(market, "All green | really", by="engineer", now=NOW, kind="checkpoint", checkpoint="T0")
    with pytest.raises(ValueError, match="needs text"):
        day.note(market, "  ", by="founder", now=NOW)
    again = day.day(launching(tmp_path, NOW), now=NOW)
    assert [one.text for one in again.log] == ["Opened the doors", "All green | really"]
    assert {one.moment.key for one in again.stops if one.done} == {"T0"}
    day.export_log(market, str(tmp_path / "log.md"))
    assert "| 2026-11-24 14:02:11 UTC | founder | Opened the doors |" in (tmp_path / "log.md").read_text()
    from launchready_tui.handover import documents

    page = next(one for one in documents(market) if one.id == "launch-day").markdown
    assert "What happened" in page and "Opened the doors" in page


def test_kill_switch_rollback_and_messages_are_there_as_text(tmp_path: Path) -> None:
    made = day.day(launching(tmp_path, NOW, kill_switch="Maintenance page"), now=NOW)
    assert (made.kill_switch, made.rollback) == ("Maintenance page", "fly deploy --image market:41")
    assert [title for title, _ in made.messages] == ["We have a problem", "Still working on it", "Solved"]
    assert "help@example.com" in made.messages[2][1] and "[support address]" not in made.messages[2][1]


def test_a_launch_without_a_plan_has_its_usual_moments_and_no_clock(tmp_path: Path) -> None:
    made = day.day(full(folder=tmp_path), now=NOW)
    assert made.launch_at is None and made.until_launch is None and {one.phase for one in made.stops} == {"open"}
    assert len(made.stops) == len(USUAL) == 7
    assert [offset_words(minutes) for minutes in (-1440, -60, 0, 15, 90, 240)] == [
        "T-24h",
        "T-1h",
        "T0",
        "T+15m",
        "T+1h30",
        "T+4h",
    ]


def test_usual_checkpoints_name_known_checks_only() -> None:
    market = full()
    known = set(market.roadmap.checks) | {stage.id for stage in market.roadmap.stages}
    assert {name for one in USUAL for name in one.checks} <= known


def test_questions_stand_under_their_stage_and_a_heading_ends_an_answer() -> None:
    """The sheet is for people: parts with a count, and what stands after an answer is no part of it."""
    made = questions.sheet(desk(), now=NOW)
    parts = [line for line in made.splitlines() if line.startswith("# ")][1:]
    assert parts[0].startswith("# Quick audit: ") and parts[-1].startswith("# Launch day: ")
    numbers = [int(part.rpartition(": ")[2].split()[0]) for part in parts]
    assert sum(numbers) == len(re.findall(r"^## ", made, re.MULTILINE))
    answered = re.sub(r"(Answer[^\n]*:)", r"\1 something", made)
    assert {one.answer for one in questions.read(answered)} == {"something"}


def test_a_limit_that_a_founder_answers_becomes_one_with_an_owner() -> None:
    systems = (
        System(id="run", name="Hosting", category="hosting"),
        System(id="free", category="database", no_bill=True),
    )
    market = desk()
    market.inventory = Inventory(systems=systems)
    assert [one.id for one in questions.questions(market) if one.id.startswith("cap.")] == ["cap.run.limit"]
    for answer, done in (("as little as you like", 0), ("200 EUR a month", 1)):
        for dry in (True, False):
            taken = questions.take(market, [questions.Answered("cap.run.limit", answer)], "founder", dry=dry)
            assert (len(taken.done), len(taken.problems)) == (done, 1 - done)
            assert len(market.inventory.caps) == (0 if dry else done)
    (cap,) = market.inventory.caps
    assert (cap.limit, cap.owner, cap.seen) == ("200 EUR a month", "founder", NOW.date())
    assert not [one for one in questions.questions(market) if one.id.startswith("cap.")]


def test_what_was_unseen_in_the_first_look_too_does_not_hide_a_repair() -> None:
    """A check that always leaves one thing to a person still counts what it saw repaired; one that went blind since
    does not."""
    always = finding("deploy.payments.real-payment", "launch", "A person pays once", State.UNKNOWN)
    open_hook = finding("deploy.payments.webhook", "api.example.com/hook", "It takes a message that nobody signed")
    for before, fixed in (((always, open_hook), 1), ((open_hook,), 0)):
        market = full(results=results(always))
        market.first_results = {one.check: one for one in results(*before)}
        made = receipt.receipt(market, now=NOW)
        assert made.total("fixed") == fixed

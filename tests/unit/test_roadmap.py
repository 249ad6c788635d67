"""The roadmap data against the promise it was made from: 66 checks and what came to them, their columns, what they
fill."""

from __future__ import annotations

import re

import pytest

from launchready_tui import roadmap
from launchready_tui.roadmap.model import FLOWS, LIGHTS, CheckSpec

# id, severity, flow, light, sprint item, shelf life, effort in minutes, needs
TABLE = """
audit.hosting,high,admin,,Production deployment,30d,15,
audit.registrar,high,admin,dns,DNS setup,24h,10,
audit.dns-host,blocker,all,dns,DNS setup,24h,30,
audit.email-provider,high,sign-up,,SPF/DKIM/DMARC,30d,15,
audit.deploy-flow,high,admin,deployment,Production deployment,commit,30,
audit.hosts,medium,all,,Subdomains,24h,30,
audit.env-split,high,admin,,Environment variables,commit,45,
audit.logs,high,all,,Uptime monitoring,24h,60,
audit.latency,high,search,,Caching,deploy,120,
audit.one-service,blocker,all,dns,DNS setup,24h,30,audit.dns-host
audit.client-secrets,blocker,pay,secrets,Secrets handling,deploy,60,
audit.shared-secrets,high,admin,secrets,Secrets handling,30d,30,
audit.broken-links,high,search,,Redirects,deploy,30,
audit.overbuild,low,admin,,Production deployment,commit,0,
audit.legal-pages,high,sign-up,,Production deployment,24h,120,
audit.user-content,high,list,,Production deployment,24h,90,
audit.demo-data,medium,search,,Production deployment,deploy,30,
edge.canonical,high,marketing,redirects,Redirects,24h,30,edge.certificates
edge.redirects,high,marketing,redirects,Redirects,24h,30,edge.canonical
edge.subdomains,high,all,dns,Subdomains,24h,20,audit.dns-host
edge.cdn,high,all,,DDoS protection,24h,60,audit.dns-host
edge.https,blocker,log-in,ssl,SSL,24h,30,edge.certificates
edge.certificates,blocker,all,ssl,SSL,24h,20,audit.dns-host
edge.headers,medium,log-in,,Cloudflare,24h,45,edge.https
edge.exposure,blocker,all,secrets,Secrets handling,24h,20,
edge.app-links,high,sign-up,,Redirects,24h,30,edge.redirects
edge.dns-health,high,all,dns,DNS setup,24h,30,audit.dns-host
email.mx,high,message,email,SPF/DKIM/DMARC,24h,20,audit.dns-host
email.spf,blocker,sign-up,email,SPF/DKIM/DMARC,24h,15,audit.email-provider
email.dkim,blocker,sign-up,email,SPF/DKIM/DMARC,24h,30,audit.email-provider
email.dmarc,blocker,sign-up,email,SPF/DKIM/DMARC,24h,15,email.spf email.dkim
email.transport,low,message,,SPF/DKIM/DMARC,24h,30,email.mx
email.reputation,high,sign-up,,SPF/DKIM/DMARC,24h,60,
email.flows,blocker,sign-up,,SPF/DKIM/DMARC,30d,60,email.spf email.dkim email.dmarc
email.inbox,high,sign-up,,SPF/DKIM/DMARC,30d,60,email.flows
email.fallback,medium,sign-up,,SPF/DKIM/DMARC,30d,60,email.flows
deploy.environments,blocker,pay,deployment,Environment variables,commit,45,
deploy.secret-store,high,admin,secrets,Secrets handling,30d,45,
deploy.secrets,blocker,pay,secrets,Secrets handling,commit,60,
deploy.clean-build,blocker,all,deployment,Production deployment,commit,60,
deploy.migrations,blocker,book,deployment,Production deployment,commit,90,
deploy.rollback,blocker,all,,Production deployment,30d,45,audit.deploy-flow
deploy.release,high,admin,,Production deployment,commit,60,audit.deploy-flow
deploy.ci,high,admin,,Production deployment,commit,60,
deploy.live-version,high,all,deployment,Production deployment,deploy,30,audit.deploy-flow
deploy.smoke,blocker,pay,,Production deployment,deploy,120,
deploy.ai-safety,high,message,,Production deployment,deploy,120,
deploy.payments,blocker,pay,,Production deployment,24h,60,
deploy.store-review,high,sign-up,,Production deployment,24h,60,edge.app-links
performance.routes,high,search,,Caching,deploy,240,audit.latency
performance.mobile,high,search,,Caching,deploy,120,audit.latency
performance.queries,high,search,,Caching,deploy,180,
performance.indexes,high,search,,Caching,deploy,60,
performance.caching,blocker,search,caching,Caching,24h,60,
performance.queues,high,book,,Caching,24h,180,
performance.capacity,high,all,,DDoS protection,deploy,120,audit.latency
monitoring.uptime,blocker,all,monitoring,Uptime monitoring,24h,30,
monitoring.errors,high,all,monitoring,Uptime monitoring,24h,60,
monitoring.alerts,blocker,all,monitoring,Uptime monitoring,30d,30,monitoring.uptime
monitoring.logs,high,admin,,Uptime monitoring,24h,90,audit.logs
monitoring.thresholds,medium,all,,Uptime monitoring,30d,30,monitoring.uptime
monitoring.detection,high,all,,Uptime monitoring,30d,30,monitoring.alerts
monitoring.deploys,medium,admin,,Uptime monitoring,deploy,30,
monitoring.regions,medium,all,,Uptime monitoring,24h,45,monitoring.uptime
monitoring.spend,high,admin,,DDoS protection,30d,45,
handover.documents,high,admin,,Handover checklist,30d,60,
handover.access,blocker,admin,,Handover checklist,30d,60,
handover.recovery,blocker,log-in,,Handover checklist,30d,60,email.flows
handover.backups,blocker,book,,Handover checklist,30d,60,
handover.contacts,high,admin,,Handover checklist,30d,20,
handover.bus-factor,high,admin,,Handover checklist,30d,30,handover.access
handover.reproducible,medium,admin,,Handover checklist,30d,15,handover.documents
"""

# What no code answers yet: a person confirms it. Automating one takes it off this list; nothing is ever added.
BY_PERSON = [
    "audit.deploy-flow",
    "audit.env-split",
    "audit.shared-secrets",
    "deploy.environments",
    "deploy.secret-store",
    "deploy.secrets",
    "deploy.clean-build",
    "deploy.migrations",
    "deploy.rollback",
    "deploy.release",
    "deploy.ci",
    "deploy.live-version",
    "deploy.smoke",
    "deploy.ai-safety",
    "performance.routes",
    "performance.mobile",
    "performance.queries",
    "performance.indexes",
    "performance.capacity",
]

STAGES = ("audit", "edge", "email", "deploy", "performance", "monitoring", "handover")
CHECKS = list(roadmap.load().checks.values())
each_check = pytest.mark.parametrize("spec", CHECKS, ids=lambda spec: spec.id)


def rows() -> list[tuple[str, ...]]:
    return [tuple(cell.strip() for cell in line.split(",")) for line in TABLE.strip().splitlines()]


def test_every_check_has_the_columns_of_the_table() -> None:
    found = [
        (
            spec.id,
            spec.severity.value,
            spec.flow,
            spec.light or "",
            spec.sprint_item,
            spec.shelf_life,
            str(spec.effort_min),
            " ".join(spec.needs),
        )
        for spec in CHECKS
    ]
    assert found == rows()
    assert len(found) == 72


def test_the_stages_stand_in_their_order() -> None:
    assert tuple((stage.id, stage.number) for stage in roadmap.load().stages) == tuple(
        zip(STAGES, range(1, 8), strict=True)
    )
    for stage in roadmap.load().stages:
        assert {spec.stage for spec in stage.checks} == {stage.id}
        assert stage.deliverables and stage.signals


def test_a_stage_is_found_by_name_and_by_number() -> None:
    assert roadmap.load().stage("edge") is roadmap.load().stage("2")
    with pytest.raises(KeyError):
        roadmap.load().stage("8")


def test_the_checks_that_a_person_confirms_only_get_fewer() -> None:
    assert [spec.id for spec in CHECKS if not spec.automated] == BY_PERSON
    assert len(BY_PERSON) <= 42


@each_check
def test_what_a_check_needs_exists_and_leads_to_no_circle(spec: CheckSpec) -> None:
    known = roadmap.load().checks
    before: set[str] = set()
    waiting = list(spec.needs)
    while waiting:
        need = waiting.pop()
        assert need in known
        assert need != spec.id, "a check waits for itself"
        if need not in before:
            before.add(need)
            waiting += known[need].needs


@each_check
def test_flows_and_lights_are_known(spec: CheckSpec) -> None:
    assert spec.flow in FLOWS
    assert spec.light is None or spec.light in {light.id for light in LIGHTS}


def test_every_light_is_made_of_checks() -> None:
    made = {light.id: len(roadmap.load().light(light.id)) for light in LIGHTS}
    assert all(made.values()), made
    assert sum(made.values()) == sum(1 for row in rows() if row[3])


def test_deliverables_and_signals_name_what_exists() -> None:
    load = roadmap.load()
    wrong = []
    for stage in load.stages:
        for item, names in [
            *((d.id, d.filled_by) for d in stage.deliverables),
            *((s.id, s.lit_by) for s in stage.signals),
        ]:
            assert names, f"{stage.id}: {item} has nothing behind it"
            assert len(set(names)) == len(names), f"{stage.id}: {item} names something twice"
            wrong += [
                f"{stage.id}: {item}: {name}" for name in names if name not in load.checks and name not in load.rules
            ]
    assert not wrong


def test_all_checks_but_one_fill_a_deliverable_or_light_a_signal() -> None:
    named = {
        ".".join(name.split(".")[:2])
        for stage in roadmap.load().stages
        for names in [*(d.filled_by for d in stage.deliverables), *(s.lit_by for s in stage.signals)]
        for name in names
    }
    assert sorted(set(roadmap.load().checks) - named) == ["deploy.ai-safety"]


def test_ids_of_deliverables_and_signals_are_single() -> None:
    for stage in roadmap.load().stages:
        ids = [deliverable.id for deliverable in stage.deliverables] + [signal.id for signal in stage.signals]
        assert len(set(ids)) == len(ids)


@each_check
def test_a_title_fits_the_list_of_the_narrowest_screen(spec: CheckSpec) -> None:
    assert 4 <= len(spec.title) <= 18
    assert spec.title[0].isupper()
    assert not spec.title.endswith(".")


def test_no_two_checks_share_a_title() -> None:
    assert len({spec.title for spec in CHECKS}) == len(CHECKS)


@each_check
def test_texts_are_whole_plain_sentences(spec: CheckSpec) -> None:
    for text in (spec.goal, spec.why, spec.verify, spec.question):
        assert text == text.strip() and "  " not in text
        assert text.isprintable()
        assert text[0].isupper() or text[0].isdigit()
        assert len(text) <= 190, f"too long to be read in one look: {text}"
        assert not re.search(r"\b(simply|leverage|seamless|robust|utilize|etc)\b", text, re.IGNORECASE)
    for text in (spec.goal, spec.why, spec.verify):
        assert text.endswith(".")
    assert spec.goal.count(".") == 1
    assert "?" in spec.question and spec.question[-1] in "?)"


# Words that the console keeps for `e`; a founder's sentence does without them.
JARGON = re.compile(
    r"\b(p9[59]|RTO|RPO|TTFB|canonical|remedy|bus factor|least privilege|idempoten\w*|CSP|HSTS|N\+1)\b", re.IGNORECASE
)


@each_check
def test_a_founder_can_read_the_reason_and_the_question(spec: CheckSpec) -> None:
    for text in (spec.title, spec.goal, spec.why, spec.question):
        assert not JARGON.search(text), text


@each_check
def test_what_only_a_person_can_confirm_lives_no_longer_than_a_month(spec: CheckSpec) -> None:
    if spec.how == ("person",):
        assert spec.shelf_life == "30d"

"""The watch for other programs: what is written is what those programs read, holds no secret, and fires when it
should."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchready_tui.launch.model import Alert, Host, Launch, Log, Queue, Region, Route, Watch, WatchTarget
from launchready_tui.watch.export import KINDS, Exported, Job, Kind, Plan, export, yamltext
from launchready_tui.watch.export.blackbox import re2
from launchready_tui.watch.export.plan import length_s
from launchready_tui.watch.export.template import fill, render

ALERTS = (
    Alert(name="on-call", owner="founder", credential="chat-webhook", second="mail"),
    Alert(
        name="mail",
        owner='support "night"',
        kind="email",
        on=("down",),
        server="smtp.market.test:587",
        user="alerts",
        credential="mail-password",
        sender="alerts@market.test",
        to="support@market.test",
        targets=('api "health"', "se.arch"),
    ),
)
LAUNCH = Launch(
    name="Market {{ of }} $things",
    domain="market.test",
    canonical="https://market.test/",
    hosts=(Host(name="market.test", role="web"), Host(name="mail.market.test", role="mail")),
    routes=(
        Route(name="search", url="https://market.test/s?q=1&p=$2", safe=True, target_ms=250),
        Route(name="pay", url="https://market.test/pay", safe=True, flow="pay"),
        Route(name="book", url="https://market.test/book", method="POST"),
    ),
    targets=(
        WatchTarget(
            name='api "health"',
            url="https://market.test/healthz",
            json={"status": "ok", "checks.0.n": "3.5"},
            contains="a.b (c)",
            absent="Fehler: ü\\d",
            header={"X-V": "1"},
            status=(200, 204),
            login="shop-login",
            headers={"a": "b: #c"},
        ),
    ),
    alerts=ALERTS,
    watch=Watch(heartbeat="healthchecks-ping"),
)


def made(kind: Kind, launch: Launch = LAUNCH, **more: object) -> Exported:
    return export(Plan.of(launch, **more), kind)  # type: ignore[arg-type]


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None and os.environ.get("LAUNCHREADY_REQUIRE_NETLAB") != "1":
        pytest.skip(f"{name} is not here")
    assert found, f"{name} is not here"
    return found


def run(folder: Path, *argv: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=60)


def written(folder: Path, exported: Exported) -> Path:
    for name, text in exported.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


# Templates


def test_a_template_is_filled_row_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "of @all@\n@if rows@\nrows:\n@each rows@\n- @name@ of @all@\n  @end@\n@end@\n@if none@\nnever\n@end@\nend\n"
    monkeypatch.setattr("launchready_tui.watch.export.template.text_of", {"full": text, "empty": text}.__getitem__)
    rows = [{"name": "a"}, {"name": "b", "all": "its own"}]
    values = {"all": "@name@", "rows": rows, "none": ""}
    assert render("full", values) == "of @name@\nrows:\n- a of @name@\n- b of its own\nend\n", "what is put in stays"
    assert render("empty", {**values, "rows": []}) == "of @name@\nend\n"


def test_a_hole_without_a_value_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="holes"):
        fill("all @holes@", {"hole": 1})


@pytest.mark.parametrize("kind", KINDS)
def test_every_hole_is_filled(kind: Kind) -> None:
    for name, text in made(kind).files.items():
        assert not re.search(r"@\w+@", text), name


# What the programs themselves say


def test_prometheus_reads_configuration_and_rules(tmp_path: Path) -> None:
    promtool = tool("promtool")
    folder = written(tmp_path, made("prometheus"))
    checked = run(folder, promtool, "check", "config", "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert run(folder, promtool, "check", "rules", "--lint-fatal", "rules.yml").returncode == 0
    (folder / "rules.yml").write_text(
        (folder / "rules.yml").read_text().replace("probe_success{", "probe_success{{", 1)
    )
    assert run(folder, promtool, "check", "config", "prometheus.yml").returncode == 1


def test_alertmanager_reads_its_configuration(tmp_path: Path) -> None:
    amtool = tool("amtool")
    folder = written(tmp_path, made("prometheus"))
    checked = run(folder, amtool, "check-config", "alertmanager.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    routed = {
        "down search": "on-call",
        'down api "health"': "on-call,mail",
        "down searcharch": "on-call",
        "slow se.arch": "on-call",
        "down ": "on-call,mail",
    }
    for case, receivers in routed.items():
        event, _, target = case.partition(" ")
        labels = [f"event={event}", *([f"target={json.dumps(target)}"] if target else [])]
        answer = run(folder, amtool, "config", "routes", "test", "--config.file=alertmanager.yml", *labels)
        assert answer.stdout.strip() == receivers, (case, answer.stderr)
    assert (
        run(
            folder, amtool, "config", "routes", "test", "--config.file=alertmanager.yml", "alertname=Watchdog"
        ).stdout.strip()
        == "nobody"
    )


def test_the_exporter_reads_its_modules(tmp_path: Path) -> None:
    exporter = tool("prometheus-blackbox-exporter")
    folder = written(tmp_path, made("prometheus"))
    checked = run(folder, exporter, "--config.file=blackbox.yml", "--config.check")
    assert checked.returncode == 0, checked.stderr


def test_the_unit_is_one(tmp_path: Path) -> None:
    analyze = tool("systemd-analyze")
    text = made("systemd").files["launchready-watch.service"]
    (tmp_path / "launchready-watch.service").write_text(text.replace("/opt/launchready/bin/launchready", "/bin/true"))
    checked = run(tmp_path, analyze, "verify", "./launchready-watch.service")
    assert checked.returncode == 0, checked.stderr


RULES = """
rule_files: [rules.yml]
evaluation_interval: 5s
tests:
  - interval: 15s
    input_series:
      - series: 'probe_success{job="launchready", every="15s", target="dead", instance="https://dead.test/"}'
        values: '1x7 0x40'
      - series: 'probe_success{job="launchready", every="15s", target="restarted", instance="https://again.test/"}'
        values: '1x7 0 0 1x40'
      - series: 'probe_success{job="launchready", every="15s", target="one bad of three", instance="https://third.test/"}'
        values: '1 0 1 1 0 1 1 0 1 1 0 1 1 0 1 1 1x40'
    alert_rule_test:
      - eval_time: 2m15s
        alertname: TargetDown
        exp_alerts: []
      - eval_time: 2m40s
        alertname: TargetDown
        exp_alerts:
          - exp_labels: {{event: down, every: 15s, job: launchready, target: dead, instance: "https://dead.test/"}}
            exp_annotations:
              summary: dead is down
              description: https://dead.test/ has not answered correctly for 30s or longer.
      - eval_time: 3m
        alertname: TargetDegraded
        exp_alerts:
          - exp_labels: {{event: down, every: 15s, job: launchready, target: one bad of three, instance: "https://third.test/"}}
            exp_annotations:
              summary: one bad of three fails intermittently
              description: 4 of the probes in the last 300s got no correct answer.
  - interval: 15s
    input_series:
      - series: 'probe_success{{job="launchready", every="15s", target="back", instance="https://back.test/"}}'
        values: '1x4 0x8 1x40'
    alert_rule_test:
      - eval_time: 3m
        alertname: TargetDown
        exp_alerts:
          - exp_labels: {{event: down, every: 15s, job: launchready, target: back, instance: "https://back.test/"}}
            exp_annotations:
              summary: back is down
              description: https://back.test/ has not answered correctly for 30s or longer.
      - eval_time: 3m45s
        alertname: TargetDegraded
        exp_alerts: []
  - interval: 15s
    input_series:
      - series: 'probe_http_duration_seconds{job="launchready", phase="processing", every="15s", target_ms="250", target="search"}'
        values: '0.2x20 0.3x7 0.2x100'
      - series: 'probe_http_duration_seconds{job="launchready", phase="transfer", every="15s", target_ms="250", target="search"}'
        values: '0.01x140'
      - series: 'probe_http_duration_seconds{job="launchready", phase="connect", every="15s", target_ms="250", target="search"}'
        values: '9x140'
    alert_rule_test:
      - eval_time: 6m30s
        alertname: TargetSlow
        exp_alerts: []
      - eval_time: 7m30s
        alertname: TargetSlow
        exp_alerts:
          - exp_labels: {{event: slow, every: 15s, job: launchready, target: search, target_ms: "250"}}
            exp_annotations:
              summary: search is slow
              description: 8 of the last 40 answers took longer than 250 ms; at most 5 of 100 should.
      - eval_time: 30m
        alertname: TargetSlow
        exp_alerts: []
  - interval: 15s
    input_series:
      - series: 'probe_ssl_earliest_cert_expiry{job="launchready", target="home"}'
        values: '1209800x60'
    alert_rule_test:
      - eval_time: 3m
        alertname: CertificateEnds
        exp_alerts: []
      - eval_time: 6m
        alertname: CertificateEnds
        exp_alerts:
          - exp_labels: {{event: certificate, job: launchready, target: home}}
            exp_annotations:
              summary: The certificate for home expires soon
              description: It expires in 13d 23h 57m 20s. Check why it was not renewed.
"""  # noqa: E501


def test_the_rules_fire_when_the_watch_here_would(tmp_path: Path) -> None:
    promtool = tool("promtool")
    folder = written(tmp_path, made("prometheus"))
    (folder / "test.yml").write_text(RULES.replace("{{", "{").replace("}}", "}"))
    answer = run(folder, promtool, "test", "rules", "test.yml")
    assert answer.returncode == 0, answer.stdout + answer.stderr


FAR = msgspec.structs.replace(
    LAUNCH,
    regions=(
        Region(name="US east", url="https://probe.market.test:9115/us", credential="us-probe"),
        Region(name="EU", url="http://10.0.0.7:9115", module="http_2xx", targets=("search",), every_s=30),
        Region(name="AS", kind="globalping", place="Japan"),
    ),
)
FAR_RULES = """
rule_files: [rules.yml]
evaluation_interval: 15s
tests:
  - interval: 60s
    input_series:
      - series: 'probe_success{job="launchready-region", every="60s", target="search", region="US east", instance="https://s.test/"}'
        values: '1x3 0x20'
      - series: 'probe_success{job="launchready-region", every="60s", target="home", region="US east", instance="https://h.test/"}'
        values: '1x3 0 1x20'
      - series: 'up{job="launchready-region", target="search", region="EU"}'
        values: '1x3 0x20'
      - series: 'up{job="launchready-region", target="home", region="US east"}'
        values: '1x30'
    alert_rule_test:
      - eval_time: 4m
        alertname: TargetDownThere
        exp_alerts: []
      - eval_time: 7m
        alertname: TargetDownThere
        exp_alerts:
          - exp_labels:
              {event: down, every: 60s, job: launchready-region, region: US east, target: search, instance: "https://s.test/"}
            exp_annotations:
              summary: search is down from US east
              description: https://s.test/ has not answered the prober there correctly for 120s or longer.
      - eval_time: 7m
        alertname: TargetDown
        exp_alerts: []
      - eval_time: 11m
        alertname: RegionBlind
        exp_alerts:
          - exp_labels: {event: down, region: EU}
            exp_annotations:
              summary: No data from EU
              description: The exporter there does not answer.
"""


def test_regions_are_asked_through_their_exporters_and_told_apart(tmp_path: Path) -> None:
    exported = made("prometheus", FAR)
    folder = written(tmp_path, exported)
    checked = run(folder, tool("promtool"), "check", "config", "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (folder / "test.yml").write_text(FAR_RULES)
    answer = run(folder, tool("promtool"), "test", "rules", "test.yml")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert run(folder, tool("amtool"), "check-config", "alertmanager.yml").returncode == 0
    jobs = {one["job_name"]: one for one in yaml_of(exported.files["prometheus.yml"])["scrape_configs"]}
    us, eu = jobs["launchready-region-US east-60s"], jobs["launchready-region-EU-30s"]
    assert (us["scheme"], us["metrics_path"], us["basic_auth"]["password_file"]) == (
        "https",
        "/us/probe",
        "/etc/launchready/secrets/us-probe",
    )
    assert {one["labels"]["target"] for one in us["static_configs"]} == {"home", "search", "mail.market.test"}, (
        "no log-in goes there"
    )
    assert [(one["targets"], one["labels"]["__param_module"]) for one in eu["static_configs"]] == [
        (["10.0.0.7:9115"], "http_2xx")
    ]
    assert any("Globalping" in line for line in exported.notes) and any("USER" in line for line in exported.notes)
    assert "exporters in US east need" in exported.files["README.md"]
    assert "launchready-region" not in "".join(made("prometheus").files.values())


def yaml_of(text: str) -> Any:
    return pytest.importorskip("yaml").safe_load(text)


def test_the_container_is_described_and_says_what_lies_outside_it() -> None:
    launch = msgspec.structs.replace(
        LAUNCH,
        logs=(Log(path="/var/log/nginx/access.log"),),
        queues=(Queue(name="jobs", server="10.0.0.5:6379", credential="redis-reader"),),
    )
    exported = made("docker", launch)
    service = yaml_of(exported.files["compose.yml"])["services"]["watch"]
    assert (
        service["env_file"] == ["watch.env"]
        and service["restart"] == "unless-stopped"
        and service["volumes"] == ["state:/launch/.launchready"]
    )
    assert '"--trust", "watch"' in exported.files["Dockerfile"]
    assert any(line.startswith("/var/log/nginx/access.log is on the machine") for line in exported.notes)
    assert "LAUNCHREADY_REDIS_READER=\nLAUNCHREADY_REDIS_READER_HOSTS=10.0.0.5\n" in exported.files["watch.env.example"]
    assert any("always_on" in line for line in exported.notes)
    stays = msgspec.structs.replace(launch, watch=Watch(always_on=True))
    assert not any("always_on" in line for line in made("systemd", stays).notes)


# What no tool says


@pytest.mark.parametrize("kind", KINDS)
def test_no_route_that_pays_or_changes_something_is_exported(kind: Kind) -> None:
    text = "".join(made(kind).files.values())
    assert "/pay" not in text and "/book" not in text


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_names_of_credentials_is_needed(kind: Kind) -> None:
    """A launch file holds no secret, so an export cannot: it says where each is expected, and each that is used has
    its place."""
    exported = made(kind)
    text = "".join(exported.files.values())
    wanted = {
        "prometheus": {"chat-webhook", "mail-password", "shop-login", "healthchecks-ping"},
        "gatus": {"LAUNCHREADY_CHAT_WEBHOOK", "LAUNCHREADY_MAIL_PASSWORD", "LAUNCHREADY_SHOP_LOGIN"},
        "systemd": {
            "LAUNCHREADY_CHAT_WEBHOOK",
            "LAUNCHREADY_MAIL_PASSWORD",
            "LAUNCHREADY_SHOP_LOGIN",
            "LAUNCHREADY_HEALTHCHECKS_PING",
        },
        "docker": {
            "LAUNCHREADY_CHAT_WEBHOOK",
            "LAUNCHREADY_MAIL_PASSWORD",
            "LAUNCHREADY_SHOP_LOGIN",
            "LAUNCHREADY_HEALTHCHECKS_PING",
        },
        "healthchecks": {"HEALTHCHECKS_API_KEY"},
        "github-actions": {"secrets.LAUNCHREADY_SHOP_LOGIN"},
    }[kind]
    assert all(name in text for name in wanted)
    assert not re.search(r"(?i)hooks\.slack\.com/services|password: (?!\"?\$)|bearer [a-z0-9]{8}", text)


def test_words_of_the_launch_file_are_no_template() -> None:
    text = made("prometheus").files["alertmanager.yml"]
    assert '{{ "{{" }} of }}' in text and "{{ of }} $things: " not in text
    gatus = made("gatus").files["config.yaml"]
    assert "p=$$2" in gatus


def test_what_cannot_be_said_is_told() -> None:
    assert any("second channel" in line for line in made("prometheus").notes)
    assert any("response headers" in line for line in made("gatus").notes)
    assert any("late" in line for line in made("github-actions").notes)
    bare = Launch(name="M", domain="market.test", canonical="https://market.test/")
    assert any("no one" in line for line in made("prometheus", bare).notes)
    assert "alive.sh" not in made("prometheus", bare).files and "alive.sh" in made("prometheus").files


@pytest.mark.parametrize(("held", "pinged"), [("Watchdog", True), ("", False)])
def test_the_switch_is_pinged_while_alertmanager_holds_the_rule(tmp_path: Path, held: str, pinged: bool) -> None:
    """The script is run by a real shell for one round: its `sleep` ends it."""
    folder = written(tmp_path, made("prometheus"))
    doubles = {
        "curl": f'#!/bin/sh\necho "$@" >> "$0.log"\ncase "$*" in *alerts*) echo "{held}";; *) cat >> "$0.log";; esac\n',
        "sleep": '#!/bin/sh\nkill "$PPID"\n',
    }
    (tmp_path / "bin").mkdir()
    for name, text in doubles.items():
        (tmp_path / "bin" / name).write_text(text)
        (tmp_path / "bin" / name).chmod(0o755)
    done = subprocess.run(
        ("sh", "alive.sh"),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=30,
        env=os.environ | {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
    )
    asked = (tmp_path / "bin" / "curl.log").read_text()
    assert "127.0.0.1:9093/api/v2/alerts?filter=alertname%3DWatchdog" in asked
    assert ('url = "' in asked) is pinged
    assert ("does not have the rule" in done.stderr) is not pinged


def test_backups_become_switches(tmp_path: Path) -> None:
    """The script is run by a real shell against a curl that writes down what it was given."""
    jobs = [Job("backup of database", "support", 86400, 21600), Job("backup of 'pictures'", "", 0, 0)]
    folder = written(tmp_path, made("healthchecks", jobs=jobs))
    fake = tmp_path / "bin" / "curl"
    fake.parent.mkdir()
    fake.write_text(
        '#!/bin/sh\n{ echo "$@"; cat; } >> "$0.log"\nprintf \'{"name": "x", "ping_url": '
        '"https://hc-ping.com/%s", "n": 1}\' "$$"\n'
    )
    fake.chmod(0o755)
    key = "a" * 8 + "B" * 8
    env = {"PATH": f"{fake.parent}:{os.environ['PATH']}", "HEALTHCHECKS_API_KEY": key}
    done = subprocess.run(["sh", "healthchecks.sh"], cwd=folder, env=env, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert len(re.findall(r"https://hc-ping\.com/\d+\n", done.stdout)) == 3
    log = (fake.parent / "curl.log").read_text().splitlines()
    arguments = [line for line in log if line.startswith("-fsS")]
    assert len(arguments) == 3 and not any(key in line for line in arguments)
    bodies = [json.loads(line[line.index("--data ") + 7 : line.rindex("}") + 1]) for line in arguments]
    assert [body["timeout"] for body in bodies] == [60, 86400, 86400]
    assert all(body["unique"] == ["name"] and body["grace"] >= 60 for body in bodies)
    missing = subprocess.run(
        ["sh", "healthchecks.sh"], cwd=folder, env={"PATH": env["PATH"]}, capture_output=True, text=True, timeout=30
    )
    assert missing.returncode != 0 and "HEALTHCHECKS_API_KEY" in missing.stderr


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 day", 86400),
        ("6 hours", 21600),
        ("every 15 minutes", 900),
        ("nightly", 86400),
        ("weekly", 604800),
        ("now and then", None),
        ("", None),
    ],
)
def test_lengths_of_the_inventory(text: str, expected: int | None) -> None:
    assert length_s(text) == expected


# YAML and regular expressions, against readers that are not ours

_VALUES = st.recursive(
    st.text(max_size=20) | st.integers(-1000, 1000) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(_VALUES)
def test_what_is_written_reads_back_the_same(value: object) -> None:
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(yamltext.dump(value)) == value  # type: ignore[arg-type]


@given(st.text(max_size=30))
def test_a_text_as_an_expression_means_itself(text: str) -> None:
    found = re.compile(re2(text)).fullmatch(text)
    assert found is not None
    assert not re.search(r"\\[A-Za-z ]", re2(text.replace("\\", "")))


NAMES_THAT_ORDER = (
    "syntax=docker/dockerfile:evil",
    "escape=`",
    "check=skip=all",
    "yaml-language-server: $schema=https://evil.test/x.json",
    "vim: set modeline shell=evil:",
    "x ex:set y:",
    "-*- eval: (evil) -*-",
    "!/bin/sh",
    ":schema https://evil.test/x.json",
    "renovate: datasource=docker",
    "x\nsyntax=evil",
)
_ORDER = re.compile(
    r"(?im)^\s*#\s*(?:[\w-]+\s*=|yaml-language-server|renovate|hadolint|shellcheck|:schema|vim?:)|(?:^|\s)(?:vim?|ex)[<=>\d]*:"
    r"|-\*-"
)


@pytest.mark.parametrize("name", NAMES_THAT_ORDER)
@pytest.mark.parametrize("kind", KINDS)
def test_a_product_name_is_no_order_in_a_comment_of_any_file(kind: Kind, name: str) -> None:
    files = made(kind, msgspec.structs.replace(LAUNCH, name=name)).files
    for path, text in files.items():
        lines = text.removeprefix("#!/bin/sh\n").split("\n")
        comments = "\n".join(line for line in lines if line.lstrip().startswith("#"))
        assert _ORDER.search(comments) is None, (path, comments)
        assert path.endswith((".sh", ".md")) or not text.startswith("#!"), path


def test_a_product_name_is_text_in_the_readme() -> None:
    name = "[pay](https://evil.test) <b>"
    text = made("prometheus", msgspec.structs.replace(LAUNCH, name=name)).files["README.md"]
    assert text.startswith(r"# Watching \[pay\](https\://evil.test) \<b\>")

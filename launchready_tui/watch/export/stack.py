"""What stands around the configuration: the compose file, the units of systemd, the dead-man's switch, and how to put
it up."""

from __future__ import annotations

from urllib.parse import urlsplit

from . import yamltext
from .plan import CHANGED, SECRETS, Plan

# Versions that run what is written here; newer ones do too.
_IMAGES = {
    "prometheus": "prom/prometheus:v2.53.4",
    "alertmanager": "prom/alertmanager:v0.28.1",
    "blackbox": "prom/blackbox-exporter:v0.26.0",
    "alive": "curlimages/curl:8.10.1",
}


UNIT_FILE = "/etc/systemd/system/launchready-watch.service"
START_UNIT = "systemctl daemon-reload && systemctl enable --now launchready-watch"
START_CONTAINER = "docker compose up -d --build"


def compose(plan: Plan) -> str:
    """The file `compose.yml`. All listen on this machine's loopback alone, so that nobody outside can let the exporter
    ask for them."""
    ports = plan.ports
    commands = {
        "prometheus": ["--config.file=/etc/launchready/prometheus.yml", f"--web.listen-address={ports.prometheus}"],
        "alertmanager": [
            "--config.file=/etc/launchready/alertmanager.yml",
            f"--web.listen-address={ports.alertmanager}",
            "--cluster.listen-address=",
        ],
        "blackbox": ["--config.file=/etc/launchready/blackbox.yml", f"--web.listen-address={ports.blackbox}"],
    }
    commands["prometheus"] += ["--storage.tsdb.path=/prometheus", "--storage.tsdb.retention.time=30d"]
    commands["alertmanager"].append("--storage.path=/alertmanager")
    volumes = {"prometheus": ["prometheus:/prometheus"], "alertmanager": ["alertmanager:/alertmanager"], "blackbox": []}
    services: dict[str, yamltext.Value] = {}
    for name, command in commands.items():
        services[name] = _service(name) | {"command": command, "volumes": [".:/etc/launchready:ro", *volumes[name]]}
    if plan.watch.heartbeat:
        services["alive"] = _service("alive") | {
            "entrypoint": ["sh", "/etc/launchready/alive.sh"],
            "volumes": [".:/etc/launchready:ro"],
        }
    head = (
        f"Watches {plan.product} with Prometheus: docker compose up -d. Made by `launchready watch export "
        f"prometheus`.\n{CHANGED}"
    )
    return yamltext.dump({"services": services, "volumes": {"prometheus": {}, "alertmanager": {}}}, head=head)


def _service(name: str) -> dict[str, yamltext.Value]:
    return {
        "image": _IMAGES[name],
        "network_mode": "host",
        "restart": "unless-stopped",
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }


def alive(plan: Plan) -> str:
    """The script `alive.sh`: pings the dead-man's switch while Prometheus evaluates and Alertmanager holds what it
    sent."""
    return f"""#!/bin/sh
# Once a minute: is the rule that is always true at Alertmanager? Then the whole chain works, and the dead-man's switch
# is told so. {plan.secret(plan.watch.heartbeat)} holds the switch's ping URL. Made by `launchready watch export
# prometheus`.
while :; do
  if curl -fsS -m 10 "http://{plan.ports.alertmanager}/api/v2/alerts?filter=alertname%3DWatchdog" |
    grep -q Watchdog; then
    # Through standard input: arguments can be read by every user of the machine.
    printf 'url = "%s"\\n' "$(cat {plan.secret(plan.watch.heartbeat)})" | curl -fsS -m 10 -o /dev/null -K - ||
      echo "the dead-man's switch could not be reached" >&2
  else
    echo "Alertmanager does not hold the rule that is always true" >&2
  fi
  sleep "${{ALIVE_S:-60}}"
done
"""


def unit(plan: Plan) -> str:
    """The file `launchready-watch.service`: `launchready watch` as a service of systemd."""
    folder = f"/srv/launchready/{plan.domain}"
    return f"""# {plan.product} watched by LaunchReady itself. Made by `launchready watch export systemd`.
# Once: useradd --system launchready
#   python3 -m venv /opt/launchready && /opt/launchready/bin/pip install launchready-tui
#   the launch's folder as {folder}, its own user's (chown -R launchready {folder})
#   watch.env.example as /etc/launchready/watch.env, mode 0600, with the values filled in
# This file as {UNIT_FILE}; then:
#   {START_UNIT}
# What it says: journalctl -u launchready-watch. One watch a launch: a second one ends by itself and says so.
[Unit]
Description=LaunchReady watch of {plan.domain}
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/opt/launchready/bin/launchready -C {folder} --trust watch
EnvironmentFile=-/etc/launchready/watch.env
User=launchready
Restart=always
RestartSec=5
KillSignal=SIGTERM
TimeoutStopSec=20
NoNewPrivileges=true
PrivateTmp=true
ProtectSystem=strict
ProtectHome=true
ReadWritePaths={folder}
StateDirectory=launchready
Environment=LAUNCHREADY_STATE=/var/lib/launchready

[Install]
WantedBy=multi-user.target
"""


def environment(plan: Plan) -> str:
    """The file `watch.env.example`: which variables the service needs. Names only."""
    hosts = {target.login: target.host for target in plan.targets if target.login}
    hosts |= {
        alert.credential: (alert.server or "hooks.slack.com").partition(":")[0]
        for alert in plan.alerts
        if alert.credential
    }
    hosts |= {region.credential: urlsplit(region.url).hostname or "" for region, _ in plan.regions if region.credential}
    if plan.watch.heartbeat:
        hosts[plan.watch.heartbeat] = plan.watch.heartbeat_host
    lines = ["# As /etc/launchready/watch.env, mode 0600, owner root. Fill in the values there, never here."]
    hosts |= dict(plan.own)
    for name in dict.fromkeys((*plan.credentials, *(name for name, _ in plan.own))):
        variable = "LAUNCHREADY_" + name.upper().replace("-", "_")
        lines += [f"{variable}=", f"{variable}_HOSTS={hosts[name]}"]
    return "\n".join(lines) + "\n"


def container(plan: Plan) -> str:
    """`launchready watch` in a container, where systemd is not wanted: a Dockerfile."""
    return f"""# {plan.product} watched by LaunchReady itself. Made by `launchready watch export docker`.
# Beside launchready.toml: watch.env.example as watch.env, filled in, then `{START_CONTAINER}` with the compose.yml, or
#   docker build -t launchready-watch . && docker run -d --restart unless-stopped --env-file watch.env \\
#     -v launchready-watch:/launch/.launchready launchready-watch
FROM python:3.12-slim
RUN pip install --no-cache-dir launchready-tui && useradd --create-home launchready \\
    && mkdir -p /launch/.launchready && chown -R launchready /launch
USER launchready
WORKDIR /launch
ENV LAUNCHREADY_STATE=/launch/.launchready/state
COPY --chown=launchready launchready.toml /launch/
CMD ["launchready", "--trust", "watch"]
"""


def composed(plan: Plan) -> str:
    """The file `compose.yml` for that container."""
    watch: dict[str, yamltext.Value] = {
        "build": ".",
        "restart": "unless-stopped",
        "env_file": ["watch.env"],
        "volumes": ["state:/launch/.launchready"],
        "tmpfs": ["/tmp"],  # noqa: S108 - the container's own
        "read_only": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true"],
    }
    head = (
        f"{plan.product} watched by LaunchReady itself: {START_CONTAINER}. Made by `launchready watch export "
        f"docker`.\n{CHANGED}"
    )
    return yamltext.dump({"services": {"watch": watch}, "volumes": {"state": {}}}, head=head)


def for_a_machine(plan: Plan) -> list[str]:
    """What to know before it runs on another machine."""
    said = (
        []
        if plan.watch.always_on
        else ["Say that the machine stays on, or the console keeps warning: [watch] always_on = true"]
    )
    return [*said, "End the watch on this machine then: every watch tells what it sees, and two tell everything twice"]


def for_a_container(plan: Plan) -> list[str]:
    """What lies outside the container."""
    said = [
        f"{path} lies on the machine: mount it into the container, or what it tells is not known" for path in plan.files
    ]
    return said + (
        ["The extra certificate authority of the launch file must be copied into the container"] if plan.own_ca else []
    )


def _regions(plan: Plan) -> str:
    names = list(dict.fromkeys(region.name for region, _ in plan.regions if not region.module))
    if not names:
        return ""
    return (
        f"The exporters in {', '.join(names)} need the same `blackbox.yml`: put it there, and start them with it.\n\n"
    )


def readme(plan: Plan) -> str:
    """The file `README.md`: what to do with the folder, and what it leaves out."""
    rows = [f"- `{SECRETS}/{name}`" for name in plan.credentials]
    secrets = "\n".join(rows) or "- none"
    left = "\n".join(f"- {line}" for line in dict.fromkeys(plan.left)) or "- nothing"
    return f"""# Watching {plan.product} with Prometheus

The same targets and alerts as in `launchready.toml`, for Prometheus, Alertmanager and blackbox_exporter on a Linux
machine that stays on.

1. Put this folder on that machine as `/etc/launchready`.
2. Write each secret into a file of its own, without a line end, readable for the user that the programs run as
   (65534 in the containers):

{secrets}

3. `docker compose up -d` in the folder. Or install the three programs (Debian: `prometheus prometheus-alertmanager
   prometheus-blackbox-exporter`) and give each its file here with `--config.file`, listening on
   {plan.ports.prometheus}, {plan.ports.alertmanager} and {plan.ports.blackbox}.
4. Test it: `promtool check config prometheus.yml`, `amtool check-config alertmanager.yml`. Then switch something
   harmless off and wait for the message. How long that took is the evidence with which somebody confirms the check
   "Told in 5 minutes".

{_regions(plan)}`launchready-watch.service` and `Dockerfile` run `launchready watch` itself on such a machine, with
`watch.env.example` for its secrets; `launchready watch metrics` prints what that one sees for Prometheus.

## Not the same as in the console

{left}
"""

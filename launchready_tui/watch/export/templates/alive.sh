#!/bin/sh
# Once a minute: does Alertmanager have the rule that is always true? Then the whole chain works, and this pings the
# dead-man's switch. @heartbeat@ contains its ping URL. Made by `launchready watch export
# prometheus`.
while :; do
  if curl -fsS -m 10 "http://@alertmanager@/api/v2/alerts?filter=alertname%3DWatchdog" |
    grep -q Watchdog; then
    # Through standard input: arguments can be read by every user of the machine.
    printf 'url = "%s"\n' "$(cat @heartbeat@)" | curl -fsS -m 10 -o /dev/null -K - ||
      echo "the dead-man's switch could not be reached" >&2
  else
    echo "Alertmanager does not have the rule that is always true" >&2
  fi
  sleep "${ALIVE_S:-60}"
done

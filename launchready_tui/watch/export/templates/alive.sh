#!/bin/sh
# Once a minute: is the rule that is always true at Alertmanager? Then the whole chain works, and the dead-man's switch
# is told so. @heartbeat@ holds the switch's ping URL. Made by `launchready watch export
# prometheus`.
while :; do
  if curl -fsS -m 10 "http://@alertmanager@/api/v2/alerts?filter=alertname%3DWatchdog" |
    grep -q Watchdog; then
    # Through standard input: arguments can be read by every user of the machine.
    printf 'url = "%s"\n' "$(cat @heartbeat@)" | curl -fsS -m 10 -o /dev/null -K - ||
      echo "the dead-man's switch could not be reached" >&2
  else
    echo "Alertmanager does not hold the rule that is always true" >&2
  fi
  sleep "${ALIVE_S:-60}"
done

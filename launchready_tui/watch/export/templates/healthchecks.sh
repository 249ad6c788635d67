#!/bin/sh
# Creates or updates the checks for @domain@ at Healthchecks, and prints the ping URL of each.
# Needs HEALTHCHECKS_API_KEY (a project's read-write key). Made by `launchready watch export healthchecks`.
set -eu
: "${HEALTHCHECKS_API_KEY:?set HEALTHCHECKS_API_KEY to the read-write API key of the project}"
API="${HEALTHCHECKS_URL:-https://healthchecks.io}/api/v3/checks/"

make() {
  answer=$(printf 'header = "X-Api-Key: %s"\n' "$HEALTHCHECKS_API_KEY" | \
    curl -fsS -m 30 -K - -H "Content-Type: application/json" --data "$2" "$API")
  url=$(printf %s "$answer" | sed -n 's/.*"ping_url": *"\([^"]*\)".*/\1/p')
  printf "%s\t%s\n" "$1" "$url"
}

@each checks@
make @name@ @body@
@end@

echo 'Store the first one: launchready credentials set healthchecks-ping --host hc-ping.com' >&2
echo 'and name it in launchready.toml: [watch] heartbeat = "healthchecks-ping"' >&2

#!/usr/bin/env bash
# Runs the shell examples of the README's tour and of docs/guide.md as they stand, against a server with the demo publication, and
# fails where one does not answer well.
#
#   API=http://127.0.0.1:8080 EMAIL=… PASSWORD=… tests/tour.sh
set -eo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
api=${API:-http://127.0.0.1:8080}

# The examples' curl, with a failing answer made a failing command.
curl() {
  local answer
  answer=$(command curl --fail-with-body --show-error "$@") || { printf 'curl %s\n%s\n' "$*" "$answer" >&2; return 1; }
  case $answer in *'"errors":['*) printf 'curl %s\n%s\n' "$*" "$answer" >&2; return 1 ;; esac
  printf '%s\n' "$answer"
}

# examples FILE HEADING: its ```sh blocks from that heading on, for this server.
examples() {
  awk -v from="$2" '$0 == from { on = 1 } /^## / && on && $0 != from && from == "## Tour" { on = 0 }
    /^```/ { if (inside) inside = 0; else inside = ($0 == "```sh"); next } on && inside' "$1" |
    sed "s|http://127.0.0.1:8080|$api|g"
}

run() {
  local text
  text=$(examples "$@")
  [ -n "$text" ] || { echo "no examples in $1" >&2; exit 1; }
  eval "$text" >/dev/null
}

run "$top/README.md" '## Tour'
run "$top/docs/guide.md" '# The API by example'
echo "the examples of README.md and docs/guide.md answer as they should"

#!/usr/bin/env bash
# What other people's tools say of a running Pressroom: GraphQL over HTTP audits, schemathesis, OpenAPI linters, client
# generators, feed readers, and the acceptance script where there is one; and whether the documents' examples hold. README.md tells more.
#
#   tests/conformance/run.sh              every check, each against a server that this starts on a fresh database
#   tests/conformance/run.sh feeds lint   only the checks whose name begins so
#   BASE_URL=… ADMIN_EMAIL=… ADMIN_PASSWORD=… tests/conformance/run.sh     against a server that runs already
#
# PRESSROOM_BIN               the binary to test (default: the one that cargo built last, and one is built where there is none)
# ACCEPTANCE                  the acceptance script (default: ../shared/acceptance/seed_page.py beside the checkout)
# CONFORMANCE_FUZZ_SECONDS    the most that schemathesis may take (default: 900)
# CONFORMANCE_LINES           how much to show of a check that failed (default: its last 60 lines)
# Logs and generated files are left in out/ beside this script.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$here/out
acceptance=${ACCEPTANCE:-$top/../shared/acceptance/seed_page.py}
given=${BASE_URL:-}
wanted=("$@")
passed=0 failed=0 skipped=0 server='' cluster=''
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true NO_COLOR=1 PYTHONDONTWRITEBYTECODE=1

[ -z "${PRESSROOM_BIN:-}" ] || PRESSROOM_BIN=$(realpath -- "$PRESSROOM_BIN") # before the change of folder below
rm -rf "$out"
mkdir -p "$out"
cd "$here" || exit 1

# --- tools -------------------------------------------------------------------------------------------------------------
die() {
  echo "$*" >&2
  exit 1
}

prepare_tools() {
  { command -v node && command -v npm; } >/dev/null || die "Node.js 20.19 or newer and npm are needed"
  if ! cmp -s package-lock.json node_modules/.made-from; then
    npm ci --no-audit --no-fund --ignore-scripts >"$out/npm.log" 2>&1 || { cat "$out/npm.log"; die "npm ci failed"; }
    cp package-lock.json node_modules/.made-from
  fi
  if ! cmp -s requirements.txt .venv/made-from; then
    { python3 -m venv --clear .venv && .venv/bin/pip install --quiet -r requirements.txt; } >"$out/pip.log" 2>&1 ||
      { cat "$out/pip.log"; die "pip install failed"; }
    cp requirements.txt .venv/made-from
  fi
  PATH=$here/node_modules/.bin:$here/.venv/bin:$PATH
}

find_binary() {
  if [ -z "${PRESSROOM_BIN:-}" ]; then
    local target=${CARGO_TARGET_DIR:-$top/target}
    # shellcheck disable=SC2012 # by time, and cargo's names are plain
    PRESSROOM_BIN=$(ls -t "$target"/{release,debug}/pressroom 2>/dev/null | head -n 1)
    if [ -z "$PRESSROOM_BIN" ]; then
      (cd "$top" && cargo build --package pressroom) || die "the build failed"
      PRESSROOM_BIN=$target/debug/pressroom
    fi
  fi
  [ -x "$PRESSROOM_BIN" ] || die "there is no binary at $PRESSROOM_BIN"
}

# --- servers -----------------------------------------------------------------------------------------------------------
# start_server NAME DATABASE_URL [ARGUMENT…]: serves from a fresh folder, so that no .env and no data is found there.
start_server() {
  local name=$1 database=$2
  shift 2
  mkdir -p "$out/$name"
  local port
  port=$(python3 client.py port)
  export BASE_URL=http://127.0.0.1:$port ADMIN_EMAIL=admin@example.org ADMIN_PASSWORD='correct horse battery staple'
  (
    cd "$out/$name" && exec env DATABASE_URL="$database" PRESSROOM_DATA_DIR="$out/$name/data" PRESSROOM_BIND="127.0.0.1:$port" \
      PRESSROOM_SITE_URL="$BASE_URL" PRESSROOM_RATE_LIMITS=off PRESSROOM_ACCESS_TOKEN_SECONDS=7200 \
      PRESSROOM_ADMIN_EMAIL="$ADMIN_EMAIL" PRESSROOM_ADMIN_PASSWORD="$ADMIN_PASSWORD" \
      "$PRESSROOM_BIN" serve "$@" >"$out/$name.log" 2>&1
  ) &
  server=$!
  if ! python3 client.py ready; then
    tail -n 40 "$out/$name.log"
    return 1
  fi
}

stop_server() {
  [ -n "$server" ] || return 0
  kill "$server" 2>/dev/null
  wait "$server" 2>/dev/null
  server=''
}

# A PostgreSQL of our own, kept by the same script that keeps the one of the test suite. Sets POSTGRES_URL.
start_postgres() {
  local initdb bin user=()
  initdb=$(printf '%s\n' /usr/lib/postgresql/*/bin/initdb | sort -V | tail -n 1)
  [ -x "$initdb" ] || initdb=$(command -v initdb)
  [ -n "$initdb" ] || return 1
  bin=$(dirname "$(realpath -- "$initdb")")
  cluster=$(mktemp -d /tmp/pressroom-conformance-XXXXXX)
  printf "listen_addresses = ''\nport = 5432\nunix_socket_directories = '%s/pg'\nfsync = off\n" "$cluster" >"$cluster/settings.conf"
  if [ "$(id -u)" = 0 ]; then # initdb refuses to run as root
    chown -R postgres "$cluster"
    user=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  fi
  (cd /tmp && exec "${user[@]}" sh -c "$(cat "$top/tests/suite/support/postgres.sh")" sh "$cluster" "$bin" "$$") >"$out/postgres.log" 2>&1 &
  local keeper=$!
  until grep -qx ready "$out/postgres.log"; do
    kill -0 "$keeper" 2>/dev/null || { cat "$out/postgres.log"; return 1; }
    sleep 0.1
  done
  POSTGRES_URL="postgres:///postgres?host=$cluster/pg&port=5432&user=pressroom"
}

trap stop_server EXIT # PostgreSQL's keeper sees by itself that this script has ended

# --- checks ------------------------------------------------------------------------------------------------------------
is_wanted() {
  [ ${#wanted[@]} -eq 0 ] && return 0
  local prefix
  for prefix in "${wanted[@]}"; do [[ $1 == "$prefix"* ]] && return 0; done
  return 1
}

# check NAME COMMAND…: one line for it, and the end of what the command said where it failed.
check() {
  if is_wanted "$1"; then run_check "$@"; fi
}

run_check() {
  local name=$1 begin=$SECONDS log
  shift
  log=$out/${name//[^a-z0-9]/-}.log
  if "$@" >"$log" 2>&1 </dev/null; then
    passed=$((passed + 1))
    printf 'ok       %-34s %4ss  %s\n' "$name" $((SECONDS - begin)) "$(tail -n 1 "$log" | cut -c 1-100)"
  else
    failed=$((failed + 1))
    printf 'FAILED   %-34s %4ss  all of it: %s\n' "$name" $((SECONDS - begin)) "${log#"$top"/}"
    tail -n "${CONFORMANCE_LINES:-60}" "$log" | sed 's/^/         | /' && echo
  fi
}

skip() {
  is_wanted "$1" || return 0
  skipped=$((skipped + 1))
  printf 'skipped  %-34s        %s\n' "$1" "$2"
}

same_contract() { # same_contract FILE COMMAND: what is in git is what the binary prints
  "$PRESSROOM_BIN" "$2" >"$out/$2.txt" && diff -u "$top/$1" "$out/$2.txt" &&
    echo "$1 is what \`pressroom $2\` prints"
}

lint_redocly() {
  redocly lint --config redocly-lint.yaml "$top/openapi/openapi.json"
}

lint_spectral() {
  spectral lint --ruleset spectral.yaml --fail-severity=hint --format=text "$top/openapi/openapi.json"
}

generated_clients() {
  openapi-typescript "$top/openapi/openapi.json" --output out/openapi.ts &&
    SCHEMA=$top/schema/schema.graphql OUT=out graphql-codegen --config codegen.yml &&
    tsc --project tsconfig.json &&
    echo "openapi-typescript's and graphql-codegen's output compiles under tsc --strict"
}

fuzz() { # the document as it is served, as an administrator
  local token
  token=$(python3 client.py token) || { echo "$token"; return 1; }
  # From a folder of its own, since it keeps notes where it runs.
  mkdir -p "$out/fuzz"
  (cd "$out/fuzz" && exec env SCHEMATHESIS_HOOKS="$here/hooks.py" timeout "${CONFORMANCE_FUZZ_SECONDS:-900}" \
    schemathesis --config-file "$here/schemathesis.toml" run "$BASE_URL/openapi.json" \
    --header "Authorization: Bearer $token" --checks all --phases examples,coverage,fuzzing,stateful \
    --max-failures 50 --no-color)
}

accept() { # accept NAME DATABASE_URL: the acceptance script against an empty site
  start_server "$1" "$2" || return 1
  python3 "$acceptance"
  local code=$?
  stop_server
  return $code
}

on_demo() { # what only reads, or may leave its mark on the demo
  check "graphql over http" node graphql-http.mjs
  check "feeds" python feeds.py
  check "tour" env API="$BASE_URL" EMAIL="$ADMIN_EMAIL" PASSWORD="$ADMIN_PASSWORD" bash "$top/tests/tour.sh"
  # Last, for what it leaves behind.
  check "schemathesis" fuzz
}

prepare_tools
if [ -n "$given" ]; then
  on_demo
else
  find_binary
  echo "Testing $("$PRESSROOM_BIN" --version 2>/dev/null || echo "${PRESSROOM_BIN#"$top"/}")"
  check "contract openapi" same_contract openapi/openapi.json openapi
  check "contract graphql" same_contract schema/schema.graphql graphql-schema
  check "lint redocly" lint_redocly
  check "lint spectral" lint_spectral
  check "typescript clients" generated_clients
  if is_wanted "graphql over http" || is_wanted feeds || is_wanted tour || is_wanted schemathesis; then
    run_check "serve --demo" start_server demo "sqlite://$out/demo/pressroom.db" --demo
    on_demo
    stop_server
  fi
  if [ -f "$acceptance" ]; then
    check "acceptance on sqlite" accept acceptance-sqlite "sqlite://$out/acceptance-sqlite/pressroom.db"
    if ! is_wanted "acceptance on postgresql"; then
      :
    elif start_postgres; then
      check "acceptance on postgresql" accept acceptance-postgresql "$POSTGRES_URL"
    else
      skip "acceptance on postgresql" "no PostgreSQL on this machine (Debian: apt-get install postgresql)"
    fi
  else
    skip "acceptance" "no acceptance script beside the checkout"
  fi
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

# shellcheck shell=sh
# Keeps one private PostgreSQL cluster for the tests: makes it, says "ready", waits until its owner has ended, removes it.
# It is a process of its own so that nothing is left behind when a test run is killed. Started by postgres.rs, and by
# conformance/run.sh, as
#   sh -c THIS sh ROOT BIN OWNER
# ROOT holds settings.conf and gets the cluster, BIN holds initdb and pg_ctl, and OWNER is a process id, or "stdin":
# then the owner has ended when standard input does.
set -eu
root=$1 bin=$2 owner=$3
home=$root/pg data=$root/pg/data
remove=$home

finish() {
  if [ -f "$data/postmaster.pid" ]; then
    "$bin/pg_ctl" stop --pgdata="$data" --mode=immediate --silent >/dev/null 2>&1 || true
  fi
  rm -rf "$remove"
}
trap finish EXIT
trap : HUP INT TERM # the end of the owner is the one signal

fail() {
  cat "$home"/*.log 2>/dev/null || true
  exit 1
}

mkdir "$home"
# --auth=trust: the folder is closed to everyone else, and there is no network socket.
"$bin/initdb" --pgdata="$data" --username=pressroom --auth=trust --encoding=UTF8 --locale=C --no-sync >"$home/initdb.log" 2>&1 || fail
cat "$root/settings.conf" >>"$data/postgresql.conf"
"$bin/pg_ctl" start --pgdata="$data" --log="$home/server.log" --wait --timeout=60 --silent >"$home/start.log" 2>&1 || fail
remove=$root
echo ready
exec >/dev/null 2>&1

if [ "$owner" = stdin ]; then
  cat
else
  # The signal may be refused where the owner is root and this is not; then its entry in /proc tells.
  while kill -0 "$owner" || [ -d "/proc/$owner" ]; do sleep 1; done
fi

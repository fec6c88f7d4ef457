#!/usr/bin/env bash
# Runs a command with a PostgreSQL server of its own in memory, named by TEST_POSTGRES_URL and gone afterwards: scripts/postgres.sh COMMAND…
# Where nothing waits for a disk, making and dropping a database for each test costs little, and nobody's own server is touched.
# Without PostgreSQL's programs here, or with TEST_POSTGRES_URL set, the command runs as it is.
set -euo pipefail
initdb=$(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -1 || true)
if [ -n "${TEST_POSTGRES_URL:-}" ] || [ -z "$initdb" ]; then exec "$@"; fi
bin=$(dirname "$initdb")

# PostgreSQL refuses to run as root.
as=()
if [ "$(id -u)" = 0 ]; then
  id -u postgres >/dev/null 2>&1 && command -v runuser >/dev/null || exec "$@"
  as=(runuser -u postgres --)
fi
memory=/dev/shm
[ -w "$memory" ] && [ "$(df -m --output=avail "$memory" | tail -1)" -gt 4096 ] || memory=${TMPDIR:-/tmp}
home=$(mktemp -d "$memory/weiyin-postgres-XXXXXX")
[ ${#as[@]} = 0 ] || chown postgres "$home"
ctl() { "${as[@]}" "$bin/pg_ctl" -D "$home/data" -s -w "$@"; }
end() {
  [ ! -f "$home/data/postmaster.pid" ] || ctl stop -m immediate || true
  rm -rf "$home"
}
trap end EXIT

# A machine on which it cannot be started goes on without it; the last line of the tests says which engines ran.
without() {
  echo "no PostgreSQL of our own: $(tail -1 "$1")" >&2
  cd "$OLDPWD"
  end
  exec "${@:2}"
}

cd "$home"
"${as[@]}" "$bin/initdb" -D data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >log 2>&1 || without log "$@"
settings='-c listen_addresses=127.0.0.1 -c max_connections=200 -c shared_buffers=256MB -c log_min_messages=fatal'
for _ in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 10000))
  if ctl start -l "$home/server.log" -o "-p $port -k '' $settings"; then break; fi
  port=
done
[ -n "$port" ] || without "$home/server.log" "$@"
cd "$OLDPWD"
TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:$port/postgres "$@"

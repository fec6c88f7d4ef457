#!/usr/bin/env bash
# All tests. PostgreSQL joins in when TEST_POSTGRES_URL is set, its programs are here (a server of our own in memory), or one
# answers on loopback; the last line says which engines ran.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ "${1:-}" != here ]; then exec scripts/postgres.sh "$0" here; fi
if [ -z "${TEST_POSTGRES_URL:-}" ] && command -v pg_isready >/dev/null && pg_isready -q -h 127.0.0.1 -p 5432; then
  export TEST_POSTGRES_URL=postgres://postgres@127.0.0.1:5432/postgres
fi
# Tests wait for disks and for one another's clocks more than they compute.
export RUST_TEST_THREADS=${RUST_TEST_THREADS:-3}
cargo test --workspace --locked --no-run
# Banks that are killed again and again wait most of the time: they do it beside all else, and tell of it afterwards.
killed=$(mktemp)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -f "$killed"' EXIT
cargo test --workspace --locked --no-fail-fast --test crash_pay --test crash_notices through_any_kill >"$killed" 2>&1 &
held=0
cargo test --workspace --locked --no-fail-fast -- --skip through_any_kill || held=1
wait $! || held=1
cat "$killed"
[ $held = 0 ]
npm --prefix web test --silent
if [ -n "${TEST_POSTGRES_URL:-}" ]; then
  echo 'engines tested: SQLite and PostgreSQL'
else
  echo 'engines tested: SQLite only (set TEST_POSTGRES_URL to add PostgreSQL)'
fi

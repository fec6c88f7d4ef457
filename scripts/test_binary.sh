#!/usr/bin/env bash
# Builds the unit tests of the bank, or with --test NAME those, and says where they are; other arguments go to cargo. All of the
# workspace, so that features are those of an ordinary `cargo test` and little is built twice.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-0}
what=(--lib) name='unittests src\/lib\.rs (.*\/bank-[0-9a-f]*)'
if [ "${1:-}" = --test ]; then
  what=(--test "$2") name="tests\\/$2\\.rs (.*\\/$2-[0-9a-f]*)"
  shift 2
fi
built=$(cargo test --workspace --locked "${what[@]}" --no-run "$@" 2>&1) || { echo "$built" >&2; exit 1; }
found=$(sed -n "s/.*Executable $name.*/&/p" <<<"$built" | sed 's/.*(\(.*\)).*/\1/')
[ -n "$found" ] || { echo "no test binary of the bank: $built" >&2; exit 1; }
realpath "$found"

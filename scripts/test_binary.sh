#!/usr/bin/env bash
# Builds the unit tests of the bank and says where they are; arguments go to cargo. All of the workspace, so that features
# are those of an ordinary `cargo test` and little is built twice.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_INCREMENTAL=${CARGO_INCREMENTAL:-0}
built=$(cargo test --workspace --locked --lib --no-run "$@" 2>&1) || { echo "$built" >&2; exit 1; }
found=$(sed -n 's/.*Executable unittests src\/lib\.rs (\(.*\/bank-[0-9a-f]*\))$/\1/p' <<<"$built")
[ -n "$found" ] || { echo "no test binary of the bank: $built" >&2; exit 1; }
realpath "$found"

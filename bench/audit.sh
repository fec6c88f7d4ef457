#!/usr/bin/env bash
# A long audit trail (审计链): how fast its rows are sealed by the running bank, and how long `weiyin audit verify` takes to prove it.
# Writes bench/results/audit.json.
#   ROWS=1000000 ROUNDS=3 bench/audit.sh
# WEIYIN_BIN names a binary to measure instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v python3 >/dev/null || { echo 'bench: Python is missing: install Python 3.11 or newer.' >&2; exit 2; }
if [ -z "${WEIYIN_BIN:-}" ]; then
  cargo build --quiet --profile dist --locked --bin weiyin
  WEIYIN_BIN=target/dist/weiyin
fi
exec python3 bench/driver/audit.py "$WEIYIN_BIN" "${ROWS:-1000000}" "${ROUNDS:-3}"

#!/usr/bin/env bash
# Transfers from sentence to 已转出, on SQLite and, where TEST_POSTGRES_URL names one, PostgreSQL. Writes bench/results/pay.json.
#   ROUNDS=3 SECS=10 PAYERS=2000 CONNECTIONS=32 bench/pay.sh
# WEIYIN_BIN names a binary to measure instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."
rounds=${ROUNDS:-3} secs=${SECS:-10} payers=${PAYERS:-2000} connections=${CONNECTIONS:-32}
if [ -z "${WEIYIN_BIN:-}" ]; then
  cargo build --quiet --profile dist --locked --bin weiyin
  WEIYIN_BIN=target/dist/weiyin
fi
cargo build --quiet --profile dist --locked -p bank --example pay_load
exec python3 bench/driver/pay.py "$WEIYIN_BIN" target/dist/examples/pay_load "$rounds" "$secs" "$payers" "$connections"

#!/usr/bin/env bash
# Killed under load, and begun anew over the same file: how long until it listens, and until a customer is answered.
# Writes bench/results/restart.json.
#   ROUNDS=7 FOLLOWERS=4000000 bench/restart.sh
# WEIYIN_BIN names a binary to measure instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${WEIYIN_BIN:-}" ]; then
  cargo build --quiet --profile dist --locked --bin weiyin
  WEIYIN_BIN=target/dist/weiyin
fi
cargo build --quiet --release --locked --manifest-path bench/load/Cargo.toml --target-dir target/bench
exec python3 bench/driver/restart.py "$WEIYIN_BIN" "${ROUNDS:-7}" "${FOLLOWERS:-4000000}"

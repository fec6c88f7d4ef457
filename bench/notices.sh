#!/usr/bin/env bash
# Notices from the core's event to the simulated WeChat's yes, each call of which takes 30 ms. Writes bench/results/notices.json.
#   ROUNDS=3 NOTICES=40000 SIGN_UPS=0 LONG=0 bench/notices.sh     SIGN_UPS=10000000: beside so many accounts of others;
#                                                                 LONG=1000000: one long run, whose memory is written down
# WEIYIN_BIN names a binary to measure instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${WEIYIN_BIN:-}" ]; then
  cargo build --quiet --profile dist --locked --bin weiyin
  WEIYIN_BIN=target/dist/weiyin
fi
exec python3 bench/driver/notices.py "$WEIYIN_BIN" "${ROUNDS:-3}" "${NOTICES:-40000}" "${SIGN_UPS:-0}" "${LONG:-0}"

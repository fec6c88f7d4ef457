#!/usr/bin/env bash
# What understanding costs and how often it is right, on this machine: prints the figures, writes bench/results/nlu.json.
#   bench/nlu.sh [FILE …]     files of `item<TAB>text` to measure besides those of the project
# WEIYIN_BIN names a binary to measure instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v python3 >/dev/null || { echo 'bench: Python is missing: install Python 3.11 or newer.' >&2; exit 2; }
if [ -z "${WEIYIN_BIN:-}" ]; then
  command -v cargo >/dev/null || { echo 'bench: Rust is missing: install Rust 1.95 or newer.' >&2; exit 2; }
  cargo build --quiet --profile dist --locked --bin weiyin
  WEIYIN_BIN=target/dist/weiyin
fi
export WEIYIN_BIN
exec python3 bench/driver/nlu.py "$@"

#!/usr/bin/env bash
# Side-by-side measurement of a turn. Builds what it needs, measures, prints a table, writes bench/results/turn.json.
#   ROUNDS=5 SECS=5 CONNECTIONS=64 FOLLOWERS=100000 BIG=0 bench/run.sh     (see bench/README.md)
# WEIYIN_BIN names a binary to measure instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."
fail() { printf 'bench: %s\n' "$1" >&2; exit 2; }
[ "$(uname -s)" = Linux ] || fail 'this reads /proc, so it needs Linux.'
command -v cargo >/dev/null || fail 'Rust is missing: install Rust 1.95 or newer.'
command -v python3 >/dev/null || fail 'Python is missing: install Python 3.11 or newer.'

cargo build --quiet --release --locked --manifest-path bench/load/Cargo.toml --target-dir target/bench
if [ -z "${WEIYIN_BIN:-}" ]; then
  cargo build --quiet --profile dist --locked --bin weiyin
  cargo build --quiet --profile dist --locked -p wechat --example turn_cost
fi

venv=bench/.venv
stamp=$venv/.installed
if ! cmp -s bench/peers/requirements.txt "$stamp"; then
  if python3 -m venv "$venv" &&
     "$venv/bin/pip" install --quiet --disable-pip-version-check -r bench/peers/requirements.txt; then
    cp bench/peers/requirements.txt "$stamp"
  else
    rm -rf "$venv"
  fi
fi
exec python3 bench/driver/turn.py

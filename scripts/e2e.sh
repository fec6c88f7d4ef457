#!/usr/bin/env bash
# The journeys in a real Chromium, against a demo of its own that it starts and ends. Screenshots stay in web/e2e/shots.
#   scripts/e2e.sh [words of a journey's name …]    or    scripts/e2e.sh --pictures    for those of the README
# WEIYIN_BIN names the program to test, CHROMIUM the browser; WEIYIN_DEMO names the demo.json of a demo that runs already.
set -euo pipefail
cd "$(dirname "$0")/.."
fail() { printf 'e2e: %s\n' "$1" >&2; exit 1; }

if [ -z "${CHROMIUM:-}" ]; then
  for name in chromium chromium-browser google-chrome google-chrome-stable; do
    if CHROMIUM=$(command -v "$name"); then break; fi
  done
fi
[ -n "${CHROMIUM:-}" ] && [ -x "$CHROMIUM" ] ||
  fail 'no Chromium found: install it (Debian: apt-get install chromium), or name it with CHROMIUM=/path/to/chromium.'
export CHROMIUM
[ -d web/node_modules/playwright-core ] && [ -f web/phone/dist/index.html ] && [ -f web/customer/dist/index.html ] ||
  fail 'the pages are not built: run scripts/web.sh first.'

home=''
demo=''
finish() {
  status=$?
  trap - EXIT
  if [ -n "$demo" ]; then
    kill -TERM "$demo" 2>/dev/null || true
    wait "$demo" 2>/dev/null || true
  fi
  if [ -n "$home" ]; then
    if [ "$status" -ne 0 ] && [ -f "$home/demo.log" ]; then
      mkdir -p web/e2e/shots
      cp "$home/demo.log" web/e2e/shots/demo.log
      echo 'e2e: failed; web/e2e/shots holds a picture of each failed journey and the demo.log' >&2
    fi
    rm -rf "$home"
  fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

if [ -z "${WEIYIN_DEMO:-}" ]; then
  # Of the built programs only one that is newer than all it is made of.
  is_fresh() {
    [ -x "$1" ] && [ -z "$(find crates flows forms knowledge migrations config.default.toml Cargo.lock web/phone/dist web/customer/dist \
      -newer "$1" -type f -print -quit)" ]
  }
  bin=${WEIYIN_BIN:-}
  if [ -z "$bin" ]; then
    if is_fresh target/release/weiyin; then
      bin=target/release/weiyin
    else
      cargo build --locked --quiet --bin weiyin
      bin=target/debug/weiyin
    fi
  fi
  [ -x "$bin" ] || fail "$bin is not a program that can be run."

  port=$(node -e '
    const { createServer } = require("node:net")
    const free = (port) => new Promise((done) => {
      const server = createServer().once("error", () => done(false))
      server.listen(port, "127.0.0.1", () => server.close(() => done(true)))
    })
    ;(async () => {
      for (let port = 20000 + (process.pid % 4000) * 3; port < 60000; port += 3) {
        if ((await free(port)) && (await free(port + 1)) && (await free(port + 2))) return console.log(port)
      }
      process.exit(1)
    })()
  ') || fail 'no three free ports beside each other.'

  home=$(mktemp -d)
  "$bin" demo --verbose --port "$port" --data "$home/data" >"$home/demo.log" 2>&1 &
  demo=$!
  for _ in $(seq 1 300); do
    [ -f "$home/data/demo.json" ] && break
    kill -0 "$demo" 2>/dev/null || { cat "$home/demo.log" >&2; fail 'the demo ended before it was ready.'; }
    sleep 0.2
  done
  [ -f "$home/data/demo.json" ] || { cat "$home/demo.log" >&2; fail 'the demo was not ready in a minute.'; }
  export WEIYIN_DEMO=$home/data/demo.json
fi

if [ "${1:-}" = --pictures ]; then
  timeout 300 node web/e2e/pictures.mjs
  exit
fi
rm -rf web/e2e/shots
only=()
for words in "$@"; do only+=("--test-name-pattern=$words"); done
timeout 900 node "${only[@]}" --test-reporter=spec --test-force-exit web/e2e/run.mjs

#!/usr/bin/env bash
# The journeys in a real Chromium, in three blocks side by side, each against a demo of its own that is started and ended here: they
# mostly wait. Screenshots stay in web/e2e/shots.
#   scripts/e2e.sh [words of a journey's name …]    or    scripts/e2e.sh --pictures    for those of the README: one demo
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
demos=() runs=()
finish() {
  status=$?
  trap - EXIT
  for pid in "${runs[@]}" "${demos[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${runs[@]}" "${demos[@]}"; do wait "$pid" 2>/dev/null || true; done
  if [ -n "$home" ]; then
    if [ "$status" -ne 0 ]; then
      mkdir -p web/e2e/shots
      cp "$home"/demo-*.log web/e2e/shots/ 2>/dev/null || true
      echo 'e2e: failed; web/e2e/shots holds a picture of each failed journey and what the demos logged' >&2
    fi
    rm -rf "$home"
  fi
  exit "$status"
}
trap finish EXIT
trap 'exit 130' INT TERM

# Sets bin. Of the built programs only one that is newer than all it is made of.
find_program() {
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
}

# So many ports, each with two free ones behind it.
free_ports() {
  node -e '
    const { createServer } = require("node:net")
    const free = (port) => new Promise((done) => {
      const server = createServer().once("error", () => done(false))
      server.listen(port, "127.0.0.1", () => server.close(() => done(true)))
    })
    ;(async () => {
      let wanted = Number(process.argv[1])
      for (let port = 20000 + (process.pid % 4000) * 3; port < 60000 && wanted > 0; port += 3) {
        if ((await free(port)) && (await free(port + 1)) && (await free(port + 2))) {
          console.log(port)
          wanted -= 1
        }
      }
      process.exit(wanted)
    })()
  ' "$1"
}

# Starts the demo of block $1 at port $2.
start_demo() {
  "$bin" demo --verbose --port "$2" --data "$home/data-$1" >"$home/demo-$1.log" 2>&1 &
  demos+=($!)
}

# Waits until the demo of block $1 is ready.
await_demo() {
  for _ in $(seq 1 300); do
    [ -f "$home/data-$1/demo.json" ] && return
    kill -0 "${demos[$(($1 - 1))]}" 2>/dev/null || { cat "$home/demo-$1.log" >&2; fail 'the demo ended before it was ready.'; }
    sleep 0.2
  done
  cat "$home/demo-$1.log" >&2
  fail 'the demo was not ready in a minute.'
}

blocks=3
if [ $# -gt 0 ] || [ -n "${WEIYIN_DEMO:-}" ]; then blocks=1; fi
if [ -z "${WEIYIN_DEMO:-}" ]; then
  find_program
  home=$(mktemp -d)
  ports=$(free_ports $blocks) || fail 'no free ports beside each other.'
  n=0
  for port in $ports; do start_demo $((n += 1)) "$port"; done
  for n in $(seq 1 $blocks); do await_demo "$n"; done
fi
demo_of() { echo "${WEIYIN_DEMO:-$home/data-$1/demo.json}"; }

if [ "${1:-}" = --pictures ]; then
  WEIYIN_DEMO=$(demo_of 1) timeout 300 node web/e2e/pictures.mjs
  exit
fi
rm -rf web/e2e/shots
only=()
for words in "$@"; do only+=("--test-name-pattern=$words"); done
# Becomes the run of block $1: to be called in a process of its own.
journeys() {
  WEIYIN_DEMO=$(demo_of "$1") WEIYIN_BLOCK=$1/$blocks \
    exec timeout 900 node "${only[@]}" --test-reporter=spec --test-force-exit web/e2e/run.mjs
}
# What the first block tells is seen as it goes, the others' when they are done.
for n in $(seq 2 $blocks); do
  journeys "$n" >"$home/run-$n.log" 2>&1 &
  runs+=($!)
done
failed=0
(journeys 1) || failed=1
for n in $(seq 2 $blocks); do
  wait "${runs[$((n - 2))]}" || failed=1
  cat "$home/run-$n.log"
done
exit $failed

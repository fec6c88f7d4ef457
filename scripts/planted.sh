#!/usr/bin/env bash
# Five mistakes are planted into the unit tests of payments, one after the other; the simulation must find each within 500
# seeds. Mistakes are chosen by the name the code knows them by. See docs/payments-testing.md.
set -euo pipefail
cd "$(dirname "$0")/.."
test=$(scripts/test_binary.sh --features bank/planted)
tell() { WEIYIN_PLANTED=$1 WEIYIN_SEEDS=$2 "$test" payments::sim::tests::whatever --nocapture 2>&1; }
if ! told=$(tell none 20); then
  echo "without a mistake something is found, too:"
  echo "$told"
  exit 1
fi
for mistake in dedupe_by_existence timeout_is_failed limit_toctou next_day_at_once left_waiting; do
  if told=$(tell "$mistake" 500); then
    echo "$mistake: NOT FOUND in 500 seeds"
    exit 1
  fi
  found=$(grep -o '^[A-Z0-9]* does not hold in seed [0-9]*: .*' <<<"$told" | head -1)
  [ -n "$found" ] || { echo "$told"; echo "$mistake: the run failed, and found nothing"; exit 1; }
  echo "$mistake: found after $(grep -o '[0-9]* seeds from' <<<"$told" | grep -o '[0-9]*') seeds. $found"
done

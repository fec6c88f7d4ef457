#!/usr/bin/env bash
# Tells stories of payments from a random seed on until the budget is over: scripts/chaos.sh 120s target/chaos
# Writes OUT/sim.json; ends with an error when any sentence did not hold. See docs/payments-testing.md.
set -euo pipefail
cd "$(dirname "$0")/.."
budget=${1:-120s}
out=${2:-target/chaos}
case "$budget" in
  *h) seconds=$((${budget%h} * 3600)) ;;
  *m) seconds=$((${budget%m} * 60)) ;;
  *) seconds=${budget%s} ;;
esac
mkdir -p "$out"
out=$(cd "$out" && pwd)
echo "building…"
test=$(scripts/test_binary.sh)
echo "payments for $seconds s"
WEIYIN_BUDGET_S=$seconds WEIYIN_OUT=$out WEIYIN_COMMIT=$(git rev-parse HEAD) \
  "$test" payments::sim::tests::whatever --nocapture
cat "$out/sim.json"

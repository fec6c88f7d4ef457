#!/usr/bin/env bash
# Two thirds of the budget tell stories of payments from a random seed on, one third kills the real binary again and again while
# customers pay: scripts/chaos.sh 120s target/chaos
# Writes OUT/sim.json, the sum of both, and OUT/kills.json; ends with an error when any sentence did not hold, and then says how
# that is tried again. See docs/payments-testing.md.
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
rm -f "$out/sim.json" "$out/kills.json"
echo "building…"
stories=$(scripts/test_binary.sh)
kills=$(scripts/test_binary.sh --test crash_pay)
export WEIYIN_OUT=$out WEIYIN_COMMIT
WEIYIN_COMMIT=$(git rev-parse HEAD)
dead=$((seconds / 3))
[ "$dead" -gt 0 ] || dead=1
held=0
echo "stories of payments for $((seconds - dead)) s"
WEIYIN_BUDGET_S=$((seconds - dead)) "$stories" payments::sim::tests::whatever --nocapture || held=1
echo "kills for $dead s"
(cd crates/bank && WEIYIN_BUDGET_S=$dead "$kills" what_was_paid --nocapture) || held=1
cat "$out/sim.json"
exit $held

#!/usr/bin/env bash
# Kills the real binary so many times while customers pay, five banks beside one another, each with a seed of its own (most of
# the time they wait for what is unknown to be asked after): scripts/kills.sh 50 [FIRST_SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
kills=${1:-50} seed=${2:-31} banks=5
each=$(((kills + banks - 1) / banks))
binary=$(scripts/test_binary.sh --test crash_pay)
cd crates/bank
pids=()
for n in $(seq 0 $((banks - 1))); do
  WEIYIN_SEED=$((seed + n)) WEIYIN_KILLS=$each "$binary" what_was_paid --nocapture &
  pids+=($!)
done
held=0
for pid in "${pids[@]}"; do wait "$pid" || held=1; done
exit $held

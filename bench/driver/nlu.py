"""Understanding, measured: accuracy on lines no flow teaches, drafts nobody wanted, and what it all costs: a sentence on one core; training,
publishing and loading on all cores, and on one.

Accuracy is the same on every machine and day; times are this machine's, the median of rounds with their range.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from machine import ROOT, describe, on_core

WEIYIN = os.environ["WEIYIN_BIN"]
ROUNDS = int(os.environ.get("ROUNDS", "3"))
TODAY = "2026-11-23"
RESULT = ROOT / "bench" / "results" / "nlu.json"
TESTS = ROOT / "crates" / "dialogue" / "tests"
# A county's file as docs/local-phrases.md shows one.
COUNTY = ROOT / "bench" / "driver" / "county.toml"
ONE_CORE = ["load_ms", "train_ms", "publish_ms"]
TIMES = ["sentence_p50_us", "sentence_p99_us", *ONE_CORE, *(f"{name}_one_core" for name in ONE_CORE)]
GOALS = {"train_ms": 5_000, "sentence_p50_us": 20, "sentence_p99_us": 100, "publish_ms": 1_000}


def run(*args: str, on: list[str] | None = None) -> str:
    done = subprocess.run([*(on_core(1) if on is None else on), WEIYIN, *args], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def summary(file: Path) -> dict:
    last = run("nlu", "eval", str(file), "--today", TODAY).strip().splitlines()[-1]
    return json.loads(last)["summary"]


def published(on: list[str]) -> dict:
    """The figures of `weiyin phrases check`, which works out a publication and throws it away."""
    rows = dict(line.rsplit(maxsplit=2)[0:2] for line in run("phrases", "check", str(COUNTY), on=on).splitlines() if line.endswith((" ms", " bytes")))
    return {"publish_ms": int(rows["publishing"]), "bytes": int(rows["memory"])}


def one_round() -> dict:
    def report(on: list[str]) -> dict:
        return json.loads(run("nlu", "report", "--today", TODAY, "--json", on=on))

    alone = report(on_core(1)) | published(on_core(1))
    together = report([]) | published([])
    return alone | {f"{name}_one_core": alone[name] for name in ONE_CORE} | {name: together[name] for name in ONE_CORE}


def main() -> None:
    rounds = []
    for at in range(ROUNDS):
        rounds.append(report := one_round())
        print(f"round {at + 1}/{ROUNDS}  p50 {report['sentence_p50_us']} µs, p99 {report['sentence_p99_us']} µs", flush=True)
    result = describe()
    result["accuracy"] = {k: v for k, v in rounds[0].items() if k not in TIMES and k != "sentence_p999_us"}
    result["medians"] = {k: statistics.median(r[k] for r in rounds) for k in TIMES}
    result["ranges"] = {k: [min(r[k] for r in rounds), max(r[k] for r in rounds)] for k in TIMES}
    sets = ["heldout", "unseen", "spoken", "strangers", "ordered", "asked"]
    files = [*(TESTS / f"{name}.tsv" for name in sets), *map(Path, sys.argv[1:])]
    result["lines"] = {file.stem: summary(file) for file in files}
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    for name, value in result["medians"].items():
        low, high = result["ranges"][name]
        goal = f"<= {GOALS[name]}" if name in GOALS else ""
        print(f"{name:24}{value:>10}{f'{low} - {high}':>20}{goal:>12}")
    for name, told in result["lines"].items():
        print(f"{name:24}top-1 {told['top1']:.4f}  top-3 {told['top3']:.4f}  calibration {told['calibration_error']:.4f}  false drafts {told['false_drafts']}")
    print("drafts nobody wanted    ", result["accuracy"]["false_drafts"])


if __name__ == "__main__":
    main()

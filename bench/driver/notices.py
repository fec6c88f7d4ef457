"""Measures notices from the core's event to WeChat's yes: as fast as they go, at 500 a second, beside an account whose calls are slow."""

import json
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager

from machine import ROOT, describe
from servers import WORK, free_port

RESULT = ROOT / "bench/results/notices.json"
LATENCY_MS = 30
ACCOUNTS, FOLLOWERS = "8", "8000"


@contextmanager
def wechat(binary: str, back: int, **weather):
    """The simulated WeChat in a process of its own, every call of which takes 30 ms."""
    port = free_port()
    command = [binary, "bench-wechat", "--port", str(port), "--back", str(back), "--accounts", ACCOUNTS, "--followers", FOLLOWERS]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if process.stdout.readline().strip() != "ready":
            raise SystemExit("the simulated WeChat does not start")
        url = f"http://127.0.0.1:{port}"
        body = json.dumps({"api_delay_ms": LATENCY_MS, **weather}).encode()
        asked = urllib.request.Request(f"{url}/control/weather", body, {"content-type": "application/json"})
        urllib.request.urlopen(asked, timeout=10).read()
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)


def one(binary: str, notices: int, rate: int = 0, sign_ups: int = 0, **weather) -> dict:
    """One run on a fresh folder; what `bench-notices` says of it."""
    port = free_port()
    data = WORK / f"notices-{port}"
    shutil.rmtree(data, ignore_errors=True)
    try:
        with wechat(binary, port, **weather) as url:
            command = [
                binary, "bench-notices", "--data", str(data), "--port", str(port), "--wechat", url, "--accounts", ACCOUNTS,
                "--followers", FOLLOWERS, "--notices", str(notices), "--rate", str(rate), "--sign-ups", str(sign_ups),
            ]
            done = subprocess.run(command, capture_output=True, text=True, timeout=3600)
            if done.returncode != 0:
                raise SystemExit(done.stdout + done.stderr)
    finally:
        shutil.rmtree(data, ignore_errors=True)
    came = json.loads(done.stdout.splitlines()[-1])
    if came["accepted"] != notices:
        raise SystemExit(f"{notices} were told of, and {came['accepted']} taken: {came}")
    return came


def spread(rounds: list[dict], name: str) -> dict:
    values = [r[name] for r in rounds]
    return {"median": statistics.median(values), "range": [min(values), max(values)]}


def main() -> None:
    binary, count, notices, sign_ups = sys.argv[1], *map(int, sys.argv[2:5])
    result = {**describe(), "rounds": count, "latency_ms": LATENCY_MS, "accounts": int(ACCOUNTS), "followers": int(FOLLOWERS)}
    began = time.monotonic()
    fast = [one(binary, notices) for _ in range(count)]
    steady = [one(binary, 500 * 20, rate=500) for _ in range(count)]
    slow = [one(binary, 500 * 20, rate=500, slow_appid="wxnotice0000000000", slow_ms=3_000) for _ in range(count)]
    result["notices"] = notices
    result["notices_per_s"] = spread(fast, "notices_per_s")
    result["rss_kib"] = {"before": spread(fast, "rss_kib_before"), "after": spread(fast, "rss_kib_after")}
    result["p95_event_to_accept_ms"] = spread(steady, "p95_ms")
    result["p99_event_to_accept_ms"] = spread(steady, "p99_ms")
    result["others_p99_ms"] = {"all_fine": spread(steady, "others_p99_ms"), "one_slow": spread(slow, "others_p99_ms")}
    if sign_ups:
        many = [one(binary, notices, sign_ups=sign_ups) for _ in range(count)]
        result["with_sign_ups"] = {"sign_ups": sign_ups, "notices_per_s": spread(many, "notices_per_s")}
    result["took_s"] = round(time.monotonic() - began)
    RESULT.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    for name in ("notices_per_s", "p95_event_to_accept_ms", "others_p99_ms", "with_sign_ups", "rss_kib"):
        if name in result:
            print(f"{name:<26} {json.dumps(result[name])}")


if __name__ == "__main__":
    main()

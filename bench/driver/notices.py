"""Measures notices from the core's event to WeChat's yes: as fast as they go, at 500 a second, beside an account whose calls are slow."""

import json
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import urllib.request
from contextlib import closing, contextmanager
from random import Random

from machine import ROOT, describe
from servers import WORK, free_port

RESULT = ROOT / "bench/results/notices.json"
LATENCY_MS = 30
ACCOUNTS, FOLLOWERS = "8", "8000"
# Notices a second, and for how long, while the time of each is measured.
STEADY, STEADY_S = 500, 20
SLOW_MS = 3_000


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


def one(binary: str, notices: int, rate: int = 0, **weather) -> dict:
    """One run on a fresh folder, with a WeChat of its own."""
    port = free_port()
    data = WORK / f"notices-{port}"
    shutil.rmtree(data, ignore_errors=True)
    try:
        with wechat(binary, port, **weather) as url:
            return told(binary, (data, port, url), notices, rate, **weather)
    finally:
        shutil.rmtree(data, ignore_errors=True)


def told(binary: str, at: tuple, notices: int, rate: int = 0, **weather) -> dict:
    """What `bench-notices` says of a run on a folder, beside a WeChat that knows its templates."""
    data, port, url = at
    command = [
        binary, "bench-notices", "--data", str(data), "--port", str(port), "--wechat", url, "--accounts", ACCOUNTS,
        "--followers", FOLLOWERS, "--notices", str(notices), "--rate", str(rate),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=3600)
    if done.returncode != 0:
        raise SystemExit(done.stdout + done.stderr)
    came = json.loads(done.stdout.splitlines()[-1])
    if came["accepted"] != notices:
        raise SystemExit(f"{notices} were told of, and {came['accepted']} taken: {came}")
    print(json.dumps({"rate": rate, **weather, **came}), file=sys.stderr)
    return came


def spread(rounds: list[dict], name: str) -> dict:
    values = [r[name] for r in rounds]
    return {"median": statistics.median(values), "range": [min(values), max(values)]}


def ratio(over: dict, under: dict) -> float:
    return round(over["median"] / under["median"], 3)


def sign_strangers_up(file, many: int) -> None:
    """Accounts of nobody, in the order of their index: the file grows as it would have in years, in a minute."""
    random = Random(many)
    indexes = sorted(random.randbytes(32) for _ in range(many))
    with closing(sqlite3.connect(file)) as base:
        tenant, now = base.execute("SELECT tenant_id, since_ms FROM notice_account LIMIT 1").fetchone()
        insert = (
            "INSERT INTO notice_account (tenant_id, account_index, binding_id, follower_id, account_key, is_on, sides, least_fen, has_balance, "
            f"since_ms, changed_at_ms) VALUES ({tenant}, ?, -1, -1, 'a0', 1, 'both', 0, 0, {now}, {now})"
        )
        with base:
            base.executemany(insert, ((index,) for index in indexes))
        base.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def with_sign_ups(binary: str, count: int, notices: int, sign_ups: int) -> dict:
    """The same beside very many accounts of others, turn by turn with a folder that has none of them."""
    folders = {many: WORK / f"notices-kept-{many}" for many in (0, sign_ups)}
    rounds = {many: [] for many in folders}
    port = free_port()
    try:
        with wechat(binary, port) as url:
            for many, folder in folders.items():
                shutil.rmtree(folder, ignore_errors=True)
                told(binary, (folder, port, url), 2_000)
                sign_strangers_up(folder / "weiyin.db", many)
            for _ in range(count):
                for many, folder in folders.items():
                    rounds[many].append(told(binary, (folder, port, url), notices))
        size = sum(f.stat().st_size for f in folders[sign_ups].glob("weiyin.db*"))
    finally:
        for folder in folders.values():
            shutil.rmtree(folder, ignore_errors=True)
    without, beside = (spread(rounds[many], "notices_per_s") for many in folders)
    return {"sign_ups": sign_ups, "without": without, "beside_them": beside, "ratio": ratio(beside, without), "file_bytes": size}


def main() -> None:
    binary, count, notices, sign_ups, long = sys.argv[1], *map(int, sys.argv[2:6])
    result = {**describe(), "pinned": False, "rounds": count, "latency_ms": LATENCY_MS, "accounts": int(ACCOUNTS), "followers": int(FOLLOWERS)}
    fast, steady, slow = [], [], []
    for _ in range(count):
        fast.append(one(binary, notices))
        steady.append(one(binary, STEADY_S * STEADY, rate=STEADY))
        slow.append(one(binary, STEADY_S * STEADY, rate=STEADY, slow_appid="wxnotice0000000000", slow_ms=SLOW_MS))
    result["notices"] = notices
    result["notices_per_s"] = spread(fast, "notices_per_s")
    result["p95_event_to_accept_ms"] = spread(steady, "p95_ms")
    result["p99_event_to_accept_ms"] = spread(steady, "p99_ms")
    fine, beside = spread(steady, "others_p99_ms"), spread(slow, "others_p99_ms")
    result["others_p99_ms"] = {"all_fine": fine, "one_slow": beside, "slow_ms": SLOW_MS, "ratio": ratio(beside, fine)}
    if sign_ups:
        result["sign_ups"] = with_sign_ups(binary, count, notices, sign_ups)
    if long:
        came = one(binary, long)
        result["long"] = {"notices": long, "notices_per_s": came["notices_per_s"], "rss_kib_every_10_s": came["rss_kib"]}
    RESULT.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    for name in ("notices_per_s", "p95_event_to_accept_ms", "others_p99_ms", "sign_ups", "long"):
        if name in result:
            print(f"{name:<26} {json.dumps(result[name])}")


if __name__ == "__main__":
    main()

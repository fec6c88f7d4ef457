"""Measures transfers from the sealed sentence to 已转出: rounds on SQLite, and on PostgreSQL where one is named."""

import json
import shutil
import statistics
import subprocess
import sys

from machine import ROOT, describe
from postgres import find
from servers import WORK, Server, free_port

RESULT = ROOT / "bench/results/pay.json"
# Whole, and its parts: sentence to draft, page until the PIN is typed, order to 已转出.
TIMES = [f"{part}{p}_ms" for part in ("", "draft_", "page_", "order_") for p in ("p50", "p99")]


def one(binary: str, load: str, secs: str, payers: str, connections: str, database: str | None) -> dict:
    """One round on a fresh folder. The server has both cores: whoever pays and WeChat share them with it."""
    port, wechat = free_port(), free_port()
    data = WORK / f"pay-{port}"
    command = [
        binary, "bench-serve", "--data", data, "--port", port, "--followers", "0", "--payers", payers,
        "--wechat", f"http://127.0.0.1:{wechat}",
    ]
    if database:
        command += ["--database", database]
    server = Server(command, port, data, pinned=False)
    try:
        done = subprocess.run(
            [load, str(port), str(wechat), payers, connections, secs],
            capture_output=True, text=True, check=True, timeout=int(secs) + 180,
        )
    finally:
        server.stop()
        shutil.rmtree(data, ignore_errors=True)
    return json.loads(done.stdout)


def told(all_rounds: list[dict]) -> dict:
    figures = {}
    for name in ("per_s", *TIMES):
        values = [r[name] for r in all_rounds]
        figures[name] = {"median": statistics.median(values), "range": [min(values), max(values)]}
    for name in ("transfers", "not_done"):
        figures[name] = sum(r[name] for r in all_rounds)
    return figures


def main() -> None:
    binary, load, count, *how = sys.argv[1:]
    secs, payers, connections = how
    result = {**describe(), "rounds": int(count), "seconds": int(secs), "connections": int(connections), "payers": int(payers)}
    result["sqlite"] = told([one(binary, load, *how, None) for _ in range(int(count))])
    each = []
    for _ in range(int(count)):
        postgres, why = find()
        if postgres is None:
            print(why)
            break
        try:
            each.append(one(binary, load, *how, postgres.database))
        finally:
            postgres.drop()
    if each:
        result["postgres"] = told(each)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    for engine in ("sqlite", "postgres"):
        if engine in result:
            r = result[engine]
            per_s, p50, p99 = (r[name]["median"] for name in ("per_s", "p50_ms", "p99_ms"))
            print(f"{engine:<10} {per_s:>7.1f}/s  p50 {p50:.1f} ms  p99 {p99:.1f} ms  {r['transfers']} done, {r['not_done']} not")


if __name__ == "__main__":
    main()

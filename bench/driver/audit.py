"""A trail of many rows, sealed by the bank while it runs and proved from its first row afterwards.

The rows are put into the file as the bank itself would leave them: written, and not yet sealed. Exit code 0: measured. 1: a chain that
should be whole is not, or one that was changed passes. 2: it could not be measured.
"""

import contextlib
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

import machine
import servers

OUT = machine.ROOT / "bench/results/audit.json"
SEAL_WITHIN_S = 900
HOUR_MS = 3_600_000


def weiyin(binary: Path, *args, data: Path, may_fail: bool = False) -> subprocess.CompletedProcess:
    keys = data / "keys"
    env = os.environ | {
        "WEIYIN__DATABASE__URL": f"sqlite:{data / 'weiyin.db'}",
        "WEIYIN__CORE__URL": f"sqlite:{data / 'core.db'}",
        "WEIYIN__KEYS__MASTER_FILE": str(keys / "master.key"),
        "WEIYIN__KEYS__CORE_PIN_FILE": str(keys / "core-pin.key"),
        "WEIYIN__H5__SECURE_COOKIES": "false",
        # The demo's accounts stand under a platform; who proves a trail never speaks with it.
        "WEIYIN__WECHAT__COMPONENT_APPID": "wx0000000000000000",
        "WEIYIN__WECHAT__COMPONENT_SECRET": "-",
        "WEIYIN__WECHAT__COMPONENT_TOKEN": "-",
        "WEIYIN__WECHAT__COMPONENT_AES_KEY": "a" * 43,
    }
    return subprocess.run([binary, *args], env=env, capture_output=True, text=True, check=not may_fail)


@contextlib.contextmanager
def bank(binary: Path, data: Path):
    weiyin(binary, "demo", "--detach", "--port", str(servers.free_port()), "--data", data, data=data)
    try:
        yield
    finally:
        weiyin(binary, "demo-stop", "--data", data, data=data)


def database(data: Path) -> contextlib.closing:
    return contextlib.closing(sqlite3.connect(data / "weiyin.db", timeout=60))


def open_rows(data: Path) -> int:
    with database(data) as db:
        return db.execute("SELECT COUNT(*) FROM audit_open").fetchone()[0]


def write_rows(data: Path, rows: int) -> None:
    with database(data) as db:
        tenant, last, at = db.execute("SELECT tenant_id, MAX(id), MAX(at_ms) FROM audit GROUP BY tenant_id ORDER BY COUNT(*) DESC").fetchone()
        acts = ["balance.read", "payment.draft", "payment.send", "case.read", "notice.sent"]
        some = ((tenant, last + n, at + n * HOUR_MS // rows, f"follower:{n % 5000}", acts[n % 5], f"{n:016x}", "done", "from the menu") for n in range(1, rows + 1))
        db.executemany("INSERT INTO audit (tenant_id, id, at_ms, actor, act, subject, outcome, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", some)
        db.execute("INSERT INTO audit_open (tenant_id, audit_id) SELECT tenant_id, id FROM audit WHERE tenant_id = ? AND id > ?", (tenant, last))
        db.commit()


def sealed(binary: Path, data: Path, rows: int) -> float:
    """Rows a second while the bank seals them, its start included."""
    begun = time.monotonic()
    with bank(binary, data):
        while left := open_rows(data):
            if time.monotonic() - begun > SEAL_WITHIN_S:
                raise SystemExit(f"{left} of {rows} rows are not sealed after {SEAL_WITHIN_S} s")
            time.sleep(0.2)
        return rows / (time.monotonic() - begun)


def proved(binary: Path, data: Path) -> tuple[float, int, str]:
    begun = time.monotonic()
    done = weiyin(binary, "audit", "verify", data=data, may_fail=True)
    return time.monotonic() - begun, done.returncode, done.stdout + done.stderr


def changed(data: Path) -> None:
    with database(data) as db:
        db.execute("UPDATE audit SET outcome = 'refused' WHERE id = (SELECT audit_id FROM audit_chain ORDER BY seq DESC LIMIT 1 OFFSET 10)")
        db.commit()


def main(binary: Path, rows: int, rounds: int) -> int:
    data = servers.fresh_folder("audit")
    try:
        with bank(binary, data):
            pass
        write_rows(data, rows)
        rate = sealed(binary, data, rows)
        print(f"{rows:,} rows sealed, {rate:,.0f} a second", flush=True)
        seconds = []
        for at in range(rounds):
            took, code, told = proved(binary, data)
            if code != 0 or "BROKEN" in told:
                print(told, file=sys.stderr)
                return 1
            seconds.append(took)
            print(f"{at + 1}/{rounds}  proved in {took:.2f} s", flush=True)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        changed(data)
        _, code, told = proved(binary, data)
        if code == 0 or "BROKEN" not in told:
            print("a changed row was not found:", told, file=sys.stderr)
            return 1
        file_mib = (data / "weiyin.db").stat().st_size / 1024**2
    finally:
        shutil.rmtree(servers.WORK, ignore_errors=True)
    result = machine.describe() | {
        "rows": rows,
        "file_mib": round(file_mib),
        "sealed_per_s": round(rate),
        "proved_s": {"median": round(statistics.median(seconds), 2), "least": round(min(seconds), 2), "most": round(max(seconds), 2)},
        "proved_per_s": round(rows / statistics.median(seconds)),
        "peak_mib_of_all_processes": round(peak),
    }
    OUT.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3])))

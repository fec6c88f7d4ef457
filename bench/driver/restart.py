"""A bank with a large file, killed under load and begun anew: the time to `ready`, and to the first customer's answer.

Exit code 0: measured, however slow. 1: a wrong answer. 2: it could not be measured.
"""

import json
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import machine
import servers
from servers import Broken, Server

# Its load before it is killed.
LOAD_S = 3
OUT = machine.ROOT / "bench/results/restart.json"


def load_command(server: Server, followers: int, *flags) -> list[str]:
    command = [servers.LOAD, "--json", "--port", server.port, "--followers", followers, "--expect", "可用 1,", *flags]
    return [*map(str, command)]


def killed(server: Server, followers: int) -> None:
    """SIGKILL in the middle of load, by its own pid."""
    load = subprocess.Popen(load_command(server, followers, "--secs", LOAD_S, "--warm", 0), stdout=subprocess.DEVNULL)
    time.sleep(LOAD_S / 2)
    server.process.kill()
    server.process.wait()
    load.wait()


def answered(server: Server, followers: int) -> None:
    command = load_command(server, followers, "--count", 1, "--connections", 1)
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=60)
    told = json.loads(done.stdout)
    if done.returncode or told["bad"] or not told["turns_in_all"]:
        raise Broken(f"the first customer was not answered: {done.stdout.strip()} {server.last_words()}")


def one_round(binary: Path, data: Path, followers: int, server: Server) -> tuple[Server, dict]:
    killed(server, followers)
    log = Path(f"{data / 'weiyin.db'}-wal")
    wal_mib = log.stat().st_size / 1024**2 if log.exists() else 0.0
    begun = time.monotonic()
    server = servers.weiyin(binary, data, followers)
    ready = time.monotonic()
    answered(server, followers)
    told = {"wal_mib": round(wal_mib, 1), "ready_ms": (ready - begun) * 1000, "answered_ms": (time.monotonic() - begun) * 1000}
    return server, {name: round(value, 1) for name, value in told.items()}


def spread(rounds: list[dict], name: str) -> dict:
    values = [one[name] for one in rounds]
    return {"median": statistics.median(values), "least": min(values), "most": max(values)}


def main(binary: Path, count: int, followers: int) -> None:
    if not servers.can_serve(binary):
        raise Broken(f"{binary} has no bench-serve")
    data = servers.fresh_folder("restart")
    print(f"{followers:,} followers", flush=True)
    server = servers.weiyin(binary, data, followers)
    rounds = []
    try:
        for number in range(count):
            server, one = one_round(binary, data, followers, server)
            rounds.append(one)
            print(f"{number + 1}/{count}  ready {one['ready_ms']:.0f} ms, answered {one['answered_ms']:.0f} ms", flush=True)
        size = servers.sqlite_bytes(data) / 1024**2
    finally:
        server.stop()
        shutil.rmtree(servers.WORK, ignore_errors=True)
    result = {
        **machine.describe(),
        "pinned": machine.can_pin(),
        "followers": followers,
        "file_mib": round(size),
        "rounds": rounds,
        **{name: spread(rounds, name) for name in ("wal_mib", "ready_ms", "answered_ms")},
    }
    OUT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps({name: result[name] for name in ("file_mib", "ready_ms", "answered_ms")}))


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]).resolve(), int(sys.argv[2]), int(sys.argv[3]))
    except Broken as why:
        print(why, file=sys.stderr)
        sys.exit(2)

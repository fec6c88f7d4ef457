"""What a turn costs, side by side: the bare echo, Python, Weiyin on both engines. Never a timed test.

Exit code 0: measured, however slow. 1: a server gave wrong answers. 2: it could not be measured.
See bench/README.md for the settings.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import machine
import postgres
import report
import servers
from servers import Broken, Server

BIG = os.environ.get("BIG", "0") == "1"


def setting(name: str, default: int) -> int:
    return int(os.environ.get(name, default))


ROUNDS = setting("ROUNDS", 5)
SECS = setting("SECS", 5)
WARM = setting("WARM", 1)
CONNECTIONS = setting("CONNECTIONS", 64)
FOLLOWERS = setting("FOLLOWERS", 1_000_000 if BIG else 100_000)
MEMORY_FOLLOWERS = setting("MEMORY_FOLLOWERS", 1_000_000 if BIG else 200_000)
BIG_TURNS = setting("BIG_TURNS", 10_000_000)
HALF_LOAD_WINDOWS = 3
WEIYIN = Path(os.environ.get("WEIYIN_BIN", machine.ROOT / "target/dist/weiyin"))
TURN_COST = machine.ROOT / "target/dist/examples/turn_cost"
# In every right answer to 余额; the sum behind it depends on the follower.
EXPECTED = "可用 1,"


class Bench:
    def __init__(self, stack: contextlib.ExitStack):
        self.stack = stack
        self.notes: list[str] = []
        self.wrong = 0
        self.stored: dict[str, int] = {"durable": 0, "pg": 0}

    def load(self, server: Server, *flags, secs: int = SECS, plain: bool = False, limit_s: int = 120) -> dict:
        """One run of the generator; only the measured window is in the numbers."""
        command = [*machine.on_core(1), servers.LOAD, "--json", "--port", server.port, "--warm", WARM, "--secs", secs]
        command += ["--connections", CONNECTIONS, "--followers", FOLLOWERS, *flags]
        command += ["--plain"] if plain else ["--expect", EXPECTED]
        for pid in [server.pid, *server.others]:
            command += ["--pid", pid]
        done = subprocess.run(
            [*map(str, command)], stdout=subprocess.PIPE, text=True, timeout=WARM + secs + limit_s
        )
        if done.returncode not in (0, 1):
            raise Broken("the load generator failed")
        told = json.loads(done.stdout)
        if server.process.poll() is not None or not told["turns"] + told["bad"]:
            counts = f"{told['errors']} errors, {told['acked']} only acknowledged"
            raise Broken(f"a server gave no answers ({counts}): {server.last_words()}")
        self.wrong += told["bad"]
        return told

    def running(self, server: Server) -> Server:
        self.stack.callback(server.stop)
        return server

    def start(self) -> dict[str, Server]:
        """Everything that can be measured here, all of it at once: idle servers cost next to nothing."""
        found = {"echo": self.running(servers.echo())}
        if servers.PYTHON.exists():
            found["python"] = self.running(servers.wechatpy())
        else:
            self.notes.append("wechatpy left out: its packages could not be installed")
        if not servers.can_serve(WEIYIN):
            self.notes.append("Weiyin left out: there is no release binary with bench-serve")
            return found
        say(f"Weiyin on SQLite: {FOLLOWERS:,} followers")
        data = servers.fresh_folder("sqlite")
        found["durable"] = self.running(servers.weiyin(WEIYIN, data, FOLLOWERS))
        self.postgres, why_not = postgres.find()
        if self.postgres is None:
            self.notes.append(why_not)
            return found
        self.stack.callback(self.postgres.drop)
        say(f"Weiyin on PostgreSQL: {FOLLOWERS:,} followers")
        data = servers.fresh_folder("postgres")
        found["pg"] = self.running(servers.weiyin(WEIYIN, data, FOLLOWERS, self.postgres.database))
        if not self.postgres.adopt(found["pg"]):
            self.notes.append("PostgreSQL's processes are not pinned or not counted")
        return found

    def round(self, number: int, found: dict[str, Server]) -> dict:
        """Every row once, each round beginning with another one."""
        rows = [(name, name, []) for name in found]
        rows += [(f"{name}_close", name, ["--close"]) for name in ("echo", "durable") if name in found]
        at = number % len(rows)
        told = {"round": number}
        for row, name, flags in rows[at:] + rows[:at]:
            one = self.load(found[name], *flags, plain=name == "echo")
            told[row] = one
            if name in self.stored:
                self.stored[name] += one["turns_in_all"]
            say(f"round {number}/{ROUNDS}  {report.LABELS[row]:34}{one['rps']:>10,.0f}/s  {one['p99_ms']:.1f} ms p99")
        return told

    def half_load(self, server: Server, rps: float) -> dict:
        """Open loop at half of what the closed loop reached: the median window by p99."""
        rate = max(1, round(rps / 2))
        flags = ["--rate", rate, "--connections", 256]
        told = [self.load(server, *flags, secs=SECS) for _ in range(HALF_LOAD_WINDOWS)]
        told.sort(key=lambda one: one["p99_ms"])
        keep = ("p50_ms", "p99_ms", "p999_ms", "max_ms", "errors", "acked", "foreign_cores")
        return {"rate": rate, **{name: told[HALF_LOAD_WINDOWS // 2][name] for name in keep}}

    def fill(self, server: Server, turns: int, followers: int, *flags) -> int:
        """Sends exactly so many messages, fast; gives how many were answered."""
        done = self.load(
            server, "--count", turns, "--connections", 256, "--followers", followers, *flags, limit_s=turns // 500 + 60
        )
        return done["turns_in_all"]

    def memory(self) -> dict:
        """Growth by a million followers who each wrote once, beside as many turns of a thousand followers."""
        used = {}
        for name, followers in (("few", 1_000), ("many", MEMORY_FOLLOWERS)):
            say(f"memory: {MEMORY_FOLLOWERS:,} turns of {followers:,} followers")
            server = servers.weiyin(WEIYIN, servers.fresh_folder("memory"), followers)
            try:
                ready = server.memory_mib()
                self.fill(server, MEMORY_FOLLOWERS, followers, "--walk")
                used[name] = {"followers": followers, "ready_mib": ready, "after_mib": server.memory_mib()}
            finally:
                server.stop()
        growth = used["many"]["after_mib"] - used["few"]["after_mib"]
        return {"rss_per_million": round(growth / MEMORY_FOLLOWERS * 1e6, 1), "memory": used}

    def stored_turns(self) -> dict:
        """The same bank with a tenth of the turns and with all of them, in alternating windows."""
        with contextlib.ExitStack() as stack:
            both = []
            for turns in (BIG_TURNS // 10, BIG_TURNS):
                say(f"storing {turns:,} turns")
                data = servers.fresh_folder(f"stored-{turns}")
                server = servers.weiyin(WEIYIN, data, FOLLOWERS)
                stack.callback(server.stop)
                both.append((server, self.fill(server, turns, FOLLOWERS)))
            each = [[self.load(server)["rps"] for server, _ in both] for _ in range(ROUNDS)]
        return {
            "turns": [turns for _, turns in both],
            "rps": each,
            "ratio": report.middle([many / few for few, many in each]),
        }


def crypto_us() -> float | None:
    """Crypto, XML and envelope of one turn alone, as the wechat crate's own example measures it."""
    found = re.search(r"one turn\s+([\d.]+)", machine.output(*machine.on_core(0), str(TURN_COST)))
    return float(found[1]) if found else None


def measure(stack: contextlib.ExitStack) -> tuple[dict, int]:
    bench = Bench(stack)
    crypto = crypto_us()
    found = bench.start()
    size = {"durable": lambda: servers.sqlite_bytes(found["durable"].data), "pg": lambda: bench.postgres.bytes()}
    engines = {"durable": "sqlite", "pg": "postgresql"}
    here = [name for name in engines if name in found]
    before = {name: size[name]() for name in here}
    rounds = [bench.round(number, found) for number in range(1, ROUNDS + 1)]
    told = report.summarize(rounds)
    grown = {n: (size[n]() - before[n]) / max(1, bench.stored[n]) for n in here}
    half = {engines[n]: bench.half_load(found[n], told["medians"][n]["rps"]) for n in here}
    memory = {name: found[name].memory_mib() for name in found}
    settings = {
        "rounds": ROUNDS, "secs": SECS, "warm": WARM, "connections": CONNECTIONS, "followers": FOLLOWERS,
        "memory_followers": MEMORY_FOLLOWERS, "postgres": bench.postgres.settings() if "pg" in found else None,
    }
    stack.close()
    result = {
        **machine.describe(), "settings": settings, **told, "half_load": half,
        "bytes_per_turn": {engines[n]: round(grown[n], 1) for n in here},
        "rss_mib": memory,
        **(bench.memory() if "durable" in found and MEMORY_FOLLOWERS else {}),
        "stored": bench.stored_turns() if BIG and "durable" in found else None,
        "crypto_us": crypto, "notes": bench.notes + report.noise(rounds), "rounds": rounds,
    }
    return result, bench.wrong


def say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> int:
    # Ctrl-C and SIGTERM both unwind, so that everything started here ends here.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))
    try:
        with contextlib.ExitStack() as stack:
            result, wrong = measure(stack)
    except (Broken, subprocess.SubprocessError) as why:
        say(f"bench: {why}")
        return 2
    except KeyboardInterrupt:
        say("bench: stopped; nothing was recorded")
        return 2
    finally:
        shutil.rmtree(servers.WORK, ignore_errors=True)
    report.save(result)
    print(report.table(result))
    if wrong:
        say(f"bench: {wrong} wrong answers")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

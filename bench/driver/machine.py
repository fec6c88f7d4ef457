"""What was measured, and on what: the machine and the commit, without names of people or hosts."""

import os
import platform
import shutil
import subprocess
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def output(*command: str) -> str:
    """What a program prints, or nothing when it cannot run."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def describe() -> dict:
    changed = output("git", "status", "--porcelain", "--", "crates", "flows", "migrations", "Cargo.lock")
    return {
        "machine": f"{cpu_model()}, {platform.system()} {platform.release()}, {memory_gib()} GiB",
        "cores": os.cpu_count(),
        "pinned": can_pin(),
        "commit": output("git", "rev-parse", "HEAD") + ("+changes" if changed else ""),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "rust": output("rustc", "--version"),
    }


def cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def memory_gib() -> int:
    kib = int(Path("/proc/meminfo").read_text().split()[1])
    return round(kib / 1024 / 1024)


def can_pin() -> bool:
    """Servers on core 0 and the generator on core 1 needs both, and taskset."""
    return shutil.which("taskset") is not None and {0, 1} <= os.sched_getaffinity(0)


def on_core(core: int) -> list[str]:
    return ["taskset", "-c", str(core)] if can_pin() else []


def resident_mib(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return round(int(line.split()[1]) / 1024, 1)
    return 0.0

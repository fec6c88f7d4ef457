"""The servers that are measured: started on loopback, waited for, ended by their own pid."""

import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import threading
from pathlib import Path

from machine import ROOT, on_core, resident_mib

LOAD = ROOT / "target/bench/release/load"
ECHO = ROOT / "target/bench/release/echo"
PYTHON = ROOT / "bench/.venv/bin/python"
# On the disk that is measured, one folder a run.
WORK = ROOT / "bench/work" / str(os.getpid())
# A million followers are seeded before a server is ready.
READY_S = 1800
STOP_S = 30


class Broken(Exception):
    """The measurement cannot go on, in words that say why."""


class Server:
    """A process that prints `ready` when it listens."""

    def __init__(self, command: list, port: int, data: Path | None = None, pinned: bool = True):
        self.port = port
        self.data = data
        self.others: list[int] = []  # processes that work for it, such as PostgreSQL's
        WORK.mkdir(parents=True, exist_ok=True)
        self.log = (WORK / f"{port}.log").open("w+")
        self.process = subprocess.Popen(
            [*(on_core(0) if pinned else []), *map(str, command)], stdout=subprocess.PIPE, stderr=self.log, text=True
        )
        self.pid = self.process.pid
        try:
            self.wait_ready()
        except BaseException:
            self.stop()
            raise

    def wait_ready(self) -> None:
        # A server that never gets ready is ended; then reading its output ends too.
        timer = threading.Timer(READY_S, self.process.kill)
        timer.start()
        try:
            for line in self.process.stdout:
                if line.strip() == "ready":
                    return
        finally:
            timer.cancel()
        raise Broken(f"a server did not get ready: {self.last_words()}")

    def last_words(self) -> str:
        self.log.seek(0)
        return (self.log.read()[-500:] or "it said nothing").strip()

    def memory_mib(self) -> float:
        return resident_mib(self.pid)

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def free_port() -> int:
    """A port whose successor is free too: Weiyin's staff side takes that one."""
    for _ in range(100):
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = first.getsockname()[1]
            # Servers take a port whose last connections are not forgotten yet, too.
            second.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError, OverflowError):
                second.bind(("127.0.0.1", port + 1))
                return port
    raise Broken("no free port on 127.0.0.1")


def echo() -> Server:
    port = free_port()
    return Server([ECHO, port], port)


def wechatpy() -> Server:
    port = free_port()
    return Server([PYTHON, ROOT / "bench/peers/wechatpy_echo.py", port], port)


def weiyin(binary: Path, data: Path, followers: int, database: str | None = None) -> Server:
    """The real bank, with `followers` bound followers in `data` (or in `database`)."""
    port = free_port()
    data.mkdir(parents=True, exist_ok=True)
    command = [binary, "bench-serve", "--data", data, "--port", port, "--followers", followers]
    if database:
        command += ["--database", database]
    return Server(command, port, data)


def can_serve(binary: Path) -> bool:
    """Whether this program knows the benchmark's arrangement."""
    if not binary.exists():
        return False
    return subprocess.run([binary, "bench-serve", "--help"], capture_output=True).returncode == 0


def sqlite_bytes(data: Path) -> int:
    """Bytes in use in the bank's own database; pages still in the write-ahead log count, free pages do not."""
    with contextlib.closing(sqlite3.connect(f"file:{data / 'weiyin.db'}?mode=ro", uri=True)) as db:
        number = lambda name: db.execute(f"PRAGMA {name}").fetchone()[0]
        return (number("page_count") - number("freelist_count")) * number("page_size")


def fresh_folder(name: str) -> Path:
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder

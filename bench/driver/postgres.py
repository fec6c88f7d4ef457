"""A PostgreSQL on loopback: a database of our own, dropped at the end, and which processes work for it."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from machine import can_pin
from servers import Server

DEFAULT = "postgres://postgres@127.0.0.1:5432/postgres"
SETTINGS = ["server_version", "fsync", "synchronous_commit", "wal_sync_method", "shared_buffers", "max_wal_size", "jit"]


class Postgres:
    def __init__(self, url: str):
        self.url = url
        self.name = f"weiyin_bench_{os.getpid()}"
        self.ask(f"CREATE DATABASE {self.name}")

    @property
    def database(self) -> str:
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{self.name}"))

    def ask(self, sql: str) -> str:
        command = ["psql", self.url, "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", sql]
        return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.strip()

    def settings(self) -> dict:
        return {name: self.ask(f"SHOW {name}") for name in SETTINGS}

    def bytes(self) -> int:
        return int(self.ask(f"SELECT pg_database_size('{self.name}')"))

    def adopt(self, server: Server) -> bool:
        """Counts PostgreSQL's processes as this server's, and puts its connections on the server's core."""
        backend = int(self.ask("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'") or 0)
        parent = parent_of(backend)
        if parent is None:
            return False
        server.others = [parent]
        if not can_pin():
            return True
        pids = self.ask(f"SELECT pid FROM pg_stat_activity WHERE datname = '{self.name}'").split()
        pinned = [subprocess.run(["taskset", "-cp", "0", pid], capture_output=True) for pid in pids]
        return all(p.returncode == 0 for p in pinned)

    def drop(self) -> None:
        self.ask(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


def parent_of(pid: int) -> int | None:
    """The server process above one of its own; `None` when it runs elsewhere."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    return int(stat.rsplit(")", 1)[1].split()[1]) if "(postgres)" in stat else None


def find() -> tuple[Postgres | None, str]:
    """A PostgreSQL to use, or why there is none."""
    url = os.environ.get("BENCH_POSTGRES_URL") or os.environ.get("TEST_POSTGRES_URL") or DEFAULT
    if urlsplit(url).hostname not in ("127.0.0.1", "localhost", "::1"):
        return None, "PostgreSQL left out: its URL is not on loopback"
    if shutil.which("psql") is None:
        return None, "PostgreSQL left out: there is no psql"
    try:
        return Postgres(url), ""
    except subprocess.SubprocessError:
        return None, "PostgreSQL left out: none answers; name one with BENCH_POSTGRES_URL"

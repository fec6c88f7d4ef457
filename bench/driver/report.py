"""Numbers made of the rounds: medians, ranges, ratios; a table for the terminal and one file for the record."""

import json
import textwrap
from pathlib import Path
from statistics import median

RESULT = Path(__file__).resolve().parents[1] / "results/turn.json"

LABELS = {
    "echo": "bare echo (axum)",
    "python": "wechatpy + FastAPI, no storage",
    "durable": "Weiyin, SQLite, fsync",
    "pg": "Weiyin, PostgreSQL",
    "echo_close": "bare echo, connection per request",
    "durable_close": "Weiyin SQLite, conn. per request",
}
# name: what is divided by what, which number, and the goal
RATIOS = {
    "durable_vs_echo": ("durable", "echo", "rps", ">= 0.25"),
    "durable_vs_python": ("durable", "python", "rps", ">= 8"),
    "pg_vs_echo": ("pg", "echo", "rps", ">= 0.12"),
    "durable_vs_echo_cpu": ("durable", "echo", "cpu_us", "<= 4.5"),
    "close_vs_keep_alive_cpu": ("durable_close", "durable", "cpu_us", "<= 2"),
}
SHOWN = ["rps", "p50_ms", "p99_ms", "p999_ms", "cpu_us", "foreign_cores", "generator_cores"]


def summarize(rounds: list[dict]) -> dict:
    """Ratios are taken inside each round, because the machine drifts between rounds; then their median counts."""
    names = [name for name in LABELS if any(name in r for r in rounds)]
    rows = {name: [r[name] for r in rounds if name in r] for name in names}
    column = lambda name, what: [row[what] for row in rows[name] if row[what] is not None]
    medians = {n: {w: middle(column(n, w)) for w in SHOWN} for n in names}
    ranges = {n: {w: span(column(n, w)) for w in ("rps", "p99_ms", "cpu_us")} for n in names}
    ratios, ratio_ranges = {}, {}
    for name, (top, bottom, what, _) in RATIOS.items():
        each = [r[top][what] / r[bottom][what] for r in rounds if all(r.get(n, {}).get(what) for n in (top, bottom))]
        if each:
            ratios[name], ratio_ranges[name] = middle(each), span(each)
    return {"medians": medians, "ranges": ranges, "ratios": ratios, "ratio_ranges": ratio_ranges}


def middle(values: list[float]) -> float | None:
    return round(median(values), 4) if values else None


def span(values: list[float]) -> list[float] | None:
    return [round(min(values), 4), round(max(values), 4)] if values else None


def cell(value: float | None, form: str, width: int) -> str:
    return f"{'-' if value is None else format(value, form):>{width}}"


def table(result: dict) -> str:
    lines = ["", f"{'':34}{'turns/s':>10}{'p50 ms':>9}{'p99 ms':>9}{'CPU µs':>9}{'x echo':>8}"]
    echo = result["medians"].get("echo", {}).get("rps")
    for name, row in result["medians"].items():
        cells = [cell(row["rps"], ",.0f", 10), cell(row["p50_ms"], ".2f", 9), cell(row["p99_ms"], ".2f", 9)]
        cells += [cell(row["cpu_us"], ".1f", 9), cell(row["rps"] / echo if echo else None, ".2f", 8)]
        lines.append(f"{LABELS[name]:34}{''.join(cells)}")
    lines += ["", f"{'':34}{'median':>10}{'range':>18}{'goal':>16}"]
    for name, value in result["ratios"].items():
        low, high = result["ratio_ranges"][name]
        lines.append(f"{name.replace('_', ' '):34}{value:>10.2f}{f'{low:.2f} - {high:.2f}':>18}{RATIOS[name][3]:>16}")
    lines += [f"{words:34}{value:>10}{'':18}{goal:>16}".rstrip() for words, value, goal in singles(result)]
    lines.append("")
    for note in result["notes"]:
        lines += textwrap.wrap(f"! {note}", 80, subsequent_indent="  ")
    return "\n".join(lines)


def singles(result: dict) -> list[tuple[str, str, str]]:
    """The numbers that are no ratio of two rows, as (words, value, goal)."""
    found = []
    for engine, half in result["half_load"].items():
        words = f"p99 at half load, {engine}, ms"
        found.append((words, f"{half['p99_ms']:.1f}", "<= 10" if engine == "sqlite" else ""))
    for engine, size in result["bytes_per_turn"].items():
        found.append((f"bytes a turn, {engine}", f"{size:.0f}", "<= 450" if engine == "sqlite" else ""))
    if result.get("stored"):
        found.append(("speed at 10x stored turns", f"{result['stored']['ratio']:.2f}", ">= 0.9"))
    if result.get("rss_per_million"):
        found.append(("MiB a million known followers", f"{result['rss_per_million']:.0f}", "<= 200"))
    if result.get("crypto_us"):
        found.append(("crypto, XML, envelope, µs", f"{result['crypto_us']:.2f}", "<= 6"))
    return found


def noise(rounds: list[dict]) -> list[str]:
    """What makes the numbers doubtful, in words."""
    every = [(r["round"], name, row) for r in rounds for name, row in r.items() if name in LABELS]
    notes = []
    loud = [(n, name) for n, name, row in every if row["foreign_cores"] > 0.15]
    if loud:
        notes.append(f"{len(loud)} of {len(every)} windows had more than 0.15 core of other work")
    for name in {name for _, name, row in every if row["generator_cores"] > 0.9}:
        notes.append(f"{LABELS[name]}: the generator was over 90 % busy; the server can do more")
    for n, name, row in every:
        if row["errors"] or row["acked"]:
            notes.append(f"round {n}, {LABELS[name]}: {row['errors']} errors, {row['acked']} only acknowledged")
    return notes


def save(result: dict) -> None:
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")

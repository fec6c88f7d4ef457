"""python3 -m unittest discover bench/driver"""

import unittest

import report


def row(rps, cpu_us=10.0, **more):
    zero = {"p50_ms": 1.0, "p99_ms": 2.0, "p999_ms": 3.0, "foreign_cores": 0.0, "generator_cores": 0.5}
    return {**zero, "rps": rps, "cpu_us": cpu_us, "errors": 0, "acked": 0, **more}


def result(rounds):
    rest = {"half_load": {"sqlite": {"p99_ms": 4.0}}, "bytes_per_turn": {"sqlite": 380.0, "postgresql": 650.0}}
    return {**report.summarize(rounds), **rest, "notes": report.noise(rounds), "crypto_us": 5.1}


class Report(unittest.TestCase):
    def test_ratios_are_taken_inside_a_round(self):
        # the machine was half as fast in the second round: the ratio is the same
        rounds = [{"round": 1, "echo": row(100.0), "durable": row(25.0)}]
        rounds += [{"round": 2, "echo": row(50.0), "durable": row(12.5)}]
        told = report.summarize(rounds)
        self.assertEqual(told["ratios"]["durable_vs_echo"], 0.25)
        self.assertEqual(told["ratio_ranges"]["durable_vs_echo"], [0.25, 0.25])
        self.assertNotIn("pg_vs_echo", told["ratios"])

    def test_the_table_fits_a_terminal(self):
        every = {name: row(1_234_567.0, 12_345.6, foreign_cores=0.4, errors=1234) for name in report.LABELS}
        text = report.table(result([{"round": n, **every} for n in range(1, 6)]))
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_a_server_without_right_answers_has_no_cost(self):
        rounds = [{"round": 1, "echo": row(100.0), "durable": row(0.0, None)}]
        self.assertIn("Weiyin, SQLite, fsync", report.table(result(rounds)))

    def test_noise_is_said(self):
        loud = row(100.0, foreign_cores=0.5, generator_cores=0.95, errors=3)
        notes = " ".join(report.noise([{"round": 1, "echo": loud}]))
        for words in ("1 of 1 windows", "over 90 % busy", "3 errors"):
            self.assertIn(words, notes)


if __name__ == "__main__":
    unittest.main()

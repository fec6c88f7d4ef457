//! What is counted in the measured window, and the numbers made of it.

use crate::cpu::Sample;
use crate::traffic::Verdict;
use serde_json::{Value, json};

#[derive(Default)]
pub(crate) struct Tally {
    answered: u64,
    acked: u64,
    refused: u64,
    wrong: u64,
    /// Connections refused, reset, timed out or closed before the answer.
    broken: u64,
    /// Of every answer, in microseconds.
    waits: Vec<u32>,
    /// Right answers outside the window: warming up, and the last ones.
    answered_outside: u64,
    /// Wrong answers outside the window count too: none may be missed.
    wrong_outside: u64,
}

/// The measured window: how long, and the processors' time in it.
pub(crate) struct Window {
    pub(crate) us: u64,
    pub(crate) before: Sample,
    pub(crate) after: Sample,
}

impl Tally {
    pub(crate) fn add(&mut self, verdict: Verdict, wait_us: u64, is_inside: bool) {
        if !is_inside {
            self.answered_outside += u64::from(verdict == Verdict::Answered);
            self.wrong_outside += u64::from(verdict == Verdict::Wrong);
            return;
        }
        match verdict {
            Verdict::Answered => {
                self.answered += 1;
                self.waits.push(u32::try_from(wait_us).unwrap_or(u32::MAX));
            }
            Verdict::Acked => self.acked += 1,
            Verdict::Refused => self.refused += 1,
            Verdict::Wrong => self.wrong += 1,
        }
    }

    pub(crate) fn add_broken(&mut self) {
        self.broken += 1;
    }

    pub(crate) fn is_wrong(&self) -> bool {
        self.wrong + self.wrong_outside > 0
    }

    /// Times in ms, CPU in µs a turn and in cores, as flat JSON.
    pub(crate) fn report(mut self, window: &Window) -> Value {
        self.waits.sort_unstable();
        let us = float(window.us.max(1));
        let used = |of: fn(&Sample) -> u64| of(&window.after).saturating_sub(of(&window.before));
        let (servers, own) = (used(|s| s.servers), used(|s| s.own));
        let foreign = used(|s| s.machine).saturating_sub(servers + own);
        json!({
            "rps": round(float(self.answered) * 1e6 / us, 1),
            "p50_ms": self.wait_ms(500),
            "p90_ms": self.wait_ms(900),
            "p99_ms": self.wait_ms(990),
            "p999_ms": self.wait_ms(999),
            "max_ms": self.wait_ms(1000),
            "turns": self.answered,
            "turns_in_all": self.answered + self.answered_outside,
            "acked": self.acked,
            "errors": self.refused + self.broken,
            "bad": self.wrong + self.wrong_outside,
            "cpu_us": (self.answered > 0).then(|| round(float(servers) / float(self.answered), 2)),
            "server_cores": round(float(servers) / us, 3),
            "generator_cores": round(float(own) / us, 3),
            "foreign_cores": round(float(foreign) / us, 3),
            "secs": round(us / 1e6, 3),
        })
    }

    /// The wait that `per_mille` of all answers did not exceed.
    fn wait_ms(&self, per_mille: usize) -> f64 {
        let at = (self.waits.len() * per_mille).div_ceil(1000).saturating_sub(1);
        round(f64::from(self.waits.get(at).copied().unwrap_or(0)) / 1000.0, 3)
    }
}

/// Exact to 2^32 and close enough above.
fn float(n: u64) -> f64 {
    let low = u32::try_from(n & 0xffff_ffff).unwrap_or(0);
    let high = u32::try_from(n >> 32).unwrap_or(0);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

fn round(value: f64, digits: i32) -> f64 {
    let unit = 10_f64.powi(digits);
    (value * unit).round() / unit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_taken_from_the_waits_in_order() {
        let mut tally = Tally::default();
        for wait in (1..=1000).rev() {
            tally.add(Verdict::Answered, wait * 1000, true);
        }
        tally.add(Verdict::Answered, 9_000_000, false);
        let window = Window { us: 2_000_000, before: Sample::default(), after: Sample::default() };
        let told = tally.report(&window);
        assert_eq!((&told["p50_ms"], &told["p99_ms"]), (&json!(500.0), &json!(990.0)));
        assert_eq!((&told["p999_ms"], &told["max_ms"]), (&json!(999.0), &json!(1000.0)));
        assert_eq!((&told["rps"], &told["turns"]), (&json!(500.0), &json!(1000)));
    }

    #[test]
    fn a_wrong_answer_outside_the_window_is_not_forgotten() {
        let mut tally = Tally::default();
        tally.add(Verdict::Wrong, 1, false);
        assert!(tally.is_wrong());
    }

    #[test]
    fn foreign_time_is_what_neither_side_used() {
        let mut tally = Tally::default();
        tally.add(Verdict::Answered, 1, true);
        let after = Sample { servers: 900_000, own: 500_000, machine: 1_500_000 };
        let told = tally.report(&Window { us: 1_000_000, before: Sample::default(), after });
        assert_eq!((&told["cpu_us"], &told["foreign_cores"]), (&json!(900_000.0), &json!(0.1)));
    }
}

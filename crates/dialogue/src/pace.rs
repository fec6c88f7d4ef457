//! How well the customer follows: who asks twice to hear it again, or takes long over each answer, is spoken to in elder words.
//!
//! The customer's own switch counts more, either way. Not for: the switch itself; that is an item.

use crate::lines;
use crate::scene::Scene;
use crate::seat::PATIENCE_MS;

/// An answer that takes longer is slow; past the patience the question has been put away anyway.
const SLOW_MS: i64 = 3 * 60_000;
const TIMES: u8 = 2;

impl Scene<'_> {
    /// Called when the last words are asked for once more.
    pub(crate) fn asked_again(&mut self) {
        self.seat.repeats = self.seat.repeats.saturating_add(1);
        self.simpler(self.seat.repeats);
    }

    /// Called with every message that says something: was it slow in coming?
    pub(crate) fn keep_pace(&mut self) {
        let took = self.now.since(self.seat.at);
        if self.seat.task.is_none() || !(0..PATIENCE_MS).contains(&took) {
            return;
        }
        if took < SLOW_MS {
            self.seat.slow = 0;
            return;
        }
        self.seat.slow = self.seat.slow.saturating_add(1);
        self.simpler(self.seat.slow);
    }

    fn simpler(&mut self, times: u8) {
        if times == TIMES && self.seat.elder.is_none() && !self.elder() {
            self.seat.elder = Some(true);
            self.seat.lead.push_str(lines::SIMPLER);
            self.seat.lead.push('\n');
        }
    }
}

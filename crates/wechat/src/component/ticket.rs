//! The last verify tickets of a platform: which to use, and whether they still arrive.

use crate::token::TICKET_LIFE_MS;
use base::{Secret, Time};
use serde::{Deserialize, Serialize};

/// So many tickets are kept.
pub const TICKETS_MAX: usize = 5;
/// Tickets come every 10 minutes; past this something is wrong (22.2, 23).
pub const TICKET_LATE_MS: i64 = 30 * 60_000;

/// Whether verify tickets arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The newest is younger than [`TICKET_LATE_MS`].
    Good { age_ms: i64 },
    /// Still usable, but the next should have come: call `start_push_ticket` and tell an operator.
    Late { age_ms: i64 },
    /// None that WeChat still accepts.
    Missing,
}

#[derive(Clone, Serialize, Deserialize)]
struct Line {
    ticket: String,
    created_ms: i64,
}

/// Newest first.
#[derive(Default)]
pub(crate) struct Tickets(Vec<(Secret<String>, Time)>);

impl Tickets {
    /// Text that cannot be read counts as no tickets: the next push heals it.
    pub(crate) fn read(text: Option<&Secret<String>>) -> Self {
        let lines: Vec<Line> =
            text.and_then(|t| serde_json::from_str(t.reveal()).ok()).unwrap_or_default();
        let of = |l: Line| (Secret::new(l.ticket), Time::of_ms(l.created_ms));
        Self(lines.into_iter().map(of).collect())
    }

    pub(crate) fn write(&self) -> Secret<String> {
        let lines: Vec<Line> = self
            .0
            .iter()
            .map(|(t, c)| Line { ticket: t.reveal().clone(), created_ms: c.ms() })
            .collect();
        // Two plain fields always serialise; an empty text would read as no tickets.
        Secret::new(serde_json::to_string(&lines).unwrap_or_default())
    }

    /// True when the list changed: the same ticket again, or one older than all we keep, changes nothing.
    pub(crate) fn add(&mut self, ticket: &Secret<String>, created: Time) -> bool {
        if let Some(at) = self.0.iter().position(|(t, _)| t.reveal() == ticket.reveal()) {
            if self.0[at].1 >= created {
                return false;
            }
            self.0.remove(at);
        }
        let at = self.0.partition_point(|&(_, c)| c >= created);
        if at >= TICKETS_MAX {
            return false;
        }
        self.0.insert(at, (ticket.clone(), created));
        self.0.truncate(TICKETS_MAX);
        true
    }

    /// Newest first, without those that have expired.
    pub(crate) fn usable(&self, now: Time) -> impl Iterator<Item = &Secret<String>> {
        self.0.iter().filter(move |&&(_, c)| now.since(c) < TICKET_LIFE_MS).map(|(t, _)| t)
    }

    pub(crate) fn health(&self, now: Time) -> Health {
        match self.0.first().map(|&(_, created)| now.since(created)) {
            Some(age_ms) if age_ms < TICKET_LATE_MS => Health::Good { age_ms },
            Some(age_ms) if age_ms < TICKET_LIFE_MS => Health::Late { age_ms },
            _ => Health::Missing,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Time {
        Time::of_secs(minute * 60)
    }
    fn secret(s: &str) -> Secret<String> {
        Secret::new(s.to_owned())
    }
    fn order(t: &Tickets, now: Time) -> Vec<String> {
        t.usable(now).map(|s| s.reveal().clone()).collect()
    }

    #[test]
    fn the_newest_create_time_wins_whatever_the_order_of_arrival() {
        let mut t = Tickets::default();
        assert!(t.add(&secret("b"), at(20)));
        assert!(t.add(&secret("a"), at(10)));
        assert!(t.add(&secret("c"), at(30)));
        assert!(!t.add(&secret("c"), at(30)), "a repeat changes nothing");
        assert_eq!(order(&t, at(31)), ["c", "b", "a"]);
        assert_eq!(order(&Tickets::read(Some(&t.write())), at(31)), ["c", "b", "a"]);
    }

    #[test]
    fn only_the_last_few_are_kept_and_expired_ones_are_not_used() {
        let mut t = Tickets::default();
        for n in 0..9 {
            t.add(&secret(&n.to_string()), at(n * 10));
        }
        assert_eq!(order(&t, at(81)).len(), TICKETS_MAX);
        assert!(!t.add(&secret("old"), at(1)));
        assert_eq!(order(&t, at(80 + 12 * 60 - 1)), ["8"]);
        assert!(order(&t, at(80 + 12 * 60)).is_empty());
    }

    #[test]
    fn health_goes_from_good_to_late_to_missing() {
        let mut t = Tickets::default();
        assert_eq!(t.health(at(0)), Health::Missing);
        t.add(&secret("a"), at(0));
        assert_eq!(t.health(at(29)), Health::Good { age_ms: 29 * 60_000 });
        assert_eq!(t.health(at(30)), Health::Late { age_ms: 30 * 60_000 });
        assert_eq!(t.health(at(720)), Health::Missing);
    }

    #[test]
    fn unreadable_text_counts_as_no_tickets() {
        assert_eq!(Tickets::read(Some(&secret("{"))).health(at(0)), Health::Missing);
    }
}

//! The nonces that came lately, each good once.

use crate::gate::WINDOW_MS;
use base::Time;
use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

/// Nonces remembered at once, at most: a thousand requests a second fit. When it is full nothing is believed until the
/// oldest are too old to be sent again.
pub const NONCES_MAX: usize = 1_000_000;

/// What came of a nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Taken {
    Fresh,
    Known,
    Full,
}

#[derive(Debug, Default)]
pub(crate) struct Nonces(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    known: HashSet<String>,
    /// In the order in which they came.
    came: VecDeque<(Time, String)>,
}

impl Nonces {
    pub(crate) fn take(&self, key: &str, nonce: &str, now: Time) -> Taken {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A request may be dated as far ahead of us as behind: only after both is its nonce of no use.
        while let Some((came, old)) = kept.came.front() {
            if now.since(*came) <= 2 * WINDOW_MS {
                break;
            }
            let old = old.clone();
            kept.known.remove(&old);
            kept.came.pop_front();
        }
        let name = format!("{key} {nonce}");
        if kept.known.contains(&name) {
            return Taken::Known;
        }
        if kept.came.len() >= NONCES_MAX {
            return Taken::Full;
        }
        kept.known.insert(name.clone());
        kept.came.push_back((now, name));
        Taken::Fresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_good_once_for_as_long_as_it_could_be_sent_again() {
        let (nonces, noon) = (Nonces::default(), Time::of_ms(1_795_363_200_000));
        assert_eq!(nonces.take("a", "00", noon), Taken::Fresh);
        assert_eq!(nonces.take("a", "00", noon), Taken::Known);
        assert_eq!(nonces.take("b", "00", noon), Taken::Fresh, "another key has its own");
        let last = noon.plus_ms(2 * WINDOW_MS);
        assert_eq!(nonces.take("a", "00", last), Taken::Known);
        assert_eq!(nonces.take("a", "00", last.plus_ms(1)), Taken::Fresh);
        assert_eq!(nonces.0.lock().unwrap().came.len(), 1, "the old ones are gone");
    }
}

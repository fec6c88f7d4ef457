//! How often papers may be checked: the page is open to everyone, and codes must not be tried in numbers.
//!
//! Counted in memory, so that a stranger's question costs no write; each process counts on its own. Not for: what
//! customers do under a session.

use base::Time;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

/// Counts begin anew after so long.
const WINDOW_MS: i64 = 600_000;

#[derive(Debug, Default)]
struct Window {
    since_ms: i64,
    all: i64,
    /// Never more than `all` entries.
    by_address: HashMap<String, i64>,
}

/// Checks of this process in the window that runs.
#[derive(Debug, Default)]
pub struct Checks(Mutex<Window>);

impl Checks {
    /// Counts a check; `Err` says how long to wait, in milliseconds, and is not counted.
    /// `most`: of one address, and of all together.
    pub(super) fn admit(&self, address: &str, now: Time, most: (i64, i64)) -> Result<(), i64> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back opens a new one, too.
        if !(0..WINDOW_MS).contains(&(now.ms() - window.since_ms)) {
            *window = Window { since_ms: now.ms(), ..Window::default() };
        }
        let address = network(address);
        let used = window.by_address.get(&address).copied().unwrap_or(0);
        if used >= most.0 || window.all >= most.1 {
            return Err(window.since_ms + WINDOW_MS - now.ms());
        }
        window.all += 1;
        window.by_address.insert(address, used + 1);
        Ok(())
    }
}

/// Whoever has one IPv6 address has 2^64 of them.
fn network(address: &str) -> String {
    match address.parse() {
        Ok(IpAddr::V6(v6)) => format!("{:x?}", &v6.segments()[..4]),
        _ => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_is_counted_and_so_are_all_together() {
        let (checks, now) = (Checks::default(), Time::of_ms(1_795_399_200_000));
        let ask = |address, at| checks.admit(address, at, (2, 4));
        assert_eq!(ask("10.0.0.1", now), Ok(()));
        assert_eq!(ask("10.0.0.1", now), Ok(()));
        assert_eq!(ask("10.0.0.1", now.plus_ms(1_000)), Err(599_000));
        // Addresses of one network are one.
        assert_eq!(ask("2001:db8::1", now), Ok(()));
        assert_eq!(ask("2001:db8::2", now), Ok(()));
        assert!(ask("2001:db8::3", now).is_err());
        assert!(ask("10.0.0.2", now).is_err(), "all together are full");
        assert_eq!(ask("10.0.0.1", now.plus_ms(WINDOW_MS)), Ok(()));
    }
}

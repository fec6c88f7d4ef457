//! What a tap on the menu, a scan or following allows (protocol §9.1): three customer-service messages for a minute, beside what
//! a message of theirs allows (`window`).
//!
//! In memory: a process that starts anew, or another one, counts on less than WeChat would take. Not for: WeChat's own count, which decides.

use crate::followers::Person;
use crate::tenants::AccountId;
use base::Time;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wechat::inbound::Event;

/// Messages of ours after one of these.
const ALLOWED: i64 = 3;
/// For so long: a minute, less what it takes us to hear of it and WeChat to hear of ours.
const OPEN_MS: i64 = 55_000;
/// Above so many, those that are over are forgotten.
const KEPT_MAX: usize = 10_000;

type Whose = (AccountId, Arc<str>);

#[derive(Debug, Default)]
pub struct Taps {
    open: Mutex<HashMap<Whose, (i64, Time)>>,
}

/// Whether WeChat allows messages for it.
const fn allows(event: &Event) -> bool {
    matches!(
        event,
        Event::Subscribe { .. }
            | Event::Scan { .. }
            | Event::Click { .. }
            | Event::ScanCodePush { .. }
            | Event::ScanCodeWait { .. }
    )
}

fn whose(who: &Person) -> Whose {
    (who.account, who.openid.clone())
}

impl Taps {
    fn open(&self) -> MutexGuard<'_, HashMap<Whose, (i64, Time)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An event of a follower has come.
    pub fn heard(&self, who: &Person, event: &Event, now: Time) {
        if !allows(event) {
            return;
        }
        let mut open = self.open();
        if open.len() >= KEPT_MAX {
            open.retain(|_, (_, until)| *until > now);
        }
        open.insert(whose(who), (ALLOWED, now.plus_ms(OPEN_MS)));
    }

    /// Messages that are left of it now.
    pub fn left(&self, who: &Person, now: Time) -> i64 {
        let found = self.open().get(&whose(who)).copied();
        found.filter(|(_, until)| *until > now).map_or(0, |(left, _)| left)
    }

    /// One was sent: it was one of these, which are over first. False where none was left.
    pub fn spend(&self, who: &Person, now: Time) -> bool {
        let mut open = self.open();
        match open.get_mut(&whose(who)) {
            Some((left, until)) if *until > now && *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }

    /// WeChat says that nothing is left.
    pub fn shut(&self, who: &Person) {
        self.open().remove(&whose(who));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tap_allows_three_for_a_minute_and_what_only_opens_a_page_allows_none() {
        let (taps, now) = (Taps::default(), Time::of_ms(1_000_000));
        let who = Person::new(AccountId::of(1), "o1".into());
        taps.heard(&who, &Event::View { url: "u".into(), menu_id: None }, now);
        assert_eq!((taps.left(&who, now), taps.spend(&who, now)), (0, false));
        taps.heard(&who, &Event::Click { key: "k".into() }, now);
        assert!(taps.spend(&who, now));
        assert_eq!(taps.left(&who, now), 2);
        assert_eq!(taps.left(&who, now.plus_ms(60_000)), 0);
        assert_eq!(taps.left(&Person::new(AccountId::of(2), "o1".into()), now), 0);
        taps.heard(&who, &Event::Scan { scene: "s".into(), ticket: "t".into() }, now);
        assert_eq!(taps.left(&who, now), 3, "not added up: how WeChat adds them is not documented");
        taps.shut(&who);
        assert_eq!(taps.left(&who, now), 0);
    }
}

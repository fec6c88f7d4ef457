//! What happened each day, for the statistics calls: who came and went, what was said and read, how
//! servers answered.
//!
//! Days are China's. Only sums are kept. Not for: single exchanges; those are in the log.

use crate::act::Outgoing;
use base::Time;
use std::collections::{BTreeMap, BTreeSet};

/// (hour, message type of the statistics) → how often each customer sent one.
pub(crate) type Sent = BTreeMap<(i64, i64), BTreeMap<String, i64>>;

/// How often each person read something; nobody's name stands for whoever was on no phone here.
pub(crate) type Readers = BTreeMap<String, i64>;

/// How a platform's server answered in an hour.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Answered {
    pub(crate) count: i64,
    pub(crate) failed: i64,
    pub(crate) total_ms: i64,
    pub(crate) longest_ms: i64,
}

/// One account's day.
#[derive(Debug, Default)]
pub(crate) struct Day {
    /// By where they came from.
    pub(crate) came: BTreeMap<i64, i64>,
    pub(crate) went: BTreeMap<i64, i64>,
    pub(crate) sent: Sent,
    pub(crate) answered: BTreeMap<i64, Answered>,
    /// (hour, page) → who read it.
    pub(crate) read: BTreeMap<(i64, String), Readers>,
}

/// (appid, China's day) → what happened.
#[derive(Debug, Default)]
pub(crate) struct Diary(BTreeMap<(String, i64), Day>);

impl Diary {
    pub(crate) fn day(&self, appid: &str, day: i64) -> Option<&Day> {
        self.0.get(&(appid.to_owned(), day))
    }
    fn today(&mut self, appid: &str, now: Time) -> &mut Day {
        self.0.entry((appid.to_owned(), now.china_day())).or_default()
    }

    pub(crate) fn came(&mut self, appid: &str, now: Time, follow_scene: &str) {
        *self.today(appid, now).came.entry(source(follow_scene)).or_default() += 1;
    }
    pub(crate) fn went(&mut self, appid: &str, now: Time, follow_scene: &str) {
        *self.today(appid, now).went.entry(source(follow_scene)).or_default() += 1;
    }

    pub(crate) fn sent(&mut self, appid: &str, now: Time, uid: &str, kind: i64) {
        let hour = now.china().3;
        let counts = self.today(appid, now).sent.entry((hour, kind)).or_default();
        *counts.entry(uid.to_owned()).or_default() += 1;
    }

    pub(crate) fn read(&mut self, appid: &str, now: Time, who: &str, page: &str) {
        let place = (now.china().3, page.to_owned());
        let readers = self.today(appid, now).read.entry(place).or_default();
        *readers.entry(who.to_owned()).or_default() += 1;
    }

    pub(crate) fn answered(&mut self, appid: &str, now: Time, took_ms: u64, is_good: bool) {
        let took = i64::try_from(took_ms).unwrap_or(i64::MAX);
        let hour = self.today(appid, now).answered.entry(now.china().3).or_default();
        hour.count += 1;
        hour.failed += i64::from(!is_good);
        hour.total_ms = hour.total_ms.saturating_add(took);
        hour.longest_ms = hour.longest_ms.max(took);
    }

    /// Followers gained less those lost after a day.
    pub(crate) fn gained_after(&self, appid: &str, day: i64) -> i64 {
        let later = self.0.range((appid.to_owned(), day + 1)..=(appid.to_owned(), i64::MAX));
        later.map(|(_, d)| d.came.values().sum::<i64>() - d.went.values().sum::<i64>()).sum()
    }
}

impl Day {
    pub(crate) fn sources(&self) -> BTreeSet<i64> {
        self.came.keys().chain(self.went.keys()).copied().collect()
    }
}

/// 用户渠道: 1 search, 30 a code; 0 anything else.
fn source(follow_scene: &str) -> i64 {
    match follow_scene {
        "ADD_SCENE_SEARCH" => 1,
        "ADD_SCENE_QR_CODE" => 30,
        _ => 0,
    }
}

/// 消息类型 of the statistics; places and events are in none.
pub(crate) fn kind_of(what: &Outgoing) -> Option<i64> {
    match what {
        Outgoing::Text { .. } => Some(1),
        Outgoing::Image { .. } => Some(2),
        Outgoing::Voice { .. } => Some(3),
        Outgoing::Video => Some(4),
        Outgoing::Link { .. } => Some(6),
        _ => None,
    }
}

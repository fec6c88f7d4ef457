//! Notices of accounts (动账提醒): what the core tells of an account reaches its customer once, by the right way, within seconds.
//!
//! [`take`] makes a row of each event that somebody wishes to hear of, in the unit that moves the cursor on; [`pick`] plans what
//! is due ([`plan`], pure); [`send`] calls and writes down what came of it ([`verdict`], pure); WeChat's own word on the delivery
//! closes the loop.
//!
//! *Invariants.* One row for one line of the core and one binding, whatever is told twice. Of one account the words go out in
//! the core's order. What may have been sent is sent again only as a template message with the same client id, and only while
//! WeChat remembers it. A notice never changes money. Not for: results of what the customer asked for in chat
//! (`payments::tell`), advertising.

pub mod console;
#[cfg(test)]
mod console_tests;
mod content;
pub mod desk;
pub mod digest;
pub mod due;
#[cfg(test)]
mod due_tests;
pub mod grants;
#[cfg(test)]
mod grants_tests;
pub mod happening;
pub mod http;
#[cfg(test)]
mod keeping_tests;
mod keyword;
mod kind;
pub mod pause;
mod pick;
mod plan;
pub mod prefs;
pub mod reply;
#[cfg(test)]
pub(crate) mod reply_tests;
mod results;
mod send;
pub mod store;
mod take;
pub mod taps;
pub mod templates;
#[cfg(test)]
mod tests;
mod told;
mod verdict;
pub mod window;
mod words;

pub use desk::Desk;
pub use kind::{Category, Kind};
pub use plan::Quiet;
pub use results::delivered;
pub use send::run_due;
pub use take::round;

use crate::app::App;
use base::{Id, Named, Refusal};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// Without a word from the inbox, events and rows are looked for this often.
const LOOK_EVERY: Duration = Duration::from_millis(500);
pub const NOT_OFFERED: Refusal =
    Refusal::missing("notice.none", "本行还没有在微信里开通动账提醒，可说「查明细」看进出");
pub const LOCKED: Refusal = Refusal::conflict(
    "notice.locked",
    "安全提醒关不掉：有人动您的密码和卡，这是您知道的办法。没有改",
);
pub const NO_SMS: Refusal =
    Refusal::conflict("notice.no_sms", "本行不发这种短信，只能在微信里提醒，没有改");
/// How long a notice that has ended stays, for questions about it.
pub const KEEP_MS: i64 = 180 * base::DAY_MS;
/// A notice that comes so long after the posting says so.
const LATE_MS: i64 = 10 * 60_000;

/// `[notices]` of the settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    pub templates_a_day: i64,
    pub text_messages: bool,
}

#[derive(Debug)]
pub enum NoticeRow {}
impl Named for NoticeRow {
    const PREFIX: &'static str = "ntc";
}
pub type NoticeId = Id<NoticeRow>;

/// A way to the customer, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Way {
    /// 模板消息
    Template,
    /// 订阅通知
    Subscription,
    /// 客服消息
    Custom,
    /// 短信
    Sms,
}

impl Way {
    pub const ALL: [Self; 4] = [Self::Template, Self::Subscription, Self::Custom, Self::Sms];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Template => "template",
            Self::Subscription => "subscription",
            Self::Custom => "custom",
            Self::Sms => "sms",
        }
    }
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|w| w.word() == word)
    }
}

/// Ways that are no use any more for one notice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tried(u8);

impl Tried {
    const fn bit(way: Way) -> u8 {
        match way {
            Way::Template => 1,
            Way::Custom => 2,
            Way::Sms => 4,
            Way::Subscription => 8,
        }
    }
    #[must_use]
    pub const fn with(self, way: Way) -> Self {
        Self(self.0 | Self::bit(way))
    }
    pub const fn has(self, way: Way) -> bool {
        self.0 & Self::bit(way) != 0
    }
    /// `template,custom`
    pub fn words(self) -> String {
        let all: Vec<_> = Way::ALL.into_iter().filter(|w| self.has(*w)).map(Way::word).collect();
        all.join(",")
    }
    pub fn of_words(words: &str) -> Self {
        words.split(',').filter_map(Way::of_word).fold(Self::default(), Self::with)
    }
}

/// Whether text messages of accounts are sent at all here.
pub fn sends_texts(app: &App) -> bool {
    app.config.notices.text_messages && app.sms.is_configured()
}

/// Makes notices and sends them until the app stops, each at its own pace: a day's payroll that is still being made holds up nobody.
pub async fn run(app: Arc<App>) {
    tokio::join!(make(&app), send(&app));
}

async fn make(app: &Arc<App>) {
    while !app.stop.is_cancelled() {
        let made = take::round(app).await;
        if let Err(e) = &made {
            metrics::counter!("weiyin_rounds_failed_total", "round" => "notices").increment(1);
            tracing::error!(error = ?e, "events could not be made notices");
        }
        if made.is_ok_and(|is_behind| is_behind) {
            continue;
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = app.notices.events() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

async fn send(app: &Arc<App>) {
    while !app.stop.is_cancelled() {
        let begun = send::begin_due(app).await;
        if let Err(e) = &begun {
            tracing::error!(error = ?e, "notices cannot be looked after");
        }
        if begun.is_ok_and(|looked_at| looked_at > 0) {
            continue;
        }
        tokio::select! {
            () = app.stop.cancelled() => return,
            () = app.notices.woken() => {}
            () = tokio::time::sleep(LOOK_EVERY) => {}
        }
    }
}

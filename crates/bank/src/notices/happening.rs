//! What other features have to tell a customer, besides postings: one typed function, [`tell`].
//!
//! It writes a row in the caller's unit, with a key made of what happened, so that telling it twice is telling it once. Whether the
//! customer's account offers notices and which way they go is the planner's, later. Not for: answers to what is asked in chat.

use super::content::{Content, Word};
use super::store::{self, FACTS};
use super::{Kind, NoticeId};
use crate::followers::FollowerId;
use crate::vault::{Place, TenantKeys};
use crate::verbs::moment_words;
use base::{Result, Time};
use db::{Tx, params};

/// What happened. Words in it are already masked: no full number, no name (DP-08).
#[derive(Debug, Clone, Copy)]
pub enum Happening<'a> {
    /// An application or complaint has come to a state.
    Case {
        /// Its id; each version of it is told once.
        id: i64,
        version: i64,
        title: &'a str,
        number: &'a str,
        /// 通过了
        state: &'a str,
        words: &'a str,
    },
    /// A queue ticket is near, called or passed.
    Ticket { id: i64, branch: &'a str, number: &'a str, state: TicketState },
    /// An appointment is made, changed, cancelled or near.
    Appointment { id: i64, branch: &'a str, what: &'a str, at: Time, state: AppointmentState },
    /// The account offers notices since after this binding, and none is signed up.
    Offered { binding: i64 },
    /// Customer and WeChat were bound.
    NewBinding { binding: i64 },
    /// The PIN was locked after too many wrong tries.
    PinLocked { day: i64 },
    /// The core says that an account was locked, reported lost, frozen, or one of these undone.
    AccountState { seq: i64, account: &'a str, account_key: &'a str, at: Time },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketState {
    /// So many are before it.
    Near(i64),
    Called,
    Passed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppointmentState {
    Made,
    Changed,
    Cancelled,
    Near,
}

/// What a notice of it says, and the parts its key is made of.
struct Said {
    kind: Kind,
    key: Vec<String>,
    word: Word,
}

fn word(now: Time, subject: &str, state: &str, text: String) -> Word {
    Word {
        subject: subject.to_owned(),
        state: state.to_owned(),
        amount: None,
        at: now,
        is_day: false,
        number: String::new(),
        note: String::new(),
        elder: text.clone(),
        text,
        of: String::new(),
    }
}

fn said(what: &Happening<'_>, now: Time) -> Said {
    match *what {
        Happening::Case { id, version, title, number, state, words } => Said {
            kind: Kind::Case,
            key: vec![id.to_string(), version.to_string()],
            word: Word {
                number: number.to_owned(),
                note: format!("{title}{state}"),
                ..word(now, title, state, format!("{title} {number} {state}。{words}"))
            },
        },
        Happening::Ticket { id, branch, number, state } => ticket(now, (id, branch, number), state),
        Happening::Appointment { id, branch, what, at, state } => {
            appointment(now, (id, branch, what, at), state)
        }
        Happening::Offered { binding } => {
            let text = "能开微信动账提醒了：钱一动马上告诉您，不收钱。要开，说“每笔都提醒动账”；不要，不用理，不会再问。";
            let word = word(now, "动账提醒", "可以开", text.to_owned());
            Said { kind: Kind::Offer, key: vec![binding.to_string()], word }
        }
        Happening::NewBinding { binding } => {
            let text = format!(
                "您的银行账户{}在一个微信上绑定了。不是您本人绑的，马上打我们的客服电话停用。",
                moment_words(now)
            );
            let key = vec![binding.to_string()];
            Said { kind: Kind::NewBinding, key, word: word(now, "微信银行", "新绑定", text) }
        }
        Happening::PinLocked { day } => {
            let text = format!(
                "微信银行密码{}输错太多次，锁住了，现在不能付款。不是您输的，请说“停用微信银行”，马上生效；是您输的，说“密码锁了”看怎么解开。",
                moment_words(now)
            );
            let note = "输错太多次，不能付款".to_owned();
            let word = Word { note, ..word(now, "微信银行密码", "已锁定", text) };
            Said { kind: Kind::Security, key: vec!["pin".to_owned(), day.to_string()], word }
        }
        Happening::AccountState { seq, account, account_key, at } => {
            let when = moment_words(at);
            let text = format!(
                "{account}{when}有变动：锁定、挂失、冻结，或者解除了其中一样。不是您办的，请说“锁卡”，马上生效，不用密码。"
            );
            let note = "不是您办的请说“锁卡”".to_owned();
            let key = vec!["state".to_owned(), account_key.to_owned(), seq.to_string()];
            let word = Word { at, note, ..word(now, account, "状态变动", text) };
            Said { kind: Kind::Security, key, word }
        }
    }
}

fn ticket(now: Time, (id, branch, number): (i64, &str, &str), state: TicketState) -> Said {
    let (part, phrase, text) = match state {
        TicketState::Near(before) => (
            format!("near{before}"),
            "快到了",
            format!("{branch}的 {number} 号，前面还有 {before} 位，请往网点走。"),
        ),
        TicketState::Called => {
            ("called".to_owned(), "叫到了", format!("{branch}叫到 {number} 号了，请到窗口。"))
        }
        TicketState::Passed => {
            ("passed".to_owned(), "过号了", format!("{branch}的 {number} 号过了，要办请重新取号。"))
        }
    };
    let word = Word {
        number: number.to_owned(),
        note: branch.to_owned(),
        ..word(now, branch, phrase, text)
    };
    Said { kind: Kind::Ticket, key: vec![id.to_string(), part], word }
}

fn appointment(
    now: Time,
    (id, branch, what, at): (i64, &str, &str, Time),
    state: AppointmentState,
) -> Said {
    let when = moment_words(at);
    let (phrase, text) = match state {
        AppointmentState::Made => ("约好了", format!("约好了：{when}，{branch}，{what}。")),
        AppointmentState::Changed => ("改好了", format!("预约改好了：{when}，{branch}，{what}。")),
        AppointmentState::Cancelled => ("已取消", format!("{when}在{branch}的预约取消了。")),
        AppointmentState::Near => {
            ("快到了", format!("提醒：{when}，{branch}，{what}，请带身份证。"))
        }
    };
    let key = vec![id.to_string(), format!("{phrase}{}", at.ms())];
    let word = Word { at, note: branch.to_owned(), ..word(now, what, phrase, text) };
    Said { kind: Kind::Appointment, key, word }
}

/// Tells a bound customer once of what happened; false when it was told before.
///
/// # Errors
/// The database.
pub fn tell(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    to: (FollowerId, i64),
    what: &Happening<'_>,
) -> Result<bool> {
    let Said { kind, key, word } = said(what, tx.now());
    let key: Vec<&str> = key.iter().map(String::as_str).collect();
    add(tx, keys, to, (kind, &key), &word, tx.now())
}

/// What makes a notice the same one: as a hash, and as WeChat takes it.
pub(super) fn key(tx: &Tx<'_>, binding: i64, kind: Kind, parts: &[&str]) -> (Vec<u8>, String) {
    let (tenant, to) = (tx.tenant().raw().to_string(), binding.to_string());
    let mut all = vec![&*tenant, kind.word(), &*to];
    all.extend_from_slice(parts);
    let hash = store::hash(&all);
    let text = hash.iter().map(|b| format!("{b:02x}")).collect();
    (hash, text)
}

/// Keeps words once for each key, to be said from `at` on.
pub(super) fn add(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, binding): (FollowerId, i64),
    (kind, key): (Kind, &[&str]),
    word: &Word,
    at: Time,
) -> Result<bool> {
    let id: NoticeId = tx.new_id();
    let (hash, notice_key) = self::key(tx, binding, kind, key);
    let content = Content::Word(word.clone());
    tx.exec_one(
        "INSERT INTO notice (tenant_id, id, notice_key, kind, follower_id, binding_id, account_key, order_no, serial_hash, \
         reverses_hash, facts_sealed, state, way, tried, why, tries, epoch, is_parked, posted_at_ms, made_at_ms, next_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, $10, 'waiting', '', '', '', 0, 0, $11, $12, $13, $14) \
         ON CONFLICT DO NOTHING",
        params![
            tx.tenant(),
            id,
            notice_key,
            kind.word(),
            follower,
            binding,
            // Words of one kind go out in their order; no account waits for them, nor they for one.
            kind.word(),
            id.raw(),
            hash,
            keys.seal_json(Place::new(FACTS, id.raw()), &content)?,
            at > tx.now(),
            word.at,
            tx.now(),
            at
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_fits_a_phrase_and_a_note() {
        let now = Time::of_china_date(2026, 11, 23).plus_ms(10 * 3_600_000);
        let all = [
            Happening::Case {
                id: 1,
                version: 2,
                title: "信用卡申请",
                number: "261123-0018",
                state: "通过了",
                words: "正在制卡。",
            },
            Happening::Ticket {
                id: 1,
                branch: "东街支行",
                number: "A012",
                state: TicketState::Near(2),
            },
            Happening::Ticket {
                id: 1,
                branch: "东街支行",
                number: "A012",
                state: TicketState::Called,
            },
            Happening::Ticket {
                id: 1,
                branch: "东街支行",
                number: "A012",
                state: TicketState::Passed,
            },
            Happening::Appointment {
                id: 1,
                branch: "东街支行",
                what: "取大额现金",
                at: now,
                state: AppointmentState::Near,
            },
            Happening::NewBinding { binding: 1 },
            Happening::PinLocked { day: 1 },
            Happening::AccountState { seq: 1, account: "借记卡8821", account_key: "a", at: now },
        ];
        for what in all {
            let Said { word, .. } = said(&what, now);
            let chars = word.state.chars().count();
            assert!((2..=5).contains(&chars), "{}", word.state);
            assert!(word.note.chars().count() <= 20, "{}", word.note);
            assert!(word.text.chars().count() <= 120, "{}", word.text);
        }
        let called = |state| {
            said(&Happening::Ticket { id: 7, branch: "东街", number: "A1", state }, now).key
        };
        assert_ne!(called(TicketState::Near(3)), called(TicketState::Near(1)));
    }
}

//! What a customer says to a notice: 「这笔不是我」 of money that went out, 「分期」 of what a card bought, 「明天再提醒我」 of what is due.
//!
//! The words count only while the notice is fresh, else they mean what they always mean; a line below a customer-service message
//! names its notice. Whatever is said, no money moves here: one lock is offered that needs no PIN, a case is opened, a draft is
//! made. Not for: what 「明天再提醒我」 does (`due`, `bills::again`).

use super::told::{self, Told};
use super::{Kind, NoticeId};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::cases::doubts::{self, About};
use crate::followers::{Bound, FollowerId, Standing};
use crate::inbound::Message;
use crate::vault::TenantKeys;
use base::{DAY_MS, Id, Result};
use db::{Scope, Tx};
use dialogue::Input;
use std::sync::Arc;
use wechat::inbound::What;
use wechat::reply::menu_line;

/// So long after it was told a notice is what 「这笔不是我」 means.
const DOUBTED_MS: i64 = 3 * DAY_MS;
/// So long after it was told a purchase is what 「分期」 means.
const SPLIT_MS: i64 = DAY_MS;
/// Longer texts say more than that it was somebody else.
const DOUBT_CHARS_MAX: usize = 12;
/// The whole of what is said.
const SPLIT_WORDS: &[&str] = &[
    "分期",
    "这笔分期",
    "这笔分期还",
    "分期还",
    "办分期",
    "我要分期",
    "这笔消费分期",
    "这笔想分期",
    "把这笔分期",
    "这笔能分期吗",
    "分期付款",
];
const DOUBT_ITEM: &str = "notice_doubt";
const SPLIT_ITEM: &str = "cc_installment";
const TOMORROW_ITEM: &str = "remind_tomorrow";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Doubt,
    Split,
    Tomorrow,
}

const ALL: [Says; 3] = [Says::Doubt, Says::Split, Says::Tomorrow];

impl Says {
    /// `d` of `nd123`
    const fn letter(self) -> char {
        match self {
            Self::Doubt => 'd',
            Self::Split => 's',
            Self::Tomorrow => 't',
        }
    }
    fn of_letter(c: char) -> Option<Self> {
        ALL.into_iter().find(|s| s.letter() == c)
    }
    const fn line(self) -> &'static str {
        match self {
            Self::Doubt => "这笔不是我",
            Self::Split => "分期还",
            Self::Tomorrow => "明天再提醒我",
        }
    }
    const fn may_be_of(self, kind: Kind) -> bool {
        match self {
            Self::Doubt => matches!(kind, Kind::AccountOut | Kind::CreditOut),
            Self::Split => matches!(kind, Kind::CreditOut),
            Self::Tomorrow => kind.is_due(),
        }
    }
    /// Of whole words, without any notice in sight.
    fn of_text(text: &str) -> Option<Self> {
        let plain: String = text.chars().filter(|c| c.is_alphanumeric()).collect();
        let is_short = plain.chars().count() <= DOUBT_CHARS_MAX;
        if is_short && plain.contains("不是我") && !plain.contains("是不是我") {
            return Some(Self::Doubt);
        }
        SPLIT_WORDS.contains(&plain.as_str()).then_some(Self::Split)
    }
}

/// `nd` and the notice's number: no id of a line that a conversation offered.
fn line_id(says: Says, id: NoticeId) -> String {
    format!("n{}{}", says.letter(), id.raw())
}

fn of_line_id(id: &str) -> Option<(Says, NoticeId)> {
    let mut rest = id.strip_prefix('n')?.chars();
    let says = Says::of_letter(rest.next()?)?;
    Some((says, Id::of(rest.as_str().parse().ok()?)))
}

/// The lines below a notice that goes out as a customer-service message.
pub(super) fn lines(kind: Kind, id: NoticeId) -> String {
    let all = ALL.into_iter().filter(|s| s.may_be_of(kind));
    all.map(|s| format!("\n{}", menu_line(s.line(), &line_id(s, id)))).collect()
}

/// What a message means as an answer to a notice.
#[derive(Debug, PartialEq, Eq)]
pub struct Meant {
    item: &'static str,
    slots: Vec<(&'static str, String)>,
}

impl Meant {
    pub fn input(&self) -> Input<'_> {
        Input::Reply { item: self.item, slots: &self.slots }
    }
}

/// Looks whether a message answers a notice; reads nothing for any other message.
///
/// # Errors
/// The database.
pub async fn look(app: &App, message: &Message, standing: &Arc<Standing>) -> Result<Option<Meant>> {
    let What::Text { content, menu_id } = &message.heard.what else { return Ok(None) };
    let tapped = menu_id.as_deref().and_then(of_line_id);
    let says = match tapped {
        Some((says, _)) => Some(says),
        None if menu_id.is_some() => None,
        None => Says::of_text(content),
    };
    let may = standing.bound.as_ref().filter(|b| b.is_agreed && !b.is_frozen);
    let Some((says, bound)) = says.zip(may.cloned()) else { return Ok(None) };
    // What is meant then is the entry of the list, not the notice.
    let names_entry = content.contains('第') || standing.seat.has_told_entry();
    if says == Says::Doubt && tapped.is_none() && names_entry {
        return Ok(None);
    }
    // A question that waits has the first right to an answer, but not to a word of harm.
    if says == Says::Split && tapped.is_none() && !standing.seat.is_idle() {
        return Ok(None);
    }
    let keys = app.vault.tenant(&app.db, standing.tenant).await?;
    let follower = standing.id;
    let unit = move |tx: &Tx<'_>| {
        let told = match tapped {
            Some((_, id)) => told::by_id(tx, (follower, &bound), id)?,
            None => fresh(tx, (follower, &bound), says)?,
        };
        let Some(told) = told.filter(|t| says.may_be_of(t.kind)) else { return Ok(None) };
        meant(&keys, says, &told)
    };
    app.db.read(Scope::Tenant(standing.tenant), unit).await
}

fn fresh(tx: &Tx<'_>, who: (FollowerId, &Bound), says: Says) -> Result<Option<Told>> {
    let ms = if says == Says::Doubt { DOUBTED_MS } else { SPLIT_MS };
    told::last(tx, who, tx.now().plus_ms(-ms), |kind| says.may_be_of(kind))
}

fn meant(keys: &TenantKeys, says: Says, told: &Told) -> Result<Option<Meant>> {
    let (item, slots) = match says {
        Says::Doubt => (DOUBT_ITEM, vec![("notice", told.id.raw().to_string())]),
        Says::Split => {
            let Some(facts) = told.facts(keys)? else { return Ok(None) };
            let slots = vec![
                ("credit", told.account_key.clone()),
                ("target", "purchase".to_owned()),
                ("amount", facts.amount.fen().to_string()),
            ];
            (SPLIT_ITEM, slots)
        }
        Says::Tomorrow => (TOMORROW_ITEM, vec![]),
    };
    Ok(Some(Meant { item, slots }))
}

/// A line that its customer does not know.
pub struct Doubted {
    /// As the binding names the account.
    pub account_key: String,
    /// 借记卡8821 支出 500.00 元，11月23日 10:05，流水尾号0012
    pub what: String,
    /// What was written down of it, and by when it is answered.
    pub case: String,
}

base::unprinted!(Doubted);

/// Writes down that a customer does not know a line they were told of: the one named, else the last. None where there is none.
///
/// # Errors
/// The database.
pub fn doubt(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, bound): (FollowerId, &Bound),
    notice: Option<NoticeId>,
) -> Result<Option<Doubted>> {
    let told = match notice {
        Some(id) => told::by_id(tx, (follower, bound), id)?,
        None => fresh(tx, (follower, bound), Says::Doubt)?,
    };
    let Some(told) = told.filter(|t| Says::Doubt.may_be_of(t.kind)) else { return Ok(None) };
    let Some(facts) = told.facts(keys)? else { return Ok(None) };
    let what = facts.line();
    let id = match told.case {
        Some(id) => Some(id),
        None => {
            let (kind, serial) = (doubts::NOT_MINE, facts.serial.as_str());
            let about = About { kind, line: &what, serial, problem: "" };
            doubts::file(tx, keys, follower, &about)?
        }
    };
    if let Some(case) = id.filter(|_| told.case.is_none()) {
        told::set_case(tx, told.id, case)?;
        let by = Actor::Follower(follower.raw());
        audit::note(tx, by, "notice.doubt", &told.id.to_string(), "done", told.kind.word())?;
    }
    let case = doubts::words(tx, keys, id)?;
    Ok(Some(Doubted { account_key: told.account_key, what, case }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_short_words_of_doubt_are_an_answer() {
        for text in
            ["这笔不是我", "不是我花的。", "这笔不是我办的！", "不是我刷的", "那笔钱不是我转的"]
        {
            assert_eq!(Says::of_text(text), Some(Says::Doubt), "{text}");
        }
        for text in ["分期", "这笔分期还", "分期！"] {
            assert_eq!(Says::of_text(text), Some(Says::Split), "{text}");
        }
        for text in [
            "这是不是我的卡",
            "上个月信用卡账单里有一笔在外省刷的不是我刷的",
            "账单分期",
            "查余额",
            "",
        ] {
            assert_eq!(Says::of_text(text), None, "{text}");
        }
    }

    #[test]
    fn a_line_names_its_notice_and_is_no_line_of_a_conversation() {
        let id: NoticeId = Id::of(123_456_789);
        assert_eq!(of_line_id(&line_id(Says::Split, id)), Some((Says::Split, id)));
        for other in ["101", "n", "nx12", "nd", "nd1x", ""] {
            assert_eq!(of_line_id(other), None, "{other}");
        }
        let out = lines(Kind::AccountOut, id);
        assert!(out.contains("这笔不是我") && !out.contains("分期"), "{out}");
        assert_eq!(lines(Kind::AccountIn, id), "");
        assert!(lines(Kind::CreditOut, id).contains("分期还"));
        assert!(lines(Kind::LoanDue, id).contains("明天再提醒我"));
    }
}

//! What two people decide (I34): the maker says what became of a payment and why, the checker, being somebody else, agrees or
//! not. Amounts are never changed; what follows is one step of the payment, or none.
//!
//! Also payments that are in people's hands without any file: the core silent for an hour, or an answer that contradicted the
//! question. Not for: giving money back; that is a payment of its own, or the core's counter.

use super::store::{self, Diff, HAND, New};
use super::{DiffId, matching::Class};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::payments::PaymentId;
use crate::payments::evidence::{self, Facts};
use crate::payments::state::{Evidence, State};
use crate::payments::stops;
use crate::staff::duty::{Checker, Maker};
use base::{Error, Refusal, Result, TenantId};
use corebank::Day;
use corebank::recon::SOURCE;
use db::{Scope, Tx};
use std::collections::BTreeSet;
use std::sync::Arc;

pub const NO_DIFF: Refusal = Refusal::missing("recon.no_diff", "没有这一条差错");
pub const MOVED: Refusal = Refusal::conflict("recon.moved", "这一条已经处理过了，请刷新");
pub const NO_REASON: Refusal =
    Refusal::invalid("recon.no_reason", "请写明依据，4 到 200 个字，不要写卡号、证件号");
pub const NOT_THIS: Refusal = Refusal::invalid("recon.not_this", "这一条不能这样处理");
pub const NOT_MANUAL: Refusal =
    Refusal::conflict("recon.not_manual", "这一笔现在不用人工处理，请刷新");
pub const TOO_SOON: Refusal = Refusal::conflict(
    "recon.too_soon",
    "这一笔今天发过冲正，核心当天还可能冲掉。第二天凌晨2点以后再按成功处理，钱和状态都没有动",
);

const REASON_CHARS: std::ops::RangeInclusive<usize> = 4..=200;
/// Digits in a row from which on they may be an account's.
const DIGITS_MAX: usize = 11;

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// 核心已记账
    Posted,
    /// 核心没有记账
    Absent,
    /// 已经冲正或退回
    Reversed,
    /// 线下处理完毕: there is no payment of ours to move.
    Noted,
}

impl Verdict {
    pub const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Posted, "posted", "核心已记账，按成功"),
        (Self::Absent, "absent", "核心没有记账，按失败"),
        (Self::Reversed, "reversed", "已冲正或退回，客户的钱没有少"),
        (Self::Noted, "noted", "微银没有这笔，核心那边已处理"),
    ];
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, w, _)| *w == word).map(|(v, ..)| v)
    }
    pub fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(v, ..)| *v == self).map_or("", |(_, word, _)| word)
    }
    const fn evidence(self) -> Option<Evidence> {
        match self {
            Self::Posted => Some(Evidence::Posted),
            Self::Absent => Some(Evidence::Absent),
            Self::Reversed => Some(Evidence::Reversed),
            Self::Noted => None,
        }
    }
    /// Whether it can be said of a difference with, or without, a payment of ours.
    pub fn fits(self, has_payment: bool) -> bool {
        self.evidence().is_some() == has_payment
    }
}

/// Words for the record, without what may be a number of somebody's.
fn reason(text: &str) -> Result<String> {
    let text = text.trim();
    let mut run = 0;
    let has_number = text.chars().any(|c| {
        run = if c.is_ascii_digit() { run + 1 } else { 0 };
        run >= DIGITS_MAX
    });
    let is_fit = REASON_CHARS.contains(&text.chars().count())
        && !text.chars().any(char::is_control)
        && !has_number;
    if is_fit { Ok(text.to_owned()) } else { NO_REASON.into() }
}

/// Nobody says that it was done, and stays done, while the core may still undo it.
fn may_be_said(tx: &Tx<'_>, payment: Option<PaymentId>, verdict: Option<Verdict>) -> Result<()> {
    match payment {
        Some(id) if verdict == Some(Verdict::Posted) && evidence::may_be_undone(tx, id)? => {
            TOO_SOON.into()
        }
        _ => Ok(()),
    }
}

/// Proposes what became of a difference.
///
/// # Errors
/// Refused without a reason, for what is over, for a verdict that does not fit it, and for one that nobody can give yet.
pub async fn propose(
    app: &Arc<App>,
    by: Maker,
    id: DiffId,
    verdict: Verdict,
    words: &str,
) -> Result<()> {
    let reason = reason(words)?;
    let unit = move |tx: &Tx<'_>| {
        let diff = store::diff(tx, id)?.ok_or(NO_DIFF)?;
        if !verdict.fits(diff.payment.is_some()) {
            return NOT_THIS.into();
        }
        may_be_said(tx, diff.payment, Some(verdict))?;
        if !store::propose(tx, id, by.id, verdict.word(), &reason)? {
            return MOVED.into();
        }
        let act = Actor::Staff(by.id);
        audit::note(tx, act, "recon.propose", &id.to_string(), "done", verdict.word())
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// Proposes what became of a payment that is in people's hands though no file has shown a difference.
///
/// # Errors
/// Refused without a reason, for a payment that is not in people's hands, and where a difference is open already.
pub async fn by_hand(
    app: &Arc<App>,
    by: Maker,
    payment: PaymentId,
    verdict: Verdict,
    words: &str,
) -> Result<DiffId> {
    let reason = reason(words)?;
    let unit = move |tx: &Tx<'_>| {
        let facts = evidence::by_id(tx, payment)?.ok_or(NO_DIFF)?;
        if facts.state != State::Manual || store::is_open_for(tx, payment)? {
            return NOT_MANUAL.into();
        }
        if !verdict.fits(true) {
            return NOT_THIS.into();
        }
        may_be_said(tx, Some(payment), Some(verdict))?;
        let id: DiffId = tx.new_id();
        let new = New {
            id,
            source: SOURCE,
            date: Day::at(facts.sent_at.unwrap_or(facts.since)),
            version: 0,
            // A payment may come into people's hands more than once.
            item: &format!("{}:{id}", facts.serial),
            class: HAND,
            why: "no_file",
            state: "open",
            payment: Some(payment),
            before: Some(State::Manual),
            amount: Some(facts.amount),
            core: None,
            line_sealed: None,
            evidence: "",
        };
        let kept = store::add(tx, &new)? && store::propose(tx, id, by.id, verdict.word(), &reason)?;
        if !kept {
            return Err(Error::fault("a proposal was not kept"));
        }
        let act = Actor::Staff(by.id);
        audit::note(tx, act, "recon.propose", &id.to_string(), "done", verdict.word())?;
        Ok(id)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// A second person's yes or no. With a yes the payment moves at once, with a no the difference is open again.
///
/// # Errors
/// Refused to its maker, when it was decided about before, when the payment is not in people's hands any more, and to say
/// that it was done on the day of its reversal.
pub async fn decide(app: &Arc<App>, by: Checker, id: DiffId, approves: bool) -> Result<()> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        let diff = store::diff(tx, id)?.ok_or(NO_DIFF)?;
        if let Some(maker) = diff.maker {
            by.is_not(maker)?;
        }
        if approves {
            may_be_said(tx, diff.payment, Verdict::of(&diff.verdict))?;
        }
        // What no file has shown is nobody's work while nobody proposes anything.
        let declined = if diff.class == HAND { "declined" } else { "open" };
        if !store::decide(tx, id, by.id, if approves { "resolved" } else { declined })? {
            return MOVED.into();
        }
        let act = Actor::Staff(by.id);
        if let (true, Some(payment)) = (approves, diff.payment) {
            let proof = Verdict::of(&diff.verdict).and_then(Verdict::evidence).ok_or(NOT_THIS)?;
            let source = id.to_string();
            if !evidence::prove(tx, &keys, payment, proof, None, (act, &source))? {
                return NOT_MANUAL.into();
            }
        }
        store::settle_days(tx)?;
        let outcome = if approves { "done" } else { "declined" };
        audit::note(tx, act, "recon.decide", &id.to_string(), outcome, &diff.verdict)
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// What people have before them.
#[derive(Debug)]
pub struct Work {
    pub diffs: Vec<Diff>,
    /// In people's hands, and in no difference.
    pub payments: Vec<Facts>,
    /// Products that are not begun meanwhile, by their words.
    pub stopped: BTreeSet<String>,
    pub now: base::Time,
}

impl Work {
    pub const fn is_empty(&self) -> bool {
        self.diffs.is_empty() && self.payments.is_empty()
    }
}

const SHOWN_MAX: i64 = 200;

/// Everything two people have to decide about at an institution, oldest first.
///
/// # Errors
/// The database.
pub async fn work(app: &Arc<App>, tenant: TenantId) -> Result<Work> {
    let unit = |tx: &Tx<'_>| {
        let diffs = store::open(tx, SHOWN_MAX)?;
        let mut payments = evidence::manual(tx, SHOWN_MAX)?;
        let taken: std::collections::HashSet<PaymentId> =
            diffs.iter().filter_map(|d| d.payment).collect();
        payments.retain(|p| !taken.contains(&p.id));
        Ok(Work { diffs, payments, stopped: stops::stopped(tx)?, now: tx.now() })
    };
    app.db.read(Scope::Tenant(tenant), unit).await
}

/// A class in staff's words.
pub fn class_words(class: &str) -> &'static str {
    match Class::of(class) {
        Some(Class::M0) => "相符",
        Some(Class::M1) => "核心已记账，补成成功",
        Some(Class::M2) => "核心没有，改成失败",
        Some(Class::M3) => "长款：核心有，微银没有或已失败",
        Some(Class::M4) => "短款：微银成功，核心没有",
        Some(Class::M5) => "金额或账户不符",
        Some(Class::M6) => "只有一半：冲正或退回对不上",
        Some(Class::M7) => "核心记了两次",
        Some(Class::M8) => "跨日，等下一天的文件",
        None => "人工确认",
    }
}

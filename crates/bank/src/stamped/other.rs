//! Papers that are no statements: the receipt of one entry (电子回单) and the proof that a loan is paid back (结清证明).

use super::http::Asking;
use crate::accounts::http::{NO_ACCOUNT, of_core};
use crate::app::App;
use crate::followers::BoundAccount;
use crate::sessions::Customer;
use crate::verbs::core_ctx;
use base::{Error, Fen, Refusal, Result, Time};
use corebank::loans::Loan;
use corebank::{AccountRef, CustNo, Day, LineId};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

const NOT_SETTLED: Refusal =
    Refusal::conflict("loan.owes", "这笔贷款还没还清，还清了才能开结清证明");
const NO_ENTRY: Refusal = Refusal::missing("entry.missing", "这一笔找不到了，请重新查一次明细");

/// Which paper is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = StampedPaper)]
pub enum PaperWish {
    #[default]
    Statement,
    Receipt,
    Settled,
}

/// What paper it is, with what stands on it alone; as the core told it when it was asked for.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Paper {
    #[default]
    Statement,
    Receipt(Entry),
    Settled(Settled),
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub id: String,
    pub at: Time,
    pub is_in: bool,
    pub amount: Fen,
    pub label: String,
    /// Masked, as the core tells it.
    pub other: String,
    pub summary: String,
    pub serial: String,
    /// 渠道流水号; empty where the entry did not come through a channel.
    #[serde(default)]
    pub channel_serial: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settled {
    pub product: String,
    pub principal: Fen,
    /// `2026-11-23`
    pub begun: String,
    pub ended: String,
}

base::unprinted!(Entry);

base::unprinted!(Settled);

impl std::fmt::Debug for Paper {
    /// What stands on it is the customer's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}(…)", self.wish())
    }
}

impl Paper {
    pub(super) const fn wish(&self) -> PaperWish {
        match self {
            Self::Statement => PaperWish::Statement,
            Self::Receipt(_) => PaperWish::Receipt,
            Self::Settled(_) => PaperWish::Settled,
        }
    }
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Statement => "盖章流水",
            Self::Receipt(_) => "电子回单",
            Self::Settled(_) => "结清证明",
        }
    }
    /// Ends 「用于…」 in the words of the code.
    pub(super) const fn what_for(&self) -> &'static str {
        match self {
            Self::Statement => "生成盖章流水",
            Self::Receipt(_) => "生成电子回单",
            Self::Settled(_) => "开贷款结清证明",
        }
    }
    /// What makes it another paper of the same account and days; `None` for a statement.
    pub(super) fn which(&self) -> Option<String> {
        match self {
            Self::Statement => None,
            Self::Receipt(entry) => Some(format!("receipt|{}", entry.id)),
            Self::Settled(_) => Some("settled".to_owned()),
        }
    }
    /// What stands on it, in order.
    pub(super) fn facts(&self, name: &str, account: &str) -> Vec<(&'static str, String)> {
        let mut all = vec![("户名", name.to_owned()), ("账户", account.to_owned())];
        match self {
            Self::Statement => {}
            Self::Receipt(e) => all.extend([
                ("交易时间", super::document::moment(e.at)),
                ("收支", if e.is_in { "收入" } else { "支出" }.to_owned()),
                ("金额（元）", e.amount.to_string()),
                ("金额大写", e.amount.in_words()),
                ("摘要", e.label.clone()),
                ("对方", e.other.clone()),
                ("附言", e.summary.clone()),
                ("核心流水号", e.serial.clone()),
                ("渠道流水号", e.channel_serial.clone()),
            ]),
            Self::Settled(s) => all.extend([
                ("贷款品种", s.product.clone()),
                ("贷款金额（元）", s.principal.to_string()),
                ("发放日期", s.begun.clone()),
                ("结清日期", s.ended.clone()),
                ("尚欠本息（元）", Fen::ZERO.to_string()),
            ]),
        }
        all.retain(|(_, value)| !value.is_empty());
        all
    }
}

/// The paper that is asked for, and its days.
pub(super) async fn find(
    app: &Arc<App>,
    by: &Customer,
    own: &BoundAccount,
    customer: &str,
    ask: &Asking,
) -> Result<(Paper, Day, Day)> {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    match ask.paper {
        PaperWish::Statement => Err(Error::fault("a statement is no other paper")),
        PaperWish::Receipt => {
            let account = AccountRef::new(&own.number);
            let found = app.core.line(&ctx, &account, &LineId::new(&ask.entry)).await;
            let line = match found.map_err(of_core) {
                Ok(line) => line,
                Err(e) if e.is_refusal(NO_ACCOUNT.code) => return NO_ENTRY.into(),
                Err(e) => return Err(e),
            };
            let day = Day::at(line.at);
            let entry = Entry {
                id: ask.entry.clone(),
                at: line.at,
                is_in: line.is_in,
                amount: line.amount,
                label: line.label,
                other: line.counterparty,
                summary: line.summary,
                serial: line.core_serial,
                channel_serial: line.channel_serial.unwrap_or_default(),
            };
            Ok((Paper::Receipt(entry), day, day))
        }
        PaperWish::Settled => {
            let customer = CustNo::new(customer);
            let loans = app.core.loans(&ctx, &customer).await.map_err(of_core)?;
            let loan = loans.into_iter().find(|l| l.account.as_str() == own.number);
            let loan = loan.ok_or(NO_ACCOUNT)?;
            let schedule = app.core.schedule(&ctx, &loan.account).await.map_err(of_core)?;
            let paid: Option<Vec<Day>> = schedule.iter().map(|i| i.paid_on).collect();
            let ended = paid.and_then(|all| all.into_iter().max());
            let Some(ended) = ended.filter(|_| loan.outstanding == Fen::ZERO) else {
                return NOT_SETTLED.say(owes_words(&loan)).into();
            };
            let settled = Settled {
                product: loan.product,
                principal: loan.principal,
                begun: loan.begun_on.to_string(),
                ended: ended.to_string(),
            };
            Ok((Paper::Settled(settled), loan.begun_on, ended))
        }
    }
}

/// What is still owed, in the customer's words.
pub(crate) fn owes_words(loan: &Loan) -> String {
    let late = loan.late.map_or_else(String::new, |late| format!("，其中逾期 {} 元", late.amount));
    format!("还没还清，还欠本金 {} 元{late}。还清了就能开结清证明。", loan.outstanding)
}

/// A fact on the public page: its name, its name in English, and what it is.
pub(super) type Row = (&'static str, &'static str, String);

/// What the public page shows of it: never an amount, nor whom the money went to.
pub(super) fn rows(facts: &super::Facts) -> Vec<Row> {
    let mut rows = vec![
        ("出具银行", "Bank", facts.bank.clone()),
        ("户名", "Name", facts.name.clone()),
        ("账户", "Account", facts.account.clone()),
    ];
    match &facts.paper {
        Paper::Settled(s) => rows.extend([
            ("贷款品种", "Loan", s.product.clone()),
            ("结清日期", "Paid back on", s.ended.clone()),
        ]),
        Paper::Receipt(e) => rows.extend([
            ("交易日期", "Date", facts.first_day.clone()),
            ("核心流水号", "Serial", e.serial.clone()),
        ]),
        Paper::Statement => {}
    }
    rows
}

//! A gift of money: an ordinary payment to the project's account, with its licence in the words that go along; or an order of one
//! each month (每月捐), which ends with its project.

use super::offer::chosen;
use super::{Project, store};
use crate::app::App;
use crate::payments::When;
use crate::payments::draft::{self, Drafted, Payer, Wish};
use crate::payments::intent::Target;
use crate::verbs::core_ctx;
use base::{Fen, Refusal, Result, TenantId};
use corebank::money::PayeeAsk;
use db::Tx;
use std::sync::Arc;

pub const NO_CASH: Refusal =
    Refusal::conflict("charity.no_cash", "没有扣钱。这个项目只收积分，不收钱。");

/// Which project a payment goes to, kept beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GiftOf {
    pub owner: TenantId,
    pub project: String,
    pub is_anonymous: bool,
}

/// A draft of a gift of money, and to what.
#[derive(Debug)]
pub struct CashDraft {
    pub drafted: Drafted,
    pub project: Project,
}

/// What is given.
#[derive(Debug, Clone, Copy)]
pub struct What {
    pub amount: Fen,
    pub is_anonymous: bool,
    /// None for now.
    pub when: Option<When>,
}

/// Freezes a gift of money.
///
/// # Errors
/// Refused where it cannot be paid.
pub async fn draft(
    app: &Arc<App>,
    by: &Payer,
    (from, project): (&str, &str),
    What { amount, is_anonymous, when }: What,
) -> Result<CashDraft> {
    let project = chosen(app, by, project).await?;
    if project.payee_number.is_empty() {
        return NO_CASH.into();
    }
    let ask = PayeeAsk {
        number: project.payee_number.clone(),
        name: project.payee_name.clone(),
        bank_no: None,
    };
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let found = draft::money(app)?.payee(&ctx, &ask).await.map_err(draft::of_core)?;
    let to = Target {
        name: project.payee_name.clone(),
        bank: String::new(),
        tail: found.tail,
        payee: found.payee,
        book: None,
        is_own: false,
        is_new: false,
        shown: None,
    };
    let shown = if is_anonymous { "，匿名" } else { "" };
    let purpose = format!("捐「{}」，备案号 {}{shown}，不能退", project.title, project.licence);
    let to_words = format!("gift:{}", project.id());
    let wish = Wish { from: from.to_owned(), to: to_words, amount, purpose, when };
    let gift = GiftOf { owner: project.owner, project: project.code.clone(), is_anonymous };
    let drafted = draft::wish_for(app, by, &wish, to, Some(gift)).await?;
    Ok(CashDraft { drafted, project })
}

/// In the unit that makes a payment of an order: it is a gift where the order's draft was one.
pub(crate) fn carry(tx: &Tx<'_>, draft: i64, payment: i64) -> Result<()> {
    match of(tx, draft)? {
        Some(gift) => note(tx, payment, &gift),
        None => Ok(()),
    }
}

/// Which gift a payment, or a draft of one, is.
pub(crate) fn of(tx: &Tx<'_>, payment: i64) -> Result<Option<GiftOf>> {
    let found = store::cash_by_payment(tx, payment)?;
    Ok(found.map(|(owner, project, is_anonymous)| GiftOf { owner, project, is_anonymous }))
}

/// Whether its project still takes gifts today, as far as is known here.
pub(crate) fn is_open(app: &App, tenant: TenantId, gift: &GiftOf) -> bool {
    let today = app.clock().now().china_day();
    let is_it = |p: &Project| p.owner == gift.owner && p.code == gift.project;
    super::visible(app, tenant).iter().any(|p| is_it(p) && p.is_open_on(today))
}

/// In the unit that keeps the draft.
pub(crate) fn note(tx: &Tx<'_>, payment: i64, gift: &GiftOf) -> Result<()> {
    store::add_cash(tx, payment, (gift.owner, &gift.project), gift.is_anonymous)
}

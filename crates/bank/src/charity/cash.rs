//! A gift of money: an ordinary payment to the project's account, with its licence in the words that go along.

use super::offer::chosen;
use super::{Project, store};
use crate::app::App;
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

/// Freezes a gift of money.
///
/// # Errors
/// Refused where it cannot be paid.
pub async fn draft(
    app: &Arc<App>,
    by: &Payer,
    (from, project): (&str, &str),
    amount: Fen,
    is_anonymous: bool,
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
    let wish = Wish { from: from.to_owned(), to: to_words, amount, purpose, when: None };
    let gift = GiftOf { owner: project.owner, project: project.code.clone(), is_anonymous };
    let drafted = draft::wish_for(app, by, &wish, to, Some(gift)).await?;
    Ok(CashDraft { drafted, project })
}

/// In the unit that keeps the draft.
pub(crate) fn note(tx: &Tx<'_>, payment: i64, gift: &GiftOf) -> Result<()> {
    store::add_cash(tx, payment, (gift.owner, &gift.project), gift.is_anonymous)
}

//! What stands beside the books of a seeded institution: cards' terms, batches with their shares, pensions, contributions,
//! social cards. Shares and contributions that were paid belong to vouchers of the plan.

use super::plan::{BILL_DAY, CARD_DUE_DAY, Plan};
use crate::credit::CardFees;
use crate::day::Day;
use crate::model::AccountKind;
use crate::rural::{BatchState, Insurance, PayoutClass, Pension, SocialCard};
use crate::sandbox::cards::{self, NewCard};
use crate::sandbox::cardset::{self, NewPrint};
use crate::sandbox::parties::NewAccount;
use crate::sandbox::payouts::{self, NewBatch, NewShare};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::social::{self, NewContribution};
use crate::sandbox::words::Word;
use base::{Fen, Result, Secret};
use db::{Tx, params};
use std::collections::BTreeMap;

/// The kind of card the province's people have.
pub(super) const CARD_PRODUCT: &str = "乡村振兴信用卡";

/// What a movement is beside being a line of someone's account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Note {
    /// Its place in a batch: class as stored, title, payer, period.
    Share {
        class: &'static str,
        title: String,
        payer: String,
        period: String,
    },
    Contribution {
        insurance: &'static str,
        year: i64,
        place: String,
    },
}

impl Note {
    /// The share of a month's batch.
    pub(super) fn share(class: PayoutClass, title: &str, payer: &str, month: Day) -> Self {
        let period = format!("{}-{:02}", month.year(), month.month());
        Self::Share { class: class.word(), title: title.into(), payer: payer.into(), period }
    }
    pub(super) fn contribution(insurance: Insurance, year: i64, place: &str) -> Self {
        Self::Contribution { insurance: insurance.word(), year, place: place.into() }
    }
}

/// A note whose movement came true.
pub(super) struct Kept {
    pub(super) note: Note,
    pub(super) request_id: String,
    pub(super) on: Day,
    pub(super) acct_id: i64,
    pub(super) amount: Fen,
}

/// Everything of a plan that is no movement.
#[derive(Default)]
pub(super) struct Told {
    pub(super) kept: Vec<Kept>,
    pub(super) pensions: Vec<(i64, Pension)>,
    pub(super) contributions: Vec<NewContribution>,
    pub(super) social_cards: Vec<(i64, SocialCard)>,
    /// Batches without vouchers, how far they came, and whose share is in them.
    pub(super) batches: Vec<(NewBatch, BatchState, Vec<NewShare>)>,
}

/// What cards cost here.
fn products() -> [CardFees; 2] {
    let fees = |product: &str, annual, free_after| CardFees {
        product: product.to_owned(),
        annual: Fen::of(annual),
        free_after: Some(free_after),
        cash_percent: 50,
        cash_fee_bp: 100,
        cash_fee_least: Fen::of(1_000),
        day_rate_bp: 5,
        late_fee_bp: 500,
    };
    [fees(CARD_PRODUCT, 8_000, 5), fees("福农金卡", 20_000, 10)]
}

/// Everyone who tries the demo must know the digits on the back: they are the last three of the number.
fn printed(a: &NewAccount, is_new: bool) -> NewPrint {
    let cvv = a.number.get(a.number.len().saturating_sub(3)..).unwrap_or_default().to_owned();
    // Half as much again is granted at once.
    let granted = Fen::of(a.limit.fen() / 20_000 * 30_000);
    let (acct_id, cvv) = (a.acct_id, Secret::new(cvv));
    NewPrint { acct_id, cvv, is_active: !is_new, needs_signing: false, granted }
}

/// Written with the accounts, before any voucher.
pub(super) fn begin(tx: &Tx<'_>, keys: &TenantKeys, plan: &Plan) -> Result<()> {
    for fees in products() {
        cards::set_product(tx, &fees)?;
    }
    for a in plan.accounts.iter().filter(|a| a.kind == AccountKind::Credit) {
        let acct_id = a.acct_id;
        let card = NewCard { acct_id, statement_day: BILL_DAY, due_day: CARD_DUE_DAY };
        cards::set_terms(tx, card)?;
        cardset::print(tx, keys, &printed(a, plan.new_cards.contains(&acct_id)))?;
    }
    Ok(())
}

/// Written at the end, when accounts have the states they end with.
pub(super) fn finish(tx: &Tx<'_>, plan: &Plan) -> Result<()> {
    let told = &plan.told;
    let mut numbers: BTreeMap<&Note, i64> = BTreeMap::new();
    for kept in &told.kept {
        let next = i64::try_from(numbers.len())? + 1;
        match &kept.note {
            Note::Share { .. } => {
                let is_new = !numbers.contains_key(&kept.note);
                let batch_no = *numbers.entry(&kept.note).or_insert(next);
                share(tx, kept, batch_no, is_new)?;
            }
            Note::Contribution { insurance, year, place } => {
                let (insurance, year) = (*insurance, *year);
                contribution(tx, kept, insurance, year, place)?;
            }
        }
    }
    let first = i64::try_from(numbers.len())? + 1;
    for (batch_no, (batch, state, shares)) in (first..).zip(&told.batches) {
        payouts::announce(tx, &NewBatch { batch_no, ..batch.clone() })?;
        if *state != BatchState::Announced {
            payouts::hand_in(tx, batch_no, shares)?;
        }
        if *state == BatchState::Paid {
            payouts::pay(tx, batch_no)?;
        }
    }
    told.pensions.iter().try_for_each(|(cust, p)| social::set_pension(tx, *cust, p))?;
    told.contributions.iter().try_for_each(|c| social::add_contribution(tx, c))?;
    told.social_cards.iter().try_for_each(|(cust, c)| social::set_social_card(tx, *cust, c))
}

fn share(tx: &Tx<'_>, kept: &Kept, batch_no: i64, is_new: bool) -> Result<()> {
    if let (Note::Share { class, title, payer, period }, true) = (&kept.note, is_new) {
        tx.exec(
            "INSERT INTO core_batch (tenant_id, batch_no, class, title, payer, period, state, counts_on, is_dated)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            params![
                tx.tenant(), batch_no, *class, title, payer, period, BatchState::Paid.word(),
                kept.on.number(), true
            ],
        )?;
    }
    tx.exec(
        "INSERT INTO core_share (tenant_id, batch_no, cust_no, acct_id, amount_fen, state, journal_no)
         SELECT $1, $2, $3, $4, $5, 'paid', journal_no FROM core_journal WHERE tenant_id = $1 AND request_id = $6",
        params![tx.tenant(), batch_no, kept.acct_id / 100, kept.acct_id, kept.amount, kept.request_id],
    )?;
    Ok(())
}

fn contribution(tx: &Tx<'_>, kept: &Kept, insurance: &str, year: i64, place: &str) -> Result<()> {
    let told = NewContribution {
        cust_no: kept.acct_id / 100,
        insurance: crate::sandbox::words::from_word(insurance)?,
        year,
        amount: kept.amount,
        paid_on: kept.on,
        place: place.to_owned(),
        request_id: Some(kept.request_id.clone()),
    };
    social::add_contribution(tx, &told)
}

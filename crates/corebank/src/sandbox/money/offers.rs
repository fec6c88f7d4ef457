//! Deposits on offer (通知存款, 大额存单): what there is, how much of it is left, and opening one.
//!
//! A quota is counted in the unit that opens: two buyers of the last of it, one is told that it is sold out. What is undone on
//! its day goes back into it; what is taken out early does not. Not for: interest (`deposits`, `notice`).

use super::saving::{self, CALL_RATE_BP, Fresh};
use crate::day::Day;
use crate::deposits::{DepositKind, DepositOffer, Form, Renewal};
use crate::error::Reject;
use crate::sandbox::Sandbox;
use crate::sandbox::money::payees::Holder;
use crate::sandbox::movement::Movement;
use crate::sandbox::notice;
use crate::sandbox::queries::{Said, Stored};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::words::Word;
use base::{Error, Fen, Result, TenantId};
use db::{FromRow, Row, Tx, params};

/// What every institution here has where it set nothing of its own: code, kind, and hundredths of a per cent a year.
const STANDARD: [(&str, DepositKind, i64); 2] =
    [("notice-1", DepositKind::Notice1, 45), ("notice-7", DepositKind::Notice7, 65)];
const CODE_CHARS_MAX: usize = 32;
/// 3,000,000 yuan of each certificate in a demo.
const SEED_QUOTA: Fen = Fen::of(300_000_000);

type Verdict<T> = Result<std::result::Result<T, Reject>>;

/// An offer to be; one of the same code is changed, and what was sold of it stays counted.
#[derive(Debug, Clone)]
pub struct NewOffer {
    pub code: String,
    pub kind: DepositKind,
    pub name: String,
    /// `None` for a notice deposit.
    pub months: Option<i64>,
    pub rate_bp: i64,
    pub least: Fen,
    pub quota: Option<Fen>,
}

struct OfferRow {
    offer: DepositOffer,
    quota: Option<Fen>,
    sold: Fen,
}

impl FromRow for OfferRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let mut offer = DepositOffer {
            code: row.next()?,
            kind: row.next::<Stored<_>>()?.0,
            name: row.next()?,
            months: row.next()?,
            rate_bp: row.next()?,
            least: row.next()?,
            left: None,
        };
        let (quota, sold): (Option<Fen>, Fen) = (row.next()?, row.next()?);
        offer.left = quota.map(|q| q.checked_sub(sold).unwrap_or(Fen::ZERO));
        Ok(Self { offer, quota, sold })
    }
}

fn rows(tx: &Tx<'_>) -> Result<Vec<OfferRow>> {
    tx.all(
        "SELECT code, kind, name, months, rate_bp, least_fen, quota_fen, sold_fen FROM core_offer
          WHERE tenant_id = $1 ORDER BY months NULLS FIRST, code",
        params![tx.tenant()],
    )
}

/// Everything on offer: notice deposits first, then the shortest term.
fn all(tx: &Tx<'_>) -> Result<Vec<DepositOffer>> {
    let own: Vec<DepositOffer> = rows(tx)?.into_iter().map(|r| r.offer).collect();
    let standard = STANDARD.into_iter().filter(|(_, kind, _)| !own.iter().any(|o| o.kind == *kind));
    let standard = standard.map(|(code, kind, rate_bp)| DepositOffer {
        code: code.to_owned(),
        kind,
        name: kind.label().to_owned(),
        months: None,
        rate_bp,
        least: notice::LEAST,
        left: None,
    });
    Ok(standard.chain(own.iter().cloned()).collect())
}

pub(super) fn offers(tx: &Tx<'_>) -> Said<Vec<DepositOffer>> {
    all(tx).map(Ok)
}

/// What a notice deposit bears today.
pub(crate) fn notice_rate(tx: &Tx<'_>, kind: DepositKind) -> Result<i64> {
    let found = all(tx)?.into_iter().find(|o| o.kind == kind);
    found.map(|o| o.rate_bp).ok_or_else(|| Error::fault("a notice deposit without a rate"))
}

/// What is wrong with a code whatever the books say: it is stored between bars.
pub(super) fn is_code(code: &str) -> bool {
    let is_mark = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=CODE_CHARS_MAX).contains(&code.len()) && code.bytes().all(is_mark)
}

/// Counts an amount against its quota; false when less is left. What has no row has no quota.
fn take(tx: &Tx<'_>, code: &str, amount: Fen) -> Result<bool> {
    let known: i64 = tx.one(
        "SELECT COUNT(*) FROM core_offer WHERE tenant_id = $1 AND code = $2",
        params![tx.tenant(), code],
    )?;
    if known == 0 {
        return Ok(true);
    }
    tx.exec_one(
        "UPDATE core_offer SET sold_fen = sold_fen + $1
          WHERE tenant_id = $2 AND code = $3 AND (quota_fen IS NULL OR sold_fen + $1 <= quota_fen)",
        params![amount, tx.tenant(), code],
    )
}

/// What was counted and is not sold after all.
pub(super) fn give_back(tx: &Tx<'_>, code: &str, amount: Fen) -> Result<()> {
    tx.exec(
        "UPDATE core_offer SET sold_fen = sold_fen - $1 WHERE tenant_id = $2 AND code = $3",
        params![amount, tx.tenant(), code],
    )?;
    Ok(())
}

/// Opens the payee of a payment, if it is still on offer as it was told.
pub(super) fn open(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    from: &Holder,
    amount: Fen,
    (code, rate_bp, matures_on): (&str, i64, Option<Day>),
) -> Verdict<(Movement, Fresh)> {
    let Some(offer) = all(tx)?.into_iter().find(|o| o.code == code) else {
        return Ok(Err(Reject::NotEligible));
    };
    let ends_on = offer.months.map(|months| Day::at(tx.now()).plus_months(months));
    if offer.rate_bp != rate_bp || ends_on != matures_on {
        return Ok(Err(Reject::NotEligible));
    }
    if amount < offer.least {
        return Ok(Err(Reject::Validation { field: "amount" }));
    }
    if !take(tx, code, amount)? {
        return Ok(Err(Reject::SoldOut));
    }
    let new = saving::New {
        kind: offer.kind,
        form: Form::Electronic,
        product: offer.kind.label(),
        months: offer.months,
        rate_bp,
        call_rate_bp: CALL_RATE_BP,
        ends_on,
        renewal: Renewal::Off,
    };
    let of = Some((code.to_owned(), amount));
    match saving::opened(tx, keys, from, amount, &new)? {
        Ok((movement, fresh)) => Ok(Ok((movement, Fresh { of, ..fresh }))),
        Err(reject) => {
            give_back(tx, code, amount)?;
            Ok(Err(reject))
        }
    }
}

/// Quotas that are not what was opened and not undone.
pub(super) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let mut broken = vec![];
    for row in rows(tx)? {
        let code = &row.offer.code;
        let opened: Fen = tx.one(
            "SELECT COALESCE(CAST(SUM(amount_fen) AS BIGINT), 0) FROM core_payment
              WHERE tenant_id = $1 AND payee_kind LIKE $2 AND state <> 'reversed'",
            params![tx.tenant(), format!("offer|{code}|%")],
        )?;
        if opened != row.sold || row.quota.is_some_and(|q| row.sold > q) {
            broken.push(format!("an offer sold {} and counts {}: {code}", opened, row.sold));
        }
    }
    Ok(broken)
}

const ADD: &str = "INSERT INTO core_offer (tenant_id, code, kind, name, months, rate_bp, least_fen, quota_fen, sold_fen)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT (tenant_id, code) DO NOTHING";
const SET: &str = "INSERT INTO core_offer (tenant_id, code, kind, name, months, rate_bp, least_fen, quota_fen, sold_fen)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT (tenant_id, code) DO UPDATE SET kind = $3, name = $4,
           months = $5, rate_bp = $6, least_fen = $7, quota_fen = $8";

fn put(tx: &Tx<'_>, new: &NewOffer, sql: &'static str) -> Result<()> {
    tx.exec(
        sql,
        params![
            tx.tenant(),
            new.code,
            new.kind.word(),
            new.name,
            new.months,
            new.rate_bp,
            new.least,
            new.quota
        ],
    )
    .map(|_| ())
}

impl Sandbox {
    /// Large certificates as a demo's institutions have them; what is there stays.
    pub(in crate::sandbox) async fn seed_offers(&self, tenant: TenantId) -> Result<()> {
        self.unit(tenant, |tx, _| {
            for (months, rate_bp) in [(12, 130), (24, 140), (36, 165)] {
                let new = NewOffer {
                    code: format!("large-{months}"),
                    kind: DepositKind::LargeCd,
                    name: format!("大额存单{}年期", months / 12),
                    months: Some(months),
                    rate_bp,
                    least: saving::LARGE_LEAST,
                    quota: Some(SEED_QUOTA),
                };
                put(tx, &new, ADD)?;
            }
            Ok(())
        })
        .await
    }

    /// Puts a deposit on offer, or changes one that is; deposits that are open keep their rate, but for those with notice.
    pub async fn set_offer(&self, tenant: TenantId, new: NewOffer) -> Result<()> {
        if !is_code(&new.code)
            || new.kind == DepositKind::Fixed
            || new.kind.is_notice() != new.months.is_none()
        {
            return Err(Error::fault("an offer that cannot be"));
        }
        self.unit(tenant, move |tx, _| put(tx, &new, SET)).await
    }
}

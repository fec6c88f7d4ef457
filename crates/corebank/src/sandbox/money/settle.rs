//! What rails say of payments to other banks, when their time has come: arrived, or given back. What billers and wealth
//! companies say of theirs comes the same way, and with it what wealth products pay when they end.
//!
//! A bank of this province is paid in its own books, in a unit of its own under an id made from the payment's: broken off
//! between the two units, the next run finds what was done and goes on. For numbers elsewhere the last four digits say what
//! their bank does, see [`RETURNED`] and [`SILENT`]. Not for: undoing, which is only before a rail has begun.

use crate::error::Reject;
use crate::model::Issuer;
use crate::money::Payee;
use crate::sandbox::Sandbox;
use crate::sandbox::bills::{self, Settled};
use crate::sandbox::books::{Books, Refused, Voucher};
use crate::sandbox::commands;
use crate::sandbox::money::store::{self, Came, PaymentRow, PaymentState};
use crate::sandbox::money::{banks, cash, payees};
use crate::sandbox::movement;
use crate::sandbox::queries::{self, Said, no};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::wealth;
use crate::sandbox::words::Word;
use base::{Error, Fen, Result, TenantId};
use db::{Scope, Tx, params};

/// Numbers elsewhere that end so are given back, and why.
const RETURNED: [(&str, Reject); 3] = [
    ("0404", Reject::NotFound),
    ("0303", Reject::PayeeMismatch),
    ("0202", Reject::AccountNotActive),
];
/// Numbers elsewhere that end so are never heard of again.
const SILENT: &str = "0505";
/// Payments looked at in one walk of an institution.
const WALK_MAX: i64 = 1_000;

/// Who takes what a rail carries.
#[derive(Clone, Copy)]
enum Taker {
    /// An institution of this province.
    Bank(TenantId),
    Elsewhere,
    Biller,
    /// The wealth company that keeps a product.
    Wealth,
    /// Nobody came for it in time.
    Till,
}

/// What a rail carries.
struct Delivery {
    to: Taker,
    number: String,
    name: String,
    amount: Fen,
    /// The payer as the payee's entry shows it.
    payer: String,
    explain: String,
}

impl Sandbox {
    /// Lets the rails say what became of every payment whose time has come; of how many it is known now.
    pub async fn settle_rails(&self) -> Result<usize> {
        let mut settled = 0;
        for tenant in self.tenants().await? {
            let due = |tx: &Tx<'_>| -> Result<Vec<String>> {
                tx.all(
                    "SELECT request_id FROM core_payment
                      WHERE tenant_id = $1 AND state IN ('pending', 'settling') AND due_at_ms <= $2
                      ORDER BY due_at_ms, request_id LIMIT $3",
                    params![tx.tenant(), tx.now(), WALK_MAX],
                )
            };
            for request_id in self.0.db.write(Scope::Tenant(tenant), due).await? {
                settled += usize::from(self.settle_one(tenant, &request_id).await?);
            }
            settled += self.0.db.write(Scope::Tenant(tenant), wealth::mature).await?;
        }
        Ok(settled)
    }

    /// Lets the rail say what became of one payment. False when it has not, or had said so before.
    pub(super) async fn settle_one(&self, tenant: TenantId, request_id: &str) -> Result<bool> {
        let (id, issuers) = (request_id.to_owned(), self.institutions());
        let from = issuers.iter().find(|i| i.tenant == tenant).map(|i| i.legal_no.clone());
        let claim = move |tx: &Tx<'_>, keys: &TenantKeys| claim(tx, keys, &id, &issuers);
        let Some(carried) = self.unit(tenant, claim).await? else { return Ok(false) };
        let to = carried.to;
        let verdict = match to {
            Taker::Elsewhere => elsewhere(&carried.number),
            Taker::Biller => bills::verdict(&carried.number),
            Taker::Wealth => wealth::verdict(&carried.number),
            Taker::Till => Err(Reject::Expired),
            Taker::Bank(there) => {
                let id = format!("rail:{}:{request_id}", from.unwrap_or_default());
                let unit = move |tx: &Tx<'_>, keys: &TenantKeys| deliver(tx, keys, &id, &carried);
                match self.unit(there, unit).await? {
                    Ok(()) => Ok(()),
                    // Their day is closed: the rail waits.
                    Err(e) if matches!(e.rejected(), Some(Reject::DayClosed { .. })) => {
                        return Ok(false);
                    }
                    Err(e) => Err(e.rejected().cloned().unwrap_or(Reject::NotFound)),
                }
            }
        };
        let id = request_id.to_owned();
        let end = move |tx: &Tx<'_>, keys: &TenantKeys| match &verdict {
            Ok(()) if matches!(to, Taker::Biller) => confirm_bill(tx, &id),
            Ok(()) if matches!(to, Taker::Wealth) => confirm_order(tx, &id),
            Ok(()) => confirm(tx, &id),
            Err(reject) => give_back(tx, keys, &id, reject),
        };
        self.unit(tenant, end).await
    }
}

/// The rail takes a payment: from here on it is not undone.
fn claim(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    request_id: &str,
    issuers: &[Issuer],
) -> Result<Option<Delivery>> {
    let row = store::paid_row(tx, request_id)?;
    let is_open = matches!(row.state, PaymentState::Pending | PaymentState::Settling);
    if !is_open || row.due_at.is_none_or(|due| due > tx.now()) {
        return Ok(None);
    }
    let (to, number, name) = match row.payee(keys)? {
        Payee::Here { .. }
        | Payee::Loan { .. }
        | Payee::Deposit { .. }
        | Payee::Offered { .. }
        | Payee::Withdrawal { .. }
        | Payee::Draw { .. }
        | Payee::Split { .. } => return Ok(None),
        Payee::Biller { number, .. } => (Taker::Biller, number, String::new()),
        Payee::Subscription { product, .. } => (Taker::Wealth, product, String::new()),
        Payee::Redemption { .. } => (Taker::Wealth, String::new(), String::new()),
        Payee::Cash { .. } => (Taker::Till, String::new(), String::new()),
        Payee::Elsewhere { number, name, bank_no } => {
            let own = issuers.iter().find(|i| banks::bank_no_of(&i.legal_no) == bank_no);
            (own.map_or(Taker::Elsewhere, |i| Taker::Bank(i.tenant)), number, name)
        }
    };
    if matches!(to, Taker::Elsewhere) && number.ends_with(SILENT) {
        // Never due again: it would stand before others in every walk.
        tx.exec(
            "UPDATE core_payment SET due_at_ms = NULL WHERE tenant_id = $1 AND request_id = $2",
            params![tx.tenant(), request_id],
        )?;
        return Ok(None);
    }
    let payer = match to {
        // Of a holding there is nothing to be shown to anybody.
        Taker::Wealth => String::new(),
        _ => {
            let payer = payees::holder(tx, keys, row.payer)?;
            payer.ok_or_else(|| Error::fault("a payer that went away"))?.face().shown
        }
    };
    let explain: String = tx.one(
        "SELECT explain FROM core_journal WHERE tenant_id = $1 AND journal_no = $2",
        params![tx.tenant(), row.journal_no],
    )?;
    tx.exec(
        "UPDATE core_payment SET state = 'settling'
          WHERE tenant_id = $1 AND request_id = $2 AND state = 'pending'",
        params![tx.tenant(), request_id],
    )?;
    Ok(Some(Delivery { to, number, name, amount: row.amount, payer, explain }))
}

fn elsewhere(number: &str) -> std::result::Result<(), Reject> {
    let back = RETURNED.iter().find(|(tail, _)| number.ends_with(tail));
    back.map_or(Ok(()), |(_, reject)| Err(reject.clone()))
}

/// The payee's bank books what came, once; or says for ever why not.
fn deliver(tx: &Tx<'_>, keys: &TenantKeys, id: &str, d: &Delivery) -> Said<()> {
    if let Some(known) = store::known(tx, id)? {
        return match known.state.as_str() {
            "rejected" => no(commands::of_code(&known.code)?),
            _ => Ok(Ok(())),
        };
    }
    if let Err(closed) = queries::open_day(tx)? {
        return Ok(Err(closed));
    }
    let acct_id = match payees::account_of(tx, keys, &d.number, &d.name)? {
        Ok(acct_id) => acct_id,
        Err(reject) => {
            let hash = keys.index("rail", id)?;
            store::keep(tx, id, "transfer_in", &hash, &Came::Rejected(&reject))?;
            return no(reject);
        }
    };
    let arrived = movement::transfer_in(acct_id, d.amount, &d.payer);
    let arrived = arrived.words("跨行转入", d.explain.clone());
    Ok(commands::post(tx, id, &arrived, None)?.map(|_| ()))
}

fn confirm(tx: &Tx<'_>, request_id: &str) -> Result<bool> {
    tx.exec_one(
        "UPDATE core_payment SET state = 'confirmed'
          WHERE tenant_id = $1 AND request_id = $2 AND state = 'settling'",
        params![tx.tenant(), request_id],
    )
}

/// The biller has said yes: it gets its money in the same unit.
fn confirm_bill(tx: &Tx<'_>, request_id: &str) -> Result<bool> {
    let row = store::paid_row(tx, request_id)?;
    if row.state != PaymentState::Settling {
        return Ok(false);
    }
    match bills::settle(tx, request_id, row.amount)? {
        Settled::Yes => confirm(tx, request_id),
        Settled::Later => Ok(false),
    }
}

/// The wealth company has confirmed: units are the customer's, or money is.
fn confirm_order(tx: &Tx<'_>, request_id: &str) -> Result<bool> {
    let row = store::paid_row(tx, request_id)?;
    if row.state != PaymentState::Settling || !wealth::confirm(tx, request_id)? {
        return Ok(false);
    }
    confirm(tx, request_id)
}

/// Books a payment and its fee in again. While the payer's account takes nothing, the rail keeps it.
pub(super) fn give_back(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    request_id: &str,
    why: &Reject,
) -> Result<bool> {
    let row = store::paid_row(tx, request_id)?;
    if row.state != PaymentState::Settling {
        return Ok(false);
    }
    let Some(journal_no) = post_return(tx, keys, &row, why)? else { return Ok(false) };
    bills::reopen(tx, request_id)?;
    wealth::ended(tx, request_id, "back")?;
    cash::end(tx, request_id, "run_out")?;
    tx.exec_one(
        "UPDATE core_payment SET state = $1, back_journal = $2, reason = $3
          WHERE tenant_id = $4 AND request_id = $5 AND state = 'settling'",
        params![
            PaymentState::Returned.word(),
            journal_no,
            commands::code(why)?,
            tx.tenant(),
            request_id
        ],
    )
}

fn post_return(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    row: &PaymentRow,
    why: &Reject,
) -> Result<Option<i64>> {
    let movement = match row.payee(keys)? {
        Payee::Here { .. }
        | Payee::Loan { .. }
        | Payee::Deposit { .. }
        | Payee::Offered { .. }
        | Payee::Withdrawal { .. }
        | Payee::Redemption { .. }
        | Payee::Draw { .. }
        | Payee::Split { .. } => return Ok(None),
        Payee::Subscription { product, .. } => {
            let name = wealth::name_of(tx, &product)?;
            let why = if *why == Reject::Expired { "客户撤单" } else { "产品没有成立" };
            movement::wealth_return(row.payer, row.amount, &name).words("理财退回", why)
        }
        Payee::Elsewhere { number, name, .. } => {
            let shown = payees::shown(&name, &number);
            movement::transfer_return(row.payer, row.amount, row.fee, &shown).words("退汇", "")
        }
        Payee::Cash { .. } => {
            movement::cash_back(row.payer, row.amount).words("无卡取款退回", "没有取走，退回账户")
        }
        Payee::Biller { number, .. } => {
            let provider: String = tx.one(
                "SELECT counterparty FROM core_entry WHERE tenant_id = $1 AND journal_no = $2 AND line_no = 1",
                params![tx.tenant(), row.journal_no],
            )?;
            movement::bill_return(row.payer, row.amount, &provider)
                .words("缴费退回", bills::label(&number))
        }
    };
    let voucher = Voucher {
        request_id: format!("return:{}", row.request_id),
        at: None,
        movement,
        channel: None,
    };
    let mut books = Books::open(tx)?;
    let posted = match books.post(&voucher) {
        Ok(posted) => posted,
        Err(Refused::Fault(e)) => return Err(e),
        Err(_) => return Ok(None),
    };
    books.close()?;
    Ok(Some(posted.journal_no))
}
